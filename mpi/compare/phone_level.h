#pragma once

#include <string>
#include <vector>

namespace hie::mpi {

// How far two people's telephone numbers agree, strongest evidence first.
enum class PhoneLevel {
  kExact,
  kSubscriber,  // The last seven digits: the area code changed or is absent.
  kOneEdit,
  kDiffers,
  kMissing,
};

// How far two people's e-mail addresses agree.
enum class EmailLevel { kExact, kDiffers, kMissing };

// Return the strongest level of any pair.  Total and symmetric.
PhoneLevel ComparePhones(const std::vector<std::string>& a, const std::vector<std::string>& b);
EmailLevel CompareEmails(const std::vector<std::string>& a, const std::vector<std::string>& b);

}  // namespace hie::mpi

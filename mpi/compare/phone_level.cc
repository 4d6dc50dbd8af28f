#include "mpi/compare/phone_level.h"

#include <algorithm>

#include "absl/strings/string_view.h"
#include "mpi/compare/string_distance.h"

namespace hie::mpi {
namespace {

constexpr size_t kSubscriberDigits = 7;

absl::string_view Subscriber(absl::string_view phone) {
  return phone.size() <= kSubscriberDigits ? phone : phone.substr(phone.size() - kSubscriberDigits);
}

PhoneLevel CompareOne(const std::string& a, const std::string& b) {
  if (a == b) return PhoneLevel::kExact;
  if (Subscriber(a) == Subscriber(b)) return PhoneLevel::kSubscriber;
  return OneEditApart(a, b) ? PhoneLevel::kOneEdit : PhoneLevel::kDiffers;
}

}  // namespace

PhoneLevel ComparePhones(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  PhoneLevel best = PhoneLevel::kMissing;
  for (const std::string& x : a) {
    for (const std::string& y : b) best = std::min(best, CompareOne(x, y));
  }
  return best;
}

EmailLevel CompareEmails(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  if (a.empty() || b.empty()) return EmailLevel::kMissing;
  const bool shared = std::any_of(a.begin(), a.end(), [&](const std::string& x) {
    return std::find(b.begin(), b.end(), x) != b.end();
  });
  return shared ? EmailLevel::kExact : EmailLevel::kDiffers;
}

}  // namespace hie::mpi

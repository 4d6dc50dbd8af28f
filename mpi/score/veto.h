#pragma once

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "mpi/compare/agreement.h"

namespace hie::mpi {

// Why two records are never linked without a person's decision, whatever their weight.
enum class Veto {
  kBirthOrder,       // Different places in a multiple birth.
  kGeneration,       // JR against SR.
  kSsnAndGiven,      // Two full SSNs more than one edit apart, and different first names.
  kSexAndGiven,      // Sex and first name both different.
  kPossibleTwin,     // Birth date and household agree, the first name does not quite.
  kNoGiven,          // A newborn without a name, and no personal identifier.
  kIdentityUnknown,  // A source does not know who this is: only a person may link.
};
inline constexpr int kVetoCount = 7;

// A set of vetoes, one bit each in the order of the enumeration.
using VetoSet = uint32_t;

// The set of one.
constexpr VetoSet OnlyVeto(Veto veto) { return VetoSet{1} << static_cast<int>(veto); }

// The vetoes that no number of other records outweighs.  Of the others one pair among many may be
// the fruit of errors: different first names and different sex.
inline constexpr VetoSet kBindingVetoes =
    OnlyVeto(Veto::kBirthOrder) | OnlyVeto(Veto::kGeneration) | OnlyVeto(Veto::kNoGiven) |
    OnlyVeto(Veto::kIdentityUnknown) | OnlyVeto(Veto::kPossibleTwin);

// Returns the vetoes that hold.  Total.
VetoSet FindVetoes(const Agreement& agreement);

// The veto as the wire says it: birth_order, generation, ...
absl::string_view VetoName(Veto veto);

// The members of `set`, in order.
std::vector<Veto> ListVetoes(VetoSet set);

}  // namespace hie::mpi

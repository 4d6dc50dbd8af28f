#pragma once

#include <algorithm>
#include <cstdint>

namespace hie::consent {

// What wishes come to for an item, weakest first: of several the greatest holds, so denials
// override permits and sealed denials the others.
enum class Outcome : uint8_t { kNone, kPermit, kDenyOverridable, kDenySealed };

inline constexpr Outcome kOutcomes[] = {Outcome::kNone, Outcome::kPermit, Outcome::kDenyOverridable,
                                        Outcome::kDenySealed};

inline constexpr bool IsDenial(Outcome outcome) { return outcome >= Outcome::kDenyOverridable; }

// The outcomes that are possible as long as something is unknown; never empty.  Regular value.
class OutcomeSet {
 public:
  // implicit on purpose: what is certain is a set of one.
  constexpr OutcomeSet(Outcome only)  // NOLINT(google-explicit-constructor)
      : bits_(Bit(only)) {}

  constexpr bool Has(Outcome outcome) const { return (bits_ & Bit(outcome)) != 0; }
  // Tells whether nothing else is possible.
  constexpr bool Is(Outcome outcome) const { return bits_ == Bit(outcome); }
  constexpr bool MayDeny() const {
    return Has(Outcome::kDenyOverridable) || Has(Outcome::kDenySealed);
  }
  constexpr bool MustDeny() const { return !Has(Outcome::kNone) && !Has(Outcome::kPermit); }
  constexpr bool MayPermit() const { return Has(Outcome::kPermit); }

  // Either may be what holds.
  constexpr OutcomeSet Or(OutcomeSet other) const {
    OutcomeSet both = *this;
    both.bits_ |= other.bits_;
    return both;
  }

  // Replaces every possible outcome.
  template <typename Function>
  constexpr OutcomeSet Map(Function function) const {
    uint8_t bits = 0;
    for (const Outcome each : kOutcomes) {
      if (Has(each)) bits |= Bit(function(each));
    }
    return OutcomeSet(bits, Raw());
  }

  // Both speak about the item: the greater of each pair holds.
  constexpr OutcomeSet Join(OutcomeSet other) const {
    uint8_t bits = 0;
    for (const Outcome a : kOutcomes) {
      for (const Outcome b : kOutcomes) {
        if (Has(a) && other.Has(b)) bits |= Bit(std::max(a, b));
      }
    }
    return OutcomeSet(bits, Raw());
  }

  friend constexpr bool operator==(OutcomeSet, OutcomeSet) = default;

 private:
  struct Raw {};
  constexpr OutcomeSet(uint8_t bits, Raw) : bits_(bits) {}
  static constexpr uint8_t Bit(Outcome outcome) {
    return static_cast<uint8_t>(1U << static_cast<unsigned>(outcome));
  }

  uint8_t bits_;
};

}  // namespace hie::consent

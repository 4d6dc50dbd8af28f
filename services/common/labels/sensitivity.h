#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/common/labels/access.h"

namespace hie {

// The closed vocabulary of sensitivities (HL7 v3 ActCode, InformationSensitivityPolicy).
//
// Values are bit positions and are stored: never renumber, only append, at most 64.
enum class Sensitivity : uint8_t {
  kEth = 0,        // Substance use, alcohol included.
  kEthUd = 1,      // Alcohol use disorder.
  kOpioidUd = 2,   // Opioid use disorder.
  kSud = 3,        // Substance use disorder, any.
  kPsy = 4,        // Psychiatry.
  kMh = 5,         // Mental health.
  kBh = 6,         // Behavioural health.
  kPsyThpn = 7,    // Psychotherapy notes.
  kHiv = 8,        // HIV/AIDS.
  kStd = 9,        // Sexually transmitted disease.
  kSdv = 10,       // Sexual assault, abuse, domestic violence.
  kSex = 11,       // Sexuality and reproductive health.
  kGdis = 12,      // Genetic disease.
  kPregnant = 13,  // Pregnancy.
  kCel = 14,       // Celebrity.
  kEmp = 15,       // Employee.
  kPart2 = 16,     // Held by a 42 CFR Part 2 programme.
  kMinor = 17,     // Minor-confidential.
};
inline constexpr int kSensitivityCount = 18;

// A set of sensitivities.  Regular value; bits as in Sensitivity.
class SensitivitySet {
 public:
  constexpr SensitivitySet() = default;
  explicit constexpr SensitivitySet(uint64_t bits) : bits_(bits) {}
  static constexpr SensitivitySet Of(Sensitivity s) {
    return SensitivitySet(uint64_t{1} << static_cast<int>(s));
  }
  // Every sensitivity of the vocabulary.
  static constexpr SensitivitySet All() {
    return SensitivitySet((uint64_t{1} << kSensitivityCount) - 1);
  }

  constexpr uint64_t bits() const { return bits_; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr bool Has(Sensitivity s) const { return (bits_ & Of(s).bits_) != 0; }
  constexpr bool Intersects(SensitivitySet o) const { return (bits_ & o.bits_) != 0; }
  constexpr SensitivitySet With(SensitivitySet o) const { return SensitivitySet(bits_ | o.bits_); }
  constexpr SensitivitySet Without(SensitivitySet o) const {
    return SensitivitySet(bits_ & ~o.bits_);
  }
  friend constexpr bool operator==(SensitivitySet, SensitivitySet) = default;

 private:
  uint64_t bits_ = 0;
};

// Returns the sensitivity of an ActCode, or nothing where the code is not in the vocabulary.
std::optional<Sensitivity> ParseSensitivity(absl::string_view code);

// Returns the ActCode.
absl::string_view SensitivityCode(Sensitivity sensitivity);

// Returns `set` with everything that it implies: ETHUD -> ETH -> SUD; PSYTHPN -> PSY -> MH -> BH;
// and so on.  Idempotent.
SensitivitySet CloseUpward(SensitivitySet set);

// An item's labels.
struct Labels {
  SensitivitySet sensitivity;  // Closed upward.
  SensitivitySet known;        // Of which it is known whether the item has them.
  Confidentiality confidentiality = Confidentiality::kUnspecified;
  std::string ruleset;
  friend bool operator==(const Labels&, const Labels&) = default;
};

// What a facility or unit attests about a sensitivity.
enum class Attestation {
  kNone,              // An absent label is unknown.
  kNotHeld,           // Known absent.
  kLabelledAtSource,  // Known absent.
  kMixedUnlabelled,   // Unknown.
};

// One attestation.
struct RegimeAttestation {
  Sensitivity code;
  Attestation attestation = Attestation::kNone;
};

// What was read off an item at its source.
struct SourceLabels {
  std::vector<std::string> security_codes;  // Codes as received (meta.security), any system.
  bool fully_coded = false;                 // Our labeller has run over fully coded content.
  SensitivitySet from_content;              // What our labeller found.
};

// Version of the rules of LabelItem, kept with the labels that they set.
inline constexpr absl::string_view kLabelRuleset = "hie-labels-1";

// What a labeller can rule out by reading fully coded content.  Not whether a Part 2 programme
// holds the item, whether the person is a celebrity or an employee, or a minor's confidence: those
// are facts about the place and the person, so only the place can attest them.
inline constexpr SensitivitySet kTellableFromContent =
    SensitivitySet::All()
        .Without(SensitivitySet::Of(Sensitivity::kPart2))
        .Without(SensitivitySet::Of(Sensitivity::kCel))
        .Without(SensitivitySet::Of(Sensitivity::kEmp))
        .Without(SensitivitySet::Of(Sensitivity::kMinor));

// Labels an item: received codes and place sensitivity closed upward, KNOWN as PRACTICE 4 says.
//
// What is set is known.  What is not set is known where its place attests NOT_HELD or
// LABELLED_AT_SOURCE for it or for something that it implies (no SUD: no ETHUD either), or where
// our labeller has run over fully coded content (kTellableFromContent).  Received codes may stand
// as `system|code`.  A received code that is not in the vocabulary and is not a confidentiality
// code makes every sensitivity that is not set unknown: it may mean any of them.  `unit`
// attestations win over `facility` ones, code by code; a place that contradicts itself has not
// attested.  A label is never known absent while one that implies it may be there.  Confidentiality
// is the highest that was received.  Total.
Labels LabelItem(const SourceLabels& source, SensitivitySet place,
                 const std::vector<RegimeAttestation>& facility,
                 const std::vector<RegimeAttestation>& unit);

}  // namespace hie

#include "services/common/labels/sensitivity.h"

#include <algorithm>
#include <array>
#include <optional>

namespace hie {
namespace {

// One row of the vocabulary: the code, another spelling that is met, and what it implies at once.
struct Row {
  Sensitivity sensitivity;
  absl::string_view code;
  absl::string_view alias;
  SensitivitySet implies;
};

constexpr SensitivitySet kNothing;

// In the order of the bits.  ActCode has no code of its own for "held by a Part 2 programme" among
// the sensitivities; 42CFRPart2 of ActUSPrivacyLaw is what labels carry for it.
constexpr std::array<Row, kSensitivityCount> kVocabulary = {{
    {Sensitivity::kEth, "ETH", "", SensitivitySet::Of(Sensitivity::kSud)},
    {Sensitivity::kEthUd, "ETHUD", "", SensitivitySet::Of(Sensitivity::kEth)},
    {Sensitivity::kOpioidUd, "OPIOIDUD", "", SensitivitySet::Of(Sensitivity::kSud)},
    {Sensitivity::kSud, "SUD", "", SensitivitySet::Of(Sensitivity::kBh)},
    {Sensitivity::kPsy, "PSY", "", SensitivitySet::Of(Sensitivity::kMh)},
    {Sensitivity::kMh, "MH", "", SensitivitySet::Of(Sensitivity::kBh)},
    {Sensitivity::kBh, "BH", "", kNothing},
    {Sensitivity::kPsyThpn, "PSYTHPN", "", SensitivitySet::Of(Sensitivity::kPsy)},
    {Sensitivity::kHiv, "HIV", "", kNothing},
    {Sensitivity::kStd, "STD", "", kNothing},
    {Sensitivity::kSdv, "SDV", "", kNothing},
    {Sensitivity::kSex, "SEX", "", kNothing},
    {Sensitivity::kGdis, "GDIS", "", kNothing},
    {Sensitivity::kPregnant, "PREGNANT", "", kNothing},
    {Sensitivity::kCel, "CEL", "", kNothing},
    {Sensitivity::kEmp, "EMP", "", kNothing},
    {Sensitivity::kPart2, "42CFRPart2", "PART2", SensitivitySet::Of(Sensitivity::kSud)},
    {Sensitivity::kMinor, "ADOL", "MINOR", kNothing},
}};

// The row of a sensitivity stands at its bit: SensitivityCode relies on it.
constexpr bool RowsStandAtTheirBits() {
  for (size_t i = 0; i < kVocabulary.size(); ++i) {
    if (static_cast<size_t>(kVocabulary[i].sensitivity) != i) return false;
  }
  return true;
}
static_assert(RowsStandAtTheirBits());

std::optional<Confidentiality> ParseConfidentiality(absl::string_view code) {
  if (code == "U") return Confidentiality::kUnrestricted;
  if (code == "L") return Confidentiality::kLow;
  if (code == "M") return Confidentiality::kModerate;
  if (code == "N") return Confidentiality::kNormal;
  if (code == "R") return Confidentiality::kRestricted;
  if (code == "V") return Confidentiality::kVeryRestricted;
  return std::nullopt;
}

// What the received codes say.
struct Received {
  SensitivitySet sensitivity;
  Confidentiality confidentiality = Confidentiality::kUnspecified;
  bool understood = true;  // Every code is in one of the two vocabularies.
};

Received Read(const std::vector<std::string>& codes) {
  Received received;
  for (const std::string& text : codes) {
    const size_t bar = text.rfind('|');
    const absl::string_view code = bar == std::string::npos
                                       ? absl::string_view(text)
                                       : absl::string_view(text).substr(bar + 1);
    if (const std::optional<Sensitivity> known = ParseSensitivity(code)) {
      received.sensitivity = received.sensitivity.With(SensitivitySet::Of(*known));
    } else if (const std::optional<Confidentiality> level = ParseConfidentiality(code)) {
      received.confidentiality = std::max(received.confidentiality, *level);
    } else {
      received.understood = false;
    }
  }
  return received;
}

// What a place attests, per code, as sets.
struct Attested {
  SensitivitySet absent;    // An absent label means that the item does not have it.
  SensitivitySet doubtful;  // It does not.
};

Attested Collect(const std::vector<RegimeAttestation>& attestations) {
  Attested attested;
  for (const RegimeAttestation& each : attestations) {
    const SensitivitySet code = SensitivitySet::Of(each.code);
    if (each.attestation == Attestation::kNotHeld ||
        each.attestation == Attestation::kLabelledAtSource) {
      attested.absent = attested.absent.With(code);
    } else {
      attested.doubtful = attested.doubtful.With(code);
    }
  }
  // A place that says both of one code has not attested it.
  attested.absent = attested.absent.Without(attested.doubtful);
  return attested;
}

Attested Combine(const Attested& facility, const Attested& unit) {
  const SensitivitySet said_by_unit = unit.absent.With(unit.doubtful);
  return {facility.absent.Without(said_by_unit).With(unit.absent),
          facility.doubtful.Without(said_by_unit).With(unit.doubtful)};
}

// What cannot be where none of `absent` is: the set itself and all that implies one of it.
SensitivitySet CloseDownward(SensitivitySet absent) {
  SensitivitySet closed;
  for (const Row& row : kVocabulary) {
    const SensitivitySet self = SensitivitySet::Of(row.sensitivity);
    if (CloseUpward(self).Intersects(absent)) closed = closed.With(self);
  }
  return closed;
}

}  // namespace

std::optional<Sensitivity> ParseSensitivity(absl::string_view code) {
  if (code.empty()) return std::nullopt;
  for (const Row& row : kVocabulary) {
    if (code == row.code || code == row.alias) return row.sensitivity;
  }
  return std::nullopt;
}

absl::string_view SensitivityCode(Sensitivity sensitivity) {
  return kVocabulary[static_cast<size_t>(sensitivity)].code;
}

SensitivitySet CloseUpward(SensitivitySet set) {
  // Chains are short; the fixed point is reached in as many rounds as the longest has links.
  for (SensitivitySet before;;) {
    before = set;
    for (const Row& row : kVocabulary) {
      if (set.Has(row.sensitivity)) set = set.With(row.implies);
    }
    if (set == before) return set;
  }
}

Labels LabelItem(const SourceLabels& source, SensitivitySet place,
                 const std::vector<RegimeAttestation>& facility,
                 const std::vector<RegimeAttestation>& unit) {
  const Received received = Read(source.security_codes);
  Labels labels;
  labels.sensitivity = CloseUpward(received.sensitivity.With(place).With(source.from_content));
  labels.confidentiality = received.confidentiality;
  labels.ruleset = std::string(kLabelRuleset);
  labels.known = labels.sensitivity;
  if (!received.understood) return labels;

  const Attested attested = Combine(Collect(facility), Collect(unit));
  SensitivitySet absent = CloseDownward(attested.absent).Without(attested.doubtful);
  if (source.fully_coded) absent = absent.With(kTellableFromContent);
  // Where a narrower label may be hidden, the wider ones that it implies may be too.
  absent = absent.Without(CloseUpward(SensitivitySet::All().Without(absent)));
  labels.known = labels.known.With(absent);
  return labels;
}

}  // namespace hie

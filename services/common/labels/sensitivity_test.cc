#include "services/common/labels/sensitivity.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace hie {
namespace {

SensitivitySet Set(std::vector<Sensitivity> members) {
  SensitivitySet set;
  for (const Sensitivity each : members) set = set.With(SensitivitySet::Of(each));
  return set;
}

Sensitivity At(int bit) { return static_cast<Sensitivity>(bit); }

TEST(SensitivityTest, EveryCodeReadsBackAsItself) {
  for (int bit = 0; bit < kSensitivityCount; ++bit) {
    EXPECT_EQ(ParseSensitivity(SensitivityCode(At(bit))), At(bit)) << SensitivityCode(At(bit));
  }
}

TEST(SensitivityTest, CodesOutsideTheVocabularyAreNotGuessed) {
  for (const char* code : {"", "hiv", "HIV ", "R", "SICKLE", "ETHUDX"}) {
    EXPECT_EQ(ParseSensitivity(code), std::nullopt) << code;
  }
  EXPECT_EQ(ParseSensitivity("PART2"), Sensitivity::kPart2);
  EXPECT_EQ(ParseSensitivity("MINOR"), Sensitivity::kMinor);
}

TEST(CloseUpwardTest, FollowsTheChainsToTheirEnds) {
  EXPECT_EQ(CloseUpward(Set({Sensitivity::kEthUd})),
            Set({Sensitivity::kEthUd, Sensitivity::kEth, Sensitivity::kSud, Sensitivity::kBh}));
  EXPECT_EQ(CloseUpward(Set({Sensitivity::kPsyThpn})),
            Set({Sensitivity::kPsyThpn, Sensitivity::kPsy, Sensitivity::kMh, Sensitivity::kBh}));
  EXPECT_EQ(CloseUpward(Set({Sensitivity::kPart2})),
            Set({Sensitivity::kPart2, Sensitivity::kSud, Sensitivity::kBh}));
  EXPECT_EQ(CloseUpward(Set({Sensitivity::kHiv})), Set({Sensitivity::kHiv}));
  EXPECT_EQ(CloseUpward(SensitivitySet()), SensitivitySet());
}

TEST(CloseUpwardTest, IsAClosureOperator) {
  constexpr uint64_t kSeed = 20240607;
  std::mt19937_64 random(kSeed);
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  for (int i = 0; i < 5000; ++i) {
    const SensitivitySet a(random() & SensitivitySet::All().bits());
    const SensitivitySet b(random() & SensitivitySet::All().bits());
    const SensitivitySet closed = CloseUpward(a);
    EXPECT_EQ(closed.With(a), closed);                                       // Extensive.
    EXPECT_EQ(CloseUpward(closed), closed);                                  // Idempotent.
    EXPECT_EQ(CloseUpward(a.With(b)), CloseUpward(a).With(CloseUpward(b)));  // Joins.
  }
}

TEST(LabelItemTest, NothingAttestedLeavesAbsentLabelsUnknown) {
  const Labels labels = LabelItem({.security_codes = {"HIV"}, .from_content = {}}, {}, {}, {});
  EXPECT_EQ(labels.sensitivity, Set({Sensitivity::kHiv}));
  EXPECT_EQ(labels.known, Set({Sensitivity::kHiv}));
  EXPECT_EQ(labels.confidentiality, Confidentiality::kUnspecified);
  EXPECT_EQ(labels.ruleset, std::string(kLabelRuleset));
}

TEST(LabelItemTest, AttestationsMakeAbsentLabelsKnown) {
  for (const Attestation kind : {Attestation::kNotHeld, Attestation::kLabelledAtSource}) {
    const Labels labels = LabelItem({}, {}, {{Sensitivity::kHiv, kind}}, {});
    EXPECT_TRUE(labels.known.Has(Sensitivity::kHiv));
    EXPECT_FALSE(labels.known.Has(Sensitivity::kStd));
  }
  for (const Attestation kind : {Attestation::kNone, Attestation::kMixedUnlabelled}) {
    EXPECT_FALSE(LabelItem({}, {}, {{Sensitivity::kHiv, kind}}, {}).known.Has(Sensitivity::kHiv));
  }
}

TEST(LabelItemTest, ALabelThatIsPresentBeatsAnAttestationOfAbsence) {
  const Labels labels = LabelItem({.security_codes = {"HIV"}, .from_content = {}}, {},
                                  {{Sensitivity::kHiv, Attestation::kNotHeld}}, {});
  EXPECT_TRUE(labels.sensitivity.Has(Sensitivity::kHiv));
  EXPECT_TRUE(labels.known.Has(Sensitivity::kHiv));
}

TEST(LabelItemTest, AbsenceOfTheWiderLabelIsAbsenceOfTheNarrower) {
  const Labels labels = LabelItem({}, {}, {{Sensitivity::kSud, Attestation::kNotHeld}}, {});
  for (const Sensitivity each : {Sensitivity::kSud, Sensitivity::kEth, Sensitivity::kEthUd,
                                 Sensitivity::kOpioidUd, Sensitivity::kPart2}) {
    EXPECT_TRUE(labels.known.Has(each)) << SensitivityCode(each);
  }
  EXPECT_FALSE(labels.known.Has(Sensitivity::kBh));
}

TEST(LabelItemTest, ADoubtfulNarrowerLabelKeepsTheWiderDoubtful) {
  const Labels labels = LabelItem({}, {},
                                  {{Sensitivity::kSud, Attestation::kNotHeld},
                                   {Sensitivity::kEthUd, Attestation::kMixedUnlabelled}},
                                  {});
  EXPECT_FALSE(labels.known.Has(Sensitivity::kSud));
  EXPECT_FALSE(labels.known.Has(Sensitivity::kEthUd));
  EXPECT_TRUE(labels.known.Has(Sensitivity::kOpioidUd));
}

TEST(LabelItemTest, TheUnitWinsOverItsFacilityCodeByCode) {
  const std::vector<RegimeAttestation> facility = {
      {Sensitivity::kHiv, Attestation::kNotHeld},
      {Sensitivity::kStd, Attestation::kNotHeld},
      {Sensitivity::kGdis, Attestation::kMixedUnlabelled}};
  const std::vector<RegimeAttestation> unit = {
      {Sensitivity::kHiv, Attestation::kMixedUnlabelled},
      {Sensitivity::kGdis, Attestation::kLabelledAtSource}};
  const Labels labels = LabelItem({}, {}, facility, unit);
  EXPECT_FALSE(labels.known.Has(Sensitivity::kHiv));
  EXPECT_TRUE(labels.known.Has(Sensitivity::kStd));
  EXPECT_TRUE(labels.known.Has(Sensitivity::kGdis));
}

TEST(LabelItemTest, APlaceThatContradictsItselfHasNotAttested) {
  const Labels labels = LabelItem({}, {},
                                  {{Sensitivity::kHiv, Attestation::kNotHeld},
                                   {Sensitivity::kHiv, Attestation::kMixedUnlabelled}},
                                  {});
  EXPECT_FALSE(labels.known.Has(Sensitivity::kHiv));
}

TEST(LabelItemTest, AnUnknownCodeMakesEverythingThatIsNotSetUnknown) {
  SourceLabels source;
  source.security_codes = {"HIV", "urn:example|SHIELD", "R"};
  source.fully_coded = true;
  const Labels labels = LabelItem(source, {}, {{Sensitivity::kStd, Attestation::kNotHeld}}, {});
  EXPECT_EQ(labels.known, Set({Sensitivity::kHiv}));
  EXPECT_EQ(labels.confidentiality, Confidentiality::kRestricted);
}

TEST(LabelItemTest, FullyCodedContentSettlesWhatContentCanTell) {
  SourceLabels source;
  source.fully_coded = true;
  source.from_content = Set({Sensitivity::kPsy});
  const Labels labels = LabelItem(source, {}, {}, {});
  // PART2 may be there and implies SUD, so SUD stays open; BH is set through PSY.
  EXPECT_EQ(labels.known, kTellableFromContent.Without(Set({Sensitivity::kSud})));
  EXPECT_EQ(labels.sensitivity, CloseUpward(Set({Sensitivity::kPsy})));
  EXPECT_FALSE(labels.known.Has(Sensitivity::kPart2));
}

TEST(LabelItemTest, ThePlaceLabelsEveryItemOfIt) {
  const Labels labels = LabelItem({}, Set({Sensitivity::kPart2}), {}, {});
  EXPECT_TRUE(labels.sensitivity.Has(Sensitivity::kPart2));
  EXPECT_TRUE(labels.sensitivity.Has(Sensitivity::kSud));
}

TEST(LabelItemTest, TheHighestConfidentialityCountsAndSystemsAreStripped) {
  SourceLabels source;
  source.security_codes = {"http://terminology.hl7.org/CodeSystem/v3-Confidentiality|N", "V", "R",
                           "http://terminology.hl7.org/CodeSystem/v3-ActCode|ETHUD"};
  const Labels labels = LabelItem(source, {}, {}, {});
  EXPECT_EQ(labels.confidentiality, Confidentiality::kVeryRestricted);
  EXPECT_EQ(labels.sensitivity, CloseUpward(Set({Sensitivity::kEthUd})));
}

// Whatever is attested and received: what is set is known, and both sets obey the implications.
TEST(LabelItemTest, SetAndKnownAlwaysObeyTheImplications) {
  constexpr uint64_t kSeed = 7041776;
  std::mt19937_64 random(kSeed);
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  const auto attestations = [&random] {
    std::vector<RegimeAttestation> list;
    for (uint64_t n = random() % 6; n > 0; --n) {
      list.push_back({At(static_cast<int>(random() % kSensitivityCount)),
                      static_cast<Attestation>(random() % 4)});
    }
    return list;
  };
  for (int i = 0; i < 5000; ++i) {
    SourceLabels source;
    source.fully_coded = random() % 4 == 0;
    for (uint64_t n = random() % 4; n > 0; --n) {
      source.security_codes.emplace_back(
          SensitivityCode(At(static_cast<int>(random() % kSensitivityCount))));
    }
    const Labels labels = LabelItem(source, {}, attestations(), attestations());
    EXPECT_EQ(CloseUpward(labels.sensitivity), labels.sensitivity);
    EXPECT_EQ(labels.known.With(labels.sensitivity), labels.known);
    const SensitivitySet possible = SensitivitySet::All().Without(labels.known);
    const SensitivitySet absent = labels.known.Without(labels.sensitivity);
    for (int bit = 0; bit < kSensitivityCount; ++bit) {
      if (!possible.Has(At(bit))) continue;
      EXPECT_FALSE(CloseUpward(SensitivitySet::Of(At(bit))).Intersects(absent))
          << "may be " << SensitivityCode(At(bit)) << ", though what it implies is known absent";
    }
  }
}

}  // namespace
}  // namespace hie

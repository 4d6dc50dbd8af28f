#include "services/consent/decide.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "services/consent/sample_consent.h"

namespace hie::consent {
namespace {

using sample::As;
using sample::Certain;
using sample::Forbidding;
using sample::kNow;
using sample::MakeDirective;
using sample::MakeItem;
using sample::MakeRequest;
using sample::MakeRule;
using sample::MakeSession;
using sample::Possible;
using sample::WithRule;

constexpr Verdict kP = Verdict::kPermit;
constexpr Verdict kO = Verdict::kDenyOverridable;
constexpr Verdict kS = Verdict::kDenySealed;
constexpr Effect kPermit = Effect::kPermit;
constexpr Effect kDeny = Effect::kDeny;

// One golden row: who wishes what, who asks for what, and what comes of it.
struct Row {
  const char* name;
  std::vector<LinkedDirective> directives;
  Purpose purpose;
  Item item;
  std::optional<SessionState> session;
  Verdict verdict;
  std::string reason;  // One that must be among the reasons; empty: any.
  Action action = Action::kRetrieve;
  std::vector<std::string> obligations = {};
  const char* policy = "us-optout";
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

SensitivitySet One(Sensitivity sensitivity) { return SensitivitySet::Of(sensitivity); }

Item Unknown(Sensitivity sensitivity) {
  Item item = MakeItem("i");
  item.labels.known = SensitivitySet::All().Without(One(sensitivity));
  return item;
}

Item OfClass(ClinicalClass clinical_class, SensitivitySet sensitivity = SensitivitySet()) {
  Item item = MakeItem("i", sensitivity);
  item.clinical_class = clinical_class;
  return item;
}

Item Undated() {
  Item item = MakeItem("i");
  item.service = ServicePeriod();
  return item;
}

Match Custodian(const char* member) {
  Match match;
  match.custodians = {member};
  return match;
}

Match Sensitive(Sensitivity sensitivity) {
  Match match;
  match.sensitivities = One(sensitivity);
  return match;
}

Match For(Purpose purpose) {
  Match match;
  match.purposes = {purpose};
  return match;
}

Match During(ServicePeriod period) {
  Match match;
  match.period = period;
  return match;
}

Match Unreadable() {
  Match match;
  match.unreadable_sensitivity = true;
  return match;
}

Directive NoBase(const std::string& id) { return MakeDirective(id, Effect::kNone); }

Directive Deny(Match match, Emergency emergency = Emergency::kInherit) {
  return WithRule(NoBase("d"), MakeRule(kDeny, std::move(match), emergency));
}

Directive Permit(Match match, Regime instrument = Regime::kGeneral) {
  return As(WithRule(NoBase("d"), MakeRule(kPermit, std::move(match))), instrument);
}

// A denial of everything but what the exception permits.
Directive DenyExcept(Match exception) {
  RuleNode rule = MakeRule(kDeny, Match());
  rule.exceptions = {MakeRule(kPermit, std::move(exception))};
  return WithRule(NoBase("d"), rule);
}

Directive Unsigned(Directive directive) {
  directive.signed_at = std::nullopt;
  return directive;
}

Directive Opaque(Directive directive) {
  directive.declared_opaque = true;
  return directive;
}

Directive Until(Directive directive, absl::Time to) {
  directive.valid_to = to;
  return directive;
}

class DecideTest : public testing::TestWithParam<Row> {};

TEST_P(DecideTest, GivesTheVerdictOfTheRow) {
  const Row& row = GetParam();
  const absl::StatusOr<Policy> policy = LoadPolicy(sample::PolicyPath(row.policy));
  ASSERT_TRUE(policy.ok()) << policy.status();
  AccessRequest request = MakeRequest(row.purpose, {row.item});
  request.action = row.action;
  std::optional<Session> session;
  if (row.session) session = MakeSession(*row.session);
  const Decisions decisions =
      Decide(request, row.directives, *policy, session ? &*session : nullptr, kNow);
  ASSERT_EQ(decisions.size(), 1U);
  const Decision& decision = decisions.at(row.item.id);
  EXPECT_EQ(static_cast<int>(decision.verdict), static_cast<int>(row.verdict))
      << testing::PrintToString(decision.reasons);
  EXPECT_EQ(decision.obligations, row.obligations);
  if (!row.reason.empty()) {
    EXPECT_EQ(std::count(decision.reasons.begin(), decision.reasons.end(), row.reason), 1)
        << testing::PrintToString(decision.reasons);
  }
}

constexpr auto kT1 = SessionState::kActiveTier1;
constexpr auto kT2 = SessionState::kActiveTier2;
const auto kNone = std::optional<SessionState>();
const Item kPlain = MakeItem("i");

const Row kDefaults[] = {
    {"TreatmentIsPermittedByDefault",
     {},
     Purpose::kTreat,
     kPlain,
     kNone,
     kP,
     "default:US-OPTOUT:general:permit"},
    {"PaymentIsNot", {}, Purpose::kPayment, kPlain, kNone, kO, "default:US-OPTOUT:general:deny"},
    {"ResearchNeedsAGrant",
     {},
     Purpose::kResearch,
     kPlain,
     kNone,
     kO,
     "default:US-OPTOUT:research:grant"},
    {"ResearchIsPermittedByItsGrant",
     {Certain(Permit(Match(), Regime::kResearch))},
     Purpose::kResearch,
     kPlain,
     kNone,
     kP,
     "directive:d@1:research:rule 0"},
    {"Part2NeedsAGrant",
     {},
     Purpose::kTreat,
     MakeItem("i", One(Sensitivity::kPart2)),
     kNone,
     kO,
     "default:US-OPTOUT:part2:grant"},
    {"AGeneralPermitIsNoPart2Grant",
     {Certain(Permit(Match()))},
     Purpose::kTreat,
     MakeItem("i", One(Sensitivity::kPart2)),
     kNone,
     kO,
     "default:US-OPTOUT:part2:grant"},
    {"AReleaseUnderPart2CarriesTheNotice",
     {Certain(Permit(Match(), Regime::kPart2))},
     Purpose::kTreat,
     MakeItem("i", One(Sensitivity::kPart2)),
     kNone,
     kP,
     "directive:d@1:part2:rule 0",
     Action::kRetrieve,
     {kRedisclosureNotice}},
    {"WhatMayBePart2NeedsAGrantToo",
     {},
     Purpose::kTreat,
     Unknown(Sensitivity::kPart2),
     kNone,
     kO,
     "default:US-OPTOUT:part2:grant"},
    {"PsychotherapyNotesAreSealed",
     {},
     Purpose::kTreat,
     MakeItem("i", One(Sensitivity::kPsyThpn)),
     kNone,
     kS,
     "default:US-OPTOUT:psynotes:sealed"},
    {"UnknownAloneNeverSeals", {}, Purpose::kTreat, Unknown(Sensitivity::kPsyThpn), kNone, kO, ""},
    {"HivNeedsAGrant", {}, Purpose::kTreat, MakeItem("i", One(Sensitivity::kHiv)), kNone, kO, ""},
    {"ThePatientReadsTheirOwnHivResult",
     {},
     Purpose::kPatientRequest,
     MakeItem("i", One(Sensitivity::kHiv)),
     kNone,
     kP,
     ""},
    {"AnOrdinaryPlaceMayBeLocated",
     {},
     Purpose::kTreat,
     OfClass(ClinicalClass::kIdentity),
     kNone,
     kP,
     "",
     Action::kLocate},
    {"ASensitivePlaceMayNot",
     {},
     Purpose::kTreat,
     OfClass(ClinicalClass::kIdentity, One(Sensitivity::kMh)),
     kNone,
     kO,
     "default:US-OPTOUT:general:grant",
     Action::kLocate},
    {"OptInNeedsAYes",
     {},
     Purpose::kTreat,
     kPlain,
     kNone,
     kO,
     "default:US-OPTIN:general:grant",
     Action::kRetrieve,
     {},
     "us-optin"},
    {"OptInIsPermittedByAYes",
     {Certain(MakeDirective("d", kPermit))},
     Purpose::kTreat,
     kPlain,
     kNone,
     kP,
     "directive:d@1:general:choice",
     Action::kRetrieve,
     {},
     "us-optin"},
};

const Row kWishes[] = {
    {"ARegionWideNoDenies",
     {Certain(MakeDirective("d", kDeny))},
     Purpose::kTreat,
     kPlain,
     kNone,
     kO,
     "directive:d@1:general:choice"},
    {"ANoMayForbidBreakGlass",
     {Certain(Forbidding(MakeDirective("d", kDeny)))},
     Purpose::kTreat,
     kPlain,
     kNone,
     kS,
     ""},
    {"ADeniedCustodianIsDenied",
     {Certain(Deny(Custodian("south")))},
     Purpose::kTreat,
     kPlain,
     kNone,
     kO,
     "directive:d@1:general:rule 0"},
    {"AnotherCustodianIsNot",
     {Certain(Deny(Custodian("west")))},
     Purpose::kTreat,
     kPlain,
     kNone,
     kP,
     ""},
    {"DenyOverridesPermit",
     {Certain(Permit(Match())), Certain(Deny(Custodian("south")))},
     Purpose::kTreat,
     kPlain,
     kNone,
     kO,
     ""},
    {"AnExceptionPermits",
     {Certain(DenyExcept(Custodian("south")))},
     Purpose::kTreat,
     kPlain,
     kNone,
     kP,
     ""},
    {"AnExceptionReachesNoFurther",
     {Certain(DenyExcept(Custodian("west")))},
     Purpose::kTreat,
     kPlain,
     kNone,
     kO,
     ""},
    {"ADeniedSensitivityIsDenied",
     {Certain(Deny(Sensitive(Sensitivity::kMh)))},
     Purpose::kTreat,
     MakeItem("i", One(Sensitivity::kPsy)),
     kNone,
     kO,
     ""},
    {"ItMayBeThere",
     {Certain(Deny(Sensitive(Sensitivity::kStd)))},
     Purpose::kTreat,
     Unknown(Sensitivity::kStd),
     kNone,
     kO,
     ""},
    {"AForbiddenMaybeIsNotSealed",
     {Certain(Deny(Sensitive(Sensitivity::kStd), Emergency::kForbidOverride))},
     Purpose::kTreat,
     Unknown(Sensitivity::kStd),
     kNone,
     kO,
     ""},
    {"AMaybePermitIsNoPermit",
     {Certain(Permit(Sensitive(Sensitivity::kStd)))},
     Purpose::kPayment,
     Unknown(Sensitivity::kStd),
     kNone,
     kO,
     ""},
    {"AnUndatedItemMayFallIntoADeniedPeriod",
     {Certain(Deny(During({kNow - absl::Hours(24), kNow})))},
     Purpose::kTreat,
     Undated(),
     kNone,
     kO,
     ""},
    {"ADatedItemOutsideDoesNot",
     {Certain(Deny(During({kNow - absl::Hours(24), kNow})))},
     Purpose::kTreat,
     kPlain,
     kNone,
     kP,
     ""},
    {"AYesDoesNotSpeakForPayment",
     {Certain(MakeDirective("d", kPermit))},
     Purpose::kPayment,
     kPlain,
     kNone,
     kO,
     "default:US-OPTOUT:general:deny"},
    {"ARuleMaySpeakForPayment",
     {Certain(Permit(For(Purpose::kPayment)))},
     Purpose::kPayment,
     kPlain,
     kNone,
     kP,
     ""},
    {"ADenialOfTreatmentHoldsInAnEmergency",
     {Certain(Deny(For(Purpose::kTreat)))},
     Purpose::kEtreat,
     kPlain,
     kNone,
     kO,
     ""},
    {"AnExpiredWishIsOver",
     {Certain(Until(MakeDirective("d", kDeny), kNow))},
     Purpose::kTreat,
     kPlain,
     kNone,
     kP,
     ""},
    {"TheLatestChoiceWins",
     {Certain(MakeDirective("d", kDeny, 1)), Certain(MakeDirective("e", kPermit, 2))},
     Purpose::kTreat,
     kPlain,
     kNone,
     kP,
     "directive:e@1:general:choice"},
    {"AnUndatedChoiceMayBeTheLatest",
     {Certain(MakeDirective("e", kPermit, 2)), Certain(Unsigned(MakeDirective("d", kDeny)))},
     Purpose::kTreat,
     kPlain,
     kNone,
     kO,
     "directive:d@1:general:conflict"},
    {"AConflictIsNeverSealed",
     {Certain(MakeDirective("e", kPermit, 2)),
      Certain(Forbidding(Unsigned(MakeDirective("d", kDeny))))},
     Purpose::kTreat,
     kPlain,
     kNone,
     kO,
     ""},
    {"ALaterNoDoesNotLoosenTheSealOfAnEarlier",
     {Certain(Forbidding(MakeDirective("d", kDeny, 1))), Certain(MakeDirective("e", kDeny, 2))},
     Purpose::kTreat,
     kPlain,
     kNone,
     kS,
     ""},
    {"AnOpaqueDirectiveDenies",
     {Certain(Opaque(MakeDirective("d", kPermit)))},
     Purpose::kTreat,
     kPlain,
     kNone,
     kO,
     "directive:d@1:general:opaque"},
    {"WithinItsParsedBoundsOnly",
     {Certain(Opaque(WithRule(NoBase("d"), MakeRule(kDeny, Custodian("west")))))},
     Purpose::kTreat,
     kPlain,
     kNone,
     kP,
     ""},
    {"AnUnreadableCodeMayMeanAnything",
     {Certain(Deny(Unreadable()))},
     Purpose::kTreat,
     kPlain,
     kNone,
     kO,
     "directive:d@1:general:opaque"},
    {"APossibleLinkDenies",
     {Possible(MakeDirective("d", kDeny))},
     Purpose::kTreat,
     kPlain,
     kNone,
     kO,
     "directive:d@1:general:choice:possible"},
    {"APossibleLinkNeverSeals",
     {Possible(Forbidding(MakeDirective("d", kDeny)))},
     Purpose::kTreat,
     kPlain,
     kNone,
     kO,
     ""},
    {"APossibleLinkNeverPermits",
     {Possible(Permit(For(Purpose::kPayment)))},
     Purpose::kPayment,
     kPlain,
     kNone,
     kO,
     ""},
};

const Row kBreakGlass[] = {
    {"T1OpensAnOverridableDenial",
     {Certain(MakeDirective("d", kDeny))},
     Purpose::kBtg,
     kPlain,
     kT1,
     kP,
     "break-glass:T1"},
    {"SealedStaysSealed",
     {Certain(Forbidding(MakeDirective("d", kDeny)))},
     Purpose::kBtg,
     kPlain,
     kT2,
     kS,
     ""},
    {"PsychotherapyNotesStaySealed",
     {},
     Purpose::kBtg,
     MakeItem("i", One(Sensitivity::kPsyThpn)),
     kT2,
     kS,
     ""},
    {"ADenialDoesNotOpenPsychotherapyNotes",
     {Certain(MakeDirective("d", kDeny))},
     Purpose::kBtg,
     MakeItem("i", One(Sensitivity::kPsyThpn)),
     kT2,
     kS,
     ""},
    {"ADocumentWaitsForT2",
     {Certain(MakeDirective("d", kDeny))},
     Purpose::kBtg,
     OfClass(ClinicalClass::kDocument),
     kT1,
     kO,
     ""},
    {"T2OpensADocument",
     {Certain(MakeDirective("d", kDeny))},
     Purpose::kBtg,
     OfClass(ClinicalClass::kDocument),
     kT2,
     kP,
     "break-glass:T2"},
    {"T1OpensAPlace",
     {Certain(Deny(Custodian("south")))},
     Purpose::kBtg,
     OfClass(ClinicalClass::kIdentity),
     kT1,
     kP,
     "break-glass:T1",
     Action::kLocate},
    {"Part2InAnEmergencyIsRecorded",
     {},
     Purpose::kEtreat,
     MakeItem("i", One(Sensitivity::kPart2)),
     kT1,
     kP,
     "break-glass:T1",
     Action::kRetrieve,
     {kPart2EmergencyRecord, kRedisclosureNotice}},
    {"TreatmentOpensNothing",
     {Certain(MakeDirective("d", kDeny))},
     Purpose::kTreat,
     kPlain,
     kT2,
     kO,
     ""},
    {"EtreatWithoutSessionIsTreatment", {}, Purpose::kEtreat, kPlain, kNone, kP, ""},
    {"BtgWithoutSessionIsDenied", {}, Purpose::kBtg, kPlain, kNone, kO, "break-glass:no-session"},
    {"BtgAfterItsSessionIsDenied",
     {},
     Purpose::kBtg,
     kPlain,
     SessionState::kEnded,
     kO,
     "break-glass:no-session"},
    {"AnOpaqueDenialOpensInT1",
     {Certain(Opaque(MakeDirective("d", kDeny)))},
     Purpose::kBtg,
     kPlain,
     kT1,
     kP,
     ""},
    {"AnOpaqueDenialDoesNotOpenInT2",
     {Certain(Opaque(MakeDirective("d", kDeny)))},
     Purpose::kBtg,
     OfClass(ClinicalClass::kDocument),
     kT2,
     kO,
     ""},
    {"APossibleDenialOpens",
     {Possible(Forbidding(MakeDirective("d", kDeny)))},
     Purpose::kBtg,
     kPlain,
     kT1,
     kP,
     ""},
    {"UnderOptInARefusalStands",
     {Certain(MakeDirective("d", kDeny))},
     Purpose::kBtg,
     kPlain,
     kT1,
     kO,
     "",
     Action::kRetrieve,
     {},
     "us-optin"},
    {"UnderOptInSilenceOpens",
     {},
     Purpose::kBtg,
     kPlain,
     kT1,
     kP,
     "break-glass:T1",
     Action::kRetrieve,
     {},
     "us-optin"},
    {"StrictHasNoSecondTier",
     {},
     Purpose::kBtg,
     OfClass(ClinicalClass::kDocument),
     kT2,
     kO,
     "",
     Action::kRetrieve,
     {},
     "strict"},
};

std::string NameOf(const testing::TestParamInfo<Row>& row) { return row.param.name; }

INSTANTIATE_TEST_SUITE_P(Defaults, DecideTest, testing::ValuesIn(kDefaults), NameOf);
INSTANTIATE_TEST_SUITE_P(Wishes, DecideTest, testing::ValuesIn(kWishes), NameOf);
INSTANTIATE_TEST_SUITE_P(BreakGlass, DecideTest, testing::ValuesIn(kBreakGlass), NameOf);

TEST(NextChangeTest, IsTheFirstEdgeAfterNow) {
  Directive later = MakeDirective("d", kDeny);
  later.valid_from = kNow + absl::Hours(2);
  Directive ends = MakeDirective("e", kDeny);
  ends.valid_from = kNow - absl::Hours(1);
  ends.valid_to = kNow + absl::Hours(3);
  EXPECT_EQ(NextChange({Certain(later), Certain(ends)}, kNow), kNow + absl::Hours(2));
  EXPECT_EQ(NextChange({Certain(MakeDirective("f", kDeny))}, kNow), absl::InfiniteFuture());
}

}  // namespace
}  // namespace hie::consent

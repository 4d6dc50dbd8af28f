#include "services/consent/consent_role.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "hie/audit/v1/audit.pb.h"
#include "services/common/journal/db_hash.h"
#include "services/common/outbox/outbox.h"
#include "services/common/storage/memory_kv_store.h"
#include "services/consent/consent_store.h"
#include "services/consent/sample_consent.h"
#include "tests/support/recording.h"

namespace hie::consent {
namespace {

constexpr char kMrn[] = "MRN-CANARY";

std::string Uuid(int number) { return absl::StrFormat("00000000-0000-7000-8000-%012d", number); }

void Fill(common::v1::LocalPatient* patient, const std::string& id = kMrn) {
  patient->set_assigning_authority("2.999.1");
  patient->set_id(id);
  patient->set_incarnation(1);
}

// Refusals carry a code and name a field; they never repeat a patient's id.
void ExpectRefused(const absl::Status& status, absl::StatusCode code, const std::string& named) {
  EXPECT_EQ(status.code(), code) << status;
  EXPECT_NE(std::string(status.message()).find(named), std::string::npos) << status;
  EXPECT_EQ(std::string(status.message()).find(kMrn), std::string::npos);
}

class ConsentRoleTest : public ::testing::Test {
 protected:
  ConsentRoleTest() : store_(ConsentRole::Tables()), clock_(sample::kNow), random_(7) {
    ConsentRole::Options options;
    options.store = &store_;
    options.clock = &clock_;
    options.random = &random_;
    options.policy_path = sample::PolicyPath("us-optout");
    auto role = ConsentRole::Open(options);
    EXPECT_TRUE(role.ok()) << role.status();
    role_ = *std::move(role);
    recording_ = std::make_unique<hie::testing::RecordingJournal>(role_->journal());
    context_ = std::make_unique<ConsentContext>(
        ConsentContext{*recording_, role_->policy(), clock_, random_});
  }

  common::v1::Actor Actor(common::v1::Purpose purpose = common::v1::PURPOSE_BTG) const {
    common::v1::Actor actor;
    actor.set_member("north");
    actor.set_user("dr-ito");
    actor.add_roles("ed_physician");
    actor.set_purpose(purpose);
    actor.set_client_key("key-1");
    actor.set_auth_time_micros(absl::ToUnixMicros(clock_.Now()));
    return actor;
  }

  static v1::Directive Denial(int number) {
    v1::Directive directive;
    directive.set_id(Uuid(number));
    Fill(directive.mutable_subject());
    directive.add_instruments(v1::INSTRUMENT_GENERAL);
    directive.set_base(v1::EFFECT_DENY);
    directive.set_signed_micros(absl::ToUnixMicros(sample::kNow) - 1000 + number);
    return directive;
  }

  absl::StatusOr<v1::Directive> Put(const v1::Directive& directive) {
    v1::PutDirectiveRequest request;
    *request.mutable_actor() = Actor(common::v1::PURPOSE_PATADMIN);
    *request.mutable_directive() = directive;
    auto response = HandlePutDirective(request, *context_);
    if (!response.ok()) return response.status();
    return response->directive();
  }

  absl::StatusOr<v1::Directive> Revoke(int number) {
    v1::RevokeDirectiveRequest request;
    *request.mutable_actor() = Actor(common::v1::PURPOSE_PATADMIN);
    request.set_id(Uuid(number));
    Fill(request.mutable_subject());
    auto response = HandleRevokeDirective(request, *context_);
    if (!response.ok()) return response.status();
    return response->directive();
  }

  std::vector<v1::Directive> List() {
    v1::ListDirectivesRequest request;
    Fill(request.add_patients());
    auto response = HandleListDirectives(request, *context_);
    EXPECT_TRUE(response.ok()) << response.status();
    return {response->directives().begin(), response->directives().end()};
  }

  v1::DecideRequest Question(common::v1::Purpose purpose, const std::string& session_id = "") {
    v1::DecideRequest request;
    *request.mutable_actor() = Actor(purpose);
    request.set_action(v1::ACTION_RETRIEVE);
    Fill(request.add_certain());
    request.set_session_id(session_id);
    v1::Item& item = *request.add_items();
    item.set_id("i1");
    item.set_custodian("south");
    item.set_clinical_class(common::v1::CLINICAL_CLASS_ALLERGY);
    item.mutable_labels()->set_known(SensitivitySet::All().bits());
    return request;
  }

  v1::DecideResponse DecideOn(const v1::DecideRequest& request) {
    auto response = HandleDecide(request, *context_);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *response : v1::DecideResponse();
  }

  absl::Status Fence(const v1::FenceToken& token) {
    v1::ConfirmFenceRequest request;
    *request.mutable_token() = token;
    return HandleConfirmFence(request, *context_).status();
  }

  v1::OpenBreakGlassRequest Opening() {
    v1::OpenBreakGlassRequest request;
    *request.mutable_actor() = Actor();
    Fill(request.add_patients());
    request.set_reason(v1::EMERGENCY_REASON_UNCONSCIOUS);
    request.set_encounter("bay 3");
    request.set_attests_emergency(true);
    request.set_attests_consent_impracticable(true);
    request.set_attests_information_needed(true);
    return request;
  }

  v1::BreakGlassSession Open() {
    auto response = HandleOpenBreakGlass(Opening(), *context_);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? response->session() : v1::BreakGlassSession();
  }

  std::vector<std::string> NoticesOf(const std::string& member) {
    v1::ListNoticesRequest request;
    request.set_member(member);
    auto response = HandleListNotices(request, *context_);
    EXPECT_TRUE(response.ok()) << response.status();
    std::vector<std::string> kinds;
    for (const v1::Notice& notice : response->notices()) kinds.push_back(notice.kind());
    return kinds;
  }

  std::vector<audit::v1::Event> Events() {
    std::vector<audit::v1::Event> events;
    const std::vector<KvEntry> rows = *store_.Snapshot()->ScanPrefix(outbox::kTable, "");
    for (const KvEntry& row : rows) {
      EXPECT_TRUE(events.emplace_back().ParseFromString(row.value));
    }
    return events;
  }

  MemoryKvStore store_;
  SimulatedClock clock_;
  SeededRandom random_;
  std::unique_ptr<ConsentRole> role_;
  std::unique_ptr<hie::testing::RecordingJournal> recording_;
  std::unique_ptr<ConsentContext> context_;
};

TEST_F(ConsentRoleTest, ADirectiveHoldsUntilItIsRevokedAndStaysInHistory) {
  EXPECT_EQ(DecideOn(Question(common::v1::PURPOSE_TREAT)).decisions(0).verdict(),
            v1::VERDICT_PERMIT);
  const auto put = Put(Denial(1));
  ASSERT_TRUE(put.ok()) << put.status();
  EXPECT_EQ(put->version(), 1U);
  EXPECT_EQ(put->status(), v1::DIRECTIVE_STATUS_ACTIVE);
  EXPECT_GT(put->recorded_micros(), 0);
  EXPECT_EQ(DecideOn(Question(common::v1::PURPOSE_TREAT)).decisions(0).verdict(),
            v1::VERDICT_DENY_OVERRIDABLE);
  ASSERT_TRUE(Revoke(1).ok());
  ASSERT_TRUE(Revoke(1).ok());  // Again: no change.
  const v1::DecideResponse after = DecideOn(Question(common::v1::PURPOSE_TREAT));
  EXPECT_EQ(after.decisions(0).verdict(), v1::VERDICT_PERMIT);
  EXPECT_EQ(after.token().sequences(0).sequence(), 2U);
  const std::vector<v1::Directive> history = List();
  ASSERT_EQ(history.size(), 2U);
  EXPECT_EQ(history[0].status(), v1::DIRECTIVE_STATUS_ACTIVE);
  EXPECT_EQ(history[1].status(), v1::DIRECTIVE_STATUS_REVOKED);
  EXPECT_EQ(Events().size(), 2U);
}

TEST_F(ConsentRoleTest, TheSamePutAgainChangesNothingAndAStaleOneIsAborted) {
  ASSERT_TRUE(Put(Denial(1)).ok());
  ASSERT_TRUE(Put(Denial(1)).ok());
  EXPECT_EQ(List().size(), 1U);
  v1::Directive amended = Denial(1);
  amended.set_emergency(v1::EMERGENCY_FORBID_OVERRIDE);
  ExpectRefused(Put(amended).status(), absl::StatusCode::kAborted, "directive.version");
  amended.set_version(1);
  const auto second = Put(amended);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->version(), 2U);
  EXPECT_EQ(DecideOn(Question(common::v1::PURPOSE_TREAT)).decisions(0).verdict(),
            v1::VERDICT_DENY_SEALED);
}

TEST_F(ConsentRoleTest, SupersedingEndsTheOldInTheSameChange) {
  ASSERT_TRUE(Put(Denial(1)).ok());
  v1::Directive yes = Denial(2);
  yes.set_base(v1::EFFECT_PERMIT);
  yes.add_supersedes(Uuid(1));
  ASSERT_TRUE(Put(yes).ok());
  const std::vector<v1::Directive> history = List();
  ASSERT_EQ(history.size(), 3U);
  EXPECT_EQ(history[1].status(), v1::DIRECTIVE_STATUS_SUPERSEDED);
  ExpectRefused(Revoke(1).status(), absl::StatusCode::kFailedPrecondition, "id");
  v1::Directive third = Denial(3);
  third.add_supersedes(Uuid(9));
  ExpectRefused(Put(third).status(), absl::StatusCode::kFailedPrecondition, "directive.supersedes");
  third.set_supersedes(0, Uuid(2));
  third.set_valid_from_micros(absl::ToUnixMicros(clock_.Now() + absl::Hours(1)));
  ExpectRefused(Put(third).status(), absl::StatusCode::kFailedPrecondition, "directive.supersedes");
}

TEST_F(ConsentRoleTest, AnotherSubjectsDirectiveIsOutOfReach) {
  ASSERT_TRUE(Put(Denial(1)).ok());
  v1::Directive other = Denial(1);
  Fill(other.mutable_subject(), "another");
  ExpectRefused(Put(other).status(), absl::StatusCode::kFailedPrecondition, "directive.id");
  v1::RevokeDirectiveRequest request;
  *request.mutable_actor() = Actor();
  request.set_id(Uuid(1));
  Fill(request.mutable_subject(), "another");
  ExpectRefused(HandleRevokeDirective(request, *context_).status(), absl::StatusCode::kNotFound,
                "id");
}

TEST_F(ConsentRoleTest, TheNextHolderOfAnIdInheritsNothing) {
  ASSERT_TRUE(Put(Denial(1)).ok());
  v1::DecideRequest request = Question(common::v1::PURPOSE_TREAT);
  request.mutable_certain(0)->set_incarnation(2);
  EXPECT_EQ(DecideOn(request).decisions(0).verdict(), v1::VERDICT_PERMIT);
}

TEST_F(ConsentRoleTest, AnUnknownCodeMakesADirectiveOpaqueAndTellsWhoFiledIt) {
  v1::Directive directive = Denial(1);
  directive.set_base(v1::EFFECT_UNSPECIFIED);
  v1::RuleNode& rule = *directive.add_rules();
  rule.set_effect(v1::EFFECT_DENY);
  rule.add_sensitivities("SICKLE");
  const auto put = Put(directive);
  ASSERT_TRUE(put.ok()) << put.status();
  EXPECT_TRUE(put->opaque());
  EXPECT_TRUE(List()[0].opaque());
  const v1::DecideResponse response = DecideOn(Question(common::v1::PURPOSE_TREAT));
  EXPECT_EQ(response.decisions(0).verdict(), v1::VERDICT_DENY_OVERRIDABLE);
  EXPECT_EQ(response.decisions(0).reasons(0),
            absl::StrCat("directive:", Uuid(1), "@1:general:opaque"));
  EXPECT_EQ(NoticesOf("north"), std::vector<std::string>{"directive-opaque"});
}

// See regression_test.cc: a row that cannot be read might have been a denial.
TEST_F(ConsentRoleTest, AStoredDirectiveThatIsNotReadableFailsTheDecision) {
  ASSERT_TRUE(Put(Denial(1)).ok());
  const std::vector<KvEntry> rows = *store_.Snapshot()->ScanPrefix(kCurrentTable, "");
  ASSERT_EQ(rows.size(), 1U);
  v1::Directive meaningless;  // Parses, and is no directive.
  for (const std::string& bytes : {std::string("\xff\xff\xff"), meaningless.SerializeAsString()}) {
    WriteBatch damage;
    damage.Put(kCurrentTable, rows[0].key, bytes);
    ASSERT_TRUE(store_.Write(damage, Durability::kBuffered).ok());
    EXPECT_EQ(HandleDecide(Question(common::v1::PURPOSE_TREAT), *context_).status().code(),
              absl::StatusCode::kDataLoss);
  }
}

TEST_F(ConsentRoleTest, MalformedDirectivesAreRefusedByField) {
  struct Fault {
    const char* named;
    void (*make)(v1::Directive&);
  };
  const Fault faults[] = {
      {"directive.id:", [](v1::Directive& d) { d.set_id("1"); }},
      {"directive.subject.", [](v1::Directive& d) { d.mutable_subject()->set_incarnation(0); }},
      {"directive.instruments:", [](v1::Directive& d) { d.clear_instruments(); }},
      {"directive.instruments:",
       [](v1::Directive& d) { d.set_instruments(0, v1::Instrument(99)); }},
      {"directive.status:", [](v1::Directive& d) { d.set_status(v1::DIRECTIVE_STATUS_REVOKED); }},
      {"directive.rules:", [](v1::Directive& d) { d.clear_base(); }},
      {"directive.base:", [](v1::Directive& d) { d.set_base(v1::Effect(7)); }},
      {"directive.valid_to_micros:",
       [](v1::Directive& d) {
         d.set_valid_from_micros(2);
         d.set_valid_to_micros(1);
       }},
      {"directive.signed_micros:", [](v1::Directive& d) { d.set_signed_micros(INT64_MAX / 2); }},
      {"directive.evidence_sha256:", [](v1::Directive& d) { d.set_evidence_sha256("x"); }},
      {"directive.supersedes:", [](v1::Directive& d) { d.add_supersedes(d.id()); }},
      {"directive.rules[0].effect:", [](v1::Directive& d) { d.add_rules(); }},
      {"directive.rules[0].purposes:",
       [](v1::Directive& d) {
         d.add_rules()->set_effect(v1::EFFECT_DENY);
         d.mutable_rules(0)->add_purposes(common::v1::Purpose(99));
       }},
      {"directive.rules[0].recipients:",
       [](v1::Directive& d) {
         d.add_rules()->set_effect(v1::EFFECT_DENY);
         d.mutable_rules(0)->add_recipients()->set_user("u");
       }},
      {"directive.rules[0].exceptions[0].effect:",
       [](v1::Directive& d) {
         d.add_rules()->set_effect(v1::EFFECT_DENY);
         d.mutable_rules(0)->add_exceptions()->set_effect(v1::EFFECT_DENY);
       }},
  };
  for (const Fault& fault : faults) {
    v1::Directive directive = Denial(1);
    fault.make(directive);
    ExpectRefused(Put(directive).status(), absl::StatusCode::kInvalidArgument, fault.named);
  }
  EXPECT_TRUE(Events().empty());
}

TEST_F(ConsentRoleTest, DecideWantsOnePurposeAndDistinctItems) {
  v1::DecideRequest request = Question(common::v1::PURPOSE_UNSPECIFIED);
  ExpectRefused(HandleDecide(request, *context_).status(), absl::StatusCode::kInvalidArgument,
                "actor.purpose");
  request = Question(common::v1::PURPOSE_TREAT);
  *request.add_items() = request.items(0);
  ExpectRefused(HandleDecide(request, *context_).status(), absl::StatusCode::kInvalidArgument,
                "items[1].id");
  request = Question(common::v1::PURPOSE_TREAT);
  request.clear_certain();
  ExpectRefused(HandleDecide(request, *context_).status(), absl::StatusCode::kInvalidArgument,
                "certain");
  ExpectRefused(HandleDecide(Question(common::v1::PURPOSE_BTG, "gone"), *context_).status(),
                absl::StatusCode::kNotFound, "session_id");
}

TEST_F(ConsentRoleTest, TheFenceHoldsUntilAnythingMoves) {
  v1::DecideRequest request = Question(common::v1::PURPOSE_TREAT);
  Fill(request.add_possible(), "maybe");
  const v1::FenceToken token = DecideOn(request).token();
  ASSERT_EQ(token.sequences_size(), 2);
  EXPECT_TRUE(Fence(token).ok());
  v1::FenceToken other_policy = token;
  other_policy.set_policy_epoch(2);
  EXPECT_EQ(Fence(other_policy).code(), absl::StatusCode::kAborted);
  v1::Directive directive = Denial(1);
  Fill(directive.mutable_subject(), "maybe");  // The possible record counts too.
  ASSERT_TRUE(Put(directive).ok());
  ExpectRefused(Fence(token), absl::StatusCode::kAborted, "token");
  ExpectRefused(Fence(v1::FenceToken()), absl::StatusCode::kInvalidArgument, "token.sequences");
}

TEST_F(ConsentRoleTest, TheFenceNoticesADirectiveThatBegins) {
  v1::Directive directive = Denial(1);
  directive.set_valid_from_micros(absl::ToUnixMicros(clock_.Now() + absl::Minutes(1)));
  ASSERT_TRUE(Put(directive).ok());
  const v1::DecideResponse response = DecideOn(Question(common::v1::PURPOSE_TREAT));
  EXPECT_EQ(response.decisions(0).verdict(), v1::VERDICT_PERMIT);
  EXPECT_TRUE(Fence(response.token()).ok());
  clock_.Advance(absl::Minutes(1));
  EXPECT_EQ(Fence(response.token()).code(), absl::StatusCode::kAborted);
}

TEST_F(ConsentRoleTest, BreakGlassOpensInItsTiersForTwoHours) {
  ASSERT_TRUE(Put(Denial(1)).ok());
  const v1::BreakGlassSession session = Open();
  EXPECT_EQ(session.expires_micros() - session.opened_micros(),
            absl::ToInt64Microseconds(absl::Hours(2)));
  v1::DecideRequest request = Question(common::v1::PURPOSE_BTG, session.id());
  *request.add_items() = request.items(0);
  request.mutable_items(1)->set_id("i2");
  request.mutable_items(1)->set_clinical_class(common::v1::CLINICAL_CLASS_DOCUMENT);
  v1::DecideResponse response = DecideOn(request);
  EXPECT_EQ(response.decisions(0).verdict(), v1::VERDICT_PERMIT);
  EXPECT_TRUE(response.decisions(0).opened_by_break_glass());
  EXPECT_EQ(response.decisions(1).verdict(), v1::VERDICT_DENY_OVERRIDABLE);
  const v1::FenceToken first = response.token();
  EXPECT_EQ(first.session_id(), session.id());
  EXPECT_TRUE(Fence(first).ok());

  v1::AttestSecondTierRequest attest;
  *attest.mutable_actor() = Actor();
  attest.set_session_id(session.id());
  ExpectRefused(HandleAttestSecondTier(attest, *context_).status(),
                absl::StatusCode::kInvalidArgument, "attests_more_needed");
  attest.set_attests_more_needed(true);
  ASSERT_TRUE(HandleAttestSecondTier(attest, *context_).ok());
  ASSERT_TRUE(HandleAttestSecondTier(attest, *context_).ok());  // Again: no change.
  EXPECT_EQ(Fence(first).code(), absl::StatusCode::kAborted);
  response = DecideOn(request);
  EXPECT_EQ(response.decisions(1).verdict(), v1::VERDICT_PERMIT);
  EXPECT_EQ(NoticesOf("north"),
            (std::vector<std::string>{"break-glass-opened", "break-glass-tier2"}));

  EXPECT_TRUE(Fence(response.token()).ok());
  // The journal's time may be a little ahead of the clock's: it rises strictly.
  clock_.Advance(absl::Hours(2) + absl::Milliseconds(1));
  EXPECT_EQ(Fence(response.token()).code(), absl::StatusCode::kAborted);
  EXPECT_EQ(DecideOn(request).decisions(0).verdict(), v1::VERDICT_DENY_OVERRIDABLE);
  ExpectRefused(HandleAttestSecondTier(attest, *context_).status(),
                absl::StatusCode::kFailedPrecondition, "session_id");
}

TEST_F(ConsentRoleTest, EndingASessionClosesTheGlassAndTheFence) {
  ASSERT_TRUE(Put(Denial(1)).ok());
  const v1::BreakGlassSession session = Open();
  const v1::DecideRequest request = Question(common::v1::PURPOSE_ETREAT, session.id());
  const v1::DecideResponse before = DecideOn(request);
  EXPECT_EQ(before.decisions(0).verdict(), v1::VERDICT_PERMIT);
  v1::EndBreakGlassRequest end;
  *end.mutable_actor() = Actor();
  end.mutable_actor()->set_user("someone else");
  end.set_session_id(session.id());
  ExpectRefused(HandleEndBreakGlass(end, *context_).status(), absl::StatusCode::kPermissionDenied,
                "actor");
  end.mutable_actor()->set_roles(0, "privacy_officer");
  ASSERT_TRUE(HandleEndBreakGlass(end, *context_).ok());
  EXPECT_EQ(Fence(before.token()).code(), absl::StatusCode::kAborted);
  EXPECT_EQ(DecideOn(request).decisions(0).verdict(), v1::VERDICT_DENY_OVERRIDABLE);
}

TEST_F(ConsentRoleTest, OpeningWantsEveryAttestationAndAnEligibleUser) {
  struct Fault {
    const char* named;
    void (*make)(v1::OpenBreakGlassRequest&);
  };
  const Fault faults[] = {
      {"patients", [](v1::OpenBreakGlassRequest& r) { r.clear_patients(); }},
      {"reason", [](v1::OpenBreakGlassRequest& r) { r.clear_reason(); }},
      {"encounter", [](v1::OpenBreakGlassRequest& r) { r.clear_encounter(); }},
      {"attests_emergency", [](v1::OpenBreakGlassRequest& r) { r.clear_attests_emergency(); }},
      {"attests_consent_impracticable",
       [](v1::OpenBreakGlassRequest& r) { r.clear_attests_consent_impracticable(); }},
      {"attests_information_needed",
       [](v1::OpenBreakGlassRequest& r) { r.clear_attests_information_needed(); }},
      {"narrative", [](v1::OpenBreakGlassRequest& r) { r.set_reason(v1::EMERGENCY_REASON_OTHER); }},
  };
  for (const Fault& fault : faults) {
    v1::OpenBreakGlassRequest request = Opening();
    fault.make(request);
    ExpectRefused(HandleOpenBreakGlass(request, *context_).status(),
                  absl::StatusCode::kInvalidArgument, fault.named);
  }
  EXPECT_TRUE(Events().empty());
  v1::OpenBreakGlassRequest request = Opening();
  request.mutable_actor()->set_roles(0, "nurse");
  ExpectRefused(HandleOpenBreakGlass(request, *context_).status(),
                absl::StatusCode::kPermissionDenied, "role");
  // A refusal is audited, with no session.
  ASSERT_EQ(Events().size(), 1U);
  EXPECT_EQ(Events()[0].type(), audit::v1::EVENT_TYPE_BREAK_GLASS);
  EXPECT_EQ(Events()[0].details(0), "refused");
  EXPECT_TRUE(NoticesOf("north").empty());
}

TEST_F(ConsentRoleTest, UnusualNumbersAreReviewedNeverBlocked) {
  for (int i = 0; i < 6; ++i) EXPECT_FALSE(Open().review_required());
  EXPECT_TRUE(Open().review_required());
  clock_.Advance(absl::Hours(1) + absl::Seconds(1));
  EXPECT_FALSE(Open().review_required());
  const std::vector<std::string> kinds = NoticesOf("north");
  EXPECT_EQ(std::count(kinds.begin(), kinds.end(), "break-glass-review"), 1);
}

TEST_F(ConsentRoleTest, EachDisclosingCustodianIsToldOnce) {
  const v1::BreakGlassSession session = Open();
  v1::NoteDisclosureRequest request;
  request.set_session_id(session.id());
  request.add_custodians("south");
  request.add_custodians("east");
  request.add_custodians("south");
  EXPECT_EQ(HandleNoteDisclosure(request, *context_)->filed(), 2U);
  EXPECT_EQ(HandleNoteDisclosure(request, *context_)->filed(), 0U);
  EXPECT_EQ(NoticesOf("south"), std::vector<std::string>{"break-glass-disclosure"});
  request.set_session_id(Uuid(404));
  ExpectRefused(HandleNoteDisclosure(request, *context_).status(), absl::StatusCode::kNotFound,
                "session_id");
}

TEST_F(ConsentRoleTest, NoticesArePagedById) {
  for (int i = 0; i < 3; ++i) Open();
  v1::ListNoticesRequest request;
  request.set_member("north");
  const auto all = HandleListNotices(request, *context_);
  ASSERT_EQ(all->notices_size(), 3);
  request.set_after_id(all->notices(0).id());
  const auto rest = HandleListNotices(request, *context_);
  ASSERT_EQ(rest->notices_size(), 2);
  EXPECT_EQ(rest->notices(0).id(), all->notices(1).id());
}

TEST_F(ConsentRoleTest, ReplayGivesTheSameState) {
  SeededRandom random(20240611);
  for (int i = 0; i < 300; ++i) {
    const int number = 1 + static_cast<int>(random.Next() % 12);
    v1::Directive directive = Denial(number);
    directive.set_version(random.Next() % 3);
    if (random.Next() % 4 == 0)
      directive.add_supersedes(Uuid(1 + static_cast<int>(random.Next() % 12)));
    switch (random.Next() % 4) {
      case 0:
        (void)Revoke(number);
        break;
      case 1:
        Open();
        break;
      default:
        (void)Put(directive);
    }
    clock_.Advance(absl::Milliseconds(random.Next() % 100000));
  }
  MemoryKvStore replayed(ConsentRole::Tables());
  ASSERT_TRUE(hie::testing::Replay(recording_->recording(), ConsentMachine(), replayed).ok());
  const absl::StatusOr<std::string> live = DbHash(*store_.Snapshot(), ConsentMachine::Tables());
  ASSERT_TRUE(live.ok()) << live.status();
  EXPECT_EQ(*live, *DbHash(*replayed.Snapshot(), ConsentMachine::Tables()));
  EXPECT_GT(recording_->recording().size(), 100U);
}

TEST(ConsentRoleOpenTest, SaysWhatIsMissing) {
  MemoryKvStore store(ConsentRole::Tables());
  SimulatedClock clock(sample::kNow);
  SeededRandom random(1);
  ConsentRole::Options options;
  ExpectRefused(ConsentRole::Open(options).status(), absl::StatusCode::kInvalidArgument, "store");
  options.store = &store;
  options.clock = &clock;
  options.random = &random;
  options.policy_path = "nowhere.toml";
  ExpectRefused(ConsentRole::Open(options).status(), absl::StatusCode::kNotFound, "nowhere.toml");
}

}  // namespace
}  // namespace hie::consent

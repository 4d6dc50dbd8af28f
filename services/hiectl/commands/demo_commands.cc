#include "services/hiectl/commands/demo_commands.h"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/common/base/status_macros.h"
#include "services/hiectl/commands/answer.h"
#include "services/hiectl/commands/audit_commands.h"
#include "services/hiectl/commands/render.h"
#include "services/hiectl/message_file.h"

namespace hie::ctl {
namespace {

using exchange::v1::ExchangeService;

// When an item may be seen, in rising order.
enum class Stage { kAtOnce, kFirstTier, kSecondTier, kNever };

using Sighting = std::pair<std::string, std::string>;  // Member, what it says.

absl::StatusOr<std::map<Sighting, Stage>> ReadExpected(const std::string& path) {
  HIE_ASSIGN_OR_RETURN(const std::string text, ReadInput(path));
  const std::map<std::string, Stage> words = {{"at-once", Stage::kAtOnce},
                                              {"tier-1", Stage::kFirstTier},
                                              {"tier-2", Stage::kSecondTier},
                                              {"never", Stage::kNever}};
  std::map<Sighting, Stage> expected;
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    if (absl::StartsWith(line, "#")) continue;
    const std::vector<std::string> columns = absl::StrSplit(line, '\t');
    const auto stage = columns.size() == 3 ? words.find(columns[2]) : words.end();
    if (stage == words.end()) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": want member, display and stage"));
    }
    expected[{columns[0], columns[1]}] = stage->second;
  }
  return expected;
}

// The demonstration, step by step.
class Demonstration {
 public:
  Demonstration(const Context& context, const DemoOptions& options)
      : context_(context), output_(context.output), options_(options) {}

  absl::StatusOr<ExitCode> Run() {
    HIE_RETURN_IF_ERROR(Prepare());
    HIE_RETURN_IF_ERROR(RecordWish());
    HIE_RETURN_IF_ERROR(Ask("An emergency physician of North asks", Stage::kAtOnce));
    HIE_RETURN_IF_ERROR(BreakGlass());
    HIE_RETURN_IF_ERROR(Ask("The same question within the session", Stage::kFirstTier));
    HIE_RETURN_IF_ERROR(MoreIsNeeded());
    HIE_RETURN_IF_ERROR(Ask("The same question with the second tier", Stage::kSecondTier));
    HIE_RETURN_IF_ERROR(EndSession());
    HIE_RETURN_IF_ERROR(ReadAudit());
    Step(problems_ == 0 ? "The answers were right."
                        : absl::StrCat(problems_, " checks failed (see above)."));
    return problems_ == 0 ? ExitCode::kOk : ExitCode::kCheckFailed;
  }

 private:
  void Step(absl::string_view what) {
    output_.Line("");
    output_.Line(absl::StrCat("== ", what));
  }

  void Problem(absl::string_view what) {
    ++problems_;
    output_.Note(absl::StrCat("CHECK FAILED: ", what));
  }

  absl::Status Prepare() {
    HIE_ASSIGN_OR_RETURN(expected_, ReadExpected(options_.region + "/demo/expected.tsv"));
    HIE_RETURN_IF_ERROR(ReadMessage(options_.region + "/demo/patient.json", card_));
    HIE_ASSIGN_OR_RETURN(physician_, SignInAs("north", "dr.reyes", "ed_physician", "ETREAT"));
    HIE_ASSIGN_OR_RETURN(officer_, SignInAs("hie", "officer", "privacy_officer", "PATADMIN"));
    return absl::OkStatus();
  }

  absl::StatusOr<std::unique_ptr<Session>> SignInAs(const std::string& member,
                                                    const std::string& user,
                                                    const std::string& role,
                                                    const std::string& purpose) {
    SessionOptions session = context_.session;
    session.credentials = absl::StrCat(options_.pki, "/members/", member);
    session.user = user;
    session.roles = {role};
    session.purpose = purpose;
    return Session::Open(session, context_.clock, context_.random);
  }

  absl::Status RecordWish() {
    Step("The patient's wish is recorded: nothing psychiatric, except in an emergency");
    exchange::v1::PutDirectiveRequest request;
    HIE_RETURN_IF_ERROR(
        ReadMessage(options_.region + "/demo/directive.json", *request.mutable_directive()));
    return officer_->Call<ExchangeService::PutDirective>(request).status();
  }

  absl::Status Ask(absl::string_view what, Stage stage) {
    Step(what);
    exchange::v1::QueryRequest request;
    *request.mutable_subject()->mutable_demographics() = card_;
    request.set_session_id(session_id_);
    HIE_ASSIGN_OR_RETURN(const Answer answer, RunQuery(*physician_, request, output_));
    PrintAnswer(output_, answer);
    eid_ = answer.begin ? answer.begin->eid() : "";
    Check(answer, stage);
    return absl::OkStatus();
  }

  // Exactly the items of the stages up to `stage`, each from its own member.
  void Check(const Answer& answer, Stage stage) {
    std::map<Sighting, int> seen;
    for (const exchange::v1::ClinicalItem& item : answer.items) {
      ++seen[{item.source().member(), item.display()}];
    }
    for (const auto& [sighting, when] : expected_) {
      const bool wanted = when <= stage;
      const bool shown = seen.erase(sighting) > 0;
      if (wanted && !shown) {
        Problem(absl::StrCat("missing from ", sighting.first, ": ", sighting.second));
      } else if (!wanted && shown) {
        Problem(absl::StrCat("must not be shown yet: ", sighting.second));
      }
    }
    for (const auto& [sighting, count] : seen) {
      Problem(absl::StrCat("not expected from ", sighting.first, ": ", sighting.second));
    }
    if (ExitCodeFor(answer) != ExitCode::kOk) Problem("a member did not answer in full");
  }

  absl::Status BreakGlass() {
    Step("The physician breaks the glass: the patient is unconscious");
    exchange::v1::OpenBreakGlassRequest request;
    *request.mutable_subject()->mutable_demographics() = card_;
    request.mutable_reentered()->add_names()->set_family(card_.names(0).family());
    request.mutable_reentered()->set_birth_date(card_.birth_date());
    request.set_reason(consent::v1::EMERGENCY_REASON_UNCONSCIOUS);
    request.set_encounter("ED bay 4");
    request.set_attests_emergency(true);
    request.set_attests_consent_impracticable(true);
    request.set_attests_information_needed(true);
    HIE_ASSIGN_OR_RETURN(const exchange::v1::OpenBreakGlassResponse opened,
                         physician_->Call<ExchangeService::OpenBreakGlass>(request));
    session_id_ = opened.session_id();
    output_.Line(
        absl::StrCat("session ", session_id_, ", ends ", Moment(opened.expires_micros()), " UTC"));
    return absl::OkStatus();
  }

  absl::Status MoreIsNeeded() {
    Step("The physician attests that more is needed: the second tier opens");
    exchange::v1::AttestSecondTierRequest request;
    request.set_session_id(session_id_);
    request.set_attests_more_needed(true);
    return physician_->Call<ExchangeService::AttestSecondTier>(request).status();
  }

  absl::Status EndSession() {
    exchange::v1::EndBreakGlassRequest request;
    request.set_session_id(session_id_);
    return physician_->Call<ExchangeService::EndBreakGlass>(request).status();
  }

  absl::Status ReadAudit() {
    Step("What the audit holds about this patient (privacy officer's view, newest first)");
    exchange::v1::ListAuditRequest request;
    request.mutable_subject()->set_eid(eid_);
    HIE_ASSIGN_OR_RETURN(const exchange::v1::ListAuditResponse list,
                         officer_->Call<ExchangeService::ListAudit>(request));
    PrintAudit(output_, list);
    std::set<std::string> intents, outcomes;
    std::set<int> types;
    for (const audit::v1::AuditRecord& record : list.records()) {
      types.insert(record.leaf().type());
      if (record.leaf().type() == audit::v1::EVENT_TYPE_INTENT) {
        intents.insert(record.leaf().event_id());
      }
      if (record.leaf().type() == audit::v1::EVENT_TYPE_OUTCOME) {
        outcomes.insert(record.leaf().intent_event_id());
      }
    }
    if (intents.empty() || intents != outcomes) Problem("an intent has no outcome in the audit");
    if (types.count(audit::v1::EVENT_TYPE_BREAK_GLASS) == 0) {
      Problem("the broken glass is not in the audit");
    }
    return VerifyChain();
  }

  absl::Status VerifyChain() {
    HIE_ASSIGN_OR_RETURN(const exchange::v1::VerifyAuditResponse verified,
                         officer_->Call<ExchangeService::VerifyAudit>({}));
    if (verified.first_bad_sequence() != 0) Problem("the audit's hash chain does not verify");
    output_.Line(
        absl::StrCat("The hash chain over ", verified.leaves(), " audit leaves verifies."));
    return absl::OkStatus();
  }

  const Context& context_;
  Output& output_;
  const DemoOptions& options_;
  std::map<Sighting, Stage> expected_;
  common::v1::Demographics card_;
  std::unique_ptr<Session> physician_;
  std::unique_ptr<Session> officer_;
  std::string session_id_;
  std::string eid_;
  int problems_ = 0;
};

}  // namespace

ExitCode DemoRun(const Context& context, const DemoOptions& options) {
  const auto code = Demonstration(context, options).Run();
  return code.ok() ? *code : context.output.Fail(code.status());
}

}  // namespace hie::ctl

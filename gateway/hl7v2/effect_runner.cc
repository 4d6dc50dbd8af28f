#include "gateway/hl7v2/effect_runner.h"

#include <set>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gateway/hl7v2/document_wire.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/common/wire/wire.h"

namespace hie::hl7v2 {
namespace {

namespace v1 = exchange::v1;
using v1::ExchangeService;

bool MayWorkLater(absl::StatusCode code) {
  return code == absl::StatusCode::kUnavailable || code == absl::StatusCode::kDeadlineExceeded ||
         code == absl::StatusCode::kResourceExhausted || code == absl::StatusCode::kAborted ||
         code == absl::StatusCode::kCancelled || code == absl::StatusCode::kUnauthenticated;
}

int64_t EventMicros(const IntakePlan& plan) {
  return plan.event == absl::InfinitePast() ? 0 : absl::ToUnixMicros(plan.event);
}

v1::IntakeCount CountOf(v1::IntakeCounter counter, absl::string_view word = "") {
  v1::IntakeCount count;
  count.set_counter(counter);
  count.set_word(std::string(word));
  return count;
}

Finding MergeRefused(ErrorCode code, absl::string_view why) {
  return Finding{"merge-refused", Location{"MRG", 1, 1}, code, Verdict::kError, std::string(why)};
}

// The table of merges; nothing: it was done.
std::optional<Finding> FindingOfMerge(mpi::v1::MergeOutcome outcome) {
  switch (outcome) {
    case mpi::v1::MERGE_OUTCOME_MERGED:
    case mpi::v1::MERGE_OUTCOME_REPEATED:
      return std::nullopt;
    case mpi::v1::MERGE_OUTCOME_SAME_ID:
      return MergeRefused(ErrorCode::kDuplicateKey, "surviving and subsumed id are the same");
    case mpi::v1::MERGE_OUTCOME_SUBSUMED_UNKNOWN:
      return MergeRefused(ErrorCode::kUnknownKey, "subsumed identifier is unknown");
    case mpi::v1::MERGE_OUTCOME_SURVIVOR_UNKNOWN: {
      Finding finding = MergeRefused(ErrorCode::kUnknownKey, "surviving identifier is unknown");
      finding.where = Location{"PID", 1, 3};
      return finding;
    }
    case mpi::v1::MERGE_OUTCOME_MERGED_ELSEWHERE:
      return MergeRefused(ErrorCode::kDuplicateKey,
                          "subsumed identifier was merged into another before");
    case mpi::v1::MERGE_OUTCOME_SURVIVOR_SUBSUMED:
      return MergeRefused(ErrorCode::kDuplicateKey, "surviving identifier was merged away before");
    case mpi::v1::MERGE_OUTCOME_DOMAINS_DIFFER:
      return MergeRefused(ErrorCode::kDataType, "want both ids of the same authority");
    default:
      return MergeRefused(ErrorCode::kInternalError, "the exchange did not say why");
  }
}

// One message on its way.  Lives until `done` was called.
class EffectRun : public std::enable_shared_from_this<EffectRun> {
 public:
  EffectRun(const EffectRunner::Options& options, std::shared_ptr<const Reception> reception,
            std::shared_ptr<const IntakePlan> plan, uint64_t number, EffectRunner::Done done)
      : options_(options),
        reception_(std::move(reception)),
        plan_(std::move(plan)),
        number_(number),
        done_(std::move(done)) {}

  void Start() {
    CountUnmapped();
    std::visit([this](const auto& effect) { Apply(effect); }, plan_->effect);
  }

 private:
  bool Live() const { return reception_->member().state == MemberState::kLive; }

  std::shared_ptr<rpc::CallContext> Context() const {
    rpc::Caller caller;
    caller.kind = rpc::CallerKind::kMember;
    caller.actor.member = reception_->member().id;
    caller.actor.purpose = Purpose::kPatientAdministration;
    caller.actor.client_key = absl::StrCat("hl7v2:", reception_->SourceName()).substr(0, 200);
    const std::string request_id = absl::StrCat("hl7v2-", number_);
    caller.actor.request_id = request_id;
    return std::make_shared<edge::DoorContext>(
        std::move(caller), options_.clock->Now() + options_.call_time, request_id, "");
  }

  template <typename Method, typename Then>
  void Call(const typename Method::Request& request, Then then) {
    options_.exchange->Call<Method>(Context(), request,
                                    [self = shared_from_this(), then = std::move(then)](
                                        absl::StatusOr<typename Method::Response> response) {
                                      then(*self, std::move(response));
                                    });
  }

  void Finish() { done_(std::move(result_)); }
  void Refuse(Finding finding) {
    result_.finding = std::move(finding);
    Finish();
  }
  void RetryLater(absl::Status why) {
    EffectResult result;
    result.retry = std::move(why);
    done_(std::move(result));
  }
  // A refusal is final, an outage is not.
  void Fail(const absl::Status& status, const Location& where) {
    if (std::optional<Finding> finding = FindingOfRefusal(status, where)) {
      return Refuse(*std::move(finding));
    }
    RetryLater(status);
  }

  void CountUnmapped() {
    const std::set<std::string> words(plan_->unmapped.begin(), plan_->unmapped.end());
    for (const std::string& word : words) {
      result_.counts.push_back(CountOf(v1::INTAKE_COUNTER_UNMAPPED, word.substr(0, 100)));
    }
  }

  void Apply(const IgnorePlan& ignore) {
    result_.counts.push_back(CountOf(v1::INTAKE_COUNTER_UNUSED, ignore.word));
    Finish();
  }
  void Apply(const HoldPlan& hold) { Refuse(hold.finding); }
  void Apply(const RefusePlan& refuse) { Refuse(refuse.finding); }

  void Apply(const RegisterPlan& plan) {
    absl::StatusOr<std::optional<FieldState>> stored = options_.inbox->ReadFields(plan.patient);
    if (!stored.ok()) return RetryLater(stored.status());
    FieldState base = stored->value_or(FieldState{});
    // Nothing of the earlier holder of a reused number may be carried over to the new one.
    if (Contradicts(base, plan.change)) {
      result_.counts.push_back(CountOf(v1::INTAKE_COUNTER_OVERLAY));
      base = FieldState{};
    }
    state_ = hl7v2::Apply(std::move(base), plan.change);
    result_.counts.push_back(
        CountOf(v1::INTAKE_COUNTER_PATIENT, options_.inbox->RecordWord(plan.patient)));
    v1::RegisterPatient patient;
    *patient.mutable_patient() = wire::ToProto(plan.patient);
    *patient.mutable_demographics() = wire::ToProto(ToDemographics(state_));
    patient.set_facility(plan.facility);
    patient.set_unit(plan.unit);
    patient.set_event_micros(EventMicros(*plan_));
    patient.set_kind(plan.kind == Arrival::kArrival ? mpi::v1::REGISTER_KIND_ARRIVAL
                                                    : mpi::v1::REGISTER_KIND_UPDATE);
    if (Live()) {
      v1::RegisterPatientsRequest request;
      *request.add_patients() = std::move(patient);
      Call<ExchangeService::RegisterPatients>(
          request, [](EffectRun& self, auto response) { self.Registered(std::move(response)); });
    } else {
      v1::PreviewPatientsRequest request;
      *request.add_patients() = std::move(patient);
      Call<ExchangeService::PreviewPatients>(
          request, [](EffectRun& self, auto response) { self.Previewed(std::move(response)); });
    }
  }

  void Registered(absl::StatusOr<v1::RegisterPatientsResponse> response) {
    const Location where{"PID", 1, 0};
    if (!response.ok()) return Fail(response.status(), where);
    if (response->patients_size() != 1) {
      return RetryLater(absl::InternalError("the exchange answered about no patient"));
    }
    const v1::RegisteredPatient& patient = response->patients(0);
    if (!patient.problem().empty()) {
      const int code = patient.problem_code() == 0
                           ? static_cast<int>(absl::StatusCode::kInvalidArgument)
                           : patient.problem_code();
      return Fail(absl::Status(static_cast<absl::StatusCode>(code), patient.problem()), where);
    }
    KeepFields(patient.outcome());
    Finish();
  }

  // A stale message and one for a merged-away id are history: they say nothing about the present.
  // A suspected overlay begins anew, with what this message alone says.
  void KeepFields(mpi::v1::LinkOutcome outcome) {
    const auto& plan = std::get<RegisterPlan>(plan_->effect);
    if (outcome == mpi::v1::LINK_OUTCOME_STALE || outcome == mpi::v1::LINK_OUTCOME_MERGED_AWAY) {
      return;
    }
    if (outcome == mpi::v1::LINK_OUTCOME_HELD) state_ = hl7v2::Apply(FieldState{}, plan.change);
    result_.writes.push_back(options_.inbox->Keep(plan.patient, state_));
  }

  void Previewed(absl::StatusOr<v1::PreviewPatientsResponse> response) {
    const auto& plan = std::get<RegisterPlan>(plan_->effect);
    result_.writes.push_back(options_.inbox->Keep(plan.patient, state_));
    // A member in TEST may not ask yet: what can be told without the index is counted.
    if (absl::IsPermissionDenied(response.status())) return Finish();
    if (!response.ok()) return Fail(response.status(), Location{"PID", 1, 0});
    if (response->patients_size() != 1) {
      return RetryLater(absl::InternalError("the exchange answered about no patient"));
    }
    const v1::PreviewedPatient& patient = response->patients(0);
    if (!patient.problem().empty()) {
      return Fail(absl::InvalidArgumentError(patient.problem()), Location{"PID", 1, 0});
    }
    switch (patient.outcome()) {
      case mpi::v1::LINK_OUTCOME_LINKED:
        result_.counts.push_back(CountOf(v1::INTAKE_COUNTER_WOULD_LINK));
        break;
      case mpi::v1::LINK_OUTCOME_REVIEW:
        result_.counts.push_back(CountOf(v1::INTAKE_COUNTER_WOULD_REVIEW));
        break;
      case mpi::v1::LINK_OUTCOME_NEW:
        result_.counts.push_back(CountOf(v1::INTAKE_COUNTER_WOULD_BE_NEW));
        break;
      default:
        break;
    }
    Finish();
  }

  void Apply(const RemovePlan& plan) {
    result_.writes.push_back(options_.inbox->Forget(plan.patient));
    if (!Live()) return Finish();
    v1::RemovePatientRequest request;
    *request.mutable_patient() = wire::ToProto(plan.patient);
    request.set_event_micros(EventMicros(*plan_));
    Call<ExchangeService::RemovePatient>(request, [](EffectRun& self, auto response) {
      if (!response.ok()) return self.Fail(response.status(), Location{"PID", 1, 3});
      self.Finish();
    });
  }

  void Apply(const MergePlan& plan) {
    v1::MergePatientsRequest request;
    for (const MergePlanPair& pair : plan.pairs) {
      absl::StatusOr<std::optional<FieldState>> stored = options_.inbox->ReadFields(pair.survivor);
      if (!stored.ok()) return RetryLater(stored.status());
      FieldState base = stored->value_or(FieldState{});
      if (Contradicts(base, pair.survivor_change)) base = FieldState{};
      const FieldState state = hl7v2::Apply(std::move(base), pair.survivor_change);
      mpi::v1::MergePair& wanted = *request.add_pairs();
      *wanted.mutable_survivor() = wire::ToProto(pair.survivor);
      *wanted.mutable_subsumed() = wire::ToProto(pair.subsumed);
      if (pair.survivor_named) {
        *wanted.mutable_survivor_demographics() = wire::ToProto(ToDemographics(state));
        // Only where the survivor was not known are these its first fields.
        if (!*stored) result_.writes.push_back(options_.inbox->Keep(pair.survivor, state));
      }
      result_.writes.push_back(options_.inbox->Forget(pair.subsumed));
    }
    if (!Live()) {
      result_.writes.clear();
      return Finish();
    }
    request.set_create_tombstone(reception_->source().ack_mode == AckMode::kTolerant);
    request.set_event_micros(EventMicros(*plan_));
    Call<ExchangeService::MergePatients>(
        request, [](EffectRun& self, auto response) { self.Merged(std::move(response)); });
  }

  void Merged(absl::StatusOr<v1::MergePatientsResponse> response) {
    if (!response.ok()) return Fail(response.status(), Location{"MRG", 1, 1});
    for (const int outcome : response->outcomes()) {
      std::optional<Finding> finding = FindingOfMerge(static_cast<mpi::v1::MergeOutcome>(outcome));
      if (!finding) continue;
      result_.writes.clear();
      return Refuse(*std::move(finding));
    }
    Finish();
  }

  void Apply(const DocumentPlan& plan) {
    if (!Live()) return Finish();
    if (plan.draft.content.size() > kInlineBytesMax) return StageContent(0);
    Submit();
  }

  // The same message stages under the same id again.
  std::string ContentId() const { return ContentIdOf(reception_->raw()); }

  // A content larger than a message of the exchange goes ahead in parts.
  void StageContent(size_t offset) {
    const auto& plan = std::get<DocumentPlan>(plan_->effect);
    const absl::string_view part =
        absl::string_view(plan.draft.content).substr(offset, kInlineBytesMax);
    v1::PutDocumentContentRequest request;
    request.set_content_id(ContentId());
    *request.mutable_patient() = wire::ToProto(plan.patient);
    request.set_offset(offset);
    request.set_data(std::string(part));
    const size_t next = offset + part.size();
    request.set_last(next == plan.draft.content.size());
    Call<ExchangeService::PutDocumentContent>(request, [next](EffectRun& self, auto response) {
      if (!response.ok()) return self.Fail(response.status(), Location{"OBX", 1, 5});
      const auto& plan = std::get<DocumentPlan>(self.plan_->effect);
      if (next < plan.draft.content.size()) return self.StageContent(next);
      self.Submit();
    });
  }

  void Submit() {
    const auto& plan = std::get<DocumentPlan>(plan_->effect);
    v1::SubmitDocumentsRequest request;
    request.set_submission_id(
        absl::StrCat("hl7v2-", options_.inbox->BodyWord(reception_->raw()).substr(0, 48)));
    *request.mutable_subject()->mutable_patient() = wire::ToProto(plan.patient);
    *request.add_documents() = ToSubmittedDocument(plan, ContentId());
    request.set_relation_policy(registry::v1::RELATION_POLICY_STORE_UNLINKED);
    Call<ExchangeService::SubmitDocuments>(request, [](EffectRun& self, auto response) {
      if (response.ok()) return self.Finish();
      if (absl::IsNotFound(response.status())) {
        return self.Refuse(Finding{"unknown-patient", Location{"PID", 1, 3}, ErrorCode::kUnknownKey,
                                   Verdict::kError, "want a patient that was registered before"});
      }
      if (absl::IsAlreadyExists(response.status())) {
        return self.Refuse(Finding{"duplicate-document", Location{"TXA", 1, 12},
                                   ErrorCode::kDuplicateKey, Verdict::kError,
                                   "the number is registered with another content"});
      }
      self.Fail(response.status(), Location{"TXA", 1, 0});
    });
  }

  void Apply(const StatusPlan& plan) {
    if (!Live()) return Finish();
    v1::SetDocumentStatusRequest request;
    request.set_unique_id(plan.unique_id);
    request.set_status(plan.status == NewStatus::kWithdrawn
                           ? registry::v1::DOCUMENT_STATUS_ENTERED_IN_ERROR
                           : registry::v1::DOCUMENT_STATUS_SUPERSEDED);
    Call<ExchangeService::SetDocumentStatus>(request, [](EffectRun& self, auto response) {
      if (response.ok()) return self.Finish();
      if (absl::IsNotFound(response.status())) {
        return self.Refuse(Finding{"unknown-document", Location{"TXA", 1, 12},
                                   ErrorCode::kUnknownKey, Verdict::kError,
                                   "want a document that was registered before"});
      }
      self.Fail(response.status(), Location{"TXA", 1, 0});
    });
  }

  const EffectRunner::Options options_;
  const std::shared_ptr<const Reception> reception_;
  const std::shared_ptr<const IntakePlan> plan_;
  const uint64_t number_;
  const EffectRunner::Done done_;
  FieldState state_;
  EffectResult result_;
};

}  // namespace

std::optional<Finding> FindingOfRefusal(const absl::Status& status, const Location& where) {
  if (MayWorkLater(status.code())) return std::nullopt;
  Finding finding{"refused", where, ErrorCode::kDataType, Verdict::kError,
                  std::string(status.message())};
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
      finding.reason = "unknown-patient";
      finding.code = ErrorCode::kUnknownKey;
      break;
    case absl::StatusCode::kAlreadyExists:
      finding.code = ErrorCode::kDuplicateKey;
      break;
    case absl::StatusCode::kPermissionDenied:
      finding.reason = "not-permitted";
      finding.code = ErrorCode::kInternalError;
      finding.verdict = Verdict::kReject;
      break;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
      break;
    default:
      finding.reason = "internal";
      finding.code = ErrorCode::kInternalError;
      finding.verdict = Verdict::kReject;
  }
  return finding;
}

void EffectRunner::Run(std::shared_ptr<const Reception> reception,
                       std::shared_ptr<const IntakePlan> plan, uint64_t number, Done done) const {
  std::make_shared<EffectRun>(options_, std::move(reception), std::move(plan), number,
                              std::move(done))
      ->Start();
}

}  // namespace hie::hl7v2

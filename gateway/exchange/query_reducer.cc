#include "gateway/exchange/query_reducer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace hie::exchange {
namespace {

constexpr absl::string_view kNoCertainMatch =
    "subject: no certain match; give more detail, or an id of your own member";

// What identification may tell the caller; anything else is our own trouble.
absl::Status TellCaller(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
      return absl::NotFoundError("subject: unknown");
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kInvalidArgument:
      return status;
    default:
      return absl::UnavailableError("the patient index does not answer; nothing was released");
  }
}

}  // namespace

std::vector<QueryAction> QueryReducer::Step(absl::Time now, QueryEvent event) {
  now_ = now;
  std::visit([this](auto&& told) { On(std::forward<decltype(told)>(told)); }, std::move(event));
  Settle();
  return std::exchange(actions_, {});
}

void QueryReducer::On(event::Begun) {
  started_ = now_;
  actions_.push_back(action::SetTimer{TimerKind::kAsking, AskingDeadline()});
  actions_.push_back(action::SetTimer{TimerKind::kBudget, now_ + query_.budget});
  actions_.push_back(action::SetTimer{TimerKind::kStop, now_ + query_.budget + kStopGrace});
  if (!query_.directory->IsLive(query_.actor.member)) {
    return Refuse(absl::PermissionDeniedError("member: want a member in state LIVE"), "not-live");
  }
  if (const auto* demographics = std::get_if<Demographics>(&query_.subject)) {
    asked_demographics_ = *demographics;
    actions_.push_back(action::SearchPersons{*demographics});
    return;
  }
  if (const auto* eid = std::get_if<EnterpriseId>(&query_.subject)) {
    actions_.push_back(action::ResolvePerson{*eid});
    return;
  }
  if (const auto* any = std::get_if<AnyMemberPatient>(&query_.subject)) {
    // Whether the caller may know of it is decided with the places of the person.
    actions_.push_back(action::ResolvePerson{query_.directory->Normalise(any->patient)});
    return;
  }
  const auto& patient = std::get<LocalPatient>(query_.subject);
  const MemberView* owner = query_.directory->OwnerOf(patient.assigning_authority);
  if (owner == nullptr || owner->id != query_.actor.member) {
    return Refuse(absl::PermissionDeniedError("subject.patient: want an id of your own member"),
                  "foreign-id");
  }
  actions_.push_back(action::ResolvePerson{query_.directory->Normalise(patient)});
}

void QueryReducer::On(event::PersonResolved event) {
  if (refreshing_) return PersonRefreshed(std::move(event.person));
  if (stage_ != Stage::kIdentifying) return;
  if (event.person.ok()) return Identified(*std::move(event.person));
  absl::Status told = TellCaller(event.person.status());
  if (absl::IsUnavailable(told)) return Fail(told);
  // Of another member's id not even that it is held or was split may be told.
  if (std::holds_alternative<AnyMemberPatient>(query_.subject)) {
    told = absl::NotFoundError("subject: unknown");
  }
  Refuse(told, absl::IsNotFound(told) ? "not-found" : "identity-not-usable");
}

void QueryReducer::On(event::PersonsFound event) {
  if (stage_ != Stage::kIdentifying) return;
  if (!event.result.ok()) {
    const absl::Status told = TellCaller(event.result.status());
    return absl::IsInvalidArgument(told) ? Refuse(told, "malformed") : Fail(told);
  }
  std::vector<Candidate>& candidates = event.result->candidates;
  std::erase_if(candidates, [](const Candidate& candidate) { return !candidate.certain; });
  if (event.result->too_many || candidates.size() != 1) {
    return Refuse(absl::FailedPreconditionError(kNoCertainMatch), "no-certain-match");
  }
  weight_millibits_ = candidates.front().weight_millibits;
  fields_ = std::move(candidates.front().fields);
  Identified(std::move(candidates.front().person));
}

void QueryReducer::Identified(Person person) {
  person_ = std::move(person);
  if (person_.records.empty()) return Refuse(absl::NotFoundError("subject: unknown"), "not-found");
  if (person_.records.size() + person_.possible.size() > kRecordsMax) {
    return Refuse(absl::FailedPreconditionError("subject: too many records; a steward must look"),
                  "too-many-records");
  }
  ++starts_;
  stage_ = Stage::kLocating;
  actions_.push_back(action::LocateRecords{CertainPatients(person_), query_.include_superseded});
}

void QueryReducer::On(event::RecordsLocated event) {
  if (stage_ != Stage::kLocating) return;
  if (!event.located.ok()) {
    return Fail(absl::UnavailableError("the registry does not answer; nothing was released"));
  }
  const Located& located = *event.located;
  sources_moved_ = located.truncated;
  holdings_ = FindHoldings(person_, located.locators, *query_.directory, query_.actor.member);
  std::vector<ReleaseEntry> places = GatherPlaces(holdings_, located.locators, *query_.directory);
  if (places.size() > kBatchItemsMax) {
    return Refuse(absl::FailedPreconditionError("subject: too many places; a steward must look"),
                  "too-many-places");
  }
  stage_ = Stage::kAnswering;
  StartBatch(BatchKind::kBegin, {query_.actor.member, CertainPatients(person_)}, std::move(places));
  StartIndex(std::move(event.located->documents));
}

void QueryReducer::PersonRefreshed(absl::StatusOr<Person> person) {
  refreshing_ = false;
  if (stage_ != Stage::kAnswering || budget_over_) return;
  if (!person.ok()) return Fail(TellCaller(person.status()));
  const bool same_records = CertainPatients(*person) == CertainPatients(person_);
  person_ = *std::move(person);
  if (!begin_written_) return StartOver();
  // What joined the person since is not asked any more; the answer says that it is partial.
  sources_moved_ = sources_moved_ || !same_records;
  std::vector<BatchNumber> waiting;
  for (const auto& [number, flow] : flows_) {
    if (flow.phase == Phase::kAwaitingPerson) waiting.push_back(number);
  }
  for (const BatchNumber number : waiting) {
    const auto flow = flows_.find(number);
    if (flow != flows_.end()) AskDecision(number, flow->second);
  }
}

// Nothing has left yet: everything that was gathered for the person as it was is dropped.
void QueryReducer::StartOver() {
  DropFlows();
  CancelQuestions();
  members_.clear();
  if (starts_ >= kStartsMax) {
    return Fail(absl::UnavailableError("the person's links keep changing; ask again"));
  }
  Identified(std::move(person_));
}

const Record* QueryReducer::OwnRecord() const {
  for (const Record& record : person_.records) {
    const MemberView* owner = query_.directory->OwnerOf(record.patient.assigning_authority);
    if (owner != nullptr && owner->id == query_.actor.member && InUse(record)) return &record;
  }
  return nullptr;
}

// The caller's own record, else what the caller sent, else a record that may be named.  Weights
// tell of the best record's values, whosever it is: they are shown where all may be named.
QueryHead QueryReducer::MakeHead() const {
  QueryHead head;
  head.query_id = query_.query_id;
  head.eid = person_.eid;
  head.budget = query_.budget;
  for (const auto& [id, member] : members_) head.expected.push_back(id);
  if (all_places_permitted_) {
    head.weight_millibits = weight_millibits_;
    head.fields = fields_;
  }
  if (const Record* own = OwnRecord()) {
    head.demographics = own->demographics;
    return head;
  }
  head.demographics = asked_demographics_;
  if (std::holds_alternative<Demographics>(query_.subject)) return head;
  for (const Holding& holding : holdings_) {
    if (members_.count(holding.member) == 0) continue;
    if (const Record* record = FindRecord(person_, holding.patient)) {
      head.demographics = record->demographics;
      break;
    }
  }
  return head;
}

void QueryReducer::On(event::TimerFired event) {
  if (stage_ == Stage::kEnded) return;
  if (event.timer == TimerKind::kStop) {
    return End(absl::DeadlineExceededError("the budget is over and the answer was not read"));
  }
  if (event.timer == TimerKind::kBudget) return BudgetOver();
  TimeOutOpenQuestions();
}

void QueryReducer::On(event::CallerGone) {
  if (stage_ != Stage::kEnded) End(absl::CancelledError("the caller has gone"));
}

// A refusal is told when it is on record that the question was asked.
void QueryReducer::Refuse(absl::Status status, const std::string& word) {
  DropFlows();
  CancelQuestions();
  members_.clear();
  stage_ = Stage::kRefusing;
  query_recorded_ = true;
  AuditEvent event;
  event.kind = AuditKind::kQuery;
  // Of its own: a query that was found may have been recorded before it had to be refused.
  event.event_id = absl::StrCat(query_.query_id, "/r");
  event.details = {absl::StrCat("refused:", word)};
  AppendEvent({Append::Kind::kRefusal, 0, {}, std::move(status)}, std::move(event));
}

void QueryReducer::Fail(absl::Status status) {
  if (stage_ == Stage::kEnded) return;
  if (!query_recorded_) {
    query_recorded_ = true;
    AuditEvent event;
    event.kind = AuditKind::kQuery;
    event.event_id = absl::StrCat(query_.query_id, "/q");
    event.patients = CertainPatients(person_);
    event.details = {"failed"};
    AppendEvent({Append::Kind::kRecord, 0, {}, {}}, std::move(event));
  }
  End(std::move(status));
}

void QueryReducer::End(absl::Status status) {
  if (stage_ == Stage::kEnded) return;
  stage_ = Stage::kEnded;
  CancelQuestions();
  DropFlows();
  outgoing_.clear();
  actions_.push_back(action::Finish{std::move(status)});
}

}  // namespace hie::exchange

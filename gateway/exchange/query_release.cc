// One batch's way out: decide -> intent durable -> fence -> write -> outcome.
#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/exchange/query_reducer.h"

namespace hie::exchange {

void QueryReducer::StartBatch(BatchKind kind, BatchSource source,
                              std::vector<ReleaseEntry> entries) {
  if (stage_ != Stage::kAnswering || budget_over_) return;
  absl::StatusOr<Batch<Undecided>> batch =
      Batch<Undecided>::Gather(kind, source, std::move(entries));
  if (!batch.ok()) return Fail(absl::InternalError("a batch was gathered wrongly"));
  Flow flow;
  flow.kind = kind;
  flow.source = std::move(source);
  flow.batch = *std::move(batch);
  const auto [at, fresh] = flows_.emplace(++last_batch_, std::move(flow));
  AskDecision(at->first, at->second);
}

// Asks, or asks again; the links may have moved since the batch was gathered.
void QueryReducer::AskDecision(BatchNumber number, Flow& flow) {
  if (flow.kind != BatchKind::kBegin && !StillLinked(flow.source)) {
    const auto member = members_.find(flow.source.member);
    if (member != members_.end() && flow.kind == BatchKind::kItems) {
      member->second.code = Graver(member->second.code, OutcomeCode::kWrongPatient);
    }
    flows_.erase(number);
    return;
  }
  if (++flow.decisions > kDecisionsMax) {
    return Fail(absl::UnavailableError("consent keeps changing; ask again"));
  }
  flow.phase = Phase::kDeciding;
  flow.link_version = person_.link_version;
  const auto& batch = std::get<Batch<Undecided>>(flow.batch);
  // Nobody holds records: there is nothing to decide over, and nobody to name.
  if (batch.empty()) return ApplyDecisions(number, flow, DecisionSet{});
  const DecisionAction asked =
      flow.kind == BatchKind::kItems ? DecisionAction::kRetrieve : DecisionAction::kLocate;
  actions_.push_back(action::DecideBatch{number, asked, CertainPatients(person_), person_.possible,
                                         batch.Subjects()});
}

void QueryReducer::On(event::BatchDecided event) {
  Flow* flow = FindFlow(event.batch, Phase::kDeciding);
  if (flow == nullptr) return;
  // The session that the caller named: asking again would not help.
  if (absl::IsNotFound(event.decisions.status())) {
    return Fail(absl::NotFoundError("session_id: no such session"));
  }
  if (!event.decisions.ok()) {
    return Fail(absl::UnavailableError("consent does not answer; nothing further was released"));
  }
  // Without a token there is nothing that a fence could confirm.
  if (event.decisions->token.opaque.empty()) {
    return Fail(absl::InternalError("consent gave a decision without a token"));
  }
  ApplyDecisions(event.batch, *flow, *std::move(event.decisions));
}

void QueryReducer::ApplyDecisions(BatchNumber number, Flow& flow, DecisionSet decisions) {
  if (flow.link_version != person_.link_version) return AskDecision(number, flow);
  Batch<Decided> decided =
      std::get<Batch<Undecided>>(std::move(flow.batch)).Decide(std::move(decisions));
  if (flow.kind == BatchKind::kBegin) {
    if (!BeginDecided(decided)) return;
  } else if (decided.PermittedIds().empty()) {
    // Withheld equals absent: it leaves no trace in the answer.
    flows_.erase(number);
    return;
  }
  flow.batch = std::move(decided);
  RecordIntent(number, flow);
}

void QueryReducer::RecordIntent(BatchNumber number, Flow& flow) {
  const auto& decided = std::get<Batch<Decided>>(flow.batch);
  flow.phase = Phase::kRecording;
  flow.intent = absl::StrCat(query_.query_id, "/i", number, ".", flow.decisions);
  AuditEvent intent;
  intent.kind = AuditKind::kIntent;
  intent.event_id = flow.intent;
  intent.patients = flow.source.patients;
  if (flow.kind != BatchKind::kBegin) intent.custodian = flow.source.member;
  intent.decision_id = decided.decision_id();
  intent.item_ids = decided.PermittedIds();
  for (const std::string& obligation : decided.Obligations()) {
    intent.details.push_back(absl::StrCat("obligation:", obligation));
  }
  Append append{Append::Kind::kIntent, number, intent, {}};
  action::AppendEvents out{++last_append_, {}};
  if (!query_recorded_) {
    query_recorded_ = true;
    AuditEvent query;
    query.kind = AuditKind::kQuery;
    query.event_id = absl::StrCat(query_.query_id, "/q");
    query.patients = CertainPatients(person_);
    query.details = {"found"};
    out.events.push_back(std::move(query));
  }
  out.events.push_back(std::move(intent));
  appends_.emplace(out.append, std::move(append));
  actions_.push_back(std::move(out));
}

void QueryReducer::On(event::EventsAppended event) {
  const auto at = appends_.find(event.append);
  if (at == appends_.end()) return;
  const Append append = std::move(at->second);
  appends_.erase(at);
  const absl::Status unavailable =
      absl::UnavailableError("the audit does not answer; nothing further was released");
  if (append.kind == Append::Kind::kRefusal) {
    return End(event.status.ok() ? append.refusal : unavailable);
  }
  if (!event.status.ok()) return Fail(unavailable);
  if (append.kind != Append::Kind::kIntent) return;
  Flow* flow = FindFlow(append.batch, Phase::kRecording);
  if (flow == nullptr || flow->intent != append.intent.event_id) {
    // Given up while it was being recorded: the record says that nothing left.
    Flow gone;
    gone.source = {append.intent.custodian, append.intent.patients};
    gone.intent = append.intent.event_id;
    return AppendEvent({Append::Kind::kRecord, 0, {}, {}},
                       OutcomeOfIntent(gone, ReleaseOutcome::kNotReleased));
  }
  absl::StatusOr<Batch<Audited>> audited =
      std::get<Batch<Decided>>(std::move(flow->batch))
          .Record(flow->intent, IntentReceipt{append.intent.event_id});
  if (!audited.ok()) return Fail(absl::InternalError("an intent was joined to another batch"));
  flow->batch = std::make_shared<Batch<Audited>>(*std::move(audited));
  flow->phase = Phase::kWaiting;
}

void QueryReducer::On(event::LinksConfirmed event) {
  Flow* flow = FindFlow(event.batch, Phase::kFencingLinks);
  if (flow == nullptr) return;
  if (absl::IsAborted(event.status)) {
    FenceMoved(*flow);
    if (flow->link_version != person_.link_version) return AskDecision(event.batch, *flow);
    flow->phase = Phase::kAwaitingPerson;
    if (!std::exchange(refreshing_, true)) {
      actions_.push_back(action::ResolvePerson{person_.eid});
    }
    return;
  }
  if (!event.status.ok()) {
    return Fail(
        absl::UnavailableError("the patient index does not answer; nothing further was released"));
  }
  const FenceToken& token = std::get<AuditedBatch>(flow->batch)->token();
  if (token.opaque.empty()) {  // Only where nothing was decided over: see AskDecision.
    flow->phase = Phase::kFenced;
    flow->fenced_at = now_;
    return;
  }
  flow->phase = Phase::kFencingConsent;
  actions_.push_back(action::ConfirmConsent{event.batch, token});
}

void QueryReducer::On(event::ConsentConfirmed event) {
  Flow* flow = FindFlow(event.batch, Phase::kFencingConsent);
  if (flow == nullptr) return;
  if (absl::IsAborted(event.status)) {
    FenceMoved(*flow);
    return AskDecision(event.batch, *flow);
  }
  if (!event.status.ok()) {
    return Fail(absl::UnavailableError("consent does not answer; nothing further was released"));
  }
  flow->phase = Phase::kFenced;
  flow->fenced_at = now_;
}

void QueryReducer::FenceMoved(Flow& flow) {
  AppendEvent({Append::Kind::kRecord, 0, {}, {}},
              OutcomeOfIntent(flow, ReleaseOutcome::kNotReleased));
  Batch<Undecided> reopened = std::move(*std::get<AuditedBatch>(flow.batch)).Reopen();
  flow.batch = std::move(reopened);
}

void QueryReducer::On(event::Written event) {
  if (!writing_) return;
  const Writing writing = *std::exchange(writing_, std::nullopt);
  if (writing.batch != 0) {
    const auto at = flows_.find(writing.batch);
    if (at == flows_.end()) return;
    AuditEvent outcome = OutcomeOfIntent(
        at->second, event.taken ? ReleaseOutcome::kReleased : ReleaseOutcome::kBroken);
    outcome.released_bytes = event.bytes;
    outcome.released_sha256 = event.sha256;
    AppendEvent({Append::Kind::kRecord, 0, {}, {}}, std::move(outcome));
    if (event.taken) Released(at->second);
    flows_.erase(at);
  }
  if (!event.taken) return End(absl::CancelledError("the caller has gone"));
  if (writing.end) return End(absl::OkStatus());
}

void QueryReducer::On(event::WriteTooLate) {
  if (!writing_) return;
  const Writing writing = *std::exchange(writing_, std::nullopt);
  const auto at = flows_.find(writing.batch);
  if (at == flows_.end()) return;
  at->second.phase = Phase::kWaiting;
  if (stage_ == Stage::kAnswering && !budget_over_) return;
  DropFlows();
  if (!begin_written_) {
    Fail(absl::UnavailableError("the budget ended before anything could be released"));
  }
}

void QueryReducer::Released(const Flow& flow) {
  if (flow.kind == BatchKind::kBegin) {
    begin_written_ = true;
    return;
  }
  const auto member = members_.find(flow.source.member);
  bool opened = false;
  for (const PermittedEntry& permitted : std::get<AuditedBatch>(flow.batch)->Permitted()) {
    opened = opened || permitted.permit->opened_by_break_glass;
    const bool item = flow.kind == BatchKind::kItems;
    (item ? items_released_ : index_released_) += 1;
    if (member == members_.end()) continue;
    (item ? member->second.items : member->second.index_entries) += 1;
    if (item) member->second.released.insert(permitted.entry->subject.clinical_class);
  }
  if (opened) actions_.push_back(action::NoteDisclosure{flow.source.member});
}

void QueryReducer::DropFlow(BatchNumber number) {
  const auto at = flows_.find(number);
  if (std::holds_alternative<AuditedBatch>(at->second.batch)) {
    AppendEvent({Append::Kind::kRecord, 0, {}, {}},
                OutcomeOfIntent(at->second, ReleaseOutcome::kNotReleased));
  }
  flows_.erase(at);
}

// What is being written is not dropped: its outcome is known when the transport says so.
void QueryReducer::DropFlows() {
  std::vector<BatchNumber> dropped;
  for (const auto& [number, flow] : flows_) {
    if (flow.phase != Phase::kWriting) dropped.push_back(number);
  }
  for (const BatchNumber number : dropped) DropFlow(number);
}

void QueryReducer::AppendEvent(Append append, AuditEvent event) {
  action::AppendEvents out{++last_append_, {}};
  out.events.push_back(std::move(event));
  appends_.emplace(out.append, std::move(append));
  actions_.push_back(std::move(out));
}

AuditEvent QueryReducer::OutcomeOfIntent(const Flow& flow, ReleaseOutcome outcome) const {
  AuditEvent event;
  event.kind = AuditKind::kOutcome;
  event.event_id = absl::StrCat(flow.intent, "/o");
  event.patients = flow.source.patients;
  if (flow.kind != BatchKind::kBegin) event.custodian = flow.source.member;
  event.intent_event_id = flow.intent;
  event.outcome = outcome;
  return event;
}

bool QueryReducer::StillLinked(const BatchSource& source) const {
  return std::all_of(
      source.patients.begin(), source.patients.end(),
      [this](const LocalPatient& patient) { return FindRecord(person_, patient) != nullptr; });
}

QueryReducer::Flow* QueryReducer::FindFlow(BatchNumber number, Phase phase) {
  const auto at = flows_.find(number);
  return at == flows_.end() || at->second.phase != phase ? nullptr : &at->second;
}

bool QueryReducer::Open(BatchKind kind) const {
  return std::any_of(flows_.begin(), flows_.end(),
                     [kind](const auto& flow) { return flow.second.kind == kind; });
}

// Who was found goes first, then what the index knows, then what members say.
bool QueryReducer::MayFence(const Flow& flow) const {
  if (flow.phase != Phase::kWaiting) return false;
  if (flow.kind == BatchKind::kBegin) return true;
  return begin_written_ && (flow.kind == BatchKind::kIndex || !Open(BatchKind::kIndex));
}

void QueryReducer::StartFences() {
  for (auto& [number, flow] : flows_) {
    if (!MayFence(flow)) continue;
    flow.phase = Phase::kFencingLinks;
    actions_.push_back(action::ConfirmLinks{number, person_.eid, flow.link_version});
  }
}

void QueryReducer::Pump() {
  if (writing_) return;
  for (auto& [number, flow] : flows_) {
    if (flow.phase != Phase::kFenced) continue;
    if (now_ > flow.fenced_at + kFenceLife) {
      flow.phase = Phase::kFencingLinks;
      actions_.push_back(action::ConfirmLinks{number, person_.eid, flow.link_version});
      continue;
    }
    flow.phase = Phase::kWriting;
    writing_ = Writing{number};
    action::WriteBatch write{std::get<AuditedBatch>(flow.batch), std::nullopt,
                             flow.fenced_at + kFenceLife};
    if (flow.kind == BatchKind::kBegin) write.head = MakeHead();
    actions_.push_back(std::move(write));
    return;
  }
  if (outgoing_.empty()) return;
  if (auto* outcome = std::get_if<MemberOutcome>(&outgoing_.front())) {
    actions_.push_back(action::WriteOutcome{std::move(*outcome)});
    writing_ = Writing{};
  } else {
    actions_.push_back(action::WriteEnd{std::get<QueryEnd>(outgoing_.front())});
    writing_ = Writing{0, true};
  }
  outgoing_.pop_front();
}

}  // namespace hie::exchange

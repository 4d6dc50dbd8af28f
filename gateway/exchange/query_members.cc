// Members: who is asked, what they answered, one outcome each, and the end.
#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/exchange/clinical_view.h"
#include "gateway/exchange/query_reducer.h"
#include "gateway/exchange/right_person.h"

namespace hie::exchange {
namespace {

// Cuts entries of one source into batches that keep the limits.
std::vector<std::vector<ReleaseEntry>> Cut(std::vector<ReleaseEntry> entries) {
  std::vector<std::vector<ReleaseEntry>> batches;
  size_t bytes = 0;
  for (ReleaseEntry& entry : entries) {
    const size_t size = EntryBytes(entry);
    if (batches.empty() || batches.back().size() == kBatchItemsMax ||
        bytes + size > kBatchBytesMax) {
      batches.emplace_back();
      bytes = 0;
    }
    bytes += size;
    batches.back().push_back(std::move(entry));
  }
  return batches;
}

}  // namespace

// Returns whether the query goes on.
bool QueryReducer::BeginDecided(Batch<Decided>& batch) {
  const std::vector<PlaceEntry> places = batch.PermittedPlaces();
  std::set<MemberId> permitted;
  for (const PlaceEntry& place : places) permitted.insert(place.member);
  std::set<MemberId> holders;
  for (const Holding& holding : holdings_) holders.insert(holding.member);
  all_places_permitted_ = permitted.size() == holders.size();
  // A person of whom nothing may be known is not known: withheld equals absent.
  if (!MayBeKnown(places)) {
    if (std::holds_alternative<Demographics>(query_.subject)) {
      Refuse(absl::FailedPreconditionError(
                 "subject: no certain match; give more detail, or an id of your own member"),
             "no-certain-match");
    } else {
      Refuse(absl::NotFoundError("subject: unknown"), "not-found");
    }
    return false;
  }
  // Members that are not wanted are not expected, and the answer does not name them.
  std::erase_if(permitted, [this](const MemberId& member) { return !WantsMember(member); });
  batch.KeepPlacesOf(permitted);
  for (auto at = questions_.begin(); at != questions_.end();) {
    if (permitted.count(at->second.member) != 0) {
      ++at;
      continue;
    }
    actions_.push_back(action::CancelQuestion{at->first});
    at = questions_.erase(at);
  }
  std::erase_if(members_, [&](const auto& m) { return permitted.count(m.first) == 0; });
  DropItemsOfOthers(permitted);
  const std::map<MemberId, Member> before = members_;
  for (const Holding& holding : holdings_) {
    if (permitted.count(holding.member) != 0 && before.count(holding.member) == 0) Ask(holding);
  }
  return true;
}

// The id by which a record of another member was named must be one that the caller may read.
bool QueryReducer::MayBeKnown(const std::vector<PlaceEntry>& permitted) const {
  if (const auto* any = std::get_if<AnyMemberPatient>(&query_.subject)) {
    return MayBeNamed(any->patient, permitted, *query_.directory, query_.actor.member);
  }
  return !permitted.empty() || OwnRecord() != nullptr;
}

// A member that may not be named any more was asked before that was known.
void QueryReducer::DropItemsOfOthers(const std::set<MemberId>& permitted) {
  std::vector<BatchNumber> dropped;
  for (const auto& [number, flow] : flows_) {
    if (flow.kind == BatchKind::kItems && permitted.count(flow.source.member) == 0) {
      dropped.push_back(number);
    }
  }
  for (const BatchNumber number : dropped) DropFlow(number);
}

absl::Time QueryReducer::AskingDeadline() const {
  return started_ + query_.budget - std::min(query_.budget / 5, kReleaseReserve);
}

void QueryReducer::Ask(const Holding& holding) {
  const MemberView* view = query_.directory->Find(holding.member);
  Member& member = members_[holding.member];
  member.name = view->name;
  member.answered_at = now_;
  // It pushes what it has: the index is its answer, and nobody is there to be asked.
  if (view->reach == MemberReach::kIndexOnly) {
    member.code = Graver(member.code, OutcomeCode::kOk);
    return;
  }
  const absl::Duration left = AskingDeadline() - now_;
  if (left <= absl::ZeroDuration()) {
    member.code = Graver(member.code, OutcomeCode::kTimeout);
    return;
  }
  const QuestionNumber number = ++last_question_;
  member.open.insert(number);
  questions_.emplace(number, holding);
  MemberQuestion question{holding.member, holding.patient, query_.classes,
                          left - std::min(left / 10, kPortMargin), query_.actor.request_id};
  actions_.push_back(action::AskMember{number, std::move(question)});
}

void QueryReducer::CancelQuestions() {
  for (const auto& [number, holding] : questions_) {
    actions_.push_back(action::CancelQuestion{number});
  }
  questions_.clear();
}

void QueryReducer::On(event::MemberAnswered event) {
  const auto at = questions_.find(event.question);
  if (at == questions_.end() || stage_ != Stage::kAnswering) return;
  const Holding holding = at->second;
  questions_.erase(at);
  Member& member = members_.at(holding.member);
  member.open.erase(event.question);
  member.answered_at = now_;
  member.code = Graver(member.code, OutcomeOf(event.answer.status));
  if (event.answer.status == MemberAnswerStatus::kPatientUnknown) return;
  const Record* record = FindRecord(person_, holding.patient);
  if (record == nullptr) {  // Unlinked since it was asked for: somebody else's by now.
    member.code = Graver(member.code, OutcomeCode::kWrongPatient);
    return;
  }
  CheckedItems checked =
      CheckItems(event.answer.patients, std::move(event.answer.items), *record, *query_.directory);
  if (!checked.wrong_ids.empty() || (checked.wrong_patients > 0 && checked.right_patients == 0)) {
    member.code = Graver(member.code, OutcomeCode::kWrongPatient);
    ReportWrongPatient(holding, std::move(checked.wrong_ids));
  }
  const bool silent = event.answer.status == MemberAnswerStatus::kComplete &&
                      checked.right_patients + checked.wrong_patients == 0;
  if (!checked.unproven_ids.empty() || silent) {
    member.code = Graver(member.code, OutcomeCode::kBadResponse);
  }
  StartItems(*query_.directory->Find(holding.member), holding.patient, std::move(checked.right),
             member);
}

void QueryReducer::StartItems(const MemberView& member, const LocalPatient& patient,
                              std::vector<ClinicalItem> items, Member& progress) {
  std::set<std::string> ids;
  std::vector<ReleaseEntry> entries;
  for (ClinicalItem& item : items) {
    if (item.clinical_class == ClinicalClass::kUnspecified) {
      progress.code = Graver(progress.code, OutcomeCode::kBadResponse);
      continue;
    }
    if (!Wants(item.clinical_class) || !WantsItem(item.id)) continue;
    if (item.id.empty() || item.id.size() > kItemIdBytesMax || !ids.insert(item.id).second) {
      progress.code = Graver(progress.code, OutcomeCode::kBadResponse);
      continue;
    }
    ReleaseEntry entry = MakeStatement(member, patient, std::move(item));
    if (EntryBytes(entry) > kItemBytesMax) {
      progress.code = Graver(progress.code, OutcomeCode::kTooLarge);
      continue;
    }
    entries.push_back(std::move(entry));
  }
  std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    return DisplayRank(a.subject.clinical_class) < DisplayRank(b.subject.clinical_class);
  });
  for (std::vector<ReleaseEntry>& batch : Cut(std::move(entries))) {
    StartBatch(BatchKind::kItems, {member.id, {patient}}, std::move(batch));
  }
}

void QueryReducer::StartIndex(std::vector<IndexEntry> documents) {
  std::map<Holding, std::vector<ReleaseEntry>> by_source;
  std::set<std::string> ids;
  index_too_large_.clear();
  for (IndexEntry& document : documents) {
    const MemberView* member = query_.directory->Find(document.member);
    if (!WantsDocument(document, member) || !ids.insert(document.id).second) continue;
    const Holding source{member->id, document.patient};
    ReleaseEntry entry = MakeIndexEntry(*member, std::move(document));
    if (EntryBytes(entry) > kBatchBytesMax) {
      index_too_large_.insert(source.member);  // Told with the member's outcome: it is a gap.
      // The requester's own member has no outcome: the end says that the answer is partial.
      if (source.member == query_.actor.member) sources_moved_ = true;
      continue;
    }
    by_source[source].push_back(std::move(entry));
  }
  for (auto& [source, entries] : by_source) {
    for (std::vector<ReleaseEntry>& batch : Cut(std::move(entries))) {
      StartBatch(BatchKind::kIndex, {source.member, {source.patient}}, std::move(batch));
    }
  }
}

void QueryReducer::ReportWrongPatient(const Holding& holding, std::vector<std::string> item_ids) {
  if (item_ids.size() > kBatchItemsMax) item_ids.resize(kBatchItemsMax);
  AuditEvent event;
  event.kind = AuditKind::kSafety;
  event.event_id = absl::StrCat(query_.query_id, "/s", last_append_ + 1);
  event.patients = {holding.patient};
  event.custodian = holding.member;
  event.item_ids = std::move(item_ids);
  event.details = {"wrong-patient"};
  AppendEvent({Append::Kind::kRecord, 0, {}, {}}, std::move(event));
}

bool QueryReducer::WantsItem(const std::string& id) const {
  return query_.only_items.empty() || query_.only_items.count(id) != 0;
}

bool QueryReducer::WantsMember(const MemberId& member) const {
  return query_.only_members.empty() || query_.only_members.count(member) != 0;
}

// The requester has its own documents; those that the exchange keeps for it are shown to it.
bool QueryReducer::WantsDocument(const IndexEntry& document, const MemberView* member) const {
  if (member == nullptr || !query_.directory->IsLive(member->id)) return false;
  if (member->id == query_.actor.member && !document.kept_here) return false;
  if (document.withdrawn || (document.superseded && !query_.include_superseded)) return false;
  return Wants(ClinicalClass::kDocument) && WantsItem(document.id) && WantsMember(member->id) &&
         FindRecord(person_, document.patient) != nullptr;
}

// Of classes that were asked for in part only, nothing can be said.
std::vector<ClinicalClass> QueryReducer::EmptyClasses(const MemberId& id,
                                                      const Member& member) const {
  std::vector<ClinicalClass> empty;
  if (member.code != OutcomeCode::kOk || !query_.only_items.empty()) return empty;
  const MemberView* view = query_.directory->Find(id);
  const bool has_index = view->reach == MemberReach::kIndexOnly && member.index_entries > 0;
  for (const ClinicalClass wanted : ToldWhenEmpty(query_.classes)) {
    if (member.released.count(wanted) != 0) continue;
    if (wanted == ClinicalClass::kDocument && has_index) continue;
    empty.push_back(wanted);
  }
  return empty;
}

bool QueryReducer::Wants(ClinicalClass clinical_class) const {
  return query_.classes.empty() || std::find(query_.classes.begin(), query_.classes.end(),
                                             clinical_class) != query_.classes.end();
}

void QueryReducer::TimeOutOpenQuestions() {
  for (auto& [id, member] : members_) {
    if (member.open.empty()) continue;
    member.open.clear();
    member.answered_at = now_;
    member.code = Graver(member.code, OutcomeCode::kTimeout);
  }
  CancelQuestions();
}

void QueryReducer::BudgetOver() {
  budget_over_ = true;
  const auto begin = std::find_if(flows_.begin(), flows_.end(), [](const auto& flow) {
    return flow.second.kind == BatchKind::kBegin;
  });
  const bool begin_on_its_way = begin != flows_.end() && begin->second.phase == Phase::kWriting;
  if (!begin_written_ && !begin_on_its_way) {
    return Fail(absl::UnavailableError("the budget ended before anything could be released"));
  }
  TimeOutOpenQuestions();
  for (const auto& [number, flow] : flows_) {
    if (flow.phase == Phase::kWriting) continue;
    sources_moved_ = true;
    const auto member = members_.find(flow.source.member);
    if (member == members_.end()) continue;
    member->second.code = Graver(member->second.code, OutcomeCode::kTimeout);
    member->second.answered_at = now_;
  }
  DropFlows();
}

void QueryReducer::QueueOutcomes() {
  for (auto& [id, member] : members_) {
    const MemberId& member_id = id;
    const bool busy = !member.open.empty() ||
                      std::any_of(flows_.begin(), flows_.end(), [&member_id](const auto& flow) {
                        return flow.second.source.member == member_id;
                      });
    if (member.told || busy) continue;
    member.told = true;
    if (index_too_large_.count(id) != 0) member.code = Graver(member.code, OutcomeCode::kTooLarge);
    outgoing_.push_back(MemberOutcome{id, member.name, member.code, member.items,
                                      member.answered_at - started_, EmptyClasses(id, member),
                                      member.index_entries});
  }
}

void QueryReducer::QueueEnd() {
  const bool all_told = std::all_of(members_.begin(), members_.end(),
                                    [](const auto& member) { return member.second.told; });
  if (end_queued_ || !all_told || !flows_.empty()) return;
  end_queued_ = true;
  Coverage coverage;
  coverage.expected = static_cast<uint32_t>(members_.size());
  coverage.answered =
      static_cast<uint32_t>(std::count_if(members_.begin(), members_.end(), [](const auto& member) {
        return member.second.code == OutcomeCode::kOk;
      }));
  coverage.items = items_released_;
  coverage.index_entries = index_released_;
  coverage.sources_moved = sources_moved_;
  outgoing_.push_back(
      QueryEnd{JudgeCompleteness(coverage), coverage.answered, coverage.expected, coverage.items});
}

void QueryReducer::Settle() {
  if (stage_ != Stage::kAnswering) return;
  StartFences();
  if (begin_written_) {
    QueueOutcomes();
    QueueEnd();
  }
  Pump();
}

}  // namespace hie::exchange

#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gateway/exchange/batch.h"
#include "gateway/exchange/query_action.h"
#include "gateway/exchange/query_event.h"

namespace hie::exchange {

// A release begins within this of its last fence's answer, else it is fenced again.
inline constexpr absl::Duration kFenceLife = absl::Milliseconds(200);
// Of the budget, kept for deciding and writing what the last member says: a fifth, at most this.
inline constexpr absl::Duration kReleaseReserve = absl::Milliseconds(250);
// A member's port ends a question this long before the query does, so that what came is not lost.
inline constexpr absl::Duration kPortMargin = absl::Milliseconds(20);
// A caller who does not read is cut off this long after the budget.
inline constexpr absl::Duration kStopGrace = absl::Milliseconds(40);
// Decisions of one batch, and starts over for moved links, before a query gives up.
inline constexpr int kDecisionsMax = 4;
inline constexpr int kStartsMax = 3;
// Certain records, and places, of one person: more are refused, never cut.
inline constexpr size_t kRecordsMax = 256;

// One federated query, as a pure reducer: Step(event) -> actions (ARCHITECTURE 5).
//
// identify -> locate -> decide what may be named -> ask the members -> per answer: right person ->
// label -> decide -> intent durable -> fence -> write -> outcome; one outcome per expected member;
// end.  No clock, thread, I/O or protobuf: the same events give the same actions.  The fence is
// links first and consent last, so a release begins when consent confirms.
//
// Not thread-safe: one strand.  Actions are to be carried out in order; each asks for exactly one
// event, except CancelQuestion, NoteDisclosure, SetTimer (fires once) and Finish.  Events after
// Finish are still to be given: they close the audit of what was under way.
class QueryReducer {
 public:
  explicit QueryReducer(Query query) : query_(std::move(query)) {}

  std::vector<QueryAction> Step(absl::Time now, QueryEvent event);

  // The stream is over, and so is the audit of everything that left or did not.
  bool finished() const {
    return stage_ == Stage::kEnded && appends_.empty() && !writing_.has_value();
  }

 private:
  enum class Stage { kIdentifying, kLocating, kAnswering, kRefusing, kEnded };
  enum class Phase {
    kDeciding,
    kRecording,
    kWaiting,  // Audited; not yet fenced, or not any more.
    kFencingLinks,
    kFencingConsent,
    kFenced,
    kWriting,
    kAwaitingPerson,  // The links moved; the person is being read again.
  };
  using AuditedBatch = std::shared_ptr<Batch<Audited>>;
  struct Flow {
    BatchKind kind = BatchKind::kItems;
    BatchSource source;
    Phase phase = Phase::kDeciding;
    std::variant<std::monostate, Batch<Undecided>, Batch<Decided>, AuditedBatch> batch;
    int decisions = 0;
    uint64_t link_version = 0;
    std::string intent;
    absl::Time fenced_at;
  };
  struct Member {
    std::string name;
    std::set<QuestionNumber> open;
    OutcomeCode code = OutcomeCode::kOk;
    uint32_t items = 0;
    uint32_t index_entries = 0;
    std::set<ClinicalClass> released;
    absl::Time answered_at;
    bool told = false;
  };
  struct Append {
    enum class Kind { kIntent, kRecord, kRefusal } kind = Kind::kRecord;
    BatchNumber batch = 0;  // Of an intent.
    AuditEvent intent;
    absl::Status refusal;
  };
  struct Writing {
    BatchNumber batch = 0;  // 0: an outcome or the end.
    bool end = false;
  };

  // query_reducer.cc: who is meant, and where records are.
  void On(event::Begun);
  void On(event::PersonResolved event);
  void On(event::PersonsFound event);
  void On(event::RecordsLocated event);
  void On(event::TimerFired event);
  void On(event::CallerGone);
  void Identified(Person person);
  void PersonRefreshed(absl::StatusOr<Person> person);
  void StartOver();
  const Record* OwnRecord() const;
  QueryHead MakeHead() const;
  void Refuse(absl::Status status, const std::string& word);
  void Fail(absl::Status status);
  void End(absl::Status status);

  // query_release.cc: batches.
  void On(event::BatchDecided event);
  void On(event::EventsAppended event);
  void On(event::LinksConfirmed event);
  void On(event::ConsentConfirmed event);
  void On(event::Written event);
  void On(event::WriteTooLate);
  void StartBatch(BatchKind kind, BatchSource source, std::vector<ReleaseEntry> entries);
  void AskDecision(BatchNumber number, Flow& flow);
  void ApplyDecisions(BatchNumber number, Flow& flow, DecisionSet decisions);
  void RecordIntent(BatchNumber number, Flow& flow);
  void FenceMoved(Flow& flow);
  void Released(const Flow& flow);
  void DropFlow(BatchNumber number);
  void DropFlows();
  void AppendEvent(Append append, AuditEvent event);
  AuditEvent OutcomeOfIntent(const Flow& flow, ReleaseOutcome outcome) const;
  bool StillLinked(const BatchSource& source) const;
  Flow* FindFlow(BatchNumber number, Phase phase);
  bool MayFence(const Flow& flow) const;
  bool Open(BatchKind kind) const;
  void StartFences();
  void Pump();

  // query_members.cc: questions, answers, outcomes, the end.
  void On(event::MemberAnswered event);
  bool BeginDecided(Batch<Decided>& batch);
  bool MayBeKnown(const std::vector<PlaceEntry>& permitted) const;
  void DropItemsOfOthers(const std::set<MemberId>& permitted);
  absl::Time AskingDeadline() const;
  void Ask(const Holding& holding);
  void CancelQuestions();
  void StartIndex(std::vector<IndexEntry> documents);
  void StartItems(const MemberView& member, const LocalPatient& patient,
                  std::vector<ClinicalItem> items, Member& progress);
  void ReportWrongPatient(const Holding& holding, std::vector<std::string> item_ids);
  void TimeOutOpenQuestions();
  void BudgetOver();
  void QueueOutcomes();
  void QueueEnd();
  bool Wants(ClinicalClass clinical_class) const;
  bool WantsItem(const std::string& id) const;
  bool WantsMember(const MemberId& member) const;
  bool WantsDocument(const IndexEntry& document, const MemberView* member) const;
  std::vector<ClinicalClass> EmptyClasses(const MemberId& id, const Member& member) const;
  void Settle();

  const Query query_;
  absl::Time now_;
  absl::Time started_;
  std::vector<QueryAction> actions_;
  Stage stage_ = Stage::kIdentifying;

  Person person_;
  Demographics asked_demographics_;
  int32_t weight_millibits_ = 0;
  std::vector<FieldWeight> fields_;
  int starts_ = 0;
  bool query_recorded_ = false;
  bool refreshing_ = false;
  bool sources_moved_ = false;

  std::vector<Holding> holdings_;
  bool all_places_permitted_ = false;
  std::map<MemberId, Member> members_;  // Expected.
  std::set<MemberId> index_too_large_;  // With an index entry that no batch can carry.
  std::map<QuestionNumber, Holding> questions_;
  QuestionNumber last_question_ = 0;

  std::map<BatchNumber, Flow> flows_;
  BatchNumber last_batch_ = 0;
  bool begin_written_ = false;
  bool budget_over_ = false;
  std::map<AppendNumber, Append> appends_;
  AppendNumber last_append_ = 0;
  std::optional<Writing> writing_;
  std::deque<std::variant<MemberOutcome, QueryEnd>> outgoing_;
  bool end_queued_ = false;
  uint32_t items_released_ = 0;
  uint32_t index_released_ = 0;
};

}  // namespace hie::exchange

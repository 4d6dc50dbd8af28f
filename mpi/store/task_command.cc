#include "mpi/store/task_command.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "mpi/store/decide_link.h"
#include "mpi/store/person_edit.h"
#include "mpi/store/task_follow.h"
#include "mpi/store/task_queue.h"
#include "mpi/store/task_rank.h"
#include "services/common/base/status_macros.h"
#include "services/common/wire/wire.h"

namespace hie::mpi {
namespace {

bool SamePerson(const common::v1::Actor& a, const common::v1::Actor& b) {
  return a.member() == b.member() && a.user() == b.user();
}

common::v1::Actor Brief(const common::v1::Actor& actor) {
  common::v1::Actor brief;
  brief.set_member(actor.member());
  brief.set_user(actor.user());
  return brief;
}

// One action on a task that is open.
class OnTask {
 public:
  OnTask(MpiEdit& edit, const v1::TaskCommand& command, const Model& model, WriteBatch& changes)
      : edit_(edit),
        command_(command),
        model_(model),
        changes_(changes),
        now_(wire::MicrosFromTime(edit.stamp().time)) {}

  absl::StatusOr<v1::TaskReply> Run() {
    HIE_RETURN_IF_ERROR(CheckActor());
    HIE_RETURN_IF_ERROR(Load());
    v1::TaskReply reply;
    reply.set_task(command_.task());
    switch (command_.action()) {
      case v1::TASK_ACTION_LEASE:
        HIE_RETURN_IF_ERROR(Lease());
        break;
      case v1::TASK_ACTION_RELEASE:
        HIE_RETURN_IF_ERROR(Release());
        break;
      default:
        HIE_ASSIGN_OR_RETURN(const v1::TaskOutcome outcome, Decide());
        reply.set_outcome(outcome);
    }
    HIE_ASSIGN_OR_RETURN(const std::vector<v1::RecordRow> rows, Rows());
    reply.set_first_eid(rows[0].eid());
    if (rows.size() > 1) reply.set_second_eid(rows[1].eid());
    return reply;
  }

 private:
  // A review is a person's work; answers are told apart by who gave them.
  absl::Status CheckActor() const {
    if (!command_.actor().user().empty()) return absl::OkStatus();
    return absl::InvalidArgumentError("actor.user: want a person");
  }

  absl::Status Load() {
    HIE_ASSIGN_OR_RETURN(const std::optional<v1::TaskRow> task,
                         TaskReader(edit_.reader().rows()).Find(command_.task()));
    if (!task) return absl::NotFoundError("task: not open");
    task_ = *task;
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<v1::RecordRow>> Rows() const {
    std::vector<RecordNumber> numbers = {task_.first()};
    if (task_.second() != 0) numbers.push_back(task_.second());
    return edit_.reader().Records(numbers);
  }

  bool Leased() const { return task_.lease_until_micros() > now_; }
  bool Mine() const { return Leased() && SamePerson(task_.owner(), command_.actor()); }

  // Answers about earlier versions do not count.
  absl::StatusOr<bool> AnsweredByMe() {
    HIE_ASSIGN_OR_RETURN(const std::vector<v1::RecordRow> rows, Rows());
    DropStaleAnswers(rows);
    return std::any_of(
        task_after_.answers().begin(), task_after_.answers().end(),
        [&](const v1::TaskAnswer& answer) { return SamePerson(answer.actor(), command_.actor()); });
  }

  // Replaces the task's row and tells the audit.
  absl::Status Keep(const v1::TaskRow& after, const std::vector<std::string>& details) {
    TaskEdit(edit_.reader().rows(), edit_.stamp(), changes_).Replace(command_.task(), task_, after);
    return Note(details);
  }

  absl::Status Note(const std::vector<std::string>& details) {
    HIE_ASSIGN_OR_RETURN(const std::vector<v1::RecordRow> rows, Rows());
    std::vector<common::v1::LocalPatient> patients;
    for (const v1::RecordRow& row : rows) patients.push_back(row.record().patient());
    edit_.AddEvent(command_.actor(), patients, details);
    return absl::OkStatus();
  }

  absl::Status Lease() {
    if (Leased() && !Mine()) return absl::FailedPreconditionError("task: somebody else has it");
    HIE_ASSIGN_OR_RETURN(const bool answered, AnsweredByMe());
    if (answered) {
      return absl::FailedPreconditionError("task: want another person than who answered it");
    }
    v1::TaskRow after = task_;
    *after.mutable_owner() = Brief(command_.actor());
    after.set_lease_until_micros(wire::MicrosFromTime(edit_.stamp().time + kTaskLeaseTime));
    return Keep(after, {"task-leased"});
  }

  absl::Status Release() {
    if (!Mine()) return absl::OkStatus();
    v1::TaskRow after = task_;
    after.clear_owner();
    after.clear_lease_until_micros();
    return Keep(after, {"task-released"});
  }

  absl::StatusOr<v1::TaskOutcome> Decide() {
    const v1::TaskVerdict verdict = command_.decision().verdict();
    if (verdict == v1::TASK_VERDICT_UNSPECIFIED) {
      return absl::InvalidArgumentError("verdict: want one");
    }
    if (!Mine()) return absl::FailedPreconditionError("task: not held by the caller");
    HIE_ASSIGN_OR_RETURN(const std::vector<v1::RecordRow> rows, Rows());
    HIE_RETURN_IF_ERROR(CheckVersions(rows));
    DropStaleAnswers(rows);
    if (verdict == v1::TASK_VERDICT_CANNOT_SAY) return KeepAnswer();
    const bool agreed =
        std::any_of(task_after_.answers().begin(), task_after_.answers().end(),
                    [&](const v1::TaskAnswer& answer) { return answer.verdict() == verdict; });
    HIE_ASSIGN_OR_RETURN(const bool two, NeedsTwo());
    if (two && !agreed) return KeepAnswer();
    HIE_RETURN_IF_ERROR(CarryOut(rows, agreed ? DecidedBy::kTwoPersons : DecidedBy::kOnePerson));
    return v1::TASK_OUTCOME_DECIDED;
  }

  absl::Status CheckVersions(const std::vector<v1::RecordRow>& rows) const {
    const v1::TaskDecision& decision = command_.decision();
    if (decision.first_version() != rows[0].record().version()) {
      return absl::AbortedError("first_version: the record has moved on; read it again");
    }
    if (rows.size() > 1 && decision.second_version() != rows[1].record().version()) {
      return absl::AbortedError("second_version: the record has moved on; read it again");
    }
    return absl::OkStatus();
  }

  void DropStaleAnswers(const std::vector<v1::RecordRow>& rows) {
    task_after_ = task_;
    const uint64_t second = rows.size() > 1 ? rows[1].record().version() : 0;
    if (task_.answered_first_version() == rows[0].record().version() &&
        task_.answered_second_version() == second) {
      return;
    }
    task_after_.clear_answers();
    task_after_.set_answered_first_version(rows[0].record().version());
    task_after_.set_answered_second_version(second);
  }

  absl::StatusOr<bool> NeedsTwo() const {
    const bool asked_before = !task_after_.answers().empty();
    if (asked_before || task_after_.disputed() || IsReadTwice(command_.task())) return true;
    const bool one = command_.decision().verdict() == v1::TASK_VERDICT_SAME;
    if (!one || task_.second() == 0) return false;
    return NeedsTwoPersons(edit_.reader(), task_.first(), task_.second());
  }

  // Nothing changes: another person is asked, who does not get it from this one.
  absl::StatusOr<v1::TaskOutcome> KeepAnswer() {
    const v1::TaskVerdict verdict = command_.decision().verdict();
    const bool differs =
        std::any_of(task_after_.answers().begin(), task_after_.answers().end(),
                    [&](const v1::TaskAnswer& answer) { return answer.verdict() != verdict; });
    const bool disputed = differs || verdict == v1::TASK_VERDICT_CANNOT_SAY;
    v1::TaskAnswer& answer = *task_after_.add_answers();
    *answer.mutable_actor() = Brief(command_.actor());
    answer.set_verdict(verdict);
    answer.set_reason(command_.decision().reason());
    answer.set_micros(now_);
    task_after_.set_disputed(task_after_.disputed() || disputed);
    task_after_.clear_owner();
    task_after_.clear_lease_until_micros();
    HIE_RETURN_IF_ERROR(
        Keep(task_after_, {"task-answered", disputed ? "disputed" : "awaits-second"}));
    return disputed ? v1::TASK_OUTCOME_DISPUTED : v1::TASK_OUTCOME_AWAITS_SECOND;
  }

  absl::Status CarryOut(const std::vector<v1::RecordRow>& rows, DecidedBy by) {
    const bool same = command_.decision().verdict() == v1::TASK_VERDICT_SAME;
    const bool stays = same && (task_.kind() == v1::TASK_KIND_PERSON_REVIEW ||
                                task_.kind() == v1::TASK_KIND_DECISION_CONTRADICTED);
    if (!stays) {
      if (rows.size() < 2) {
        return absl::FailedPreconditionError("verdict: decide a pair of the person's records");
      }
      v1::DecideCommand decide;
      *decide.mutable_actor() = command_.actor();
      *decide.mutable_first() = rows[0].record().patient();
      *decide.mutable_second() = rows[1].record().patient();
      decide.set_same_person(same);
      decide.set_reason(command_.decision().reason());
      HIE_RETURN_IF_ERROR(ApplyDecide(edit_, decide, by, model_).status());
    }
    TaskEdit(edit_.reader().rows(), edit_.stamp(), changes_).Close(command_.task(), task_);
    return Note({"task-decided", stays ? "stands" : "carried-out"});
  }

  MpiEdit& edit_;
  const v1::TaskCommand& command_;
  const Model& model_;
  WriteBatch& changes_;
  const int64_t now_;
  v1::TaskRow task_;        // As it was.
  v1::TaskRow task_after_;  // As an answer leaves it.
};

// One demand.
class OnDemand {
 public:
  OnDemand(MpiEdit& edit, const v1::TaskCommand& command, WriteBatch& changes)
      : edit_(edit), command_(command), tasks_(edit.reader().rows(), edit.stamp(), changes) {}

  absl::StatusOr<v1::TaskReply> Run() {
    HIE_ASSIGN_OR_RETURN(first_, edit_.reader().FindRecord(command_.demand().first()));
    HIE_ASSIGN_OR_RETURN(second_, edit_.reader().FindRecord(command_.demand().second()));
    if (first_ == second_) {
      return absl::InvalidArgumentError("second: want another record than first");
    }
    HIE_ASSIGN_OR_RETURN(rows_, edit_.reader().Records({first_, second_}));
    HIE_ASSIGN_OR_RETURN(const uint64_t number, FindOrOpen());
    HIE_ASSIGN_OR_RETURN(const std::optional<v1::TaskRow> before, tasks_.tasks().Find(number));
    if (!before) return absl::InternalError("tasks: one that was found is not there");
    v1::TaskRow after = *before;
    after.set_demand_micros(wire::MicrosFromTime(edit_.stamp().time));
    after.set_demands(before->demands() + 1);
    tasks_.Replace(number, *before, after);
    edit_.AddEvent(command_.actor(), {rows_[0].record().patient(), rows_[1].record().patient()},
                   {"task-demanded"});
    v1::TaskReply reply;
    reply.set_task(number);
    reply.set_first_eid(rows_[0].eid());
    reply.set_second_eid(rows_[1].eid());
    return reply;
  }

 private:
  // What is in the way of a query: a hold, the pair itself, another pair of the same two persons.
  absl::StatusOr<uint64_t> FindOrOpen() {
    HIE_ASSIGN_OR_RETURN(const uint64_t hold, FindHold());
    if (hold != 0) return hold;
    for (const v1::TaskKind kind : {v1::TASK_KIND_POSSIBLE_LINK, v1::TASK_KIND_ASKED}) {
      HIE_ASSIGN_OR_RETURN(const uint64_t open, tasks_.tasks().NumberOf(kind, first_, second_));
      if (open != 0) return open;
    }
    HIE_ASSIGN_OR_RETURN(const auto decision, edit_.reader().Decision(first_, second_));
    if (decision || rows_[0].eid() == rows_[1].eid()) {
      return absl::FailedPreconditionError("first, second: want a pair that is open");
    }
    HIE_ASSIGN_OR_RETURN(const uint64_t near, FindBetweenPersons());
    if (near != 0) return near;
    HIE_ASSIGN_OR_RETURN(const NewTask task,
                         AboutPair(edit_.reader().rows(), v1::TASK_KIND_ASKED, first_, second_));
    return tasks_.Open(task);
  }

  absl::StatusOr<uint64_t> FindHold() const {
    for (size_t i = 0; i < rows_.size(); ++i) {
      if (!rows_[i].record().provisional()) continue;
      HIE_ASSIGN_OR_RETURN(const auto about, tasks_.tasks().AboutRecord(i == 0 ? first_ : second_));
      for (const TaskAbout& task : about) {
        if (task.kind == v1::TASK_KIND_OVERLAY) return task.task;
      }
    }
    return uint64_t{0};
  }

  // The strongest possible link between the two persons.
  absl::StatusOr<uint64_t> FindBetweenPersons() const {
    HIE_ASSIGN_OR_RETURN(const v1::PersonRow a, edit_.reader().Person(rows_[0].eid()));
    HIE_ASSIGN_OR_RETURN(const v1::PersonRow b, edit_.reader().Person(rows_[1].eid()));
    HIE_ASSIGN_OR_RETURN(
        std::vector<LinkBetween> links,
        PossibleLinksBetween(edit_.reader(), AllRecordNumbers(a), AllRecordNumbers(b)));
    std::stable_sort(links.begin(), links.end(), [](const LinkBetween& x, const LinkBetween& y) {
      return x.weight > y.weight;
    });
    for (const LinkBetween& link : links) {
      HIE_ASSIGN_OR_RETURN(const uint64_t open, tasks_.tasks().NumberOf(v1::TASK_KIND_POSSIBLE_LINK,
                                                                        link.first, link.second));
      if (open != 0) return open;
    }
    return uint64_t{0};
  }

  MpiEdit& edit_;
  const v1::TaskCommand& command_;
  TaskEdit tasks_;
  RecordNumber first_ = 0;
  RecordNumber second_ = 0;
  std::vector<v1::RecordRow> rows_;
};

}  // namespace

absl::StatusOr<v1::TaskReply> ApplyTask(MpiEdit& edit, const v1::TaskCommand& command,
                                        const Model& model, WriteBatch& changes) {
  switch (command.action()) {
    case v1::TASK_ACTION_LEASE:
    case v1::TASK_ACTION_RELEASE:
    case v1::TASK_ACTION_DECIDE:
      return OnTask(edit, command, model, changes).Run();
    case v1::TASK_ACTION_DEMAND:
      return OnDemand(edit, command, changes).Run();
    default:
      return absl::InvalidArgumentError("action: want one");
  }
}

}  // namespace hie::mpi

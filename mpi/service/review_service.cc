#include "mpi/service/review_service.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "hie/mpi/v1/review_service.methods.h"
#include "mpi/service/review_view.h"
#include "mpi/store/event_log.h"
#include "mpi/store/mpi_reader.h"
#include "mpi/store/person_view.h"
#include "mpi/store/task_queue.h"
#include "mpi/store/task_rank.h"
#include "services/common/base/status_macros.h"
#include "services/common/base/uuid.h"
#include "services/common/wire/wire.h"

namespace hie::mpi {
namespace {

// A decision makes three persons at most; an undo two for each person that falls apart, or three
// for each merge of a message that it takes back: more than one command can have touched.
constexpr int kEidsOfDecision = 3;
constexpr int kEidsOfUndo = 1'024;

constexpr size_t kReasonBytesMax = 1'024;
constexpr uint32_t kTasksMax = 1'000;
constexpr uint32_t kEventsMax = 1'000;
constexpr uint32_t kEventsDefault = 100;
// Tasks looked at for one page: a filter that hardly any meets must not read the whole queue.
constexpr size_t kTasksReadMax = 10'000;

absl::Status FillActor(const common::v1::Actor& from, common::v1::Actor& to) {
  HIE_ASSIGN_OR_RETURN(const Actor actor, wire::FromProto(from, "actor"));
  to = wire::ToProto(actor);
  return absl::OkStatus();
}

absl::Status FillKey(const common::v1::LocalPatient& from, absl::string_view field,
                     common::v1::LocalPatient& to) {
  HIE_ASSIGN_OR_RETURN(const LocalPatient patient,
                       wire::FromProto(from, field, wire::Incarnation::kMayBeCurrent));
  to = wire::ToProto(patient);
  return absl::OkStatus();
}

absl::Status CheckReason(const std::string& reason) {
  if (!reason.empty() && reason.size() <= kReasonBytesMax) return absl::OkStatus();
  return absl::InvalidArgumentError("reason: want 1 to 1024 bytes");
}

absl::StatusOr<uint32_t> LimitOf(uint32_t limit, uint32_t max, uint32_t otherwise) {
  if (limit > max) return absl::InvalidArgumentError("limit: want 1..1,000");
  return limit == 0 ? otherwise : limit;
}

// One page of the queue.
class TaskPage {
 public:
  TaskPage(const KvReader& state, const v1::ListTasksRequest& request, absl::Time now)
      : state_(state), request_(request), now_(now), tasks_(state) {}

  absl::StatusOr<v1::ListTasksResponse> Run() {
    HIE_ASSIGN_OR_RETURN(const uint64_t records, MpiReader(state_).LastRecord());
    response_.set_daily_share(DailyShare(records));
    HIE_ASSIGN_OR_RETURN(limit_, LimitOf(request_.limit(), kTasksMax,
                                         std::min<uint32_t>(response_.daily_share(), kTasksMax)));
    if (!v1::TaskKind_IsValid(request_.kind())) {
      return absl::InvalidArgumentError("kind: want a kind of this version");
    }
    HIE_RETURN_IF_ERROR(request_.has_patient() ? OfRecord() : InOrder());
    return std::move(response_);
  }

 private:
  bool Wanted(uint64_t number, const v1::TaskRow& task) const {
    if (request_.kind() != v1::TASK_KIND_UNSPECIFIED && task.kind() != request_.kind())
      return false;
    const bool escalated = StateOf(number, task, now_) == v1::REVIEW_STATE_ESCALATED;
    const bool free = task.lease_until_micros() <= wire::MicrosFromTime(now_);
    return (escalated || !request_.escalated_only()) && (free || !request_.free_only());
  }

  // Returns whether there is room for more.
  bool Add(uint64_t number, const v1::TaskRow& task) {
    if (!Wanted(number, task)) return true;
    if (static_cast<uint32_t>(response_.tasks_size()) == limit_) {
      response_.set_more(true);
      return false;
    }
    absl::StatusOr<v1::Task> view = ViewTask(state_, number, task, now_);
    bad_.Update(view.status());
    if (view.ok()) *response_.add_tasks() = *std::move(view);
    return bad_.ok();
  }

  absl::Status InOrder() {
    std::string after;
    if (request_.after_task() != 0) {
      HIE_ASSIGN_OR_RETURN(const std::optional<v1::TaskRow> last,
                           tasks_.Find(request_.after_task()));
      if (!last) return absl::NotFoundError("after_task: not open any more; list from the front");
      after = TaskOrderKey(request_.after_task(), *last);
    }
    size_t read = 0;
    HIE_RETURN_IF_ERROR(tasks_.VisitInOrder(after, [&](uint64_t number, const v1::TaskRow& task) {
      if (++read > kTasksReadMax) {
        response_.set_more(true);
        return false;
      }
      return Add(number, task);
    }));
    return bad_;
  }

  absl::Status OfRecord() {
    common::v1::LocalPatient patient;
    HIE_RETURN_IF_ERROR(FillKey(request_.patient(), "patient", patient));
    HIE_ASSIGN_OR_RETURN(const RecordNumber record, MpiReader(state_).FindRecord(patient));
    HIE_ASSIGN_OR_RETURN(const std::vector<TaskAbout> about, tasks_.AboutRecord(record));
    std::vector<std::pair<std::string, std::pair<uint64_t, v1::TaskRow>>> in_order;
    for (const TaskAbout& open : about) {
      HIE_ASSIGN_OR_RETURN(std::optional<v1::TaskRow> task, tasks_.Find(open.task));
      if (!task) return absl::DataLossError("tasks: a row is missing");
      const std::string place = TaskOrderKey(open.task, *task);
      in_order.push_back({place, {open.task, *std::move(task)}});
    }
    std::sort(in_order.begin(), in_order.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [place, task] : in_order) {
      if (!Add(task.first, task.second)) break;
    }
    return bad_;
  }

  const KvReader& state_;
  const v1::ListTasksRequest& request_;
  const absl::Time now_;
  const TaskReader tasks_;
  uint32_t limit_ = 0;
  absl::Status bad_;
  v1::ListTasksResponse response_;
};

// Sequences of the events that may name an EID: those of the records that it holds, or held when it
// was merged or split, which is where its row was put last.
absl::StatusOr<std::set<uint64_t>> SequencesOf(const KvReader& state, const std::string& eid,
                                               uint64_t after) {
  const MpiReader reader(state);
  const EventReader events(state);
  HIE_ASSIGN_OR_RETURN(const std::optional<v1::PersonRow> person, reader.FindPerson(eid));
  if (!person) return absl::NotFoundError("eid: not known");
  std::vector<RecordNumber> records = AllRecordNumbers(*person);
  HIE_ASSIGN_OR_RETURN(const std::optional<v1::EventRow> end, events.Find(person->link_version()));
  if (end) {
    const std::vector<RecordNumber> moved = RecordsOf(*end);
    records.insert(records.end(), moved.begin(), moved.end());
  }
  std::set<uint64_t> sequences;
  for (const RecordNumber record : records) {
    HIE_ASSIGN_OR_RETURN(const std::vector<uint64_t> of, events.OfRecord(record, after, 0));
    sequences.insert(of.begin(), of.end());
  }
  return sequences;
}

bool NamesEid(const v1::EventRow& event, const std::string& eid) {
  const bool person = std::any_of(event.persons().begin(), event.persons().end(),
                                  [&](const auto& change) { return change.eid() == eid; });
  return person || std::any_of(event.moved().begin(), event.moved().end(), [&](const auto& moved) {
           return moved.from_eid() == eid || moved.to_eid() == eid;
         });
}

// One page of events.
class EventPage {
 public:
  EventPage(const KvReader& state, const v1::ListEventsRequest& request)
      : state_(state), request_(request), events_(state) {}

  absl::StatusOr<v1::ListEventsResponse> Run() {
    HIE_ASSIGN_OR_RETURN(limit_, LimitOf(request_.limit(), kEventsMax, kEventsDefault));
    if (request_.has_patient()) {
      HIE_RETURN_IF_ERROR(OfPatient());
    } else if (!request_.eid().empty()) {
      HIE_RETURN_IF_ERROR(OfEid());
    } else {
      HIE_RETURN_IF_ERROR(events_.VisitAfter(
          request_.after_sequence(),
          [this](uint64_t sequence, const v1::EventRow& event) { return Add(sequence, event); }));
    }
    HIE_RETURN_IF_ERROR(bad_);
    return std::move(response_);
  }

 private:
  // Returns whether there is room for more.
  bool Add(uint64_t sequence, const v1::EventRow& event) {
    if (static_cast<uint32_t>(response_.events_size()) == limit_) {
      response_.set_more(true);
      return false;
    }
    absl::StatusOr<v1::LinkEvent> view = ViewEvent(state_, sequence, event);
    bad_.Update(view.status());
    if (view.ok()) *response_.add_events() = *std::move(view);
    return bad_.ok();
  }

  absl::Status OfPatient() {
    common::v1::LocalPatient patient;
    HIE_RETURN_IF_ERROR(FillKey(request_.patient(), "patient", patient));
    HIE_ASSIGN_OR_RETURN(const RecordNumber record, MpiReader(state_).FindRecord(patient));
    HIE_ASSIGN_OR_RETURN(const std::vector<uint64_t> sequences,
                         events_.OfRecord(record, request_.after_sequence(), limit_ + 1));
    for (const uint64_t sequence : sequences) {
      HIE_ASSIGN_OR_RETURN(const std::optional<v1::EventRow> event, events_.Find(sequence));
      if (!event) return absl::DataLossError("events: a row is missing");
      if (!Add(sequence, *event)) break;
    }
    return absl::OkStatus();
  }

  absl::Status OfEid() {
    if (!IsUuid(request_.eid())) return absl::InvalidArgumentError("eid: want a UUID");
    HIE_ASSIGN_OR_RETURN(const std::set<uint64_t> sequences,
                         SequencesOf(state_, request_.eid(), request_.after_sequence()));
    for (const uint64_t sequence : sequences) {
      HIE_ASSIGN_OR_RETURN(const std::optional<v1::EventRow> event, events_.Find(sequence));
      if (!event) return absl::DataLossError("events: a row is missing");
      if (NamesEid(*event, request_.eid()) && !Add(sequence, *event)) break;
    }
    return absl::OkStatus();
  }

  const KvReader& state_;
  const v1::ListEventsRequest& request_;
  const EventReader events_;
  uint32_t limit_ = 0;
  absl::Status bad_;
  v1::ListEventsResponse response_;
};

absl::Status AddKeys(const MpiReader& reader,
                     const google::protobuf::RepeatedField<uint64_t>& records,
                     google::protobuf::RepeatedPtrField<common::v1::LocalPatient>& keys,
                     std::set<std::string>& eids) {
  HIE_ASSIGN_OR_RETURN(std::vector<v1::RecordRow> rows,
                       reader.Records({records.begin(), records.end()}));
  for (v1::RecordRow& row : rows) {
    *keys.Add() = std::move(*row.mutable_record()->mutable_patient());
    eids.insert(row.eid());
  }
  return absl::OkStatus();
}

}  // namespace

ReviewService::ReviewService(Journal& journal, const Clock& clock, RandomSource& random)
    : journal_(journal),
      clock_(clock),
      random_(random),
      feed_(EventFeed::Start({.journal = &journal})) {}

absl::StatusOr<Applied> ReviewService::Propose(v1::MpiCommand command, int eids) {
  const absl::Time now = clock_.Now();
  for (int i = 0; i < eids; ++i) command.add_eid_candidates(MakeUuidV7(now, random_));
  return ProposeAndWait(journal_, command.SerializeAsString());
}

absl::StatusOr<v1::TaskReply> ReviewService::ProposeTask(v1::TaskCommand task, uint64_t& sequence) {
  v1::MpiCommand command;
  *command.mutable_task() = std::move(task);
  HIE_ASSIGN_OR_RETURN(const Applied applied, Propose(std::move(command), kEidsOfDecision));
  sequence = applied.stamp.sequence;
  v1::TaskReply reply;
  if (!reply.ParseFromString(applied.reply)) return absl::InternalError("reply: cannot be read");
  return reply;
}

absl::StatusOr<v1::ListTasksResponse> ReviewService::ListTasks(
    const v1::ListTasksRequest& request) const {
  const std::shared_ptr<const KvReader> state = journal_.Snapshot();
  return TaskPage(*state, request, clock_.Now()).Run();
}

absl::StatusOr<v1::LeaseTaskResponse> ReviewService::LeaseTask(
    const v1::LeaseTaskRequest& request) {
  v1::TaskCommand command;
  HIE_RETURN_IF_ERROR(FillActor(request.actor(), *command.mutable_actor()));
  command.set_action(v1::TASK_ACTION_LEASE);
  command.set_task(request.task());
  uint64_t sequence = 0;
  HIE_RETURN_IF_ERROR(ProposeTask(std::move(command), sequence).status());
  const std::shared_ptr<const KvReader> state = journal_.Snapshot();
  HIE_ASSIGN_OR_RETURN(const std::optional<v1::TaskRow> task,
                       TaskReader(*state).Find(request.task()));
  if (!task) return absl::NotFoundError("task: not open");
  v1::LeaseTaskResponse response;
  HIE_ASSIGN_OR_RETURN(*response.mutable_task(),
                       ViewTask(*state, request.task(), *task, clock_.Now()));
  return response;
}

absl::StatusOr<v1::ReleaseTaskResponse> ReviewService::ReleaseTask(
    const v1::ReleaseTaskRequest& request) {
  v1::TaskCommand command;
  HIE_RETURN_IF_ERROR(FillActor(request.actor(), *command.mutable_actor()));
  command.set_action(v1::TASK_ACTION_RELEASE);
  command.set_task(request.task());
  uint64_t sequence = 0;
  HIE_RETURN_IF_ERROR(ProposeTask(std::move(command), sequence).status());
  return v1::ReleaseTaskResponse();
}

absl::StatusOr<v1::DecideTaskResponse> ReviewService::DecideTask(
    const v1::DecideTaskRequest& request) {
  v1::TaskCommand command;
  HIE_RETURN_IF_ERROR(FillActor(request.actor(), *command.mutable_actor()));
  HIE_RETURN_IF_ERROR(CheckReason(request.reason()));
  if (!v1::TaskVerdict_IsValid(request.verdict())) {
    return absl::InvalidArgumentError("verdict: want one of this version");
  }
  if (request.first_version() == 0) {
    return absl::InvalidArgumentError("first_version: want the version that was looked at");
  }
  command.set_action(v1::TASK_ACTION_DECIDE);
  command.set_task(request.task());
  v1::TaskDecision& decision = *command.mutable_decision();
  decision.set_verdict(request.verdict());
  decision.set_reason(request.reason());
  decision.set_first_version(request.first_version());
  decision.set_second_version(request.second_version());
  v1::DecideTaskResponse response;
  uint64_t sequence = 0;
  HIE_ASSIGN_OR_RETURN(const v1::TaskReply reply, ProposeTask(std::move(command), sequence));
  response.set_outcome(reply.outcome());
  response.set_first_eid(reply.first_eid());
  response.set_second_eid(reply.second_eid());
  response.set_sequence(sequence);
  return response;
}

absl::StatusOr<v1::AddDemandResponse> ReviewService::AddDemand(
    const v1::AddDemandRequest& request) {
  v1::TaskCommand command;
  HIE_RETURN_IF_ERROR(FillActor(request.actor(), *command.mutable_actor()));
  v1::TaskDemand& demand = *command.mutable_demand();
  HIE_RETURN_IF_ERROR(FillKey(request.first(), "first", *demand.mutable_first()));
  HIE_RETURN_IF_ERROR(FillKey(request.second(), "second", *demand.mutable_second()));
  command.set_action(v1::TASK_ACTION_DEMAND);
  uint64_t sequence = 0;
  HIE_ASSIGN_OR_RETURN(const v1::TaskReply reply, ProposeTask(std::move(command), sequence));
  v1::AddDemandResponse response;
  response.set_task(reply.task());
  return response;
}

absl::StatusOr<v1::ListEventsResponse> ReviewService::ListEvents(
    const v1::ListEventsRequest& request) const {
  const std::shared_ptr<const KvReader> state = journal_.Snapshot();
  return EventPage(*state, request).Run();
}

absl::StatusOr<v1::UndoEventResponse> ReviewService::UndoEvent(
    const v1::UndoEventRequest& request) {
  v1::MpiCommand command;
  v1::UndoCommand& undo = *command.mutable_undo();
  HIE_RETURN_IF_ERROR(FillActor(request.actor(), *undo.mutable_actor()));
  HIE_RETURN_IF_ERROR(CheckReason(request.reason()));
  undo.set_sequence(request.sequence());
  undo.set_reason(request.reason());
  HIE_ASSIGN_OR_RETURN(const Applied applied, Propose(std::move(command), kEidsOfUndo));
  v1::UndoReply reply;
  if (!reply.ParseFromString(applied.reply)) return absl::InternalError("reply: cannot be read");
  v1::UndoEventResponse response;
  response.set_sequence(applied.stamp.sequence);
  response.set_since_micros(reply.since_micros());
  response.set_exact(reply.exact());
  const std::shared_ptr<const KvReader> state = journal_.Snapshot();
  std::set<std::string> eids;
  HIE_RETURN_IF_ERROR(
      AddKeys(MpiReader(*state), reply.affected(), *response.mutable_affected(), eids));
  for (const std::string& eid : eids) response.add_person_eids(eid);
  HIE_RETURN_IF_ERROR(AddKeys(MpiReader(*state), reply.left(), *response.mutable_left(), eids));
  return response;
}

absl::StatusOr<v1::GetRecordHistoryResponse> ReviewService::GetRecordHistory(
    const v1::GetRecordHistoryRequest& request) const {
  common::v1::LocalPatient patient;
  HIE_RETURN_IF_ERROR(FillKey(request.patient(), "patient", patient));
  const std::shared_ptr<const KvReader> state = journal_.Snapshot();
  return ViewRecordHistory(*state, patient, clock_.Now());
}

void ReviewService::Serve(rpc::MethodRegistrar& server) {
  using Methods = v1::ReviewService;
  using rpc::CallContext;
  server.Serve<Methods::ListTasks>([this](const CallContext&, const v1::ListTasksRequest& request) {
    return ListTasks(request);
  });
  server.Serve<Methods::LeaseTask>([this](const CallContext&, const v1::LeaseTaskRequest& request) {
    return LeaseTask(request);
  });
  server.Serve<Methods::ReleaseTask>(
      [this](const CallContext&, const v1::ReleaseTaskRequest& request) {
        return ReleaseTask(request);
      });
  server.Serve<Methods::DecideTask>(
      [this](const CallContext&, const v1::DecideTaskRequest& request) {
        return DecideTask(request);
      });
  server.Serve<Methods::AddDemand>([this](const CallContext&, const v1::AddDemandRequest& request) {
    return AddDemand(request);
  });
  server.Serve<Methods::ListEvents>(
      [this](const CallContext&, const v1::ListEventsRequest& request) {
        return ListEvents(request);
      });
  server.ServeStream<Methods::FollowEvents>(
      [this](const std::shared_ptr<CallContext>& context, const v1::FollowEventsRequest& request,
             const rpc::ServerWriter<v1::FollowEventsResponse>& to) {
        feed_->Follow(context, request, to);
      });
  server.Serve<Methods::UndoEvent>([this](const CallContext&, const v1::UndoEventRequest& request) {
    return UndoEvent(request);
  });
  server.Serve<Methods::GetRecordHistory>(
      [this](const CallContext&, const v1::GetRecordHistoryRequest& request) {
        return GetRecordHistory(request);
      });
}

}  // namespace hie::mpi

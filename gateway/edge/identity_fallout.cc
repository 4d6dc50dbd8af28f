#include "gateway/edge/identity_fallout.h"

#include <algorithm>
#include <map>
#include <utility>

#include "gateway/edge/identity_recall.h"
#include "gateway/edge/identity_steward.h"
#include "hie/audit/v1/audit_service.methods.h"
#include "hie/mpi/v1/review_service.methods.h"
#include "hie/registry/v1/registry_service.methods.h"
#include "services/common/log/log.h"
#include "services/common/wire/wire.h"

namespace hie::edge {
namespace {

using audit::v1::AuditService;
using exchange::v1::IdentityFallout;
using mpi::v1::ReviewService;
using registry::v1::RegistryService;

// Records of one question to registry or audit.
constexpr size_t kRecordsOfQuestion = 256;
constexpr uint32_t kItemsOfQuestion = 1000;
constexpr uint32_t kLeavesOfPage = 500;
// Leaves that are read for one answer, at most.
constexpr uint32_t kLeavesMax = 20'000;
constexpr uint32_t kEventsOfPersonMax = 1000;
constexpr int kStandardError = 2;

absl::Status NoSuchEvent() { return absl::NotFoundError("sequence: no such event"); }
absl::Status PartedNobody() { return absl::FailedPreconditionError("event: parted nobody"); }

// One gathering, step by step.
class Gathering : public std::enable_shared_from_this<Gathering> {
 public:
  Gathering(EdgeServices& services, std::shared_ptr<rpc::CallContext> context, Parting parting,
            Answer<IdentityFallout> answer)
      : services_(services),
        context_(std::move(context)),
        parting_(std::move(parting)),
        answer_(std::move(answer)),
        finder_(parting_.sequence, parting_.since_micros) {
    fallout_.set_sequence(parting_.sequence);
    fallout_.set_since_micros(parting_.since_micros);
    for (const auto& patient : parting_.affected) *fallout_.add_affected() = patient;
  }

  void Start() { FindFiled(0); }

 private:
  // Records from `from` on, as many as one question takes.
  template <typename Request>
  size_t AddRecords(size_t from, Request& request) const {
    const size_t end = std::min(parting_.affected.size(), from + kRecordsOfQuestion);
    for (size_t at = from; at < end; ++at) *request.add_patients() = parting_.affected[at];
    return end;
  }

  void FindFiled(size_t from) {
    if (from >= parting_.affected.size()) return ReadAudit(0, 0);
    registry::v1::FindRequest find;
    const size_t end = AddRecords(from, find);
    find.set_limit(kItemsOfQuestion);
    CallRole<RegistryService::Find>(
        *services_.roles().registry, "the registry", *context_, find,
        [self = shared_from_this(), end](absl::StatusOr<registry::v1::FindResponse> found) {
          if (!found.ok()) return self->answer_(found.status());
          self->TakeFiled(*found);
          self->FindFiled(end);
        });
  }

  void TakeFiled(const registry::v1::FindResponse& found) {
    if (found.truncated()) fallout_.set_filed_truncated(true);
    for (const registry::v1::DocumentEntry& document : found.documents()) {
      if (document.recorded_micros() < parting_.since_micros) continue;
      exchange::v1::FiledItem& item = *fallout_.add_filed();
      item.set_id(document.id());
      *item.mutable_patient() = document.patient();
      item.set_member(document.member());
      item.set_recorded_micros(document.recorded_micros());
      item.set_type_code(document.type_code());
      item.set_title(document.title());
    }
  }

  // Newest first, until leaves are older than the time in question.
  void ReadAudit(size_t from, uint64_t before) {
    if (from >= parting_.affected.size()) return Conclude();
    audit::v1::ListRequest list;
    const size_t end = AddRecords(from, list);
    list.set_limit(kLeavesOfPage);
    list.set_before_sequence(before);
    CallRole<AuditService::List>(
        *services_.roles().audit, "the audit", *context_, list,
        [self = shared_from_this(), from, end](absl::StatusOr<audit::v1::ListResponse> listed) {
          if (!listed.ok()) return self->answer_(listed.status());
          const uint64_t next = self->TakeLeaves(*listed);
          if (next == 0) return self->ReadAudit(end, 0);
          self->ReadAudit(from, next);
        });
  }

  // Returns before which leaf to go on; 0: there is nothing more to read.
  uint64_t TakeLeaves(const audit::v1::ListResponse& listed) {
    for (const audit::v1::AuditRecord& record : listed.records()) finder_.Take(record.leaf());
    leaves_ += static_cast<uint32_t>(listed.records_size());
    if (listed.records().empty() || !listed.truncated()) return 0;
    const audit::v1::Leaf& last = listed.records().rbegin()->leaf();
    if (last.time_micros() < parting_.since_micros) return 0;
    if (leaves_ < kLeavesMax) return last.sequence();
    fallout_.set_recalls_truncated(true);
    return 0;
  }

  // A member whose word parted a person must not read in the audit who received what.
  Actor NoticeGiver() const {
    const Actor& caller = context_->caller().actor;
    const auto directory = services_.Directory();
    if (services_.IsOperator(caller) || !directory.ok()) return caller;
    Actor giver;
    giver.purpose = Purpose::kPatientAdministration;
    giver.request_id = caller.request_id;
    for (const Member& member : (*directory)->members()) {
      if (member.is_operator) giver.member = member.id;
    }
    return giver.member.empty() ? caller : giver;
  }

  audit::v1::Event NoticeTo(const exchange::v1::Recall& recall) const {
    audit::v1::Event event =
        MakeEvent(services_, NoticeGiver(), audit::v1::EVENT_TYPE_SAFETY, "recall-notice");
    event.set_event_id(RecallEventId(parting_.sequence, recall.member()));
    event.set_custodian(recall.member());
    AddRecords(0, event);
    for (const std::string& item : recall.item_ids()) {
      if (event.item_ids_size() < kRecallItemsMax) event.add_item_ids(item);
    }
    return event;
  }

  void Conclude() {
    std::sort(fallout_.mutable_filed()->begin(), fallout_.mutable_filed()->end(),
              [](const auto& a, const auto& b) {
                return a.recorded_micros() != b.recorded_micros()
                           ? a.recorded_micros() > b.recorded_micros()
                           : a.id() < b.id();
              });
    std::vector<audit::v1::Event> notices;
    for (exchange::v1::Recall& recall : finder_.Recalls()) {
      if (!finder_.Noticed(recall.member())) notices.push_back(NoticeTo(recall));
      *fallout_.add_recalls() = std::move(recall);
    }
    if (parting_.told == Told::kNobody) return GiveNotice(notices);
    RecordReading(services_, *context_, "identity-fallout", parting_.affected,
                  [self = shared_from_this(), notices](const absl::Status& recorded) {
                    if (!recorded.ok()) return self->answer_(recorded);
                    self->GiveNotice(notices);
                  });
  }

  void GiveNotice(const std::vector<audit::v1::Event>& notices) {
    if (notices.empty()) return answer_(std::move(fallout_));
    Record(services_, *context_, notices,
           [self = shared_from_this()](const absl::Status& recorded) {
             if (!recorded.ok()) return self->answer_(recorded);
             self->answer_(std::move(self->fallout_));
           });
  }

  EdgeServices& services_;
  const std::shared_ptr<rpc::CallContext> context_;
  const Parting parting_;
  const Answer<IdentityFallout> answer_;
  RecallFinder finder_;
  uint32_t leaves_ = 0;
  IdentityFallout fallout_;
};

// Finds an event, the one that it took back, and what had happened to the persons that it parted.
class FalloutOfEvent : public std::enable_shared_from_this<FalloutOfEvent> {
 public:
  FalloutOfEvent(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                 uint64_t sequence, Told told, Answer<IdentityFallout> answer)
      : services_(services),
        context_(std::move(context)),
        parting_{sequence, 0, {}, told},
        answer_(std::move(answer)) {}

  void Start() {
    FindEvent(parting_.sequence,
              [self = shared_from_this()](const mpi::v1::LinkEvent& event) { self->Take(event); });
  }

 private:
  void FindEvent(uint64_t sequence, std::function<void(const mpi::v1::LinkEvent&)> next) {
    mpi::v1::ListEventsRequest list;
    if (sequence == 0) return answer_(absl::InvalidArgumentError("sequence: want 1 or more"));
    list.set_after_sequence(sequence - 1);
    list.set_limit(1);
    CallRole<ReviewService::ListEvents>(
        *services_.roles().mpi, kPatientIndex, *context_, list,
        [self = shared_from_this(), sequence,
         next = std::move(next)](absl::StatusOr<mpi::v1::ListEventsResponse> listed) {
          if (!listed.ok()) return self->answer_(listed.status());
          if (listed->events().empty() || listed->events(0).sequence() != sequence) {
            return self->answer_(NoSuchEvent());
          }
          next(listed->events(0));
        });
  }

  // What went to persons that stayed whole is not affected.
  void Take(const mpi::v1::LinkEvent& event) {
    for (const mpi::v1::MovedRecord& moved : PartedBy(event)) {
      mpi::v1::LinkEvent& part = parted_[moved.from_eid()];
      part.set_sequence(event.sequence());
      *part.add_moved() = moved;
      parting_.affected.push_back(moved.patient());
    }
    if (parted_.empty()) return answer_(PartedNobody());
    if (event.undoes() == 0) return FindHistory();
    FindEvent(event.undoes(), [self = shared_from_this(), event](const mpi::v1::LinkEvent& undone) {
      self->parting_.since_micros = TogetherSince(event, &undone, {});
      self->Gather();
    });
  }

  // One person after the other; the earliest time counts.
  void FindHistory() {
    if (parted_.empty()) return Gather();
    mpi::v1::ListEventsRequest list;
    list.set_eid(parted_.begin()->first);
    list.set_limit(kEventsOfPersonMax);
    CallRole<ReviewService::ListEvents>(
        *services_.roles().mpi, kPatientIndex, *context_, list,
        [self = shared_from_this()](absl::StatusOr<mpi::v1::ListEventsResponse> listed) {
          if (!listed.ok()) return self->answer_(listed.status());
          self->TakeHistory(*listed);
          self->FindHistory();
        });
  }

  void TakeHistory(const mpi::v1::ListEventsResponse& listed) {
    const int64_t since = TogetherSince(parted_.begin()->second, nullptr,
                                        {listed.events().begin(), listed.events().end()});
    parting_.since_micros = first_ ? since : std::min(parting_.since_micros, since);
    first_ = false;
    parted_.erase(parted_.begin());
  }

  void Gather() { GatherFallout(services_, context_, std::move(parting_), answer_); }

  EdgeServices& services_;
  const std::shared_ptr<rpc::CallContext> context_;
  Parting parting_;
  const Answer<IdentityFallout> answer_;
  std::map<std::string, mpi::v1::LinkEvent> parted_;  // By the person: its moves alone.
  bool first_ = true;                                 // No history was taken yet.
};

// Finds the event that somebody's word led to, then gives its notices.
class NoticeAfter : public std::enable_shared_from_this<NoticeAfter> {
 public:
  NoticeAfter(EdgeServices& services, std::shared_ptr<rpc::CallContext> context, CausedEvent caused)
      : services_(services), context_(std::move(context)), caused_(std::move(caused)) {}

  void Start() {
    if (caused_.sequence == 0 && caused_.eid.empty()) return;  // Nothing was changed.
    if (!services_.calls().TryEnter()) {
      return Log(absl::ResourceExhaustedError("too many calls are on their way"));
    }
    if (caused_.sequence != 0) return Gather();
    list_.set_eid(caused_.eid);
    list_.set_limit(kEventsOfPersonMax);
    Find();
  }

 private:
  void Find() {
    CallRole<ReviewService::ListEvents>(
        *services_.roles().mpi, kPatientIndex, *context_, list_,
        [self = shared_from_this()](absl::StatusOr<mpi::v1::ListEventsResponse> listed) {
          if (!listed.ok()) return self->End(listed.status());
          self->Take(*listed);
        });
  }

  void Take(const mpi::v1::ListEventsResponse& listed) {
    for (const mpi::v1::LinkEvent& event : listed.events()) {
      list_.set_after_sequence(event.sequence());
      if (caused_.fits(event)) caused_.sequence = event.sequence();
    }
    if (listed.more() && !listed.events().empty()) return Find();
    if (caused_.sequence == 0) return End(NoSuchEvent());
    Gather();
  }

  void Gather() {
    std::make_shared<FalloutOfEvent>(
        services_, context_, caused_.sequence, Told::kNobody,
        [self = shared_from_this()](const absl::StatusOr<IdentityFallout>& fallout) {
          self->End(fallout.status());
        })
        ->Start();
  }

  void End(const absl::Status& status) {
    if (!status.ok() && status != NoSuchEvent() && status != PartedNobody()) Log(status);
    services_.calls().Leave();
  }

  // The status' text is of a role, and is left out.
  void Log(const absl::Status& status) const {
    const log::Logger log(
        {"gateway", &services_.clock(), std::make_shared<log::DescriptorSink>(kStandardError)});
    log.Write(log::Level::kWarning, "fallout-not-gathered",
              {{"sequence", static_cast<int64_t>(caused_.sequence)},
               {"request_id", context_->request_id()},
               {"code", absl::StatusCodeToString(status.code())}});
  }

  EdgeServices& services_;
  const std::shared_ptr<rpc::CallContext> context_;
  CausedEvent caused_;
  mpi::v1::ListEventsRequest list_;
};

}  // namespace

void GiveNoticeAfter(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                     CausedEvent caused) {
  std::make_shared<NoticeAfter>(services, std::move(context), std::move(caused))->Start();
}

void GatherFalloutOf(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                     uint64_t sequence, Answer<IdentityFallout> answer) {
  std::make_shared<FalloutOfEvent>(services, std::move(context), sequence, Told::kCaller,
                                   std::move(answer))
      ->Start();
}

void GatherFallout(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                   Parting parting, Answer<IdentityFallout> answer) {
  std::make_shared<Gathering>(services, std::move(context), std::move(parting), std::move(answer))
      ->Start();
}

}  // namespace hie::edge

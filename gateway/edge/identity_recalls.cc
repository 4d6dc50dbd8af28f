// IdentityService: notices to members that what they received may be another person's.
#include <map>
#include <optional>
#include <utility>

#include "gateway/edge/identity_handlers.h"
#include "gateway/edge/identity_recall.h"
#include "gateway/edge/identity_steward.h"
#include "gateway/edge/subject.h"
#include "hie/audit/v1/audit_service.methods.h"
#include "hie/exchange/v1/identity_service.methods.h"
#include "services/common/wire/wire.h"

namespace hie::edge {
namespace {

using audit::v1::AuditService;
using exchange::v1::IdentityService;

constexpr uint32_t kLeavesOfPage = 500;
// Leaves of a member that are read to list its notices, at most, newest first.
constexpr uint64_t kLeavesMax = 20'000;

// One notice with its leaf, as read from the audit.
struct Notice {
  audit::v1::AuditRecord record;
  int64_t acknowledged_micros = 0;
  std::string acknowledged_by;
};

struct Notices {
  std::map<uint64_t, Notice> by_event;  // Those with a leaf of their own alone.
  bool truncated = false;
};

// Reads a member's notices.  With an event given, that one's alone, however many leaves are newer:
// the audit finds no leaf by its event id.
class NoticeReader : public std::enable_shared_from_this<NoticeReader> {
 public:
  NoticeReader(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
               std::string member, std::optional<uint64_t> wanted, Answer<Notices> answer)
      : services_(services),
        context_(std::move(context)),
        wanted_(wanted),
        answer_(std::move(answer)) {
    list_.set_member(std::move(member));
    list_.set_limit(kLeavesOfPage);
  }

  void ReadPage() {
    if (context_->cancelled()) return answer_(absl::CancelledError("the caller has gone"));
    CallRole<AuditService::List>(
        *services_.roles().audit, "the audit", *context_, list_,
        [self = shared_from_this()](absl::StatusOr<audit::v1::ListResponse> listed) {
          if (!listed.ok()) return self->answer_(listed.status());
          self->Take(*std::move(listed));
        });
  }

 private:
  // An acknowledgement is newer than its notice, and so is read first.
  void Take(audit::v1::ListResponse listed) {
    for (audit::v1::AuditRecord& record : *listed.mutable_records()) {
      const audit::v1::Leaf& leaf = record.leaf();
      list_.set_before_sequence(leaf.sequence());
      if (const uint64_t event = RecallAcknowledgedOf(leaf)) {
        if (leaf.member() != list_.member()) continue;
        seen_[event].acknowledged_micros = leaf.time_micros();
        seen_[event].acknowledged_by = leaf.user();
      }
      const uint64_t event = RecallOf(leaf);
      if (event == 0 || leaf.custodian() != list_.member()) continue;
      Notice& notice = notices_.by_event[event] = seen_[event];
      notice.record = std::move(record);
    }
    leaves_ += static_cast<uint64_t>(listed.records_size());
    const bool found = wanted_ && notices_.by_event.count(*wanted_) > 0;
    const bool more = listed.truncated() && !listed.records().empty() && !found;
    if (more && (wanted_ || leaves_ < kLeavesMax)) return ReadPage();
    notices_.truncated = more;
    answer_(std::move(notices_));
  }

  EdgeServices& services_;
  const std::shared_ptr<rpc::CallContext> context_;
  const std::optional<uint64_t> wanted_;
  const Answer<Notices> answer_;
  audit::v1::ListRequest list_;
  uint64_t leaves_ = 0;
  std::map<uint64_t, Notice> seen_;
  Notices notices_;
};

// A member reads the keys of its own patients alone.
exchange::v1::RecallNotice Show(EdgeServices& services, const Actor& actor, uint64_t event,
                                const Notice& notice) {
  exchange::v1::RecallNotice shown;
  shown.set_sequence(event);
  shown.set_member(notice.record.leaf().custodian());
  for (const common::v1::LocalPatient& patient : notice.record.patients()) {
    const auto key = wire::FromProto(patient, "patient", wire::Incarnation::kMayBeCurrent);
    if (key.ok() && MayAdminister(services, actor, *key)) *shown.add_patients() = patient;
  }
  *shown.mutable_item_ids() = notice.record.leaf().item_ids();
  shown.set_noticed_micros(notice.record.leaf().time_micros());
  shown.set_acknowledged_micros(notice.acknowledged_micros);
  shown.set_acknowledged_by(notice.acknowledged_by);
  return shown;
}

void TellNotices(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
                 const Notices& notices, bool open_only,
                 Answer<exchange::v1::ListRecallsResponse> answer) {
  const auto response = std::make_shared<exchange::v1::ListRecallsResponse>();
  response->set_truncated(notices.truncated);
  Patients patients;
  for (auto at = notices.by_event.rbegin(); at != notices.by_event.rend(); ++at) {
    if (open_only && at->second.acknowledged_micros != 0) continue;
    exchange::v1::RecallNotice& shown = *response->add_notices();
    shown = Show(services, context->caller().actor, at->first, at->second);
    patients.insert(patients.end(), shown.patients().begin(), shown.patients().end());
  }
  RecordReading(services, *context, "recalls-read", std::move(patients),
                [response, answer = std::move(answer)](const absl::Status& recorded) {
                  if (!recorded.ok()) return answer(recorded);
                  answer(std::move(*response));
                });
}

void ListRecalls(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
                 const exchange::v1::ListRecallsRequest& request,
                 Answer<exchange::v1::ListRecallsResponse> answer) {
  const Actor& actor = context->caller().actor;
  const bool own = request.member().empty() || request.member() == actor.member.value();
  if (!own && !services.IsOperator(actor)) {
    return answer(absl::PermissionDeniedError("member: want your own"));
  }
  std::make_shared<NoticeReader>(services, context, own ? actor.member.value() : request.member(),
                                 std::nullopt,
                                 [&services, context, open_only = request.open_only(),
                                  answer = std::move(answer)](absl::StatusOr<Notices> notices) {
                                   if (!notices.ok()) return answer(notices.status());
                                   TellNotices(services, context, *notices, open_only, answer);
                                 })
      ->ReadPage();
}

void AcknowledgeRecall(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
                       const exchange::v1::AcknowledgeRecallRequest& request,
                       Answer<exchange::v1::AcknowledgeRecallResponse> answer) {
  const std::string member = context->caller().actor.member.value();
  std::make_shared<NoticeReader>(
      services, context, member, request.sequence(),
      [&services, context, member, sequence = request.sequence(),
       answer = std::move(answer)](absl::StatusOr<Notices> notices) {
        if (!notices.ok()) return answer(notices.status());
        const auto at = notices->by_event.find(sequence);
        if (at == notices->by_event.end()) {
          return answer(absl::NotFoundError("sequence: no notice of this event"));
        }
        if (at->second.acknowledged_micros != 0) {
          return answer(exchange::v1::AcknowledgeRecallResponse());
        }
        audit::v1::Event event = MakeEvent(services, context->caller().actor,
                                           audit::v1::EVENT_TYPE_SAFETY, "recall-acknowledged");
        event.set_event_id(RecallAcknowledgedEventId(sequence, member));
        *event.mutable_patients() = at->second.record.patients();
        Record(services, *context, {std::move(event)}, [answer](const absl::Status& recorded) {
          if (!recorded.ok()) return answer(recorded);
          answer(exchange::v1::AcknowledgeRecallResponse());
        });
      })
      ->ReadPage();
}

}  // namespace

void ServeRecalls(EdgeServices& services, rpc::MethodRegistrar& server) {
  ServeCounted<IdentityService::ListRecalls>(server, services, ListRecalls);
  ServeCounted<IdentityService::AcknowledgeRecall>(server, services, AcknowledgeRecall);
}

}  // namespace hie::edge

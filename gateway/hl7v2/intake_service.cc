#include "gateway/hl7v2/intake_service.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/hl7v2/inbox_wire.h"
#include "hie/exchange/v1/intake_service.methods.h"
#include "services/common/base/status_macros.h"
#include "services/common/wire/wire.h"

namespace hie::hl7v2 {
namespace {

namespace v1 = exchange::v1;
using v1::IntakeService;

constexpr uint32_t kLimitDefault = 100;
constexpr uint32_t kLimitMax = 1'000;
constexpr size_t kReasonBytesMax = 500;

template <typename Response>
using Answer = std::function<void(absl::StatusOr<Response>)>;

bool IsOperator(const IntakeServiceParts& parts, const Actor& actor) {
  const auto directory = parts.directory->Current().directory;
  const Member* member = directory == nullptr ? nullptr : directory->FindMember(actor.member);
  return member != nullptr && member->is_operator;
}

// The member that is asked about: the caller's own, or any for the operator.
absl::StatusOr<std::string> AskedMember(const IntakeServiceParts& parts, const Actor& actor,
                                        const std::string& named) {
  if (named.empty() || named == actor.member.value()) return actor.member.value();
  if (IsOperator(parts, actor)) return named;
  return absl::PermissionDeniedError("member: only the operator may name another");
}

// A row that the caller may see.
absl::StatusOr<v1::InboxRow> FindException(const IntakeServiceParts& parts, const Actor& actor,
                                           uint64_t id) {
  HIE_ASSIGN_OR_RETURN(std::optional<v1::InboxRow> row, ReadRow(*parts.inbox->Snapshot(), id));
  const bool exception = row && (row->state() == v1::INBOX_STATE_EXCEPTION ||
                                 row->state() == v1::INBOX_STATE_REPLAYED ||
                                 row->state() == v1::INBOX_STATE_DISCARDED);
  if (!exception || (row->member() != actor.member.value() && !IsOperator(parts, actor))) {
    return absl::NotFoundError("id: unknown");
  }
  return *std::move(row);
}

audit::v1::Event EventOf(const Actor& actor, audit::v1::EventType type, absl::string_view what,
                         uint64_t id, const v1::InboxRow& row) {
  audit::v1::Event event;
  event.set_type(type);
  *event.mutable_actor() = wire::ToProto(actor);
  event.set_custodian(row.member());
  event.add_details(std::string(what));
  event.add_item_ids(absl::StrCat("intake-", id));
  return event;
}

// Names the patients of a message that is read or repaired.
absl::StatusOr<std::string> AddPatients(const IntakeServiceParts& parts, const v1::InboxRow& row,
                                        audit::v1::Event& event) {
  HIE_ASSIGN_OR_RETURN(std::string body, parts.inbox->ReadBody(*parts.inbox->Snapshot(), row));
  for (LocalPatient& patient : parts.intake->PatientsOf(body)) {
    patient.incarnation = 1;
    *event.add_patients() = wire::ToProto(patient);
  }
  return body;
}

absl::StatusOr<v1::ListExceptionsResponse> List(const IntakeServiceParts& parts, const Actor& actor,
                                                const v1::ListExceptionsRequest& request) {
  HIE_ASSIGN_OR_RETURN(const std::string member, AskedMember(parts, actor, request.member()));
  if (request.limit() > kLimitMax) return absl::InvalidArgumentError("limit: want 1..1,000");
  const size_t limit = request.limit() == 0 ? kLimitDefault : request.limit();
  const std::shared_ptr<const KvReader> state = parts.inbox->Snapshot();
  const Table table = request.include_closed() ? inbox::kExceptions : inbox::kOpen;
  HIE_ASSIGN_OR_RETURN(std::vector<uint64_t> numbers,
                       ReadExceptions(*state, table, member, request.after_id(), limit + 1));
  v1::ListExceptionsResponse response;
  response.set_truncated(numbers.size() > limit);
  if (numbers.size() > limit) numbers.resize(limit);
  for (const uint64_t number : numbers) {
    HIE_ASSIGN_OR_RETURN(const std::optional<v1::InboxRow> row, ReadRow(*state, number));
    if (row) *response.add_exceptions() = ToException(number, *row);
  }
  HIE_ASSIGN_OR_RETURN(const std::vector<uint64_t> open,
                       ReadExceptions(*state, inbox::kOpen, member, 0, 0));
  response.set_open(open.size());
  if (open.empty()) return response;
  HIE_ASSIGN_OR_RETURN(const std::optional<v1::InboxRow> oldest, ReadRow(*state, open.front()));
  if (oldest) {
    const absl::Duration age = parts.clock->Now() - absl::FromUnixMicros(oldest->received_micros());
    response.set_oldest_seconds(
        static_cast<uint64_t>(std::max<int64_t>(0, absl::ToInt64Seconds(age))));
  }
  return response;
}

// The message leaves only after its reading is recorded.
void Get(const IntakeServiceParts& parts, const Actor& actor, uint64_t id,
         Answer<v1::GetExceptionResponse> answer) {
  const absl::StatusOr<v1::InboxRow> row = FindException(parts, actor, id);
  if (!row.ok()) return answer(row.status());
  audit::v1::Event event =
      EventOf(actor, audit::v1::EVENT_TYPE_QUERY, "intake-exception-read", id, *row);
  absl::StatusOr<std::string> body = AddPatients(parts, *row, event);
  if (!body.ok()) return answer(body.status());
  v1::GetExceptionResponse response;
  *response.mutable_exception() = ToException(id, *row);
  response.set_message(*std::move(body));
  parts.inbox->RecordReading(
      std::move(event),
      [answer = std::move(answer), response = std::move(response)](const absl::Status& recorded) {
        if (!recorded.ok()) return answer(absl::UnavailableError("the reading is not recorded"));
        answer(response);
      });
}

void Replay(const IntakeServiceParts& parts, const Actor& actor, uint64_t id,
            Answer<v1::ReplayExceptionResponse> answer) {
  const absl::StatusOr<v1::InboxRow> row = FindException(parts, actor, id);
  if (!row.ok()) return answer(row.status());
  audit::v1::Event event =
      EventOf(actor, audit::v1::EVENT_TYPE_CHANGE, "intake-exception-replayed", id, *row);
  const absl::StatusOr<std::string> body = AddPatients(parts, *row, event);
  if (!body.ok()) return answer(body.status());
  // Was replayed before: the same answer again.
  if (row->state() == v1::INBOX_STATE_REPLAYED) {
    v1::ReplayExceptionResponse response;
    *response.mutable_exception() = ToException(id, *row);
    return answer(std::move(response));
  }
  parts.intake->Replay(id, std::move(event),
                       [answer = std::move(answer)](absl::StatusOr<v1::IntakeException> after) {
                         if (!after.ok()) return answer(after.status());
                         v1::ReplayExceptionResponse response;
                         *response.mutable_exception() = *std::move(after);
                         answer(std::move(response));
                       });
}

void Discard(const IntakeServiceParts& parts, const Actor& actor,
             const v1::DiscardExceptionRequest& request,
             Answer<v1::DiscardExceptionResponse> answer) {
  if (request.reason().empty() || request.reason().size() > kReasonBytesMax) {
    return answer(absl::InvalidArgumentError("reason: want 1..500 bytes"));
  }
  const absl::StatusOr<v1::InboxRow> row = FindException(parts, actor, request.id());
  if (!row.ok()) return answer(row.status());
  if (row->state() == v1::INBOX_STATE_DISCARDED) {
    v1::DiscardExceptionResponse response;
    *response.mutable_exception() = ToException(request.id(), *row);
    return answer(std::move(response));
  }
  v1::DiscardMessage discard;
  discard.set_number(request.id());
  discard.set_reason(request.reason());
  *discard.mutable_event() = EventOf(actor, audit::v1::EVENT_TYPE_CHANGE,
                                     "intake-exception-discarded", request.id(), *row);
  parts.inbox->Discard(std::move(discard), [answer = std::move(answer)](
                                               const absl::StatusOr<v1::ClosedMessage>& closed) {
    if (!closed.ok()) return answer(closed.status());
    v1::DiscardExceptionResponse response;
    *response.mutable_exception() = closed->exception();
    answer(std::move(response));
  });
}

void AddCount(const std::string& word, uint64_t count, v1::WordCount& to) {
  to.set_word(word);
  to.set_count(count);
}

void AddCounter(const CounterValue& counter, v1::GetShadowReportResponse& report) {
  switch (counter.counter) {
    case v1::INTAKE_COUNTER_MESSAGE:
      return report.set_messages(counter.value);
    case v1::INTAKE_COUNTER_TYPE:
      return AddCount(counter.word, counter.value, *report.add_by_type());
    case v1::INTAKE_COUNTER_PATIENT:
      return report.set_patients(counter.value);
    case v1::INTAKE_COUNTER_WOULD_LINK:
      return report.set_would_link(counter.value);
    case v1::INTAKE_COUNTER_WOULD_REVIEW:
      return report.set_would_review(counter.value);
    case v1::INTAKE_COUNTER_WOULD_BE_NEW:
      return report.set_would_be_new(counter.value);
    case v1::INTAKE_COUNTER_OVERLAY:
      return report.set_overlays(counter.value);
    case v1::INTAKE_COUNTER_UNMAPPED: {
      v1::UnmappedAuthority& unmapped = *report.add_unmapped();
      unmapped.set_authority(counter.word);
      return unmapped.set_messages(counter.value);
    }
    case v1::INTAKE_COUNTER_UNUSED:
      return AddCount(counter.word, counter.value, *report.add_unused());
    case v1::INTAKE_COUNTER_FIRST:
      return report.set_first_micros(static_cast<int64_t>(counter.value));
    case v1::INTAKE_COUNTER_LAST:
      return report.set_last_micros(static_cast<int64_t>(counter.value));
    default:
      return;
  }
}

absl::StatusOr<v1::GetShadowReportResponse> Report(const IntakeServiceParts& parts,
                                                   const Actor& actor,
                                                   const v1::GetShadowReportRequest& request) {
  HIE_ASSIGN_OR_RETURN(const std::string member, AskedMember(parts, actor, request.member()));
  const std::shared_ptr<const KvReader> state = parts.inbox->Snapshot();
  v1::GetShadowReportResponse report;
  HIE_ASSIGN_OR_RETURN(const std::vector<CounterValue> counters, ReadCounters(*state, member));
  for (const CounterValue& counter : counters) AddCounter(counter, report);
  std::map<std::string, uint64_t> reasons;
  HIE_ASSIGN_OR_RETURN(const std::vector<uint64_t> open,
                       ReadExceptions(*state, inbox::kOpen, member, 0, 0));
  for (const uint64_t number : open) {
    HIE_ASSIGN_OR_RETURN(const std::optional<v1::InboxRow> row, ReadRow(*state, number));
    if (row) ++reasons[row->finding().reason()];
  }
  for (const auto& [reason, count] : reasons) AddCount(reason, count, *report.add_exceptions());
  return report;
}

}  // namespace

void ServeIntake(const IntakeServiceParts& parts, rpc::Server& server) {
  using Context = std::shared_ptr<rpc::CallContext>;
  server.Serve<IntakeService::ListExceptions>(
      [parts](const rpc::CallContext& context, const v1::ListExceptionsRequest& request) {
        return List(parts, context.caller().actor, request);
      });
  server.Serve<IntakeService::GetShadowReport>(
      [parts](const rpc::CallContext& context, const v1::GetShadowReportRequest& request) {
        return Report(parts, context.caller().actor, request);
      });
  server.ServeAsync<IntakeService::GetException>([parts](Context context,
                                                         const v1::GetExceptionRequest& request,
                                                         Answer<v1::GetExceptionResponse> answer) {
    Get(parts, context->caller().actor, request.id(), std::move(answer));
  });
  server.ServeAsync<IntakeService::ReplayException>(
      [parts](Context context, const v1::ReplayExceptionRequest& request,
              Answer<v1::ReplayExceptionResponse> answer) {
        Replay(parts, context->caller().actor, request.id(), std::move(answer));
      });
  server.ServeAsync<IntakeService::DiscardException>(
      [parts](Context context, const v1::DiscardExceptionRequest& request,
              Answer<v1::DiscardExceptionResponse> answer) {
        Discard(parts, context->caller().actor, request, std::move(answer));
      });
}

}  // namespace hie::hl7v2

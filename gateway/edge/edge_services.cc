#include "gateway/edge/edge_services.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gateway/exchange/directory_reading.h"
#include "hie/audit/v1/audit_service.methods.h"
#include "services/common/base/status_macros.h"
#include "services/common/base/uuid.h"
#include "services/common/wire/wire.h"

namespace hie::edge {
namespace {

// Steps that wait for a thread; beyond it they run where they arise.
constexpr size_t kStepsWaitingMax = 4096;

}  // namespace

EdgeServices::EdgeServices(Options options)
    : options_(std::move(options)),
      feed_({.mpi = options_.roles.mpi,
             .registry = options_.roles.registry,
             .directory = options_.directory,
             .clock = options_.clock}),
      queries_(options_.queries_max),
      retrieves_(options_.retrieves_max),
      calls_(options_.calls_max),
      executor_(options_.threads, kStepsWaitingMax),
      scheduler_(options_.clock),
      notes_(options_.roles.consent, &scheduler_, options_.clock) {}

std::string EdgeServices::NewId() const {
  return MakeUuidV7(options_.clock->Now(), *options_.random);
}

absl::StatusOr<std::shared_ptr<const members::MemberDirectory>> EdgeServices::Directory() const {
  std::shared_ptr<const members::MemberDirectory> directory =
      options_.directory->Current().directory;
  if (directory == nullptr) return absl::UnavailableError("the directory has not been read yet");
  return directory;
}

absl::StatusOr<std::shared_ptr<const exchange::DirectoryView>> EdgeServices::View() {
  HIE_ASSIGN_OR_RETURN(std::shared_ptr<const members::MemberDirectory> directory, Directory());
  const MutexLock lock(mutex_);
  if (viewed_ != directory) {
    view_ =
        std::make_shared<exchange::DirectoryView>(exchange::ReadDirectory(directory->members()));
    viewed_ = std::move(directory);
  }
  return view_;
}

bool EdgeServices::IsOperator(const Actor& actor) const {
  const auto directory = options_.directory->Current().directory;
  const Member* member = directory == nullptr ? nullptr : directory->FindMember(actor.member);
  return member != nullptr && member->is_operator;
}

exchange::QueryServices EdgeServices::ForQueries() {
  exchange::QueryServices services;
  services.mpi = options_.roles.mpi;
  services.registry = options_.roles.registry;
  services.consent = options_.roles.consent;
  services.audit = options_.roles.audit;
  services.members = options_.members;
  services.scheduler = &scheduler_;
  services.executor = &executor_;
  services.clock = options_.clock;
  services.note_disclosure = [this](rpc::CallOptions options,
                                    consent::v1::NoteDisclosureRequest request) {
    notes_.Tell(std::move(options), std::move(request));
  };
  return services;
}

void EdgeServices::Stop() {
  queries_.WaitUntilEmpty();
  retrieves_.WaitUntilEmpty();
  calls_.WaitUntilEmpty();
  scheduler_.Stop();
  notes_.WaitUntilIdle();
  executor_.Stop();
}

rpc::CallOptions RoleCall(const rpc::CallContext& context) {
  rpc::CallOptions options = rpc::ChildCall(context);
  // Deadlines of calls are in the machine's time: see CallContext.
  options.deadline = std::min(options.deadline, absl::Now() + kRoleCallTime);
  return options;
}

absl::Status TellCaller(const absl::Status& status, absl::string_view role) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kCancelled:
      return status;
    default:
      return absl::UnavailableError(absl::StrCat(role, " does not answer; try again"));
  }
}

void Record(EdgeServices& services, const rpc::CallContext& context,
            std::vector<audit::v1::Event> events, std::function<void(absl::Status)> next) {
  audit::v1::AppendRequest request;
  for (audit::v1::Event& event : events) *request.add_events() = std::move(event);
  rpc::CallOptions options = rpc::ChildCall(context);
  options.deadline = services.clock().Now() + exchange::kClosingTime;
  services.roles().audit->Call<audit::v1::AuditService::Append>(
      options, request,
      [next = std::move(next)](const absl::StatusOr<audit::v1::AppendResponse>& response) {
        if (response.ok()) return next(absl::OkStatus());
        next(absl::UnavailableError("the audit does not answer; nothing was released"));
      });
}

audit::v1::Event MakeEvent(const EdgeServices& services, const Actor& actor,
                           audit::v1::EventType type, const std::string& detail) {
  audit::v1::Event event;
  event.set_type(type);
  event.set_event_id(services.NewId());
  *event.mutable_actor() = wire::ToProto(actor);
  event.add_details(detail);
  return event;
}

}  // namespace hie::edge

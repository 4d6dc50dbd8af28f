#include "gateway/exchange/query_driver.h"

#include <algorithm>

#include "hie/audit/v1/audit_service.methods.h"
#include "hie/consent/v1/consent_service.methods.h"
#include "hie/mpi/v1/mpi_service.methods.h"
#include "hie/registry/v1/registry_service.methods.h"
#include "services/common/wire/wire.h"

namespace hie::exchange {
namespace {

using audit::v1::AuditService;
using consent::v1::ConsentService;
using mpi::v1::MpiService;
using registry::v1::RegistryService;

constexpr uint32_t kDocumentsMax = 1000;

}  // namespace

void QueryDriver::Start(const QueryServices& services, Query query,
                        std::shared_ptr<rpc::CallContext> context,
                        rpc::ServerWriter<v1::QueryResponse> writer, std::function<void()> done) {
  const std::shared_ptr<QueryDriver> driver(new QueryDriver(
      services, std::move(query), std::move(context), std::move(writer), std::move(done)));
  {
    const MutexLock lock(driver->mutex_);
    driver->self_ = driver;
  }
  driver->Post(event::Begun{});
  driver->context_->WhenCancelled([weak = driver->weak_from_this()] {
    if (const std::shared_ptr<QueryDriver> self = weak.lock()) self->Post(event::CallerGone{});
  });
}

QueryDriver::QueryDriver(const QueryServices& services, Query query,
                         std::shared_ptr<rpc::CallContext> context,
                         rpc::ServerWriter<v1::QueryResponse> writer, std::function<void()> done)
    : services_(services),
      asker_{query.actor, query.session_id},
      directory_(query.directory),
      deadline_(services.clock->Now() + query.budget + kStopGrace),
      context_(std::move(context)),
      writer_(std::move(writer)),
      reducer_(std::move(query)),
      done_(std::move(done)) {}

void QueryDriver::Post(QueryEvent event) {
  {
    const MutexLock lock(mutex_);
    if (self_ == nullptr) return;  // Closed: a late answer changes nothing.
    events_.push_back(std::move(event));
    if (std::exchange(draining_, true)) return;
  }
  services_.executor->Run([self = shared_from_this()] { self->Drain(); });
}

void QueryDriver::Drain() {
  while (true) {
    std::optional<QueryEvent> event;
    {
      const MutexLock lock(mutex_);
      if (events_.empty()) {
        draining_ = false;
        return;
      }
      event = std::move(events_.front());
      events_.pop_front();
    }
    const std::vector<QueryAction> actions =
        reducer_.Step(services_.clock->Now(), *std::move(event));
    for (const QueryAction& action : actions) {
      std::visit([this](const auto& wanted) { Do(wanted); }, action);
    }
    if (reducer_.finished()) return Close();
  }
}

// `draining_` stays set: nothing is stepped after this.
void QueryDriver::Close() {
  std::shared_ptr<QueryDriver> self;
  {
    const MutexLock lock(mutex_);
    self = std::move(self_);
    events_.clear();
  }
  questions_.clear();
  done_();
}

rpc::CallOptions QueryDriver::CallWithin(absl::Time deadline) const {
  rpc::CallOptions options = rpc::ChildCall(*context_);
  options.deadline = deadline;
  return options;
}

template <typename Method>
void QueryDriver::Call(
    rpc::Channel& channel, const typename Method::Request& request,
    std::function<QueryEvent(absl::StatusOr<typename Method::Response>)> to_event) {
  const uint64_t number = ++last_call_;
  {
    // A placeholder first: the answer may come before the handle does.
    const MutexLock lock(mutex_);
    calls_[number] = nullptr;
  }
  std::shared_ptr<rpc::CallHandle> handle =
      channel.Call<Method>(CallWithin(deadline_), request,
                           [self = shared_from_this(), number, to_event = std::move(to_event)](
                               absl::StatusOr<typename Method::Response> response) {
                             {
                               const MutexLock lock(self->mutex_);
                               self->calls_.erase(number);
                             }
                             self->Post(to_event(std::move(response)));
                           });
  const MutexLock lock(mutex_);
  const auto at = calls_.find(number);
  if (at != calls_.end()) at->second = std::move(handle);
}

void QueryDriver::Do(const action::ResolvePerson& action) {
  mpi::v1::ResolvePersonRequest request;
  if (const auto* patient = std::get_if<LocalPatient>(&action.subject)) {
    *request.mutable_patient() = wire::ToProto(*patient);
  } else {
    request.set_eid(std::get<EnterpriseId>(action.subject).value());
  }
  Call<MpiService::ResolvePerson>(
      *services_.mpi, request, [](absl::StatusOr<mpi::v1::ResolvePersonResponse> response) {
        if (!response.ok()) return event::PersonResolved{response.status()};
        absl::StatusOr<Person> person = FromProto(response->person());
        // A shape that is not promised is the index's fault, not the caller's.
        if (!person.ok()) return event::PersonResolved{absl::InternalError("person: bad shape")};
        return event::PersonResolved{*std::move(person)};
      });
}

void QueryDriver::Do(const action::SearchPersons& action) {
  mpi::v1::SearchPersonsRequest request;
  *request.mutable_demographics() = wire::ToProto(action.demographics);
  request.set_include_protected(!asker_.session_id.empty());
  Call<MpiService::SearchPersons>(
      *services_.mpi, request, [](absl::StatusOr<mpi::v1::SearchPersonsResponse> response) {
        if (!response.ok()) return event::PersonsFound{response.status()};
        absl::StatusOr<SearchResult> result = FromProto(*response);
        if (!result.ok()) return event::PersonsFound{absl::InternalError("persons: bad shape")};
        return event::PersonsFound{*std::move(result)};
      });
}

void QueryDriver::Do(const action::LocateRecords& action) {
  registry::v1::FindRequest request;
  for (const LocalPatient& patient : action.patients) {
    *request.add_patients() = wire::ToProto(patient);
  }
  request.set_current_only(!action.superseded);
  request.set_limit(kDocumentsMax);
  Call<RegistryService::Find>(*services_.registry, request,
                              [](absl::StatusOr<registry::v1::FindResponse> response) {
                                if (!response.ok()) return event::RecordsLocated{response.status()};
                                return event::RecordsLocated{FromProto(*response)};
                              });
}

void QueryDriver::Do(const action::DecideBatch& action) {
  Call<ConsentService::Decide>(
      *services_.consent, ToProto(action, asker_),
      [batch = action.batch](absl::StatusOr<consent::v1::DecideResponse> response) {
        if (!response.ok()) return event::BatchDecided{batch, response.status()};
        return event::BatchDecided{batch, FromProto(*response)};
      });
}

// Not among the calls that the end cancels: what left must be on record, and the caller's going
// changes nothing about that.
void QueryDriver::Do(const action::AppendEvents& action) {
  audit::v1::AppendRequest request;
  for (const AuditEvent& event : action.events) *request.add_events() = ToProto(event, asker_);
  const absl::Time deadline = over_ ? services_.clock->Now() + kClosingTime
                                    : std::max(deadline_, services_.clock->Now() + kClosingTime);
  services_.audit->Call<AuditService::Append>(
      CallWithin(deadline), request,
      [self = shared_from_this(),
       append = action.append](absl::StatusOr<audit::v1::AppendResponse> response) {
        self->Post(event::EventsAppended{append, response.status()});
      });
}

void QueryDriver::Do(const action::ConfirmLinks& action) {
  mpi::v1::ConfirmLinksRequest request;
  request.set_eid(action.eid.value());
  request.set_link_version(action.link_version);
  Call<MpiService::ConfirmLinks>(
      *services_.mpi, request,
      [batch = action.batch](absl::StatusOr<mpi::v1::ConfirmLinksResponse> response) {
        return event::LinksConfirmed{batch, response.status()};
      });
}

void QueryDriver::Do(const action::ConfirmConsent& action) {
  absl::StatusOr<consent::v1::ConfirmFenceRequest> request = ToProto(action.token);
  if (!request.ok()) {
    return Post(event::ConsentConfirmed{action.batch, absl::InternalError("token: bad shape")});
  }
  Call<ConsentService::ConfirmFence>(
      *services_.consent, *request,
      [batch = action.batch](absl::StatusOr<consent::v1::ConfirmFenceResponse> response) {
        return event::ConsentConfirmed{batch, response.status()};
      });
}

void QueryDriver::Do(const action::AskMember& action) {
  questions_[action.question] = services_.members->Ask(
      action.member_question,
      [self = shared_from_this(), question = action.question](MemberAnswer answer) {
        self->Post(event::MemberAnswered{question, std::move(answer)});
      });
}

void QueryDriver::Do(const action::CancelQuestion& action) {
  const auto at = questions_.find(action.question);
  if (at == questions_.end()) return;
  if (at->second != nullptr) at->second->Cancel();
  questions_.erase(at);
}

void QueryDriver::Do(const action::WriteBatch& action) {
  const WireBatch wire = ToWire(*action.batch, action.head, *directory_);
  // Asked after the bytes are made: making them takes time too.
  if (services_.clock->Now() > action.not_after) return Post(event::WriteTooLate{});
  writer_.Write(wire.response,
                [self = shared_from_this(), bytes = wire.bytes, sha256 = wire.sha256](bool taken) {
                  self->Post(event::Written{taken, bytes, sha256});
                });
}

void QueryDriver::WriteMessage(const v1::QueryResponse& response) {
  writer_.Write(response, [self = shared_from_this()](bool taken) {
    self->Post(event::Written{taken, 0, ""});
  });
}

void QueryDriver::Do(const action::WriteOutcome& action) { WriteMessage(ToWire(action.outcome)); }

void QueryDriver::Do(const action::WriteEnd& action) { WriteMessage(ToWire(action.end)); }

void QueryDriver::Do(const action::NoteDisclosure& action) {
  consent::v1::NoteDisclosureRequest request;
  request.set_session_id(asker_.session_id);
  request.add_custodians(action.custodian.value());
  services_.note_disclosure(rpc::ChildCall(*context_), std::move(request));
}

void QueryDriver::Do(const action::SetTimer& action) {
  services_.scheduler->After(std::max(action.at - services_.clock->Now(), absl::ZeroDuration()),
                             [weak = weak_from_this(), timer = action.timer] {
                               if (const std::shared_ptr<QueryDriver> self = weak.lock()) {
                                 self->Post(event::TimerFired{timer});
                               }
                             });
}

void QueryDriver::Do(const action::Finish& action) {
  over_ = true;
  writer_.Finish(action.status);
  std::map<uint64_t, std::shared_ptr<rpc::CallHandle>> calls;
  {
    const MutexLock lock(mutex_);
    calls = calls_;
  }
  for (const auto& [number, call] : calls) {
    if (call != nullptr) call->Cancel();
  }
  questions_.clear();
}

}  // namespace hie::exchange

// IdentityService.ConfirmOwnLink.
#include <algorithm>
#include <utility>

#include "gateway/edge/identity_handlers.h"
#include "gateway/edge/identity_steward.h"
#include "gateway/edge/place_check.h"
#include "gateway/exchange/query_wire.h"
#include "gateway/feed/admission.h"
#include "hie/mpi/v1/mpi_service.methods.h"
#include "hie/mpi/v1/review_service.methods.h"
#include "services/common/wire/wire.h"

namespace hie::edge {
namespace {

using mpi::v1::MpiService;

constexpr absl::string_view kRegistrar = "registrar";
constexpr size_t kReasonBytesMax = 1024;
// Possible links of one record that are read; more are not looked at.
constexpr uint32_t kTasksMax = 1000;

bool SameHolder(const common::v1::LocalPatient& wanted, const common::v1::LocalPatient& held) {
  return wanted.assigning_authority() == held.assigning_authority() && wanted.id() == held.id() &&
         (wanted.incarnation() == 0 || wanted.incarnation() == held.incarnation());
}

bool SameKey(const common::v1::LocalPatient& a, const common::v1::LocalPatient& b) {
  return a.assigning_authority() == b.assigning_authority() && a.id() == b.id() &&
         a.incarnation() == b.incarnation();
}

// The record of the id among a person's; of several holders the last.  Null: none that is not held.
const mpi::v1::Record* FindHolder(const mpi::v1::Person& person,
                                  const common::v1::LocalPatient& wanted) {
  const mpi::v1::Record* found = nullptr;
  for (const mpi::v1::Record& record : person.records()) {
    if (record.provisional() || !SameHolder(wanted, record.patient())) continue;
    const bool later =
        found == nullptr || record.patient().incarnation() > found->patient().incarnation();
    if (later) found = &record;
  }
  return found;
}

// Why the index refuses may tell of records that the caller may not know.
absl::Status ToldOf(const absl::Status& refused) {
  const bool passing = absl::IsUnavailable(refused) || absl::IsResourceExhausted(refused) ||
                       absl::IsCancelled(refused);
  if (passing) return refused;
  return absl::FailedPreconditionError("the link cannot be confirmed; a steward decides");
}

// What a registrar alone may do: neither a member's system nor another of its users.
absl::Status CheckRegistrar(const Actor& actor) {
  const bool registrar =
      std::find(actor.roles.begin(), actor.roles.end(), kRegistrar) != actor.roles.end();
  if (!actor.user.empty() && registrar) return absl::OkStatus();
  return absl::PermissionDeniedError("a link is confirmed by a registrar of the record's member");
}

// One confirmation, step by step.
//
// Every way to a refusal of the other record sounds alike: an id of nobody, one that was never
// taken for the patient, and one whose place may not be known.
class Confirmation : public std::enable_shared_from_this<Confirmation> {
 public:
  Confirmation(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
               const exchange::v1::ConfirmOwnLinkRequest& request,
               Answer<exchange::v1::ConfirmOwnLinkResponse> answer)
      : services_(services),
        context_(std::move(context)),
        request_(request),
        answer_(std::move(answer)) {}

  void Start() {
    const absl::Status read = Read();
    if (!read.ok()) return answer_(read);
    Resolve(own_, [self = shared_from_this()](const absl::StatusOr<mpi::v1::Person>& person) {
      const absl::Status unknown = absl::NotFoundError("own: unknown");
      if (absl::IsNotFound(person.status())) return self->answer_(unknown);
      if (!person.ok()) return self->answer_(person.status());
      const mpi::v1::Record* record = FindHolder(*person, wire::ToProto(self->own_));
      if (record == nullptr) return self->answer_(unknown);
      self->own_record_ = record->patient();
      self->own_eid_ = person->eid();
      self->ResolveOther();
    });
  }

 private:
  absl::Status Read() {
    const absl::Status registrar = CheckRegistrar(context_->caller().actor);
    if (!registrar.ok()) return registrar;
    if (request_.reason().empty() || request_.reason().size() > kReasonBytesMax) {
      return absl::InvalidArgumentError("reason: want 1 to 1024 bytes");
    }
    const auto directory = services_.Directory();
    if (!directory.ok()) return directory.status();
    const absl::Status admitted = feed::Admit(context_->caller().actor, **directory, "own",
                                              feed::Effect::kContribute, *request_.mutable_own());
    if (!admitted.ok()) return admitted;
    const auto own = wire::FromProto(request_.own(), "own", wire::Incarnation::kMayBeCurrent);
    if (!own.ok()) return own.status();
    const auto other = wire::FromProto(request_.other(), "other", wire::Incarnation::kMayBeCurrent);
    if (!other.ok()) return other.status();
    const auto view = services_.View();
    if (!view.ok()) return view.status();
    own_ = *own;
    other_ = (*view)->Normalise(*other);
    return absl::OkStatus();
  }

  static absl::Status UnknownOther() { return absl::NotFoundError("other: unknown"); }

  void Resolve(const LocalPatient& patient,
               std::function<void(absl::StatusOr<mpi::v1::Person>)> next) {
    mpi::v1::ResolvePersonRequest resolve;
    *resolve.mutable_patient() = wire::ToProto(patient);
    CallRole<MpiService::ResolvePerson>(
        *services_.roles().mpi, kPatientIndex, *context_, resolve,
        [next = std::move(next)](absl::StatusOr<mpi::v1::ResolvePersonResponse> resolved) {
          if (!resolved.ok()) return next(resolved.status());
          next(std::move(*resolved->mutable_person()));
        });
  }

  void ResolveOther() {
    Resolve(other_, [self = shared_from_this()](const absl::StatusOr<mpi::v1::Person>& person) {
      if (absl::IsUnavailable(person.status())) return self->answer_(person.status());
      const mpi::v1::Record* record =
          person.ok() ? FindHolder(*person, wire::ToProto(self->other_)) : nullptr;
      if (record == nullptr) return self->answer_(UnknownOther());
      self->other_record_ = record->patient();
      self->other_version_ = record->version();
      auto converted = exchange::FromProto(*person);
      if (!converted.ok()) return self->answer_(absl::InternalError("person: bad shape"));
      self->other_person_ = *std::move(converted);
      if (person->eid() == self->own_eid_) return self->CheckOther();
      self->FindPossibleLink();
    });
  }

  // Every open possible link is a task; the person alone does not tell which records it is between.
  void FindPossibleLink() {
    mpi::v1::ListTasksRequest list;
    *list.mutable_patient() = own_record_;
    list.set_kind(mpi::v1::TASK_KIND_POSSIBLE_LINK);
    list.set_limit(kTasksMax);
    CallRole<mpi::v1::ReviewService::ListTasks>(
        *services_.roles().mpi, kPatientIndex, *context_, list,
        [self = shared_from_this()](const absl::StatusOr<mpi::v1::ListTasksResponse>& listed) {
          if (absl::IsUnavailable(listed.status())) return self->answer_(listed.status());
          if (!listed.ok() || !self->IsAmong(*listed)) return self->answer_(UnknownOther());
          self->CheckOther();
        });
  }

  bool IsAmong(const mpi::v1::ListTasksResponse& listed) const {
    return std::any_of(listed.tasks().begin(), listed.tasks().end(), [this](const auto& task) {
      return (SameKey(task.first(), own_record_) && SameKey(task.second(), other_record_)) ||
             (SameKey(task.first(), other_record_) && SameKey(task.second(), own_record_));
    });
  }

  // What a registrar confirms is for the patient's treatment here: they may name what a physician
  // of the member would be told.
  void CheckOther() {
    Actor physician = context_->caller().actor;
    physician.purpose = Purpose::kTreat;
    CheckPlace(services_, context_, physician, other_, other_person_,
               [self = shared_from_this()](const absl::Status& status) {
                 if (absl::IsNotFound(status)) return self->answer_(UnknownOther());
                 if (!status.ok()) return self->answer_(status);
                 self->PutOnRecord();
               });
  }

  void PutOnRecord() {
    RecordReading(services_, *context_, "identity-confirm", {own_record_, other_record_},
                  [self = shared_from_this()](const absl::Status& recorded) {
                    if (!recorded.ok()) return self->answer_(recorded);
                    self->Decide();
                  });
  }

  void Decide() {
    mpi::v1::DecideLinkRequest decide;
    *decide.mutable_actor() = wire::ToProto(context_->caller().actor);
    *decide.mutable_first() = own_record_;
    *decide.mutable_second() = other_record_;
    decide.set_same_person(true);
    decide.set_reason(request_.reason());
    decide.set_authority(mpi::v1::DECISION_AUTHORITY_REGISTRAR);
    decide.set_first_version(request_.own_version());
    decide.set_second_version(other_version_);
    CallRole<MpiService::DecideLink>(
        *services_.roles().mpi, kPatientIndex, *context_, decide,
        [self = shared_from_this()](absl::StatusOr<mpi::v1::DecideLinkResponse> decided) {
          if (!decided.ok()) return self->answer_(ToldOf(decided.status()));
          exchange::v1::ConfirmOwnLinkResponse response;
          response.set_eid(decided->first_eid());
          self->answer_(std::move(response));
        });
  }

  EdgeServices& services_;
  const std::shared_ptr<rpc::CallContext> context_;
  exchange::v1::ConfirmOwnLinkRequest request_;
  const Answer<exchange::v1::ConfirmOwnLinkResponse> answer_;
  LocalPatient own_;
  LocalPatient other_;
  // As the index has them.
  common::v1::LocalPatient own_record_;
  common::v1::LocalPatient other_record_;
  std::string own_eid_;
  uint64_t other_version_ = 0;
  exchange::Person other_person_;
};

}  // namespace

void ConfirmOwnLink(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                    const exchange::v1::ConfirmOwnLinkRequest& request,
                    Answer<exchange::v1::ConfirmOwnLinkResponse> answer) {
  std::make_shared<Confirmation>(services, std::move(context), request, std::move(answer))->Start();
}

}  // namespace hie::edge

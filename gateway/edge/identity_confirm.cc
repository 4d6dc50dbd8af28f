// IdentityService.ConfirmOwnLink.
#include <algorithm>
#include <utility>

#include "gateway/edge/identity_handlers.h"
#include "gateway/edge/identity_steward.h"
#include "gateway/edge/place_check.h"
#include "gateway/edge/subject.h"
#include "gateway/feed/admission.h"
#include "hie/mpi/v1/mpi_service.methods.h"
#include "services/common/wire/wire.h"

namespace hie::edge {
namespace {

using mpi::v1::MpiService;

bool SameHolder(const LocalPatient& wanted, const LocalPatient& held) {
  return wanted.assigning_authority == held.assigning_authority && wanted.id == held.id &&
         (wanted.incarnation == 0 || wanted.incarnation == held.incarnation);
}

// The patient is among those whose link with the person is open.
bool IsPossible(const LocalPatient& patient, const exchange::Person& person) {
  return std::any_of(person.possible.begin(), person.possible.end(),
                     [&patient](const auto& held) { return SameHolder(patient, held); });
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
    ResolveRecord(services_, *context_, own_,
                  [self = shared_from_this()](absl::StatusOr<exchange::Person> person) {
                    if (absl::IsNotFound(person.status())) {
                      return self->answer_(absl::NotFoundError("own: unknown"));
                    }
                    if (!person.ok()) return self->answer_(person.status());
                    self->own_person_ = *std::move(person);
                    self->ResolveOther();
                  });
  }

 private:
  absl::Status Read() {
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

  void ResolveOther() {
    ResolveRecord(services_, *context_, other_,
                  [self = shared_from_this()](absl::StatusOr<exchange::Person> person) {
                    if (absl::IsUnavailable(person.status())) {
                      return self->answer_(person.status());
                    }
                    if (!person.ok() || !self->Concerns(*person)) {
                      return self->answer_(UnknownOther());
                    }
                    self->CheckOther(*person);
                  });
  }

  bool Concerns(const exchange::Person& other) const {
    return other.eid == own_person_.eid || IsPossible(other_, own_person_) ||
           IsPossible(own_, other);
  }

  // What a registrar confirms is for the patient's treatment here: they may name what a physician
  // of the member would be told.
  void CheckOther(const exchange::Person& person) {
    Actor physician = context_->caller().actor;
    physician.purpose = Purpose::kTreat;
    CheckPlace(services_, context_, physician, other_, person,
               [self = shared_from_this()](const absl::Status& status) {
                 if (absl::IsNotFound(status)) return self->answer_(UnknownOther());
                 if (!status.ok()) return self->answer_(status);
                 self->PutOnRecord();
               });
  }

  void PutOnRecord() {
    RecordReading(services_, *context_, "identity-confirm",
                  {wire::ToProto(own_), wire::ToProto(other_)},
                  [self = shared_from_this()](const absl::Status& recorded) {
                    if (!recorded.ok()) return self->answer_(recorded);
                    self->Decide();
                  });
  }

  void Decide() {
    mpi::v1::DecideLinkRequest decide;
    *decide.mutable_actor() = wire::ToProto(context_->caller().actor);
    *decide.mutable_first() = wire::ToProto(own_);
    *decide.mutable_second() = wire::ToProto(other_);
    decide.set_same_person(true);
    decide.set_reason(request_.reason());
    decide.set_authority(mpi::v1::DECISION_AUTHORITY_REGISTRAR);
    decide.set_first_version(request_.own_version());
    CallRole<MpiService::DecideLink>(
        *services_.roles().mpi, kPatientIndex, *context_, decide,
        [self = shared_from_this()](absl::StatusOr<mpi::v1::DecideLinkResponse> decided) {
          if (!decided.ok()) return self->answer_(decided.status());
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
  exchange::Person own_person_;
};

}  // namespace

void ConfirmOwnLink(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                    const exchange::v1::ConfirmOwnLinkRequest& request,
                    Answer<exchange::v1::ConfirmOwnLinkResponse> answer) {
  std::make_shared<Confirmation>(services, std::move(context), request, std::move(answer))->Start();
}

}  // namespace hie::edge

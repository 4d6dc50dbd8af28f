#include "gateway/feed/patient_feed.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "gateway/feed/admission.h"
#include "hie/mpi/v1/mpi_service.methods.h"
#include "hie/registry/v1/registry_service.methods.h"
#include "services/common/crypto/hash.h"
#include "services/common/wire/wire.h"

namespace hie::feed {
namespace {

using members::MemberDirectory;

// The claim and the documents of a patient.  Its id is its content's hash, so that a repetition
// is the same submission and a change is another one.
enum class Parts { kAll, kClaims };

registry::v1::SubmitRequest MakeSubmission(const Actor& actor, const FedPatient& fed,
                                           const MemberDirectory& directory,
                                           const common::v1::LocalPatient& patient, Parts parts) {
  registry::v1::SubmitRequest request;
  std::vector<std::string> facilities;
  for (const std::string& facility : fed.facilities) {
    facilities.push_back(ClaimedPlace(directory, actor.member, facility, fed.unit));
  }
  if (facilities.empty()) {
    // A unit says where only together with its facility.
    facilities.push_back(fed.unit.empty() ? ""
                                          : ClaimedPlace(directory, actor.member, "", fed.unit));
  }
  for (const std::string& facility : facilities) {
    registry::v1::Claim* claim = request.add_claims();
    *claim->mutable_patient() = patient;
    claim->set_member(actor.member.value());
    claim->set_state(registry::v1::LOCATOR_STATE_CLAIMED);
    if (!facility.empty()) claim->set_facility(facility);
  }
  if (parts == Parts::kAll) {
    for (const FedDocument& document : fed.documents) {
      registry::v1::DocumentEntry* entry = request.add_documents();
      *entry = document.entry;
      CompleteDocument(document.security_codes, directory, actor.member, patient, *entry);
    }
  }
  // Feeds come out of order: a document may arrive before the one that it replaces.
  request.set_relation_policy(registry::v1::RELATION_POLICY_STORE_UNLINKED);
  request.set_submission_id(absl::BytesToHexString(crypto::Sha256(request.SerializeAsString())));
  *request.mutable_actor() = wire::ToProto(actor);
  return request;
}

// Whether the registry will say the same of the same again.
bool IsRefusal(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsAlreadyExists(status) ||
         absl::IsFailedPrecondition(status);
}

// One patient's way into the registry, once the index knows it.
struct Filing {
  PatientFeed::Options options;
  Actor actor;
  std::shared_ptr<const MemberDirectory> directory;
  FedPatient fed;
  mpi::v1::RegisterRecordResponse identity;
  PatientFeed::Registered registered;
};

void Submit(const std::shared_ptr<const Filing>& filing, Parts parts,
            std::function<void(const absl::Status&)> next) {
  rpc::CallOptions call;
  call.deadline = filing->options.clock->Now() + filing->options.timeout;
  call.request_id = filing->actor.request_id;
  filing->options.registry->Call<registry::v1::RegistryService::Submit>(
      call,
      MakeSubmission(filing->actor, filing->fed, *filing->directory, filing->identity.patient(),
                     parts),
      [next = std::move(next)](const absl::StatusOr<registry::v1::SubmitResponse>& submitted) {
        next(submitted.status());
      });
}

// A submission is taken as a whole or not at all.  A document that is refused must not take the
// claim with it: where a patient was seen decides whether the place may be named at all.
void File(const std::shared_ptr<const Filing>& filing) {
  Submit(filing, Parts::kAll, [filing](const absl::Status& submitted) {
    if (submitted.ok()) return filing->registered(filing->identity);
    if (!IsRefusal(submitted) || filing->fed.documents.empty()) {
      return filing->registered(submitted);
    }
    Submit(filing, Parts::kClaims, [filing, submitted](const absl::Status& claimed) {
      filing->registered(claimed.ok() ? submitted : claimed);
    });
  });
}

}  // namespace

void PatientFeed::Register(const Actor& actor, FedPatient patient, Registered registered) const {
  const std::shared_ptr<const MemberDirectory> directory = options_.directory->Current().directory;
  if (directory == nullptr) {
    return registered(absl::UnavailableError("the directory has not been read yet"));
  }
  if (absl::Status admitted =
          Admit(actor, *directory, "patient", Effect::kContribute, patient.patient);
      !admitted.ok()) {
    return registered(std::move(admitted));
  }
  mpi::v1::RegisterRecordRequest request;
  *request.mutable_actor() = wire::ToProto(actor);
  *request.mutable_patient() = patient.patient;
  *request.mutable_demographics() = patient.demographics;
  request.set_event_micros(patient.event_micros);
  request.set_kind(patient.kind);
  request.set_expected_version(patient.expected_version);
  rpc::CallOptions call;
  call.deadline = options_.clock->Now() + options_.timeout;
  call.request_id = actor.request_id;
  options_.mpi->Call<mpi::v1::MpiService::RegisterRecord>(
      call, request,
      [options = options_, actor, directory, fed = std::move(patient),
       registered = std::move(registered)](
          absl::StatusOr<mpi::v1::RegisterRecordResponse> identity) mutable {
        if (!identity.ok()) return registered(identity.status());
        File(std::make_shared<const Filing>(Filing{std::move(options), std::move(actor),
                                                   std::move(directory), std::move(fed),
                                                   *std::move(identity), std::move(registered)}));
      });
}

void PatientFeed::Preview(const Actor& actor, FedPatient patient, Previewed previewed) const {
  const std::shared_ptr<const MemberDirectory> directory = options_.directory->Current().directory;
  if (directory == nullptr) {
    return previewed(absl::UnavailableError("the directory has not been read yet"));
  }
  if (absl::Status admitted =
          Admit(actor, *directory, "patient", Effect::kPreview, patient.patient);
      !admitted.ok()) {
    return previewed(std::move(admitted));
  }
  mpi::v1::PreviewRecordRequest request;
  *request.mutable_patient() = patient.patient;
  *request.mutable_demographics() = patient.demographics;
  rpc::CallOptions call;
  call.deadline = options_.clock->Now() + options_.timeout;
  call.request_id = actor.request_id;
  options_.mpi->Call<mpi::v1::MpiService::PreviewRecord>(call, request, std::move(previewed));
}

bool PatientFeed::MayContribute(const MemberId& member) const {
  const std::shared_ptr<const MemberDirectory> directory = options_.directory->Current().directory;
  const Member* found = directory == nullptr ? nullptr : directory->FindMember(member);
  return found != nullptr && found->state == MemberState::kLive;
}

}  // namespace hie::feed

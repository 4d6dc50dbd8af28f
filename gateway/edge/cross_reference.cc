// CrossReference (ITI-83).
#include <algorithm>
#include <utility>

#include "gateway/edge/person_finder.h"
#include "gateway/edge/person_release.h"
#include "gateway/exchange/places.h"
#include "hie/mpi/v1/mpi_service.methods.h"
#include "services/common/wire/wire.h"

namespace hie::edge {
namespace {

using exchange::v1::CrossReferenceRequest;
using exchange::v1::CrossReferenceResponse;
using mpi::v1::MpiService;

constexpr int kDomainsMax = 64;

// One question on its way.
struct Reference {
  LocalPatient source;
  std::vector<std::string> targets;  // Empty: all.
  std::shared_ptr<const exchange::DirectoryView> view;
  MemberId caller;
  CrossReferenceResponse response;
};

bool IsSource(const Reference& reference, const exchange::Record& record) {
  return record.patient.assigning_authority == reference.source.assigning_authority &&
         record.patient.id == reference.source.id;
}

bool Wants(const Reference& reference, const exchange::Record& record) {
  const std::string& domain = record.patient.assigning_authority;
  const auto& targets = reference.targets;
  return exchange::InUse(record) && !IsSource(reference, record) &&
         (targets.empty() || std::find(targets.begin(), targets.end(), domain) != targets.end());
}

// The source must be an id that the caller may read.  A removed one is nobody's any more.
std::optional<std::string> Show(Reference& reference, const VisiblePerson& visible) {
  const bool known = std::any_of(
      visible.records.begin(), visible.records.end(), [&reference](const exchange::Record* record) {
        return record->patient.assigning_authority == reference.source.assigning_authority &&
               !(record->removed && IsSource(reference, *record));
      });
  if (!known) return std::nullopt;
  CrossReferenceResponse& response = reference.response;
  response.set_outcome(exchange::v1::CROSS_REFERENCE_OUTCOME_OK);
  response.set_eid(visible.person->eid.value());
  for (const exchange::Record* record : visible.records) {
    if (Wants(reference, *record)) *response.add_targets() = wire::ToProto(record->patient);
  }
  return response.SerializeAsString();
}

// Nobody, or a person: both are on record, and both take the same way.
void Release(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
             const std::shared_ptr<Reference>& reference, std::vector<exchange::Person> persons,
             Answer<CrossReferenceResponse> answer) {
  PersonRelease::Options options{std::move(context), reference->view, "cross-reference", false,
                                 std::move(persons)};
  reference->response.set_outcome(exchange::v1::CROSS_REFERENCE_OUTCOME_SOURCE_ID_UNKNOWN);
  PersonRelease::Start(
      services, std::move(options),
      [reference](const VisiblePerson& visible) { return Show(*reference, visible); },
      [reference, answer = std::move(answer)](const absl::Status& status) {
        if (!status.ok()) return answer(status);
        answer(std::move(reference->response));
      });
}

void Resolve(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
             const std::shared_ptr<Reference>& reference, Answer<CrossReferenceResponse> answer) {
  mpi::v1::ResolvePersonRequest request;
  *request.mutable_patient() = wire::ToProto(reference->source);
  CallRole<MpiService::ResolvePerson>(
      *services.roles().mpi, "the patient index", *context, request,
      [&services, context, reference,
       answer = std::move(answer)](absl::StatusOr<mpi::v1::ResolvePersonResponse> response) {
        // Held or split: an id of which nothing can be said is told as unknown.
        if (absl::IsNotFound(response.status()) || absl::IsFailedPrecondition(response.status())) {
          return Release(services, context, reference, {}, answer);
        }
        if (!response.ok()) return answer(response.status());
        absl::StatusOr<exchange::Person> person = exchange::FromProto(response->person());
        if (!person.ok()) return answer(absl::InternalError("person: bad shape"));
        std::vector<exchange::Person> persons;
        persons.push_back(*std::move(person));
        Release(services, context, reference, std::move(persons), answer);
      });
}

}  // namespace

void CrossReference(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                    const CrossReferenceRequest& request, Answer<CrossReferenceResponse> answer) {
  auto view = services.View();
  if (!view.ok()) return answer(view.status());
  auto source = wire::FromProto(request.source(), "source", wire::Incarnation::kMayBeCurrent);
  if (!source.ok()) return answer(source.status());
  if (request.target_domains_size() > kDomainsMax) {
    return answer(absl::InvalidArgumentError("target_domains: want at most 64"));
  }
  CrossReferenceResponse unknown;
  if ((*view)->OwnerOf(source->assigning_authority) == nullptr) {
    unknown.set_outcome(exchange::v1::CROSS_REFERENCE_OUTCOME_SOURCE_DOMAIN_UNKNOWN);
    return answer(std::move(unknown));
  }
  for (const std::string& domain : request.target_domains()) {
    if ((*view)->OwnerOf(domain) != nullptr) continue;
    unknown.set_outcome(exchange::v1::CROSS_REFERENCE_OUTCOME_TARGET_DOMAIN_UNKNOWN);
    return answer(std::move(unknown));
  }
  const auto reference = std::make_shared<Reference>(
      Reference{(*view)->Normalise(*std::move(source)),
                {request.target_domains().begin(), request.target_domains().end()},
                *view,
                context->caller().actor.member,
                {}});
  Resolve(services, context, reference, std::move(answer));
}

}  // namespace hie::edge

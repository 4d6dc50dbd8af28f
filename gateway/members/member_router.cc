#include "gateway/members/member_router.h"

namespace hie::members {
namespace {

// Nothing is under way.
class AnsweredAtOnce final : public exchange::MemberCall {
 public:
  void Cancel() override {}
};

}  // namespace

MemberRouter::Way MemberRouter::WayTo(const MemberId& member) const {
  const auto directory = directory_->Current().directory;
  const Member* const found = directory == nullptr ? nullptr : directory->FindMember(member);
  if (found == nullptr) return Way::kAgent;
  bool index_only = false;
  for (const MemberEndpoint& endpoint : found->endpoints) {
    if (endpoint.kind == EndpointKind::kAgent) return Way::kAgent;
    if (endpoint.kind == EndpointKind::kFhirR4) return Way::kFhir;
    index_only = index_only || endpoint.kind == EndpointKind::kRegistryOnly;
  }
  // No endpoint said: an agent may attach, and is missed where it does not.
  return index_only ? Way::kIndexOnly : Way::kAgent;
}

std::shared_ptr<exchange::MemberCall> MemberRouter::Ask(
    const exchange::MemberQuestion& question, std::function<void(exchange::MemberAnswer)> done) {
  switch (WayTo(question.member)) {
    case Way::kAgent:
      return agents_->Ask(question, std::move(done));
    case Way::kFhir:
      if (fhir_ != nullptr) return fhir_->Ask(question, std::move(done));
      done({exchange::MemberAnswerStatus::kUnreachable, {}, {}});
      break;
    case Way::kIndexOnly:
      done({exchange::MemberAnswerStatus::kComplete, {}, {}});
      break;
  }
  return std::make_shared<AnsweredAtOnce>();
}

std::shared_ptr<exchange::MemberCall> MemberRouter::Fetch(
    const exchange::ContentRequest& request, std::function<bool(absl::string_view)> on_chunk,
    std::function<void(absl::Status)> done) {
  switch (WayTo(request.member)) {
    case Way::kAgent:
      return agents_->Fetch(request, std::move(on_chunk), std::move(done));
    case Way::kFhir:
      if (fhir_ != nullptr) return fhir_->Fetch(request, std::move(on_chunk), std::move(done));
      done(absl::UnavailableError("document: the member cannot be reached"));
      break;
    case Way::kIndexOnly:
      done(absl::NotFoundError("document: the member keeps no content"));
      break;
  }
  return std::make_shared<AnsweredAtOnce>();
}

bool MemberRouter::Reachable(const MemberId& member) const {
  switch (WayTo(member)) {
    case Way::kAgent:
      return agents_->Reachable(member);
    case Way::kFhir:
      return fhir_ != nullptr && fhir_->Reachable(member);
    case Way::kIndexOnly:
      return true;
  }
  return false;
}

}  // namespace hie::members

#include "gateway/feed/admission.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gateway/exchange/place_word.h"
#include "services/common/base/status_macros.h"
#include "services/common/labels/sensitivity.h"
#include "services/common/wire/wire.h"

namespace hie::feed {

using members::MemberDirectory;

absl::Status AdmitMember(const Actor& actor, const MemberDirectory& directory, Effect effect) {
  const Member* member = directory.FindMember(actor.member);
  const MemberState state = member == nullptr ? MemberState::kUnspecified : member->state;
  if (state == MemberState::kLive) return absl::OkStatus();
  if (effect == Effect::kContribute) {
    return absl::FailedPreconditionError("the member is not LIVE yet: nothing of it is registered");
  }
  if (state == MemberState::kShadow || state == MemberState::kTest) return absl::OkStatus();
  return absl::FailedPreconditionError("the member is suspended");
}

absl::Status Admit(const Actor& actor, const MemberDirectory& directory, absl::string_view field,
                   Effect effect, common::v1::LocalPatient& patient) {
  HIE_RETURN_IF_ERROR(wire::FromProto(patient, field, wire::Incarnation::kMayBeCurrent).status());
  const Member* owner = directory.FindByDomain(patient.assigning_authority());
  if (owner == nullptr || owner->id != actor.member) {
    return absl::PermissionDeniedError(
        absl::StrCat(field, ".assigning_authority: want a domain of your own member"));
  }
  HIE_RETURN_IF_ERROR(AdmitMember(actor, directory, effect));
  HIE_ASSIGN_OR_RETURN(std::string id,
                       directory.NormaliseLocalId(patient.assigning_authority(), patient.id()));
  patient.set_id(std::move(id));
  return absl::OkStatus();
}

std::string FacilityId(const MemberDirectory& directory, const MemberId& member,
                       const std::string& name) {
  const MemberFacility* facility = directory.FindFacility(member, name);
  return facility == nullptr ? name : facility->id;
}

std::string ClaimedPlace(const MemberDirectory& directory, const MemberId& member,
                         const std::string& facility, const std::string& unit) {
  const MemberFacility* known = directory.FindFacility(member, facility);
  if (known == nullptr || unit.empty()) {
    return facility.empty() || known == nullptr ? facility : known->id;
  }
  const auto at = std::find_if(known->units.begin(), known->units.end(), [&unit](const auto& u) {
    return absl::EqualsIgnoreCase(u.id, unit);
  });
  if (at == known->units.end() || (!at->part2 && at->place_sensitivity.bits() == 0)) {
    return known->id;
  }
  return exchange::PlaceWord(known->id, at->id);
}

void CompleteDocument(const std::vector<std::string>& security_codes,
                      const MemberDirectory& directory, const MemberId& member,
                      const common::v1::LocalPatient& patient, registry::v1::DocumentEntry& entry) {
  *entry.mutable_patient() = patient;
  entry.set_member(member.value());
  entry.set_facility(FacilityId(directory, member, entry.facility()));
  const members::PlaceLabels place =
      directory.LabelsOfPlace(member, entry.facility(), entry.unit());
  SourceLabels source;
  source.security_codes = security_codes;
  *entry.mutable_labels() =
      wire::ToProto(LabelItem(source, place.place, place.facility, place.unit));
}

}  // namespace hie::feed

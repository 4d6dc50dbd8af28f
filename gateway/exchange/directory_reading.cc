#include "gateway/exchange/directory_reading.h"

#include <algorithm>
#include <utility>

namespace hie::exchange {
namespace {

UnitView ReadUnit(const MemberUnit& unit) {
  UnitView view{unit.id, unit.name, unit.place_sensitivity, unit.attestations};
  if (unit.part2) view.place = view.place.With(SensitivitySet::Of(Sensitivity::kPart2));
  return view;
}

FacilityView ReadFacility(const MemberFacility& facility) {
  FacilityView view{facility.id,           facility.name,
                    facility.aliases,      facility.place_sensitivity,
                    facility.attestations, {}};
  for (const MemberUnit& unit : facility.units) view.units.push_back(ReadUnit(unit));
  return view;
}

// What is not known takes no part.
MemberStanding ReadStanding(MemberState state) {
  switch (state) {
    case MemberState::kLive:
      return MemberStanding::kLive;
    case MemberState::kShadow:
      return MemberStanding::kShadow;
    case MemberState::kTest:
      return MemberStanding::kTest;
    case MemberState::kSuspended:
    case MemberState::kUnspecified:
      break;
  }
  return MemberStanding::kSuspended;
}

bool OnlyPushes(const Member& member) {
  return !member.endpoints.empty() &&
         std::all_of(member.endpoints.begin(), member.endpoints.end(), [](const auto& endpoint) {
           return endpoint.kind == EndpointKind::kRegistryOnly;
         });
}

MemberView ReadMember(const Member& member) {
  MemberView view;
  view.id = member.id;
  view.name = member.name;
  view.standing = ReadStanding(member.state);
  view.reach = OnlyPushes(member) ? MemberReach::kIndexOnly : MemberReach::kAsked;
  for (const MemberFacility& facility : member.facilities) {
    view.facilities.push_back(ReadFacility(facility));
  }
  for (const PatientIdDomain& domain : member.domains) {
    view.domains.push_back(
        {domain.oid, domain.strip_leading_zeros, domain.fold_case, domain.facility});
  }
  return view;
}

}  // namespace

DirectoryView ReadDirectory(const std::vector<Member>& members) {
  std::vector<MemberView> views;
  views.reserve(members.size());
  for (const Member& member : members) views.push_back(ReadMember(member));
  return DirectoryView(std::move(views));
}

}  // namespace hie::exchange

#include "gateway/exchange/directory_view.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace hie::exchange {
namespace {

bool Names(const FacilityView& facility, absl::string_view word) {
  const auto equals = [word](const std::string& name) {
    return !name.empty() && absl::EqualsIgnoreCase(name, word);
  };
  return equals(facility.id) || equals(facility.name) ||
         std::any_of(facility.aliases.begin(), facility.aliases.end(), equals);
}

}  // namespace

DirectoryView::DirectoryView(std::vector<MemberView> members) {
  for (MemberView& member : members) {
    for (const DomainView& domain : member.domains) owners_.emplace(domain.oid, member.id);
    MemberId id = member.id;
    members_.insert_or_assign(std::move(id), std::move(member));
  }
}

const MemberView* DirectoryView::Find(const MemberId& member) const {
  const auto found = members_.find(member);
  return found == members_.end() ? nullptr : &found->second;
}

const MemberView* DirectoryView::OwnerOf(absl::string_view authority) const {
  const auto found = owners_.find(std::string(authority));
  return found == owners_.end() ? nullptr : Find(found->second);
}

const DomainView* DirectoryView::FindDomain(absl::string_view authority) const {
  const MemberView* owner = OwnerOf(authority);
  if (owner == nullptr) return nullptr;
  for (const DomainView& domain : owner->domains) {
    if (domain.oid == authority) return &domain;
  }
  return nullptr;
}

bool DirectoryView::IsLive(const MemberId& member) const {
  const MemberView* view = Find(member);
  return view != nullptr && view->standing == MemberStanding::kLive;
}

LocalPatient DirectoryView::Normalise(LocalPatient patient) const {
  const DomainView* domain = FindDomain(patient.assigning_authority);
  if (domain == nullptr) return patient;
  std::string id(absl::StripAsciiWhitespace(patient.id.value()));
  if (domain->fold_case) absl::AsciiStrToUpper(&id);
  if (domain->strip_leading_zeros) {
    // An id of zeros alone keeps one: an empty id would be nobody's.
    const size_t first = std::min(id.find_first_not_of('0'), id.empty() ? 0 : id.size() - 1);
    id.erase(0, first);
  }
  patient.id = Phi<std::string>(std::move(id));
  return patient;
}

const FacilityView* FindFacility(const MemberView& member, absl::string_view word) {
  if (word.empty()) return member.facilities.size() == 1 ? &member.facilities.front() : nullptr;
  for (const FacilityView& facility : member.facilities) {
    if (Names(facility, word)) return &facility;
  }
  return nullptr;
}

const UnitView* FindUnit(const FacilityView& facility, absl::string_view id) {
  for (const UnitView& unit : facility.units) {
    if (!id.empty() && absl::EqualsIgnoreCase(unit.id, id)) return &unit;
  }
  return nullptr;
}

}  // namespace hie::exchange

#include "gateway/members/member_directory.h"

#include <algorithm>

#include "absl/status/status.h"
#include "services/common/base/status_macros.h"

namespace hie::members {
namespace {

absl::Status Twice(absl::string_view what) {
  return absl::InvalidArgumentError(std::string(what) + ": claimed by two members");
}

bool Contains(const std::vector<std::string>& names, absl::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

SensitivitySet OwnPlace(const MemberUnit& unit) {
  return unit.part2 ? unit.place_sensitivity.With(SensitivitySet::Of(Sensitivity::kPart2))
                    : unit.place_sensitivity;
}

const MemberUnit* FindUnit(const MemberFacility& facility, absl::string_view id) {
  for (const MemberUnit& unit : facility.units) {
    if (unit.id == id) return &unit;
  }
  return nullptr;
}

// Only units with rules of their own are registered: at any other the facility's hold.
PlaceLabels AtFacility(const MemberFacility& facility, absl::string_view unit_id) {
  PlaceLabels labels{facility.place_sensitivity, facility.attestations, {}};
  if (const MemberUnit* unit = FindUnit(facility, unit_id)) {
    labels.place = labels.place.With(OwnPlace(*unit));
    labels.unit = unit->attestations;
  }
  return labels;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const MemberDirectory>> MemberDirectory::Build(
    uint64_t version, std::vector<Member> members) {
  std::shared_ptr<MemberDirectory> directory(new MemberDirectory(version, std::move(members)));
  HIE_RETURN_IF_ERROR(directory->Index());
  return directory;
}

absl::Status MemberDirectory::Index() {
  for (size_t i = 0; i < members_.size(); ++i) HIE_RETURN_IF_ERROR(IndexMember(i));
  return absl::OkStatus();
}

absl::Status MemberDirectory::IndexMember(size_t at) {
  const Member& member = members_[at];
  if (!by_id_.emplace(member.id.value(), at).second) return Twice("member id");
  for (size_t i = 0; i < member.domains.size(); ++i) {
    if (!by_domain_.emplace(member.domains[i].oid, Place{at, i}).second) return Twice("domain");
  }
  for (size_t i = 0; i < member.keys.size(); ++i) {
    if (member.keys[i].use != KeyUse::kClientCertificate) continue;
    if (!by_certificate_.emplace(member.keys[i].public_key, Place{at, i}).second) {
      return Twice("certificate");
    }
  }
  return IndexClientsAndSources(at);
}

absl::Status MemberDirectory::IndexClientsAndSources(size_t at) {
  const Member& member = members_[at];
  for (size_t i = 0; i < member.clients.size(); ++i) {
    if (!by_client_.emplace(member.clients[i].id, Place{at, i}).second) return Twice("client");
  }
  for (size_t i = 0; i < member.hl7_sources.size(); ++i) {
    const Hl7Source& source = member.hl7_sources[i];
    const auto name = std::pair(source.sending_application, source.sending_facility);
    if (!by_source_.emplace(name, Place{at, i}).second) return Twice("source");
  }
  return absl::OkStatus();
}

const Member* MemberDirectory::FindMember(const MemberId& id) const {
  const auto found = by_id_.find(id.value());
  return found == by_id_.end() ? nullptr : &members_[found->second];
}

const Member* MemberDirectory::FindByDomain(absl::string_view oid) const {
  const auto found = by_domain_.find(oid);
  return found == by_domain_.end() ? nullptr : &members_[found->second.member];
}

const PatientIdDomain* MemberDirectory::FindDomain(absl::string_view oid) const {
  const auto found = by_domain_.find(oid);
  if (found == by_domain_.end()) return nullptr;
  return &members_[found->second.member].domains[found->second.index];
}

const PatientIdDomain* MemberDirectory::FindDomain(const MemberId& member,
                                                   absl::string_view name) const {
  const Member* owner = FindMember(member);
  if (owner == nullptr) return nullptr;
  for (const PatientIdDomain& domain : owner->domains) {
    if (domain.oid == name || Contains(domain.namespace_aliases, name)) return &domain;
  }
  return nullptr;
}

const MemberKey* MemberDirectory::FindKey(const MemberId& member, absl::string_view key_id,
                                          KeyUse use) const {
  const Member* owner = FindMember(member);
  if (owner == nullptr) return nullptr;
  for (const MemberKey& key : owner->keys) {
    if (key.id == key_id && key.use == use) return &key;
  }
  return nullptr;
}

RegisteredCertificate MemberDirectory::FindCertificate(absl::string_view spki_sha256) const {
  const auto found = by_certificate_.find(spki_sha256);
  if (found == by_certificate_.end()) return {};
  const Member& member = members_[found->second.member];
  return {&member, &member.keys[found->second.index]};
}

RegisteredClient MemberDirectory::FindClient(absl::string_view client_id) const {
  const auto found = by_client_.find(client_id);
  if (found == by_client_.end()) return {};
  const Member& member = members_[found->second.member];
  return {&member, &member.clients[found->second.index]};
}

RegisteredSource MemberDirectory::FindHl7Source(absl::string_view application,
                                                absl::string_view facility) const {
  auto found = by_source_.find(std::pair(std::string(application), std::string(facility)));
  if (found == by_source_.end()) {
    found = by_source_.find(std::pair(std::string(), std::string(facility)));
  }
  if (found == by_source_.end()) return {};
  const Member& member = members_[found->second.member];
  return {&member, &member.hl7_sources[found->second.index]};
}

const MemberFacility* MemberDirectory::FindFacility(const MemberId& member,
                                                    absl::string_view name) const {
  const Member* owner = FindMember(member);
  if (owner == nullptr) return nullptr;
  if (name.empty()) return owner->facilities.size() == 1 ? &owner->facilities[0] : nullptr;
  for (const MemberFacility& facility : owner->facilities) {
    if (facility.id == name || Contains(facility.aliases, name)) return &facility;
  }
  return nullptr;
}

PlaceLabels MemberDirectory::LabelsOfPlace(const MemberId& member, absl::string_view facility,
                                           absl::string_view unit) const {
  if (const MemberFacility* place = FindFacility(member, facility)) return AtFacility(*place, unit);
  return {};
}

absl::StatusOr<std::string> MemberDirectory::NormaliseLocalId(absl::string_view domain_oid,
                                                              absl::string_view id) const {
  const PatientIdDomain* domain = FindDomain(domain_oid);
  if (domain == nullptr) return absl::NotFoundError("assigning_authority: not a known domain");
  return hie::NormaliseLocalId(*domain, id);
}

}  // namespace hie::members

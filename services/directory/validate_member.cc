#include "services/directory/validate_member.h"

#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/signing_key.h"
#include "services/directory/member_syntax.h"
#include "services/directory/validate_access.h"
#include "services/directory/wants.h"

namespace hie::directory {
namespace {

absl::Status ValidateAttestations(const std::vector<RegimeAttestation>& attestations,
                                  const std::string& field) {
  SensitivitySet seen;
  for (size_t i = 0; i < attestations.size(); ++i) {
    const RegimeAttestation& a = attestations[i];
    if (seen.Has(a.code)) return Want(At(field, i, ".code"), "each code once");
    if (a.attestation == Attestation::kNone) return Want(At(field, i, ".attestation"), "a value");
    seen = seen.With(SensitivitySet::Of(a.code));
  }
  return absl::OkStatus();
}

absl::Status ValidateUnits(const MemberFacility& facility, const std::string& field) {
  if (facility.units.size() > kUnitsMax) return Want(field + ".units", "at most 256");
  absl::flat_hash_set<absl::string_view> ids;
  for (size_t i = 0; i < facility.units.size(); ++i) {
    const MemberUnit& unit = facility.units[i];
    const std::string at = At(field + ".units", i);
    if (!IsShortId(unit.id)) return Want(at + ".id", kWantId);
    if (!ids.insert(unit.id).second) return Want(at + ".id", "each id once in a facility");
    if (!IsText(unit.name)) return Want(at + ".name", kWantText);
    HIE_RETURN_IF_ERROR(ValidateAttestations(unit.attestations, at + ".attestations"));
  }
  return absl::OkStatus();
}

// A name that means two facilities would give one the labels of the other.
absl::Status ValidateAliases(const MemberFacility& facility, const std::string& field,
                             absl::flat_hash_set<absl::string_view>& names) {
  if (facility.aliases.size() > kAliasesMax) return Want(field + ".aliases", "at most 32");
  for (size_t i = 0; i < facility.aliases.size(); ++i) {
    const std::string& alias = facility.aliases[i];
    const std::string at = At(field + ".aliases", i);
    if (alias.empty() || !IsText(alias)) return Want(at, "1..256 bytes of text");
    if (alias != facility.id && !names.insert(alias).second) {
      return Want(at, "each id and alias once in a member");
    }
  }
  return absl::OkStatus();
}

absl::Status ValidateFacilities(const Member& member) {
  if (member.facilities.size() > kFacilitiesMax) return Want("facilities", "at most 256");
  if (member.facilities.empty() && !member.is_operator) return Want("facilities", "one or more");
  absl::flat_hash_set<absl::string_view> names;
  for (size_t i = 0; i < member.facilities.size(); ++i) {
    const MemberFacility& facility = member.facilities[i];
    const std::string at = At("facilities", i);
    if (!IsShortId(facility.id)) return Want(at + ".id", kWantId);
    if (!names.insert(facility.id).second) return Want(at + ".id", "each id once");
    if (!IsText(facility.name)) return Want(at + ".name", kWantText);
    HIE_RETURN_IF_ERROR(ValidateUnits(facility, at));
    HIE_RETURN_IF_ERROR(ValidateAttestations(facility.attestations, at + ".attestations"));
  }
  for (size_t i = 0; i < member.facilities.size(); ++i) {
    HIE_RETURN_IF_ERROR(ValidateAliases(member.facilities[i], At("facilities", i), names));
  }
  return absl::OkStatus();
}

bool HasFacility(const Member& member, absl::string_view id) {
  for (const MemberFacility& facility : member.facilities) {
    if (facility.id == id) return true;
  }
  return false;
}

absl::Status ValidateDomain(const Member& member, const PatientIdDomain& domain,
                            const std::string& at, absl::flat_hash_set<absl::string_view>& names) {
  if (!IsOid(domain.oid)) return Want(at + ".oid", "an OID in dotted form");
  if (!names.insert(domain.oid).second) return Want(at + ".oid", "each OID and alias once");
  if (domain.namespace_aliases.size() > kAliasesMax) {
    return Want(at + ".namespace_aliases", "at most 32");
  }
  for (size_t i = 0; i < domain.namespace_aliases.size(); ++i) {
    const std::string& alias = domain.namespace_aliases[i];
    if (!IsShortId(alias)) return Want(At(at + ".namespace_aliases", i), kWantId);
    if (!names.insert(alias).second) {
      return Want(At(at + ".namespace_aliases", i), "each OID and alias once");
    }
  }
  if (!domain.time_zone.empty() && !IsZoneName(domain.time_zone)) {
    return Want(at + ".time_zone", "an IANA zone name");
  }
  if (!domain.facility.empty() && !HasFacility(member, domain.facility)) {
    return Want(at + ".facility", "a facility of the member");
  }
  return absl::OkStatus();
}

absl::Status ValidateDomains(const Member& member) {
  if (member.domains.size() > kDomainsMax) return Want("domains", "at most 64");
  if (member.is_operator && !member.domains.empty()) return Want("domains", "none of the operator");
  if (!member.is_operator && member.domains.empty()) return Want("domains", "one or more");
  absl::flat_hash_set<absl::string_view> names;
  for (size_t i = 0; i < member.domains.size(); ++i) {
    HIE_RETURN_IF_ERROR(ValidateDomain(member, member.domains[i], At("domains", i), names));
  }
  return absl::OkStatus();
}

absl::Status ValidateKey(const MemberKey& key, const std::string& at) {
  if (!IsShortId(key.id)) return Want(at + ".id", kWantId);
  if (key.use == KeyUse::kClientCertificate) {
    return IsSha256Hex(key.public_key)
               ? absl::OkStatus()
               : Want(at + ".public_key", "64 lower-case hexadecimal digits");
  }
  if (key.use != KeyUse::kTokenSigning) return Want(at + ".use", "a value");
  const absl::StatusOr<crypto::PublicKey> parsed = crypto::PublicKey::FromPem(key.public_key);
  // Compared as text below, so there must be one text for a key.
  const bool fits = parsed.ok() && parsed->algorithm() == crypto::KeyAlgorithm::kEs256 &&
                    parsed->ToPem() == key.public_key;
  return fits ? absl::OkStatus()
              : Want(at + ".public_key", "a P-256 SubjectPublicKeyInfo in canonical PEM");
}

absl::Status ValidateKeys(const Member& member) {
  if (member.keys.size() > kKeysMax) return Want("keys", "at most 128");
  absl::flat_hash_set<absl::string_view> ids;
  absl::flat_hash_set<absl::string_view> values;
  for (size_t i = 0; i < member.keys.size(); ++i) {
    const MemberKey& key = member.keys[i];
    const std::string at = At("keys", i);
    HIE_RETURN_IF_ERROR(ValidateKey(key, at));
    if (!ids.insert(key.id).second) return Want(at + ".id", "each id once");
    if (!values.insert(key.public_key).second) return Want(at + ".public_key", "each key once");
  }
  return absl::OkStatus();
}

absl::Status ValidateRoles(const Member& member) {
  absl::flat_hash_set<absl::string_view> seen;
  for (size_t i = 0; i < member.roles.size(); ++i) {
    if (!IsUserRole(member.roles[i])) return Want(At("roles", i, ".name"), "a known role");
    if (!seen.insert(member.roles[i]).second)
      return Want(At("roles", i, ".name"), "each role once");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ValidateMember(const Member& member) {
  if (!IsMemberId(member.id.value())) return Want("id", "1..32 of a-z 0-9 -");
  if (!IsText(member.name)) return Want("name", kWantText);
  if (!member.home_community.empty() && !IsOid(member.home_community)) {
    return Want("home_community", "an OID in dotted form");
  }
  if (member.state == MemberState::kUnspecified) return Want("state", "a value");
  HIE_RETURN_IF_ERROR(ValidateFacilities(member));
  HIE_RETURN_IF_ERROR(ValidateDomains(member));
  HIE_RETURN_IF_ERROR(ValidateEndpoints(member));
  HIE_RETURN_IF_ERROR(ValidateKeys(member));
  HIE_RETURN_IF_ERROR(ValidateRoles(member));
  HIE_RETURN_IF_ERROR(ValidateClients(member));
  return ValidateSources(member);
}

}  // namespace hie::directory

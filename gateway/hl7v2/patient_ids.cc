#include "gateway/hl7v2/patient_ids.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace hie::hl7v2 {
namespace {

constexpr size_t kLocalIdBytesMax = 64;
constexpr absl::string_view kSsnSystem = "http://hl7.org/fhir/sid/us-ssn";

// Types of ids (table 0203) that senders write where the authority belongs.
bool IsIdType(absl::string_view text) {
  for (const absl::string_view type : {"MR", "MRN", "PI", "PT", "PN", "EI", "AN", "VN"}) {
    if (text == type) return true;
  }
  return false;
}

bool IsSsn(const ExtendedId& id) {
  return id.type == "SS" || id.type == "USSSA" || id.authority.name == "USSSA" ||
         id.authority.universal_id == "2.16.840.1.113883.4.1";
}

// The quirk: CX-4 holds the type, the authority is missing.
ExtendedId Repaired(ExtendedId id, const Hl7Source& source) {
  if (source.authority_holds_type && id.type.empty() && id.authority.universal_id.empty() &&
      IsIdType(absl::AsciiStrToUpper(id.authority.name))) {
    id.type = id.authority.name;
    id.authority = {};
  }
  return id;
}

const PatientIdDomain* FindOwnDomain(const ExtendedId& id,
                                     const members::MemberDirectory& directory,
                                     const Member& member, const Hl7Source& source) {
  if (id.authority.empty()) {
    return source.default_domain.empty() ? nullptr
                                         : directory.FindDomain(member.id, source.default_domain);
  }
  // An OID that is not ours is not made ours by a namespace that looks like ours.
  if (const std::string oid = id.authority.Oid();
      !oid.empty() &&
      (id.authority.universal_type.empty() || id.authority.universal_type == "ISO")) {
    return directory.FindDomain(member.id, oid);
  }
  for (const std::string* name : {&id.authority.universal_id, &id.authority.name}) {
    if (name->empty()) continue;
    if (const PatientIdDomain* domain = directory.FindDomain(member.id, *name)) return domain;
  }
  return nullptr;
}

// An id that may become the key.
struct Candidate {
  LocalPatient patient;
  int rank = 0;  // Less is better.
};

int Rank(const ExtendedId& id, const PatientIdDomain& domain, const Hl7Source& source) {
  if (domain.oid == source.default_domain) return 0;
  return id.type == "MR" || id.type == "PI" ? 1 : 2;
}

// Another identifier of the person, where its system can be named.
void AddIdentifier(const ExtendedId& id, const Hl7Source& source, IdentifiedPatient& patient) {
  if (IsSsn(id)) {
    if (source.takes_ssn) patient.identifiers.push_back({std::string(kSsnSystem), id.id});
    return;
  }
  std::string oid = id.authority.Oid();
  patient.unmapped.push_back(id.authority.empty() ? "(none)" : id.authority.ForPeople());
  if (!oid.empty()) patient.identifiers.push_back({std::move(oid), id.id});
}

}  // namespace

IdentifiedPatient IdentifyPatient(const std::vector<ExtendedId>& ids,
                                  const members::MemberDirectory& directory, const Member& member,
                                  const Hl7Source& source) {
  IdentifiedPatient result;
  std::vector<Candidate> candidates;
  for (const ExtendedId& written : ids) {
    const ExtendedId id = Repaired(written, source);
    const PatientIdDomain* domain = FindOwnDomain(id, directory, member, source);
    if (domain == nullptr || IsSsn(id)) {
      AddIdentifier(id, source, result);
      continue;
    }
    std::string local = NormaliseLocalId(*domain, id.id);
    if (local.empty() || local.size() > kLocalIdBytesMax) {
      result.malformed = true;
      continue;
    }
    candidates.push_back({LocalPatient{domain->oid, Phi<std::string>(std::move(local)), 0},
                          Rank(id, *domain, source)});
  }
  const auto best =
      std::min_element(candidates.begin(), candidates.end(),
                       [](const Candidate& a, const Candidate& b) { return a.rank < b.rank; });
  for (auto at = candidates.begin(); at != candidates.end(); ++at) {
    if (at == best || at->patient == best->patient) continue;
    result.identifiers.push_back(
        {at->patient.assigning_authority, std::string(at->patient.id.value())});
  }
  if (best != candidates.end()) result.key = best->patient;
  return result;
}

}  // namespace hie::hl7v2

#include "gateway/auth/subject_claims.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "gateway/auth/user_claims.h"
#include "services/common/base/civil_date.h"
#include "services/common/base/status_macros.h"
#include "services/common/member/member.h"

namespace hie::auth {
namespace {

constexpr absl::string_view kActReasonOid = "urn:oid:2.16.840.1.113883.5.8";
constexpr absl::string_view kIua = "ihe_iua";
constexpr absl::string_view kB2b = "hl7-b2b";
constexpr absl::string_view kBreakGlass = "hie_break_glass";
constexpr size_t kNarrativeBytesMax = 2'000;
constexpr size_t kCodingsMax = 16;

// hie.consent.v1.EmergencyReason without its prefix.
constexpr absl::string_view kReasons[] = {"UNCONSCIOUS",       "LACKS_CAPACITY", "THREAT_TO_LIFE",
                                          "PROXY_UNREACHABLE", "TIME_CRITICAL",  "OTHER"};

// Codes of SNOMED CT and NUCC that are physicians of either kind.
struct RoleCode {
  absl::string_view code;
  absl::string_view role;
};
constexpr RoleCode kRoleCodes[] = {
    {"309343006", "physician"},      // SNOMED CT: Physician.
    {"112247003", "physician"},      // Medical doctor.
    {"158965000", "physician"},      // Medical practitioner.
    {"309294001", "ed_physician"},   // Accident and emergency doctor.
    {"207P00000X", "ed_physician"},  // NUCC: Emergency medicine.
    {"207R00000X", "physician"},     // Internal medicine.
    {"207Q00000X", "physician"},     // Family medicine.
    {"208D00000X", "physician"},     // General practice.
    {"208600000X", "physician"},     // Surgery.
    {"208M00000X", "physician"},     // Hospitalist.
    {"208000000X", "physician"},     // Pediatrics.
    {"207L00000X", "physician"},     // Anesthesiology.
};

absl::Status Bad(absl::string_view claim, absl::string_view want) {
  return absl::InvalidArgumentError(absl::StrCat(claim, ": want ", want));
}

// An optional string claim.
absl::StatusOr<std::string> ReadText(const json::Value& object, absl::string_view name,
                                     size_t bytes_max = kSubjectTextBytesMax) {
  const json::Value* value = object.Find(name);
  if (value == nullptr) return std::string();
  const absl::string_view text = value->text();
  const bool clean = std::none_of(text.begin(), text.end(), absl::ascii_iscntrl);
  if (!value->IsString() || text.empty() || text.size() > bytes_max || !clean) {
    return Bad(name, absl::StrCat("1..", bytes_max, " bytes of text"));
  }
  return std::string(text);
}

struct Code {
  std::string system;
  std::string code;
};

// IUA writes Codings, UDAP `system#code`.
absl::StatusOr<Code> ReadCode(const json::Value& value, absl::string_view claim) {
  Code code;
  if (value.IsObject()) {
    code = {std::string(value.Text("system")), std::string(value.Text("code"))};
  } else {
    const absl::string_view text = value.text();
    const size_t hash = text.rfind('#');
    code.code = std::string(hash == absl::string_view::npos ? text : text.substr(hash + 1));
    if (hash != absl::string_view::npos) code.system = std::string(text.substr(0, hash));
  }
  if (code.code.empty() || code.code.size() > kSubjectTextBytesMax) {
    return Bad(claim, "codes with their system");
  }
  return code;
}

absl::StatusOr<std::vector<Code>> ReadCodes(const json::Value& object, absl::string_view claim) {
  const json::Value* value = object.Find(claim);
  std::vector<Code> codes;
  if (value == nullptr) return codes;
  if (!value->IsArray()) {
    HIE_ASSIGN_OR_RETURN(codes.emplace_back(), ReadCode(*value, claim));
    return codes;
  }
  if (value->items().empty() || value->items().size() > kCodingsMax) return Bad(claim, "1..16");
  for (const json::Value& item : value->items()) {
    HIE_ASSIGN_OR_RETURN(codes.emplace_back(), ReadCode(item, claim));
  }
  return codes;
}

absl::string_view RoleOf(absl::string_view code) {
  if (IsUserRole(code)) return code;
  for (const RoleCode& known : kRoleCodes) {
    if (known.code == code) return known.role;
  }
  return "";
}

absl::Status ReadRoles(const json::Value& object, SubjectClaims& claims) {
  HIE_ASSIGN_OR_RETURN(const std::vector<Code> codes, ReadCodes(object, "subject_role"));
  for (const Code& code : codes) {
    const std::string role(RoleOf(code.code));
    const auto& roles = claims.roles;
    if (role.empty() || std::find(roles.begin(), roles.end(), role) != roles.end()) continue;
    claims.roles.push_back(role);
  }
  if (claims.roles.size() > kRolesMax) return Bad("subject_role", "at most 8 known roles");
  return absl::OkStatus();
}

absl::Status ReadPurpose(const json::Value& object, SubjectClaims& claims) {
  HIE_ASSIGN_OR_RETURN(const std::vector<Code> codes, ReadCodes(object, "purpose_of_use"));
  if (codes.empty()) return absl::OkStatus();
  if (codes.size() != 1) return Bad("purpose_of_use", "exactly one");
  if (codes[0].system != kActReasonSystem && codes[0].system != kActReasonOid) {
    return Bad("purpose_of_use", "a code of v3-ActReason with its system");
  }
  const std::optional<Purpose> purpose = PurposeOfCode(codes[0].code);
  if (!purpose) return Bad("purpose_of_use", "a purpose that the exchange knows");
  claims.purpose = *purpose;
  return absl::OkStatus();
}

absl::StatusOr<SubjectClaims> ReadIua(const json::Value& iua) {
  SubjectClaims claims;
  HIE_ASSIGN_OR_RETURN(claims.subject_name, ReadText(iua, "subject_name"));
  HIE_ASSIGN_OR_RETURN(claims.organization, ReadText(iua, "subject_organization"));
  HIE_ASSIGN_OR_RETURN(claims.organization_id, ReadText(iua, "subject_organization_id"));
  HIE_ASSIGN_OR_RETURN(claims.home_community_id, ReadText(iua, "home_community_id"));
  HIE_ASSIGN_OR_RETURN(claims.npi, ReadText(iua, "national_provider_identifier"));
  HIE_ASSIGN_OR_RETURN(claims.person_id, ReadText(iua, "person_id", kUserBytesMax));
  HIE_RETURN_IF_ERROR(ReadRoles(iua, claims));
  HIE_RETURN_IF_ERROR(ReadPurpose(iua, claims));
  return claims;
}

absl::StatusOr<SubjectClaims> ReadB2b(const json::Value& b2b) {
  SubjectClaims claims;
  if (b2b.Text("version") != "1") return Bad("hl7-b2b.version", "1");
  HIE_ASSIGN_OR_RETURN(claims.subject_name, ReadText(b2b, "subject_name"));
  HIE_ASSIGN_OR_RETURN(claims.person_id, ReadText(b2b, "subject_id", kUserBytesMax));
  HIE_ASSIGN_OR_RETURN(claims.organization, ReadText(b2b, "organization_name"));
  HIE_ASSIGN_OR_RETURN(claims.organization_id, ReadText(b2b, "organization_id"));
  if (claims.organization_id.empty()) return Bad("organization_id", "the organization's URI");
  HIE_RETURN_IF_ERROR(ReadRoles(b2b, claims));
  HIE_RETURN_IF_ERROR(ReadPurpose(b2b, claims));
  if (claims.purpose == Purpose::kUnspecified) return Bad("purpose_of_use", "exactly one");
  return claims;
}

absl::StatusOr<bool> ReadFlag(const json::Value& object, absl::string_view name) {
  const json::Value* value = object.Find(name);
  if (value == nullptr) return false;
  const std::optional<bool> flag = value->boolean();
  if (!flag) return Bad(name, "true or false");
  return *flag;
}

absl::StatusOr<std::string> ReadReason(const json::Value& object) {
  const std::string word =
      absl::AsciiStrToUpper(absl::StrReplaceAll(object.Text("reason"), {{"-", "_"}}));
  if (std::find(std::begin(kReasons), std::end(kReasons), word) == std::end(kReasons)) {
    return Bad("hie_break_glass.reason", "one of the list");
  }
  return word;
}

// A declaration in full: reason, place, the patient entered again.
absl::Status ReadDeclaration(const json::Value& object, BreakGlassClaims& claims) {
  HIE_ASSIGN_OR_RETURN(claims.reason, ReadReason(object));
  HIE_ASSIGN_OR_RETURN(claims.encounter, ReadText(object, "encounter"));
  HIE_ASSIGN_OR_RETURN(claims.family, ReadText(object, "family"));
  HIE_ASSIGN_OR_RETURN(claims.birth_date, ReadText(object, "birth_date"));
  HIE_ASSIGN_OR_RETURN(claims.narrative, ReadText(object, "narrative", kNarrativeBytesMax));
  if (claims.encounter.empty()) return Bad("hie_break_glass.encounter", "an encounter or place");
  if (claims.family.empty()) return Bad("hie_break_glass.family", "the name, entered again");
  if (claims.birth_date.size() != 10 || !ParseCivilDate(claims.birth_date).ok()) {
    return Bad("hie_break_glass.birth_date", "YYYY-MM-DD, entered again");
  }
  if (claims.reason == "OTHER" && claims.narrative.empty()) {
    return Bad("hie_break_glass.narrative", "words where the reason is other");
  }
  return absl::OkStatus();
}

absl::StatusOr<BreakGlassClaims> ReadBreakGlass(const json::Value& object) {
  if (!object.IsObject()) return Bad(kBreakGlass, "an object");
  BreakGlassClaims claims;
  HIE_ASSIGN_OR_RETURN(claims.session_id, ReadText(object, "session_id", kUserBytesMax));
  HIE_ASSIGN_OR_RETURN(claims.attests_emergency, ReadFlag(object, "attests_emergency"));
  HIE_ASSIGN_OR_RETURN(claims.attests_consent_impracticable,
                       ReadFlag(object, "attests_consent_impracticable"));
  HIE_ASSIGN_OR_RETURN(claims.attests_information_needed,
                       ReadFlag(object, "attests_information_needed"));
  if (claims.session_id.empty()) HIE_RETURN_IF_ERROR(ReadDeclaration(object, claims));
  return claims;
}

bool IsClinician(const SubjectClaims& claims) {
  return std::any_of(claims.roles.begin(), claims.roles.end(), [](const std::string& role) {
    return role == "physician" || role == "ed_physician";
  });
}

void WriteBreakGlass(const BreakGlassClaims& claims, json::Writer& w) {
  w.Key(kBreakGlass).BeginObject();
  w.Text("session_id", claims.session_id).Text("reason", claims.reason);
  w.Text("encounter", claims.encounter).Text("family", claims.family);
  w.Text("birth_date", claims.birth_date).Text("narrative", claims.narrative);
  w.Key("attests_emergency").Boolean(claims.attests_emergency);
  w.Key("attests_consent_impracticable").Boolean(claims.attests_consent_impracticable);
  w.Key("attests_information_needed").Boolean(claims.attests_information_needed);
  w.EndObject();
}

void WriteIua(const SubjectClaims& claims, json::Writer& w) {
  w.Key(kIua).BeginObject();
  w.Text("subject_name", claims.subject_name).Text("subject_organization", claims.organization);
  w.Text("subject_organization_id", claims.organization_id);
  w.Text("home_community_id", claims.home_community_id).Text("person_id", claims.person_id);
  w.Text("national_provider_identifier", claims.npi);
  if (!claims.roles.empty()) {
    w.Key("subject_role").BeginArray();
    for (const std::string& role : claims.roles) {
      w.BeginObject().Text("system", kUserRoleSystem).Text("code", role).EndObject();
    }
    w.EndArray();
  }
  if (claims.purpose != Purpose::kUnspecified) {
    w.Key("purpose_of_use").BeginArray().BeginObject().Text("system", kActReasonSystem);
    w.Text("code", PurposeCode(claims.purpose)).EndObject().EndArray();
  }
  w.EndObject();
}

}  // namespace

absl::StatusOr<SubjectClaims> ParseSubjectClaims(const json::Value* extensions) {
  if (extensions == nullptr) return SubjectClaims();
  if (!extensions->IsObject()) return Bad("extensions", "an object");
  const json::Value* iua = extensions->Find(kIua);
  const json::Value* b2b = extensions->Find(kB2b);
  if (iua != nullptr && b2b != nullptr) return Bad("extensions", "one of ihe_iua and hl7-b2b");
  const json::Value* subject = iua != nullptr ? iua : b2b;
  SubjectClaims claims;
  if (subject != nullptr) {
    if (!subject->IsObject()) return Bad(iua != nullptr ? kIua : kB2b, "an object");
    HIE_ASSIGN_OR_RETURN(claims, iua != nullptr ? ReadIua(*iua) : ReadB2b(*b2b));
  }
  absl::string_view community = claims.home_community_id;
  absl::ConsumePrefix(&community, "urn:oid:");
  claims.home_community_id = std::string(community);
  if (const json::Value* declared = extensions->Find(kBreakGlass)) {
    HIE_ASSIGN_OR_RETURN(claims.break_glass, ReadBreakGlass(*declared));
  }
  return claims;
}

absl::Status CheckSubjectClaims(const SubjectClaims& claims) {
  if (claims.purpose == Purpose::kBtg && !claims.break_glass) {
    return Bad(kBreakGlass, "a declaration with the purpose BTG");
  }
  if (!claims.break_glass) return absl::OkStatus();
  if (claims.purpose != Purpose::kBtg && claims.purpose != Purpose::kEtreat) {
    return Bad("purpose_of_use", "BTG or ETREAT with a break-glass declaration");
  }
  if (claims.subject_name.empty() || claims.person_id.empty() || !IsClinician(claims)) {
    return Bad(kBreakGlass, "a person: subject_name, person_id and a physician's subject_role");
  }
  return absl::OkStatus();
}

void WriteSubject(const SubjectClaims& claims, json::Writer& w) {
  w.Key("extensions").BeginObject();
  WriteIua(claims, w);
  if (claims.break_glass) WriteBreakGlass(*claims.break_glass, w);
  w.EndObject();
}

}  // namespace hie::auth

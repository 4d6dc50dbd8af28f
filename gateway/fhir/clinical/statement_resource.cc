#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gateway/fhir/clinical/clinical_statement.h"
#include "gateway/fhir/patients/element.h"
#include "gateway/fhir/search_query.h"

namespace hie::fhir {
namespace {

constexpr char kMemberSystem[] = "https://hie.example/fhir/CodeSystem/member";
constexpr char kStandingSystem[] = "https://hie.example/fhir/CodeSystem/standing";
constexpr char kObligationSystem[] = "https://hie.example/fhir/CodeSystem/obligation";
constexpr char kActCode[] = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
constexpr char kActReason[] = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
constexpr char kSourceId[] = "https://hie.example/fhir/StructureDefinition/source-id";
constexpr char kSourceMeta[] = "https://hie.example/fhir/StructureDefinition/source-meta-source";
// Obligations that say: not to be passed on (HL7 v3 ActCode, ObligationPolicy).
constexpr std::array<absl::string_view, 3> kNoRedisclosure = {
    "redisclosure-notice", "no-redisclosure-label", "part2-251c"};

absl::string_view StandingWord(exchange::Standing standing) {
  switch (standing) {
    case exchange::Standing::kActive:
      return "active";
    case exchange::Standing::kPast:
      return "past";
    case exchange::Standing::kNegative:
      return "negative";
    case exchange::Standing::kWithdrawn:
      break;
  }
  return "withdrawn";
}

// "Encounter/5", with or without a version: an id of the source's own server.
bool IsRelative(absl::string_view reference) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(reference, absl::MaxSplits('/', 1));
  return !parts.first.empty() && !parts.second.empty() &&
         absl::ascii_isupper(static_cast<unsigned char>(parts.first.front())) &&
         std::all_of(parts.first.begin(), parts.first.end(),
                     [](unsigned char c) { return absl::ascii_isalpha(c); });
}

// Writes one statement anew.
class Rewriting {
 public:
  Rewriting(const Call& call, const ClinicalStatement& statement, const std::string& eid,
            const StatementReferences& references)
      : call_(call),
        statement_(statement),
        eid_(eid),
        references_(references),
        member_(call.directory().FindMember(MemberId(statement.item.source().member()))) {}

  json::Value Resource() const {
    const json::Value& received = statement_.received;
    json::Value out = json::Value::Object();
    out.Set("resourceType", json::Value::String(received.Text("resourceType")));
    out.Set("id", json::Value::String(statement_.id));
    out.Set("meta", Meta());
    for (const json::Member& member : received.members()) {
      if (member.name == "resourceType" || member.name == "id" || member.name == "meta") continue;
      const bool whose = member.name == "subject" || member.name == "patient";
      out.Set(member.name, whose ? Patient() : Rewrite(member.value));
    }
    AddSourceIds(out);
    return out;
  }

 private:
  std::string Community() const {
    const bool known = member_ != nullptr && !member_->home_community.empty();
    return known ? OidUrn(member_->home_community) : statement_.item.source().member();
  }

  json::Value Patient() const {
    const common::v1::LocalPatient& local = statement_.item.source().patient();
    json::Value patient = ReferenceElement(absl::StrCat("Patient/", eid_));
    if (!local.id().empty()) {
      patient.Set("identifier", IdentifierElement(OidUrn(local.assigning_authority()), local.id()));
    }
    return patient;
  }

  json::Value Meta() const {
    const json::Value* received = statement_.received.Find("meta");
    json::Value meta =
        received != nullptr && received->IsObject() ? *received : json::Value::Object();
    meta.Set("source", json::Value::String(Community()));
    const exchange::v1::ClinicalItem& item = statement_.item;
    AppendTo(meta, "tag",
             CodingElement(kMemberSystem, item.source().member(), item.source().member_name()));
    AppendTo(meta, "tag", CodingElement(kStandingSystem, StandingWord(statement_.standing)));
    if (item.opened_by_break_glass()) AppendTo(meta, "tag", CodingElement(kActReason, "BTG"));
    bool sealed = false;
    for (const std::string& obligation : item.obligations()) {
      AppendTo(meta, "security", CodingElement(kObligationSystem, obligation));
      sealed = sealed || std::find(kNoRedisclosure.begin(), kNoRedisclosure.end(), obligation) !=
                             kNoRedisclosure.end();
    }
    if (sealed) AppendTo(meta, "security", CodingElement(kActCode, "NORDSCLCD"));
    return meta;
  }

  void AddSourceIds(json::Value& out) const {
    const absl::string_view own = statement_.received.Text("id");
    if (!own.empty()) {
      const std::string text = absl::StrCat(out.Text("resourceType"), "/", own);
      AppendTo(out, "extension",
               ExtensionElement(kSourceId, "valueString", json::Value::String(text)));
    }
    const json::Value* source = statement_.received.At("/meta/source");
    if (source != nullptr && !source->text().empty()) {
      AppendTo(out, "extension", ExtensionElement(kSourceMeta, "valueUri", *source));
    }
  }

  json::Value Rewrite(const json::Value& value) const {
    if (value.IsArray()) {
      json::Value out = json::Value::Array();
      for (const json::Value& item : value.items()) out.Append(Rewrite(item));
      return out;
    }
    if (!value.IsObject()) return value;
    const json::Value* reference = value.Find("reference");
    if (reference != nullptr && reference->IsString()) return RewriteReference(value);
    json::Value out = json::Value::Object();
    for (const json::Member& member : value.members()) {
      out.Set(member.name, Rewrite(member.value));
    }
    return out;
  }

  json::Value RewriteReference(const json::Value& value) const {
    const absl::string_view target = value.Text("reference");
    const bool of_the_source = IsRelative(target) || absl::StartsWith(target, "urn:");
    if (!of_the_source) return value;
    const std::optional<std::string> here = Here(target);
    json::Value out = json::Value::Object();
    for (const json::Member& member : value.members()) {
      if (member.name != "reference") {
        out.Set(member.name, member.value);
      } else if (here) {
        out.Set("reference", json::Value::String(*here));
      }
    }
    if (!here && out.Find("identifier") == nullptr) out.Set("identifier", AtTheSource(target));
    return out;
  }

  std::optional<std::string> Here(absl::string_view target) const {
    const std::optional<std::string> found = references_.Find(statement_.item, target);
    if (found) return found;
    const bool whose = PatientAtTheSource() == target;
    return whose ? std::optional<std::string>(absl::StrCat("Patient/", eid_)) : std::nullopt;
  }

  // The record's own Patient, wherever else the resource refers to it (a performer, an actor).
  absl::string_view PatientAtTheSource() const {
    for (const absl::string_view pointer : {"/subject/reference", "/patient/reference"}) {
      const json::Value* reference = statement_.received.At(pointer);
      if (reference != nullptr) return reference->text();
    }
    return "";
  }

  // An id that has a meaning at the source alone.
  json::Value AtTheSource(absl::string_view target) const {
    if (absl::StartsWith(target, "urn:")) return IdentifierElement(kUriSystem, target);
    return IdentifierElement(Community(), target);
  }

  const Call& call_;
  const ClinicalStatement& statement_;
  const std::string& eid_;
  const StatementReferences& references_;
  const Member* const member_;
};

}  // namespace

json::Value StatementResource(const Call& call, const ClinicalStatement& statement,
                              const std::string& eid, const StatementReferences& references) {
  return Rewriting(call, statement, eid, references).Resource();
}

}  // namespace hie::fhir

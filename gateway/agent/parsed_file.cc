#include "gateway/agent/parsed_file.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gateway/agent/source_files.h"
#include "gateway/members/fhir_element.h"
#include "gateway/members/fhir_items.h"
#include "services/common/json/reader.h"

namespace hie::agent {
namespace {

// How far after the domain an identifier's value is looked for.
constexpr size_t kSuspectReach = 200;
// A bundle of a whole record is larger than one resource may be.
constexpr json::ReadLimits kFileLimits = {
    .bytes_max = kSourceFileBytesMax, .depth_max = json::kDepthMax, .elements_max = 4'000'000};

// Returns the text between the quotes that follow `name` in `text`, or nothing.
std::optional<std::string> QuotedAfter(absl::string_view text, absl::string_view name) {
  const size_t at = text.find(name);
  if (at == absl::string_view::npos) return std::nullopt;
  const size_t open = text.find('"', at + name.size());
  if (open == absl::string_view::npos) return std::nullopt;
  const size_t close = text.find('"', open + 1);
  if (close == absl::string_view::npos) return std::nullopt;
  return std::string(text.substr(open + 1, close - open - 1));
}

// Ids that stand near their domain, in a text whose structure is broken: those patients must not
// be answered as if nothing were missing.
std::vector<std::string> FindSuspects(absl::string_view text, absl::string_view domain,
                                      absl::string_view value_name) {
  std::vector<std::string> ids;
  for (size_t at = text.find(domain); at != absl::string_view::npos;
       at = text.find(domain, at + domain.size())) {
    if (text.substr(at + domain.size(), 1) != "\"") continue;  // A longer OID.
    const absl::string_view after = text.substr(at + domain.size() + 1, kSuspectReach);
    if (auto id = QuotedAfter(after, value_name); id && !id->empty()) ids.push_back(*id);
  }
  return ids;
}

bool KeepsValue(absl::string_view type) {
  return type == "Patient" || type == "DocumentReference" || type == "Binary";
}

SourceResource MakeResource(const json::Value& value, absl::string_view full_url,
                            absl::string_view bytes) {
  SourceResource out;
  out.type = std::string(value.Text("resourceType"));
  out.id = std::string(value.Text("id"));
  out.full_url = std::string(full_url);
  if (const json::Value* meta = value.Find("meta"))
    out.updated = std::string(meta->Text("lastUpdated"));
  out.clinical_class = members::ClassOf(value);
  out.subject = std::string(members::SubjectOf(value));
  out.encounter = std::string(members::EncounterOf(value));
  out.medication = std::string(members::ReferenceTarget(value.Find("medicationReference")));
  out.facility = members::FacilityOf(value);
  out.json =
      std::string(bytes.substr(value.source_begin(), value.source_end() - value.source_begin()));
  if (KeepsValue(out.type)) out.value = std::make_shared<const json::Value>(value);
  return out;
}

// What the agent can serve or needs to resolve; the rest (claims, practitioners) is not kept.
bool IsOfUse(const SourceResource& resource) {
  return resource.clinical_class.has_value() || KeepsValue(resource.type) ||
         resource.type == "Medication";
}

void AddResource(const json::Value& value, absl::string_view full_url, absl::string_view bytes,
                 ParsedFile& out) {
  SourceResource resource = MakeResource(value, full_url, bytes);
  if (resource.type.empty()) {
    out.state = FileState::kPartBroken;
    out.problem = absl::StrCat("byte ", value.source_begin(), ": want a resource");
    return;
  }
  if (IsOfUse(resource)) out.resources.push_back(std::move(resource));
}

void ParseJson(absl::string_view bytes, const std::string& domain, ParsedFile& out) {
  const absl::StatusOr<json::Value> value = json::Read(bytes, kFileLimits);
  if (!value.ok()) {
    out.state = FileState::kBroken;
    out.problem = std::string(value.status().message());
    out.suspects = FindSuspects(bytes, absl::StrCat("urn:oid:", domain), "\"value\"");
    return;
  }
  // Other JSON may lie in the folder; it says so itself by having no resourceType.
  if (value->Text("resourceType").empty()) return;
  out.state = FileState::kWhole;
  if (value->Text("resourceType") != "Bundle") return AddResource(*value, "", bytes, out);
  for (const json::Value& entry : value->Each("entry")) {
    const json::Value* resource = entry.Find("resource");
    if (resource != nullptr) AddResource(*resource, entry.Text("fullUrl"), bytes, out);
  }
}

void ParseLines(absl::string_view bytes, const std::string& domain, ParsedFile& out) {
  out.state = FileState::kWhole;
  size_t number = 0;
  for (const absl::string_view line : absl::StrSplit(bytes, '\n')) {
    ++number;
    if (line.find_first_not_of(" \t\r") == absl::string_view::npos) continue;
    const absl::StatusOr<json::Value> value = json::Read(line, kFileLimits);
    if (value.ok()) {
      AddResource(*value, "", line, out);
      continue;
    }
    out.state = FileState::kPartBroken;
    out.problem = absl::StrCat("line ", number, ": ", value.status().message());
    std::vector<std::string> ids =
        FindSuspects(line, absl::StrCat("urn:oid:", domain), "\"value\"");
    // Whose line it is may not be seen in it: then it may be anybody's.
    if (ids.empty()) out.state = FileState::kBroken;
    out.suspects.insert(out.suspects.end(), ids.begin(), ids.end());
  }
}

void ParseXml(absl::string_view bytes, ParsedFile& out) {
  absl::StatusOr<cda::ClinicalDocument> header = cda::ReadClinicalDocument(bytes);
  if (!header.ok()) {
    out.problem = std::string(header.status().message());
    return;
  }
  out.state = FileState::kWhole;
  out.cda = *std::move(header);
}

}  // namespace

ParsedFile ParseSourceFile(const std::string& path, absl::string_view bytes,
                           const std::string& domain) {
  ParsedFile out;
  out.path = path;
  if (absl::EndsWithIgnoreCase(path, ".json")) ParseJson(bytes, domain, out);
  if (absl::EndsWithIgnoreCase(path, ".ndjson")) ParseLines(bytes, domain, out);
  if (absl::EndsWithIgnoreCase(path, ".xml")) ParseXml(bytes, out);
  return out;
}

}  // namespace hie::agent

#include "gateway/fhir/documents/provide_rules.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gateway/members/fhir_time.h"

namespace hie::fhir {
namespace {

enum class Need { kOptional, kRequired, kForbidden };

// One element: a JSON pointer, and whether it must be there.
struct ElementRule {
  absl::string_view pointer;
  Need minimal;
  Need comprehensive;
};

constexpr Need kMay = Need::kOptional;
constexpr Need kMust = Need::kRequired;
constexpr Need kNever = Need::kForbidden;

// INTERFACES 5.1, table "DocumentReference".
constexpr ElementRule kDocumentRules[] = {
    {"/masterIdentifier/value", kMust, kMust},
    {"/status", kMust, kMust},
    {"/docStatus", kNever, kNever},
    {"/type", kMay, kMust},
    {"/category", kMay, kMust},
    {"/subject", kMay, kMust},
    {"/securityLabel", kMay, kMust},
    {"/content/0", kMust, kMust},
    {"/content/1", kNever, kNever},
    {"/content/0/attachment/contentType", kMust, kMust},
    {"/content/0/attachment/url", kMust, kMust},
    {"/content/0/attachment/data", kNever, kNever},
    {"/content/0/attachment/language", kMay, kMust},
    {"/content/0/attachment/creation", kMay, kMust},
    {"/content/0/format", kMay, kMust},
    {"/context/facilityType", kMay, kMust},
    {"/context/practiceSetting", kMay, kMust},
    {"/context/sourcePatientInfo", kMay, kMust},
};

// The same of the SubmissionSet.
constexpr ElementRule kSubmissionSetRules[] = {
    {"/status", kMust, kMust},      {"/mode", kMust, kMust},
    {"/code", kMust, kMust},        {"/date", kMust, kMust},
    {"/subject", kMay, kMust},      {"/encounter", kNever, kNever},
    {"/orderedBy", kNever, kNever}, {"/emptyReason", kNever, kNever},
};

constexpr absl::string_view kDocumentTimes[] = {"/date", "/content/0/attachment/creation",
                                                "/context/period/start", "/context/period/end"};
constexpr absl::string_view kEntryForbidden[] = {"flag", "deleted", "date"};
constexpr absl::string_view kRelationCodes[] = {"replaces", "transforms", "appends", "signs"};
constexpr size_t kUniqueIdBytesMax = 256;
constexpr size_t kMediaTypeBytesMax = 128;

// "/content/0/attachment/url" below "Bundle.entry[1].resource".
std::string PathOf(absl::string_view base, absl::string_view pointer) {
  std::string path(base);
  for (const absl::string_view step : absl::StrSplit(pointer.substr(1), '/')) {
    if (absl::ascii_isdigit(step[0])) {
      absl::StrAppend(&path, "[", step, "]");
    } else {
      absl::StrAppend(&path, ".", step);
    }
  }
  return path;
}

bool HasCodedEntry(const json::Value& value) {
  if (!value.Text("code").empty()) return true;
  const absl::Span<const json::Value> codings = value.Each("coding");
  return std::any_of(codings.begin(), codings.end(),
                     [](const json::Value& coding) { return !coding.Text("code").empty(); });
}

bool IsConcept(absl::string_view pointer) {
  return pointer == "/type" || pointer == "/category" || pointer == "/securityLabel" ||
         pointer == "/content/0/format" || pointer == "/context/facilityType" ||
         pointer == "/context/practiceSetting" || pointer == "/code";
}

// An element that says nothing is as absent as one that is not there.
bool IsPresent(const json::Value& resource, absl::string_view pointer) {
  const json::Value* value = resource.At(pointer);
  if (value == nullptr || value->IsNull()) return false;
  if (value->IsString()) return !absl::StripAsciiWhitespace(value->text()).empty();
  if (value->IsArray()) {
    return std::any_of(value->items().begin(), value->items().end(), [&](const json::Value& item) {
      return !IsConcept(pointer) || HasCodedEntry(item);
    });
  }
  if (IsConcept(pointer)) return HasCodedEntry(*value);
  return !value->IsObject() || !value->members().empty();
}

template <size_t N>
std::optional<Failure> CheckRules(const json::Value& resource, const ElementRule (&rules)[N],
                                  MetadataLevel level, absl::string_view base) {
  for (const ElementRule& rule : rules) {
    const Need need = level == MetadataLevel::kMinimal ? rule.minimal : rule.comprehensive;
    if (need == Need::kRequired && !IsPresent(resource, rule.pointer)) {
      return MissingMetadata(PathOf(base, rule.pointer));
    }
    if (need == Need::kForbidden && resource.At(rule.pointer) != nullptr) {
      return ForbiddenMetadata(PathOf(base, rule.pointer));
    }
  }
  return std::nullopt;
}

Failure Refuse(absl::string_view code, absl::string_view word, std::string text,
               const std::string& path) {
  return FailXds(400, code, word, std::move(text), path);
}

}  // namespace

Failure MissingMetadata(std::string path) {
  return Refuse("required", "XDSMissingDocumentMetadata", "A required metadata element is missing.",
                path);
}

Failure BadMetadata(std::string path) {
  return Refuse("value", "XDSRegistryMetadataError",
                "A metadata element has a value that is not "
                "allowed here.",
                path);
}

Failure ForbiddenMetadata(std::string path) {
  return Refuse("invariant", "XDSRegistryMetadataError",
                "An element is present that is not allowed here.", path);
}

Failure UnresolvedReference(std::string path) {
  return Refuse("invariant", "UnresolvedReferenceException", "A reference cannot be resolved.",
                path);
}

Failure MissingDocument(std::string path) {
  return Refuse("invariant", "XDSMissingDocument",
                "The content of a document is not in the submission.", path);
}

Failure UnknownPatient(std::string path) {
  return Refuse("value", "XDSUnknownPatientId", "The patient is not known to the exchange.", path);
}

Failure PatientDoesNotMatch(std::string path) {
  return Refuse("value", "XDSPatientIdDoesNotMatch",
                "The patient is not the same throughout the submission.", path);
}

namespace {

// A relation of a kind that MHD does not know would be kept and never meant.
std::optional<Failure> CheckRelations(const json::Value& resource, absl::string_view base) {
  size_t at = 0;
  for (const json::Value& relates : resource.Each("relatesTo")) {
    const std::string path = absl::StrCat(base, ".relatesTo[", at++, "]");
    const absl::string_view code = relates.Text("code");
    if (std::find(std::begin(kRelationCodes), std::end(kRelationCodes), code) ==
        std::end(kRelationCodes)) {
      return BadMetadata(absl::StrCat(path, ".code"));
    }
    const json::Value* target = relates.Find("target");
    if (target == nullptr ||
        (target->Text("reference").empty() && target->At("/identifier/value") == nullptr)) {
      return MissingMetadata(absl::StrCat(path, ".target"));
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Failure> CheckDocumentMetadata(const ProvidedDocument& document,
                                             MetadataLevel level) {
  const json::Value& resource = *document.resource;
  const std::string base = EntryPath(document.entry);
  if (auto failure = CheckRules(resource, kDocumentRules, level, base)) return failure;
  if (resource.Text("status") != "current" && resource.Text("status") != "superseded") {
    return BadMetadata(absl::StrCat(base, ".status"));
  }
  if (resource.At("/masterIdentifier/value")->text().size() > kUniqueIdBytesMax) {
    return BadMetadata(absl::StrCat(base, ".masterIdentifier.value"));
  }
  const absl::string_view media = resource.At("/content/0/attachment/contentType")->text();
  const bool plain = std::none_of(media.begin(), media.end(), absl::ascii_iscntrl);
  if (media.find('/') == absl::string_view::npos || media.size() > kMediaTypeBytesMax || !plain) {
    return BadMetadata(absl::StrCat(base, ".content[0].attachment.contentType"));
  }
  for (const absl::string_view pointer : kDocumentTimes) {
    const json::Value* time = resource.At(pointer);
    if (time != nullptr && !members::ParseFhirTime(time->text())) {
      return BadMetadata(PathOf(base, pointer));
    }
  }
  return CheckRelations(resource, base);
}

std::optional<Failure> CheckSubmissionSet(const ProvideBundle& bundle) {
  const json::Value& set = *bundle.submission_set;
  const std::string base = EntryPath(bundle.submission_set_entry);
  if (auto failure = CheckRules(set, kSubmissionSetRules, bundle.level, base)) return failure;
  if (set.Text("status") != "current") return BadMetadata(absl::StrCat(base, ".status"));
  if (set.Text("mode") != "working") return BadMetadata(absl::StrCat(base, ".mode"));
  if (!members::ParseFhirTime(set.Text("date"))) return BadMetadata(absl::StrCat(base, ".date"));
  const std::string unique_id = SubmissionSetUniqueId(set);
  if (unique_id.empty()) return MissingMetadata(absl::StrCat(base, ".identifier"));
  if (unique_id.size() > kUniqueIdBytesMax) {
    return BadMetadata(absl::StrCat(base, ".identifier"));
  }
  const json::Value* source = MhdExtension(set, "ihe-sourceId");
  const json::Value* source_id = source == nullptr ? nullptr : source->At("/valueIdentifier/value");
  if (source_id == nullptr || source_id->text().empty()) {
    return MissingMetadata(absl::StrCat(base, ".extension('ihe-sourceId')"));
  }
  const json::Value* designation = MhdExtension(set, "ihe-designationType");
  const json::Value* concept_of =
      designation == nullptr ? nullptr : designation->Find("valueCodeableConcept");
  if (bundle.level == MetadataLevel::kComprehensive &&
      (concept_of == nullptr || !HasCodedEntry(*concept_of))) {
    return MissingMetadata(absl::StrCat(base, ".extension('ihe-designationType')"));
  }
  for (const json::Value& entry : set.Each("entry")) {
    for (const absl::string_view name : kEntryForbidden) {
      if (entry.Find(name) != nullptr) {
        return ForbiddenMetadata(absl::StrCat(base, ".entry.", name));
      }
    }
  }
  return std::nullopt;
}

}  // namespace hie::fhir

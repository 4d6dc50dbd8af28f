#include "gateway/fhir/documents/provide_bundle.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace hie::fhir {
namespace {

constexpr absl::string_view kMhdDefinitions =
    "https://profiles.ihe.net/ITI/MHD/StructureDefinition/";

bool HasTypeCode(const json::Value& identifier, absl::string_view code) {
  const json::Value* type = identifier.Find("type");
  if (type == nullptr) return false;
  for (const json::Value& coding : type->Each("coding")) {
    if (coding.Text("code") == code) return true;
  }
  return false;
}

}  // namespace

std::string EntryPath(size_t entry) { return absl::StrCat("Bundle.entry[", entry, "].resource"); }

std::vector<const json::Value*> MhdExtensions(const json::Value& resource, absl::string_view name) {
  std::vector<const json::Value*> found;
  for (const json::Value& extension : resource.Each("extension")) {
    absl::string_view url = extension.Text("url");
    if (absl::ConsumePrefix(&url, kMhdDefinitions) && url == name) found.push_back(&extension);
  }
  return found;
}

const json::Value* MhdExtension(const json::Value& resource, absl::string_view name) {
  const std::vector<const json::Value*> found = MhdExtensions(resource, name);
  return found.empty() ? nullptr : found.front();
}

std::string SubmissionSetUniqueId(const json::Value& submission_set) {
  for (const json::Value& identifier : submission_set.Each("identifier")) {
    const bool entry_uuid =
        HasTypeCode(identifier, "entryUUID") || identifier.Text("use") == "official";
    const bool unique = HasTypeCode(identifier, "uniqueId") || identifier.Text("use") == "usual";
    if (unique && !entry_uuid && !identifier.Text("value").empty()) {
      return std::string(identifier.Text("value"));
    }
  }
  return "";
}

}  // namespace hie::fhir

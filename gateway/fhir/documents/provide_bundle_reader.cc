#include "gateway/fhir/documents/provide_bundle_reader.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gateway/fhir/documents/provide_rules.h"
#include "services/common/crypto/sha1.h"

namespace hie::fhir {
namespace {

constexpr absl::string_view kProfiles = "https://profiles.ihe.net/ITI/MHD/StructureDefinition/";

struct ProfileLevel {
  absl::string_view name;
  MetadataLevel level;
};

constexpr ProfileLevel kLevels[] = {
    {"IHE.MHD.Minimal.ProvideBundle", MetadataLevel::kMinimal},
    {"IHE.MHD.Comprehensive.ProvideBundle", MetadataLevel::kComprehensive},
    {"IHE.MHD.UnContained.Comprehensive.ProvideBundle", MetadataLevel::kComprehensive},
};

using MaybeFailure = std::optional<Failure>;

Failure NotAllowed(size_t entry) {
  return FailXds(400, "invariant", "XDSRegistryMetadataError",
                 "An entry is not one that a document submission may have.",
                 absl::StrCat("Bundle.entry[", entry, "]"));
}

MaybeFailure ReadProfile(const json::Value& bundle, ProvideBundle& out) {
  if (bundle.Text("resourceType") != "Bundle" || bundle.Text("type") != "transaction") {
    return FailXds(400, "value", "XDSRegistryMetadataError",
                   "A document submission is a Bundle of type transaction.", "Bundle.type");
  }
  const json::Value* meta = bundle.Find("meta");
  if (meta != nullptr) {
    for (const json::Value& profile : meta->Each("profile")) {
      absl::string_view name = profile.text();
      name = name.substr(0, name.find('|'));  // A version.
      if (!absl::ConsumePrefix(&name, kProfiles)) continue;
      for (const ProfileLevel& known : kLevels) {
        if (name != known.name) continue;
        out.level = known.level;
        return std::nullopt;
      }
    }
  }
  return FailXds(400, "required", "XDSRegistryMetadataError",
                 "The profile of the submission is missing or not one that is taken.",
                 "Bundle.meta.profile");
}

bool IsListCode(const json::Value& list, absl::string_view code) {
  const json::Value* concept_of = list.Find("code");
  if (concept_of == nullptr) return false;
  for (const json::Value& coding : concept_of->Each("coding")) {
    if (coding.Text("code") == code && absl::EndsWith(coding.Text("system"), "MHDlistTypes")) {
      return true;
    }
  }
  return false;
}

// DocumentReference/{id}; empty: another path.
std::string IdBelow(absl::string_view url, absl::string_view type) {
  if (!absl::ConsumePrefix(&url, type) || !absl::ConsumePrefix(&url, "/")) return "";
  return url.find_first_of("/?#") == absl::string_view::npos ? std::string(url) : "";
}

// A FHIRPath patch that sets status to superseded, and nothing else.
bool IsSupersedePatch(const json::Value& resource) {
  if (resource.Text("resourceType") != "Parameters") return false;
  const absl::Span<const json::Value> parameters = resource.Each("parameter");
  if (parameters.size() != 1 || parameters[0].Text("name") != "operation") return false;
  std::set<absl::string_view> right;
  for (const json::Value& part : parameters[0].Each("part")) {
    const absl::string_view name = part.Text("name");
    const bool as_meant =
        (name == "type" && part.Text("valueCode") == "replace") ||
        (name == "path" && part.Text("valueString") == "DocumentReference.status") ||
        (name == "value" &&
         (part.Text("valueCode") == "superseded" || part.Text("valueString") == "superseded"));
    if (!as_meant || !right.insert(name).second) return false;
  }
  return right.size() == 3;
}

class BundleReader {
 public:
  explicit BundleReader(const json::Value& bundle) : bundle_(bundle) {}

  Reading<ProvideBundle> Run() {
    if (MaybeFailure failure = ReadProfile(bundle_, out_)) return *std::move(failure);
    if (MaybeFailure failure = ReadEntries()) return *std::move(failure);
    if (MaybeFailure failure = CheckSubmissionSet(out_)) return *std::move(failure);
    for (const ProvidedDocument& document : out_.documents) {
      if (MaybeFailure failure = CheckDocumentMetadata(document, out_.level)) {
        return *std::move(failure);
      }
    }
    if (MaybeFailure failure = CheckSetItems()) return *std::move(failure);
    if (MaybeFailure failure = LinkContents()) return *std::move(failure);
    return std::move(out_);
  }

 private:
  MaybeFailure ReadEntries() {
    const absl::Span<const json::Value> entries = bundle_.Each("entry");
    if (entries.size() > kProvidedEntriesMax) return TooLarge("Bundle.entry");
    for (size_t i = 0; i < entries.size(); ++i) {
      if (MaybeFailure failure = ReadEntry(i, entries[i])) return failure;
    }
    if (out_.submission_set == nullptr) {
      return FailXds(400, "required", "XDSMissingDocumentMetadata",
                     "A submission has one SubmissionSet.", "Bundle.entry");
    }
    if (out_.documents.size() > kProvidedDocumentsMax) return TooLarge("Bundle.entry");
    return std::nullopt;
  }

  static Failure TooLarge(absl::string_view path) {
    return fhir::Fail(413, "too-long", "The submission is larger than is taken.", path);
  }

  MaybeFailure ReadEntry(size_t at, const json::Value& entry) {
    static const json::Value kNone;
    const json::Value* request = entry.Find("request");
    if (request == nullptr) return MissingMetadata(absl::StrCat("Bundle.entry[", at, "].request"));
    const absl::string_view method = request->Text("method");
    const absl::string_view url = request->Text("url");
    const json::Value* found = entry.Find("resource");
    const json::Value& resource = found == nullptr ? kNone : *found;
    const std::string full_url(entry.Text("fullUrl"));
    if (!full_url.empty() && !full_urls_.insert(full_url).second) {
      return BadMetadata(absl::StrCat("Bundle.entry[", at, "].fullUrl"));
    }
    const absl::string_view type = resource.Text("resourceType");
    if (absl::StartsWith(url, "Patient")) {
      return ReadPatient(at, full_url, method, url, found);
    }
    if (type == "List") return ReadList(at, method, url, resource);
    if (method == "PATCH") return ReadPatch(at, url, resource);
    if (method != "POST" || url != type) return NotAllowed(at);
    if (type == "DocumentReference") {
      out_.entries.push_back(EntryKind::kDocument);
      out_.documents.push_back({at, full_url, &resource, std::nullopt});
      return std::nullopt;
    }
    if (type == "Binary") return ReadBinary(at, full_url, resource);
    if (type == "Bundle") {
      return FailXds(400, "not-supported", "FHIRDocumentNotSupported",
                     "FHIR documents are not taken; send the content as a Binary.", EntryPath(at));
    }
    return NotAllowed(at);
  }

  MaybeFailure ReadPatient(size_t at, std::string full_url, absl::string_view method,
                           absl::string_view url, const json::Value* resource) {
    if (!out_.patients.empty()) return NotAllowed(at);
    const bool is_patient = resource != nullptr && resource->Text("resourceType") == "Patient";
    if (resource != nullptr && !is_patient) return NotAllowed(at);
    if (method != "GET" && method != "POST" && method != "PUT") return NotAllowed(at);
    if (method != "GET" && !is_patient) return NotAllowed(at);
    out_.entries.push_back(EntryKind::kPatient);
    out_.patients.push_back({at, std::move(full_url), IdBelow(url, "Patient"), resource});
    return std::nullopt;
  }

  MaybeFailure ReadList(size_t at, absl::string_view method, absl::string_view url,
                        const json::Value& resource) {
    if (IsListCode(resource, "folder")) {
      if (method != "POST" && method != "PUT") return NotAllowed(at);
      out_.entries.push_back(EntryKind::kFolder);
      out_.folders.push_back(at);
      return std::nullopt;
    }
    if (!IsListCode(resource, "submissionset")) {
      return BadMetadata(absl::StrCat(EntryPath(at), ".code"));
    }
    if (method != "POST" || url != "List" || out_.submission_set != nullptr) return NotAllowed(at);
    out_.entries.push_back(EntryKind::kSubmissionSet);
    out_.submission_set_entry = at;
    out_.submission_set = &resource;
    return std::nullopt;
  }

  MaybeFailure ReadPatch(size_t at, absl::string_view url, const json::Value& resource) {
    std::string id = IdBelow(url, "DocumentReference");
    if (id.empty() || !IsSupersedePatch(resource)) return NotAllowed(at);
    out_.entries.push_back(EntryKind::kSupersede);
    out_.supersedes.push_back({at, std::move(id)});
    return std::nullopt;
  }

  MaybeFailure ReadBinary(size_t at, std::string full_url, const json::Value& resource) {
    ProvidedBinary binary{at, std::move(full_url), ""};
    const json::Value* data = resource.Find("data");
    if (data != nullptr && !absl::Base64Unescape(data->text(), &binary.content)) {
      return FailXds(400, "structure", "InvalidDocumentContent",
                     "The content of a Binary is not base64.",
                     absl::StrCat(EntryPath(at), ".data"));
    }
    content_bytes_ += binary.content.size();
    if (content_bytes_ > kContentTotalMax) return TooLarge(EntryPath(at));
    out_.entries.push_back(EntryKind::kBinary);
    out_.binaries.push_back(std::move(binary));
    return std::nullopt;
  }

  // The set names exactly the documents of the Bundle, and perhaps others that exist already.
  MaybeFailure CheckSetItems() {
    std::set<std::string, std::less<>> named;
    size_t at = 0;
    for (const json::Value& entry : out_.submission_set->Each("entry")) {
      const std::string path =
          absl::StrCat(EntryPath(out_.submission_set_entry), ".entry[", at++, "].item");
      const json::Value* item = entry.Find("item");
      const absl::string_view reference =
          item == nullptr ? absl::string_view() : item->Text("reference");
      if (reference.empty()) return MissingMetadata(path);
      const bool within = full_urls_.contains(reference);
      if (!within && !IsExistingDocument(reference)) return UnresolvedReference(path);
      named.insert(std::string(reference));
    }
    for (const ProvidedDocument& document : out_.documents) {
      if (!named.contains(document.full_url)) {
        return FailXds(400, "invariant", "XDSRegistryMetadataError",
                       "A document is not listed in its SubmissionSet.",
                       absl::StrCat("Bundle.entry[", document.entry, "]"));
      }
    }
    return std::nullopt;
  }

  static bool IsExistingDocument(absl::string_view reference) {
    return !IdBelow(reference, "DocumentReference").empty();
  }

  MaybeFailure LinkContents() {
    std::set<size_t> used;
    for (ProvidedDocument& document : out_.documents) {
      const json::Value& attachment = *document.resource->At("/content/0/attachment");
      const std::string path = absl::StrCat(EntryPath(document.entry), ".content[0].attachment");
      const absl::string_view url = attachment.Text("url");
      document.binary = FindBinary(url);
      if (document.binary) {
        used.insert(*document.binary);
        if (MaybeFailure failure =
                CheckContent(attachment, out_.binaries[*document.binary].content, path)) {
          return failure;
        }
      } else if (!absl::StartsWith(url, "https://") && !absl::StartsWith(url, "http://")) {
        return MissingDocument(absl::StrCat(path, ".url"));
      }
    }
    for (size_t i = 0; i < out_.binaries.size(); ++i) {
      if (!used.contains(i)) {
        return FailXds(400, "required", "XDSMissingDocumentMetadata",
                       "A document has no DocumentReference.",
                       absl::StrCat("Bundle.entry[", out_.binaries[i].entry, "]"));
      }
    }
    return std::nullopt;
  }

  std::optional<size_t> FindBinary(absl::string_view url) const {
    for (size_t i = 0; i < out_.binaries.size(); ++i) {
      if (!url.empty() && out_.binaries[i].full_url == url) return i;
    }
    return std::nullopt;
  }

  static MaybeFailure CheckContent(const json::Value& attachment, absl::string_view content,
                                   absl::string_view path) {
    if (const json::Value* size = attachment.Find("size")) {
      if (size->integer() != static_cast<int64_t>(content.size())) {
        return FailXds(400, "invariant", "XDSNonIdenticalSize",
                       "The size of a document is not the one that its metadata says.",
                       absl::StrCat(path, ".size"));
      }
    }
    const json::Value* hash = attachment.Find("hash");
    if (hash == nullptr) return std::nullopt;
    std::string digest;
    if (!absl::Base64Unescape(hash->text(), &digest) || digest != crypto::Sha1(content)) {
      return FailXds(400, "invariant", "XDSNonIdenticalHash",
                     "The hash of a document is not the one that its metadata says.",
                     absl::StrCat(path, ".hash"));
    }
    return std::nullopt;
  }

  const json::Value& bundle_;
  ProvideBundle out_;
  std::set<std::string, std::less<>> full_urls_;
  size_t content_bytes_ = 0;
};

}  // namespace

Reading<ProvideBundle> ReadProvideBundle(const json::Value& bundle) {
  return BundleReader(bundle).Run();
}

}  // namespace hie::fhir

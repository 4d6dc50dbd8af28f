#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/registry/document_entry.h"
#include "services/registry/same_content.h"
#include "services/registry/submission.h"

namespace hie::registry {

// A locator entry's key.
using LocatorKey = std::pair<LocalPatient, MemberId>;

// A document that relates to another, by entry ids.  The target may not be filed yet.
struct Association {
  std::string target_id;
  std::string by_id;
  friend auto operator<=>(const Association&, const Association&) = default;
};

// A content that the exchange keeps, without its bytes.
struct KeptContent {
  LocalPatient patient;
  enum class Extent { kPartial, kWhole } extent = Extent::kPartial;
  ContentFacts facts;       // Of the whole.
  std::string document_id;  // Whose content it is; empty: staged.
};

// What is filed so far, as a filing needs it.  DATA_LOSS: stored bytes are bad.
class FiledDocuments {
 public:
  virtual ~FiledDocuments() = default;
  virtual absl::StatusOr<std::optional<DocumentEntry>> Document(const std::string& id) const = 0;
  virtual absl::StatusOr<std::optional<LocatorEntry>> Locator(const LocatorKey& key) const = 0;
  // Entry ids of the documents that relate to `id`, ascending.
  virtual absl::StatusOr<std::vector<std::string>> Relating(const std::string& id) const = 0;
  virtual absl::StatusOr<std::optional<KeptContent>> Content(const std::string& id) const = 0;
  // The time of the newest document that counts for `key`, but for those that `skip` names;
  // infinite past: none.
  virtual absl::StatusOr<absl::Time> Newest(
      const LocatorKey& key, absl::FunctionRef<bool(const std::string& id)> skip) const = 0;
};

// Whether a document was filed, or existed with the same content.
enum class Novelty { kFiled, kExisted };

// What a submission changes: the new rows, whole.
struct Filing {
  std::vector<std::string> document_ids;  // In the order of the submission's documents.
  std::vector<Novelty> novelties;         // The same.
  std::map<std::string, DocumentEntry> documents;
  std::map<LocatorKey, LocatorEntry> locators;
  std::set<Association> associations;
  std::map<std::string, std::string> contents;  // Content id to entry id.
  std::optional<SubmissionSet> set;
  std::vector<std::string> warnings;  // Machine words, each once.
};

// At most this many facilities of one member for one patient: places are sensitive, so none may
// be dropped silently.
inline constexpr size_t kFacilitiesMax = 256;

}  // namespace hie::registry

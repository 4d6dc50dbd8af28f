#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/registry/document_entry.h"

namespace hie::registry {

// A locator entry's key.
using LocatorKey = std::pair<LocalPatient, MemberId>;

// A filed document that replaces another, by entry ids.  The replaced one may not be filed yet.
struct Replacement {
  std::string replaced_id;
  std::string by_id;
  friend auto operator<=>(const Replacement&, const Replacement&) = default;
};

// What is filed so far, as FileSubmission needs it.  DATA_LOSS: stored bytes are bad.
class FiledDocuments {
 public:
  virtual ~FiledDocuments() = default;
  virtual absl::StatusOr<std::optional<DocumentEntry>> Document(const std::string& id) const = 0;
  virtual absl::StatusOr<std::optional<LocatorEntry>> Locator(const LocatorKey& key) const = 0;
  // Entry ids of the documents that say they replace `id`, ascending.
  virtual absl::StatusOr<std::vector<std::string>> ReplacedBy(const std::string& id) const = 0;
};

// What a submission changes: the new rows, whole.
struct Filing {
  std::vector<std::string> document_ids;  // In the order of the submission's documents.
  std::map<std::string, DocumentEntry> documents;
  std::map<LocatorKey, LocatorEntry> locators;
  std::set<Replacement> replacements;
};

// At most this many facilities of one member for one patient: places are sensitive, so none may
// be dropped silently.
inline constexpr size_t kFacilitiesMax = 256;

// Decides a submission that ValidateSubmission accepts.  Pure: same inputs, same filing.
//
// A document of the same member and unique id that is filed with the same hash and patient is the
// existing entry: only its status may still rise.  A document that replaces another supersedes it,
// whichever of the two is filed first.  A document makes its member's locator entry VERIFIED; a
// claim raises it to what it says.  States and statuses never fall.
//
// ALREADY_EXISTS: a unique id is filed with another hash or for another patient.
// FAILED_PRECONDITION: a document replaces one of another patient, or replacements form a circle,
// or more than kFacilitiesMax facilities.
absl::StatusOr<Filing> FileSubmission(const Submission& submission, const FiledDocuments& filed,
                                      absl::Time now);

}  // namespace hie::registry

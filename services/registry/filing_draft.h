#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/registry/filing.h"

namespace hie::registry {

// A filing in the making: what is filed, below what has changed so far.  Keeps versions and locator
// counts right, whatever changes.  Borrows `filed`; not thread-safe.
class FilingDraft {
 public:
  FilingDraft(const FiledDocuments& filed, absl::Time now) : filed_(filed), now_(now) {}

  absl::StatusOr<std::optional<DocumentEntry>> Document(const std::string& id) const;
  absl::StatusOr<std::vector<std::string>> Relating(const std::string& id) const;

  // Puts a new document, or a changed one: the version rises once in a filing.
  absl::Status Put(DocumentEntry document);
  // Raises the status of a document; a lower or the same one changes nothing.
  absl::Status Raise(DocumentEntry document, DocumentStatus status);
  // The patient is known at the member, seen in `facility`; refuses one facility too many.
  absl::Status Assert(const std::string& field, const LocatorKey& key, LocatorState state,
                      const std::string& facility);
  void Warn(absl::string_view word);

  const FiledDocuments& filed() const { return filed_; }
  absl::Time now() const { return now_; }
  // What callers add to directly: ids, associations, contents, the set.
  Filing& filing() { return filing_; }

  absl::StatusOr<Filing> Finish() &&;

 private:
  absl::StatusOr<LocatorEntry*> Locator(const LocatorKey& key);
  absl::Status Recount(const DocumentEntry* before, const DocumentEntry& after);
  absl::Status FindNewest(const LocatorKey& key);

  const FiledDocuments& filed_;
  const absl::Time now_;
  Filing filing_;
  std::set<LocatorKey> lost_newest_;
};

}  // namespace hie::registry

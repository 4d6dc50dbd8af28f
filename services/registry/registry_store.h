#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/storage/kv_store.h"
#include "services/registry/document_entry.h"
#include "services/registry/file_submission.h"

namespace hie::registry {

// Tables, and what their keys are made of.
inline constexpr absl::string_view kDocumentTable = "doc";           // entry id -> DocumentEntry
inline constexpr absl::string_view kByPatientTable = "by_patient";   // patient, newest first, id
inline constexpr absl::string_view kReplacementTable = "assoc";      // replaced id, by id
inline constexpr absl::string_view kLocatorTable = "locator";        // patient, member
inline constexpr absl::string_view kSubmissionTable = "submission";  // member, submission id

// Limits of FindDocuments.
inline constexpr size_t kFindPatientsMax = 256;
inline constexpr size_t kFindLimitMax = 1000;
inline constexpr size_t kFindLimitDefault = 256;

// Which documents are wanted.
enum class Wanted { kAll, kCurrent };

// Documents, newest first.
struct FoundDocuments {
  std::vector<DocumentEntry> documents;
  enum class Completeness { kAll, kTruncated } completeness = Completeness::kAll;
};

// Rows as values, over one state of the store.  Borrows `state`.  Every read: DATA_LOSS where
// stored bytes are bad.
class RegistryStore final : public FiledDocuments {
 public:
  explicit RegistryStore(const KvReader& state) : state_(state) {}

  absl::StatusOr<std::optional<DocumentEntry>> Document(const std::string& id) const override;
  absl::StatusOr<std::optional<LocatorEntry>> Locator(const LocatorKey& key) const override;
  absl::StatusOr<std::vector<std::string>> ReplacedBy(const std::string& id) const override;

  // Returns the locator entries of the patients, ordered by patient and member, each once.
  absl::StatusOr<std::vector<LocatorEntry>> Locators(
      const std::vector<LocalPatient>& patients) const;

  // Returns the newest `limit` documents of the patients: by time of making, then by entry id; a
  // document of unknown time comes last.  Reads at most limit + 1 documents' index rows that
  // match per patient, and `limit` documents.
  absl::StatusOr<FoundDocuments> FindDocuments(const std::vector<LocalPatient>& patients,
                                               Wanted wanted, size_t limit) const;

  // Writes the rows of a filing.
  static void Write(const Filing& filing, WriteBatch& changes);

  static std::string SubmissionKey(const MemberId& member, const std::string& submission_id);

 private:
  const KvReader& state_;
};

}  // namespace hie::registry

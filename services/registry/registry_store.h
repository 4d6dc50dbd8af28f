#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/storage/kv_store.h"
#include "services/registry/document_entry.h"
#include "services/registry/filing.h"

namespace hie::registry {

// Tables, and what their keys are made of.
inline constexpr absl::string_view kDocumentTable = "doc";           // entry id -> DocumentEntry
inline constexpr absl::string_view kResourceTable = "resource";      // entry or set id -> resource
inline constexpr absl::string_view kByPatientTable = "by_patient";   // patient, newest first, id
inline constexpr absl::string_view kAssociationTable = "assoc";      // target id, by id
inline constexpr absl::string_view kLocatorTable = "locator";        // patient, member
inline constexpr absl::string_view kSubmissionTable = "submission";  // member, submission id

// Limits of FindDocuments.
inline constexpr size_t kFindPatientsMax = 256;
inline constexpr size_t kFindLimitMax = 1000;
inline constexpr size_t kFindLimitDefault = 256;
inline constexpr size_t kFindResourceBytesMax = size_t{1} << 20;

// A longer resource stands in a table apart, so that a change of status does not rewrite it.
inline constexpr size_t kRowResourceBytesMax = 4096;
// Stands in the row for it: no resource, which is a JSON object, is this.
inline constexpr absl::string_view kResourceApart = "\x01";

// Which documents are wanted.
enum class Wanted { kAll, kCurrent };

// Whether there is more than what was found.
enum class Completeness { kAll, kTruncated };

// Documents, newest first.
struct FoundDocuments {
  std::vector<DocumentEntry> documents;
  Completeness completeness = Completeness::kAll;
};

// Rows as values, over one state of the store.  Borrows `state`.  Every read: DATA_LOSS where
// stored bytes are bad.  Documents are read without a resource that stands apart (it then is
// kResourceApart), unless said otherwise; they may be written so.
class RegistryStore final : public FiledDocuments {
 public:
  explicit RegistryStore(const KvReader& state) : state_(state) {}

  absl::StatusOr<std::optional<DocumentEntry>> Document(const std::string& id) const override;
  absl::StatusOr<std::optional<LocatorEntry>> Locator(const LocatorKey& key) const override;
  absl::StatusOr<std::vector<std::string>> Relating(const std::string& id) const override;
  absl::StatusOr<std::optional<KeptContent>> Content(const std::string& id) const override;
  // Passes over the index rows of the patient's documents that are newer than what it returns.
  absl::StatusOr<absl::Time> Newest(
      const LocatorKey& key, absl::FunctionRef<bool(const std::string& id)> skip) const override;

  // The document with its resource.
  absl::StatusOr<std::optional<DocumentEntry>> WholeDocument(const std::string& id) const;

  // Returns the locator entries of the patients, ordered by patient and member, each once.
  absl::StatusOr<std::vector<LocatorEntry>> Locators(
      const std::vector<LocalPatient>& patients) const;

  // Returns the newest `limit` documents of the patients that are not withheld: by time of making,
  // then by entry id; a document of unknown time comes last.  Reads at most limit + 1 documents'
  // index rows that match per patient, and `limit` documents.  Resources are joined until they
  // come to kFindResourceBytesMax, then left out.
  absl::StatusOr<FoundDocuments> FindDocuments(const std::vector<LocalPatient>& patients,
                                               Wanted wanted, size_t limit) const;

  // Writes the rows of a filing, but for its set and contents.
  static void Write(const Filing& filing, WriteBatch& changes);

  static std::string SubmissionKey(const MemberId& member, const std::string& submission_id);

 private:
  absl::Status JoinResources(std::vector<DocumentEntry>& documents) const;

  const KvReader& state_;
};

// Writes a resource apart where it is long; returns what stands in the row.
std::string WriteResource(const std::string& id, const std::string& resource, WriteBatch& changes);

// Returns the resource whose row holds `in_row`.  DATA_LOSS: it is gone.
absl::StatusOr<std::string> ReadResource(const KvReader& state, const std::string& id,
                                         const std::string& in_row);

}  // namespace hie::registry

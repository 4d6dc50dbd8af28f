#include "services/registry/registry_store.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/storage/key_codec.h"
#include "services/registry/registry_wire.h"

namespace hie::registry {
namespace {

KeyWriter PatientKey(const LocalPatient& patient) {
  return KeyWriter()
      .Text(patient.assigning_authority)
      .Text(patient.id.value())
      .U32(patient.incarnation);
}

std::string LocatorRowKey(const LocatorKey& key) {
  return PatientKey(key.first).Text(key.second.value()).key();
}

// Unknown is the infinite past, and so comes last.
std::string ByPatientKey(const DocumentEntry& document) {
  return absl::StrCat(PatientKey(document.patient).TimeDescending(document.created).key(),
                      document.id);
}

std::string StatusByte(DocumentStatus status) {
  return std::string(1, static_cast<char>('0' + static_cast<int>(status)));
}

// Parses a stored message and converts it: what was checked when it was written fails only if the
// bytes are bad.
template <typename Proto>
auto FromRow(absl::string_view row, absl::string_view table)
    -> decltype(FromProto(Proto(), table)) {
  Proto proto;
  if (proto.ParseFromArray(row.data(), static_cast<int>(row.size()))) {
    auto value = FromProto(proto, table);
    if (value.ok()) return value;
  }
  return absl::DataLossError(absl::StrCat("registry table ", table, ": a row is not readable"));
}

// A key of by_patient without its patient: time of making, latest first, and entry id.
using IndexRow = std::string;
constexpr size_t kTimeBytes = sizeof(uint64_t);

absl::Status CollectNewest(const KvReader& state, const LocalPatient& patient, Wanted wanted,
                           size_t count, std::vector<IndexRow>& rows) {
  const std::string prefix = PatientKey(patient).key();
  const std::string current = StatusByte(DocumentStatus::kCurrent);
  size_t taken = 0;
  return state.Scan(kByPatientTable, prefix, "",
                    [&](absl::string_view key, absl::string_view status) {
                      if (wanted == Wanted::kAll || status == current) {
                        rows.emplace_back(key.substr(prefix.size()));
                        ++taken;
                      }
                      return taken < count;
                    });
}

}  // namespace

absl::StatusOr<std::optional<DocumentEntry>> RegistryStore::Document(const std::string& id) const {
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> row, state_.Get(kDocumentTable, id));
  if (!row) return std::optional<DocumentEntry>();
  HIE_ASSIGN_OR_RETURN(DocumentEntry document, FromRow<v1::DocumentEntry>(*row, kDocumentTable));
  return std::optional<DocumentEntry>(std::move(document));
}

absl::StatusOr<std::optional<LocatorEntry>> RegistryStore::Locator(const LocatorKey& key) const {
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> row,
                       state_.Get(kLocatorTable, LocatorRowKey(key)));
  if (!row) return std::optional<LocatorEntry>();
  HIE_ASSIGN_OR_RETURN(LocatorEntry locator, FromRow<v1::LocatorEntry>(*row, kLocatorTable));
  return std::optional<LocatorEntry>(std::move(locator));
}

absl::StatusOr<std::vector<std::string>> RegistryStore::ReplacedBy(const std::string& id) const {
  std::vector<std::string> ids;
  HIE_RETURN_IF_ERROR(
      state_.Scan(kReplacementTable, id, "", [&](absl::string_view key, absl::string_view) {
        ids.emplace_back(key.substr(id.size()));
        return true;
      }));
  return ids;
}

absl::StatusOr<std::vector<LocatorEntry>> RegistryStore::Locators(
    const std::vector<LocalPatient>& patients) const {
  std::vector<LocatorEntry> locators;
  for (const LocalPatient& patient : std::set<LocalPatient>(patients.begin(), patients.end())) {
    HIE_ASSIGN_OR_RETURN(const std::vector<KvEntry> rows,
                         state_.ScanPrefix(kLocatorTable, PatientKey(patient).key()));
    for (const KvEntry& row : rows) {
      HIE_ASSIGN_OR_RETURN(LocatorEntry locator,
                           FromRow<v1::LocatorEntry>(row.value, kLocatorTable));
      locators.push_back(std::move(locator));
    }
  }
  return locators;
}

absl::StatusOr<FoundDocuments> RegistryStore::FindDocuments(
    const std::vector<LocalPatient>& patients, Wanted wanted, size_t limit) const {
  std::vector<IndexRow> rows;
  for (const LocalPatient& patient : std::set<LocalPatient>(patients.begin(), patients.end())) {
    HIE_RETURN_IF_ERROR(CollectNewest(state_, patient, wanted, limit + 1, rows));
  }
  std::sort(rows.begin(), rows.end());
  FoundDocuments found;
  if (rows.size() > limit) {
    rows.resize(limit);
    found.completeness = FoundDocuments::Completeness::kTruncated;
  }
  std::vector<std::string> ids;
  for (const IndexRow& row : rows) ids.push_back(row.substr(kTimeBytes));
  HIE_ASSIGN_OR_RETURN(const auto stored, state_.MultiGet(kDocumentTable, ids));
  for (const std::optional<std::string>& row : stored) {
    if (!row) return absl::DataLossError("registry table by_patient: a row has no document");
    HIE_ASSIGN_OR_RETURN(DocumentEntry document, FromRow<v1::DocumentEntry>(*row, kDocumentTable));
    found.documents.push_back(std::move(document));
  }
  return found;
}

void RegistryStore::Write(const Filing& filing, WriteBatch& changes) {
  for (const auto& [id, document] : filing.documents) {
    changes.Put(kDocumentTable, id, ToProto(document).SerializeAsString());
    changes.Put(kByPatientTable, ByPatientKey(document), StatusByte(document.status));
  }
  for (const Replacement& replacement : filing.replacements) {
    changes.Put(kReplacementTable, replacement.replaced_id + replacement.by_id, "");
  }
  for (const auto& [key, locator] : filing.locators) {
    changes.Put(kLocatorTable, LocatorRowKey(key), ToProto(locator).SerializeAsString());
  }
}

std::string RegistryStore::SubmissionKey(const MemberId& member, const std::string& submission_id) {
  return KeyWriter().Text(member.value()).Text(submission_id).key();
}

}  // namespace hie::registry

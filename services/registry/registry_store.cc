#include "services/registry/registry_store.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/registry/content_store.h"
#include "services/registry/registry_wire.h"
#include "services/registry/row_codec.h"

namespace hie::registry {
namespace {

std::string LocatorRowKey(const LocatorKey& key) {
  return PatientKey(key.first).Text(key.second.value()).key();
}

// Unknown is the infinite past, and so comes last.
std::string ByPatientKey(const DocumentEntry& document) {
  return absl::StrCat(PatientKey(document.patient).TimeDescending(document.created).key(),
                      document.id);
}

char StatusByte(DocumentStatus status) { return static_cast<char>('0' + static_cast<int>(status)); }

// What a row of by_patient says of its document: status, and member.  Rows of the first version
// end after the status.
std::string IndexValue(const DocumentEntry& document) {
  return StatusByte(document.status) + document.member.value();
}

bool IsCurrent(absl::string_view index_value) {
  return !index_value.empty() && index_value.front() == StatusByte(DocumentStatus::kCurrent);
}

// Parses a stored message and converts it: what was checked when it was written fails only if the
// bytes are bad.
template <typename Proto>
auto FromRow(absl::string_view row, absl::string_view table)
    -> decltype(FromProto(Proto(), table)) {
  HIE_ASSIGN_OR_RETURN(const Proto proto, ParseRow<Proto>(row, table));
  auto value = FromProto(proto, table);
  if (!value.ok()) return BadRow(table);
  return value;
}

// A key of by_patient without its patient: time of making, latest first, and entry id.
using IndexRow = std::string;
constexpr size_t kTimeBytes = sizeof(uint64_t);

absl::Status CollectNewest(const KvReader& state, const LocalPatient& patient, Wanted wanted,
                           size_t count, std::vector<IndexRow>& rows) {
  const std::string prefix = PatientKey(patient).key();
  size_t taken = 0;
  return state.Scan(kByPatientTable, prefix, "",
                    [&](absl::string_view key, absl::string_view value) {
                      if (wanted == Wanted::kAll || IsCurrent(value)) {
                        rows.emplace_back(key.substr(prefix.size()));
                        ++taken;
                      }
                      return taken < count;
                    });
}

}  // namespace

std::string WriteResource(const std::string& id, const std::string& resource, WriteBatch& changes) {
  if (resource.size() <= kRowResourceBytesMax) return resource;
  changes.Put(kResourceTable, id, resource);
  return std::string(kResourceApart);
}

absl::StatusOr<std::string> ReadResource(const KvReader& state, const std::string& id,
                                         const std::string& in_row) {
  if (in_row != kResourceApart) return in_row;
  HIE_ASSIGN_OR_RETURN(std::optional<std::string> apart, state.Get(kResourceTable, id));
  if (!apart) return absl::DataLossError("registry table resource: a row is missing");
  return *std::move(apart);
}

absl::StatusOr<std::optional<DocumentEntry>> RegistryStore::Document(const std::string& id) const {
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> row, state_.Get(kDocumentTable, id));
  if (!row) return std::optional<DocumentEntry>();
  HIE_ASSIGN_OR_RETURN(DocumentEntry document, FromRow<v1::DocumentEntry>(*row, kDocumentTable));
  return std::optional<DocumentEntry>(std::move(document));
}

absl::StatusOr<std::optional<DocumentEntry>> RegistryStore::WholeDocument(
    const std::string& id) const {
  HIE_ASSIGN_OR_RETURN(std::optional<DocumentEntry> document, Document(id));
  if (!document) return document;
  Phi<std::string>& resource = document->description.resource;
  HIE_ASSIGN_OR_RETURN(std::string whole, ReadResource(state_, id, resource.value()));
  resource = Phi<std::string>(std::move(whole));
  return document;
}

absl::StatusOr<std::optional<LocatorEntry>> RegistryStore::Locator(const LocatorKey& key) const {
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> row,
                       state_.Get(kLocatorTable, LocatorRowKey(key)));
  if (!row) return std::optional<LocatorEntry>();
  HIE_ASSIGN_OR_RETURN(LocatorEntry locator, FromRow<v1::LocatorEntry>(*row, kLocatorTable));
  return std::optional<LocatorEntry>(std::move(locator));
}

absl::StatusOr<std::vector<std::string>> RegistryStore::Relating(const std::string& id) const {
  std::vector<std::string> ids;
  HIE_RETURN_IF_ERROR(
      state_.Scan(kAssociationTable, id, "", [&](absl::string_view key, absl::string_view) {
        ids.emplace_back(key.substr(id.size()));
        return true;
      }));
  return ids;
}

absl::StatusOr<std::optional<KeptContent>> RegistryStore::Content(const std::string& id) const {
  HIE_ASSIGN_OR_RETURN(const std::optional<v1::ContentRow> row, ContentStore(state_).Row(id));
  if (!row) return std::optional<KeptContent>();
  HIE_ASSIGN_OR_RETURN(KeptContent content, KeptFromRow(*row));
  return std::optional<KeptContent>(std::move(content));
}

absl::StatusOr<absl::Time> RegistryStore::Newest(
    const LocatorKey& key, absl::FunctionRef<bool(const std::string& id)> skip) const {
  const std::string prefix = PatientKey(key.first).key();
  absl::Status status;
  absl::Time newest = absl::InfinitePast();
  const auto visit = [&](absl::string_view row, absl::string_view value) {
    const std::string id(row.substr(prefix.size() + kTimeBytes));
    if (!IsCurrent(value) || skip(id)) return true;
    absl::string_view member = value.substr(1);
    if (!member.empty() && member != key.second.value()) return true;
    const absl::StatusOr<std::optional<DocumentEntry>> document = Document(id);
    status = document.ok() && !*document ? BadRow(kByPatientTable) : document.status();
    if (!status.ok()) return false;
    if ((*document)->member != key.second) return true;
    newest = (*document)->created;
    return false;
  };
  HIE_RETURN_IF_ERROR(state_.Scan(kByPatientTable, prefix, "", visit));
  HIE_RETURN_IF_ERROR(status);
  return newest;
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

absl::Status RegistryStore::JoinResources(std::vector<DocumentEntry>& documents) const {
  size_t bytes = 0;
  for (DocumentEntry& document : documents) {
    Phi<std::string>& resource = document.description.resource;
    std::string whole;
    if (bytes <= kFindResourceBytesMax) {
      HIE_ASSIGN_OR_RETURN(whole, ReadResource(state_, document.id, resource.value()));
      bytes += whole.size();
    }
    resource = Phi<std::string>(bytes <= kFindResourceBytesMax ? std::move(whole) : "");
  }
  return absl::OkStatus();
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
    found.completeness = Completeness::kTruncated;
  }
  std::vector<std::string> ids;
  for (const IndexRow& row : rows) ids.push_back(row.substr(kTimeBytes));
  HIE_ASSIGN_OR_RETURN(const auto stored, state_.MultiGet(kDocumentTable, ids));
  for (const std::optional<std::string>& row : stored) {
    if (!row) return absl::DataLossError("registry table by_patient: a row has no document");
    HIE_ASSIGN_OR_RETURN(DocumentEntry document, FromRow<v1::DocumentEntry>(*row, kDocumentTable));
    found.documents.push_back(std::move(document));
  }
  HIE_RETURN_IF_ERROR(JoinResources(found.documents));
  return found;
}

void RegistryStore::Write(const Filing& filing, WriteBatch& changes) {
  for (const auto& [id, document] : filing.documents) {
    v1::DocumentEntry row = ToProto(document);
    row.set_resource(WriteResource(id, row.resource(), changes));
    changes.Put(kDocumentTable, id, row.SerializeAsString());
    // What is withheld is listed to nobody: it has no place in the index.
    if (document.availability == Availability::kWithheld) {
      changes.Delete(kByPatientTable, ByPatientKey(document));
    } else {
      changes.Put(kByPatientTable, ByPatientKey(document), IndexValue(document));
    }
  }
  for (const Association& association : filing.associations) {
    changes.Put(kAssociationTable, association.target_id + association.by_id, "");
  }
  for (const auto& [key, locator] : filing.locators) {
    changes.Put(kLocatorTable, LocatorRowKey(key), ToProto(locator).SerializeAsString());
  }
}

std::string RegistryStore::SubmissionKey(const MemberId& member, const std::string& submission_id) {
  return KeyWriter().Text(member.value()).Text(submission_id).key();
}

}  // namespace hie::registry

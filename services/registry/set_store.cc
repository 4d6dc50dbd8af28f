#include "services/registry/set_store.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/registry/registry_wire.h"
#include "services/registry/row_codec.h"

namespace hie::registry {
namespace {

constexpr size_t kTimeBytes = sizeof(uint64_t);

// A set whose time is not said was submitted when it was recorded.
std::string ByPatientKey(const SubmissionSet& set) {
  const absl::Time time = set.submitted == absl::InfinitePast() ? set.recorded : set.submitted;
  return absl::StrCat(PatientKey(set.patient).TimeDescending(time).key(), set.id);
}

}  // namespace

absl::StatusOr<std::optional<v1::SubmissionSetRow>> SetStore::Row(const std::string& id) const {
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> bytes, state_.Get(kSetTable, id));
  if (!bytes) return std::optional<v1::SubmissionSetRow>();
  HIE_ASSIGN_OR_RETURN(v1::SubmissionSetRow row, ParseRow<v1::SubmissionSetRow>(*bytes, kSetTable));
  return std::optional<v1::SubmissionSetRow>(std::move(row));
}

absl::StatusOr<std::optional<SubmissionSet>> SetStore::WholeSet(const std::string& id) const {
  HIE_ASSIGN_OR_RETURN(const std::optional<v1::SubmissionSetRow> row, Row(id));
  if (!row) return std::optional<SubmissionSet>();
  absl::StatusOr<SubmissionSet> set = FromProto(row->set(), kSetTable);
  if (!set.ok()) return BadRow(kSetTable);
  HIE_ASSIGN_OR_RETURN(std::string resource, ReadResource(state_, id, set->resource.value()));
  set->resource = Phi<std::string>(std::move(resource));
  return std::optional<SubmissionSet>(*std::move(set));
}

absl::StatusOr<FoundSets> SetStore::FindSets(const std::vector<LocalPatient>& patients,
                                             size_t limit) const {
  std::vector<std::string> rows;  // Time, latest first, and id.
  for (const LocalPatient& patient : std::set<LocalPatient>(patients.begin(), patients.end())) {
    const std::string prefix = PatientKey(patient).key();
    HIE_ASSIGN_OR_RETURN(const std::vector<KvEntry> of_patient,
                         state_.ScanPrefix(kSetByPatientTable, prefix, limit + 1));
    for (const KvEntry& row : of_patient) rows.push_back(row.key.substr(prefix.size()));
  }
  std::sort(rows.begin(), rows.end());
  FoundSets found;
  if (rows.size() > limit) {
    rows.resize(limit);
    found.completeness = Completeness::kTruncated;
  }
  size_t bytes = 0;
  for (const std::string& row : rows) {
    HIE_ASSIGN_OR_RETURN(std::optional<SubmissionSet> set, WholeSet(row.substr(kTimeBytes)));
    if (!set) return absl::DataLossError("registry table set_by_patient: a row has no set");
    bytes += set->resource.value().size();
    if (bytes > kFindResourceBytesMax) set->resource = Phi<std::string>();
    found.sets.push_back(*std::move(set));
  }
  return found;
}

void SetStore::Write(const SubmissionSet& set, const std::string& set_sha256,
                     const v1::SubmitResponse& response, WriteBatch& changes) {
  v1::SubmissionSetRow row;
  *row.mutable_set() = ToProto(set);
  row.mutable_set()->set_resource(WriteResource(set.id, set.resource.value(), changes));
  row.set_set_sha256(set_sha256);
  *row.mutable_response() = response;
  changes.Put(kSetTable, set.id, row.SerializeAsString());
  changes.Put(kSetByPatientTable, ByPatientKey(set), "");
}

}  // namespace hie::registry

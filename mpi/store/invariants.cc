#include "mpi/store/invariants.h"

#include "absl/strings/str_cat.h"
#include "mpi/store/invariants_parts.h"
#include "mpi/store/tables.h"
#include "services/common/base/status_macros.h"

namespace hie::mpi {
namespace {

constexpr uint64_t kRowsBetweenWords = 4'096;

}  // namespace

absl::Status ScrubDesk::Tick(absl::string_view phase, uint64_t all) {
  if (phase != phase_) done_ = 0;
  phase_ = phase;
  const bool due = done_++ % kRowsBetweenWords == 0;
  if (!due || !options_.progress || options_.progress(phase, done_ - 1, all)) {
    return absl::OkStatus();
  }
  return absl::CancelledError("scrub: ended before its time");
}

absl::Status UnreadableRow(Table table) {
  return absl::DataLossError(absl::StrCat(table, ": a row cannot be read"));
}

absl::Status ForEachRow(const KvReader& state, Table table, VisitRow visit) {
  absl::Status failed;
  HIE_RETURN_IF_ERROR(
      state.Scan(table, "", "", [&](absl::string_view key, absl::string_view value) {
        failed = visit(key, value);
        return failed.ok();
      }));
  return failed;
}

absl::StatusOr<std::optional<Ownership>> OwnershipOf(const MpiReader& reader, RecordNumber record) {
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> features,
                       reader.rows().Get(kFeaturesTable, RecordKey(record)));
  if (features) {
    HIE_ASSIGN_OR_RETURN(const FeatureRowView view, ReadFeatureRow(*features));
    return std::optional<Ownership>(Ownership{std::string(view.person_key), false, false});
  }
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                       reader.rows().Get(kRecordsTable, RecordKey(record)));
  if (!bytes) return std::optional<Ownership>();
  v1::RecordRow row;
  if (!row.ParseFromString(*bytes)) return UnreadableRow(kRecordsTable);
  return std::optional<Ownership>(
      Ownership{PersonKey(row.eid()), IsTombstone(row.record()), row.record().provisional()});
}

absl::StatusOr<ScrubCounts> Scrub(const KvReader& state, const ScrubOptions& options) {
  ScrubDesk desk(options);
  ScrubCounts counts;
  HIE_RETURN_IF_ERROR(ScrubRecords(state, desk, counts));
  HIE_RETURN_IF_ERROR(ScrubMerges(state, desk));
  HIE_RETURN_IF_ERROR(ScrubPersons(state, desk, counts));
  HIE_RETURN_IF_ERROR(ScrubFilings(state, desk, counts));
  HIE_RETURN_IF_ERROR(ScrubPairs(state, desk));
  return counts;
}

absl::StatusOr<std::vector<std::string>> CheckInvariants(const KvReader& state) {
  std::vector<std::string> faults;
  ScrubOptions options;
  options.on_fault = [&](const InvariantFault& fault) { faults.emplace_back(fault.fault); };
  HIE_RETURN_IF_ERROR(Scrub(state, options).status());
  return faults;
}

}  // namespace hie::mpi

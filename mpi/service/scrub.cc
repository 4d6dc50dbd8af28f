#include "mpi/service/scrub.h"

#include <map>
#include <string>

#include "mpi/store/invariants.h"
#include "mpi/store/mpi_reader.h"
#include "mpi/store/review_task_check.h"
#include "services/common/base/status_macros.h"

namespace hie::mpi {
namespace {

constexpr absl::string_view kReviewPhase = "review queue";

class ScrubReport {
 public:
  ScrubReport(const KvReader& state, uint32_t findings_max,
              const std::function<void(const v1::ScrubFinding&)>& on_finding)
      : reader_(state), findings_max_(findings_max), on_finding_(on_finding) {}

  void Add(const InvariantFault& fault) {
    ++faults_[std::string(fault.fault)];
    if (told_ == findings_max_) return;
    ++told_;
    v1::ScrubFinding finding;
    finding.set_fault(std::string(fault.fault));
    finding.set_table(std::string(fault.table));
    finding.set_eid(fault.eid);
    // A finding about a record that cannot be read stands all the same.
    if (fault.record != 0) {
      const absl::StatusOr<v1::RecordRow> row = reader_.Record(fault.record);
      if (row.ok()) *finding.mutable_patient() = row->record().patient();
    }
    on_finding_(finding);
  }

  void FillFaults(v1::ScrubResult& result) const {
    for (const auto& [fault, count] : faults_) {
      v1::ScrubFault& out = *result.add_faults();
      out.set_fault(fault);
      out.set_count(count);
    }
  }

 private:
  const MpiReader reader_;
  const uint32_t findings_max_;
  const std::function<void(const v1::ScrubFinding&)>& on_finding_;
  std::map<std::string, uint64_t> faults_;
  uint32_t told_ = 0;
};

}  // namespace

absl::StatusOr<v1::ScrubResult> ScrubIndex(
    const KvReader& state, const Model& model, const v1::ScrubRun& run, const RunWatch& watch,
    const std::function<void(const v1::ScrubFinding&)>& on_finding) {
  ScrubReport report(state, run.findings_max() != 0 ? run.findings_max() : kFindingsMax,
                     on_finding);
  ScrubOptions options;
  options.model = &model;
  options.progress = watch;
  options.on_fault = [&](const InvariantFault& fault) { report.Add(fault); };
  HIE_ASSIGN_OR_RETURN(const ScrubCounts counts, Scrub(state, options));
  if (watch && !watch(kReviewPhase, 0, 0)) {
    return absl::CancelledError("run: ended before its time");
  }
  HIE_ASSIGN_OR_RETURN(const std::vector<std::string> review, CheckReviewTables(state));
  for (const std::string& fault : review) report.Add({fault, kReviewPhase});
  v1::ScrubResult result;
  result.set_records(counts.records);
  result.set_persons(counts.persons);
  result.set_filings(counts.filings);
  HIE_ASSIGN_OR_RETURN(const uint64_t sequence, MpiReader(state).LastSequence());
  result.set_sequence(sequence);
  report.FillFaults(result);
  return result;
}

}  // namespace hie::mpi

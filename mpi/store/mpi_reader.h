#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "hie/mpi/v1/mpi_state.pb.h"
#include "mpi/compare/packed_record.h"
#include "mpi/link/link_plan.h"
#include "mpi/normalize/features.h"
#include "mpi/query/query_keys.h"
#include "services/common/storage/kv_store.h"

namespace hie::mpi {

// Reads the index's rows in one state.
//
// Every function fails with DATA_LOSS where stored bytes are bad, or where a row is absent that
// another row names; beyond that only as said.  Thread-safe where `reader` is.
class MpiReader {
 public:
  // `reader` must outlive this.
  explicit MpiReader(const KvReader& reader) : reader_(reader) {}

  // Who held the id; empty where nobody did.  The incarnation does not count.
  absl::StatusOr<v1::HolderRow> Holder(const common::v1::LocalPatient& patient) const;

  // The record's number; incarnation 0 is the current holder.  NOT_FOUND: unknown.
  absl::StatusOr<RecordNumber> FindRecord(const common::v1::LocalPatient& patient) const;

  absl::StatusOr<v1::RecordRow> Record(RecordNumber record) const;
  absl::StatusOr<std::vector<v1::RecordRow>> Records(
      const std::vector<RecordNumber>& records) const;

  // Nothing: no such EID.
  absl::StatusOr<std::optional<v1::PersonRow>> FindPerson(const std::string& eid) const;
  absl::StatusOr<v1::PersonRow> Person(const std::string& eid) const;

  // Records filed under each base, exactly; nothing where no more than kCountedByWalking are.
  absl::StatusOr<std::vector<std::optional<uint64_t>>> KeyCounts(
      const std::vector<uint64_t>& bases) const;
  // The same of one base; zero where no record is filed.
  absl::StatusOr<uint64_t> CountFilings(uint64_t base) const;
  // Records whose filing begins with `prefix` (BaseKey, RefinedKey), at most `limit`, added to
  // `records`.  Returns how many.
  absl::StatusOr<size_t> Filed(absl::string_view prefix, size_t limit,
                               std::vector<RecordNumber>& records) const;

  // Visits what matching reads of each record: whose it is (PersonKey; empty: not linked yet) and
  // the packed record, which live for the call only.  Records that are not compared (provisional
  // ones, tombstones) are left out.
  using VisitFeatures = absl::FunctionRef<absl::Status(
      RecordNumber record, absl::string_view person_key, const PackedView& packed)>;
  absl::Status ReadFeatures(const std::vector<RecordNumber>& records, VisitFeatures visit) const;
  // The same of every record from `from` on, in order.
  absl::Status ScanFeatures(RecordNumber from, VisitFeatures visit) const;

  // Nothing: the record was never linked by matching.
  absl::StatusOr<std::optional<v1::ExplanationRow>> Explanation(RecordNumber record) const;

  absl::StatusOr<std::optional<v1::DecisionRow>> Decision(RecordNumber a, RecordNumber b) const;
  // The other record of each decision about `record`, rising.
  absl::StatusOr<std::vector<std::pair<RecordNumber, v1::DecisionRow>>> DecisionsOf(
      RecordNumber record) const;
  // The other record of each possible link of `record`, rising, with the weight.
  absl::StatusOr<std::vector<std::pair<RecordNumber, Millibits>>> PossibleLinksOf(
      RecordNumber record) const;

  // What a merge left behind; nothing where the record was not merged away.
  absl::StatusOr<std::optional<v1::MergeRow>> Merge(RecordNumber record) const;
  // The record into which `record` was merged in the end; itself where it was not.  A chain ends at
  // `stop` also where that was merged itself; 0: nowhere.
  absl::StatusOr<RecordNumber> MergeRoot(RecordNumber record, RecordNumber stop) const;

  absl::StatusOr<bool> HasLateVersion(RecordNumber record, int64_t event_micros,
                                      const common::v1::Demographics& demographics) const;

  // Records that a walk finds, at most `limit`; one may come twice.
  absl::StatusOr<std::vector<RecordNumber>> WalkQueryKeys(const QueryWalk& walk,
                                                          size_t limit) const;

  // The last record number that was given out.
  absl::StatusOr<RecordNumber> LastRecord() const;
  // Sequence of the last command that changed anything; 0: none did.
  absl::StatusOr<uint64_t> LastSequence() const;

  const KvReader& rows() const { return reader_; }

 private:
  const KvReader& reader_;
};

// The record's features, its own key among them.
absl::StatusOr<Features> FeaturesOf(const v1::Record& record);
// The same, packed.
absl::StatusOr<std::string> PackedOf(const v1::Record& record);

// The record as exact search sees it.
absl::StatusOr<QueriedRecord> QueriedRecordOf(const v1::Record& record);

// The keys under which exact search finds the record; none of a provisional one.
absl::StatusOr<std::vector<std::string>> QueryKeysOf(const v1::Record& record);

// Tells whether the record was merged away or removed: consent sees it, matching does not.
bool IsTombstone(const v1::Record& record);

// The hash of demographics by which versions are told apart.
uint64_t FingerprintOf(const std::string& bytes);

// The numbers of a row as a vector: those that matching compares.
std::vector<RecordNumber> RecordNumbers(const v1::PersonRow& person);
// Those and the tombstones, rising.
std::vector<RecordNumber> AllRecordNumbers(const v1::PersonRow& person);

}  // namespace hie::mpi

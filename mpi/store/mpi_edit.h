#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "hie/audit/v1/audit.pb.h"
#include "mpi/block/block_key.h"
#include "mpi/store/mpi_reader.h"
#include "services/common/journal/journal.h"
#include "services/common/journal/overlay_reader.h"

namespace hie::mpi {

// One command's changes to the index, readable while they are made.
//
// Keeps what belongs together together: filings and their counts, both orders of a pair, link
// versions of the persons that were touched, whose a record is.  Not thread-safe; lives for one
// Apply.
class MpiEdit {
 public:
  // All must outlive the edit.  `eids` are fresh EIDs in order of use.
  MpiEdit(const KvReader& state, const Stamp& stamp, std::vector<std::string> eids,
          WriteBatch& changes);

  // The state with the changes so far.
  const MpiReader& reader() const { return reader_; }
  const Stamp& stamp() const { return stamp_; }

  // Takes a fresh EID.  INVALID_ARGUMENT: the command carries too few.
  absl::StatusOr<std::string> TakeEid();
  absl::StatusOr<RecordNumber> TakeRecordNumber();

  void PutHolder(const common::v1::LocalPatient& patient, const v1::HolderRow& row);
  // Also says in its features whose it is.
  absl::Status PutRecord(RecordNumber record, const v1::RecordRow& row);
  void PutRecordVersion(RecordNumber record, uint64_t version,
                        const common::v1::Demographics& demographics);

  void PutLateVersion(RecordNumber record, int64_t event_micros,
                      const common::v1::Demographics& demographics);
  void PutMerge(RecordNumber record, const v1::MergeRow& row);
  void DeleteMerge(RecordNumber record);

  // Files a record under the query keys `after` instead of `before`; both are sorted.
  void MoveQueryKeys(RecordNumber record, const std::vector<std::string>& before,
                     const std::vector<std::string>& after);

  // Takes over how many records a match found filed under its keys: what FileRecord need not count.
  // The match must be of the state before the edit.
  void UseKeyCounts(const v1::MatchPlan& match);

  // Makes a record one that matching compares: files it under the keys of `packed` instead of those
  // under which it was filed, and keeps `packed`.  Or takes it out; nothing where it was not in.
  absl::Status FileRecord(RecordNumber record, const PackedView& packed);
  absl::Status UnfileRecord(RecordNumber record);

  void PutExplanation(RecordNumber record, const v1::ExplanationRow& row);

  void PutDecision(RecordNumber a, RecordNumber b, const v1::DecisionRow& row);
  void DeleteDecision(RecordNumber a, RecordNumber b);
  void PutPossibleLink(RecordNumber a, RecordNumber b, Millibits weight);
  void DeletePossibleLink(RecordNumber a, RecordNumber b);

  // Stores a person; its link version becomes this command's.
  void PutPerson(const std::string& eid, v1::PersonRow row);
  // The links or possible links of a stored person changed.
  absl::Status TouchLinks(const std::string& eid);

  // Notes what happened, for the audit.
  void AddEvent(const common::v1::Actor& actor,
                const std::vector<common::v1::LocalPatient>& patients,
                const std::vector<std::string>& details);

 private:
  void Put(Table table, const std::string& key, const std::string& value);
  void Delete(Table table, const std::string& key);
  absl::Status CountKey(uint64_t base, int64_t step);
  absl::Status File(RecordNumber record, const BlockKey& key);
  absl::Status Unfile(RecordNumber record, const BlockKey& key);
  // The keys under which a record is filed; none where it is not in the index.
  absl::StatusOr<std::vector<BlockKey>> KeysOf(RecordNumber record) const;

  const Stamp& stamp_;
  WriteBatch& changes_;
  OverlayReader overlay_;
  MpiReader reader_;
  std::vector<std::string> eids_;
  size_t eids_taken_ = 0;
  std::map<uint64_t, uint64_t> key_counts_;  // Records filed under a base, with the changes so far.
  uint32_t events_ = 0;
};

}  // namespace hie::mpi

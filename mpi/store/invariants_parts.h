#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "mpi/store/invariants.h"
#include "mpi/store/mpi_reader.h"

// The parts of a scrub, each over some of the tables.  For invariants.cc only.
namespace hie::mpi {

// Where the parts report to.  Not thread-safe.
class ScrubDesk {
 public:
  explicit ScrubDesk(const ScrubOptions& options) : options_(options) {}

  void Want(bool holds, const InvariantFault& fault) const {
    if (!holds) options_.on_fault(fault);
  }
  // Counts a row of a phase.  CANCELLED: the scrub is to end.
  absl::Status Tick(absl::string_view phase, uint64_t all);

  const ScrubOptions& options() const { return options_; }

 private:
  const ScrubOptions& options_;
  absl::string_view phase_;
  uint64_t done_ = 0;
};

// Visits every row of a table until one fails.
using VisitRow = absl::FunctionRef<absl::Status(absl::string_view key, absl::string_view value)>;
absl::Status ForEachRow(const KvReader& state, Table table, VisitRow visit);

absl::Status UnreadableRow(Table table);

// Whose a record is (PersonKey), by its features, or by its row where it has none; nothing: there
// is no such record.
struct Ownership {
  std::string person_key;
  bool buried = false;       // A tombstone.
  bool provisional = false;  // Neither is known where the record is compared: then both are false.
};
absl::StatusOr<std::optional<Ownership>> OwnershipOf(const MpiReader& reader, RecordNumber record);

// records, holders, features, merges: each record by itself.  Counts records.
absl::Status ScrubRecords(const KvReader& state, ScrubDesk& desk, ScrubCounts& counts);
absl::Status ScrubMerges(const KvReader& state, ScrubDesk& desk);
// persons: what each lists, redirects and aliases, coherence.  Counts persons.
absl::Status ScrubPersons(const KvReader& state, ScrubDesk& desk, ScrubCounts& counts);
// keys, key_counts, query_keys.  Counts filings.
absl::Status ScrubFilings(const KvReader& state, ScrubDesk& desk, ScrubCounts& counts);
// decisions, possible_links.
absl::Status ScrubPairs(const KvReader& state, ScrubDesk& desk);

}  // namespace hie::mpi

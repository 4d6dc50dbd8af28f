#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "hie/mpi/v1/mpi_state.pb.h"
#include "mpi/link/link_plan.h"
#include "services/common/storage/kv_store.h"

namespace hie::mpi {

// Two record numbers, the lower one first.
using RecordPair = std::pair<RecordNumber, RecordNumber>;

// One row before and after a command; nothing: it was, or is, not there.
template <typename Row>
struct RowChange {
  std::optional<Row> before;
  std::optional<Row> after;
};

// What a command changed of links, read from its changes and the state before them.
struct LinkChanges {
  // Records whose rows changed.
  std::map<RecordNumber, RowChange<v1::RecordRow>> records;
  // Possible links that came, went or weigh something else.
  std::map<RecordPair, RowChange<Millibits>> possible;
  // Decisions that came, went or were replaced; the rows as bytes.
  std::map<RecordPair, RowChange<std::string>> decisions;
  // Persons whose link version is the command's, by EID.
  std::map<std::string, RowChange<v1::PersonRow>> persons;
  // Records that were merged away, in the order of the command.
  std::vector<RecordNumber> merged;
  // Another model scores from here on.
  bool model_changed = false;
  // Matching made them: a registration.
  bool automatic = false;
  // An update contradicts what was decided of its record (relink.h: decision-contradicted).
  bool contradicted = false;
  // An updated record no longer fits its person, yet does not leave it (membership-doubtful).
  bool doubtful = false;
};

// Reads what `changes` do to the links of `before`.  Nothing: no link, possible link, decision or
// standing can have changed, as where a new record stands alone, and nothing is to be asked.
//
// Cost: a pass over the changes; no read for a new record that stands alone, else a point read for
// every record, person, possible link and decision among the changes.  DATA_LOSS: a row cannot be
// read.
absl::StatusOr<std::optional<LinkChanges>> ReadLinkChanges(const KvReader& before,
                                                           uint64_t sequence,
                                                           const WriteBatch& changes);

}  // namespace hie::mpi

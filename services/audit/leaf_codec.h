#pragma once

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hie/audit/v1/audit.pb.h"
#include "services/audit/segment_format.h"

namespace hie::audit {

// Returns the bytes that are hashed and stored: deterministic serialisation.
std::string EncodeLeaf(const v1::Leaf& leaf);

// DATA_LOSS: the record's bytes are not a leaf, or one of another sequence.
absl::StatusOr<v1::Leaf> DecodeLeaf(const Record& record);

// One patient's place in the log: how many leaves, and SHA-256 of the last one.
struct PatientHead {
  uint64_t sequence = 0;
  std::string hash;  // Empty: none.
  friend bool operator==(const PatientHead&, const PatientHead&) = default;
};

// Checks that leaves follow each other in time and that each patient's leaves form a chain of
// their own.  Keeps about 150 bytes per patient.  Not thread-safe.
class LeafChecker {
 public:
  // DATA_LOSS: `record`, the next of the log, does not continue what came before.
  absl::Status Check(const Record& record);

 private:
  int64_t time_micros_ = 0;
  absl::flat_hash_map<std::string, PatientHead> patients_;
};

}  // namespace hie::audit

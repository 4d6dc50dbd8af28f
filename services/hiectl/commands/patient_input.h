#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "hie/exchange/v1/patient_load_service.pb.h"
#include "services/hiectl/matching/issue.h"
#include "services/hiectl/matching/run_input.h"

namespace hie::ctl {

// Which file is loaded, and as what.
struct PatientInputOptions {
  std::string path;       // .ndjson: a FHIR Patient a line; else a CSV with a header.
  std::string columns;    // Column file of a CSV; empty: proposed.
  std::string authority;  // Domain of the ids (OID).
  std::string facility;   // Where the patients were seen; may be empty.
};

// A file of patients, read line by line, as often as one likes.  Not thread-safe.
class PatientInput {
 public:
  // Reads the file once, to hash and to count it.  NOT_FOUND: a file cannot be read.
  // INVALID_ARGUMENT: the column file does not fit, or names no id.
  static absl::StatusOr<std::unique_ptr<PatientInput>> Open(const PatientInputOptions& options,
                                                            const matching::Voice& voice);
  virtual ~PatientInput() = default;

  // Goes back before the first line.
  virtual void Rewind() = 0;
  // Reads the next line; what cannot be read is said in it.  False: there is none.
  virtual bool Next(exchange::v1::PatientLine& line) = 0;
  // The line of the file on which the last one began, from 1.
  virtual uint64_t file_line() const = 0;

  // Lines in all.
  uint64_t lines() const { return lines_; }
  // SHA-256 (32 bytes) of the file and of everything that says how it is read.
  const std::string& sha256() const { return sha256_; }
  // When the file was changed last, milliseconds since the epoch; 0: not known.
  uint64_t changed_millis() const { return changed_millis_; }
  // Values that were left out since Rewind, by kind.
  const std::vector<uint64_t>& issues() const { return issues_; }

 protected:
  uint64_t lines_ = 0;
  std::string sha256_;
  uint64_t changed_millis_ = 0;
  std::vector<uint64_t> issues_ = std::vector<uint64_t>(matching::kIssueKindCount);
};

}  // namespace hie::ctl

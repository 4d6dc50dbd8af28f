#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "mpi/store/first_load_input.h"
#include "services/common/member/member.h"
#include "services/hiectl/matching/csv_file.h"
#include "services/hiectl/matching/issue.h"
#include "services/hiectl/matching/run_input.h"

namespace hie::ctl {

// One file of a first load.
struct FirstLoadFile {
  std::string path;       // .ndjson: a FHIR Patient a line; else a CSV with a header.
  std::string columns;    // Column file of a CSV; empty: proposed.
  std::string authority;  // Domain of the ids (OID).
  // By whose rules ids are written (NormaliseLocalId), as online; none: they are final as they are.
  std::optional<PatientIdDomain> rules = std::nullopt;
};

// The domain of this OID in a directory seed (services/common/member/directory_seed.h).
// INVALID_ARGUMENT: the text is no seed, or no member has the domain.
absl::StatusOr<PatientIdDomain> FindDomain(absl::string_view seed, absl::string_view authority);

// Files of patients as the input of a first load, in the order in which they are named.
class FirstLoadFiles final : public mpi::LoadInput {
 public:
  // Reads every file once, to hash it.  NOT_FOUND: a file cannot be read.  INVALID_ARGUMENT: a
  // column file does not fit, or names no id.
  static absl::StatusOr<std::unique_ptr<FirstLoadFiles>> Open(
      const std::vector<FirstLoadFile>& files, const matching::Voice& voice);
  ~FirstLoadFiles() override;

  absl::StatusOr<bool> Read(size_t index, mpi::LoadPart& part) override;

  // SHA-256 (32 bytes) of the files, in order, and of everything that says how they are read.
  const std::string& sha256() const { return sha256_; }
  const std::string& path(uint32_t file) const { return files_[file].path; }
  // Values that were left out so far, by kind.
  std::vector<uint64_t> issues() const;

 private:
  class Reader;
  class CsvReader;
  class NdjsonReader;

  explicit FirstLoadFiles(std::vector<FirstLoadFile> files);
  absl::StatusOr<std::unique_ptr<Reader>> OpenFile(uint32_t file, const matching::Voice& voice);

  const std::vector<FirstLoadFile> files_;
  std::vector<std::unique_ptr<Reader>> readers_;
  std::string sha256_;
};

}  // namespace hie::ctl

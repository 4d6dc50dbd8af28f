#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "hie/mpi/v1/load_state.pb.h"
#include "mpi/store/first_load_rows.h"
#include "services/common/storage/file_system.h"

// The first phase of a first load: the input is read once, and everything that needs no link is
// made and sorted.
namespace hie::mpi {

// Why a line is not loaded.  Names the field, never the patient.
struct LoadProblem {
  uint32_t file = 0;
  uint64_t line = 0;  // Of the file, from 1.
  std::string field;  // Empty: the line as a whole.
  std::string reason;
  friend bool operator==(const LoadProblem&, const LoadProblem&) = default;
};

// A run of lines of an input.
struct LoadPart {
  std::vector<LoadLine> lines;        // In order.
  std::vector<LoadProblem> problems;  // Of lines that could not be read, which are not in `lines`.
};

// An input that can be read in parts.
class LoadInput {
 public:
  virtual ~LoadInput() = default;

  // Reads part `index`, from 0, in the order of the input.  False: there are only so many parts.
  // Called once for each part, from several threads at once.  The same on every run.
  virtual absl::StatusOr<bool> Read(size_t index, LoadPart& part) = 0;
};

// Reports long work: what it is doing, how much of it is done, and of how much (0: not known).
using LoadProgressReport = std::function<void(absl::string_view what, uint64_t done, uint64_t all)>;

struct ReadInputOptions {
  FileSystem* files = nullptr;  // Must outlive the call.
  std::string directory;        // Exists; what is in it is replaced.
  absl::Time loaded;            // Time of the load.
  size_t threads = 2;
  size_t sorter_bytes = size_t{64} << 20;  // Memory of each of the sorters, three a thread.
  LoadProgressReport progress = nullptr;
};

// Files of the work directory, by name.
inline constexpr absl::string_view kRecordSpool = "records.spool";    // Row parts by record.
inline constexpr absl::string_view kFeatureSpool = "features.spool";  // Compact records by record.
inline constexpr absl::string_view kRepeatSpool =
    "repeats.spool";  // v1.LoadLines, in order, by file and line.
inline constexpr absl::string_view kRejectSpool = "rejects.spool";  // VisitRejects.

// What was found in the input.
struct ReadInputResult {
  uint64_t lines = 0;
  uint64_t records = 0;   // Numbered from 1 in the order of the input.
  uint64_t rejected = 0;  // Lines.
  // Lines about an id that an earlier line had named.  These are no matter of sorting: whether one
  // is a new version, an overlay or nothing new is for the online rules.
  uint64_t repeated = 0;
  std::vector<v1::SortedRun> runs;  // Of tables `keys`, `query_keys` and `holders`.
};

// Reads the input.  The same files for any number of threads, but for how rows lie in runs.
//
// Errors of the input; RESOURCE_EXHAUSTED: the disk is full.  Memory: the sorters,
// a part for each thread, and 17 bytes for each id.
absl::StatusOr<ReadInputResult> ReadInput(const ReadInputOptions& options, LoadInput& input);

// Visits what ReadInput rejected, in the order of the input, until `visit` fails.  DATA_LOSS: the
// file is damaged.
absl::Status VisitRejects(FileSystem& files, const std::string& directory,
                          absl::FunctionRef<absl::Status(const LoadProblem&)> visit);

}  // namespace hie::mpi

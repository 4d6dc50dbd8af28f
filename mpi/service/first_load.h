#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "hie/mpi/v1/load_state.pb.h"
#include "mpi/score/model.h"
#include "mpi/store/first_load_input.h"
#include "services/common/base/clock.h"
#include "services/common/storage/file_system.h"
#include "services/common/storage/kv_store.h"
#include "services/common/storage/table_file.h"

// Fills an empty index with a whole region at once: the records are linked as a file is
// (LinkBatch), sorted, and taken in as files, instead of one command after another.
namespace hie::mpi {

struct FirstLoadOptions {
  KvStore* store = nullptr;               // Holds MpiRole::Tables(), empty; must outlive the call.
  TableFileStore* table_files = nullptr;  // The same store.
  FileSystem* files = nullptr;            // Must outlive the call.
  std::string mark_path = "";             // High-water mark of the role; empty: none is kept.
  // Holds the load while it runs: about three times the input.  On the store's file system its
  // files are linked instead of copied.
  std::string work_directory;
  std::string input_sha256;      // 32 bytes, which name the input.
  common::v1::Actor actor;       // Who loads.
  const Model* model = nullptr;  // Null: the shipped one.  Must outlive the call.
  const Clock* clock = nullptr;  // Must outlive the call.
  // When the load begins, for a load that repeats another one; InfinitePast: now.  Of no matter
  // where the work directory holds a load that has begun.
  absl::Time started = absl::InfinitePast();
  size_t threads = 2;
  uint64_t seed = 1;                       // Of every sample that LinkBatch draws.
  size_t sorter_bytes = size_t{64} << 20;  // See ReadInputOptions.
  LoadProgressReport progress = nullptr;
};

struct FirstLoadReport {
  v1::FirstLoadRow load;
  uint64_t lines = 0;
  uint64_t tasks = 0;
  std::string model_name;
  std::vector<v1::LoadedTableFile> files;
  // Lines about an id named before that the index refused: rejects beside those of VisitRejects.
  std::vector<LoadProblem> refused_repeats;
  // What was done in this run, and how long it took; phases that an earlier run had ended are not
  // among them.
  std::vector<std::pair<std::string, absl::Duration>> phases;
};

// Loads `input`; where the work directory holds a load of it that was broken off, goes on behind
// the last phase that is complete.
//
// The model that links is `model`, if that is calibrated, else it is calibrated on the input; it is
// stored and active afterwards.  Times and ids follow from the input's hash and the time of the
// beginning: the same input from the same beginning gives the same bytes, however often it broke
// off.  All tables are filled together or none.  Lines about an id that an earlier line had named
// are registered behind, one after the other, as a bulk load of the same actor; the
// index is not served before that (CheckFirstLoadComplete).
//
// ALREADY_EXISTS: this input filled the index.  FAILED_PRECONDITION: it holds anything else, or the
// work directory holds another load.
// INVALID_ARGUMENT: the input has no record, or an option is out of range.  DATA_LOSS: a file of
// the work directory is damaged.  RESOURCE_EXHAUSTED: the disk is full.  Memory: as of LinkBatch.
absl::StatusOr<FirstLoadReport> RunFirstLoad(const FirstLoadOptions& options, LoadInput& input);

// Removes what a load that is done left in its work directory; rejects (VisitRejects) go with it.
absl::Status RemoveFirstLoadFiles(FileSystem& files, const std::string& work_directory);

}  // namespace hie::mpi

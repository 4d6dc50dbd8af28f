#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "hie/mpi/v1/load_state.pb.h"
#include "mpi/compare/record_table.h"
#include "mpi/link/link_plan.h"
#include "mpi/score/model.h"
#include "mpi/store/first_load_persons.h"
#include "services/common/storage/file_system.h"

// The end of the second phase of a first load: what is kept of how records were linked, and what
// people are asked.
namespace hie::mpi {

// A record is explained by the one that agrees with it best among so many of its person, from the
// first on.
inline constexpr size_t kExplainedWithMax = 32;

// A question that linking left.
struct LoadedQuestion {
  RecordNumber first = 0;  // The lower one.
  RecordNumber second = 0;
  Millibits weight = 0;
};

struct WriteLinksOptions {
  FileSystem* files = nullptr;  // Must outlive the call.
  std::string directory;        // Exists; what is in it is replaced.
  absl::Time loaded;
  size_t threads = 2;
  size_t sorter_bytes = size_t{32} << 20;
};

struct WriteLinksResult {
  std::vector<v1::SortedRun> runs;  // Of possible links, explanations, and the tables of tasks.
  uint64_t possible_links = 0;
  uint64_t tasks = 0;
};

// Writes them.  `table` holds the records as they were compared, number 1 first; `questions` come
// best first.
//
// A question between two persons is a possible link with its task; one about two records of one
// person is a task to look at that person, as is a person of more records than people have, or of
// two records that contradict each other.  One task of that kind for each person.  Each record but
// a person's first keeps an explanation of why it is there.
absl::StatusOr<WriteLinksResult> WriteLinks(const WriteLinksOptions& options,
                                            const LoadedPersons& persons, const RecordTable& table,
                                            const std::vector<LoadedQuestion>& questions,
                                            const Model& model);

}  // namespace hie::mpi

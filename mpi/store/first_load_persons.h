#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "mpi/link/link_plan.h"
#include "services/common/storage/file_system.h"

// Who is who after the second phase of a first load.
namespace hie::mpi {

// The persons of a load, numbered from 0 by their first record; so EIDs rise as records do.
class LoadedPersons {
 public:
  // `cluster` gives each record (number 1 first) the name of its cluster, below its size.
  explicit LoadedPersons(const std::vector<uint32_t>& cluster);

  size_t size() const { return first_member_.size() - 1; }
  size_t records() const { return person_of_.size(); }
  uint32_t PersonOf(RecordNumber record) const { return person_of_[record - 1]; }
  // Rising.
  std::vector<RecordNumber> RecordsOf(uint32_t person) const;

 private:
  std::vector<uint32_t> person_of_;
  std::vector<uint32_t> first_member_;  // By person, into members_; one more than persons.
  std::vector<uint32_t> members_;
};

// The keys of all persons in table `persons`, one after another.
class LoadedPersonKeys {
 public:
  LoadedPersonKeys(const LoadedPersons& persons, absl::Time loaded, absl::string_view input_sha256,
                   size_t threads);

  absl::string_view KeyOf(uint32_t person) const;

 private:
  std::string keys_;
};

// Writes what LoadedPersons was made of as a file, durably, and reads it.  Errors as of SpoolWriter
// and SpoolReader.
absl::Status SaveClusters(FileSystem& files, const std::string& path,
                          const std::vector<uint32_t>& cluster);
absl::StatusOr<std::vector<uint32_t>> ReadClusters(FileSystem& files, const std::string& path);

}  // namespace hie::mpi

#include "mpi/store/first_load_persons.h"

#include <algorithm>
#include <limits>

#include "mpi/block/parallel.h"
#include "mpi/store/first_load_rows.h"
#include "mpi/store/tables.h"
#include "services/common/base/status_macros.h"
#include "services/common/storage/key_codec.h"
#include "services/common/storage/spool_file.h"

namespace hie::mpi {
namespace {

constexpr size_t kPersonKeyBytes = 16;
constexpr uint32_t kNobody = std::numeric_limits<uint32_t>::max();

}  // namespace

LoadedPersons::LoadedPersons(const std::vector<uint32_t>& cluster) : person_of_(cluster.size()) {
  std::vector<uint32_t> number(cluster.size(), kNobody);
  uint32_t next = 0;
  for (size_t i = 0; i < cluster.size(); ++i) {
    uint32_t& person = number[cluster[i]];
    if (person == kNobody) person = next++;
    person_of_[i] = person;
  }
  first_member_.assign(next + size_t{1}, 0);
  for (const uint32_t person : person_of_) ++first_member_[person + size_t{1}];
  for (size_t i = 1; i < first_member_.size(); ++i) first_member_[i] += first_member_[i - 1];
  members_.resize(person_of_.size());
  std::vector<uint32_t> place(first_member_.begin(), first_member_.end() - 1);
  for (size_t i = 0; i < person_of_.size(); ++i) {
    members_[place[person_of_[i]]++] = static_cast<uint32_t>(i + 1);
  }
}

std::vector<RecordNumber> LoadedPersons::RecordsOf(uint32_t person) const {
  return {members_.begin() + first_member_[person],
          members_.begin() + first_member_[person + size_t{1}]};
}

LoadedPersonKeys::LoadedPersonKeys(const LoadedPersons& persons, absl::Time loaded,
                                   absl::string_view input_sha256, size_t threads)
    : keys_(persons.size() * kPersonKeyBytes, '\0') {
  ForRanges(threads, persons.size(), [&](size_t begin, size_t end, size_t) {
    for (size_t person = begin; person < end; ++person) {
      const std::string key = PersonKey(LoadedEid(loaded, input_sha256, person));
      std::copy(key.begin(), key.end(),
                keys_.begin() + static_cast<ptrdiff_t>(person * kPersonKeyBytes));
    }
  });
}

absl::string_view LoadedPersonKeys::KeyOf(uint32_t person) const {
  return absl::string_view(keys_).substr(size_t{person} * kPersonKeyBytes, kPersonKeyBytes);
}

absl::Status SaveClusters(FileSystem& files, const std::string& path,
                          const std::vector<uint32_t>& cluster) {
  HIE_ASSIGN_OR_RETURN(const auto spool, SpoolWriter::Create(files, path));
  for (const uint32_t name : cluster) {
    HIE_RETURN_IF_ERROR(spool->Add("", KeyWriter().U32(name).key()));
  }
  return spool->Finish();
}

absl::StatusOr<std::vector<uint32_t>> ReadClusters(FileSystem& files, const std::string& path) {
  HIE_ASSIGN_OR_RETURN(const auto spool, SpoolReader::Open(files, path));
  std::vector<uint32_t> cluster;
  while (true) {
    HIE_ASSIGN_OR_RETURN(const bool more, spool->Next());
    if (!more) break;
    HIE_ASSIGN_OR_RETURN(const uint32_t name, KeyReader(spool->value()).U32());
    cluster.push_back(name);
  }
  const auto too_large = [&](uint32_t name) { return name >= cluster.size(); };
  if (std::any_of(cluster.begin(), cluster.end(), too_large)) {
    return absl::DataLossError("spool: a cluster's name is out of range");
  }
  return cluster;
}

}  // namespace hie::mpi

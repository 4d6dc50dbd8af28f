#include "mpi/link/partition.h"

#include <algorithm>
#include <map>

namespace hie::mpi {
namespace {

using Group = std::vector<RecordNumber>;

// Groups by the lowest record number that decisions reach.
std::map<RecordNumber, Group> GroupByDecisions(
    const std::vector<RecordNumber>& records,
    const std::vector<std::pair<RecordNumber, RecordNumber>>& must) {
  std::map<RecordNumber, RecordNumber> leader;
  for (const RecordNumber record : records) leader[record] = record;
  for (bool changed = true; changed;) {
    changed = false;
    for (const auto& [a, b] : must) {
      if (leader.count(a) == 0 || leader.count(b) == 0 || leader[a] == leader[b]) continue;
      leader[a] = leader[b] = std::min(leader[a], leader[b]);
      changed = true;
    }
  }
  std::map<RecordNumber, Group> groups;
  for (const auto& [record, lead] : leader) groups[lead].push_back(record);
  return groups;
}

bool Holds(const Group& group, RecordNumber record) {
  return std::find(group.begin(), group.end(), record) != group.end();
}

int64_t MeanWeight(const Group& a, const Group& b, WeightBetween weight) {
  int64_t sum = 0;
  for (const RecordNumber x : a) {
    for (const RecordNumber y : b) sum += weight(x, y);
  }
  return sum / static_cast<int64_t>(a.size() * b.size());
}

void Append(const Group& group, Group& part) {
  part.insert(part.end(), group.begin(), group.end());
}

}  // namespace

std::optional<Partition> PartitionRecords(
    const std::vector<RecordNumber>& records,
    const std::vector<std::pair<RecordNumber, RecordNumber>>& must, RecordNumber first,
    RecordNumber second, WeightBetween weight) {
  const std::map<RecordNumber, Group> groups = GroupByDecisions(records, must);
  Group first_core;
  Group second_core;
  for (const auto& [lead, group] : groups) {
    if (Holds(group, first) && Holds(group, second)) return std::nullopt;
    if (Holds(group, first)) first_core = group;
    if (Holds(group, second)) second_core = group;
  }
  Partition partition{first_core, second_core};
  for (const auto& [lead, group] : groups) {
    if (group == first_core || group == second_core) continue;
    const bool to_first =
        MeanWeight(group, first_core, weight) >= MeanWeight(group, second_core, weight);
    Append(group, to_first ? partition.first : partition.second);
  }
  std::sort(partition.first.begin(), partition.first.end());
  std::sort(partition.second.begin(), partition.second.end());
  return partition;
}

}  // namespace hie::mpi

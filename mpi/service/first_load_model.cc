#include "mpi/service/first_load_model.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "mpi/score/value_frequencies.h"

namespace hie::mpi {
namespace {

struct WatchedField {
  absl::string_view name;
  Field field;
};
constexpr std::array<WatchedField, 6> kWatched = {{{"ssn", Field::kSsn},
                                                   {"identifier", Field::kIdentifier},
                                                   {"phone", Field::kPhone},
                                                   {"email", Field::kEmail},
                                                   {"address", Field::kAddress},
                                                   {"birth_date", Field::kBirthDate}}};

std::optional<size_t> SlotOf(absl::string_view name) {
  for (const WatchedField& watched : kWatched) {
    if (watched.name == name) return static_cast<size_t>(watched.field);
  }
  return std::nullopt;
}

// What the field's frequency is asked for.  A house was muted by its street, whose frequency
// counts.
std::vector<uint32_t> ValuesOf(const DetectedNonValue& non_value, const RecordTable& table) {
  if (non_value.field != "address") return {non_value.value_hash};
  const PackedView record = table.record(non_value.example_row);
  std::vector<uint32_t> streets;
  for (const PackedAddress& address : record.addresses()) {
    const PackedWord& street = record.word(address.street);
    if (address.street != 0 && street.muted != 0) streets.push_back(street.hash);
  }
  return streets;
}

uint32_t Sum(uint32_t count, uint64_t more) {
  constexpr uint64_t kMost = std::numeric_limits<uint32_t>::max();
  return static_cast<uint32_t>(std::min<uint64_t>(kMost, count + more));
}

}  // namespace

Model WithNonValues(const Model& model, const RecordTable& table,
                    const std::vector<DetectedNonValue>& non_values) {
  if (model.frequencies == nullptr || non_values.empty()) return model;
  std::vector<ValueFrequencies::Entry> entries = model.frequencies->entries();
  std::vector<uint64_t> holders = model.frequencies->all_holders();
  std::map<uint64_t, uint64_t> people;  // By key.
  for (const DetectedNonValue& non_value : non_values) {
    const std::optional<size_t> slot = SlotOf(non_value.field);
    if (!slot || *slot >= holders.size()) continue;
    holders[*slot] += non_value.people;
    for (const uint32_t value : ValuesOf(non_value, table)) {
      people[ValueFrequencies::Key(*slot, value)] += non_value.people;
    }
  }
  for (ValueFrequencies::Entry& entry : entries) {
    const auto found = people.find(entry.key);
    if (found == people.end()) continue;
    entry.count = Sum(entry.count, found->second);
    people.erase(found);
  }
  for (const auto& [key, count] : people) entries.push_back({key, Sum(0, count)});
  Model counted = model;
  counted.frequencies = std::make_shared<ValueFrequencies>(std::move(entries), std::move(holders));
  return counted;
}

}  // namespace hie::mpi

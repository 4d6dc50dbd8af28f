#include "mpi/train/value_counts.h"

#include <algorithm>
#include <array>
#include <compare>
#include <utility>
#include <vector>

#include "mpi/block/parallel.h"
#include "mpi/block/sound.h"
#include "mpi/compare/agreement.h"
#include "mpi/compare/packed_words.h"
#include "mpi/score/model.h"

namespace hie::mpi {
namespace {

constexpr uint32_t kCountMin = 3;

size_t SlotOf(Field field) { return static_cast<size_t>(field); }

// A value and who holds it: what a person's many records say counts once.
struct HeldValue {
  uint64_t key;
  uint32_t holder;
  uint32_t slot;
  friend auto operator<=>(const HeldValue&, const HeldValue&) = default;
};

uint64_t Mix(uint64_t x) {
  x = (x ^ (x >> 31)) * 0x9e3779b97f4a7c15ULL;
  return x ^ (x >> 29);
}

// Records of one person mostly agree in this, and it does not follow from the value counted: for
// names the birth date, else the sounds of the names.  0: nothing tells.
uint32_t HolderOf(const PackedView& record, bool of_name) {
  if (of_name) return BirthDateValue(record);
  uint64_t hash = 0;
  for (const PackedName& name : record.names()) {
    if (name.first == 0 || name.family == 0) continue;
    for (const uint8_t index : {name.first, name.family}) {
      for (const char c : SoundOf(record.text(index))) {
        hash = Mix(hash ^ static_cast<unsigned char>(c));
      }
    }
    break;
  }
  return static_cast<uint32_t>(hash >> 32);
}

// Rows of one content count as one holder where something tells who it is, else each for itself.
void CountRecord(const PackedView& record, uint64_t node, uint32_t copies,
                 std::vector<HeldValue>& values) {
  const std::array<uint32_t, 2> holders = {HolderOf(record, false), HolderOf(record, true)};
  ForEachValue(record, [&](size_t slot, uint32_t hash) {
    const bool of_name = slot == SlotOf(Field::kFamily) || slot == SlotOf(Field::kGiven);
    const uint32_t known = holders[of_name ? 1 : 0];
    const uint32_t times = known != 0 ? 1 : copies;
    for (uint32_t copy = 0; copy < times; ++copy) {
      const uint64_t alone = Mix(node * kCopiesCountedMax + copy + 1) >> 32;
      values.push_back({ValueFrequencies::Key(slot, hash),
                        known != 0 ? known : static_cast<uint32_t>(alone),
                        static_cast<uint32_t>(slot)});
    }
  });
}

// Sorts `values` and counts the holders of each, and of each slot.
std::vector<ValueFrequencies::Entry> Tally(std::vector<HeldValue>& values,
                                           std::vector<uint64_t>& holders) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  std::vector<ValueFrequencies::Entry> entries;
  for (size_t begin = 0, end = 0; begin < values.size(); begin = end) {
    while (end < values.size() && values[end].key == values[begin].key) ++end;
    holders[values[begin].slot] += end - begin;
    const auto count = static_cast<uint32_t>(end - begin);
    if (count >= kCountMin) entries.push_back({values[begin].key, count});
  }
  return entries;
}

}  // namespace

void ForEachValue(const PackedView& record,
                  const std::function<void(size_t slot, uint32_t hash)>& value) {
  const PackedHeader& header = record.header();
  const auto say = [&](size_t slot, uint8_t index) {
    if (Speaks(record, index)) value(slot, record.word(index).hash);
  };
  const auto say_range = [&](Field field, uint8_t begin, uint8_t count) {
    for (uint8_t i = 0; i < count; ++i) say(SlotOf(field), static_cast<uint8_t>(begin + i));
  };
  for (const PackedName& name : record.names()) {
    say(SlotOf(Field::kFamily), name.family);
    say(SlotOf(Field::kGiven), name.first);
  }
  if (header.birth_year != 0 && header.birth_date_muted == 0) {
    value(SlotOf(Field::kBirthDate), BirthDateValue(record));
  }
  say_range(Field::kSsn, header.ssn_begin, header.ssns);
  say_range(Field::kPhone, header.phone_begin, header.phones);
  say_range(Field::kEmail, header.email_begin, header.emails);
  for (const PackedAddress& address : record.addresses()) {
    say(SlotOf(Field::kAddress), address.street);
    say(kZipSlot, address.zip);
    say(kCitySlot, address.city);
  }
  for (const PackedIdentifier& identifier : record.identifiers()) {
    say(SlotOf(Field::kIdentifier), identifier.value);
  }
  say(SlotOf(Field::kMotherMaiden), header.mother_maiden);
  for (size_t i = 0; i < kExtraFieldsMax; ++i) say(kNamedFieldCount + i, header.extras[i]);
}

std::shared_ptr<const ValueFrequencies> CountValues(const RecordTable& table,
                                                    const DistinctRecords& records,
                                                    size_t threads) {
  std::vector<std::vector<HeldValue>> parts(threads);
  ForRanges(threads, records.size(), [&](size_t begin, size_t end, size_t thread) {
    for (size_t node = begin; node < end; ++node) {
      CountRecord(table.record(records.first_row[node]), node,
                  std::min(records.copies[node], kCopiesCountedMax), parts[thread]);
    }
  });
  std::vector<HeldValue> values;
  for (std::vector<HeldValue>& part : parts) {
    values.insert(values.end(), part.begin(), part.end());
    std::vector<HeldValue>().swap(part);
  }
  std::vector<uint64_t> holders(kFrequencySlots, 0);
  std::vector<ValueFrequencies::Entry> entries = Tally(values, holders);
  return std::make_shared<ValueFrequencies>(std::move(entries), std::move(holders));
}

}  // namespace hie::mpi

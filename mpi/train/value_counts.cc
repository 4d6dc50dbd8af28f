#include "mpi/train/value_counts.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "mpi/block/parallel.h"
#include "mpi/compare/agreement.h"
#include "mpi/compare/packed_words.h"
#include "mpi/score/model.h"

namespace hie::mpi {
namespace {

constexpr uint32_t kCountMin = 3;

size_t SlotOf(Field field) { return static_cast<size_t>(field); }

struct Counted {
  std::vector<uint64_t> keys;
  std::array<uint64_t, kFrequencySlots> holders = {};
};

void CountRecord(const PackedView& record, uint32_t copies, Counted& counted) {
  std::array<bool, kFrequencySlots> held = {};
  const size_t before = counted.keys.size();
  ForEachValue(record, [&](size_t slot, uint32_t hash) {
    held[slot] = true;
    counted.keys.push_back(ValueFrequencies::Key(slot, hash));
  });
  // A value that a record holds twice counts once.
  const auto from = counted.keys.begin() + static_cast<std::ptrdiff_t>(before);
  std::sort(from, counted.keys.end());
  counted.keys.erase(std::unique(from, counted.keys.end()), counted.keys.end());
  const auto once = counted.keys.size();
  for (uint32_t copy = 1; copy < copies; ++copy) {
    for (size_t i = before; i < once; ++i) counted.keys.push_back(counted.keys[i]);
  }
  for (size_t i = 0; i < kFrequencySlots; ++i) counted.holders[i] += held[i] ? copies : 0;
}

std::vector<ValueFrequencies::Entry> Tally(std::vector<uint64_t> keys) {
  std::sort(keys.begin(), keys.end());
  std::vector<ValueFrequencies::Entry> entries;
  for (size_t begin = 0, end = 0; begin < keys.size(); begin = end) {
    while (end < keys.size() && keys[end] == keys[begin]) ++end;
    const auto count = static_cast<uint32_t>(end - begin);
    if (count >= kCountMin) entries.push_back({keys[begin], count});
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
  std::vector<Counted> parts(threads);
  ForRanges(threads, records.size(), [&](size_t begin, size_t end, size_t thread) {
    for (size_t node = begin; node < end; ++node) {
      CountRecord(table.record(records.first_row[node]),
                  std::min(records.copies[node], kCopiesCountedMax), parts[thread]);
    }
  });
  std::vector<uint64_t> keys;
  std::vector<uint64_t> holders(kFrequencySlots, 0);
  for (Counted& part : parts) {
    keys.insert(keys.end(), part.keys.begin(), part.keys.end());
    std::vector<uint64_t>().swap(part.keys);
    for (size_t i = 0; i < kFrequencySlots; ++i) holders[i] += part.holders[i];
  }
  return std::make_shared<ValueFrequencies>(Tally(std::move(keys)), std::move(holders));
}

}  // namespace hie::mpi

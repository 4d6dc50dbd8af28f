#include "mpi/train/non_value_detector.h"

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <tuple>

#include "mpi/block/sound.h"
#include "mpi/compare/agreement.h"

namespace hie::mpi {
namespace {

// The fields that are looked at, and how many people may share a value: a household, a large
// family, a house with flats.
struct Watched {
  absl::string_view name;
  uint64_t people_max;
};
constexpr std::array<Watched, 5> kWatched = {
    {{"ssn", 6}, {"identifier", 12}, {"phone", 20}, {"email", 15}, {"address", 60}}};
enum : uint8_t { kSsn, kIdentifier, kPhone, kEmail, kAddress };

constexpr uint64_t kDateTimesMean = 30;
constexpr uint64_t kDateHoldersMin = 100;
constexpr uint64_t kDatePeopleMin = 20;

struct Held {
  uint64_t value;  // Field and hash.
  uint32_t person;
  uint32_t row;
};

uint32_t Mix(uint64_t x) {
  x *= 0x9e3779b97f4a7c15ULL;
  return static_cast<uint32_t>(x >> 32);
}

// What two records of one person mostly share.
uint32_t PersonOf(const PackedView& record) {
  uint64_t sound = 0;
  for (const PackedName& name : record.names()) {
    if (sound != 0) break;
    for (const char c : SoundOf(record.text(name.first))) {
      sound = sound << 8 | static_cast<unsigned char>(c);
    }
  }
  return Mix(sound * 10'007 + record.header().birth_year);
}

// Calls `word(field, index)` for every word that may be muted; for an address it is the street.
void ForWatchedWords(const PackedView& record,
                     const std::function<void(uint8_t field, uint8_t word)>& visit) {
  const PackedHeader& header = record.header();
  const auto range = [&](uint8_t field, uint8_t begin, uint8_t count) {
    for (uint8_t i = 0; i < count; ++i) visit(field, static_cast<uint8_t>(begin + i));
  };
  range(kSsn, header.ssn_begin, header.ssns);
  range(kPhone, header.phone_begin, header.phones);
  range(kEmail, header.email_begin, header.emails);
  for (const PackedIdentifier& identifier : record.identifiers()) {
    visit(kIdentifier, identifier.value);
  }
}

uint64_t ValueKey(uint8_t field, uint32_t hash) {
  return static_cast<uint64_t>(field) << 32 | hash;
}

// A house: number, street and ZIP.
uint32_t HouseOf(const PackedView& record, const PackedAddress& address) {
  if (address.number == 0 || address.street == 0) return 0;
  return Mix(record.word(address.number).hash * 31ULL + record.word(address.street).hash * 17ULL +
             record.word(address.zip).hash);
}

std::vector<Held> Gather(const RecordTable& table) {
  std::vector<Held> held;
  for (uint32_t row = 0; row < table.size(); ++row) {
    const PackedView record = table.record(row);
    const uint32_t person = PersonOf(record);
    ForWatchedWords(record, [&](uint8_t field, uint8_t word) {
      if (word != 0) held.push_back({ValueKey(field, record.word(word).hash), person, row});
    });
    for (const PackedAddress& address : record.addresses()) {
      const uint32_t house = HouseOf(record, address);
      if (house != 0) held.push_back({ValueKey(kAddress, house), person, row});
    }
  }
  std::sort(held.begin(), held.end(), [](const Held& a, const Held& b) {
    return std::tie(a.value, a.person, a.row) < std::tie(b.value, b.person, b.row);
  });
  return held;
}

// Judges the holders of one value.
void Judge(const Held* begin, const Held* end, std::vector<DetectedNonValue>& found) {
  const auto field = static_cast<size_t>(begin->value >> 32);
  const auto holders = static_cast<uint64_t>(end - begin);
  if (holders <= kWatched[field].people_max) return;
  uint64_t people = 0;
  uint64_t most = 0;
  uint32_t example = begin->row;
  for (const Held* from = begin; from != end;) {
    const Held* to = from;
    while (to != end && to->person == from->person) example = std::min(example, (to++)->row);
    ++people;
    most = std::max(most, static_cast<uint64_t>(to - from));
    from = to;
  }
  if (people <= kWatched[field].people_max || most * 2 >= holders) return;
  found.push_back(
      {kWatched[field].name, static_cast<uint32_t>(begin->value), example, holders, people});
}

struct Born {
  uint32_t date;
  uint32_t person;
  uint32_t row;
};

// Whom the records of one date are of, by the sound of the first name alone: the year is the
// date's.
uint64_t CountPeople(const Born* begin, const Born* end) {
  uint64_t people = 0;
  for (const Born* born = begin; born != end; ++born) {
    people += born == begin || born->person != (born - 1)->person ? 1 : 0;
  }
  return people;
}

std::vector<DetectedNonValue> FindBirthDates(const RecordTable& table) {
  std::vector<Born> born;
  for (uint32_t row = 0; row < table.size(); ++row) {
    const PackedView record = table.record(row);
    if (record.header().birth_day == 0) continue;
    born.push_back({BirthDateValue(record), PersonOf(record), row});
  }
  std::sort(born.begin(), born.end(), [](const Born& a, const Born& b) {
    return std::tie(a.date, a.person, a.row) < std::tie(b.date, b.person, b.row);
  });
  uint64_t distinct = 0;
  for (size_t i = 0; i < born.size(); ++i) {
    distinct += i == 0 || born[i].date != born[i - 1].date ? 1 : 0;
  }
  std::vector<DetectedNonValue> found;
  for (size_t begin = 0, end = 0; begin < born.size(); begin = end) {
    while (end < born.size() && born[end].date == born[begin].date) ++end;
    const uint64_t holders = end - begin;
    const bool often = holders * distinct > kDateTimesMean * born.size();
    if (!often || holders < kDateHoldersMin) continue;
    const uint64_t people = CountPeople(born.data() + begin, born.data() + end);
    if (people < kDatePeopleMin) continue;
    found.push_back({"birth_date", born[begin].date, born[begin].row, holders, people});
  }
  return found;
}

class Muting {
 public:
  explicit Muting(const std::vector<DetectedNonValue>& found) {
    for (const DetectedNonValue& value : found) {
      const auto watched = std::find_if(kWatched.begin(), kWatched.end(),
                                        [&](const Watched& w) { return w.name == value.field; });
      if (watched == kWatched.end()) {
        dates_.push_back(value.value_hash);
      } else {
        const auto field = static_cast<uint8_t>(watched - kWatched.begin());
        values_.push_back(ValueKey(field, value.value_hash));
      }
    }
    std::sort(values_.begin(), values_.end());
    std::sort(dates_.begin(), dates_.end());
  }

  void Mute(char* bytes) const {
    const PackedView record(bytes);
    auto* const header = reinterpret_cast<PackedHeader*>(bytes);
    auto* const words = reinterpret_cast<PackedWord*>(bytes + sizeof(PackedHeader));
    ForWatchedWords(record, [&](uint8_t field, uint8_t word) {
      if (Holds(ValueKey(field, words[word].hash))) words[word].muted = 1;
    });
    for (const PackedAddress& address : record.addresses()) {
      const uint32_t house = HouseOf(record, address);
      if (house != 0 && Holds(ValueKey(kAddress, house))) words[address.street].muted = 1;
    }
    const bool date = std::binary_search(dates_.begin(), dates_.end(), BirthDateValue(record));
    if (header->birth_day != 0 && date) header->birth_date_muted = 1;
  }

 private:
  bool Holds(uint64_t value) const {
    return std::binary_search(values_.begin(), values_.end(), value);
  }

  std::vector<uint64_t> values_;
  std::vector<uint32_t> dates_;
};

}  // namespace

std::vector<DetectedNonValue> MuteNonValues(RecordTable& table) {
  const std::vector<Held> held = Gather(table);
  std::vector<DetectedNonValue> found;
  for (size_t begin = 0, end = 0; begin < held.size(); begin = end) {
    while (end < held.size() && held[end].value == held[begin].value) ++end;
    Judge(held.data() + begin, held.data() + end, found);
  }
  for (const DetectedNonValue& date : FindBirthDates(table)) found.push_back(date);
  if (found.empty()) return found;
  const Muting muting(found);
  for (size_t row = 0; row < table.size(); ++row) muting.Mute(table.mutable_bytes(row));
  return found;
}

}  // namespace hie::mpi

#include "mpi/train/level_counts.h"

namespace hie::mpi {
namespace {

constexpr size_t kFieldsOfAWord = 16;
static_assert(kLevelsMax <= 16 && kFieldCount <= 2 * kFieldsOfAWord);

}  // namespace

LevelPattern PatternOf(const Agreement& a) {
  const auto index = [](auto level) { return static_cast<uint8_t>(level); };
  LevelPattern pattern = {index(a.family),     index(a.given),      index(a.middle),
                          index(a.suffix),     index(a.birth_date), index(a.sex),
                          index(a.ssn),        index(a.phone),      index(a.email),
                          index(a.address),    index(a.identifier), index(a.mother_maiden),
                          index(a.birth_order)};
  for (size_t i = 0; i < kExtraFieldsMax; ++i) {
    pattern[kNamedFieldCount + i] = index(a.extras[i]);
  }
  return pattern;
}

PatternKey KeyOf(const LevelPattern& pattern) {
  PatternKey key;
  for (size_t i = 0; i < kFieldCount; ++i) {
    uint64_t& word = i < kFieldsOfAWord ? key.low : key.high;
    word |= static_cast<uint64_t>(pattern[i]) << (i % kFieldsOfAWord * 4);
  }
  return key;
}

LevelPattern PatternOfKey(const PatternKey& key) {
  LevelPattern pattern{};
  for (size_t i = 0; i < kFieldCount; ++i) {
    const uint64_t word = i < kFieldsOfAWord ? key.low : key.high;
    pattern[i] = static_cast<uint8_t>(word >> (i % kFieldsOfAWord * 4) & 0xf);
  }
  return pattern;
}

}  // namespace hie::mpi

#include "mpi/store/task_rank.h"

#include <algorithm>

#include "absl/time/civil_time.h"
#include "mpi/score/log2.h"
#include "services/common/storage/key_codec.h"

namespace hie::mpi {
namespace {

constexpr Millibits kMillibitsPerBit = 1'000;
constexpr Millibits kEvenOdds = -1'000;
// Beyond so many bits what is lost of a certainty is less than a millibit.
constexpr int64_t kBitsMax = 30;

// Demand stands before rank.
constexpr uint8_t kDemanded = 0;
constexpr uint8_t kRanked = 1;

// Keeps ranks above zero, whatever the weight.
constexpr int64_t kRankOffset = int64_t{1} << 40;

// log2(1 + 2^-bits).
int64_t Remainder(int64_t bits) {
  if (bits >= kBitsMax) return 0;
  return Log2Millibits((uint64_t{1} << bits) + 1) - bits * kMillibitsPerBit;
}

// log2(1 + 2^-x) of x >= 0 in 1/1000 bit.
int64_t RemainderBetween(int64_t x) {
  const int64_t bits = x / kMillibitsPerBit;
  const int64_t part = x % kMillibitsPerBit;
  const int64_t low = Remainder(bits);
  const int64_t high = Remainder(bits + 1);
  return low + (high - low) * part / kMillibitsPerBit;
}

bool IsWeekend(absl::Weekday day) {
  return day == absl::Weekday::saturday || day == absl::Weekday::sunday;
}

}  // namespace

Millibits LogChanceWrong(v1::TaskKind kind, Millibits weight) {
  if (kind != v1::TASK_KIND_POSSIBLE_LINK) return kEvenOdds;
  const int64_t w = weight;
  const int64_t below_zero = std::min<int64_t>(w, 0);
  return static_cast<Millibits>(below_zero - RemainderBetween(w < 0 ? -w : w));
}

int64_t RankOf(const v1::TaskRow& task) {
  const int64_t chance = LogChanceWrong(task.kind(), task.weight_millibits());
  const int64_t exposed = Log2Millibits(std::max<uint64_t>(task.records_exposed(), 1));
  return chance + exposed + task.opened_micros() / kRecencyMicrosPerMillibit;
}

std::string TaskOrderKey(uint64_t number, const v1::TaskRow& task) {
  const bool demanded = task.demand_micros() != 0;
  const auto worth =
      static_cast<uint64_t>(demanded ? task.demand_micros() : kRankOffset + RankOf(task));
  return KeyWriter().U8(demanded ? kDemanded : kRanked).U64(~worth).U64(number).key();
}

absl::Time DueTime(absl::Time opened) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  absl::CivilDay day = absl::ToCivilDay(opened, utc);
  absl::Duration within = opened - absl::FromCivil(day, utc);
  while (IsWeekend(absl::GetWeekday(day))) {
    ++day;
    within = absl::ZeroDuration();
  }
  ++day;
  while (IsWeekend(absl::GetWeekday(day))) ++day;
  return absl::FromCivil(day, utc) + within;
}

bool IsReadTwice(uint64_t number) {
  // SplitMix64: neighbours fall apart, so that nobody learns the rhythm.
  uint64_t mixed = number + 0x9e3779b97f4a7c15;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  return (mixed ^ (mixed >> 31)) % kBlindReadEvery == 0;
}

bool IsBlind(uint64_t number, const v1::TaskRow& task) {
  return IsReadTwice(number) && !task.disputed();
}

v1::ReviewState ReviewOf(uint64_t number, const v1::TaskRow& task) {
  if (task.disputed()) return v1::REVIEW_STATE_ESCALATED;
  const bool asked_again = !task.answers().empty() && !IsBlind(number, task);
  return asked_again ? v1::REVIEW_STATE_AWAITS_SECOND : v1::REVIEW_STATE_OPEN;
}

uint32_t DailyShare(uint64_t records) {
  constexpr uint64_t kMillion = 1'000'000;
  const uint64_t millions = std::max<uint64_t>(1, (records + kMillion - 1) / kMillion);
  return static_cast<uint32_t>(millions * kDailyTasksPerMillion);
}

}  // namespace hie::mpi

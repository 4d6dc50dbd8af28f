#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "hie/mpi/v1/review_state.pb.h"
#include "mpi/score/value_frequencies.h"

// In which order people are asked, how soon, how much, and when twice.  Pure; integers only.
namespace hie::mpi {

// Who waits halves in worth after so long: a task that was opened a week later ranks one bit above
// an equal one.
inline constexpr int64_t kRecencyMicrosPerMillibit = int64_t{7} * 24 * 3600 * 1'000'000 / 1'000;

// A task held by nobody after so long.
inline constexpr absl::Duration kTaskLeaseTime = absl::Minutes(30);

// One task in so many is read by a second person who does not see the first answer.
inline constexpr uint64_t kBlindReadEvery = 20;

// Tasks a day that the index asks of people for each million records, one million at least.
inline constexpr uint64_t kDailyTasksPerMillion = 100;

// log2 of the chance that the present state is wrong, in 1/1000 bit; never above 0.
//
// Of a possible link of weight w, which is log2 of the odds that both records are of one person, it
// is log2(2^w / (1 + 2^w)): exact at whole bits, on a straight line between them, right to 2/100
// bit.  Of any other kind it is -1000: nobody knows.
Millibits LogChanceWrong(v1::TaskKind kind, Millibits weight);

// The expected value of looking at a task, in 1/1000 bit: LogChanceWrong + log2 of the records
// exposed + recency (the time when it was opened over kRecencyMicrosPerMillibit).  As recency is a
// halving per week, the order of two tasks never changes with time: no row moves by itself.
int64_t RankOf(const v1::TaskRow& task);

// The key of a task in the order of work: those that a query waits for, the latest demand first;
// then by rank, highest first; equals by number, which is by age.
std::string TaskOrderKey(uint64_t number, const v1::TaskRow& task);

// When a task that was opened at `opened` is due: one business day later (Monday to Friday, UTC).
// What comes on a weekend counts from Monday.
absl::Time DueTime(absl::Time opened);

// Tells whether a task is read twice, by its number alone.
bool IsReadTwice(uint64_t number);

// Tells whether a second person reads the task without knowing of the first: only a dispute tells.
bool IsBlind(uint64_t number, const v1::TaskRow& task);

// How far a task has come, whatever the time: LEASED and late are for who has a clock.
v1::ReviewState ReviewOf(uint64_t number, const v1::TaskRow& task);

// How many tasks a day are asked of people in an index of so many records.
uint32_t DailyShare(uint64_t records);

}  // namespace hie::mpi

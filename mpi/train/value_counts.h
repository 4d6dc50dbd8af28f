#pragma once

#include <functional>
#include <memory>

#include "mpi/block/distinct_records.h"
#include "mpi/compare/record_table.h"
#include "mpi/score/value_frequencies.h"

namespace hie::mpi {

// Calls `value(slot, hash)` for every value of a record that has a frequency of its own.
void ForEachValue(const PackedView& record,
                  const std::function<void(size_t slot, uint32_t hash)>& value);

// Rows of one content that count at most: so many look alike, whoever they are, that what they hold
// is common, and more would hide everybody else.
inline constexpr uint32_t kCopiesCountedMax = 30;

// Counts the people who hold each value: records of one birth date for a name, of one name for
// everything else, and every record by itself where these are absent.  So a person's many records
// do not make a rare value common.  Values that fewer than three hold are left out: a
// pair's own two say nothing.  Cost: one sort of all values, about nine per record.
std::shared_ptr<const ValueFrequencies> CountValues(const RecordTable& table,
                                                    const DistinctRecords& records, size_t threads);

}  // namespace hie::mpi

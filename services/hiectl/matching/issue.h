#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace hie::ctl::matching {

// What is wrong with a row or a cell.  The row stays; the cell counts as absent unless said
// otherwise.
enum class IssueKind : uint8_t {
  kTooFewCells,        // Fewer than the header: the rest counts as empty.
  kTooManyCells,       // More than the header: the rest is not read.
  kUnclosedQuote,      // The row was read to the end of its first line.
  kInvalidUtf8,        // The bytes that are not UTF-8 are left out.
  kLongValue,          // Read by its beginning (kCellBytesMax).
  kImpossibleDate,     // A date by its form, which no calendar has.
  kUnreadableDate,     // No date.
  kUnknownSex,         // None of the values that the column file knows.
  kBadBirthOrder,      // No whole number from 1 to 20.
  kEmptyRecord,        // Nothing in any column that is used.
  kNothingIdentifies,  // No name, number or contact that tells a person apart: never linked.
  kIdenticalRecords,   // `count` records say the same.
};
inline constexpr int kIssueKindCount = 12;

// One finding.  Says where, never what stands there.
struct Issue {
  static constexpr int32_t kNoColumn = -1;

  uint64_t line = 0;           // Of the file, from 1; the header is a line.
  int32_t column = kNoColumn;  // Index in the header.
  IssueKind kind = IssueKind::kTooFewCells;
  uint8_t input = 0;  // 0, or 1 for the second of two inputs.
  uint32_t count = 1;
  friend bool operator==(const Issue&, const Issue&) = default;
};

// The kind in words.
absl::string_view IssueText(IssueKind kind);

// `a.csv:17: dob: not a date of the calendar`.
std::string DescribeIssue(const Issue& issue, const std::string& path,
                          const std::vector<std::string>& header);

}  // namespace hie::ctl::matching

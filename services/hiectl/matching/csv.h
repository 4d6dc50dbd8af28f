#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

// Comma-separated values, as RFC 4180 has them and as real files are: also with semicolons, tabs
// or bars, a byte order mark, CR LF or LF, blank lines, no line end after the last record.
namespace hie::ctl::matching {

// A quote that is not closed within this many bytes stands for itself: else one stray quote would
// swallow the rest of a file.
inline constexpr size_t kCsvRecordBytesMax = size_t{1} << 20;

// A run of whole records.
struct CsvChunk {
  absl::string_view text;
  uint64_t first_line = 1;  // Of the file, from 1.
};

// Reads records one by one; blank lines are left out.
//
// Borrows the text.  Total on any bytes.  Not thread-safe.
class CsvReader {
 public:
  CsvReader(CsvChunk chunk, char delimiter) : chunk_(chunk), delimiter_(delimiter) {}

  // Moves to the next record; false after the last one.
  bool Next();

  // The record's cells, quotes taken off.  Valid until Next.
  const std::vector<absl::string_view>& cells() const { return cells_; }
  // The line that it begins on, from 1.
  uint64_t line() const { return line_; }
  // A quote was opened and not closed: the record was read to the end of its first line.
  bool unclosed_quote() const { return unclosed_quote_; }
  // What is not read yet, with the line that it begins on.
  CsvChunk rest() const;

 private:
  CsvChunk chunk_;
  const char delimiter_;
  size_t position_ = 0;
  uint64_t lines_passed_ = 0;
  uint64_t line_ = 0;
  bool unclosed_quote_ = false;
  std::vector<absl::string_view> cells_;
  std::string unquoted_;  // Cells that held doubled quotes.
};

// Splits `chunk` at record boundaries into chunks of about `bytes` each, for threads.  Reading
// them in order gives what reading `chunk` gives.
std::vector<CsvChunk> SplitCsv(CsvChunk chunk, char delimiter, size_t bytes);

// The one of , ; tab | that stands most often in the first line outside of quotes; else a comma.
char DetectDelimiter(absl::string_view text);

// `text` without a UTF-8 byte order mark.
absl::string_view WithoutByteOrderMark(absl::string_view text);

// Appends one cell, quoted where it must be.
void AppendCsvCell(absl::string_view cell, std::string& out);

}  // namespace hie::ctl::matching

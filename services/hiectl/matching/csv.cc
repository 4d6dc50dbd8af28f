#include "services/hiectl/matching/csv.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace hie::ctl::matching {
namespace {

// Where a record ends.
struct RecordEnd {
  size_t content = 0;  // Bytes without the line end.
  size_t next = 0;     // Where the next record begins.
  uint64_t lines = 1;  // Line ends within and after it.
  bool quoted = false;
  bool closed = true;
};

size_t Find(absl::string_view text, size_t from, size_t to, char wanted) {
  if (from >= to) return to;
  const void* hit = std::memchr(text.data() + from, wanted, to - from);
  return hit == nullptr ? to : static_cast<size_t>(static_cast<const char*>(hit) - text.data());
}

RecordEnd EndAt(absl::string_view text, size_t begin, size_t line_feed, uint64_t lines) {
  RecordEnd end;
  end.next = std::min(line_feed + 1, text.size());
  end.content = line_feed - begin;
  if (end.content > 0 && text[begin + end.content - 1] == '\r') --end.content;
  end.lines = lines;
  return end;
}

// After the quote that opens a cell: the position behind the quote that closes it, or npos.
size_t BehindQuotedCell(absl::string_view text, size_t position, size_t limit) {
  for (;;) {
    position = Find(text, position, limit, '"');
    if (position >= limit) return absl::string_view::npos;
    if (position + 1 >= text.size() || text[position + 1] != '"') return position + 1;
    position += 2;
  }
}

// The end of a record whose first line holds a quote.  Only a quote at the start of a cell opens.
RecordEnd FindQuotedEnd(absl::string_view text, size_t begin, char delimiter) {
  const size_t limit = std::min(text.size(), begin + kCsvRecordBytesMax);
  size_t position = begin;
  uint64_t lines = 1;
  for (;;) {
    if (position < text.size() && text[position] == '"') {
      const size_t behind = BehindQuotedCell(text, position + 1, limit);
      if (behind == absl::string_view::npos) {
        RecordEnd end = EndAt(text, begin, Find(text, begin, text.size(), '\n'), 1);
        end.closed = false;
        return end;
      }
      lines +=
          static_cast<uint64_t>(std::count(text.data() + position, text.data() + behind, '\n'));
      position = behind;
    }
    const size_t line_feed = Find(text, position, text.size(), '\n');
    const size_t comma = Find(text, position, line_feed, delimiter);
    if (comma == line_feed) {
      RecordEnd end = EndAt(text, begin, line_feed, lines);
      end.quoted = true;
      return end;
    }
    position = comma + 1;
  }
}

RecordEnd FindEnd(absl::string_view text, size_t begin, char delimiter) {
  const size_t line_feed = Find(text, begin, text.size(), '\n');
  if (Find(text, begin, line_feed, '"') == line_feed) return EndAt(text, begin, line_feed, 1);
  return FindQuotedEnd(text, begin, delimiter);
}

void SplitPlain(absl::string_view record, char delimiter, std::vector<absl::string_view>& cells) {
  size_t position = 0;
  for (;;) {
    const size_t comma = Find(record, position, record.size(), delimiter);
    cells.push_back(record.substr(position, comma - position));
    if (comma == record.size()) return;
    position = comma + 1;
  }
}

// Takes the quotes off one cell that begins with one.  `unquoted` has room, so it never moves.
absl::string_view Unquote(absl::string_view quoted, absl::string_view tail, std::string& unquoted) {
  if (tail.empty() && !absl::StrContains(quoted, '"')) return quoted;
  const size_t start = unquoted.size();
  for (size_t i = 0; i < quoted.size(); ++i) {
    unquoted += quoted[i];
    if (quoted[i] == '"') ++i;  // The second of two.
  }
  unquoted.append(tail.data(), tail.size());
  return absl::string_view(unquoted).substr(start);
}

void SplitQuoted(absl::string_view record, char delimiter, std::vector<absl::string_view>& cells,
                 std::string& unquoted) {
  unquoted.clear();
  unquoted.reserve(record.size());
  size_t position = 0;
  for (;;) {
    size_t behind = position;
    absl::string_view quoted;
    if (position < record.size() && record[position] == '"') {
      behind = BehindQuotedCell(record, position + 1, record.size());
      quoted = record.substr(position + 1, behind - position - 2);
    }
    const size_t comma = Find(record, behind, record.size(), delimiter);
    const absl::string_view tail = record.substr(behind, comma - behind);
    cells.push_back(behind == position ? tail : Unquote(quoted, tail, unquoted));
    if (comma == record.size()) return;
    position = comma + 1;
  }
}

}  // namespace

bool CsvReader::Next() {
  while (position_ < chunk_.text.size()) {
    const RecordEnd end = FindEnd(chunk_.text, position_, delimiter_);
    const absl::string_view record = chunk_.text.substr(position_, end.content);
    line_ = chunk_.first_line + lines_passed_;
    lines_passed_ += end.lines;
    position_ = end.next;
    if (record.empty()) continue;
    cells_.clear();
    unclosed_quote_ = !end.closed;
    if (end.quoted) {
      SplitQuoted(record, delimiter_, cells_, unquoted_);
    } else {
      SplitPlain(record, delimiter_, cells_);
    }
    return true;
  }
  return false;
}

CsvChunk CsvReader::rest() const {
  return {chunk_.text.substr(position_), chunk_.first_line + lines_passed_};
}

std::vector<CsvChunk> SplitCsv(CsvChunk chunk, char delimiter, size_t bytes) {
  std::vector<CsvChunk> chunks;
  size_t begin = 0;
  size_t position = 0;
  uint64_t first_line = chunk.first_line;
  uint64_t lines = 0;
  while (position < chunk.text.size()) {
    const RecordEnd end = FindEnd(chunk.text, position, delimiter);
    position = end.next;
    lines += end.lines;
    if (position - begin < bytes && position < chunk.text.size()) continue;
    chunks.push_back({chunk.text.substr(begin, position - begin), first_line});
    first_line += lines;
    lines = 0;
    begin = position;
  }
  return chunks;
}

char DetectDelimiter(absl::string_view text) {
  constexpr std::array<char, 4> kDelimiters = {',', ';', '\t', '|'};
  std::array<size_t, 4> counts = {};
  bool quoted = false;
  for (const char c : text.substr(0, text.find('\n'))) {
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    for (size_t i = 0; i < kDelimiters.size(); ++i) counts[i] += c == kDelimiters[i] ? 1 : 0;
  }
  return kDelimiters[static_cast<size_t>(std::max_element(counts.begin(), counts.end()) -
                                         counts.begin())];
}

absl::string_view WithoutByteOrderMark(absl::string_view text) {
  return absl::StripPrefix(text, "\xef\xbb\xbf");
}

void AppendCsvCell(absl::string_view cell, std::string& out) {
  if (cell.find_first_of(",\"\r\n") == absl::string_view::npos) {
    out.append(cell.data(), cell.size());
    return;
  }
  out += '"';
  for (const char c : cell) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

}  // namespace hie::ctl::matching

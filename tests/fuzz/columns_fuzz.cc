// Files of people: a column file and a CSV out of one input, parted by a line of "===".  Parts of a
// CSV read in order are the CSV; a proposal for any header is a column file; a row says the same
// twice.
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "services/hiectl/matching/cell_text.h"
#include "services/hiectl/matching/column_file.h"
#include "services/hiectl/matching/column_guess.h"
#include "services/hiectl/matching/columns.h"
#include "services/hiectl/matching/csv.h"
#include "services/hiectl/matching/csv_file.h"
#include "services/hiectl/matching/person_row.h"

namespace {

namespace matching = hie::ctl::matching;

constexpr char kBetween[] = "\n===\n";

void Require(bool holds) {
  if (!holds) std::abort();
}

using Records = std::vector<std::pair<uint64_t, std::vector<std::string>>>;

void ReadAll(matching::CsvChunk chunk, char delimiter, Records& records) {
  matching::CsvReader reader(chunk, delimiter);
  while (reader.Next()) {
    records.emplace_back(reader.line(),
                         std::vector<std::string>(reader.cells().begin(), reader.cells().end()));
  }
}

void CheckCsv(absl::string_view text) {
  const char delimiter = matching::DetectDelimiter(text);
  Records whole;
  ReadAll({text, 1}, delimiter, whole);
  for (const size_t bytes : {size_t{1}, size_t{7}, size_t{64}}) {
    Records parts;
    for (const matching::CsvChunk& chunk : matching::SplitCsv({text, 1}, delimiter, bytes)) {
      ReadAll(chunk, delimiter, parts);
    }
    Require(parts == whole);
  }
}

// A cell that is written is read again as it was.
void CheckCells(const Records& records) {
  for (const auto& [line, cells] : records) {
    std::string text;
    for (const std::string& cell : cells) {
      text += text.empty() ? "x," : ",";  // Never a blank line.
      matching::AppendCsvCell(cell, text);
    }
    text += '\n';
    Records again;
    ReadAll({text, 1}, ',', again);
    Require(again.size() == 1 && again[0].second.size() == cells.size() + 1);
    for (size_t i = 0; i < cells.size(); ++i) Require(again[0].second[i + 1] == cells[i]);
  }
}

void CheckRows(const matching::CsvFile& file, const matching::ColumnFile& columns_file,
               const std::string& affix) {
  auto columns = matching::FindColumns(columns_file, file.header(), affix);
  if (!columns.ok()) return;
  std::vector<std::string> names;
  Require(matching::AlignExtras(names, *columns).ok());
  matching::PersonRow row(*columns);
  matching::CsvReader reader(file.body(), file.delimiter());
  std::vector<matching::Issue> issues, again;
  while (reader.Next()) {
    const auto features = row.Read(reader.cells(), reader.line(), issues);
    Require(features == row.Read(reader.cells(), reader.line(), again));
  }
  Require(issues == again);
  for (const matching::Issue& issue : issues) {
    Require(!matching::DescribeIssue(issue, file.path(), file.header()).empty());
  }
}

// CsvFile reads files: one of this process, written anew for each input.
const std::string& ScratchPath() {
  static const std::string* const kPath = [] {
    std::string name = "/dev/shm/columns_fuzz_XXXXXX";
    const int fd = mkstemp(name.data());
    Require(fd >= 0);
    close(fd);
    std::atexit([] { unlink(ScratchPath().c_str()); });
    return new std::string(name);
  }();
  return *kPath;
}

void WriteScratch(absl::string_view text) {
  FILE* file = std::fopen(ScratchPath().c_str(), "wb");
  Require(file != nullptr);
  Require(std::fwrite(text.data(), 1, text.size(), file) == text.size());
  std::fclose(file);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t between = text.find(kBetween);
  const absl::string_view toml = text.substr(0, between);
  const absl::string_view csv = between == absl::string_view::npos
                                    ? absl::string_view()
                                    : text.substr(between + sizeof(kBetween) - 1);
  CheckCsv(csv);
  WriteScratch(csv);
  const auto file = matching::CsvFile::Open(ScratchPath());
  const auto given = matching::ReadColumnFile(toml, "given");
  if (!file.ok()) return 0;
  Records records;
  ReadAll(file->body(), file->delimiter(), records);
  CheckCells(records);
  const std::string proposal = matching::ProposeColumns(*file);
  const auto proposed = matching::ReadColumnFile(proposal, "proposed");
  Require(proposed.ok());
  for (const auto* columns : {&given, &proposed}) {
    if (!columns->ok()) continue;
    for (const std::string& affix : {std::string(), (*columns)->left, (*columns)->right}) {
      CheckRows(*file, **columns, affix);
    }
  }
  return 0;
}

#include "services/hiectl/matching/record_file.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "absl/strings/ascii.h"
#include "services/common/base/mutex.h"
#include "services/hiectl/matching/cell_text.h"
#include "services/hiectl/matching/person_row.h"

namespace hie::ctl::matching {
namespace {

// Large enough to read in one go, small enough that threads end together.
constexpr size_t kChunkBytes = size_t{1} << 20;

// What one chunk gives.
struct Part {
  explicit Part(size_t sides) : tables(sides) {}

  std::vector<mpi::RecordTable> tables;
  TextColumn ids;
  TextColumn truths;
  std::vector<Issue> issues;
  std::vector<uint64_t> lines;
};

absl::string_view Cell(const std::vector<absl::string_view>& cells, size_t column) {
  return column < cells.size() ? absl::StripAsciiWhitespace(cells[column]) : absl::string_view();
}

class Loading {
 public:
  Loading(const CsvFile& file, const LoadOptions& options)
      : file_(file),
        options_(options),
        chunks_(SplitCsv(file.body(), file.delimiter(), kChunkBytes)),
        parts_(chunks_.size()) {
    result_.tables.resize(options.sides.size());
  }

  // The last step: what needs all rows.
  RecordFile Run() {
    std::vector<std::thread> threads;
    const size_t wanted = std::min(std::max<size_t>(options_.threads, 1), chunks_.size());
    for (size_t i = 1; i < wanted; ++i) threads.emplace_back([this] { Work(); });
    Work();
    for (std::thread& thread : threads) thread.join();
    FindIdentical();
    std::stable_sort(result_.issues.begin(), result_.issues.end(),
                     [](const Issue& a, const Issue& b) { return a.line < b.line; });
    for (Issue& issue : result_.issues) issue.input = options_.input;
    return std::move(result_);
  }

 private:
  void Work() {
    std::vector<PersonRow> rows;
    rows.reserve(options_.sides.size());
    for (const Columns& columns : options_.sides) rows.emplace_back(columns);
    for (;;) {
      const size_t index = next_.fetch_add(1);
      if (index >= chunks_.size()) return;
      auto part = std::make_unique<Part>(options_.sides.size());
      Read(chunks_[index], rows, *part);
      file_.Forget(chunks_[index].text);
      Join(index, std::move(part));
    }
  }

  void Read(const CsvChunk& chunk, std::vector<PersonRow>& rows, Part& part) const {
    CsvReader reader(chunk, file_.delimiter());
    const size_t width = file_.header().size();
    while (reader.Next()) {
      const auto& cells = reader.cells();
      const auto report = [&](IssueKind kind) {
        part.issues.push_back({reader.line(), Issue::kNoColumn, kind});
      };
      if (reader.unclosed_quote()) report(IssueKind::kUnclosedQuote);
      if (cells.size() < width) report(IssueKind::kTooFewCells);
      if (cells.size() > width) report(IssueKind::kTooManyCells);
      for (size_t side = 0; side < rows.size(); ++side) {
        part.tables[side].Add(rows[side].Read(cells, reader.line(), part.issues), options_.input);
      }
      if (const auto& id = options_.sides[0].id) part.ids.Add(Cell(cells, *id));
      if (options_.truth) part.truths.Add(Cell(cells, *options_.truth));
      part.lines.push_back(reader.line());
    }
  }

  // Joins parts in the order of the file, as soon as their turn has come.
  void Join(size_t index, std::unique_ptr<Part> part) {
    MutexLock lock(mutex_);
    parts_[index] = std::move(part);
    for (; joined_ < parts_.size() && parts_[joined_] != nullptr; ++joined_) {
      Part& ready = *parts_[joined_];
      for (size_t side = 0; side < result_.tables.size(); ++side) {
        result_.tables[side].Append(std::move(ready.tables[side]));
      }
      result_.ids.Append(ready.ids);
      result_.truths.Append(ready.truths);
      result_.issues.insert(result_.issues.end(), ready.issues.begin(), ready.issues.end());
      lines_.insert(lines_.end(), ready.lines.begin(), ready.lines.end());
      parts_[joined_] = nullptr;
    }
    if (options_.progress) options_.progress("reading", joined_, parts_.size());
  }

  void FindIdentical() {
    if (result_.tables.size() != 1 || lines_.size() <= kIdenticalRecordsMax) return;
    std::vector<uint64_t> hashes(lines_.size());
    for (size_t row = 0; row < lines_.size(); ++row) {
      hashes[row] = absl::Hash<absl::string_view>()(result_.tables[0].record(row).bytes());
    }
    std::vector<uint64_t> sorted = hashes;
    std::sort(sorted.begin(), sorted.end());
    absl::flat_hash_map<uint64_t, uint32_t> many;
    for (size_t i = 0; i < sorted.size();) {
      size_t end = i;
      while (end < sorted.size() && sorted[end] == sorted[i]) ++end;
      if (end - i > kIdenticalRecordsMax) many[sorted[i]] = static_cast<uint32_t>(end - i);
      i = end;
    }
    if (many.empty()) return;
    for (size_t row = 0; row < hashes.size(); ++row) {
      const auto found = many.find(hashes[row]);
      if (found == many.end()) continue;
      result_.issues.push_back(
          {lines_[row], Issue::kNoColumn, IssueKind::kIdenticalRecords, 0, found->second});
      many.erase(found);
    }
  }

  const CsvFile& file_;
  const LoadOptions& options_;
  const std::vector<CsvChunk> chunks_;
  std::atomic<size_t> next_{0};
  Mutex mutex_;
  std::vector<std::unique_ptr<Part>> parts_;
  size_t joined_ = 0;
  RecordFile result_;
  std::vector<uint64_t> lines_;  // Of each row.
};

}  // namespace

RecordFile LoadRecords(const CsvFile& file, const LoadOptions& options) {
  return Loading(file, options).Run();
}

bool SettleMissing(const CsvFile& file, Columns& columns) {
  constexpr size_t kSampleRows = 5000;
  constexpr absl::string_view kNotAvailable = "NA";
  if (!columns.format.missing.empty()) return false;
  CsvReader reader(file.body(), file.delimiter());
  for (size_t row = 0; row < kSampleRows && reader.Next(); ++row) {
    const auto& cells = reader.cells();
    if (std::count(cells.begin(), cells.end(), kNotAvailable) < 2) continue;
    columns.format.missing.emplace_back(kNotAvailable);
    return true;
  }
  return false;
}

void SettleDateStyle(const CsvFile& file, Columns& columns) {
  constexpr size_t kSampleRows = 5000;
  if (columns.format.birth_date != DateStyle::kAuto || columns.birth_date.empty()) return;
  std::vector<std::string> values;
  CsvReader reader(file.body(), file.delimiter());
  while (values.size() < kSampleRows && reader.Next()) {
    values.emplace_back(Cell(reader.cells(), columns.birth_date[0]));
  }
  columns.format.birth_date = DetectDateStyle(values);
}

}  // namespace hie::ctl::matching

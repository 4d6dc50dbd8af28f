#include "services/common/storage/row_sorter.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/storage/spool_file.h"

namespace hie {
namespace {

// Rows are addressed by 32 bits.
constexpr size_t kRunBytesMax = std::numeric_limits<uint32_t>::max() - kSpooledBytesMax * 2;

uint64_t PrefixOf(absl::string_view key) {
  uint64_t prefix = 0;
  for (size_t i = 0; i < sizeof(prefix); ++i) {
    prefix = prefix << 8 | (i < key.size() ? static_cast<unsigned char>(key[i]) : 0);
  }
  return prefix;
}

// One run at its present row.
struct RunHead {
  std::unique_ptr<SpoolReader> reader;
  uint64_t prefix = 0;
  size_t place = 0;
};

// Whether `a` comes after `b`: the heap's top is the row that comes first.
bool After(const RunHead& a, const RunHead& b) {
  if (a.prefix != b.prefix) return a.prefix > b.prefix;
  const int order = a.reader->key().compare(b.reader->key());
  return order != 0 ? order > 0 : a.place > b.place;
}

}  // namespace

absl::string_view RowSorter::Key(const Row& row) const {
  return absl::string_view(bytes_).substr(row.offset, row.key_bytes);
}

absl::Status RowSorter::Add(absl::string_view key, absl::string_view value) {
  const size_t limit = std::min(options_.memory_bytes, kRunBytesMax);
  const size_t held = bytes_.size() + rows_.size() * sizeof(Row);
  if (held + key.size() + value.size() + sizeof(Row) > limit && !rows_.empty()) {
    HIE_RETURN_IF_ERROR(WriteRun());
  }
  rows_.push_back({PrefixOf(key), static_cast<uint32_t>(bytes_.size()),
                   static_cast<uint32_t>(key.size()), static_cast<uint32_t>(value.size())});
  bytes_.append(key.data(), key.size());
  bytes_.append(value.data(), value.size());
  return absl::OkStatus();
}

absl::Status RowSorter::WriteRun() {
  std::sort(rows_.begin(), rows_.end(), [this](const Row& a, const Row& b) {
    if (a.prefix != b.prefix) return a.prefix < b.prefix;
    const int order = Key(a).compare(Key(b));
    return order != 0 ? order < 0 : a.offset < b.offset;
  });
  const std::string path = absl::StrCat(options_.path, ".", runs_.size());
  HIE_ASSIGN_OR_RETURN(const auto run, SpoolWriter::Create(*options_.files, path));
  for (const Row& row : rows_) {
    HIE_RETURN_IF_ERROR(run->Add(
        Key(row), absl::string_view(bytes_).substr(row.offset + row.key_bytes, row.value_bytes)));
  }
  HIE_RETURN_IF_ERROR(run->Finish());
  runs_.push_back(path);
  rows_.clear();
  bytes_.clear();
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> RowSorter::Finish() {
  if (!rows_.empty()) HIE_RETURN_IF_ERROR(WriteRun());
  std::vector<Row>().swap(rows_);
  std::string().swap(bytes_);
  return std::exchange(runs_, {});
}

absl::Status MergeRuns(
    FileSystem& files, const std::vector<std::string>& runs,
    absl::FunctionRef<absl::Status(absl::string_view key, absl::string_view value)> visit) {
  std::vector<RunHead> heap;
  for (const std::string& path : runs) {
    RunHead head;
    HIE_ASSIGN_OR_RETURN(head.reader, SpoolReader::Open(files, path));
    head.place = heap.size();
    HIE_ASSIGN_OR_RETURN(const bool found, head.reader->Next());
    if (!found) continue;
    head.prefix = PrefixOf(head.reader->key());
    heap.push_back(std::move(head));
  }
  std::make_heap(heap.begin(), heap.end(), After);
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), After);
    RunHead& first = heap.back();
    // Rows of one run that come before all others' leave without a turn of the heap.
    while (true) {
      HIE_RETURN_IF_ERROR(visit(first.reader->key(), first.reader->value()));
      HIE_ASSIGN_OR_RETURN(const bool found, first.reader->Next());
      if (!found) {
        heap.pop_back();
        break;
      }
      first.prefix = PrefixOf(first.reader->key());
      if (heap.size() > 1 && After(first, heap.front())) {
        std::push_heap(heap.begin(), heap.end(), After);
        break;
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace hie

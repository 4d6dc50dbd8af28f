#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mpi/compare/compact_record.h"
#include "mpi/store/invariants_parts.h"
#include "mpi/store/tables.h"
#include "services/common/base/status_macros.h"
#include "services/common/storage/key_codec.h"

// Records by themselves: each against its person, its holder, its features and its merge.
namespace hie::mpi {
namespace {

constexpr absl::string_view kPhase = "records";
constexpr size_t kPortion = 512;
// A longer chain of merges of one record is taken for one that goes round.
constexpr int kMergeChainMax = 10'000;

struct NumberedRecord {
  RecordNumber number = 0;
  v1::RecordRow row;
};

class RecordScrub {
 public:
  RecordScrub(const KvReader& state, ScrubDesk& desk) : state_(state), desk_(desk) {}

  absl::Status Run(ScrubCounts& counts) {
    HIE_ASSIGN_OR_RETURN(const RecordNumber last, MpiReader(state_).LastRecord());
    HIE_RETURN_IF_ERROR(
        ForEachRow(state_, kRecordsTable, [&](absl::string_view key, absl::string_view value) {
          HIE_RETURN_IF_ERROR(desk_.Tick(kPhase, last));
          return Take(key, value);
        }));
    HIE_RETURN_IF_ERROR(CheckPortion());
    counts.records = records_;
    desk_.Want(records_ == last, {"record numbers that are not counted", kRecordsTable});
    HIE_RETURN_IF_ERROR(CheckHeld());
    return CheckFeatureRows();
  }

 private:
  absl::Status Take(absl::string_view key, absl::string_view value) {
    NumberedRecord record;
    HIE_ASSIGN_OR_RETURN(record.number, KeyReader(key).U64());
    if (!record.row.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
      return UnreadableRow(kRecordsTable);
    }
    ++records_;
    portion_.push_back(std::move(record));
    return portion_.size() < kPortion ? absl::OkStatus() : CheckPortion();
  }

  absl::Status CheckPortion() {
    std::vector<std::string> persons;
    std::vector<std::string> holders;
    std::vector<std::string> records;
    for (const NumberedRecord& record : portion_) {
      persons.push_back(PersonKey(record.row.eid()));
      holders.push_back(HolderKey(record.row.record().patient()));
      records.push_back(RecordKey(record.number));
    }
    HIE_ASSIGN_OR_RETURN(const auto person_rows, state_.MultiGet(kPersonsTable, persons));
    HIE_ASSIGN_OR_RETURN(const auto holder_rows, state_.MultiGet(kHoldersTable, holders));
    HIE_ASSIGN_OR_RETURN(const auto feature_rows, state_.MultiGet(kFeaturesTable, records));
    HIE_ASSIGN_OR_RETURN(const auto merge_rows, state_.MultiGet(kMergesTable, records));
    for (size_t i = 0; i < portion_.size(); ++i) {
      HIE_RETURN_IF_ERROR(CheckPerson(portion_[i], person_rows[i]));
      HIE_RETURN_IF_ERROR(CheckHolder(portion_[i], holder_rows[i]));
      HIE_RETURN_IF_ERROR(CheckFeatures(portion_[i], feature_rows[i]));
      const bool merged = portion_[i].row.record().has_merged_into();
      Want(merged == merge_rows[i].has_value(), "a merge without a record, or the reverse",
           portion_[i], kMergesTable);
    }
    portion_.clear();
    return absl::OkStatus();
  }

  void Want(bool holds, absl::string_view fault, const NumberedRecord& record,
            absl::string_view table = kRecordsTable) const {
    if (!holds) desk_.Want(false, {fault, table, record.number, record.row.eid()});
  }

  absl::Status CheckPerson(const NumberedRecord& record, const std::optional<std::string>& bytes) {
    v1::PersonRow person;
    if (bytes && !person.ParseFromString(*bytes)) {
      // The rest of the index is looked at all the same.
      Want(false, "a row cannot be read", record, kPersonsTable);
      return absl::OkStatus();
    }
    const bool active = bytes && person.state() == v1::PERSON_STATE_ACTIVE;
    Want(active, "a record's person is not active", record);
    if (!active) return absl::OkStatus();
    const auto lists = [&](const auto& numbers) {
      return std::count(numbers.begin(), numbers.end(), record.number);
    };
    const bool buried = IsTombstone(record.row.record());
    const auto standing = lists(person.record_numbers());
    const auto stones = lists(person.tombstone_numbers());
    Want(standing + stones == 1, "a record is not listed by exactly one person", record);
    Want(!buried || standing == 0, "a tombstone is compared", record);
    Want(buried || stones == 0, "a record that stands is listed as a tombstone", record);
    const bool alone = person.record_numbers_size() + person.tombstone_numbers_size() == 1;
    Want(!record.row.record().provisional() || (alone && !buried),
         "a provisional record has company", record);
    return absl::OkStatus();
  }

  absl::Status CheckHolder(const NumberedRecord& record, const std::optional<std::string>& bytes) {
    v1::HolderRow holder;
    if (bytes && !holder.ParseFromString(*bytes)) return UnreadableRow(kHoldersTable);
    const uint32_t incarnation = record.row.record().patient().incarnation();
    const auto held = static_cast<uint32_t>(holder.record_numbers_size());
    const bool listed = incarnation >= 1 && incarnation <= held &&
                        holder.record_numbers(static_cast<int>(incarnation) - 1) == record.number;
    Want(listed, "a record that its holder does not list at its incarnation", record,
         kHoldersTable);
    Want(incarnation == held || !record.row.record().provisional(),
         "a former holder is provisional", record, kHoldersTable);
    return absl::OkStatus();
  }

  absl::Status CheckFeatures(const NumberedRecord& record,
                             const std::optional<std::string>& bytes) {
    const bool compared = !record.row.record().provisional() && !IsTombstone(record.row.record());
    compared_ += compared;
    if (!compared) {
      Want(!bytes, "features of a record that is not compared", record, kFeaturesTable);
      return absl::OkStatus();
    }
    HIE_ASSIGN_OR_RETURN(const std::string packed, PackedOf(record.row.record()));
    const std::string wanted =
        FeatureRow(PersonKey(record.row.eid()), CompactRecord(PackedView(packed.data())));
    Want(bytes == wanted, "features are not those of the record", record, kFeaturesTable);
    return absl::OkStatus();
  }

  // Every record is listed by its holder: if as many are listed as there are, no holder lists
  // another's.
  absl::Status CheckHeld() {
    uint64_t held = 0;
    HIE_RETURN_IF_ERROR(
        ForEachRow(state_, kHoldersTable, [&](absl::string_view, absl::string_view value) {
          HIE_RETURN_IF_ERROR(desk_.Tick("holders", records_));
          v1::HolderRow row;
          if (!row.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
            return UnreadableRow(kHoldersTable);
          }
          held += static_cast<uint64_t>(row.record_numbers_size());
          return absl::OkStatus();
        }));
    desk_.Want(held == records_, {"a record is not listed by exactly one holder", kHoldersTable});
    return absl::OkStatus();
  }

  // The same of features.
  absl::Status CheckFeatureRows() {
    uint64_t rows = 0;
    HIE_RETURN_IF_ERROR(
        ForEachRow(state_, kFeaturesTable, [&](absl::string_view, absl::string_view) {
          ++rows;
          return desk_.Tick("features", compared_);
        }));
    desk_.Want(rows == compared_, {"features without a record, or the reverse", kFeaturesTable});
    return absl::OkStatus();
  }

  const KvReader& state_;
  ScrubDesk& desk_;
  std::vector<NumberedRecord> portion_;
  uint64_t records_ = 0;
  uint64_t compared_ = 0;
};

// Tells whether a chain of merges ends.
absl::StatusOr<bool> ChainEnds(const MpiReader& reader, RecordNumber record) {
  for (int step = 0; step < kMergeChainMax; ++step) {
    HIE_ASSIGN_OR_RETURN(const std::optional<v1::MergeRow> merge, reader.Merge(record));
    if (!merge) return true;
    record = merge->survivor_number();
  }
  return false;
}

}  // namespace

absl::Status ScrubRecords(const KvReader& state, ScrubDesk& desk, ScrubCounts& counts) {
  return RecordScrub(state, desk).Run(counts);
}

absl::Status ScrubMerges(const KvReader& state, ScrubDesk& desk) {
  const MpiReader reader(state);
  return ForEachRow(state, kMergesTable, [&](absl::string_view key, absl::string_view value) {
    HIE_RETURN_IF_ERROR(desk.Tick("merges", 0));
    HIE_ASSIGN_OR_RETURN(const RecordNumber number, KeyReader(key).U64());
    v1::MergeRow row;
    if (!row.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
      return UnreadableRow(kMergesTable);
    }
    HIE_ASSIGN_OR_RETURN(const auto merged, OwnershipOf(reader, number));
    HIE_ASSIGN_OR_RETURN(const auto survivor, OwnershipOf(reader, row.survivor_number()));
    desk.Want(merged && merged->buried,
              {"a merge without a record, or the reverse", kMergesTable, number});
    desk.Want(merged && survivor && merged->person_key == survivor->person_key,
              {"a merged record left its survivor", kMergesTable, number});
    HIE_ASSIGN_OR_RETURN(const bool ends, ChainEnds(reader, number));
    desk.Want(ends, {"merges go round", kMergesTable, number});
    return absl::OkStatus();
  });
}

}  // namespace hie::mpi

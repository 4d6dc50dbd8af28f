#include "mpi/store/invariants.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "mpi/compare/compact_record.h"
#include "mpi/store/mpi_reader.h"
#include "mpi/store/tables.h"
#include "services/common/base/status_macros.h"
#include "services/common/storage/key_codec.h"

namespace hie::mpi {
namespace {

using PairNumbers = std::pair<uint64_t, uint64_t>;

// Reads every table once, then compares them with each other.
class Checker {
 public:
  explicit Checker(const KvReader& state) : state_(state) {}

  absl::StatusOr<std::vector<std::string>> Run() {
    HIE_RETURN_IF_ERROR(Load());
    CheckRecords();
    CheckPersons();
    CheckHolders();
    CheckMerges();
    HIE_RETURN_IF_ERROR(CheckFilings());
    HIE_RETURN_IF_ERROR(CheckQueryKeys());
    CheckDecisions();
    CheckPossibleLinks();
    return std::move(faults_);
  }

 private:
  // Reads a table into a map; `read_key` turns the row's key into the map's.
  template <typename Key, typename Row, typename ReadKey>
  absl::Status LoadTable(Table table, std::map<Key, Row>& rows, ReadKey read_key) {
    HIE_ASSIGN_OR_RETURN(const std::vector<KvEntry> entries, state_.ScanPrefix(table, ""));
    for (const KvEntry& entry : entries) {
      HIE_ASSIGN_OR_RETURN(Key key, read_key(entry.key));
      if (!rows[std::move(key)].ParseFromString(entry.value)) {
        return absl::DataLossError(absl::StrCat(table, ": a row cannot be read"));
      }
    }
    return absl::OkStatus();
  }

  static absl::StatusOr<uint64_t> ReadNumber(const std::string& key) {
    return KeyReader(key).U64();
  }
  static absl::StatusOr<std::string> ReadText(const std::string& key) { return key; }
  static absl::StatusOr<PairNumbers> ReadPair(const std::string& key) {
    KeyReader reader(key);
    HIE_ASSIGN_OR_RETURN(const uint64_t a, reader.U64());
    HIE_ASSIGN_OR_RETURN(const uint64_t b, reader.U64());
    return PairNumbers(a, b);
  }

  absl::Status Load() {
    HIE_RETURN_IF_ERROR(LoadTable(kRecordsTable, records_, ReadNumber));
    HIE_RETURN_IF_ERROR(LoadTable(kPersonsTable, persons_, EidOfPersonKey));
    HIE_RETURN_IF_ERROR(LoadTable(kHoldersTable, holders_, ReadText));
    HIE_RETURN_IF_ERROR(LoadTable(kKeyCountsTable, counts_, ReadText));
    HIE_RETURN_IF_ERROR(LoadTable(kMergesTable, merges_, ReadNumber));
    HIE_RETURN_IF_ERROR(LoadTable(kDecisionsTable, decisions_, ReadPair));
    return LoadTable(kPossibleLinksTable, possible_, ReadPair);
  }

  void Want(bool holds, absl::string_view fault) {
    if (!holds) faults_.emplace_back(fault);
  }

  bool Active(const std::string& eid) const {
    const auto person = persons_.find(eid);
    return person != persons_.end() && person->second.state() == v1::PERSON_STATE_ACTIVE;
  }

  std::string EidOf(RecordNumber record) const {
    const auto row = records_.find(record);
    return row == records_.end() ? "" : row->second.eid();
  }

  bool Buried(RecordNumber record) const {
    const auto row = records_.find(record);
    return row != records_.end() && IsTombstone(row->second.record());
  }

  // Counts how often each record is listed.
  std::map<RecordNumber, int> CountListed() {
    std::map<RecordNumber, int> listed;
    for (const auto& [eid, person] : persons_) {
      for (const RecordNumber record : AllRecordNumbers(person)) {
        ++listed[record];
        Want(EidOf(record) == eid, "a person lists a record that names another person");
      }
      for (const RecordNumber record : RecordNumbers(person)) {
        Want(!Buried(record), "a tombstone is compared");
      }
      for (const RecordNumber record : person.tombstone_numbers()) {
        Want(Buried(record), "a record that stands is listed as a tombstone");
      }
    }
    return listed;
  }

  void CheckRecords() {
    std::map<RecordNumber, int> listed = CountListed();
    for (const auto& [number, row] : records_) {
      Want(Active(row.eid()), "a record's person is not active");
      Want(listed[number] == 1, "a record is not listed by exactly one person");
      const bool alone = AllRecordNumbers(persons_[row.eid()]).size() == 1;
      const bool stands = !IsTombstone(row.record());
      Want(!row.record().provisional() || (alone && stands), "a provisional record has company");
    }
  }

  void CheckPersons() {
    for (const auto& [eid, person] : persons_) {
      const bool active = person.state() == v1::PERSON_STATE_ACTIVE;
      const std::vector<RecordNumber> numbers = RecordNumbers(person);
      const bool any = !numbers.empty() || !person.tombstone_numbers().empty();
      Want(active == any, "a person without records, or records of no person");
      Want(std::is_sorted(person.tombstone_numbers().begin(), person.tombstone_numbers().end()),
           "a person's tombstones are not in order");
      Want(std::is_sorted(numbers.begin(), numbers.end()), "a person's records are not in order");
      if (person.state() == v1::PERSON_STATE_REDIRECT) CheckRedirect(eid, person.redirect_to());
      for (const std::string& alias : person.aliases()) {
        Want(persons_[alias].redirect_to() == eid, "an alias does not redirect to its person");
      }
    }
  }

  void CheckRedirect(const std::string& eid, const std::string& target) {
    const auto person = persons_.find(target);
    const bool ends =
        person != persons_.end() && person->second.state() != v1::PERSON_STATE_REDIRECT;
    Want(ends, "a redirect does not end after one step");
    if (!ends) return;
    const auto& aliases = person->second.aliases();
    Want(std::find(aliases.begin(), aliases.end(), eid) != aliases.end(),
         "a redirect's target does not list it");
  }

  void CheckHolders() {
    size_t held = 0;
    for (const auto& [key, holder] : holders_) {
      for (int i = 0; i < holder.record_numbers_size(); ++i, ++held) {
        const v1::Record& record = records_[holder.record_numbers(i)].record();
        const bool last = i + 1 == holder.record_numbers_size();
        Want(HolderKey(record.patient()) == key, "a holder lists another id's record");
        Want(record.patient().incarnation() == static_cast<uint32_t>(i + 1),
             "incarnations are not counted from one");
        Want(last || !record.provisional(), "a former holder is provisional");
      }
    }
    Want(held == records_.size(), "a record is not listed by exactly one holder");
  }

  // Every record that was merged away has its row, and stands with its survivor.
  void CheckMerges() {
    for (const auto& [number, row] : records_) {
      const bool merged = row.record().has_merged_into();
      Want(merged == (merges_.count(number) != 0), "a merge without a record, or the reverse");
    }
    for (const auto& [number, merge] : merges_) {
      Want(EidOf(number) == EidOf(merge.survivor_number()), "a merged record left its survivor");
      RecordNumber root = number;
      for (size_t steps = 0; merges_.count(root) != 0; ++steps) {
        root = merges_[root].survivor_number();
        if (steps > merges_.size()) return Want(false, "merges go round");
      }
    }
  }

  absl::Status CheckQueryKeys() {
    std::set<std::string> wanted;
    for (const auto& [number, row] : records_) {
      HIE_ASSIGN_OR_RETURN(const std::vector<std::string> keys, QueryKeysOf(row.record()));
      for (const std::string& key : keys) wanted.insert(QueryFilingKey(key, number));
    }
    std::set<std::string> filed;
    HIE_ASSIGN_OR_RETURN(const std::vector<KvEntry> entries,
                         state_.ScanPrefix(kQueryKeysTable, ""));
    for (const KvEntry& entry : entries) filed.insert(entry.key);
    Want(filed == wanted, "query filings are not those of the records' keys");
    return absl::OkStatus();
  }

  absl::Status CheckFilings() {
    std::set<std::string> wanted;
    std::map<std::string, std::string> features;
    for (const auto& [number, row] : records_) {
      if (row.record().provisional() || IsTombstone(row.record())) continue;
      HIE_ASSIGN_OR_RETURN(const std::string packed, PackedOf(row.record()));
      const PackedView view(packed.data());
      for (const BlockKey& key : FiledKeys(view)) wanted.insert(FilingKey(key, number));
      features[RecordKey(number)] = FeatureRow(PersonKey(row.eid()), CompactRecord(view));
    }
    HIE_ASSIGN_OR_RETURN(const std::vector<KvEntry> kept, state_.ScanPrefix(kFeaturesTable, ""));
    std::map<std::string, std::string> present;
    for (const KvEntry& entry : kept) present[entry.key] = entry.value;
    Want(present == features, "features are not those of the records");
    std::set<std::string> filed;
    std::map<std::string, uint64_t> counts;
    HIE_ASSIGN_OR_RETURN(const std::vector<KvEntry> entries, state_.ScanPrefix(kKeysTable, ""));
    for (const KvEntry& entry : entries) {
      HIE_ASSIGN_OR_RETURN(const Filing filing, ReadFilingKey(entry.key));
      filed.insert(entry.key);
      ++counts[BaseKey(filing.base)];
    }
    Want(filed == wanted, "filings are not those of the records' keys");
    std::map<std::string, uint64_t> kept_counts;
    for (const auto& [key, row] : counts_) kept_counts[key] = row.count();
    std::map<std::string, uint64_t> wanted_counts;
    for (const auto& [key, count] : counts) {
      if (count > kCountedByWalking) wanted_counts[key] = count;
    }
    Want(kept_counts == wanted_counts, "a key is not counted exactly");
    return absl::OkStatus();
  }

  void CheckDecisions() {
    for (const auto& [pair, decision] : decisions_) {
      const auto mirror = decisions_.find({pair.second, pair.first});
      Want(mirror != decisions_.end() && mirror->second.same_person() == decision.same_person(),
           "a decision is not filed in both orders");
      const bool together = EidOf(pair.first) == EidOf(pair.second);
      const bool sleeps = decision.same_person() && (Buried(pair.first) || Buried(pair.second));
      Want(sleeps || together == decision.same_person(), "a person contradicts a decision");
    }
  }

  void CheckPossibleLinks() {
    for (const auto& [pair, link] : possible_) {
      const auto mirror = possible_.find({pair.second, pair.first});
      Want(
          mirror != possible_.end() && mirror->second.weight_millibits() == link.weight_millibits(),
          "a possible link is not filed in both orders");
      Want(EidOf(pair.first) != EidOf(pair.second), "a possible link within a person");
      const bool sleeps = Buried(pair.first) || Buried(pair.second);
      Want(sleeps || decisions_.count(pair) == 0, "a possible link that is decided");
    }
  }

  const KvReader& state_;
  std::map<RecordNumber, v1::RecordRow> records_;
  std::map<std::string, v1::PersonRow> persons_;
  std::map<std::string, v1::HolderRow> holders_;
  std::map<std::string, v1::KeyCountRow> counts_;  // By BaseKey.
  std::map<RecordNumber, v1::MergeRow> merges_;
  std::map<PairNumbers, v1::DecisionRow> decisions_;
  std::map<PairNumbers, v1::PossibleLinkRow> possible_;
  std::vector<std::string> faults_;
};

}  // namespace

absl::StatusOr<std::vector<std::string>> CheckInvariants(const KvReader& state) {
  return Checker(state).Run();
}

}  // namespace hie::mpi

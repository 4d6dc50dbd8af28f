#include "mpi/store/write_check.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "mpi/store/mpi_reader.h"
#include "mpi/store/tables.h"
#include "services/common/base/status_macros.h"
#include "services/common/storage/key_codec.h"

namespace hie::mpi {
namespace {

// The last change of each row of one table; a null value: deleted.
using Changed = std::map<std::string, const std::optional<std::string>*, std::less<>>;

absl::Status Broken(absl::string_view fault) {
  return absl::InternalError(absl::StrCat("mpi: a change would leave ", fault));
}

absl::Status BadRow(Table table) {
  return absl::DataLossError(absl::StrCat(table, ": a row cannot be read"));
}

template <typename Row>
absl::StatusOr<Row> Parse(Table table, const std::string& bytes) {
  Row row;
  if (!row.ParseFromString(bytes)) return BadRow(table);
  return row;
}

bool Rises(const google::protobuf::RepeatedField<uint64_t>& numbers) {
  return std::is_sorted(numbers.begin(), numbers.end(), std::less_equal<>());
}

bool Lists(const google::protobuf::RepeatedField<uint64_t>& numbers, RecordNumber record) {
  return std::binary_search(numbers.begin(), numbers.end(), record);
}

void AddDifference(const google::protobuf::RepeatedField<uint64_t>& a,
                   const google::protobuf::RepeatedField<uint64_t>& b,
                   std::vector<RecordNumber>& numbers) {
  std::set_symmetric_difference(a.begin(), a.end(), b.begin(), b.end(),
                                std::back_inserter(numbers));
}

class WriteCheck {
 public:
  WriteCheck(const KvReader& state, const WriteBatch& changes) : state_(state), reader_(state) {
    for (const WriteBatch::Change& change : changes.changes()) {
      if (change.table == kPersonsTable) persons_[change.key] = &change.value;
      if (change.table == kRecordsTable) records_[change.key] = &change.value;
      if (change.table == kDecisionsTable) decisions_[change.key] = &change.value;
    }
  }

  absl::Status Run() {
    for (const auto& [key, value] : records_) HIE_RETURN_IF_ERROR(CheckRecord(key, *value));
    for (const auto& [key, value] : persons_) HIE_RETURN_IF_ERROR(CheckPerson(key, *value));
    for (const auto& [key, value] : decisions_) HIE_RETURN_IF_ERROR(CheckDecision(key, *value));
    return absl::OkStatus();
  }

 private:
  // A person as it will be; nothing where there is none.
  absl::StatusOr<std::optional<v1::PersonRow>> PersonThen(const std::string& key) const {
    const auto change = persons_.find(key);
    const std::optional<std::string>* value = nullptr;
    std::optional<std::string> stored;
    if (change != persons_.end()) {
      value = change->second;
    } else {
      HIE_ASSIGN_OR_RETURN(stored, state_.Get(kPersonsTable, key));
      value = &stored;
    }
    if (!*value) return std::optional<v1::PersonRow>();
    HIE_ASSIGN_OR_RETURN(v1::PersonRow row, Parse<v1::PersonRow>(kPersonsTable, **value));
    return std::optional<v1::PersonRow>(std::move(row));
  }

  absl::StatusOr<v1::PersonRow> PersonBefore(const std::string& key) const {
    HIE_ASSIGN_OR_RETURN(const std::optional<std::string> bytes, state_.Get(kPersonsTable, key));
    if (!bytes) return v1::PersonRow();
    return Parse<v1::PersonRow>(kPersonsTable, *bytes);
  }

  // Whose a record was; empty: nobody's.  The features are the shorter row to read.
  absl::StatusOr<std::string> PersonKeyBefore(const std::string& record_key) const {
    HIE_ASSIGN_OR_RETURN(const std::optional<std::string> features,
                         state_.Get(kFeaturesTable, record_key));
    if (features) {
      HIE_ASSIGN_OR_RETURN(const FeatureRowView view, ReadFeatureRow(*features));
      return std::string(view.person_key);
    }
    HIE_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                         state_.Get(kRecordsTable, record_key));
    if (!bytes) return std::string();
    HIE_ASSIGN_OR_RETURN(const auto row, Parse<v1::RecordRow>(kRecordsTable, *bytes));
    return row.eid().empty() ? std::string() : PersonKey(row.eid());
  }

  // Whose a record will be.
  absl::StatusOr<std::string> PersonKeyThen(RecordNumber record) const {
    const auto moved = person_key_then_.find(record);
    if (moved != person_key_then_.end()) return moved->second;
    return PersonKeyBefore(RecordKey(record));
  }

  absl::Status CheckRecord(const std::string& key, const std::optional<std::string>& value) {
    if (!value) return Broken("a record without its row");
    HIE_ASSIGN_OR_RETURN(const RecordNumber number, KeyReader(key).U64());
    HIE_ASSIGN_OR_RETURN(const auto row, Parse<v1::RecordRow>(kRecordsTable, *value));
    if (row.eid().empty()) return Broken("a record without a person");
    const std::string person_key = PersonKey(row.eid());
    person_key_then_[number] = person_key;
    HIE_ASSIGN_OR_RETURN(const std::optional<v1::PersonRow> person, PersonThen(person_key));
    if (!person || person->state() != v1::PERSON_STATE_ACTIVE) {
      return Broken("a record whose person is not active");
    }
    const bool buried = IsTombstone(row.record());
    if (Lists(person->record_numbers(), number) == buried ||
        Lists(person->tombstone_numbers(), number) != buried) {
      return Broken("a record that its person does not list as what it is");
    }
    HIE_ASSIGN_OR_RETURN(const std::string before, PersonKeyBefore(key));
    if (before.empty() || before == person_key) return absl::OkStatus();
    HIE_ASSIGN_OR_RETURN(const std::optional<v1::PersonRow> left, PersonThen(before));
    const bool stays =
        left && (Lists(left->record_numbers(), number) || Lists(left->tombstone_numbers(), number));
    return stays ? Broken("a record in two persons") : absl::OkStatus();
  }

  absl::Status CheckPerson(const std::string& key, const std::optional<std::string>& value) {
    if (!value) return Broken("an EID without its row");
    HIE_ASSIGN_OR_RETURN(const auto row, Parse<v1::PersonRow>(kPersonsTable, *value));
    const bool any = !row.record_numbers().empty() || !row.tombstone_numbers().empty();
    if ((row.state() == v1::PERSON_STATE_ACTIVE) != any) {
      return Broken("a person without records, or records of no person");
    }
    if (!Rises(row.record_numbers()) || !Rises(row.tombstone_numbers())) {
      return Broken("a person's records out of order");
    }
    if (row.state() == v1::PERSON_STATE_REDIRECT) HIE_RETURN_IF_ERROR(CheckRedirect(key, row));
    HIE_ASSIGN_OR_RETURN(const v1::PersonRow before, PersonBefore(key));
    HIE_RETURN_IF_ERROR(CheckAliases(key, before, row));
    return CheckMoves(key, before, row);
  }

  // Every alias that a person gains redirects to it.
  absl::Status CheckAliases(const std::string& key, const v1::PersonRow& before,
                            const v1::PersonRow& then) const {
    HIE_ASSIGN_OR_RETURN(const std::string eid, EidOfPersonKey(key));
    const auto& old = before.aliases();
    for (const std::string& alias : then.aliases()) {
      if (std::find(old.begin(), old.end(), alias) != old.end()) continue;
      HIE_ASSIGN_OR_RETURN(const std::optional<v1::PersonRow> row, PersonThen(PersonKey(alias)));
      if (!row || row->redirect_to() != eid) return Broken("an alias that leads elsewhere");
    }
    return absl::OkStatus();
  }

  absl::Status CheckRedirect(const std::string& key, const v1::PersonRow& row) const {
    HIE_ASSIGN_OR_RETURN(const std::optional<v1::PersonRow> target,
                         PersonThen(PersonKey(row.redirect_to())));
    if (!target || target->state() == v1::PERSON_STATE_REDIRECT) {
      return Broken("a redirect that does not end after one step");
    }
    HIE_ASSIGN_OR_RETURN(const std::string eid, EidOfPersonKey(key));
    const auto& aliases = target->aliases();
    if (std::find(aliases.begin(), aliases.end(), eid) == aliases.end()) {
      return Broken("a redirect that its target does not list");
    }
    return absl::OkStatus();
  }

  // What a person gains or loses says so itself.
  absl::Status CheckMoves(const std::string& key, const v1::PersonRow& before,
                          const v1::PersonRow& then) const {
    std::vector<RecordNumber> moved;
    AddDifference(before.record_numbers(), then.record_numbers(), moved);
    AddDifference(before.tombstone_numbers(), then.tombstone_numbers(), moved);
    const std::vector<RecordNumber> numbers = AllRecordNumbers(then);
    const std::vector<RecordNumber> old_numbers = AllRecordNumbers(before);
    for (const RecordNumber record : moved) {
      const bool listed = std::binary_search(numbers.begin(), numbers.end(), record);
      const auto whose = person_key_then_.find(record);
      if (whose == person_key_then_.end() || (whose->second == key) != listed) {
        return Broken("a person that lists another one's record, or not its own");
      }
      const bool gained =
          listed && !std::binary_search(old_numbers.begin(), old_numbers.end(), record);
      if (gained && numbers.size() > 1) HIE_RETURN_IF_ERROR(CheckApart(record, numbers));
    }
    return absl::OkStatus();
  }

  absl::Status CheckApart(RecordNumber record, const std::vector<RecordNumber>& numbers) const {
    HIE_ASSIGN_OR_RETURN(const auto decisions, reader_.DecisionsOf(record));
    for (const auto& [other, decision] : decisions) {
      if (decision.same_person() || decisions_.count(PairKey(record, other)) != 0) continue;
      if (std::binary_search(numbers.begin(), numbers.end(), other)) {
        return Broken("a cannot-link within a person");
      }
    }
    return absl::OkStatus();
  }

  absl::Status CheckDecision(const std::string& key,
                             const std::optional<std::string>& value) const {
    if (!value) return absl::OkStatus();
    HIE_ASSIGN_OR_RETURN(const auto row, Parse<v1::DecisionRow>(kDecisionsTable, *value));
    if (row.same_person()) return absl::OkStatus();
    KeyReader pair(key);
    HIE_ASSIGN_OR_RETURN(const RecordNumber a, pair.U64());
    HIE_ASSIGN_OR_RETURN(const RecordNumber b, pair.U64());
    HIE_ASSIGN_OR_RETURN(const std::string person_of_a, PersonKeyThen(a));
    HIE_ASSIGN_OR_RETURN(const std::string person_of_b, PersonKeyThen(b));
    return person_of_a == person_of_b ? Broken("a cannot-link within a person") : absl::OkStatus();
  }

  const KvReader& state_;
  const MpiReader reader_;
  Changed persons_;
  Changed records_;
  Changed decisions_;
  std::map<RecordNumber, std::string> person_key_then_;  // Of the records that are written.
};

}  // namespace

absl::Status CheckWrite(const KvReader& state, const WriteBatch& changes) {
  return WriteCheck(state, changes).Run();
}

}  // namespace hie::mpi

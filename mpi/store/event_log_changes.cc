#include "mpi/store/event_log_changes.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "mpi/store/tables.h"
#include "services/common/base/status_macros.h"
#include "services/common/outbox/outbox.h"
#include "services/common/storage/key_codec.h"

namespace hie::mpi {
namespace {

// The machine word by which re-linking says, for the audit too, that an update contradicts a
// decision (relink.h).
constexpr absl::string_view kContradicted = "decision-contradicted";
constexpr absl::string_view kDoubtful = "membership-doubtful";

// The last value of each row that a batch touches; null: deleted.
using LastValues = std::map<absl::string_view, const std::optional<std::string>*>;

// The tables that links are made of, as one command leaves them.
struct Touched {
  LastValues records;
  LastValues persons;
  LastValues possible;
  LastValues decisions;
  std::vector<absl::string_view> merges;  // Keys, in the order of the command.
  const std::string* record_counter = nullptr;
  bool model_changed = false;
  bool contradicted = false;
  bool doubtful = false;
};

// Registration says in its audit event what its record makes of its person.
void NoteDoubts(const std::string& outbox_row, Touched& touched) {
  // Nearly no row does, and every registration has one: taking it apart comes second.
  const bool may_say =
      absl::StrContains(outbox_row, kContradicted) || absl::StrContains(outbox_row, kDoubtful);
  audit::v1::Event event;
  if (!may_say || !event.ParseFromString(outbox_row)) return;
  for (const std::string& detail : event.details()) {
    touched.contradicted |= detail == kContradicted;
    touched.doubtful |= detail == kDoubtful;
  }
}

Touched Sort(const WriteBatch& changes) {
  Touched touched;
  for (const WriteBatch::Change& change : changes.changes()) {
    if (change.table == kRecordsTable) {
      touched.records[change.key] = &change.value;
    } else if (change.table == kPersonsTable) {
      touched.persons[change.key] = &change.value;
    } else if (change.table == kPossibleLinksTable) {
      touched.possible[change.key] = &change.value;
    } else if (change.table == kDecisionsTable) {
      touched.decisions[change.key] = &change.value;
    } else if (change.table == kMergesTable) {
      touched.merges.push_back(change.key);
    } else if (change.table == kModelLogTable) {
      touched.model_changed = true;
    } else if (change.table == outbox::kTable && change.value) {
      NoteDoubts(*change.value, touched);
    } else if (change.table == kCountersTable && change.key == kRecordCounter && change.value) {
      touched.record_counter = &*change.value;
    }
  }
  return touched;
}

template <typename Row>
absl::StatusOr<Row> Parse(absl::string_view table, const std::string& bytes) {
  Row row;
  if (row.ParseFromString(bytes)) return row;
  return absl::DataLossError(absl::StrCat(table, ": a row cannot be read"));
}

template <typename Row>
absl::StatusOr<std::optional<Row>> ParseIf(absl::string_view table,
                                           const std::optional<std::string>& bytes) {
  if (!bytes) return std::optional<Row>();
  HIE_ASSIGN_OR_RETURN(Row row, Parse<Row>(table, *bytes));
  return std::optional<Row>(std::move(row));
}

// A row before and after.
template <typename Row>
absl::StatusOr<RowChange<Row>> ReadChange(const KvReader& before, absl::string_view table,
                                          absl::string_view key,
                                          const std::optional<std::string>& after) {
  RowChange<Row> change;
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> bytes, before.Get(table, key));
  HIE_ASSIGN_OR_RETURN(change.before, ParseIf<Row>(table, bytes));
  HIE_ASSIGN_OR_RETURN(change.after, ParseIf<Row>(table, after));
  return change;
}

absl::StatusOr<RecordPair> ReadPair(absl::string_view key) {
  KeyReader reader(key);
  HIE_ASSIGN_OR_RETURN(const RecordNumber first, reader.U64());
  HIE_ASSIGN_OR_RETURN(const RecordNumber second, reader.U64());
  return RecordPair(first, second);
}

// Tells whether all that happened is that a new record got a person of its own: the only record
// that changed has the number that was given out last, and the only person holds nothing else.
absl::StatusOr<bool> OnlyStandsAlone(const Touched& touched) {
  const bool plain = touched.possible.empty() && touched.decisions.empty() &&
                     touched.merges.empty() && !touched.model_changed;
  if (!plain || touched.records.size() != 1 || touched.persons.size() != 1) return false;
  const std::optional<std::string>& person = *touched.persons.begin()->second;
  if (touched.record_counter == nullptr || !person) return false;
  HIE_ASSIGN_OR_RETURN(const auto counter,
                       Parse<v1::CounterRow>(kCountersTable, *touched.record_counter));
  if (RecordKey(counter.last()) != touched.records.begin()->first) return false;
  HIE_ASSIGN_OR_RETURN(const auto row, Parse<v1::PersonRow>(kPersonsTable, *person));
  return row.record_numbers_size() + row.tombstone_numbers_size() == 1;
}

absl::Status ReadRecords(const KvReader& before, const Touched& touched, LinkChanges& result) {
  for (const auto& [key, value] : touched.records) {
    HIE_ASSIGN_OR_RETURN(const RecordNumber record, KeyReader(key).U64());
    HIE_ASSIGN_OR_RETURN(result.records[record],
                         ReadChange<v1::RecordRow>(before, kRecordsTable, key, *value));
  }
  for (const absl::string_view key : touched.merges) {
    HIE_ASSIGN_OR_RETURN(const RecordNumber record, KeyReader(key).U64());
    result.merged.push_back(record);
  }
  return absl::OkStatus();
}

absl::Status ReadPersons(const KvReader& before, uint64_t sequence, const Touched& touched,
                         LinkChanges& result) {
  for (const auto& [key, value] : touched.persons) {
    HIE_ASSIGN_OR_RETURN(auto change,
                         ReadChange<v1::PersonRow>(before, kPersonsTable, key, *value));
    if (!change.after || change.after->link_version() != sequence) continue;
    HIE_ASSIGN_OR_RETURN(std::string eid, EidOfPersonKey(key));
    result.persons.emplace(std::move(eid), std::move(change));
  }
  return absl::OkStatus();
}

// Both orders of a pair say the same: the one with the lower number first is read.
absl::Status ReadPossible(const KvReader& before, const Touched& touched, LinkChanges& result) {
  for (const auto& [key, value] : touched.possible) {
    HIE_ASSIGN_OR_RETURN(const RecordPair pair, ReadPair(key));
    if (pair.first > pair.second) continue;
    HIE_ASSIGN_OR_RETURN(const auto rows,
                         ReadChange<v1::PossibleLinkRow>(before, kPossibleLinksTable, key, *value));
    RowChange<Millibits> change;
    if (rows.before) change.before = rows.before->weight_millibits();
    if (rows.after) change.after = rows.after->weight_millibits();
    if (change.before != change.after) result.possible.emplace(pair, change);
  }
  return absl::OkStatus();
}

absl::Status ReadDecisions(const KvReader& before, const Touched& touched, LinkChanges& result) {
  for (const auto& [key, value] : touched.decisions) {
    HIE_ASSIGN_OR_RETURN(const RecordPair pair, ReadPair(key));
    if (pair.first > pair.second) continue;
    RowChange<std::string> change;
    HIE_ASSIGN_OR_RETURN(change.before, before.Get(kDecisionsTable, key));
    change.after = *value;
    if (change.before != change.after) result.decisions.emplace(pair, std::move(change));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::optional<LinkChanges>> ReadLinkChanges(const KvReader& before,
                                                           uint64_t sequence,
                                                           const WriteBatch& changes) {
  const Touched touched = Sort(changes);
  const bool nothing = touched.persons.empty() && touched.possible.empty() &&
                       touched.decisions.empty() && !touched.model_changed &&
                       !touched.contradicted && !touched.doubtful;
  if (nothing) return std::optional<LinkChanges>();
  HIE_ASSIGN_OR_RETURN(const bool alone, OnlyStandsAlone(touched));
  if (alone) return std::optional<LinkChanges>();
  LinkChanges result;
  result.model_changed = touched.model_changed;
  result.contradicted = touched.contradicted;
  result.doubtful = touched.doubtful;
  HIE_RETURN_IF_ERROR(ReadRecords(before, touched, result));
  HIE_RETURN_IF_ERROR(ReadPersons(before, sequence, touched, result));
  HIE_RETURN_IF_ERROR(ReadPossible(before, touched, result));
  HIE_RETURN_IF_ERROR(ReadDecisions(before, touched, result));
  return std::optional<LinkChanges>(std::move(result));
}

}  // namespace hie::mpi

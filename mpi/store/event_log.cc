#include "mpi/store/event_log.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "mpi/store/mpi_reader.h"
#include "mpi/store/tables.h"
#include "services/common/base/status_macros.h"
#include "services/common/storage/key_codec.h"
#include "services/common/wire/wire.h"

namespace hie::mpi {
namespace {

std::string EventKey(uint64_t sequence) { return KeyWriter().U64(sequence).key(); }

std::string RecordEventKey(RecordNumber record, uint64_t sequence) {
  return KeyWriter().U64(record).U64(sequence).key();
}

// The audit has the whole of it; an event is kept for ever, and says who.
common::v1::Actor Brief(const common::v1::Actor& actor) {
  common::v1::Actor brief;
  brief.set_member(actor.member());
  brief.set_user(actor.user());
  return brief;
}

void AddMoved(const LinkChanges& changes, v1::EventRow& event) {
  for (const auto& [record, change] : changes.records) {
    const std::string from = change.before ? change.before->eid() : "";
    const std::string to = change.after ? change.after->eid() : "";
    if (from == to) continue;
    v1::MovedRow& moved = *event.add_moved();
    moved.set_record(record);
    moved.set_from_eid(from);
    moved.set_to_eid(to);
  }
}

void AddPossible(const LinkChanges& changes, v1::EventRow& event) {
  for (const auto& [pair, change] : changes.possible) {
    v1::PossibleChangeRow& row = *event.add_possible();
    row.set_low(pair.first);
    row.set_high(pair.second);
    if (change.before) row.set_before_millibits(*change.before);
    if (change.after) row.set_after_millibits(*change.after);
  }
}

void AddDecisions(const LinkChanges& changes, v1::EventRow& event) {
  for (const auto& [pair, change] : changes.decisions) {
    v1::DecisionChangeRow& row = *event.add_decisions();
    row.set_low(pair.first);
    row.set_high(pair.second);
    row.set_before(change.before.value_or(""));
    row.set_after(change.after.value_or(""));
  }
}

v1::PersonFate FateOf(const RowChange<v1::PersonRow>& change) {
  switch (change.after->state()) {
    case v1::PERSON_STATE_REDIRECT:
      return v1::PERSON_FATE_REDIRECTED;
    case v1::PERSON_STATE_RETIRED:
      return v1::PERSON_FATE_RETIRED;
    default:
      return change.before ? v1::PERSON_FATE_CHANGED : v1::PERSON_FATE_MADE;
  }
}

void AddPersons(const LinkChanges& changes, v1::EventRow& event) {
  for (const auto& [eid, change] : changes.persons) {
    v1::PersonChange& person = *event.add_persons();
    person.set_eid(eid);
    person.set_fate(FateOf(change));
    person.set_redirect_eid(change.after->redirect_to());
  }
}

void AddStanding(RecordNumber record, v1::StandingKind kind, v1::EventRow& event) {
  v1::StandingRow& standing = *event.add_standings();
  standing.set_record(record);
  standing.set_kind(kind);
}

// What became of a record besides merges, whose order counts.
void AddStandings(const LinkChanges& changes, v1::EventRow& event) {
  for (const RecordNumber record : changes.merged) {
    const auto change = changes.records.find(record);
    if (change == changes.records.end() || !change->second.after) continue;
    const bool goes = change->second.after->record().has_merged_into();
    AddStanding(record, goes ? v1::STANDING_KIND_MERGED : v1::STANDING_KIND_UNMERGED, event);
  }
  for (const auto& [record, change] : changes.records) {
    if (!change.after) continue;
    const v1::Record& after = change.after->record();
    const v1::Record none;
    const v1::Record& before = change.before ? change.before->record() : none;
    if (after.removed() && !before.removed()) {
      AddStanding(record, v1::STANDING_KIND_REMOVED, event);
    } else if (after.provisional() && !before.provisional()) {
      AddStanding(record, v1::STANDING_KIND_HELD, event);
    } else if (before.provisional() && !after.provisional()) {
      AddStanding(record, v1::STANDING_KIND_RELEASED, event);
    }
  }
}

// A new record that stands alone moved nothing that anybody knew.
bool JoinsOrLeaves(const v1::EventRow& event) {
  std::map<std::string, int> arrivals;
  for (const v1::MovedRow& moved : event.moved()) {
    if (!moved.from_eid().empty()) return true;
    ++arrivals[moved.to_eid()];
  }
  std::set<std::string> made;
  for (const v1::PersonChange& person : event.persons()) {
    if (person.fate() == v1::PERSON_FATE_MADE) made.insert(person.eid());
  }
  return std::any_of(arrivals.begin(), arrivals.end(), [&](const auto& arrival) {
    return arrival.second > 1 || made.count(arrival.first) == 0;
  });
}

// A person that fell apart: into one record and the rest, or into larger parts.
v1::EventKind KindOfSplit(const v1::EventRow& event, const std::string& retired) {
  std::map<std::string, int> parts;
  for (const v1::MovedRow& moved : event.moved()) {
    if (moved.from_eid() == retired) ++parts[moved.to_eid()];
  }
  const bool one =
      std::any_of(parts.begin(), parts.end(), [](const auto& part) { return part.second == 1; });
  return one ? v1::EVENT_KIND_UNLINKED : v1::EVENT_KIND_SPLIT;
}

v1::EventKind KindOfStanding(v1::StandingKind standing) {
  switch (standing) {
    case v1::STANDING_KIND_MERGED:
      return v1::EVENT_KIND_RECORD_MERGED;
    case v1::STANDING_KIND_UNMERGED:
      return v1::EVENT_KIND_RECORD_UNMERGED;
    case v1::STANDING_KIND_REMOVED:
      return v1::EVENT_KIND_RECORD_REMOVED;
    case v1::STANDING_KIND_HELD:
      return v1::EVENT_KIND_HELD;
    default:
      return v1::EVENT_KIND_UNSPECIFIED;
  }
}

// The gravest thing first.
v1::EventKind KindOf(const v1::EventRow& event) {
  for (const v1::StandingRow& standing : event.standings()) {
    const v1::EventKind kind = KindOfStanding(standing.kind());
    if (kind != v1::EVENT_KIND_UNSPECIFIED) return kind;
  }
  bool merged = false;
  for (const v1::PersonChange& person : event.persons()) {
    if (person.fate() == v1::PERSON_FATE_RETIRED) return KindOfSplit(event, person.eid());
    merged = merged || person.fate() == v1::PERSON_FATE_REDIRECTED;
  }
  if (merged) return v1::EVENT_KIND_MERGED;
  if (JoinsOrLeaves(event)) return v1::EVENT_KIND_LINKED;
  return event.decisions().empty() ? v1::EVENT_KIND_POSSIBLE : v1::EVENT_KIND_DECIDED;
}

}  // namespace

EventCause CauseOf(const v1::MpiCommand& command, const std::string& model) {
  EventCause cause;
  switch (command.kind_case()) {
    case v1::MpiCommand::kRegister:
      cause.actor = command.register_().actor();
      cause.model = model;
      cause.automatic = true;
      break;
    case v1::MpiCommand::kDecide:
      cause.actor = command.decide().actor();
      cause.reason = command.decide().reason();
      cause.kind = v1::EVENT_KIND_DECIDED;
      break;
    case v1::MpiCommand::kMerge:
      cause.actor = command.merge().actor();
      break;
    case v1::MpiCommand::kUnmerge:
      cause.actor = command.unmerge().actor();
      break;
    case v1::MpiCommand::kRemove:
      cause.actor = command.remove().actor();
      break;
    case v1::MpiCommand::kUndo:
      cause.actor = command.undo().actor();
      cause.reason = command.undo().reason();
      cause.kind = v1::EVENT_KIND_UNDONE;
      cause.undoes = command.undo().sequence();
      break;
    case v1::MpiCommand::kTask:
      cause.actor = command.task().actor();
      cause.reason = command.task().decision().reason();
      cause.kind = v1::EVENT_KIND_DECIDED;
      break;
    case v1::MpiCommand::kModel:
      cause.actor = command.model().actor();
      cause.kind = v1::EVENT_KIND_MODEL_ACTIVATED;
      break;
    default:
      break;
  }
  return cause;
}

std::optional<v1::EventRow> MakeEvent(const LinkChanges& changes, const EventCause& cause,
                                      const Stamp& stamp) {
  v1::EventRow event;
  AddMoved(changes, event);
  AddPossible(changes, event);
  AddDecisions(changes, event);
  AddPersons(changes, event);
  AddStandings(changes, event);
  const bool links = JoinsOrLeaves(event) || !event.possible().empty() ||
                     !event.decisions().empty() || !event.standings().empty();
  if (!links && !changes.model_changed && cause.undoes == 0) return std::nullopt;
  event.set_kind(cause.kind != v1::EVENT_KIND_UNSPECIFIED ? cause.kind : KindOf(event));
  event.set_micros(wire::MicrosFromTime(stamp.time));
  *event.mutable_actor() = Brief(cause.actor);
  event.set_reason(cause.reason);
  event.set_model(cause.model);
  event.set_undoes(cause.undoes);
  event.set_automatic(cause.automatic);
  return event;
}

v1::EventRow LoadedEvent(const common::v1::Actor& actor, const std::string& model,
                         const Stamp& stamp) {
  v1::EventRow event;
  event.set_kind(v1::EVENT_KIND_LOADED);
  event.set_micros(wire::MicrosFromTime(stamp.time));
  *event.mutable_actor() = Brief(actor);
  event.set_model(model);
  event.set_automatic(true);
  return event;
}

std::vector<RecordNumber> RecordsOf(const v1::EventRow& event) {
  std::set<RecordNumber> records;
  for (const v1::MovedRow& moved : event.moved()) records.insert(moved.record());
  for (const v1::PossibleChangeRow& link : event.possible()) {
    records.insert({link.low(), link.high()});
  }
  for (const v1::DecisionChangeRow& decision : event.decisions()) {
    records.insert({decision.low(), decision.high()});
  }
  for (const v1::StandingRow& standing : event.standings()) records.insert(standing.record());
  return {records.begin(), records.end()};
}

void PutEvent(uint64_t sequence, const v1::EventRow& event, WriteBatch& changes) {
  ReplaceEvent(sequence, event, changes);
  for (const RecordNumber record : RecordsOf(event)) {
    changes.Put(kRecordEventsTable, RecordEventKey(record, sequence), "");
  }
}

void ReplaceEvent(uint64_t sequence, const v1::EventRow& event, WriteBatch& changes) {
  changes.Put(kEventsTable, EventKey(sequence), event.SerializeAsString());
}

absl::StatusOr<std::optional<v1::EventRow>> EventReader::Find(uint64_t sequence) const {
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                       reader_.Get(kEventsTable, EventKey(sequence)));
  if (!bytes) return std::optional<v1::EventRow>();
  v1::EventRow event;
  if (!event.ParseFromString(*bytes)) {
    return absl::DataLossError("events: a row cannot be read");
  }
  return std::optional<v1::EventRow>(std::move(event));
}

absl::Status EventReader::VisitAfter(uint64_t after, Visit visit) const {
  if (after == std::numeric_limits<uint64_t>::max()) return absl::OkStatus();
  absl::Status bad;
  HIE_RETURN_IF_ERROR(reader_.Scan(
      kEventsTable, "", EventKey(after + 1), [&](absl::string_view key, absl::string_view value) {
        const absl::StatusOr<uint64_t> sequence = KeyReader(key).U64();
        v1::EventRow event;
        const bool read =
            sequence.ok() && event.ParseFromArray(value.data(), static_cast<int>(value.size()));
        if (!read) bad = absl::DataLossError("events: a row cannot be read");
        return read && visit(*sequence, event);
      }));
  return bad;
}

absl::StatusOr<std::vector<uint64_t>> EventReader::OfRecord(RecordNumber record, uint64_t after,
                                                            size_t limit) const {
  std::vector<uint64_t> sequences;
  if (after == std::numeric_limits<uint64_t>::max()) return sequences;
  const std::string prefix = RecordKey(record);
  absl::Status bad;
  HIE_RETURN_IF_ERROR(reader_.Scan(kRecordEventsTable, prefix, RecordEventKey(record, after + 1),
                                   [&](absl::string_view key, absl::string_view) {
                                     const absl::StatusOr<uint64_t> sequence =
                                         KeyReader(key.substr(prefix.size())).U64();
                                     bad.Update(sequence.status());
                                     if (!sequence.ok()) return false;
                                     sequences.push_back(*sequence);
                                     return limit == 0 || sequences.size() < limit;
                                   }));
  HIE_RETURN_IF_ERROR(bad);
  return sequences;
}

}  // namespace hie::mpi

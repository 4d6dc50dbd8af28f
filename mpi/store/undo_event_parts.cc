#include "mpi/store/undo_event_parts.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "mpi/store/event_log.h"
#include "mpi/store/person_edit.h"
#include "services/common/base/status_macros.h"

namespace hie::mpi {
namespace {

// Labels are EIDs, but for these, which are none.
std::string NewLabel(RecordNumber record) { return absl::StrCat("new ", record); }
std::string StayLabel(const std::string& eid) { return "stay " + eid; }

// The active person that an EID has become; empty: it was split.
absl::StatusOr<std::string> Follow(const MpiReader& reader, const std::string& eid) {
  HIE_ASSIGN_OR_RETURN(const std::optional<v1::PersonRow> person, reader.FindPerson(eid));
  if (!person || person->state() == v1::PERSON_STATE_RETIRED) return std::string();
  if (person->state() == v1::PERSON_STATE_ACTIVE) return eid;
  HIE_ASSIGN_OR_RETURN(const v1::PersonRow target, reader.Person(person->redirect_to()));
  return target.state() == v1::PERSON_STATE_ACTIVE ? person->redirect_to() : std::string();
}

bool MadeBy(const v1::EventRow& event, const std::string& eid) {
  return std::any_of(event.persons().begin(), event.persons().end(), [&](const auto& person) {
    return person.eid() == eid && person.fate() == v1::PERSON_FATE_MADE;
  });
}

class Parting {
 public:
  Parting(const MpiReader& reader, uint64_t sequence, const v1::EventRow& event)
      : reader_(reader), sequence_(sequence), event_(event) {}

  absl::StatusOr<UndoPartition> Run() {
    HIE_RETURN_IF_ERROR(LabelMoved());
    for (auto& [eid, records] : partition_.persons) HIE_RETURN_IF_ERROR(LabelRest(eid, records));
    for (const auto& [eid, records] : partition_.persons) AddParts(eid, records);
    return std::move(partition_);
  }

 private:
  absl::Status LabelMoved() {
    std::map<std::string, std::string> became;
    for (const v1::MovedRow& moved : event_.moved()) {
      HIE_ASSIGN_OR_RETURN(const v1::RecordRow row, reader_.Record(moved.record()));
      if (became.count(moved.to_eid()) == 0) {
        HIE_ASSIGN_OR_RETURN(became[moved.to_eid()], Follow(reader_, moved.to_eid()));
      }
      if (row.eid() != became[moved.to_eid()]) return MovedSince(moved.record());
      partition_.group_of[moved.record()] =
          moved.from_eid().empty() ? NewLabel(moved.record()) : moved.from_eid();
      moved_.insert(moved.record());
      partition_.persons[row.eid()];
    }
    return absl::OkStatus();
  }

  absl::Status MovedSince(RecordNumber record) const {
    HIE_ASSIGN_OR_RETURN(const uint64_t later,
                         LastEventAfter(reader_, record, sequence_,
                                        [&](const auto& event) { return Moves(event, record); }));
    return absl::FailedPreconditionError(absl::StrCat(
        "sequence: event ", later, " has moved its records since; undo that one first"));
  }

  absl::Status LabelRest(const std::string& eid, std::vector<RecordNumber>& records) {
    HIE_ASSIGN_OR_RETURN(const v1::PersonRow person, reader_.Person(eid));
    records = AllRecordNumbers(person);
    const std::string stays = MadeBy(event_, eid) ? MostMoved(records) : StayLabel(eid);
    for (const RecordNumber record : records) partition_.group_of.emplace(record, stays);
    for (const uint64_t tombstone : person.tombstone_numbers()) {
      HIE_RETURN_IF_ERROR(FollowSurvivor(tombstone));
    }
    return absl::OkStatus();
  }

  // The group of which the event moved the most records here; of equals the first by name.
  std::string MostMoved(const std::vector<RecordNumber>& records) const {
    std::map<std::string, int> counts;
    for (const RecordNumber record : records) {
      if (moved_.count(record) != 0) ++counts[partition_.group_of.at(record)];
    }
    const auto most =
        std::max_element(counts.begin(), counts.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    return most->first;
  }

  // A source's merge stands: what it merged goes with the survivor.
  absl::Status FollowSurvivor(RecordNumber tombstone) {
    HIE_ASSIGN_OR_RETURN(const RecordNumber root, reader_.MergeRoot(tombstone, 0));
    std::string& own = partition_.group_of[tombstone];
    const auto roots = partition_.group_of.find(root);
    if (roots == partition_.group_of.end() || own == roots->second) return absl::OkStatus();
    if (moved_.count(tombstone) != 0) {
      return absl::FailedPreconditionError(
          "sequence: a source has merged records since that would be parted; unmerge these first");
    }
    own = roots->second;
    return absl::OkStatus();
  }

  void AddParts(const std::string& eid, const std::vector<RecordNumber>& records) {
    std::map<std::string, std::vector<RecordNumber>> parts;
    for (const RecordNumber record : records) {
      parts[partition_.group_of.at(record)].push_back(record);
    }
    for (auto& [label, part] : parts) {
      partition_.groups[label].push_back({eid, std::move(part)});
    }
  }

  const MpiReader& reader_;
  const uint64_t sequence_;
  const v1::EventRow& event_;
  std::set<RecordNumber> moved_;
  UndoPartition partition_;
};

void Retire(MpiEdit& edit, const std::string& eid, v1::PersonRow person) {
  person.set_state(v1::PERSON_STATE_RETIRED);
  person.clear_record_numbers();
  person.clear_tombstone_numbers();
  edit.PutPerson(eid, std::move(person));
}

// Ends the possible links among records that come together.
absl::Status EndLinksWithin(MpiEdit& edit, const std::vector<RecordNumber>& records) {
  HIE_ASSIGN_OR_RETURN(const std::vector<LinkBetween> within,
                       PossibleLinksBetween(edit.reader(), records, records));
  for (const LinkBetween& link : within) edit.DeletePossibleLink(link.first, link.second);
  return absl::OkStatus();
}

absl::Status FormGroup(MpiEdit& edit, const UndoPartition& partition,
                       const std::vector<UndoPart>& parts) {
  std::vector<RecordNumber> all;
  std::vector<RecordNumber> loose;  // Of persons that fall apart.
  std::string home;                 // Of equals the oldest: the first by name.
  for (const UndoPart& part : parts) {
    all.insert(all.end(), part.records.begin(), part.records.end());
    if (partition.Divides(part.eid)) {
      loose.insert(loose.end(), part.records.begin(), part.records.end());
    } else if (home.empty()) {
      home = part.eid;
    } else {
      HIE_ASSIGN_OR_RETURN(home, MergePersons(edit, home, part.eid));
    }
  }
  std::sort(all.begin(), all.end());
  std::sort(loose.begin(), loose.end());
  if (parts.size() > 1) HIE_RETURN_IF_ERROR(EndLinksWithin(edit, all));
  if (loose.empty()) return absl::OkStatus();
  if (home.empty()) return MakePerson(edit, loose).status();
  for (const RecordNumber record : loose) HIE_RETURN_IF_ERROR(AddToPerson(edit, home, record));
  return absl::OkStatus();
}

}  // namespace

bool UndoPartition::Divides(const std::string& eid) const {
  const std::vector<RecordNumber>& records = persons.at(eid);
  return std::any_of(records.begin(), records.end(), [&](RecordNumber record) {
    return group_of.at(record) != group_of.at(records.front());
  });
}

absl::StatusOr<UndoPartition> PartWithout(const MpiReader& reader, uint64_t sequence,
                                          const v1::EventRow& event) {
  return Parting(reader, sequence, event).Run();
}

absl::Status FormGroups(MpiEdit& edit, const UndoPartition& partition) {
  for (const auto& [eid, records] : partition.persons) {
    if (!partition.Divides(eid)) continue;
    HIE_ASSIGN_OR_RETURN(const v1::PersonRow person, edit.reader().Person(eid));
    Retire(edit, eid, person);
  }
  for (const auto& [label, parts] : partition.groups) {
    HIE_RETURN_IF_ERROR(FormGroup(edit, partition, parts));
  }
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> LastEventAfter(const MpiReader& reader, RecordNumber record,
                                        uint64_t sequence,
                                        absl::FunctionRef<bool(const v1::EventRow&)> names) {
  const EventReader events(reader.rows());
  HIE_ASSIGN_OR_RETURN(const std::vector<uint64_t> later, events.OfRecord(record, sequence, 0));
  for (auto at = later.rbegin(); at != later.rend(); ++at) {
    HIE_ASSIGN_OR_RETURN(const std::optional<v1::EventRow> event, events.Find(*at));
    if (event && names(*event)) return *at;
  }
  return uint64_t{0};
}

bool Moves(const v1::EventRow& event, RecordNumber record) {
  return std::any_of(event.moved().begin(), event.moved().end(),
                     [&](const v1::MovedRow& moved) { return moved.record() == record; });
}

}  // namespace hie::mpi

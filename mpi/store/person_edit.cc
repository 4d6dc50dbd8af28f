#include "mpi/store/person_edit.h"

#include <algorithm>

#include "services/common/base/status_macros.h"

namespace hie::mpi {
namespace {

absl::Status AssignRecords(MpiEdit& edit, const std::vector<RecordNumber>& records,
                           const std::string& eid) {
  for (const RecordNumber record : records) {
    HIE_ASSIGN_OR_RETURN(v1::RecordRow row, edit.reader().Record(record));
    row.set_eid(eid);
    HIE_RETURN_IF_ERROR(edit.PutRecord(record, row));
  }
  return absl::OkStatus();
}

// Lists `records` in the person, tombstones apart.
absl::Status ListRecords(const MpiReader& reader, const std::vector<RecordNumber>& records,
                         v1::PersonRow& person) {
  for (const RecordNumber record : records) {
    HIE_ASSIGN_OR_RETURN(const v1::RecordRow row, reader.Record(record));
    (IsTombstone(row.record()) ? person.mutable_tombstone_numbers()
                               : person.mutable_record_numbers())
        ->Add(record);
  }
  std::sort(person.mutable_record_numbers()->begin(), person.mutable_record_numbers()->end());
  std::sort(person.mutable_tombstone_numbers()->begin(), person.mutable_tombstone_numbers()->end());
  return absl::OkStatus();
}

void Retire(MpiEdit& edit, const std::string& eid, v1::PersonRow person) {
  person.set_state(v1::PERSON_STATE_RETIRED);
  person.clear_record_numbers();
  person.clear_tombstone_numbers();
  edit.PutPerson(eid, std::move(person));
}

bool Names(const std::vector<RecordNumber>& records, RecordNumber record) {
  return std::find(records.begin(), records.end(), record) != records.end();
}

// Adds each tombstone that neither part names to the part of its survivor.
absl::Status PlaceTombstones(const MpiReader& reader, const v1::PersonRow& person,
                             std::vector<RecordNumber>& first, std::vector<RecordNumber>& second) {
  const std::vector<RecordNumber> named_first = first;
  const std::vector<RecordNumber> named_second = second;
  for (const RecordNumber tombstone : person.tombstone_numbers()) {
    if (Names(named_first, tombstone) || Names(named_second, tombstone)) continue;
    HIE_ASSIGN_OR_RETURN(const RecordNumber root, reader.MergeRoot(tombstone, 0));
    (Names(named_first, root) ? first : second).push_back(tombstone);
  }
  return absl::OkStatus();
}

// Points the loser and everything that redirected to it at the survivor: redirects have one step.
absl::Status Redirect(MpiEdit& edit, const std::string& loser_eid, const v1::PersonRow& loser,
                      const std::string& survivor_eid, v1::PersonRow& survivor) {
  std::vector<std::string> aliases(survivor.aliases().begin(), survivor.aliases().end());
  aliases.insert(aliases.end(), loser.aliases().begin(), loser.aliases().end());
  aliases.push_back(loser_eid);
  std::sort(aliases.begin(), aliases.end());
  survivor.mutable_aliases()->Assign(aliases.begin(), aliases.end());
  for (const std::string& alias : loser.aliases()) {
    HIE_ASSIGN_OR_RETURN(v1::PersonRow row, edit.reader().Person(alias));
    row.set_redirect_to(survivor_eid);
    edit.PutPerson(alias, row);
  }
  v1::PersonRow redirect;
  redirect.set_state(v1::PERSON_STATE_REDIRECT);
  redirect.set_redirect_to(survivor_eid);
  edit.PutPerson(loser_eid, redirect);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> MakePerson(MpiEdit& edit, const std::vector<RecordNumber>& records) {
  HIE_ASSIGN_OR_RETURN(const std::string eid, edit.TakeEid());
  v1::PersonRow person;
  person.set_state(v1::PERSON_STATE_ACTIVE);
  HIE_RETURN_IF_ERROR(ListRecords(edit.reader(), records, person));
  edit.PutPerson(eid, person);
  HIE_RETURN_IF_ERROR(AssignRecords(edit, records, eid));
  return eid;
}

absl::Status AddToPerson(MpiEdit& edit, const std::string& eid, RecordNumber record) {
  HIE_ASSIGN_OR_RETURN(v1::PersonRow person, edit.reader().Person(eid));
  HIE_RETURN_IF_ERROR(ListRecords(edit.reader(), {record}, person));
  edit.PutPerson(eid, person);
  return AssignRecords(edit, {record}, eid);
}

absl::StatusOr<std::string> MergePersons(MpiEdit& edit, const std::string& a,
                                         const std::string& b) {
  if (a == b) return a;
  const auto [survivor_eid, loser_eid] = std::minmax(a, b);  // UUIDv7: text order is age.
  HIE_RETURN_IF_ERROR(EndPossibleLinksBetween(edit, a, b));
  HIE_ASSIGN_OR_RETURN(v1::PersonRow survivor, edit.reader().Person(survivor_eid));
  HIE_ASSIGN_OR_RETURN(const v1::PersonRow loser, edit.reader().Person(loser_eid));
  const std::vector<RecordNumber> moved = AllRecordNumbers(loser);
  HIE_RETURN_IF_ERROR(ListRecords(edit.reader(), moved, survivor));
  HIE_RETURN_IF_ERROR(Redirect(edit, loser_eid, loser, survivor_eid, survivor));
  edit.PutPerson(survivor_eid, survivor);
  HIE_RETURN_IF_ERROR(AssignRecords(edit, moved, survivor_eid));
  return survivor_eid;
}

absl::Status SplitPerson(MpiEdit& edit, const std::string& eid,
                         const std::vector<RecordNumber>& first,
                         const std::vector<RecordNumber>& second) {
  HIE_ASSIGN_OR_RETURN(const v1::PersonRow person, edit.reader().Person(eid));
  std::vector<RecordNumber> to_first = first;
  std::vector<RecordNumber> to_second = second;
  HIE_RETURN_IF_ERROR(PlaceTombstones(edit.reader(), person, to_first, to_second));
  Retire(edit, eid, person);
  HIE_RETURN_IF_ERROR(MakePerson(edit, to_first).status());
  return MakePerson(edit, to_second).status();
}

absl::Status MoveRecords(MpiEdit& edit, const std::string& from,
                         const std::vector<RecordNumber>& moved, const std::string& to) {
  HIE_ASSIGN_OR_RETURN(const v1::PersonRow person, edit.reader().Person(from));
  HIE_ASSIGN_OR_RETURN(v1::PersonRow target, edit.reader().Person(to));
  std::vector<RecordNumber> sorted = moved;
  std::sort(sorted.begin(), sorted.end());
  HIE_ASSIGN_OR_RETURN(const std::vector<LinkBetween> ended,
                       PossibleLinksBetween(edit.reader(), sorted, AllRecordNumbers(target)));
  for (const LinkBetween& link : ended) edit.DeletePossibleLink(link.first, link.second);
  std::vector<RecordNumber> rest;
  for (const RecordNumber record : AllRecordNumbers(person)) {
    if (!Names(moved, record)) rest.push_back(record);
  }
  Retire(edit, from, person);
  HIE_RETURN_IF_ERROR(MakePerson(edit, rest).status());
  HIE_RETURN_IF_ERROR(ListRecords(edit.reader(), moved, target));
  edit.PutPerson(to, target);
  return AssignRecords(edit, moved, to);
}

absl::StatusOr<bool> CannotLinkBetween(const MpiReader& reader, const v1::PersonRow& a,
                                       const v1::PersonRow& b) {
  const std::vector<RecordNumber> others = AllRecordNumbers(b);
  for (const RecordNumber record : AllRecordNumbers(a)) {
    HIE_ASSIGN_OR_RETURN(const auto decisions, reader.DecisionsOf(record));
    for (const auto& [other, decision] : decisions) {
      const bool theirs = std::binary_search(others.begin(), others.end(), other);
      if (theirs && !decision.same_person()) return true;
    }
  }
  return false;
}

absl::StatusOr<std::vector<LinkBetween>> PossibleLinksBetween(const MpiReader& reader,
                                                              const std::vector<RecordNumber>& a,
                                                              const std::vector<RecordNumber>& b) {
  std::vector<LinkBetween> between;
  for (const RecordNumber record : a) {
    HIE_ASSIGN_OR_RETURN(const auto links, reader.PossibleLinksOf(record));
    for (const auto& [other, weight] : links) {
      if (std::binary_search(b.begin(), b.end(), other)) between.push_back({record, other, weight});
    }
  }
  return between;
}

absl::Status EndPossibleLinksBetween(MpiEdit& edit, const std::string& a, const std::string& b) {
  HIE_ASSIGN_OR_RETURN(const v1::PersonRow person_a, edit.reader().Person(a));
  HIE_ASSIGN_OR_RETURN(const v1::PersonRow person_b, edit.reader().Person(b));
  HIE_ASSIGN_OR_RETURN(
      const std::vector<LinkBetween> links,
      PossibleLinksBetween(edit.reader(), AllRecordNumbers(person_a), AllRecordNumbers(person_b)));
  for (const LinkBetween& link : links) edit.DeletePossibleLink(link.first, link.second);
  if (links.empty()) return absl::OkStatus();
  HIE_RETURN_IF_ERROR(edit.TouchLinks(a));
  return edit.TouchLinks(b);
}

}  // namespace hie::mpi

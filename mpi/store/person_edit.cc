#include "mpi/store/person_edit.h"

#include <algorithm>

#include "mpi/store/match.h"
#include "services/common/base/status_macros.h"

namespace hie::mpi {
namespace {

absl::Status AssignRecords(MpiEdit& edit, const std::vector<RecordNumber>& records,
                           const std::string& eid) {
  for (const RecordNumber record : records) {
    HIE_ASSIGN_OR_RETURN(v1::RecordRow row, edit.reader().Record(record));
    row.set_eid(eid);
    edit.PutRecord(record, row);
  }
  return absl::OkStatus();
}

void SetRecords(std::vector<RecordNumber> records, v1::PersonRow& person) {
  std::sort(records.begin(), records.end());
  person.mutable_record_numbers()->Assign(records.begin(), records.end());
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
  SetRecords(records, person);
  edit.PutPerson(eid, person);
  HIE_RETURN_IF_ERROR(AssignRecords(edit, records, eid));
  return eid;
}

absl::Status AddToPerson(MpiEdit& edit, const std::string& eid, RecordNumber record) {
  HIE_ASSIGN_OR_RETURN(v1::PersonRow person, edit.reader().Person(eid));
  std::vector<RecordNumber> records = RecordNumbers(person);
  records.push_back(record);
  SetRecords(std::move(records), person);
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
  const std::vector<RecordNumber> moved = RecordNumbers(loser);
  std::vector<RecordNumber> records = RecordNumbers(survivor);
  records.insert(records.end(), moved.begin(), moved.end());
  SetRecords(std::move(records), survivor);
  HIE_RETURN_IF_ERROR(Redirect(edit, loser_eid, loser, survivor_eid, survivor));
  edit.PutPerson(survivor_eid, survivor);
  HIE_RETURN_IF_ERROR(AssignRecords(edit, moved, survivor_eid));
  return survivor_eid;
}

absl::Status SplitPerson(MpiEdit& edit, const std::string& eid,
                         const std::vector<RecordNumber>& first,
                         const std::vector<RecordNumber>& second) {
  HIE_ASSIGN_OR_RETURN(v1::PersonRow retired, edit.reader().Person(eid));
  retired.set_state(v1::PERSON_STATE_RETIRED);
  retired.clear_record_numbers();
  edit.PutPerson(eid, retired);
  HIE_RETURN_IF_ERROR(MakePerson(edit, first).status());
  return MakePerson(edit, second).status();
}

absl::StatusOr<bool> CannotLinkBetween(const MpiReader& reader, const v1::PersonRow& a,
                                       const v1::PersonRow& b) {
  const std::vector<RecordNumber> others = RecordNumbers(b);
  for (const RecordNumber record : RecordNumbers(a)) {
    HIE_ASSIGN_OR_RETURN(const auto decisions, reader.DecisionsOf(record));
    for (const auto& [other, decision] : decisions) {
      const bool theirs = std::binary_search(others.begin(), others.end(), other);
      if (theirs && !decision.same_person()) return true;
    }
  }
  return false;
}

absl::StatusOr<bool> MayMergePersons(const MpiReader& reader, const std::string& a,
                                     const std::string& b, const Model& model) {
  HIE_ASSIGN_OR_RETURN(const v1::PersonRow person_a, reader.Person(a));
  HIE_ASSIGN_OR_RETURN(const v1::PersonRow person_b, reader.Person(b));
  HIE_ASSIGN_OR_RETURN(const bool forbidden, CannotLinkBetween(reader, person_a, person_b));
  if (forbidden) return false;
  HIE_ASSIGN_OR_RETURN(const PersonsScore score, ScorePersons(reader, person_a, person_b, model));
  return score.vetoes == 0 && score.mean >= model.thresholds.merge;
}

absl::Status EndPossibleLinksBetween(MpiEdit& edit, const std::string& a, const std::string& b) {
  HIE_ASSIGN_OR_RETURN(const v1::PersonRow person_a, edit.reader().Person(a));
  HIE_ASSIGN_OR_RETURN(const v1::PersonRow person_b, edit.reader().Person(b));
  const std::vector<RecordNumber> others = RecordNumbers(person_b);
  for (const RecordNumber record : RecordNumbers(person_a)) {
    HIE_ASSIGN_OR_RETURN(const auto links, edit.reader().PossibleLinksOf(record));
    for (const auto& [other, weight] : links) {
      if (!std::binary_search(others.begin(), others.end(), other)) continue;
      edit.DeletePossibleLink(record, other);
      HIE_RETURN_IF_ERROR(edit.TouchLinks(a));
      HIE_RETURN_IF_ERROR(edit.TouchLinks(b));
    }
  }
  return absl::OkStatus();
}

}  // namespace hie::mpi

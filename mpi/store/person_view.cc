#include "mpi/store/person_view.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "mpi/store/task_queue.h"
#include "mpi/store/task_rank.h"
#include "services/common/base/status_macros.h"

namespace hie::mpi {
namespace {

absl::Status Hold() { return absl::FailedPreconditionError("identity-hold"); }

std::tuple<std::string, std::string, uint32_t> KeyOf(const common::v1::LocalPatient& patient) {
  return {patient.assigning_authority(), patient.id(), patient.incarnation()};
}

absl::StatusOr<bool> OnlyProvisional(const MpiReader& reader, const v1::PersonRow& person) {
  HIE_ASSIGN_OR_RETURN(const std::vector<v1::RecordRow> rows,
                       reader.Records(AllRecordNumbers(person)));
  return std::all_of(rows.begin(), rows.end(),
                     [](const v1::RecordRow& row) { return row.record().provisional(); });
}

// The strongest possible link of a record of the person with another's.
struct Possible {
  RecordNumber own = 0;
  Millibits weight = 0;
};

// How far the review of a possible link has come, and until when it is due.
absl::Status AddReview(const MpiReader& reader, RecordNumber own, RecordNumber other,
                       v1::PossibleLink& link) {
  const TaskReader tasks(reader.rows());
  HIE_ASSIGN_OR_RETURN(const uint64_t number,
                       tasks.NumberOf(v1::TASK_KIND_POSSIBLE_LINK, own, other));
  if (number == 0) return absl::OkStatus();
  HIE_ASSIGN_OR_RETURN(const std::optional<v1::TaskRow> task, tasks.Find(number));
  if (!task) return absl::DataLossError("tasks: a row is missing");
  link.set_review(ReviewOf(number, *task));
  link.set_due_micros(task->due_micros());
  return absl::OkStatus();
}

// The records that may belong to the person, each with its strongest weight.
absl::Status AddPossible(const MpiReader& reader, const v1::PersonRow& row, v1::Person& person) {
  std::map<RecordNumber, Possible> strongest;
  for (const RecordNumber record : AllRecordNumbers(row)) {
    HIE_ASSIGN_OR_RETURN(const auto links, reader.PossibleLinksOf(record));
    for (const auto& [other, weight] : links) {
      const auto [at, added] = strongest.emplace(other, Possible{record, weight});
      if (!added && weight > at->second.weight) at->second = {record, weight};
    }
  }
  std::map<std::tuple<std::string, std::string, uint32_t>, v1::PossibleLink> by_key;
  for (const auto& [other, possible] : strongest) {
    HIE_ASSIGN_OR_RETURN(const v1::RecordRow other_row, reader.Record(other));
    v1::PossibleLink& link = by_key[KeyOf(other_row.record().patient())];
    *link.mutable_patient() = other_row.record().patient();
    link.set_weight_millibits(possible.weight);
    HIE_RETURN_IF_ERROR(AddReview(reader, possible.own, other, link));
  }
  for (const auto& [key, link] : by_key) *person.add_possible() = link;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> FindEidOf(const MpiReader& reader,
                                      const common::v1::LocalPatient& patient) {
  HIE_ASSIGN_OR_RETURN(const RecordNumber record, reader.FindRecord(patient));
  HIE_ASSIGN_OR_RETURN(const v1::RecordRow row, reader.Record(record));
  if (row.record().provisional()) return Hold();
  if (!IsTombstone(row.record())) return row.eid();
  HIE_ASSIGN_OR_RETURN(const RecordNumber root, reader.MergeRoot(record, 0));
  HIE_ASSIGN_OR_RETURN(const v1::RecordRow survivor, reader.Record(root));
  if (row.record().removed() || survivor.record().removed()) {
    return absl::NotFoundError("patient: not registered");
  }
  return row.eid();
}

absl::StatusOr<std::string> FollowEid(const MpiReader& reader, const std::string& eid) {
  HIE_ASSIGN_OR_RETURN(std::optional<v1::PersonRow> row, reader.FindPerson(eid));
  if (!row) return absl::NotFoundError("eid: not known");
  std::string target = eid;
  if (row->state() == v1::PERSON_STATE_REDIRECT) {
    target = row->redirect_to();
    HIE_ASSIGN_OR_RETURN(row, reader.FindPerson(target));
  }
  if (!row) return absl::DataLossError("persons: a redirect leads nowhere");
  if (row->state() == v1::PERSON_STATE_RETIRED) {
    return absl::FailedPreconditionError("identity-split");
  }
  HIE_ASSIGN_OR_RETURN(const bool held, OnlyProvisional(reader, *row));
  if (held) return Hold();
  return target;
}

absl::StatusOr<v1::Person> ViewPerson(const MpiReader& reader, const std::string& eid) {
  HIE_ASSIGN_OR_RETURN(const v1::PersonRow row, reader.Person(eid));
  v1::Person person;
  person.set_eid(eid);
  person.set_link_version(row.link_version());
  *person.mutable_aliases() = row.aliases();
  HIE_ASSIGN_OR_RETURN(std::vector<v1::RecordRow> records, reader.Records(AllRecordNumbers(row)));
  std::sort(records.begin(), records.end(), [](const v1::RecordRow& a, const v1::RecordRow& b) {
    return KeyOf(a.record().patient()) < KeyOf(b.record().patient());
  });
  for (v1::RecordRow& record : records) {
    if (record.record().provisional()) continue;
    if (record.record().removed()) {
      record.mutable_record()->clear_demographics();
      record.mutable_record()->clear_history();
    }
    *person.add_records() = std::move(*record.mutable_record());
  }
  HIE_RETURN_IF_ERROR(AddPossible(reader, row, person));
  return person;
}

int64_t ChangedMicros(const v1::Person& person) {
  int64_t in_use = 0;
  int64_t any = 0;
  for (const v1::Record& record : person.records()) {
    any = std::max(any, record.recorded_micros());
    if (!IsTombstone(record)) in_use = std::max(in_use, record.recorded_micros());
  }
  return in_use != 0 ? in_use : any;
}

absl::Status ConfirmLinkVersion(const MpiReader& reader, const std::string& eid,
                                uint64_t link_version) {
  HIE_ASSIGN_OR_RETURN(const std::optional<v1::PersonRow> row, reader.FindPerson(eid));
  if (!row) return absl::NotFoundError("eid: not known");
  if (row->state() != v1::PERSON_STATE_ACTIVE || row->link_version() != link_version) {
    return absl::AbortedError("link_version: the person's links have changed; resolve again");
  }
  return absl::OkStatus();
}

}  // namespace hie::mpi

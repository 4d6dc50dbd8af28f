#include "mpi/store/unmerge_record.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mpi/store/person_edit.h"
#include "mpi/store/record_edit.h"
#include "services/common/base/status_macros.h"

namespace hie::mpi {
namespace {

using Numbers = std::vector<RecordNumber>;

bool Contains(const Numbers& numbers, RecordNumber number) {
  return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

absl::Status Joined() {
  return absl::FailedPreconditionError(
      "subsumed: later decisions join what would be parted; undo these first");
}

// One merge that is taken back.
class Unmerging {
 public:
  Unmerging(MpiEdit& edit, RecordNumber record, v1::MergeRow merge, v1::RecordRow row)
      : edit_(edit), record_(record), merge_(std::move(merge)), row_(std::move(row)) {}

  absl::Status Run() {
    HIE_RETURN_IF_ERROR(Divide());
    HIE_ASSIGN_OR_RETURN(const std::optional<std::string> home, FindHome());
    edit_.DeleteMerge(record_);
    HIE_RETURN_IF_ERROR(
        ChangeStanding(edit_, record_, [](v1::Record& record) { record.clear_merged_into(); }));
    if (!merge_.one_person_before()) HIE_RETURN_IF_ERROR(Part(home));
    return ReopenLinks();
  }

 private:
  // What leaves: everything whose chain of merges ends, before this one, in the record or in a
  // companion of it.
  absl::Status Divide() {
    HIE_ASSIGN_OR_RETURN(const v1::PersonRow person, edit_.reader().Person(row_.eid()));
    const Numbers companions(merge_.companions().begin(), merge_.companions().end());
    const bool with_companions = !merge_.one_person_before() && !merge_.companions_left();
    for (const RecordNumber number : AllRecordNumbers(person)) {
      HIE_ASSIGN_OR_RETURN(const RecordNumber root, edit_.reader().MergeRoot(number, record_));
      const bool leaves = root == record_ || (with_companions && Contains(companions, root));
      (leaves ? leaving_ : staying_).push_back(number);
    }
    return absl::OkStatus();
  }

  // The person that the parted records belong to: one that a must-link names, else that of the
  // companions who had stayed behind.  Nothing: one of their own.
  absl::StatusOr<std::optional<std::string>> FindHome() const {
    HIE_ASSIGN_OR_RETURN(const std::set<std::string> decided, DecidedHomes());
    const bool parts = !merge_.one_person_before();
    if (decided.count(row_.eid()) != 0 && parts) return Joined();
    if (!parts) return NoHome(decided);
    if (decided.size() > 1) return Joined();
    std::set<std::string> homes = decided;
    if (homes.empty() && merge_.companions_left()) {
      HIE_ASSIGN_OR_RETURN(homes, HomesOfCompanions());
    }
    if (homes.size() != 1) return std::optional<std::string>();
    HIE_ASSIGN_OR_RETURN(const bool forbidden, Forbidden(*homes.begin()));
    if (forbidden && !decided.empty()) return Joined();
    if (forbidden) return std::optional<std::string>();
    return std::optional<std::string>(*homes.begin());
  }

  // Both were one person before, and the record just stands there again.
  absl::StatusOr<std::optional<std::string>> NoHome(const std::set<std::string>& decided) const {
    const bool elsewhere = std::any_of(decided.begin(), decided.end(),
                                       [&](const std::string& eid) { return eid != row_.eid(); });
    if (elsewhere) return Joined();
    return std::optional<std::string>();
  }

  // Persons of the records that a must-link joins to what leaves.
  absl::StatusOr<std::set<std::string>> DecidedHomes() const {
    std::set<std::string> homes;
    for (const RecordNumber record : leaving_) {
      HIE_ASSIGN_OR_RETURN(const auto decisions, edit_.reader().DecisionsOf(record));
      for (const auto& [other, decision] : decisions) {
        if (!decision.same_person() || Contains(leaving_, other)) continue;
        HIE_ASSIGN_OR_RETURN(const v1::RecordRow row, edit_.reader().Record(other));
        homes.insert(row.eid());
      }
    }
    return homes;
  }

  absl::StatusOr<std::set<std::string>> HomesOfCompanions() const {
    std::set<std::string> homes;
    for (const RecordNumber companion : merge_.companions()) {
      HIE_ASSIGN_OR_RETURN(const v1::RecordRow row, edit_.reader().Record(companion));
      if (row.eid() != row_.eid()) homes.insert(row.eid());
    }
    return homes;
  }

  absl::StatusOr<bool> Forbidden(const std::string& home) const {
    HIE_ASSIGN_OR_RETURN(const v1::PersonRow other, edit_.reader().Person(home));
    v1::PersonRow leaving;
    for (const RecordNumber record : leaving_) leaving.add_record_numbers(record);
    return CannotLinkBetween(edit_.reader(), leaving, other);
  }

  absl::Status Part(const std::optional<std::string>& home) {
    if (home) return MoveRecords(edit_, row_.eid(), leaving_, *home);
    return SplitPerson(edit_, row_.eid(), leaving_, staying_);
  }

  // Opens the possible links again that ended with the merge, where they are still possible.
  absl::Status ReopenLinks() {
    for (const v1::EndedLink& link : merge_.ended_links()) {
      HIE_ASSIGN_OR_RETURN(const std::vector<v1::RecordRow> rows,
                           edit_.reader().Records({link.first(), link.second()}));
      HIE_ASSIGN_OR_RETURN(const auto decision,
                           edit_.reader().Decision(link.first(), link.second()));
      if (decision || rows[0].eid() == rows[1].eid()) continue;
      edit_.PutPossibleLink(link.first(), link.second(), link.weight_millibits());
      HIE_RETURN_IF_ERROR(edit_.TouchLinks(rows[0].eid()));
      HIE_RETURN_IF_ERROR(edit_.TouchLinks(rows[1].eid()));
    }
    return absl::OkStatus();
  }

  MpiEdit& edit_;
  const RecordNumber record_;
  const v1::MergeRow merge_;
  const v1::RecordRow row_;  // As it was.
  Numbers leaving_;
  Numbers staying_;
};

}  // namespace

absl::StatusOr<v1::UnmergeReply> ApplyUnmerge(MpiEdit& edit, const v1::UnmergeCommand& command) {
  HIE_ASSIGN_OR_RETURN(const RecordNumber record, edit.reader().FindRecord(command.subsumed()));
  HIE_ASSIGN_OR_RETURN(const v1::RecordRow row, edit.reader().Record(record));
  HIE_ASSIGN_OR_RETURN(const std::optional<v1::MergeRow> merge, edit.reader().Merge(record));
  if (!merge) return absl::FailedPreconditionError("subsumed: not merged");
  HIE_RETURN_IF_ERROR(Unmerging(edit, record, *merge, row).Run());
  HIE_ASSIGN_OR_RETURN(const v1::RecordRow after, edit.reader().Record(record));
  edit.AddEvent(command.actor(), {row.record().patient(), row.record().merged_into()},
                {"record-unmerged"});
  v1::UnmergeReply reply;
  reply.set_eid(after.eid());
  return reply;
}

}  // namespace hie::mpi

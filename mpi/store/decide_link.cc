#include "mpi/store/decide_link.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "mpi/link/partition.h"
#include "mpi/score/veto.h"
#include "mpi/store/match.h"
#include "mpi/store/person_edit.h"
#include "mpi/store/record_edit.h"
#include "mpi/store/relink.h"
#include "mpi/store/task_queue.h"
#include "services/common/base/status_macros.h"
#include "services/common/wire/wire.h"

namespace hie::mpi {
namespace {

// The pair that a decision is about.
struct Pair {
  RecordNumber first = 0;
  RecordNumber second = 0;
};

absl::StatusOr<v1::DecideReply> Reply(const MpiReader& reader, const Pair& pair) {
  HIE_ASSIGN_OR_RETURN(const std::vector<v1::RecordRow> rows,
                       reader.Records({pair.first, pair.second}));
  v1::DecideReply reply;
  reply.set_first_eid(rows[0].eid());
  reply.set_second_eid(rows[1].eid());
  return reply;
}

absl::Status PutDecision(MpiEdit& edit, const v1::DecideCommand& command, const Pair& pair) {
  const auto [low, high] = std::minmax(pair.first, pair.second);
  HIE_ASSIGN_OR_RETURN(const std::vector<v1::RecordRow> rows, edit.reader().Records({low, high}));
  v1::DecisionRow row;
  row.set_same_person(command.same_person());
  *row.mutable_actor() = command.actor();
  row.set_reason(command.reason());
  row.set_decided_micros(wire::MicrosFromTime(edit.stamp().time));
  row.set_low_version(rows[0].record().version());
  row.set_high_version(rows[1].record().version());
  row.set_authority(command.authority());
  edit.PutDecision(pair.first, pair.second, row);
  return absl::OkStatus();
}

// Who was merged away or removed is not decided about, but for the holders of one id: they may be
// why a hold is open.
absl::Status CheckStanding(const MpiReader& reader, const Pair& pair) {
  HIE_ASSIGN_OR_RETURN(const std::vector<v1::RecordRow> rows,
                       reader.Records({pair.first, pair.second}));
  const v1::Record& a = rows[0].record();
  const v1::Record& b = rows[1].record();
  if (!IsTombstone(a) && !IsTombstone(b)) return absl::OkStatus();
  const bool held = a.provisional() || b.provisional();
  const bool merged = a.has_merged_into() || b.has_merged_into();
  if (SameHolder(a, b) && (held || !merged)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "first, second: want records that were neither merged away nor removed");
}

// Ends a hold before the decision takes its course.
absl::Status ReleaseHold(MpiEdit& edit, const Pair& pair) {
  HIE_ASSIGN_OR_RETURN(const std::vector<v1::RecordRow> rows,
                       edit.reader().Records({pair.first, pair.second}));
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].record().provisional()) continue;
    if (!SameHolder(rows[0].record(), rows[1].record())) {
      return absl::FailedPreconditionError("identity-hold");
    }
    HIE_RETURN_IF_ERROR(ConfirmRecord(edit, i == 0 ? pair.first : pair.second));
    HIE_RETURN_IF_ERROR(edit.TouchLinks(rows[1 - i].eid()));
  }
  return absl::OkStatus();
}

// Two records that agree in nothing that tells people apart are a slip of the hand.
absl::Status CheckLikeness(const v1::Record& a, const v1::Record& b) {
  constexpr int kContradictionsMax = 2;
  HIE_ASSIGN_OR_RETURN(const Features of_a, FeaturesOf(a));
  HIE_ASSIGN_OR_RETURN(const Features of_b, FeaturesOf(b));
  const Agreement agreement = Compare(of_a, of_b);
  const bool slip = IndependentContradictions(agreement) > kContradictionsMax &&
                    !PersonalIdentifierAgrees(agreement);
  if (!slip) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "same_person: the records contradict each other: names and birth date");
}

// Vetoes bind people too (PRACTICE 6): what contradicts is mended at its source first.  Two
// incarnations of one id are exempt: that they contradict is why a steward was asked.
absl::Status CheckVetoes(const MpiEdit& edit, const Pair& pair, const v1::PersonRow& a,
                         const v1::PersonRow& b, const Model& model) {
  HIE_ASSIGN_OR_RETURN(const std::vector<v1::RecordRow> rows,
                       edit.reader().Records({pair.first, pair.second}));
  if (SameHolder(rows[0].record(), rows[1].record())) return absl::OkStatus();
  HIE_RETURN_IF_ERROR(CheckVetoesBetween(edit.reader(), a, b, model));
  return CheckLikeness(rows[0].record(), rows[1].record());
}

// One slip of the hand must not make one person of two large ones.
absl::Status CheckSize(const MpiReader& reader, const Pair& pair, DecidedBy by) {
  if (by == DecidedBy::kTwoPersons) return absl::OkStatus();
  HIE_ASSIGN_OR_RETURN(const bool two, NeedsTwoPersons(reader, pair.first, pair.second));
  if (!two) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "same_person: so many records become one only where two persons agree: by a task");
}

absl::Status LinkPair(MpiEdit& edit, const Pair& pair, DecidedBy by, const Model& model) {
  HIE_RETURN_IF_ERROR(CheckSize(edit.reader(), pair, by));
  HIE_ASSIGN_OR_RETURN(const v1::DecideReply now, Reply(edit.reader(), pair));
  HIE_ASSIGN_OR_RETURN(const v1::PersonRow a, edit.reader().Person(now.first_eid()));
  HIE_ASSIGN_OR_RETURN(const v1::PersonRow b, edit.reader().Person(now.second_eid()));
  HIE_ASSIGN_OR_RETURN(const bool forbidden, CannotLinkBetween(edit.reader(), a, b));
  if (forbidden) {
    return absl::FailedPreconditionError(
        "same_person: other records of the two persons are decided to be different");
  }
  if (now.first_eid() != now.second_eid())
    HIE_RETURN_IF_ERROR(CheckVetoes(edit, pair, a, b, model));
  return MergePersons(edit, now.first_eid(), now.second_eid()).status();
}

absl::StatusOr<std::vector<std::pair<RecordNumber, RecordNumber>>> MustLinksWithin(
    const MpiReader& reader, const std::vector<RecordNumber>& records) {
  std::vector<std::pair<RecordNumber, RecordNumber>> must;
  for (const RecordNumber record : records) {
    HIE_ASSIGN_OR_RETURN(const auto decisions, reader.DecisionsOf(record));
    for (const auto& [other, decision] : decisions) {
      if (decision.same_person() && record < other) must.emplace_back(record, other);
    }
  }
  return must;
}

// The records that a split divides: all but those that follow the one they were merged into.
absl::StatusOr<std::vector<RecordNumber>> DividedRecords(const MpiReader& reader,
                                                         const v1::PersonRow& person) {
  std::vector<RecordNumber> records = RecordNumbers(person);
  for (const uint64_t tombstone : person.tombstone_numbers()) {
    HIE_ASSIGN_OR_RETURN(const std::optional<v1::MergeRow> merge, reader.Merge(tombstone));
    if (!merge) records.push_back(tombstone);
  }
  return records;
}

absl::Status SplitPair(MpiEdit& edit, const std::string& eid, const Pair& pair,
                       const Model& model) {
  HIE_ASSIGN_OR_RETURN(const v1::PersonRow person, edit.reader().Person(eid));
  HIE_ASSIGN_OR_RETURN(const std::vector<RecordNumber> records,
                       DividedRecords(edit.reader(), person));
  HIE_ASSIGN_OR_RETURN(const auto must, MustLinksWithin(edit.reader(), records));
  absl::Status failed;
  const auto weight = [&](RecordNumber a, RecordNumber b) {
    const absl::StatusOr<Millibits> w = WeightBetweenRecords(edit.reader(), a, b, model);
    if (!w.ok()) failed = w.status();
    return w.value_or(0);
  };
  const std::optional<Partition> parts =
      PartitionRecords(records, must, pair.first, pair.second, weight);
  HIE_RETURN_IF_ERROR(failed);
  if (!parts) {
    return absl::FailedPreconditionError(
        "same_person: other decisions join the two records; undo these first");
  }
  return SplitPerson(edit, eid, parts->first, parts->second);
}

absl::Status Separate(MpiEdit& edit, const Pair& pair, const Model& model) {
  HIE_ASSIGN_OR_RETURN(const v1::DecideReply now, Reply(edit.reader(), pair));
  if (now.first_eid() == now.second_eid()) {
    return SplitPair(edit, now.first_eid(), pair, model);
  }
  return EndPossibleLinksBetween(edit, now.first_eid(), now.second_eid());
}

// A new holder is matched for the first time.
absl::Status MatchNewHolder(MpiEdit& edit, RecordNumber record, const Model& model) {
  HIE_ASSIGN_OR_RETURN(const v1::RecordRow row, edit.reader().Record(record));
  HIE_ASSIGN_OR_RETURN(const Question question,
                       MakeQuestion(row.record().patient(), row.record().demographics(), record));
  HIE_ASSIGN_OR_RETURN(const v1::MatchPlan match, Match(edit.reader(), question, model));
  return Relink(edit, record, match, model).status();
}

// The provisional one of the pair; 0: neither.
absl::StatusOr<RecordNumber> HeldOf(const MpiReader& reader, const Pair& pair) {
  HIE_ASSIGN_OR_RETURN(const std::vector<v1::RecordRow> rows,
                       reader.Records({pair.first, pair.second}));
  if (rows[0].record().provisional()) return pair.first;
  return rows[1].record().provisional() ? pair.second : RecordNumber{0};
}

void AddDecisionEvent(MpiEdit& edit, const v1::DecideCommand& command,
                      const std::vector<v1::RecordRow>& rows, RecordNumber held) {
  std::vector<std::string> details = {command.same_person() ? "decided-same-person"
                                                            : "decided-different-persons"};
  if (held != 0) details.push_back("hold-ended");
  edit.AddEvent(command.actor(), {rows[0].record().patient(), rows[1].record().patient()}, details);
}

absl::Status CarryOut(MpiEdit& edit, const v1::DecideCommand& command, const Pair& pair,
                      DecidedBy by, const Model& model) {
  HIE_RETURN_IF_ERROR(CheckStanding(edit.reader(), pair));
  HIE_ASSIGN_OR_RETURN(const RecordNumber held, HeldOf(edit.reader(), pair));
  HIE_RETURN_IF_ERROR(ReleaseHold(edit, pair));
  HIE_RETURN_IF_ERROR(PutDecision(edit, command, pair));
  HIE_RETURN_IF_ERROR(command.same_person() ? LinkPair(edit, pair, by, model)
                                            : Separate(edit, pair, model));
  if (held != 0 && !command.same_person()) {
    HIE_RETURN_IF_ERROR(MatchNewHolder(edit, held, model));
  }
  HIE_ASSIGN_OR_RETURN(const std::vector<v1::RecordRow> rows,
                       edit.reader().Records({pair.first, pair.second}));
  AddDecisionEvent(edit, command, rows, held);
  return absl::OkStatus();
}

absl::Status CheckVersions(const MpiReader& reader, const v1::DecideCommand& command,
                           const Pair& pair) {
  if (command.first_version() == 0 && command.second_version() == 0) return absl::OkStatus();
  HIE_ASSIGN_OR_RETURN(const std::vector<v1::RecordRow> rows,
                       reader.Records({pair.first, pair.second}));
  const uint64_t first = rows[0].record().version();
  const uint64_t second = rows[1].record().version();
  if (command.first_version() != 0 && command.first_version() != first) {
    return absl::AbortedError("first_version: the record has moved on; read it again");
  }
  if (command.second_version() != 0 && command.second_version() != second) {
    return absl::AbortedError("second_version: the record has moved on; read it again");
  }
  return absl::OkStatus();
}

// What a registrar may say (PRACTICE 6): the gateway checks whose record it is.
absl::Status CheckAuthority(const MpiReader& reader, const v1::DecideCommand& command,
                            const Pair& pair, const std::optional<v1::DecisionRow>& decided) {
  if (command.authority() != v1::DECISION_AUTHORITY_REGISTRAR) return absl::OkStatus();
  if (!command.same_person()) {
    return absl::InvalidArgumentError("authority: a registrar only confirms: want same_person");
  }
  HIE_ASSIGN_OR_RETURN(const RecordNumber held, HeldOf(reader, pair));
  if (held != 0) return absl::FailedPreconditionError("identity-hold");
  const bool against = decided && !decided->same_person();
  if (!against || decided->authority() == v1::DECISION_AUTHORITY_REGISTRAR) return absl::OkStatus();
  return absl::FailedPreconditionError("same_person: a steward decided that they are different");
}

// Tells whether the command says nothing new; a steward takes a registrar's word over.
bool IsRepeated(const v1::DecideCommand& command, const std::optional<v1::DecisionRow>& decided) {
  if (!decided || decided->same_person() != command.same_person()) return false;
  return decided->authority() == command.authority() ||
         command.authority() == v1::DECISION_AUTHORITY_REGISTRAR;
}

}  // namespace

bool SameHolder(const v1::Record& a, const v1::Record& b) {
  return a.patient().assigning_authority() == b.patient().assigning_authority() &&
         a.patient().id() == b.patient().id();
}

absl::StatusOr<bool> NeedsTwoPersons(const MpiReader& reader, RecordNumber a, RecordNumber b) {
  HIE_ASSIGN_OR_RETURN(const std::vector<v1::RecordRow> rows, reader.Records({a, b}));
  if (rows[0].eid() == rows[1].eid()) return false;
  HIE_ASSIGN_OR_RETURN(const v1::PersonRow first, reader.Person(rows[0].eid()));
  HIE_ASSIGN_OR_RETURN(const v1::PersonRow second, reader.Person(rows[1].eid()));
  return std::min(AllRecordNumbers(first).size(), AllRecordNumbers(second).size()) >=
         kTwoPersonRecordsMin;
}

absl::Status CheckVetoesBetween(const MpiReader& reader, const v1::PersonRow& a,
                                const v1::PersonRow& b, const Model& model) {
  HIE_ASSIGN_OR_RETURN(const PersonsScore score, ScorePersons(reader, a, b, model));
  // That nobody knew who it was is what the steward has found out.
  const VetoSet vetoes = score.vetoes & ~OnlyVeto(Veto::kIdentityUnknown);
  if (vetoes == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "same_person: the records contradict each other: ", VetoName(ListVetoes(vetoes).front())));
}

absl::StatusOr<v1::DecideReply> ApplyDecide(MpiEdit& edit, const v1::DecideCommand& command,
                                            DecidedBy by, const Model& model) {
  Pair pair;
  HIE_ASSIGN_OR_RETURN(pair.first, edit.reader().FindRecord(command.first()));
  HIE_ASSIGN_OR_RETURN(pair.second, edit.reader().FindRecord(command.second()));
  if (pair.first == pair.second) {
    return absl::InvalidArgumentError("second: want another record than first");
  }
  HIE_ASSIGN_OR_RETURN(const auto decided, edit.reader().Decision(pair.first, pair.second));
  HIE_RETURN_IF_ERROR(CheckVersions(edit.reader(), command, pair));
  HIE_RETURN_IF_ERROR(CheckAuthority(edit.reader(), command, pair, decided));
  if (!IsRepeated(command, decided)) {
    HIE_RETURN_IF_ERROR(CarryOut(edit, command, pair, by, model));
  }
  return Reply(edit.reader(), pair);
}

absl::Status CheckNotUnderReview(const MpiReader& reader, const v1::DecideCommand& command) {
  const absl::StatusOr<RecordNumber> first = reader.FindRecord(command.first());
  const absl::StatusOr<RecordNumber> second = reader.FindRecord(command.second());
  if (!first.ok() || !second.ok()) return absl::OkStatus();  // The decision says so itself.
  const TaskReader tasks(reader.rows());
  HIE_ASSIGN_OR_RETURN(const std::vector<TaskAbout> about, tasks.AboutRecord(*first));
  for (const TaskAbout& one : about) {
    if (one.other != *second) continue;
    HIE_ASSIGN_OR_RETURN(const std::optional<v1::TaskRow> task, tasks.Find(one.task));
    if (task && (task->disputed() || !task->answers().empty())) {
      return absl::FailedPreconditionError(
          "first, second: a task about the pair waits for another answer; give it there");
    }
  }
  return absl::OkStatus();
}

}  // namespace hie::mpi

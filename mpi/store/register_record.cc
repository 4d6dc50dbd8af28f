#include "mpi/store/register_record.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "mpi/link/membership.h"
#include "mpi/score/score.h"
#include "mpi/store/record_edit.h"
#include "mpi/store/relink.h"
#include "services/common/base/status_macros.h"
#include "services/common/wire/wire.h"

namespace hie::mpi {
namespace {

absl::StatusOr<Features> FeaturesOfVersion(const common::v1::Demographics& demographics) {
  HIE_ASSIGN_OR_RETURN(const Demographics parsed, wire::FromProto(demographics, "demographics"));
  return Normalize(parsed);
}

bool SameVersion(const v1::RecordRow& row, const v1::RegisterCommand& command) {
  return row.record().demographics().SerializeAsString() ==
         command.demographics().SerializeAsString();
}

// Suspected only if no version of the record resembles the update: a name that comes back after a
// correction is not a new holder.
absl::StatusOr<Holder> JudgeAgainstVersions(const v1::Record& record, const Features& update,
                                            const Model& model) {
  HIE_ASSIGN_OR_RETURN(const Features present, FeaturesOfVersion(record.demographics()));
  if (JudgeUpdate(present, update, model) == Holder::kSame) return Holder::kSame;
  for (const common::v1::Demographics& earlier : record.history()) {
    HIE_ASSIGN_OR_RETURN(const Features before, FeaturesOfVersion(earlier));
    if (JudgeUpdate(before, update, model) == Holder::kSame) return Holder::kSame;
  }
  return Holder::kSuspectedNew;
}

absl::StatusOr<Millibits> Resemblance(const v1::RecordRow& row, const Features& update,
                                      const Model& model) {
  HIE_ASSIGN_OR_RETURN(const Features present, FeaturesOfVersion(row.record().demographics()));
  return Score(Compare(present, update), model).weight();
}

// A provisional holder is open: the update is of it unless it resembles the one before more.
absl::StatusOr<Target> ChooseHolder(const MpiReader& reader, const v1::RegisterCommand& command,
                                    RecordNumber provisional, RecordNumber before,
                                    const Model& model) {
  HIE_ASSIGN_OR_RETURN(const std::vector<v1::RecordRow> rows,
                       reader.Records({provisional, before}));
  if (SameVersion(rows[0], command)) return Target{TargetKind::kUnchanged, provisional};
  if (SameVersion(rows[1], command)) return Target{TargetKind::kUnchanged, before};
  HIE_ASSIGN_OR_RETURN(const Features update, FeaturesOfVersion(command.demographics()));
  HIE_ASSIGN_OR_RETURN(const Millibits to_provisional, Resemblance(rows[0], update, model));
  HIE_ASSIGN_OR_RETURN(const Millibits to_before, Resemblance(rows[1], update, model));
  return Target{TargetKind::kUpdate, to_before > to_provisional ? before : provisional};
}

absl::StatusOr<Target> JudgeHolder(const MpiReader& reader, const v1::RegisterCommand& command,
                                   RecordNumber holder, const Model& model) {
  HIE_ASSIGN_OR_RETURN(const v1::RecordRow row, reader.Record(holder));
  if (SameVersion(row, command)) return Target{TargetKind::kUnchanged, holder};
  HIE_ASSIGN_OR_RETURN(const Features update, FeaturesOfVersion(command.demographics()));
  HIE_ASSIGN_OR_RETURN(const Holder judged, JudgeAgainstVersions(row.record(), update, model));
  return Target{judged == Holder::kSame ? TargetKind::kUpdate : TargetKind::kOverlay, holder};
}

// Which holders an explicit incarnation admits: the current one only.
absl::Status CheckIncarnation(const v1::HolderRow& holder, uint32_t incarnation) {
  const auto count = static_cast<uint32_t>(holder.record_numbers_size());
  if (incarnation == 0 || (count == 0 && incarnation == 1)) return absl::OkStatus();
  if (incarnation > count) return absl::NotFoundError("patient.incarnation: never was");
  if (incarnation == count) return absl::OkStatus();
  return absl::FailedPreconditionError("patient.incarnation: a former holder's; want 0");
}

// Whether a registration made the record that it answers about.
enum class Origin { kExisted, kCreated };

absl::StatusOr<v1::RegisterReply> ReplyFor(const MpiReader& reader, RecordNumber record,
                                           const Relinked& relinked, Origin origin) {
  HIE_ASSIGN_OR_RETURN(const v1::RecordRow row, reader.Record(record));
  HIE_ASSIGN_OR_RETURN(const v1::PersonRow person, reader.Person(row.eid()));
  v1::RegisterReply reply;
  reply.set_outcome(row.record().provisional() ? v1::LINK_OUTCOME_HELD : relinked.outcome);
  *reply.mutable_patient() = row.record().patient();
  reply.set_eid(row.eid());
  reply.set_link_version(person.link_version());
  reply.set_best_weight_millibits(relinked.best_weight);
  reply.set_version(row.record().version());
  reply.set_created(origin == Origin::kCreated);
  reply.set_recorded_micros(row.record().recorded_micros());
  return reply;
}

// Nothing changes but how late an older update would come; the weight is that of the strongest
// possible link.
absl::StatusOr<v1::RegisterReply> LeaveUnchanged(MpiEdit& edit, const v1::RegisterCommand& command,
                                                 RecordNumber record) {
  HIE_RETURN_IF_ERROR(RaiseLatestEvent(edit, record, command.event_micros()));
  HIE_ASSIGN_OR_RETURN(const auto links, edit.reader().PossibleLinksOf(record));
  Relinked unchanged;
  for (const auto& [other, weight] : links) {
    unchanged.best_weight = std::max(unchanged.best_weight, weight);
  }
  return ReplyFor(edit.reader(), record, unchanged, Origin::kExisted);
}

Statement StatementOf(const v1::RegisterCommand& command, const Derived* derived = nullptr) {
  return Statement{command.demographics(), command.event_micros(), derived};
}

// Keeps what may not be applied.
absl::StatusOr<v1::RegisterReply> KeepAsHistory(MpiEdit& edit, const v1::RegisterCommand& command,
                                                const Target& target) {
  const bool merged = target.kind == TargetKind::kMerged;
  HIE_ASSIGN_OR_RETURN(const bool added,
                       KeepLateVersion(edit, target.record, StatementOf(command)));
  Relinked kept;
  kept.outcome = merged ? v1::LINK_OUTCOME_MERGED_AWAY : v1::LINK_OUTCOME_STALE;
  HIE_ASSIGN_OR_RETURN(const v1::RegisterReply reply,
                       ReplyFor(edit.reader(), target.record, kept, Origin::kExisted));
  if (added) {
    edit.AddEvent(command.actor(), {reply.patient()},
                  {"kept-as-history", merged ? "merged-away" : "stale"});
  }
  return reply;
}

absl::StatusOr<v1::RegisterReply> RelinkAndReply(MpiEdit& edit, const v1::RegisterCommand& command,
                                                 RecordNumber record, const v1::MatchPlan& match,
                                                 const Model& model, Origin origin) {
  HIE_ASSIGN_OR_RETURN(const Relinked relinked, Relink(edit, record, match, model));
  HIE_ASSIGN_OR_RETURN(const v1::RegisterReply reply,
                       ReplyFor(edit.reader(), record, relinked, origin));
  std::vector<std::string> details = {origin == Origin::kCreated ? "record-registered"
                                                                 : "record-updated"};
  details.insert(details.end(), relinked.events.begin(), relinked.events.end());
  edit.AddEvent(command.actor(), {reply.patient()}, details);
  return reply;
}

// A registration that is to be carried out: how it matches, and what follows from it alone.
struct Matched {
  v1::MatchPlan match;
  Derived derived;
};

absl::StatusOr<v1::RegisterReply> RegisterNew(MpiEdit& edit, const v1::RegisterCommand& command,
                                              const Matched& matched, const Model& model) {
  HIE_ASSIGN_OR_RETURN(const RecordNumber record,
                       AddRecord(edit, command.patient(), StatementOf(command, &matched.derived),
                                 Standing::kConfirmed));
  return RelinkAndReply(edit, command, record, matched.match, model, Origin::kCreated);
}

absl::StatusOr<v1::RegisterReply> Update(MpiEdit& edit, const v1::RegisterCommand& command,
                                         RecordNumber record, const Matched& matched,
                                         const Model& model) {
  HIE_RETURN_IF_ERROR(AddVersion(edit, record, StatementOf(command, &matched.derived)));
  HIE_ASSIGN_OR_RETURN(const v1::RecordRow row, edit.reader().Record(record));
  if (!row.record().provisional()) {
    return RelinkAndReply(edit, command, record, matched.match, model, Origin::kExisted);
  }
  edit.AddEvent(command.actor(), {row.record().patient()}, {"record-updated", "held"});
  return ReplyFor(edit.reader(), record, {}, Origin::kExisted);
}

// Opens a provisional incarnation; the present holder's person moves, so that no release that
// was decided before goes on.
absl::StatusOr<v1::RegisterReply> Hold(MpiEdit& edit, const v1::RegisterCommand& command,
                                       const Target& target) {
  HIE_ASSIGN_OR_RETURN(
      const RecordNumber record,
      AddRecord(edit, command.patient(), StatementOf(command), Standing::kProvisional));
  HIE_ASSIGN_OR_RETURN(const v1::RecordRow before, edit.reader().Record(target.record));
  HIE_RETURN_IF_ERROR(edit.TouchLinks(before.eid()));
  HIE_ASSIGN_OR_RETURN(const v1::RegisterReply reply,
                       ReplyFor(edit.reader(), record, {}, Origin::kCreated));
  const bool reused = target.kind == TargetKind::kReused;
  edit.AddEvent(command.actor(), {reply.patient(), before.record().patient()},
                {reused ? "id-reused" : "overlay-suspected", "held"});
  return reply;
}

// Only a feed that says what its event is has an order to keep.
bool IsLate(const v1::RecordRow& row, const v1::RegisterCommand& command) {
  return command.kind() != v1::REGISTER_KIND_UNSPECIFIED && command.event_micros() != 0 &&
         command.event_micros() < row.latest_event_micros();
}

// The target of a word about a record that was removed or merged away.
Target JudgeTombstone(const v1::RecordRow& row, RecordNumber record,
                      const v1::RegisterCommand& command) {
  if (row.record().removed()) {
    return {IsLate(row, command) ? TargetKind::kLate : TargetKind::kReused, record};
  }
  const bool arrives = command.kind() == v1::REGISTER_KIND_ARRIVAL && !IsLate(row, command);
  return {arrives ? TargetKind::kReused : TargetKind::kMerged, record};
}

// The target of a word about an id of which a provisional incarnation is open.
absl::StatusOr<Target> JudgeHeld(const MpiReader& reader, const v1::RegisterCommand& command,
                                 RecordNumber provisional, RecordNumber before,
                                 const Model& model) {
  HIE_ASSIGN_OR_RETURN(const std::vector<v1::RecordRow> rows,
                       reader.Records({provisional, before}));
  if (!IsTombstone(rows[1].record())) {
    return ChooseHolder(reader, command, provisional, before, model);
  }
  const bool same = SameVersion(rows[0], command);
  return Target{same ? TargetKind::kUnchanged : TargetKind::kUpdate, provisional};
}

absl::StatusOr<Target> JudgeCurrent(const MpiReader& reader, const v1::RegisterCommand& command,
                                    const v1::HolderRow& holder, const Model& model) {
  const int count = holder.record_numbers_size();
  const RecordNumber current = holder.record_numbers(count - 1);
  HIE_ASSIGN_OR_RETURN(const v1::RecordRow row, reader.Record(current));
  if (IsTombstone(row.record())) return JudgeTombstone(row, current, command);
  if (row.record().provisional()) {
    return JudgeHeld(reader, command, current, holder.record_numbers(count - 2), model);
  }
  return JudgeHolder(reader, command, current, model);
}

// What comes too late changes nothing, whomever it resembles.
absl::StatusOr<Target> PutInOrder(const MpiReader& reader, const v1::RegisterCommand& command,
                                  Target target) {
  if (target.kind != TargetKind::kUpdate && target.kind != TargetKind::kOverlay) return target;
  HIE_ASSIGN_OR_RETURN(const v1::RecordRow row, reader.Record(target.record));
  if (IsLate(row, command)) target.kind = TargetKind::kLate;
  return target;
}

absl::Status CheckVersion(const MpiReader& reader, const v1::RegisterCommand& command,
                          const Target& target) {
  if (command.expected_version() == 0) return absl::OkStatus();
  uint64_t version = 0;
  if (target.record != 0) {
    HIE_ASSIGN_OR_RETURN(const v1::RecordRow row, reader.Record(target.record));
    version = row.record().version();
  }
  if (version == command.expected_version()) return absl::OkStatus();
  return absl::AbortedError("expected_version: the record has moved on; read it again");
}

absl::StatusOr<Matched> MatchRegistration(const MpiReader& reader,
                                          const v1::RegisterCommand& command, const Target& target,
                                          const Model& model) {
  Matched matched;
  HIE_ASSIGN_OR_RETURN(matched.derived, DeriveFrom(command.patient(), command.demographics()));
  const Question question{matched.derived.packed,
                          QuestionFingerprint(command.patient(), command.demographics()),
                          target.record};
  HIE_ASSIGN_OR_RETURN(matched.match, Match(reader, question, model));
  return matched;
}

// What Prepare worked out, where nothing that it read has moved; else anew.
absl::StatusOr<Matched> MatchOrReuse(const MpiReader& reader, const v1::RegisterCommand& command,
                                     const Target& target, const Prepared& prepared,
                                     const Model& model) {
  if (prepared.window == nullptr) return MatchRegistration(reader, command, target, model);
  const uint64_t fingerprint = QuestionFingerprint(command.patient(), command.demographics());
  std::optional<v1::MatchPlan> plan = ReadPlan(prepared.plan, fingerprint, target.record, model);
  if (!plan) return MatchRegistration(reader, command, target, model);
  Matched matched;
  matched.derived.packed = std::move(*plan->mutable_packed());
  for (std::string& key : *plan->mutable_query_keys()) {
    matched.derived.query_keys.push_back(std::move(key));
  }
  if (prepared.window->Unchanged(*plan)) {
    matched.match = *std::move(plan);
    return matched;
  }
  const Question question{matched.derived.packed, fingerprint, target.record};
  HIE_ASSIGN_OR_RETURN(matched.match, Match(reader, question, model));
  return matched;
}

absl::StatusOr<v1::RegisterReply> MatchAndApply(MpiEdit& edit, const v1::RegisterCommand& command,
                                                const Target& target, const Prepared& prepared,
                                                const Model& model) {
  HIE_ASSIGN_OR_RETURN(const Matched matched,
                       MatchOrReuse(edit.reader(), command, target, prepared, model));
  edit.UseKeyCounts(matched.match);
  if (target.kind == TargetKind::kNew) return RegisterNew(edit, command, matched, model);
  return Update(edit, command, target.record, matched, model);
}

}  // namespace

absl::StatusOr<Target> FindTarget(const MpiReader& reader, const v1::RegisterCommand& command,
                                  const Model& model) {
  HIE_ASSIGN_OR_RETURN(const v1::HolderRow holder, reader.Holder(command.patient()));
  HIE_RETURN_IF_ERROR(CheckIncarnation(holder, command.patient().incarnation()));
  if (holder.record_numbers().empty()) return Target{};
  HIE_ASSIGN_OR_RETURN(const Target target, JudgeCurrent(reader, command, holder, model));
  return PutInOrder(reader, command, target);
}

absl::StatusOr<std::string> PlanRegistration(const MpiReader& reader,
                                             const v1::RegisterCommand& command,
                                             const Model& model) {
  HIE_ASSIGN_OR_RETURN(const Target target, FindTarget(reader, command, model));
  if (target.kind != TargetKind::kNew && target.kind != TargetKind::kUpdate) return std::string();
  HIE_ASSIGN_OR_RETURN(Matched matched, MatchRegistration(reader, command, target, model));
  matched.match.set_packed(std::move(matched.derived.packed));
  for (std::string& key : matched.derived.query_keys) matched.match.add_query_keys(std::move(key));
  return matched.match.SerializeAsString();
}

absl::StatusOr<RecordNumber> RegisterNewRecord(MpiEdit& edit, const v1::RegisterCommand& command,
                                               const Model& model) {
  HIE_RETURN_IF_ERROR(MatchAndApply(edit, command, Target{}, Prepared(), model).status());
  return edit.reader().FindRecord(command.patient());
}

absl::StatusOr<v1::RegisterReply> ApplyRegister(MpiEdit& edit, const v1::RegisterCommand& command,
                                                const Prepared& prepared, const Model& model) {
  HIE_ASSIGN_OR_RETURN(const Target target, FindTarget(edit.reader(), command, model));
  HIE_RETURN_IF_ERROR(CheckVersion(edit.reader(), command, target));
  switch (target.kind) {
    case TargetKind::kUnchanged:
      return LeaveUnchanged(edit, command, target.record);
    case TargetKind::kOverlay:
    case TargetKind::kReused:
      return Hold(edit, command, target);
    case TargetKind::kLate:
    case TargetKind::kMerged:
      return KeepAsHistory(edit, command, target);
    case TargetKind::kNew:
    case TargetKind::kUpdate:
      return MatchAndApply(edit, command, target, prepared, model);
  }
  return absl::InternalError("target: no such kind");
}

}  // namespace hie::mpi

#include "mpi/store/register_record.h"

#include <algorithm>

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

absl::StatusOr<v1::RegisterReply> ReplyFor(const MpiReader& reader, RecordNumber record,
                                           v1::LinkOutcome outcome, Millibits best_weight) {
  HIE_ASSIGN_OR_RETURN(const v1::RecordRow row, reader.Record(record));
  HIE_ASSIGN_OR_RETURN(const v1::PersonRow person, reader.Person(row.eid()));
  v1::RegisterReply reply;
  reply.set_outcome(row.record().provisional() ? v1::LINK_OUTCOME_HELD : outcome);
  *reply.mutable_patient() = row.record().patient();
  reply.set_eid(row.eid());
  reply.set_link_version(person.link_version());
  reply.set_best_weight_millibits(best_weight);
  return reply;
}

// Nothing changes; the weight is that of the strongest possible link.
absl::StatusOr<v1::RegisterReply> ReplyUnchanged(const MpiReader& reader, RecordNumber record) {
  HIE_ASSIGN_OR_RETURN(const auto links, reader.PossibleLinksOf(record));
  Millibits best = 0;
  for (const auto& [other, weight] : links) best = std::max(best, weight);
  return ReplyFor(reader, record, v1::LINK_OUTCOME_UNCHANGED, best);
}

absl::StatusOr<v1::RegisterReply> RelinkAndReply(MpiEdit& edit, const v1::RegisterCommand& command,
                                                 RecordNumber record, const v1::MatchPlan& match,
                                                 const Model& model, const char* event) {
  HIE_ASSIGN_OR_RETURN(const Relinked relinked, Relink(edit, record, match, model));
  HIE_ASSIGN_OR_RETURN(v1::RegisterReply reply,
                       ReplyFor(edit.reader(), record, relinked.outcome, relinked.best_weight));
  std::vector<std::string> details = {event};
  details.insert(details.end(), relinked.events.begin(), relinked.events.end());
  edit.AddEvent(command.actor(), {reply.patient()}, details);
  return reply;
}

absl::StatusOr<v1::RegisterReply> RegisterNew(MpiEdit& edit, const v1::RegisterCommand& command,
                                              const v1::MatchPlan& match, const Model& model) {
  HIE_ASSIGN_OR_RETURN(
      const RecordNumber record,
      AddRecord(edit, command.patient(), command.demographics(), Standing::kConfirmed));
  return RelinkAndReply(edit, command, record, match, model, "record-registered");
}

absl::StatusOr<v1::RegisterReply> Update(MpiEdit& edit, const v1::RegisterCommand& command,
                                         RecordNumber record, const v1::MatchPlan& match,
                                         const Model& model) {
  HIE_RETURN_IF_ERROR(AddVersion(edit, record, command.demographics()));
  HIE_ASSIGN_OR_RETURN(const v1::RecordRow row, edit.reader().Record(record));
  if (!row.record().provisional()) {
    return RelinkAndReply(edit, command, record, match, model, "record-updated");
  }
  edit.AddEvent(command.actor(), {row.record().patient()}, {"record-updated", "held"});
  return ReplyFor(edit.reader(), record, v1::LINK_OUTCOME_HELD, 0);
}

// Opens a provisional incarnation; the present holder's person moves, so that no release that
// was decided before goes on.
absl::StatusOr<v1::RegisterReply> Hold(MpiEdit& edit, const v1::RegisterCommand& command,
                                       RecordNumber holder) {
  HIE_ASSIGN_OR_RETURN(
      const RecordNumber record,
      AddRecord(edit, command.patient(), command.demographics(), Standing::kProvisional));
  HIE_ASSIGN_OR_RETURN(const v1::RecordRow before, edit.reader().Record(holder));
  HIE_RETURN_IF_ERROR(edit.TouchLinks(before.eid()));
  HIE_ASSIGN_OR_RETURN(const v1::RegisterReply reply,
                       ReplyFor(edit.reader(), record, v1::LINK_OUTCOME_HELD, 0));
  edit.AddEvent(command.actor(), {reply.patient(), before.record().patient()},
                {"overlay-suspected", "held"});
  return reply;
}

}  // namespace

absl::StatusOr<Target> FindTarget(const MpiReader& reader, const v1::RegisterCommand& command,
                                  const Model& model) {
  HIE_ASSIGN_OR_RETURN(const v1::HolderRow holder, reader.Holder(command.patient()));
  HIE_RETURN_IF_ERROR(CheckIncarnation(holder, command.patient().incarnation()));
  const int count = holder.record_numbers_size();
  if (count == 0) return Target{};
  const RecordNumber current = holder.record_numbers(count - 1);
  HIE_ASSIGN_OR_RETURN(const v1::RecordRow row, reader.Record(current));
  if (row.record().provisional()) {
    return ChooseHolder(reader, command, current, holder.record_numbers(count - 2), model);
  }
  return JudgeHolder(reader, command, current, model);
}

absl::StatusOr<v1::RegisterReply> ApplyRegister(MpiEdit& edit, const v1::RegisterCommand& command,
                                                absl::string_view plan, const Model& model) {
  HIE_ASSIGN_OR_RETURN(const Target target, FindTarget(edit.reader(), command, model));
  if (target.kind == TargetKind::kUnchanged) return ReplyUnchanged(edit.reader(), target.record);
  if (target.kind == TargetKind::kOverlay) return Hold(edit, command, target.record);
  HIE_ASSIGN_OR_RETURN(const Question question,
                       MakeQuestion(command.patient(), command.demographics(), target.record));
  HIE_ASSIGN_OR_RETURN(const v1::MatchPlan match,
                       MatchOrReuse(edit.reader(), question, model, plan));
  if (target.kind == TargetKind::kNew) return RegisterNew(edit, command, match, model);
  return Update(edit, command, target.record, match, model);
}

}  // namespace hie::mpi

#include "mpi/store/load_progress.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "mpi/store/mpi_edit.h"
#include "mpi/store/mpi_reader.h"
#include "mpi/store/tables.h"
#include "services/common/base/status_macros.h"
#include "services/common/storage/key_codec.h"
#include "services/common/wire/wire.h"

namespace hie::mpi {
namespace {

// Parts of a load's key; the numbers stand in mpi_state.proto.
enum class Part : uint8_t { kLoad = 1, kProgress = 2, kReject = 3 };

KeyWriter PartKey(absl::string_view member, absl::string_view load_id, Part part) {
  KeyWriter key;
  key.Text(member).Text(load_id).U8(static_cast<uint8_t>(part));
  return key;
}

template <typename Row>
absl::StatusOr<std::optional<Row>> Find(const KvReader& state, const std::string& key) {
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> bytes, state.Get(kLoadsTable, key));
  if (!bytes) return std::optional<Row>();
  Row row;
  if (!row.ParseFromString(*bytes)) return absl::DataLossError("loads: a row cannot be read");
  return std::optional<Row>(std::move(row));
}

// One load in one state, and the changes of one command to it.
class LoadRows {
 public:
  LoadRows(const KvReader& state, absl::string_view member, absl::string_view load_id)
      : state_(state), member_(member), load_id_(load_id) {}

  absl::StatusOr<std::optional<v1::BulkLoadRow>> FindLoad() const {
    return Find<v1::BulkLoadRow>(state_, PartKey(member_, load_id_, Part::kLoad).key());
  }
  absl::StatusOr<v1::BulkLoadProgressRow> Progress() const {
    HIE_ASSIGN_OR_RETURN(auto row, Find<v1::BulkLoadProgressRow>(
                                       state_, PartKey(member_, load_id_, Part::kProgress).key()));
    if (!row) return absl::NotFoundError("load_id: no such load of the member");
    return *std::move(row);
  }
  absl::StatusOr<std::optional<v1::LineProblem>> FindReject(uint64_t line) const {
    return Find<v1::LineProblem>(state_, RejectKey(line));
  }

  std::string RejectKey(uint64_t line) const {
    return PartKey(member_, load_id_, Part::kReject).U64(line).key();
  }
  void Put(const v1::BulkLoadRow& row, WriteBatch& changes) const {
    changes.Put(kLoadsTable, PartKey(member_, load_id_, Part::kLoad).key(),
                row.SerializeAsString());
  }
  void Put(const v1::BulkLoadProgressRow& row, WriteBatch& changes) const {
    changes.Put(kLoadsTable, PartKey(member_, load_id_, Part::kProgress).key(),
                row.SerializeAsString());
  }

 private:
  const KvReader& state_;
  const absl::string_view member_;
  const absl::string_view load_id_;
};

v1::Load MakeLoad(absl::string_view load_id, const v1::BulkLoadRow& row,
                  const v1::BulkLoadProgressRow& progress) {
  v1::Load load;
  load.set_load_id(std::string(load_id));
  load.set_input_sha256(row.input_sha256());
  load.set_applied_line(progress.applied_line());
  *load.mutable_outcomes() = progress.outcomes();
  load.set_rejected(progress.rejected());
  load.set_began_micros(row.began_micros());
  load.set_ended_micros(progress.ended_micros());
  return load;
}

// Whether the same line of the same input would be refused by the same words again, so that it is
// the input's fault and no reason to stop.
bool IsTheLinesFault(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAborted:
      return true;
    default:
      return false;
  }
}

void Count(v1::LinkOutcome outcome, v1::BulkLoadProgressRow& progress) {
  auto& counts = *progress.mutable_outcomes();
  const auto at = std::find_if(counts.begin(), counts.end(), [outcome](const v1::OutcomeCount& c) {
    return c.outcome() >= outcome;
  });
  if (at != counts.end() && at->outcome() == outcome) {
    at->set_lines(at->lines() + 1);
    return;
  }
  v1::OutcomeCount& count = *counts.Add();
  count.set_outcome(outcome);
  count.set_lines(1);
  std::sort(counts.begin(), counts.end(), [](const v1::OutcomeCount& a, const v1::OutcomeCount& b) {
    return a.outcome() < b.outcome();
  });
}

// Whether `line` is the next one; else it was applied before.
absl::StatusOr<bool> IsNext(const v1::BulkLoadProgressRow& progress, uint64_t line) {
  if (line == 0) return absl::InvalidArgumentError("line_number: want 1 or more");
  if (line <= progress.applied_line()) return false;
  if (progress.ended_micros() != 0) {
    return absl::FailedPreconditionError("load_id: the load has ended");
  }
  if (line == progress.applied_line() + 1) return true;
  return absl::AbortedError(absl::StrCat("line_number: want ", progress.applied_line() + 1));
}

absl::Status FileReject(const LoadRows& rows, v1::BulkLoadProgressRow& progress,
                        const v1::LineProblem& problem, WriteBatch& changes) {
  if (progress.rejected() >= kLoadRejectsMax) {
    return absl::FailedPreconditionError(
        absl::StrCat("load_id: the load has ", kLoadRejectsMax, " rejects; mend its input first"));
  }
  progress.set_rejected(progress.rejected() + 1);
  changes.Put(kLoadsTable, rows.RejectKey(problem.line_number()), problem.SerializeAsString());
  return absl::OkStatus();
}

absl::StatusOr<std::string> Begin(const v1::LoadCommand& command, const Stamp& stamp,
                                  const KvReader& state, WriteBatch& changes) {
  const LoadRows rows(state, command.actor().member(), command.load_id());
  const std::string& sha256 = command.begin().input_sha256();
  HIE_ASSIGN_OR_RETURN(std::optional<v1::BulkLoadRow> row, rows.FindLoad());
  v1::BulkLoadProgressRow progress;
  if (row) {
    if (row->input_sha256() != sha256) {
      return absl::FailedPreconditionError("input_sha256: the load is one of another input");
    }
    HIE_ASSIGN_OR_RETURN(progress, rows.Progress());
  } else {
    row.emplace();
    row->set_input_sha256(sha256);
    *row->mutable_actor() = command.actor();
    row->set_began_micros(wire::MicrosFromTime(stamp.time));
    rows.Put(*row, changes);
    rows.Put(progress, changes);
    MpiEdit(state, stamp, {}, changes)
        .AddEvent(command.actor(), {}, {"load-begun", command.load_id()});
  }
  v1::LoadReply reply;
  *reply.mutable_load() = MakeLoad(command.load_id(), *row, progress);
  return reply.SerializeAsString();
}

absl::StatusOr<std::string> End(const v1::LoadCommand& command, const Stamp& stamp,
                                const KvReader& state, WriteBatch& changes) {
  const LoadRows rows(state, command.actor().member(), command.load_id());
  HIE_ASSIGN_OR_RETURN(v1::BulkLoadProgressRow progress, rows.Progress());
  HIE_ASSIGN_OR_RETURN(const std::optional<v1::BulkLoadRow> row, rows.FindLoad());
  if (!row) return absl::DataLossError("loads: a row is absent");
  if (command.end().lines() != progress.applied_line()) {
    return absl::AbortedError(
        absl::StrCat("lines: ", progress.applied_line(), " of the load are applied"));
  }
  if (progress.ended_micros() == 0) {
    progress.set_ended_micros(wire::MicrosFromTime(stamp.time));
    rows.Put(progress, changes);
    MpiEdit(state, stamp, {}, changes)
        .AddEvent(command.actor(), {}, {"load-ended", command.load_id()});
  }
  v1::LoadReply reply;
  *reply.mutable_load() = MakeLoad(command.load_id(), *row, progress);
  return reply.SerializeAsString();
}

absl::StatusOr<std::string> Refuse(const v1::LoadCommand& command, const KvReader& state,
                                   WriteBatch& changes) {
  const LoadRows rows(state, command.actor().member(), command.load_id());
  const uint64_t line = command.refuse().line_number();
  HIE_ASSIGN_OR_RETURN(v1::BulkLoadProgressRow progress, rows.Progress());
  HIE_ASSIGN_OR_RETURN(const bool next, IsNext(progress, line));
  if (next) {
    HIE_RETURN_IF_ERROR(FileReject(rows, progress, command.refuse(), changes));
    progress.set_applied_line(line);
    rows.Put(progress, changes);
  }
  v1::LoadLineReply reply;
  *reply.mutable_problem() = command.refuse();
  return reply.SerializeAsString();
}

bool HoldsVersion(const v1::Record& record, const std::string& demographics) {
  if (record.demographics().SerializeAsString() == demographics) return true;
  return std::any_of(record.history().begin(), record.history().end(), [&](const auto& earlier) {
    return earlier.SerializeAsString() == demographics;
  });
}

// The incarnation that a line was registered for: the only one, or the last one that has what the
// line says among its newest versions.  0: none has, so it cannot be told.
absl::StatusOr<uint32_t> IncarnationOfLine(const v1::RegisterCommand& command,
                                           const MpiReader& reader) {
  HIE_ASSIGN_OR_RETURN(const v1::HolderRow holder, reader.Holder(command.patient()));
  const std::vector<RecordNumber> numbers(holder.record_numbers().begin(),
                                          holder.record_numbers().end());
  if (numbers.size() < 2) return static_cast<uint32_t>(numbers.size());
  HIE_ASSIGN_OR_RETURN(const std::vector<v1::RecordRow> rows, reader.Records(numbers));
  const std::string said = command.demographics().SerializeAsString();
  for (size_t i = rows.size(); i > 0; --i) {
    HIE_ASSIGN_OR_RETURN(
        const bool late,
        reader.HasLateVersion(numbers[i - 1], command.event_micros(), command.demographics()));
    if (late || HoldsVersion(rows[i - 1].record(), said)) return static_cast<uint32_t>(i);
  }
  return 0;
}

// What a line that was applied before came to: its record may have moved on since.
absl::StatusOr<std::string> Again(const LoadRows& rows, const v1::RegisterCommand& command,
                                  const KvReader& state) {
  v1::LoadLineReply reply;
  HIE_ASSIGN_OR_RETURN(const auto problem, rows.FindReject(command.load_line()));
  if (problem) {
    *reply.mutable_problem() = *problem;
  } else {
    HIE_ASSIGN_OR_RETURN(const uint32_t incarnation, IncarnationOfLine(command, MpiReader(state)));
    reply.set_incarnation(incarnation);
  }
  return reply.SerializeAsString();
}

bool IsFieldPath(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '_' || c == '.' || c == '[' ||
           c == ']';
  });
}

}  // namespace

absl::StatusOr<v1::Load> ReadLoad(const KvReader& state, absl::string_view member,
                                  absl::string_view load_id) {
  const LoadRows rows(state, member, load_id);
  HIE_ASSIGN_OR_RETURN(const v1::BulkLoadProgressRow progress, rows.Progress());
  HIE_ASSIGN_OR_RETURN(const std::optional<v1::BulkLoadRow> row, rows.FindLoad());
  if (!row) return absl::DataLossError("loads: a row is absent");
  return MakeLoad(load_id, *row, progress);
}

absl::StatusOr<std::vector<v1::LineProblem>> ReadLoadRejects(const KvReader& state,
                                                             absl::string_view member,
                                                             absl::string_view load_id,
                                                             uint64_t after_line, size_t limit) {
  const LoadRows rows(state, member, load_id);
  HIE_RETURN_IF_ERROR(rows.Progress().status());
  std::vector<v1::LineProblem> problems;
  bool readable = true;
  HIE_RETURN_IF_ERROR(state.Scan(
      kLoadsTable, PartKey(member, load_id, Part::kReject).key(), rows.RejectKey(after_line + 1),
      [&](absl::string_view, absl::string_view value) {
        if (problems.size() == limit) return false;
        readable =
            problems.emplace_back().ParseFromArray(value.data(), static_cast<int>(value.size()));
        return readable;
      }));
  if (!readable) return absl::DataLossError("loads: a row cannot be read");
  return problems;
}

v1::LineProblem ProblemOf(uint64_t line, absl::string_view message) {
  v1::LineProblem problem;
  problem.set_line_number(line);
  const size_t colon = message.find(": ");
  const bool names = colon != absl::string_view::npos && IsFieldPath(message.substr(0, colon));
  if (names) problem.set_field(std::string(message.substr(0, colon)));
  problem.set_reason(std::string(names ? message.substr(colon + 2) : message));
  return problem;
}

absl::StatusOr<std::string> ApplyLoad(const v1::LoadCommand& command, const Stamp& stamp,
                                      const KvReader& state, WriteBatch& changes) {
  switch (command.step_case()) {
    case v1::LoadCommand::kBegin:
      return Begin(command, stamp, state, changes);
    case v1::LoadCommand::kRefuse:
      return Refuse(command, state, changes);
    case v1::LoadCommand::kEnd:
      return End(command, stamp, state, changes);
    default:
      return absl::InvalidArgumentError("command: want a step");
  }
}

absl::StatusOr<std::string> ApplyLoadLine(
    const v1::RegisterCommand& command, const KvReader& state, WriteBatch& changes,
    absl::FunctionRef<absl::StatusOr<v1::RegisterReply>(WriteBatch&)> registering) {
  const LoadRows rows(state, command.actor().member(), command.load_id());
  HIE_ASSIGN_OR_RETURN(v1::BulkLoadProgressRow progress, rows.Progress());
  HIE_ASSIGN_OR_RETURN(const bool next, IsNext(progress, command.load_line()));
  if (!next) return Again(rows, command, state);
  WriteBatch line;
  v1::LoadLineReply reply;
  if (const absl::StatusOr<v1::RegisterReply> registered = registering(line); registered.ok()) {
    changes.Append(std::move(line));
    Count(registered->outcome(), progress);
    reply.set_outcome(registered->outcome());
    reply.set_incarnation(registered->patient().incarnation());
  } else if (IsTheLinesFault(registered.status())) {
    *reply.mutable_problem() = ProblemOf(command.load_line(), registered.status().message());
    HIE_RETURN_IF_ERROR(FileReject(rows, progress, reply.problem(), changes));
  } else {
    return registered.status();
  }
  progress.set_applied_line(command.load_line());
  rows.Put(progress, changes);
  return reply.SerializeAsString();
}

}  // namespace hie::mpi

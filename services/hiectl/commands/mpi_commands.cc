#include "services/hiectl/commands/mpi_commands.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "hie/exchange/v1/identity_service.methods.h"
#include "services/common/base/status_macros.h"
#include "services/hiectl/commands/mpi_render.h"
#include "services/hiectl/commands/render.h"
#include "services/hiectl/matching/run_input.h"
#include "services/hiectl/matching/waterfall.h"
#include "services/hiectl/message_file.h"

namespace hie::ctl {
namespace {

using exchange::v1::ExchangeService;
using exchange::v1::IdentityService;

void Print(const Context& context, const std::vector<std::string>& lines) {
  for (const std::string& line : lines) context.output.Line(line);
}

// Calls, prints the answer as JSON where that is wanted, and has `show` print it for people.
template <typename Method, typename Show>
ExitCode CallAndShow(const Context& context, const typename Method::Request& request, Show show) {
  auto session = context.SignIn();
  if (!session.ok()) return context.output.Fail(session.status());
  const auto answer = (*session)->Call<Method>(request);
  if (!answer.ok()) return context.output.Fail(answer.status());
  context.output.Json(*answer);
  return show(*answer);
}

// Words for a value of an enumeration: possible-link, cannot-say.
std::string ValueName(const char* prefix, const std::string& word) {
  return absl::StrCat(prefix, absl::AsciiStrToUpper(absl::StrReplaceAll(word, {{"-", "_"}})));
}

absl::Status ReadKind(const std::string& word, mpi::v1::TaskKind& kind) {
  if (word.empty() || mpi::v1::TaskKind_Parse(ValueName("TASK_KIND_", word), &kind)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      "--kind: want possible-link, overlay, decision-contradicted, person-review, left-by-undo or "
      "asked");
}

absl::StatusOr<std::string> ReadReason(const std::string& path) {
  HIE_ASSIGN_OR_RETURN(const std::string text, ReadInput(path));
  return std::string(absl::StripAsciiWhitespace(text));
}

absl::StatusOr<exchange::v1::DecideTaskRequest> ToDecision(const MpiOptions& options) {
  exchange::v1::DecideTaskRequest request;
  request.set_task(options.number);
  mpi::v1::TaskVerdict verdict = mpi::v1::TASK_VERDICT_UNSPECIFIED;
  if (!mpi::v1::TaskVerdict_Parse(ValueName("TASK_VERDICT_", options.verdict), &verdict)) {
    return absl::InvalidArgumentError("--verdict: want same, different or cannot-say");
  }
  request.set_verdict(verdict);
  HIE_ASSIGN_OR_RETURN(*request.mutable_reason(), ReadReason(options.reason_file));
  request.set_first_version(options.first_version);
  request.set_second_version(options.second_version);
  return request;
}

// Follows until the exchange refuses; a call whose time is over is made again after the last event.
ExitCode Follow(const Context& context, const MpiOptions& options) {
  auto session = context.SignIn();
  if (!session.ok()) return context.output.Fail(session.status());
  exchange::v1::FollowEventsRequest request;
  request.set_after_sequence(options.after);
  while (true) {
    const absl::Status ended = (*session)->Stream<IdentityService::FollowEvents>(
        request, [&](const exchange::v1::FollowEventsResponse& told) {
          request.set_after_sequence(std::max(request.after_sequence(), told.sequence()));
          if (!told.has_event()) return true;
          context.output.Json(told.event());
          Print(context, EventLines(told.event()));
          return true;
        });
    if (!ended.ok() && !absl::IsDeadlineExceeded(ended)) {
      context.output.Note(absl::StrCat("Go on with --after=", request.after_sequence(), "."));
      return context.output.Fail(ended);
    }
  }
}

ExitCode ShowFallout(const Context& context, const exchange::v1::IdentityFallout& fallout) {
  Print(context, FalloutLines(fallout));
  const bool whole = !fallout.filed_truncated() && !fallout.recalls_truncated();
  return whole ? ExitCode::kOk : ExitCode::kPartial;
}

}  // namespace

ExitCode MpiTasks(const Context& context, const MpiOptions& options) {
  exchange::v1::ListTasksRequest request;
  mpi::v1::TaskKind kind = mpi::v1::TASK_KIND_UNSPECIFIED;
  absl::Status read = ReadKind(options.kind, kind);
  if (read.ok() && !options.patient.empty()) {
    read = ReadMessage(options.patient, *request.mutable_patient());
  }
  if (!read.ok()) return context.output.Fail(read);
  request.set_kind(kind);
  request.set_escalated_only(options.escalated);
  request.set_free_only(options.free_only);
  request.set_limit(options.limit);
  request.set_after_task(options.after);
  return CallAndShow<IdentityService::ListTasks>(
      context, request, [&context](const exchange::v1::ListTasksResponse& listed) {
        context.output.Table(TaskRows(listed.tasks()));
        if (listed.tasks().empty()) context.output.Note("No open task.");
        if (listed.more()) {
          context.output.Note(
              absl::StrCat("There are more: --after=", listed.tasks().rbegin()->task(), "."));
        }
        return ExitCode::kOk;
      });
}

ExitCode MpiTaskLease(const Context& context, const MpiOptions& options) {
  exchange::v1::LeaseTaskRequest request;
  request.set_task(options.number);
  return CallAndShow<IdentityService::LeaseTask>(
      context, request, [&context](const exchange::v1::LeaseTaskResponse& leased) {
        google::protobuf::RepeatedPtrField<mpi::v1::Task> tasks;
        *tasks.Add() = leased.task();
        context.output.Table(TaskRows(tasks));
        context.output.Note(absl::StrCat("Yours until ", Moment(leased.task().lease_until_micros()),
                                         "; `hiectl mpi history` shows each record."));
        return ExitCode::kOk;
      });
}

ExitCode MpiTaskRelease(const Context& context, const MpiOptions& options) {
  exchange::v1::ReleaseTaskRequest request;
  request.set_task(options.number);
  return CallAndShow<IdentityService::ReleaseTask>(context, request,
                                                   [](const auto&) { return ExitCode::kOk; });
}

ExitCode MpiTaskDecide(const Context& context, const MpiOptions& options) {
  const auto request = ToDecision(options);
  if (!request.ok()) return context.output.Fail(request.status());
  return CallAndShow<IdentityService::DecideTask>(
      context, *request, [&context](const exchange::v1::DecideTaskResponse& decided) {
        const std::string outcome =
            ShortName(mpi::v1::TaskOutcome_Name(decided.outcome()), "TASK_OUTCOME_");
        context.output.Table({{"outcome", "first person", "second person", "event"},
                              {outcome, decided.first_eid(), decided.second_eid(),
                               absl::StrCat(decided.sequence())}});
        return ExitCode::kOk;
      });
}

ExitCode MpiEvents(const Context& context, const MpiOptions& options) {
  if (options.follow) return Follow(context, options);
  exchange::v1::ListEventsRequest request;
  if (!options.patient.empty()) {
    const absl::Status read = ReadMessage(options.patient, *request.mutable_patient());
    if (!read.ok()) return context.output.Fail(read);
  }
  request.set_after_sequence(options.after);
  request.set_limit(options.limit);
  return CallAndShow<IdentityService::ListEvents>(
      context, request, [&context](const exchange::v1::ListEventsResponse& listed) {
        for (const mpi::v1::LinkEvent& event : listed.events()) Print(context, EventLines(event));
        if (listed.more()) {
          context.output.Note(
              absl::StrCat("There are more: --after=", listed.events().rbegin()->sequence(), "."));
        }
        return ExitCode::kOk;
      });
}

ExitCode MpiUndo(const Context& context, const MpiOptions& options) {
  exchange::v1::UndoEventRequest request;
  request.set_sequence(options.number);
  const auto reason = ReadReason(options.reason_file);
  if (!reason.ok()) return context.output.Fail(reason.status());
  request.set_reason(*reason);
  return CallAndShow<IdentityService::UndoEvent>(
      context, request, [&context](const exchange::v1::UndoEventResponse& undone) {
        context.output.Line(absl::StrCat("undone as ", undone.sequence(),
                                         undone.exact() ? ", exactly" : ", as far as it goes"));
        for (const auto& left : undone.left()) {
          context.output.Line(absl::StrCat("  stayed, with a task: ", PatientKey(left)));
        }
        return ShowFallout(context, undone.fallout());
      });
}

ExitCode MpiFallout(const Context& context, const MpiOptions& options) {
  exchange::v1::GetFalloutRequest request;
  request.set_sequence(options.number);
  return CallAndShow<IdentityService::GetFallout>(
      context, request, [&context](const exchange::v1::GetFalloutResponse& got) {
        return ShowFallout(context, got.fallout());
      });
}

ExitCode MpiHistory(const Context& context, const MpiOptions& options) {
  exchange::v1::GetHistoryRequest request;
  const absl::Status read = ReadMessage(options.patient, *request.mutable_patient());
  if (!read.ok()) return context.output.Fail(read);
  return CallAndShow<IdentityService::GetHistory>(
      context, request, [&context](const exchange::v1::GetHistoryResponse& got) {
        Print(context, HistoryLines(got.history()));
        return ExitCode::kOk;
      });
}

ExitCode MpiExplain(const Context& context, const MpiOptions& options) {
  exchange::v1::ExplainLinkRequest request;
  const absl::Status read = ReadMessage(options.patient, *request.mutable_patient());
  if (!read.ok()) return context.output.Fail(read);
  return CallAndShow<IdentityService::ExplainLink>(
      context, request, [&](const exchange::v1::ExplainLinkResponse& got) {
        const mpi::v1::ExplainLinkResponse& why = got.explanation();
        const matching::Waterfall waterfall = ToWaterfall(why);
        context.output.Line(absl::StrCat("linked with ", PatientKey(why.other()), " by event ",
                                         why.sequence(), "; ", waterfall.subtitle));
        context.output.Table(WaterfallRows(waterfall));
        if (options.svg.empty()) return ExitCode::kOk;
        const absl::Status drawn =
            matching::WriteWholeFile(options.svg, matching::DrawWaterfall(waterfall));
        return drawn.ok() ? ExitCode::kOk : context.output.Fail(drawn);
      });
}

ExitCode MpiDecide(const Context& context, const MpiOptions& options) {
  exchange::v1::DecideLinkRequest request;
  const absl::Status read = ReadMessage(options.file, request);
  if (!read.ok()) return context.output.Fail(read);
  if (options.verdict != "same" && options.verdict != "different") {
    return context.output.Fail(absl::InvalidArgumentError("--verdict: want same or different"));
  }
  request.set_same_person(options.verdict == "same");
  return CallAndShow<ExchangeService::DecideLink>(
      context, request, [&context](const exchange::v1::DecideLinkResponse& decided) {
        context.output.Table({{"record", "person"},
                              {"first", decided.first_eid()},
                              {"second", decided.second_eid()}});
        return ExitCode::kOk;
      });
}

ExitCode MpiGolden(const Context& context, const MpiOptions& options) {
  exchange::v1::GetGoldenViewRequest request;
  const absl::Status read = ReadMessage(options.file, *request.mutable_subject());
  if (!read.ok()) return context.output.Fail(read);
  return CallAndShow<IdentityService::GetGoldenView>(
      context, request, [&context](const exchange::v1::GetGoldenViewResponse& got) {
        context.output.Line(absl::StrCat("eid ", got.view().eid()));
        context.output.Table(GoldenRows(got.view()));
        context.output.Note("Records may exist that patient choice or law withholds.");
        return ExitCode::kOk;
      });
}

ExitCode MpiConfirm(const Context& context, const MpiOptions& options) {
  exchange::v1::ConfirmOwnLinkRequest request;
  const absl::Status read = ReadMessage(options.file, request);
  if (!read.ok()) return context.output.Fail(read);
  return CallAndShow<IdentityService::ConfirmOwnLink>(
      context, request, [&context](const exchange::v1::ConfirmOwnLinkResponse& confirmed) {
        context.output.Line(absl::StrCat("one person: ", confirmed.eid()));
        return ExitCode::kOk;
      });
}

ExitCode MpiRecalls(const Context& context, const MpiOptions& options) {
  exchange::v1::ListRecallsRequest request;
  request.set_member(options.member);
  request.set_open_only(options.open_only);
  return CallAndShow<IdentityService::ListRecalls>(
      context, request, [&context](const exchange::v1::ListRecallsResponse& listed) {
        context.output.Table(RecallRows(listed.notices()));
        if (listed.notices().empty()) context.output.Note("No notice.");
        return listed.truncated() ? ExitCode::kPartial : ExitCode::kOk;
      });
}

ExitCode MpiRecallAcknowledge(const Context& context, const MpiOptions& options) {
  exchange::v1::AcknowledgeRecallRequest request;
  request.set_sequence(options.number);
  return CallAndShow<IdentityService::AcknowledgeRecall>(context, request,
                                                         [](const auto&) { return ExitCode::kOk; });
}

}  // namespace hie::ctl

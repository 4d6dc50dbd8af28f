// Models of the index, runs over it, and how matching fares.
#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "hie/exchange/v1/identity_service.methods.h"
#include "mpi/store/model_store.h"
#include "services/common/base/status_macros.h"
#include "services/hiectl/commands/mpi_commands.h"
#include "services/hiectl/commands/mpi_render.h"
#include "services/hiectl/matching/file_bytes.h"
#include "services/hiectl/matching/run_input.h"

namespace hie::ctl {
namespace {

using exchange::v1::IdentityService;

void Print(const Context& context, const std::vector<std::string>& lines) {
  for (const std::string& line : lines) context.output.Line(line);
}

void Tell(const Context& context, const mpi::v1::RunEvent& event) {
  if (event.has_progress()) {
    context.output.Progress(event.progress().phase(), event.progress().done(),
                            event.progress().all());
    return;
  }
  context.output.Json(event);
  if (!event.has_finding()) return;
  const mpi::v1::ScrubFinding& finding = event.finding();
  context.output.Line(absl::StrCat(finding.table(), ": ", finding.fault(),
                                   finding.has_patient() ? "  " : "",
                                   finding.has_patient() ? PatientKey(finding.patient()) : "",
                                   finding.eid().empty() ? "" : "  ", finding.eid()));
}

// Starts a run and follows it to its end; a call whose time is over is made again.
absl::StatusOr<mpi::v1::RunEvent> Run(const Context& context,
                                      const exchange::v1::StartRunRequest& start) {
  HIE_ASSIGN_OR_RETURN(const auto session, context.SignIn());
  HIE_ASSIGN_OR_RETURN(const auto started, session->Call<IdentityService::StartRun>(start));
  exchange::v1::WatchRunRequest watch;
  watch.set_run_id(started.run_id());
  std::optional<mpi::v1::RunEvent> result;
  while (true) {
    const absl::Status ended = session->Stream<IdentityService::WatchRun>(
        watch, [&](const exchange::v1::WatchRunResponse& told) {
          const mpi::v1::RunEvent& event = told.event();
          watch.set_after(std::max(watch.after(), event.number()));
          Tell(context, event);
          if (event.has_train() || event.has_simulate() || event.has_scrub()) result = event;
          return true;
        });
    if (absl::IsDeadlineExceeded(ended) && !result) continue;
    if (!ended.ok() && !result) return ended;
    if (!result) return absl::InternalError("the run ended without a result");
    return *std::move(result);
  }
}

absl::StatusOr<std::string> ReadModelText(Session& session, const std::string& hash) {
  std::string text;
  exchange::v1::GetModelRequest request;
  request.set_hash(hash);
  for (uint32_t number = 1, parts = 1; number <= parts; ++number) {
    request.set_number(number);
    HIE_ASSIGN_OR_RETURN(const auto part, session.Call<IdentityService::GetModel>(request));
    text += part.data();
    parts = part.parts();
  }
  return text;
}

absl::Status PutParts(const Context& context, Session& session, absl::string_view text) {
  const std::vector<absl::string_view> parts = mpi::PartsOfModelText(text);
  exchange::v1::PutModelRequest request;
  request.set_hash(mpi::HashOfModelText(text));
  request.set_parts(static_cast<uint32_t>(parts.size()));
  bool stored = false;
  for (size_t at = 0; at < parts.size(); ++at) {
    request.set_number(static_cast<uint32_t>(at) + 1);
    request.set_data(std::string(parts[at]));
    HIE_ASSIGN_OR_RETURN(const auto put, session.Call<IdentityService::PutModel>(request));
    stored = put.stored();
    context.output.Progress("stored", at + 1, parts.size());
  }
  if (!stored) return absl::InternalError("the model is not complete");
  context.output.Line(absl::StrCat("stored ", request.hash(), "; not active yet"));
  return absl::OkStatus();
}

}  // namespace

ExitCode MpiModelList(const Context& context, const MpiOptions&) {
  auto session = context.SignIn();
  if (!session.ok()) return context.output.Fail(session.status());
  const auto listed = (*session)->Call<IdentityService::ListModels>({});
  if (!listed.ok()) return context.output.Fail(listed.status());
  context.output.Json(*listed);
  context.output.Table(ModelRows(listed->models()));
  if (listed->activations().empty()) return ExitCode::kOk;
  context.output.Line("");
  context.output.Table(ActivationRows(listed->activations()));
  return ExitCode::kOk;
}

ExitCode MpiModelShow(const Context& context, const MpiOptions& options) {
  auto session = context.SignIn();
  if (!session.ok()) return context.output.Fail(session.status());
  const auto text = ReadModelText(**session, options.hash);
  if (!text.ok()) return context.output.Fail(text.status());
  const absl::Status written = matching::WriteWholeFile(options.out, *text);
  if (!written.ok()) return context.output.Fail(written);
  context.output.Line(absl::StrCat(text->size(), " bytes in ", options.out));
  return ExitCode::kOk;
}

ExitCode MpiModelPut(const Context& context, const MpiOptions& options) {
  const auto file = matching::FileBytes::Open(options.file);
  if (!file.ok()) return context.output.Fail(file.status());
  auto session = context.SignIn();
  if (!session.ok()) return context.output.Fail(session.status());
  const absl::Status put = PutParts(context, **session, file->bytes());
  return put.ok() ? ExitCode::kOk : context.output.Fail(put);
}

ExitCode MpiModelActivate(const Context& context, const MpiOptions& options) {
  exchange::v1::ActivateModelRequest request;
  request.set_hash(options.hash);
  request.set_reason(options.reason);
  if (!options.expected.empty()) request.set_expected_active(options.expected);
  auto session = context.SignIn();
  if (!session.ok()) return context.output.Fail(session.status());
  const auto activated = (*session)->Call<IdentityService::ActivateModel>(request);
  if (!activated.ok()) return context.output.Fail(activated.status());
  context.output.Json(*activated);
  context.output.Line(absl::StrCat(
      "active: ", activated->active_hash().empty() ? "the shipped model" : activated->active_hash(),
      "; nothing is linked anew by it"));
  return ExitCode::kOk;
}

ExitCode MpiModelRollBack(const Context& context, const MpiOptions& options) {
  exchange::v1::RollBackModelRequest request;
  request.set_reason(options.reason);
  request.set_expected_active(options.expected);
  auto session = context.SignIn();
  if (!session.ok()) return context.output.Fail(session.status());
  const auto rolled = (*session)->Call<IdentityService::RollBackModel>(request);
  if (!rolled.ok()) return context.output.Fail(rolled.status());
  context.output.Json(*rolled);
  context.output.Line(absl::StrCat(
      "active: ", rolled->active_hash().empty() ? "the shipped model" : rolled->active_hash()));
  return ExitCode::kOk;
}

ExitCode MpiModelTrain(const Context& context, const MpiOptions& options) {
  exchange::v1::StartRunRequest start;
  start.mutable_train()->set_learn_matches(options.learn);
  start.mutable_train()->set_seed(options.seed);
  start.mutable_train()->set_records_max(options.records_max);
  const auto result = Run(context, start);
  if (!result.ok()) return context.output.Fail(result.status());
  Print(context, TrainLines(result->train()));
  return ExitCode::kOk;
}

ExitCode MpiModelSimulate(const Context& context, const MpiOptions& options) {
  exchange::v1::StartRunRequest start;
  start.mutable_simulate()->set_hash(options.hash);
  start.mutable_simulate()->set_seed(options.seed);
  start.mutable_simulate()->set_records_max(options.records_max);
  start.mutable_simulate()->set_examples_max(options.shown_max);
  const auto result = Run(context, start);
  if (!result.ok()) return context.output.Fail(result.status());
  Print(context, SimulateLines(result->simulate()));
  return ExitCode::kOk;
}

ExitCode MpiScrub(const Context& context, const MpiOptions& options) {
  exchange::v1::StartRunRequest start;
  start.mutable_scrub()->set_findings_max(options.shown_max);
  const auto result = Run(context, start);
  if (!result.ok()) return context.output.Fail(result.status());
  Print(context, ScrubLines(result->scrub()));
  return result->scrub().faults().empty() ? ExitCode::kOk : ExitCode::kCheckFailed;
}

ExitCode MpiMonitor(const Context& context, const MpiOptions& options) {
  exchange::v1::GetMonitorsRequest request;
  request.set_seed(options.seed);
  request.set_records_max(static_cast<uint32_t>(options.records_max));
  auto session = context.SignIn();
  if (!session.ok()) return context.output.Fail(session.status());
  const auto got = (*session)->Call<IdentityService::GetMonitors>(request);
  if (!got.ok()) return context.output.Fail(got.status());
  context.output.Json(*got);
  Print(context, MonitorLines(got->monitors()));
  context.output.Line(
      "levels that differ from the model's by a factor of two, and missing fields:");
  context.output.Table(MonitorRows(got->monitors()));
  return ExitCode::kOk;
}

}  // namespace hie::ctl

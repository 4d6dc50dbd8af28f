#include "services/hiectl/commands/load_commands.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "hie/exchange/v1/patient_load_service.methods.h"
#include "mpi/store/derived_eid.h"
#include "mpi/store/link_hash.h"
#include "services/common/base/status_macros.h"
#include "services/hiectl/commands/patient_loader.h"
#include "services/hiectl/commands/render.h"
#include "services/hiectl/commands/store_commands.h"
#include "services/hiectl/matching/csv.h"

namespace hie::ctl {
namespace {

using exchange::v1::PatientLoadService;

// How often progress is drawn.
constexpr absl::Duration kDrawPeriod = absl::Milliseconds(200);

matching::Voice VoiceOf(const Context& context) {
  Output& output = context.output;
  return {[&output](absl::string_view text) { output.Note(text); }, nullptr};
}

// The same file of the same member is the same load, so that the same command goes on with it.
std::string LoadIdOf(const PatientInput& input, const std::string& member) {
  return mpi::DerivedEid(input.changed_millis(), absl::StrCat(member, "/", input.sha256()), 0, 0);
}

// Draws lines, rate and what is left; the rate is that of this run.
class Meter {
 public:
  Meter(const Context& context, uint64_t lines)
      : context_(context), lines_(lines), started_(context.clock.Now()) {}

  void Resumed(uint64_t line) {
    if (first_ == kNone) first_ = line;
    if (line > 0) context_.output.Note(absl::StrCat("going on after record ", line));
  }
  void Moved(uint64_t line) {
    const absl::Time now = context_.clock.Now();
    if (line < lines_ && now < drawn_ + kDrawPeriod) return;
    drawn_ = now;
    const double rate = Rate(line);
    const absl::Duration left =
        rate > 0 ? absl::Seconds(static_cast<double>(lines_ - line) / rate) : absl::ZeroDuration();
    context_.output.Progress(
        absl::StrFormat("records loaded, %6.0f/s, %8s left", rate,
                        absl::FormatDuration(absl::Trunc(left, absl::Seconds(1)))),
        line, lines_);
  }
  double Rate(uint64_t line) const {
    const double seconds = absl::ToDoubleSeconds(context_.clock.Now() - started_);
    const uint64_t from = first_ == kNone ? 0 : first_;
    return seconds > 0 && line > from ? static_cast<double>(line - from) / seconds : 0;
  }

 private:
  static constexpr uint64_t kNone = ~uint64_t{0};

  const Context& context_;
  const uint64_t lines_;
  const absl::Time started_;
  absl::Time drawn_ = absl::InfinitePast();
  uint64_t first_ = kNone;
};

absl::StatusOr<std::vector<mpi::v1::LineProblem>> ListRejects(Session& session,
                                                              const std::string& load_id) {
  std::vector<mpi::v1::LineProblem> problems;
  exchange::v1::ListPatientLoadRejectsRequest request;
  request.set_load_id(load_id);
  request.set_limit(1000);
  while (true) {
    HIE_ASSIGN_OR_RETURN(const auto page,
                         session.Call<PatientLoadService::ListPatientLoadRejects>(request));
    problems.insert(problems.end(), page.problems().begin(), page.problems().end());
    if (page.problems_size() < 1000) return problems;
    request.set_after_line(problems.back().line_number());
  }
}

// Rejects are known by record; people look for lines of a file.
std::string RejectFile(const std::vector<mpi::v1::LineProblem>& problems, PatientInput& input) {
  std::string text = "record,line,field,reason\n";
  input.Rewind();
  exchange::v1::PatientLine line;
  uint64_t record = 0;
  for (const mpi::v1::LineProblem& problem : problems) {
    while (record < problem.line_number() && input.Next(line)) ++record;
    absl::StrAppend(&text, problem.line_number(), ",", input.file_line(), ",");
    matching::AppendCsvCell(problem.field(), text);
    text += ',';
    matching::AppendCsvCell(problem.reason(), text);
    text += '\n';
  }
  return text;
}

void TellIssues(const Context& context, const PatientInput& input) {
  for (size_t kind = 0; kind < input.issues().size(); ++kind) {
    const uint64_t count = input.issues()[kind];
    if (count == 0) continue;
    context.output.Note(
        absl::StrCat(count, " x ", matching::IssueText(static_cast<matching::IssueKind>(kind))));
  }
}

void TellLoad(const Context& context, const mpi::v1::Load& load) {
  std::vector<std::vector<std::string>> rows = {{"outcome", "records"}};
  for (const mpi::v1::OutcomeCount& count : load.outcomes()) {
    rows.push_back({ShortName(mpi::v1::LinkOutcome_Name(count.outcome()), "LINK_OUTCOME_"),
                    absl::StrCat(count.lines())});
  }
  rows.push_back({"rejected", absl::StrCat(load.rejected())});
  context.output.Table(rows);
  context.output.Json(load);
}

absl::Status WriteRejects(Session& session, const MpiLoadOptions& options,
                          const std::string& load_id, PatientInput& input) {
  if (options.rejects.empty()) return absl::OkStatus();
  HIE_ASSIGN_OR_RETURN(const auto problems, ListRejects(session, load_id));
  return matching::WriteWholeFile(options.rejects, RejectFile(problems, input));
}

}  // namespace

ExitCode MpiLoad(const Context& context, const MpiLoadOptions& options) {
  if (options.input.authority.empty()) {
    return context.output.Fail(absl::InvalidArgumentError("--authority: want a domain's OID"));
  }
  if (const absl::Status writable =
          matching::CheckOutputs({options.rejects}, {options.input.path, options.input.columns});
      !writable.ok()) {
    return context.output.Fail(writable);
  }
  const auto input = PatientInput::Open(options.input, VoiceOf(context));
  if (!input.ok()) return context.output.Fail(input.status());
  const auto session = context.SignIn();
  if (!session.ok()) return context.output.Fail(session.status());
  const std::string load_id =
      options.load_id.empty() ? LoadIdOf(**input, (*session)->member()) : options.load_id;
  context.output.Note(absl::StrCat("load ", load_id, ": ", (*input)->lines(), " records, input ",
                                   absl::BytesToHexString((*input)->sha256())));
  Meter meter(context, (*input)->lines());
  PatientLoader::Options run;
  run.session = session->get();
  run.input = input->get();
  run.load_id = load_id;
  run.on_resumed = [&](uint64_t line) { meter.Resumed(line); };
  run.on_progress = [&](uint64_t line) { meter.Moved(line); };
  run.on_broken = [&](const absl::Status& status) {
    context.output.Note(absl::StrCat("broken off: ", status.message(), "; trying again"));
  };
  const absl::StatusOr<mpi::v1::Load> load = PatientLoader(std::move(run)).Run();
  if (!load.ok()) {
    context.output.Note("The same command goes on where this one ended.");
    return context.output.Fail(load.status());
  }
  TellIssues(context, **input);
  if (const absl::Status told = WriteRejects(**session, options, load_id, **input); !told.ok()) {
    return context.output.Fail(told);
  }
  TellLoad(context, *load);
  context.output.Note(absl::StrFormat("%.0f records/s", meter.Rate(load->applied_line())));
  return load->rejected() == 0 ? ExitCode::kOk : ExitCode::kPartial;
}

ExitCode MpiLinkHash(const Context& context, const std::string& data_dir) {
  StoreOptions options;
  options.data_dir = data_dir;
  options.role = "mpi";
  const auto store = OpenStoppedStore(options);
  if (!store.ok()) return context.output.Fail(store.status());
  const auto hash = mpi::LinkHash(*(*store)->Snapshot());
  if (!hash.ok()) return context.output.Fail(hash.status());
  context.output.RawJson(absl::StrCat("{\"link_hash\":\"", *hash, "\"}"));
  context.output.Line(*hash);
  return ExitCode::kOk;
}

}  // namespace hie::ctl

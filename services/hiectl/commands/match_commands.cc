#include "services/hiectl/commands/match_commands.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/common/base/status_macros.h"
#include "services/common/json/writer.h"
#include "services/hiectl/matching/column_guess.h"
#include "services/hiectl/matching/explain_run.h"
#include "services/hiectl/matching/link_run.h"
#include "services/hiectl/matching/model_run.h"
#include "services/hiectl/matching/pair_run.h"

namespace hie::ctl {
namespace {

matching::RunOptions RunOptionsOf(const MatchOptions& options) {
  matching::RunOptions run;
  run.inputs = options.inputs;
  run.columns = options.columns;
  run.model = options.model;
  run.rules = options.rules;
  if (options.train) run.training = mpi::BatchTraining::kTrain;
  run.threads = options.threads;
  run.seed = options.seed;
  run.truth = options.truth;
  run.out = options.out;
  run.review = options.review;
  run.issues = options.issues;
  return run;
}

matching::Voice VoiceOf(const Context& context) {
  Output& output = context.output;
  return {[&output](absl::string_view text) { output.Note(text); },
          [&output](absl::string_view phase, uint64_t done, uint64_t all) {
            output.Progress(phase, done, all);
          }};
}

// What is not found here is a file: to look a person up would be no help.
ExitCode Fail(const Context& context, const absl::Status& status) {
  if (status.code() != absl::StatusCode::kNotFound) return context.output.Fail(status);
  context.output.Note(absl::StrCat("hiectl: ", status.message()));
  context.output.Note("Check the path and its permissions.");
  return ExitCodeFor(status);
}

// Prints a report in the form that was asked for.
template <typename Report>
ExitCode Tell(const Context& context, const absl::StatusOr<Report>& report) {
  if (!report.ok()) return Fail(context, report.status());
  context.output.RawJson(matching::ToJson(*report));
  context.output.Table(matching::ToRows(*report));
  return ExitCode::kOk;
}

absl::StatusOr<matching::Explanation> Explain(const Context& context, const MatchOptions& options) {
  const matching::RunOptions run = RunOptionsOf(options);
  const matching::Voice voice = VoiceOf(context);
  if (options.rows.size() == 2 && options.row == 0) {
    return matching::ExplainRows(run, options.rows[0], options.rows[1], voice);
  }
  if (options.rows.empty() && options.row > 0) {
    return matching::ExplainPair(run, options.row, voice);
  }
  return absl::InvalidArgumentError(
      "--row: want a row of a file of pairs, or --rows=I,J of records, from 1");
}

}  // namespace

const char kColumnFileHelp[] = R"(A column file is TOML: what a column holds = its name in the CSV.

  id = "rec_id"               # printed in the output, not matched by
  truth = "entity_id"         # never matched by
  family = "surname"          # several columns of one name: ["lname_1", "lname_2"]
  given = "first_name"
  birth_date = "dob"          # or birth_year, birth_month, birth_day
  sex = "gender"
  phone = ["home", "mobile"]
  house_number = "street_no"  # or all in street, or the whole address in address
  street = "street"
  postal_code = "zip"

  [identifier]                # kind: personal (one's own), shared (default), record (a source's)
  passport = { column = "pass_no", kind = "personal" }

  [extra]                     # anything else that is compared with its like, at most 8
  birth_place = "born_in"

  [format]
  birth_date = "dmy"          # ymd, dmy, mdy, excel, auto (default)
  list_separator = "|"        # several values in one cell
  phone_country = "49"        # of numbers that do not say theirs
  female = ["w"]              # beside f, female, 2; male beside m, male, 1
  missing = ["NA", "?"]       # beside NULL, NaN, None, N/A

  [pairs]                     # for `match pairs`: the names above stand without these
  left = "a_"
  right = "b_"

Keys: id truth ignore family given middle suffix previous_family alias full_name birth_date
birth_year birth_month birth_day sex ssn phone email street house_number street2 city state
postal_code country address mother_maiden multiple_birth birth_order; [previous_address] takes the
keys of an address; [format] also encoding = "latin-1" and multiple_birth = ["2"].
Leave out what the file does not have.)";

ExitCode MatchLink(const Context& context, const MatchOptions& options) {
  return Tell(context, matching::RunLink(RunOptionsOf(options), context.clock, VoiceOf(context)));
}

ExitCode MatchPairs(const Context& context, const MatchOptions& options) {
  return Tell(context, matching::RunPairs(RunOptionsOf(options), options.match_values,
                                          context.clock, VoiceOf(context)));
}

ExitCode MatchTrain(const Context& context, const MatchOptions& options) {
  return Tell(context, matching::RunTrain(RunOptionsOf(options), context.clock, VoiceOf(context)));
}

ExitCode MatchMonitor(const Context& context, const MatchOptions& options) {
  const auto report = matching::RunMonitor(
      RunOptionsOf(options),
      options.show_values ? matching::ShownValues::kShown : matching::ShownValues::kHidden,
      VoiceOf(context));
  const ExitCode code = Tell(context, report);
  if (code == ExitCode::kOk && !report->non_values.empty()) {
    context.output.Line("");
    context.output.Table(matching::ValueRows(*report));
  }
  return code;
}

ExitCode MatchExplain(const Context& context, const MatchOptions& options) {
  const absl::Status writable = matching::CheckOutputs({options.svg}, options.inputs);
  if (!writable.ok()) return Fail(context, writable);
  const auto explanation = Explain(context, options);
  const ExitCode code = Tell(context, explanation);
  if (code != ExitCode::kOk || options.svg.empty()) return code;
  const absl::Status drawn = matching::WriteWholeFile(
      options.svg, matching::DrawWaterfall(matching::ToWaterfall(*explanation)));
  return drawn.ok() ? ExitCode::kOk : Fail(context, drawn);
}

ExitCode MatchColumns(const Context& context, const MatchOptions& options) {
  std::string path = options.inputs.empty() ? "" : options.inputs[0];
  const auto csv = matching::CsvFile::Open(path);
  if (!csv.ok()) return Fail(context, csv.status());
  const std::string proposal = matching::ProposeColumns(*csv);
  std::string quoted;
  json::AppendString(proposal, quoted);
  context.output.RawJson(absl::StrCat("{\"columns\":", quoted, "}"));
  for (const absl::string_view line : absl::StrSplit(proposal, '\n')) context.output.Line(line);
  return ExitCode::kOk;
}

}  // namespace hie::ctl

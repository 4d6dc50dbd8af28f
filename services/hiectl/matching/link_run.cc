#include "services/hiectl/matching/link_run.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "mpi/score/veto.h"
#include "services/common/base/status_macros.h"
#include "services/hiectl/matching/csv.h"

namespace hie::ctl::matching {
namespace {

std::string ColumnsOf(const RunOptions& options, size_t input) {
  if (options.columns.empty()) return "";
  return options.columns[std::min(input, options.columns.size() - 1)];
}

absl::Status CheckInputs(const RunOptions& options, const Voice& voice) {
  if (options.inputs.empty() || options.inputs.size() > 2) {
    return absl::InvalidArgumentError("--in: want one file, or two to link across");
  }
  if (options.inputs.size() == 2 && options.inputs[0] == options.inputs[1]) {
    voice.note(
        absl::StrCat(options.inputs[0], ": linked with itself; one --in finds who is in it twice"));
  }
  if (options.columns.size() > options.inputs.size()) {
    return absl::InvalidArgumentError("--columns: want at most one for each --in");
  }
  return absl::OkStatus();
}

// Reads input `index` and adds its rows.
absl::Status AddInput(const RunOptions& options, size_t index, const Voice& voice,
                      std::vector<std::string>& extras, LinkedInputs& linked) {
  HIE_ASSIGN_OR_RETURN(OpenInput input,
                       OpenWithColumns(options.inputs[index], ColumnsOf(options, index), voice));
  HIE_ASSIGN_OR_RETURN(Columns columns, FindColumns(input.columns, input.csv.header(), ""));
  const auto unused = UnusedColumns(input.columns, input.csv.header(), {""});
  if (!unused.empty() && !options.columns.empty()) {
    voice.note(absl::StrCat(input.csv.path(), ": not used: ", absl::StrJoin(unused, ", ")));
  }
  SettleFormat(input.csv, columns, voice);
  HIE_RETURN_IF_ERROR(AlignExtras(extras, columns));
  LoadOptions load;
  load.sides = {std::move(columns)};
  load.input = static_cast<uint8_t>(index);
  load.threads = options.threads;
  load.progress = voice.progress;
  if (!options.truth.empty()) {
    HIE_ASSIGN_OR_RETURN(load.truth, TruthColumn(input.csv, options.truth, load.sides));
  }
  RecordFile records = LoadRecords(input.csv, load);
  if (records.tables[0].size() == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(input.csv.path(), ": has a header and no records"));
  }
  linked.rows.push_back(records.tables[0].size());
  if (index == 0) {
    linked.table = std::move(records.tables[0]);
    linked.truths = std::move(records.truths);
  } else {
    linked.table.Append(std::move(records.tables[0]));
    linked.truths.Append(records.truths);
  }
  linked.ids.push_back(std::move(records.ids));
  linked.issues.insert(linked.issues.end(), records.issues.begin(), records.issues.end());
  linked.inputs.push_back(std::move(input));
  return absl::OkStatus();
}

std::string WriteClusters(const LinkedInputs& linked) {
  const bool two = linked.inputs.size() > 1;
  const bool truth = linked.truths.size() > 0;
  std::string text =
      absl::StrCat(two ? "input," : "", "row,id,cluster", truth ? ",truth" : "", "\n");
  for (size_t row = 0; row < linked.table.size(); ++row) {
    const auto [input, line] = linked.Place(row);
    if (two) absl::StrAppend(&text, input + 1, ",");
    absl::StrAppend(&text, line + 1, ",");
    AppendCsvCell(linked.Id(row), text);
    absl::StrAppend(&text, ",", linked.result.cluster[row]);
    if (truth) {
      text += ',';
      AppendCsvCell(linked.truths.at(row), text);
    }
    text += '\n';
  }
  return text;
}

std::string VetoNames(mpi::VetoSet vetoes) {
  std::vector<absl::string_view> names;
  for (const mpi::Veto veto : mpi::ListVetoes(vetoes)) names.push_back(mpi::VetoName(veto));
  return absl::StrJoin(names, " ");
}

std::string WriteTasks(const LinkedInputs& linked) {
  const bool two = linked.inputs.size() > 1;
  std::string text = two ? "input_a,row_a,id_a,input_b,row_b,id_b,weight_bits,vetoes,reason\n"
                         : "row_a,id_a,row_b,id_b,weight_bits,vetoes,reason\n";
  for (const mpi::ReviewTask& task : linked.result.queue) {
    for (const uint32_t row : {task.a, task.b}) {
      const auto [input, line] = linked.Place(row);
      if (two) absl::StrAppend(&text, input + 1, ",");
      absl::StrAppend(&text, line + 1, ",");
      AppendCsvCell(linked.Id(row), text);
      text += ',';
    }
    const char* reason = task.vetoes != 0 ? "veto" : task.ambiguous ? "second_fits" : "weight";
    absl::StrAppend(&text, Fixed(task.weight / 1000.0, 3), ",", VetoNames(task.vetoes), ",", reason,
                    "\n");
  }
  return text;
}

PairCounts ScoreClusters(const LinkedInputs& linked) {
  std::vector<uint8_t> inputs(linked.table.size());
  for (size_t row = 0; row < inputs.size(); ++row) inputs[row] = linked.table.source(row);
  return CountPairs(linked.result.cluster, NumberTruths(linked.truths), inputs,
                    linked.inputs.size() > 1 ? PairScope::kAcrossInputs : PairScope::kAll);
}

absl::Status WriteResults(const RunOptions& options, const LinkedInputs& linked,
                          const Voice& voice) {
  if (!options.out.empty()) {
    HIE_RETURN_IF_ERROR(WriteWholeFile(options.out, WriteClusters(linked)));
  }
  if (!options.review.empty()) {
    HIE_RETURN_IF_ERROR(WriteWholeFile(options.review, WriteTasks(linked)));
  }
  std::vector<const CsvFile*> inputs;
  for (const OpenInput& input : linked.inputs) inputs.push_back(&input.csv);
  return TellIssues(linked.issues, inputs, options.issues, voice);
}

}  // namespace

absl::string_view LinkedInputs::Id(size_t row) const {
  const auto [input, line] = Place(row);
  return line < ids[input].size() ? ids[input].at(line) : absl::string_view();
}

absl::StatusOr<LinkedInputs> ReadAndLink(const RunOptions& options, const Voice& voice) {
  HIE_RETURN_IF_ERROR(CheckInputs(options, voice));
  HIE_RETURN_IF_ERROR(CheckOutputs({options.out, options.review, options.issues}, options.inputs));
  HIE_ASSIGN_OR_RETURN(GivenModel given, OpenModel(options.model));
  LinkedInputs linked;
  std::vector<std::string> extras = ExtraNames(given.model);
  for (size_t i = 0; i < options.inputs.size(); ++i) {
    HIE_RETURN_IF_ERROR(AddInput(options, i, voice, extras, linked));
  }
  NameExtras(extras, given.model);
  linked.model_sha256 = given.sha256;
  mpi::BatchOptions batch;
  batch.scope = linked.inputs.size() > 1 ? mpi::BatchScope::kAcross : mpi::BatchScope::kDedupe;
  batch.training = options.training;
  batch.threads = options.threads;
  batch.seed = options.seed;
  batch.progress = voice.progress;
  HIE_ASSIGN_OR_RETURN(linked.result, mpi::LinkBatch(linked.table, given.model, batch));
  return linked;
}

absl::StatusOr<LinkReport> RunLink(const RunOptions& options, const Clock& clock,
                                   const Voice& voice) {
  const absl::Time start = clock.Now();
  HIE_ASSIGN_OR_RETURN(const LinkedInputs linked, ReadAndLink(options, voice));
  HIE_RETURN_IF_ERROR(WriteResults(options, linked, voice));
  LinkReport report;
  if (!options.truth.empty()) report.score = ScoreClusters(linked);
  report.clusters = linked.result.cluster_count;
  report.queue = linked.result.queue.size();
  report.pairs_compared = linked.result.pairs_compared;
  report.degraded = linked.result.degraded;
  report.facts.records = linked.table.size();
  report.facts.memory_per_record_bytes =
      static_cast<double>(linked.table.bytes()) /
      static_cast<double>(std::max<size_t>(linked.table.size(), 1));
  report.facts.model_name = linked.result.model.name;
  report.facts.model_sha256 =
      linked.result.training.trained ? ModelHash(linked.result.model) : linked.model_sha256;
  report.facts.seed = options.seed;
  report.facts.threads = options.threads;
  report.facts.issues = linked.issues.size();
  report.facts.training = linked.result.training;
  report.facts.seconds = absl::ToDoubleSeconds(clock.Now() - start);
  report.facts.peak_rss_mb = PeakRssMb();
  return report;
}

}  // namespace hie::ctl::matching

#include "services/hiectl/matching/pair_run.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "mpi/score/veto.h"
#include "services/common/base/status_macros.h"
#include "services/hiectl/matching/combination_file.h"
#include "services/hiectl/matching/csv.h"

namespace hie::ctl::matching {
namespace {

std::string WritePairs(const ScoredPairs& scored) {
  const bool truth = scored.truths.size() > 0;
  std::string text = absl::StrCat("row,id,outcome,weight_bits,vetoes", truth ? ",truth" : "");
  const auto& pairs = scored.result.pairs;
  for (size_t row = 0; row < pairs.size(); ++row) {
    const auto parts = mpi::Explain(pairs[row].agreement, scored.result.model);
    if (row == 0) {
      for (const mpi::FieldPart& part : parts) {
        absl::StrAppend(&text, ",", part.field, "_level,", part.field, "_weight");
      }
      text += ",rule\n";
    }
    std::vector<absl::string_view> vetoes;
    for (const mpi::Veto veto : mpi::ListVetoes(pairs[row].score.vetoes)) {
      vetoes.push_back(mpi::VetoName(veto));
    }
    absl::StrAppend(&text, row + 1, ",");
    if (scored.ids.size() > 0) AppendCsvCell(scored.ids.at(row), text);
    absl::StrAppend(&text, ",", VerdictName(VerdictOf(pairs[row].outcome)), ",",
                    Fixed(pairs[row].score.weight() / 1000.0, 3), ",", absl::StrJoin(vetoes, " "));
    if (truth) {
      text += ',';
      AppendCsvCell(scored.truths.at(row), text);
    }
    for (const mpi::FieldPart& part : parts) {
      absl::StrAppend(&text, ",", part.level, ",", Fixed(part.weight / 1000.0, 3));
    }
    const auto rules = mpi::FindCombinations(pairs[row].agreement, scored.rules);
    absl::StrAppend(&text, ",", absl::StrJoin(rules, "|"), "\n");
  }
  return text;
}

void ScoreOutcomes(const ScoredPairs& scored, const std::vector<std::string>& match_values,
                   PairsReport& report) {
  std::vector<JudgedPair> judged;
  for (size_t row = 0; row < scored.result.pairs.size(); ++row) {
    const auto& pair = scored.result.pairs[row];
    const auto expected = ReadVerdict(scored.truths.at(row), match_values);
    if (!expected) {
      ++report.unlabelled;
      continue;
    }
    judged.push_back(
        {*expected, VerdictOf(pair.outcome), pair.score.weight(), pair.score.vetoes != 0});
  }
  constexpr double kOnePercent = 0.01;
  report.score = CountVerdicts(judged);
  report.recall_at_one_percent_false = RecallAtFalseShare(std::move(judged), kOnePercent);
}

// A file without sides is the commonest mistake: say how they are named.
absl::StatusOr<Columns> FindSide(const OpenInput& input, const std::string& affix) {
  auto side = FindColumns(input.columns, input.csv.header(), affix);
  if (side.ok()) return side;
  return absl::Status(
      side.status().code(),
      absl::StrCat(side.status().message(),
                   "; the names of the sides begin (or, after _, end) with ", input.columns.left,
                   " and ", input.columns.right, ", unless [pairs] says another"));
}

void FillFacts(const RunOptions& options, const ScoredPairs& scored, RunFacts& facts) {
  facts.records = scored.left.size() + scored.right.size();
  const size_t bytes = scored.left.bytes() + scored.right.bytes();
  facts.memory_per_record_bytes =
      static_cast<double>(bytes) / static_cast<double>(std::max<uint64_t>(facts.records, 1));
  facts.model_name = scored.result.model.name;
  facts.model_sha256 =
      scored.result.training.trained ? ModelHash(scored.result.model) : scored.model_sha256;
  facts.seed = options.seed;
  facts.threads = options.threads;
  facts.issues = scored.issues.size();
  facts.training = scored.result.training;
}

}  // namespace

Verdict VerdictOf(mpi::Outcome outcome) {
  switch (outcome) {
    case mpi::Outcome::kLink:
      return Verdict::kLink;
    case mpi::Outcome::kReview:
      return Verdict::kReview;
    case mpi::Outcome::kNew:
      break;
  }
  return Verdict::kNo;
}

absl::StatusOr<ScoredPairs> ReadAndScore(const RunOptions& options, const Voice& voice) {
  if (options.inputs.size() != 1 || options.columns.size() > 1) {
    return absl::InvalidArgumentError("--in: want one file of pairs, with one --columns");
  }
  HIE_ASSIGN_OR_RETURN(mpi::CombinationRules rules, OpenCombinations(options.rules, voice));
  const std::string columns_path = options.columns.empty() ? "" : options.columns[0];
  HIE_RETURN_IF_ERROR(CheckOutputs({options.out, options.issues}, options.inputs));
  HIE_ASSIGN_OR_RETURN(GivenModel given, OpenModel(options.model));
  std::vector<std::string> extras = ExtraNames(given.model);
  HIE_ASSIGN_OR_RETURN(OpenInput input, OpenWithColumns(options.inputs[0], columns_path, voice));
  LoadOptions load;
  for (const std::string& affix : {input.columns.left, input.columns.right}) {
    HIE_ASSIGN_OR_RETURN(Columns side, FindSide(input, affix));
    HIE_RETURN_IF_ERROR(AlignExtras(extras, side));
    load.sides.push_back(std::move(side));
  }
  NameExtras(extras, given.model);
  // Both sides were written by one hand.
  SettleFormat(input.csv, load.sides[0], voice);
  load.sides[1].format = load.sides[0].format;
  const auto unused =
      UnusedColumns(input.columns, input.csv.header(), {input.columns.left, input.columns.right});
  if (!unused.empty() && !options.columns.empty()) {
    voice.note(absl::StrCat(input.csv.path(), ": not used: ", absl::StrJoin(unused, ", ")));
  }
  if (!options.truth.empty()) {
    HIE_ASSIGN_OR_RETURN(load.truth, TruthColumn(input.csv, options.truth, load.sides));
  }
  load.threads = options.threads;
  load.progress = voice.progress;
  RecordFile records = LoadRecords(input.csv, load);
  if (records.tables[0].size() == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(input.csv.path(), ": has a header and no pairs"));
  }
  mpi::BatchOptions batch;
  batch.training = options.training;
  batch.threads = options.threads;
  batch.seed = options.seed;
  batch.progress = voice.progress;
  ScoredPairs scored{std::move(input),
                     std::move(records.tables[0]),
                     std::move(records.tables[1]),
                     std::move(records.ids),
                     std::move(records.truths),
                     std::move(records.issues),
                     given.sha256,
                     {}};
  scored.rules = std::move(rules);
  HIE_ASSIGN_OR_RETURN(scored.result,
                       mpi::ScorePairs(scored.left, scored.right, given.model, batch));
  return scored;
}

absl::StatusOr<PairsReport> RunPairs(const RunOptions& options,
                                     const std::vector<std::string>& match_values,
                                     const Clock& clock, const Voice& voice) {
  const absl::Time start = clock.Now();
  HIE_ASSIGN_OR_RETURN(const ScoredPairs scored, ReadAndScore(options, voice));
  if (!options.out.empty()) {
    HIE_RETURN_IF_ERROR(WriteWholeFile(options.out, WritePairs(scored)));
  }
  HIE_RETURN_IF_ERROR(TellIssues(scored.issues, {&scored.input.csv}, options.issues, voice));
  PairsReport report;
  report.pairs = scored.result.pairs.size();
  report.rules_version = scored.rules.version;
  for (const auto& pair : scored.result.pairs) {
    const auto outcome = static_cast<size_t>(VerdictOf(pair.outcome));
    ++report.outcomes.counts[static_cast<size_t>(Verdict::kNo)][outcome];
    if (!mpi::FindCombinations(pair.agreement, scored.rules).empty()) ++report.pairs_with_rule;
  }
  if (!options.truth.empty()) ScoreOutcomes(scored, match_values, report);
  if (report.unlabelled > 0) {
    voice.note(absl::StrCat(report.unlabelled,
                            " pairs are left out of the score: their truth is "
                            "empty or says nothing known; --match-values names the matches"));
  }
  FillFacts(options, scored, report.facts);
  report.facts.seconds = absl::ToDoubleSeconds(clock.Now() - start);
  report.facts.peak_rss_mb = PeakRssMb();
  return report;
}

}  // namespace hie::ctl::matching

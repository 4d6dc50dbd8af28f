#include "services/hiectl/matching/explain_run.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "mpi/score/veto.h"
#include "services/common/base/status_macros.h"
#include "services/common/json/writer.h"
#include "services/hiectl/matching/combination_file.h"
#include "services/hiectl/matching/pair_run.h"

namespace hie::ctl::matching {
namespace {

constexpr double kBillion = 1e9;

std::string Bits(mpi::Millibits weight) { return absl::StrFormat("%+.3f", weight / 1000.0); }

// A chance in words: how many people share a value.
std::string Chance(uint32_t parts_per_billion) {
  if (parts_per_billion == 0) return "";
  const double one_in = kBillion / parts_per_billion;
  if (one_in < 100) return absl::StrFormat("1 in %.1f", one_in);
  std::string digits = absl::StrFormat("%.0f", one_in);
  for (size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return absl::StrCat("1 in ", digits);
}

Explanation Explain(const mpi::Agreement& agreement, const mpi::PairScore& score,
                    const mpi::Model& model, const mpi::CombinationRules& rules) {
  Explanation e;
  e.model_name = model.name;
  e.score = score;
  e.household_binds = score.household < score.stranger;
  e.prior = e.household_binds ? model.prior_household : model.prior_stranger;
  e.parts = mpi::Explain(agreement, model);
  e.thresholds = model.thresholds;
  for (const mpi::Veto veto : mpi::ListVetoes(score.vetoes)) {
    e.vetoes.emplace_back(mpi::VetoName(veto));
  }
  e.rules = mpi::FindCombinations(agreement, rules);
  e.rules_version = rules.version;
  return e;
}

absl::Status NoSuchRow(const std::string& path, size_t row, size_t rows) {
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": want a row from 1 to ", rows, ", not ", row));
}

}  // namespace

absl::StatusOr<Explanation> ExplainPair(const RunOptions& options, size_t row, const Voice& voice) {
  HIE_ASSIGN_OR_RETURN(const ScoredPairs scored, ReadAndScore(options, voice));
  const auto& pairs = scored.result.pairs;
  if (row < 1 || row > pairs.size()) return NoSuchRow(options.inputs[0], row, pairs.size());
  const auto& pair = pairs[row - 1];
  Explanation e = Explain(pair.agreement, pair.score, scored.result.model, scored.rules);
  e.title = absl::StrCat("Pair ", row);
  e.model_sha256 = scored.model_sha256;
  e.verdict = VerdictOf(pair.outcome);
  return e;
}

absl::StatusOr<Explanation> ExplainRows(const RunOptions& options, size_t a, size_t b,
                                        const Voice& voice) {
  HIE_ASSIGN_OR_RETURN(const mpi::CombinationRules rules, OpenCombinations(options.rules, voice));
  HIE_ASSIGN_OR_RETURN(const LinkedInputs linked, ReadAndLink(options, voice));
  const bool two = linked.inputs.size() > 1;
  if (a < 1 || a > linked.rows[0]) return NoSuchRow(options.inputs[0], a, linked.rows[0]);
  const size_t input = two ? 1 : 0;
  if (b < 1 || b > linked.rows[input]) {
    return NoSuchRow(options.inputs[input], b, linked.rows[input]);
  }
  const size_t left = a - 1;
  const size_t right = two ? linked.rows[0] + b - 1 : b - 1;
  const mpi::Model& model = linked.result.model;
  const mpi::Agreement agreement =
      mpi::Compare(linked.table.record(left), linked.table.record(right));
  const mpi::PairScore score = mpi::Score(agreement, model);
  Explanation e = Explain(agreement, score, model, rules);
  e.title = absl::StrCat("Row ", a, " against row ", b, two ? " of the second input" : "");
  e.model_sha256 = linked.model_sha256;
  if (score.weight() >= model.thresholds.review) e.verdict = Verdict::kReview;
  if (score.weight() >= model.thresholds.link && score.vetoes == 0) e.verdict = Verdict::kLink;
  e.remark = linked.result.cluster[left] == linked.result.cluster[right]
                 ? "both are in one cluster"
                 : "they are in different clusters";
  return e;
}

std::string ToJson(const Explanation& e) {
  json::Writer writer;
  writer.BeginObject();
  writer.Key("verdict").String(VerdictName(e.verdict));
  writer.Text("remark", e.remark);
  writer.Key("weight_millibits").Integer(e.score.weight());
  writer.Key("stranger_millibits").Integer(e.score.stranger);
  writer.Key("household_millibits").Integer(e.score.household);
  writer.Key("binding_alternative").String(e.household_binds ? "household" : "stranger");
  writer.Key("prior_millibits").Integer(e.prior);
  writer.Key("link_millibits").Integer(e.thresholds.link);
  writer.Key("review_millibits").Integer(e.thresholds.review);
  writer.Key("vetoes").BeginArray();
  for (const std::string& veto : e.vetoes) writer.String(veto);
  writer.EndArray();
  writer.Key("rules").BeginArray();
  for (const std::string& rule : e.rules) writer.String(rule);
  writer.EndArray();
  writer.Key("rules_version").String(e.rules_version);
  writer.Key("fields").BeginArray();
  for (const mpi::FieldPart& part : e.parts) {
    writer.BeginObject();
    writer.Key("field").String(part.field);
    writer.Key("level").String(part.level);
    writer.Key("weight_millibits").Integer(part.weight);
    writer.Key("stranger_millibits").Integer(part.stranger);
    writer.Key("household_millibits").Integer(part.household);
    writer.Key("value_chance_per_billion").Integer(part.value_chance);
    writer.EndObject();
  }
  writer.EndArray();
  writer.Key("model").BeginObject();
  writer.Key("name").String(e.model_name);
  writer.Key("sha256").String(e.model_sha256);
  writer.EndObject();
  writer.EndObject();
  return std::move(writer).Take();
}

std::vector<std::vector<std::string>> ToRows(const Explanation& e) {
  std::vector<std::vector<std::string>> rows = {
      {"field", "level", "weight", "against a stranger", "against a household member", "value"}};
  for (const mpi::FieldPart& part : e.parts) {
    rows.push_back({part.field, std::string(part.level), Bits(part.weight), Bits(part.stranger),
                    Bits(part.household), Chance(part.value_chance)});
  }
  const char* binds = e.household_binds ? "a household member binds" : "a stranger binds";
  rows.push_back({"prior", "", Bits(e.prior), "", "", ""});
  rows.push_back(
      {"sum", binds, Bits(e.score.weight()), Bits(e.score.stranger), Bits(e.score.household), ""});
  rows.push_back({"link at", "", Bits(e.thresholds.link), "", "", ""});
  rows.push_back({"review at", "", Bits(e.thresholds.review), "", "", ""});
  rows.push_back(
      {"vetoes", e.vetoes.empty() ? "none" : absl::StrJoin(e.vetoes, " "), "", "", "", ""});
  rows.push_back({"rules", e.rules.empty() ? "none" : absl::StrJoin(e.rules, " "), "", "", "",
                  e.rules_version});
  rows.push_back({"verdict", std::string(VerdictName(e.verdict)), "", "", "", e.remark});
  return rows;
}

Waterfall ToWaterfall(const Explanation& e) {
  Waterfall waterfall;
  waterfall.title = e.title;
  waterfall.subtitle =
      absl::StrCat("model ", e.model_name, "; held against ",
                   e.household_binds ? "two members of one household" : "two strangers",
                   e.remark.empty() ? "" : absl::StrCat("; ", e.remark));
  waterfall.prior = e.prior;
  for (const mpi::FieldPart& part : e.parts) {
    // What neither record or only one has is no step; thirteen empty rows would hide the others.
    if (part.level == "missing" && part.weight == 0) continue;
    waterfall.steps.push_back(
        {part.field, std::string(part.level), Chance(part.value_chance), part.weight});
  }
  waterfall.thresholds = {{"review", e.thresholds.review}, {"link", e.thresholds.link}};
  waterfall.verdict = std::string(VerdictName(e.verdict));
  waterfall.vetoes = e.vetoes;
  return waterfall;
}

}  // namespace hie::ctl::matching

#include "services/hiectl/matching/run_report.h"

#include <fstream>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"

namespace hie::ctl::matching {
namespace {

double Share(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

void WriteNumber(json::Writer& writer, absl::string_view key, double value, int digits = 6) {
  writer.Key(key).Number(Fixed(value, digits));
}

void WriteCount(json::Writer& writer, absl::string_view key, uint64_t value) {
  writer.Key(key).Integer(static_cast<int64_t>(value));
}

// precision, recall, f1: null where there is no truth.
template <typename Score>
void WriteScore(json::Writer& writer, const std::optional<Score>& score) {
  if (score) {
    WriteNumber(writer, "precision", score->precision());
    WriteNumber(writer, "recall", score->recall());
    WriteNumber(writer, "f1", score->f1());
    return;
  }
  for (const char* key : {"precision", "recall", "f1"}) writer.Key(key).Null();
}

void WriteFacts(json::Writer& writer, const RunFacts& facts) {
  WriteNumber(writer, "seconds", facts.seconds, 3);
  WriteNumber(writer, "peak_rss_mb", facts.peak_rss_mb, 1);
  WriteCount(writer, "records", facts.records);
  WriteNumber(writer, "memory_per_record_bytes", facts.memory_per_record_bytes, 1);
  writer.Key("model").BeginObject();
  writer.Key("name").String(facts.model_name);
  writer.Key("sha256").String(facts.model_sha256);
  writer.EndObject();
  WriteCount(writer, "seed", facts.seed);
  WriteCount(writer, "threads", facts.threads);
  WriteCount(writer, "issues", facts.issues);
  writer.Key("training");
  WriteTraining(facts.training, writer);
}

void AddFacts(const RunFacts& facts, std::vector<std::vector<std::string>>& rows) {
  rows.push_back({"model", absl::StrCat(facts.model_name, " ", facts.model_sha256.substr(0, 12))});
  rows.push_back({"seed, threads", absl::StrCat(facts.seed, ", ", facts.threads)});
  rows.push_back({"seconds", Fixed(facts.seconds, 3)});
  rows.push_back({"peak memory",
                  absl::StrCat(Fixed(facts.peak_rss_mb, 1), " MiB; ",
                               Fixed(facts.memory_per_record_bytes, 0), " bytes a packed record")});
  rows.push_back({"issues", absl::StrCat(facts.issues)});
  for (auto& row : TrainingRows(facts.training)) rows.push_back(std::move(row));
}

}  // namespace

std::string Fixed(double value, int digits) { return absl::StrFormat("%.*f", digits, value); }

// Not getrusage: what it says begins with the memory of the process that started this one.
double PeakRssMb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    absl::string_view text = line;
    if (!absl::ConsumePrefix(&text, "VmHWM:") || !absl::ConsumeSuffix(&text, "kB")) continue;
    double kib = 0;
    return absl::SimpleAtod(absl::StripAsciiWhitespace(text), &kib) ? kib / 1024.0 : 0;
  }
  return 0;
}

double LinkReport::queue_share() const { return Share(queue, facts.records); }

double PairsReport::queue_share() const { return Share(outcomes.outcome(Verdict::kReview), pairs); }

void WriteTraining(const mpi::TrainingReport& training, json::Writer& writer) {
  if (!training.trained) {
    writer.Null();
    return;
  }
  writer.BeginObject();
  WriteCount(writer, "records", training.records);
  WriteCount(writer, "blocked_pairs", training.blocked_pairs);
  WriteCount(writer, "random_pairs", training.random_pairs);
  writer.Key("iterations").Integer(training.iterations);
  WriteNumber(writer, "expected_matches", training.expected_matches, 1);
  WriteNumber(writer, "expected_pair_recall", training.expected_pair_recall);
  writer.Key("warnings").BeginArray();
  for (const std::string& warning : training.warnings) writer.String(warning);
  writer.EndArray();
  writer.EndObject();
}

std::vector<std::vector<std::string>> TrainingRows(const mpi::TrainingReport& training) {
  if (!training.trained) return {};
  std::vector<std::vector<std::string>> rows = {
      {"trained on",
       absl::StrCat(training.records, " records, ", training.blocked_pairs, " blocked and ",
                    training.random_pairs, " random pairs, ", training.iterations, " rounds")},
      {"expected matches", Fixed(training.expected_matches, 1)},
      {"expected pair recall of the keys", Fixed(training.expected_pair_recall, 4)}};
  for (const std::string& warning : training.warnings) rows.push_back({"warning", warning});
  return rows;
}

std::string ToJson(const LinkReport& report) {
  json::Writer writer;
  writer.BeginObject();
  WriteScore(writer, report.score);
  WriteNumber(writer, "queue_share", report.queue_share());
  WriteCount(writer, "pairs_compared", report.pairs_compared);
  WriteCount(writer, "clusters", report.clusters);
  WriteCount(writer, "queue", report.queue);
  if (report.score) {
    WriteCount(writer, "linked_pairs", report.score->linked);
    WriteCount(writer, "expected_pairs", report.score->expected);
    WriteCount(writer, "wrong_pairs", report.score->wrong());
    WriteCount(writer, "missed_pairs", report.score->missed());
    WriteCount(writer, "unlabelled_records", report.score->unlabelled);
  }
  writer.Key("degraded").BeginArray();
  for (const mpi::DegradedKey& key : report.degraded) {
    writer.BeginObject();
    writer.Key("key").String(mpi::KeyTypeName(key.type));
    WriteCount(writer, "blocks", key.blocks);
    WriteCount(writer, "pairs_skipped", key.pairs_skipped);
    writer.EndObject();
  }
  writer.EndArray();
  WriteFacts(writer, report.facts);
  writer.EndObject();
  return std::move(writer).Take();
}

std::string ToJson(const PairsReport& report) {
  json::Writer writer;
  writer.BeginObject();
  WriteScore(writer, report.score);
  WriteNumber(writer, "queue_share", report.queue_share());
  WriteCount(writer, "pairs_compared", report.pairs);
  for (const Verdict verdict : {Verdict::kLink, Verdict::kReview, Verdict::kNo}) {
    WriteCount(writer, absl::StrCat("outcome_", VerdictName(verdict)),
               report.outcomes.outcome(verdict));
  }
  writer.Key("rules_version").String(report.rules_version);
  WriteCount(writer, "pairs_with_rule", report.pairs_with_rule);
  if (report.score) {
    WriteNumber(writer, "three_way_accuracy", report.score->accuracy());
    WriteNumber(writer, "false_match_share", report.score->false_match_share());
    WriteNumber(writer, "recall_at_one_percent_false", report.recall_at_one_percent_false);
    WriteCount(writer, "undecided_linked", report.score->of(Verdict::kReview, Verdict::kLink));
    WriteCount(writer, "unlabelled_pairs", report.unlabelled);
    // Expected verdict, then outcome.
    writer.Key("confusion").BeginObject();
    for (const Verdict expected : {Verdict::kLink, Verdict::kReview, Verdict::kNo}) {
      writer.Key(VerdictName(expected)).BeginObject();
      for (const Verdict outcome : {Verdict::kLink, Verdict::kReview, Verdict::kNo}) {
        WriteCount(writer, VerdictName(outcome), report.score->of(expected, outcome));
      }
      writer.EndObject();
    }
    writer.EndObject();
  } else {
    writer.Key("confusion").Null();
  }
  WriteFacts(writer, report.facts);
  writer.EndObject();
  return std::move(writer).Take();
}

std::vector<std::vector<std::string>> ToRows(const LinkReport& report) {
  std::vector<std::vector<std::string>> rows = {
      {"what", "value"},
      {"records", absl::StrCat(report.facts.records)},
      {"clusters", absl::StrCat(report.clusters)},
      {"review tasks",
       absl::StrCat(report.queue, ", ", Fixed(100 * report.queue_share(), 2), " % of records")},
      {"pairs compared", absl::StrCat(report.pairs_compared)}};
  if (report.score) {
    rows.push_back(
        {"precision", absl::StrCat(Fixed(report.score->precision(), 6), ", ", report.score->wrong(),
                                   " wrong of ", report.score->linked, " linked pairs")});
    rows.push_back(
        {"recall", absl::StrCat(Fixed(report.score->recall(), 6), ", ", report.score->missed(),
                                " missed of ", report.score->expected, " pairs")});
    rows.push_back({"f1", Fixed(report.score->f1(), 6)});
  }
  for (const mpi::DegradedKey& key : report.degraded) {
    rows.push_back({"degraded", absl::StrCat(mpi::KeyTypeName(key.type), ": ", key.blocks,
                                             " blocks, ", key.pairs_skipped, " pairs skipped")});
  }
  AddFacts(report.facts, rows);
  return rows;
}

std::vector<std::vector<std::string>> ToRows(const PairsReport& report) {
  std::vector<std::vector<std::string>> rows = {{"what", "value"},
                                                {"pairs", absl::StrCat(report.pairs)}};
  for (const Verdict verdict : {Verdict::kLink, Verdict::kReview, Verdict::kNo}) {
    rows.push_back(
        {std::string(VerdictName(verdict)), absl::StrCat(report.outcomes.outcome(verdict))});
  }
  rows.push_back({absl::StrCat("with a rule of ", report.rules_version),
                  absl::StrCat(report.pairs_with_rule)});
  if (report.score) {
    const PairTable& score = *report.score;
    rows.push_back({"precision", Fixed(score.precision(), 6)});
    rows.push_back({"recall", Fixed(score.recall(), 6)});
    rows.push_back({"f1", Fixed(score.f1(), 6)});
    rows.push_back({"non-matches linked", Fixed(score.false_match_share(), 6)});
    rows.push_back({"recall at 1 % of them", Fixed(report.recall_at_one_percent_false, 6)});
    rows.push_back({"three-way accuracy", Fixed(score.accuracy(), 6)});
    for (const Verdict expected : {Verdict::kLink, Verdict::kReview, Verdict::kNo}) {
      rows.push_back({absl::StrCat("expected ", VerdictName(expected)),
                      absl::StrCat(score.of(expected, Verdict::kLink), " link, ",
                                   score.of(expected, Verdict::kReview), " review, ",
                                   score.of(expected, Verdict::kNo), " no")});
    }
  }
  AddFacts(report.facts, rows);
  return rows;
}

}  // namespace hie::ctl::matching

#include "tests/bench/token_bench.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gateway/auth/token_test_client.h"

namespace hie::bench {
namespace {

using auth::testing::TokenStage;

constexpr size_t kTokens = 256;  // Of so many clients' sessions, in turn.
constexpr size_t kBatch = 256;   // Calls between two looks at the clock.

absl::StatusOr<std::vector<std::string>> MakeTokens(TokenStage& stage) {
  std::vector<std::string> tokens;
  for (size_t i = 0; i < kTokens; ++i) {
    const std::string token = stage.Token(stage.Try());
    if (token.empty()) return absl::InternalError("token: refused");
    tokens.push_back(absl::StrCat("Bearer ", token));
  }
  return tokens;
}

// Authenticates every token once.
absl::Status Recognise(const TokenStage& stage, const std::vector<std::string>& tokens,
                       size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const auto caller = stage.service->Authenticate(tokens[i % tokens.size()], "", "bench");
    if (!caller.ok()) return caller.status();
  }
  return absl::OkStatus();
}

// Each entry of the result's latencies is the mean of a batch.
absl::StatusOr<Load> Batches(const TokenStage& stage, const std::vector<std::string>& tokens,
                             absl::Duration time) {
  Load load;
  const absl::Time began = absl::Now();
  for (absl::Time now = began; now < began + time;) {
    const absl::Status status = Recognise(stage, tokens, kBatch);
    if (!status.ok()) return status;
    const absl::Time after = absl::Now();
    load.micros.push_back(absl::ToDoubleMicroseconds(after - now) / kBatch);
    now = after;
  }
  load.time = absl::Now() - began;
  return load;
}

std::vector<std::string> RowOf(const std::string& name, const std::vector<double>& micros,
                               const std::string& aim) {
  return {name, Digits(Percentile(micros, 0.50)), Digits(Percentile(micros, 0.99)), aim};
}

}  // namespace

absl::StatusOr<Report> MeasureTokens(const BenchOptions& options) {
  std::vector<double> known;
  std::vector<double> fresh;
  TokenStage stage;
  const absl::StatusOr<std::vector<std::string>> tokens = MakeTokens(stage);
  if (!tokens.ok()) return tokens.status();
  for (int round = 0; round < options.rounds; ++round) {
    stage.Restart();  // Forgets what it verified; its key stays.
    const absl::Time began = absl::Now();
    const absl::Status first = Recognise(stage, *tokens, kTokens);
    if (!first.ok()) return first;
    fresh.push_back(absl::ToDoubleMicroseconds(absl::Now() - began) / kTokens);
    absl::StatusOr<Load> load = Batches(stage, *tokens, options.slice);
    if (!load.ok()) return load.status();
    known.insert(known.end(), load->micros.begin(), load->micros.end());
  }
  Report report;
  report.title = "Access tokens, verified in process";
  report.columns = {"token", "p50, us/call", "p99, us/call", "aim"};
  report.rows = {RowOf("seen before", known, "<= 60 us"), RowOf("for the first time", fresh, "-")};
  report.notes = {absl::StrCat("One thread; means of ", kBatch, " calls. ES256 access tokens of ",
                               kTokens,
                               " grants in turn; directory, revocation, certificate and times are "
                               "looked at on every call.")};
  return report;
}

}  // namespace hie::bench

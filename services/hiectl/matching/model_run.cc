#include "services/hiectl/matching/model_run.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "mpi/score/model_file.h"
#include "services/common/base/status_macros.h"
#include "services/common/json/writer.h"
#include "services/hiectl/matching/csv.h"

namespace hie::ctl::matching {
namespace {

absl::Status Exists(const std::string& path) {
  return absl::AlreadyExistsError(
      absl::StrCat(path, ": exists, and model files never change; want a new name"));
}

// Creates the file or fails; whatever stands there stays.
absl::Status WriteNewFile(const std::string& path, absl::string_view text) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
  if (fd < 0) {
    return errno == EEXIST ? Exists(path)
                           : absl::NotFoundError(absl::StrCat(path, ": cannot be written"));
  }
  size_t written = 0;
  while (written < text.size()) {
    const ssize_t put = write(fd, text.data() + written, text.size() - written);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) break;
    written += static_cast<size_t>(put);
  }
  const bool closed = close(fd) == 0;
  if (written == text.size() && closed) return absl::OkStatus();
  unlink(path.c_str());
  return absl::NotFoundError(absl::StrCat(path, ": cannot be written"));
}

uint64_t MadeMatches(const mpi::BatchResult& result) {
  std::vector<uint64_t> sizes(result.cluster_count);
  for (const uint32_t cluster : result.cluster) ++sizes[cluster];
  uint64_t pairs = 0;
  for (const uint64_t size : sizes) pairs += size * (size - 1) / 2;
  return pairs;
}

// The cells of a row that a field of the model is read from.
std::string ExampleValue(const OpenInput& input, const std::string& field, size_t row) {
  const std::map<std::string, std::vector<FieldKey>> keys = {
      {"family", {FieldKey::kFamily, FieldKey::kFullName}},
      {"given", {FieldKey::kGiven, FieldKey::kFullName}},
      {"middle", {FieldKey::kMiddle}},
      {"birth_date",
       {FieldKey::kBirthDate, FieldKey::kBirthYear, FieldKey::kBirthMonth, FieldKey::kBirthDay}},
      {"ssn", {FieldKey::kSsn}},
      {"phone", {FieldKey::kPhone}},
      {"email", {FieldKey::kEmail}},
      {"address",
       {FieldKey::kAddress, FieldKey::kHouseNumber, FieldKey::kStreet, FieldKey::kPostalCode}},
      {"mother_maiden", {FieldKey::kMotherMaiden}}};
  std::vector<std::string> names;
  if (const auto found = keys.find(field); found != keys.end()) {
    for (const FieldKey key : found->second) {
      const auto& columns = input.columns.field(key).columns;
      names.insert(names.end(), columns.begin(), columns.end());
    }
  }
  for (const IdentifierEntry& entry : input.columns.identifiers) {
    if (field != "identifier") break;
    names.insert(names.end(), entry.from.columns.begin(), entry.from.columns.end());
  }
  for (const ExtraEntry& entry : input.columns.extras) {
    if (field != entry.name) continue;
    names.insert(names.end(), entry.from.columns.begin(), entry.from.columns.end());
  }
  CsvReader reader(input.csv.body(), input.csv.delimiter());
  for (size_t i = 0; i <= row; ++i) {
    if (!reader.Next()) return "";
  }
  std::vector<std::string> cells;
  for (const std::string& name : names) {
    const auto column = input.csv.Column(name, "");
    if (column.ok() && *column < reader.cells().size()) {
      cells.emplace_back(reader.cells()[*column]);
    }
  }
  return absl::StrJoin(cells, " ");
}

MonitoredValue Describe(const LinkedInputs& linked, const mpi::DetectedNonValue& found,
                        ShownValues shown) {
  const auto [input, row] = linked.Place(found.example_row);
  MonitoredValue value;
  value.field = std::string(found.field);
  value.holders = found.holders;
  value.people = found.people;
  value.input = input;
  value.example_row = row + 1;
  if (shown == ShownValues::kShown)
    value.value = ExampleValue(linked.inputs[input], value.field, row);
  return value;
}

}  // namespace

absl::StatusOr<TrainReport> RunTrain(const RunOptions& options, const Clock& clock,
                                     const Voice& voice) {
  if (options.out.empty()) return absl::InvalidArgumentError("--out: want the model's file");
  // Said before the work, which is long; WriteNewFile sees to it.
  if (access(options.out.c_str(), F_OK) == 0) return Exists(options.out);
  const absl::Time start = clock.Now();
  RunOptions train = options;
  train.training = mpi::BatchTraining::kTrain;
  HIE_ASSIGN_OR_RETURN(const LinkedInputs linked, ReadAndLink(train, voice));
  std::vector<const CsvFile*> inputs;
  for (const OpenInput& input : linked.inputs) inputs.push_back(&input.csv);
  HIE_RETURN_IF_ERROR(TellIssues(linked.issues, inputs, options.issues, voice));
  const std::string text = mpi::WriteModel(linked.result.model);
  // Read back before it is kept: its name is that of its hash.
  HIE_ASSIGN_OR_RETURN(const mpi::Model model, mpi::ReadModel(text));
  HIE_RETURN_IF_ERROR(WriteNewFile(options.out, text));
  TrainReport report;
  report.path = options.out;
  report.model_name = model.name;
  report.model_sha256 = ModelHash(linked.result.model);
  report.training = linked.result.training;
  report.seconds = absl::ToDoubleSeconds(clock.Now() - start);
  return report;
}

absl::StatusOr<MonitorReport> RunMonitor(const RunOptions& options, ShownValues shown,
                                         const Voice& voice) {
  MonitorReport report;
  {
    HIE_ASSIGN_OR_RETURN(const LinkedInputs linked, ReadAndLink(options, voice));
    for (const mpi::DetectedNonValue& found : linked.result.non_values) {
      report.non_values.push_back(Describe(linked, found, shown));
    }
    report.degraded = linked.result.degraded;
    report.made_matches = MadeMatches(linked.result);
    report.records = linked.table.size();
    report.model_name = linked.result.model.name;
  }
  RunOptions train = options;
  train.training = mpi::BatchTraining::kTrain;
  HIE_ASSIGN_OR_RETURN(const LinkedInputs trained, ReadAndLink(train, voice));
  report.expected = trained.result.training;
  return report;
}

std::string ToJson(const TrainReport& report) {
  json::Writer writer;
  writer.BeginObject();
  writer.Key("out").String(report.path);
  writer.Key("model").BeginObject();
  writer.Key("name").String(report.model_name);
  writer.Key("sha256").String(report.model_sha256);
  writer.EndObject();
  writer.Key("seconds").Number(Fixed(report.seconds, 3));
  writer.Key("training");
  WriteTraining(report.training, writer);
  writer.EndObject();
  return std::move(writer).Take();
}

std::vector<std::vector<std::string>> ToRows(const TrainReport& report) {
  std::vector<std::vector<std::string>> rows = {{"what", "value"},
                                                {"model", report.model_name},
                                                {"sha256", report.model_sha256},
                                                {"file", report.path}};
  for (auto& row : TrainingRows(report.training)) rows.push_back(std::move(row));
  return rows;
}

std::string ToJson(const MonitorReport& report) {
  json::Writer writer;
  writer.BeginObject();
  writer.Key("records").Integer(static_cast<int64_t>(report.records));
  writer.Key("model").String(report.model_name);
  writer.Key("made_matches").Integer(static_cast<int64_t>(report.made_matches));
  writer.Key("non_values").BeginArray();
  for (const MonitoredValue& value : report.non_values) {
    writer.BeginObject();
    writer.Key("field").String(value.field);
    writer.Key("holders").Integer(static_cast<int64_t>(value.holders));
    writer.Key("people").Integer(static_cast<int64_t>(value.people));
    writer.Key("input").Integer(static_cast<int64_t>(value.input + 1));
    writer.Key("example_row").Integer(static_cast<int64_t>(value.example_row));
    writer.Text("value", value.value);
    writer.EndObject();
  }
  writer.EndArray();
  writer.Key("degraded").BeginArray();
  for (const mpi::DegradedKey& key : report.degraded) {
    writer.BeginObject();
    writer.Key("key").String(mpi::KeyTypeName(key.type));
    writer.Key("blocks").Integer(static_cast<int64_t>(key.blocks));
    writer.Key("pairs_skipped").Integer(static_cast<int64_t>(key.pairs_skipped));
    writer.EndObject();
  }
  writer.EndArray();
  writer.Key("training");
  WriteTraining(report.expected, writer);
  writer.EndObject();
  return std::move(writer).Take();
}

std::vector<std::vector<std::string>> ToRows(const MonitorReport& report) {
  std::vector<std::vector<std::string>> rows = {
      {"what", "value"},
      {"model", report.model_name},
      {"records", absl::StrCat(report.records)},
      {"matches made", absl::StrCat(report.made_matches)},
      {"non-values", absl::StrCat(report.non_values.size())}};
  for (const mpi::DegradedKey& key : report.degraded) {
    rows.push_back({"heavy key", absl::StrCat(mpi::KeyTypeName(key.type), ": ", key.blocks,
                                              " blocks, ", key.pairs_skipped, " pairs skipped")});
  }
  for (auto& row : TrainingRows(report.expected)) rows.push_back(std::move(row));
  return rows;
}

std::vector<std::vector<std::string>> ValueRows(const MonitorReport& report) {
  std::vector<std::vector<std::string>> rows = {
      {"field", "holders", "people", "input", "example row", "value"}};
  for (const MonitoredValue& value : report.non_values) {
    rows.push_back({value.field, absl::StrCat(value.holders), absl::StrCat(value.people),
                    absl::StrCat(value.input + 1), absl::StrCat(value.example_row), value.value});
  }
  return rows;
}

}  // namespace hie::ctl::matching

#include "services/hiectl/commands/first_load_commands.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "mpi/service/first_load.h"
#include "mpi/service/mpi_role.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/files.h"
#include "services/common/json/writer.h"
#include "services/common/storage/posix_file_system.h"
#include "services/common/storage/rocksdb_kv_store.h"
#include "services/hiectl/commands/first_load_files.h"
#include "services/hiectl/matching/csv.h"
#include "services/hiectl/matching/run_input.h"

namespace hie::ctl {
namespace {

// How often progress is said.
constexpr absl::Duration kSayPeriod = absl::Seconds(10);

std::string RoleDir(const MpiFirstLoadOptions& options) {
  return absl::StrCat(options.data_dir, "/mpi");
}
std::string WorkDir(const MpiFirstLoadOptions& options) {
  return options.work_dir.empty() ? RoleDir(options) + "/first_load" : options.work_dir;
}
std::string RejectPath(const MpiFirstLoadOptions& options) {
  return options.rejects.empty() ? RoleDir(options) + "/first_load_rejects.csv" : options.rejects;
}

// The value for input `i` of what was given once for all, or once for each.
absl::StatusOr<std::string> Of(const std::vector<std::string>& values, size_t i, size_t inputs,
                               absl::string_view option) {
  if (values.empty()) return std::string();
  if (values.size() == 1) return values[0];
  if (values.size() == inputs) return values[i];
  return absl::InvalidArgumentError(
      absl::StrCat(option, ": want one for all inputs, or one for each"));
}

absl::StatusOr<std::vector<FirstLoadFile>> FilesOf(const MpiFirstLoadOptions& options) {
  if (options.directory.empty() != options.ids_final) {
    return absl::InvalidArgumentError(
        "--directory: want the region's directory, or else --as-is where ids are final");
  }
  std::string seed;
  if (!options.ids_final) {
    HIE_ASSIGN_OR_RETURN(seed, crypto::ReadWholeFile(options.directory));
  }
  std::vector<FirstLoadFile> files;
  const size_t inputs = options.inputs.size();
  for (size_t i = 0; i < inputs; ++i) {
    FirstLoadFile& file = files.emplace_back();
    file.path = options.inputs[i];
    HIE_ASSIGN_OR_RETURN(file.columns, Of(options.columns, i, inputs, "--columns"));
    HIE_ASSIGN_OR_RETURN(file.authority, Of(options.authorities, i, inputs, "--authority"));
    if (file.authority.empty()) {
      return absl::InvalidArgumentError("--authority: want a domain's OID");
    }
    if (options.ids_final) continue;
    HIE_ASSIGN_OR_RETURN(file.rules, FindDomain(seed, file.authority));
  }
  return files;
}

// Says what is being done, how much of it, and how fast.
class Meter {
 public:
  explicit Meter(const Context& context) : context_(context) {}

  void Say(absl::string_view what, uint64_t done, uint64_t all) {
    const absl::Time now = context_.clock.Now();
    if (what != what_) {
      what_ = std::string(what);
      began_ = said_ = now;
      context_.output.Note(absl::StrCat(what_, " ..."));
      return;
    }
    if (now < said_ + kSayPeriod) return;
    said_ = now;
    const double seconds = absl::ToDoubleSeconds(now - began_);
    context_.output.Note(absl::StrCat(what_, ": ", done, all == 0 ? "" : absl::StrCat(" of ", all),
                                      absl::StrFormat(", %.0f/s", done / seconds)));
  }

 private:
  const Context& context_;
  std::string what_;
  absl::Time began_;
  absl::Time said_;
};

absl::Status WriteRejects(PosixFileSystem& files, const MpiFirstLoadOptions& options,
                          const FirstLoadFiles& input, const mpi::FirstLoadReport& report) {
  std::string text = "file,line,field,reason\n";
  const auto append = [&](const mpi::LoadProblem& problem) {
    matching::AppendCsvCell(input.path(problem.file), text);
    absl::StrAppend(&text, ",", problem.line, ",");
    matching::AppendCsvCell(problem.field, text);
    text += ',';
    matching::AppendCsvCell(problem.reason, text);
    text += '\n';
    return absl::OkStatus();
  };
  HIE_RETURN_IF_ERROR(mpi::VisitRejects(files, WorkDir(options), append));
  for (const mpi::LoadProblem& problem : report.refused_repeats) {
    HIE_RETURN_IF_ERROR(append(problem));
  }
  return matching::WriteWholeFile(RejectPath(options), text);
}

void TellJson(const Context& context, const mpi::FirstLoadReport& report) {
  json::Writer json;
  json.BeginObject();
  json.Key("input_sha256").String(absl::BytesToHexString(report.load.input_sha256()));
  json.Key("started").String(
      absl::FormatTime(absl::FromUnixMicros(report.load.loaded_micros()), absl::UTCTimeZone()));
  json.Key("lines").Integer(static_cast<int64_t>(report.lines));
  json.Key("records").Integer(static_cast<int64_t>(report.load.records()));
  json.Key("rejected").Integer(static_cast<int64_t>(report.load.rejected()));
  json.Key("repeated").Integer(static_cast<int64_t>(report.load.repeated()));
  json.Key("repeats_refused").Integer(static_cast<int64_t>(report.refused_repeats.size()));
  json.Key("persons").Integer(static_cast<int64_t>(report.load.persons()));
  json.Key("possible_links").Integer(static_cast<int64_t>(report.load.possible_links()));
  json.Key("tasks").Integer(static_cast<int64_t>(report.tasks));
  json.Key("model").String(report.model_name);
  json.Key("model_sha256").String(report.load.model_hash());
  json.EndObject();
  context.output.RawJson(std::move(json).Take());
}

void TellTables(const Context& context, const mpi::FirstLoadReport& report) {
  std::map<std::string, std::pair<uint64_t, uint64_t>> tables;  // Rows and bytes.
  for (const mpi::v1::LoadedTableFile& file : report.files) {
    tables[file.table()].first += file.rows();
    tables[file.table()].second += file.bytes();
  }
  const auto records = static_cast<double>(std::max<uint64_t>(report.load.records(), 1));
  std::vector<std::vector<std::string>> rows = {{"table", "rows", "bytes", "bytes/record"}};
  for (const auto& [table, sum] : tables) {
    rows.push_back({table, absl::StrCat(sum.first), absl::StrCat(sum.second),
                    absl::StrFormat("%.1f", static_cast<double>(sum.second) / records)});
  }
  context.output.Table(rows);
}

void Tell(const Context& context, const mpi::FirstLoadReport& report, absl::Duration took) {
  TellJson(context, report);
  const double seconds = std::max(absl::ToDoubleSeconds(took), 1e-3);
  std::vector<std::vector<std::string>> rows = {{"first load", ""}};
  const auto row = [&rows](const char* name, const std::string& value) {
    rows.push_back({name, value});
  };
  row("input", absl::BytesToHexString(report.load.input_sha256()));
  row("lines", absl::StrCat(report.lines));
  row("records", absl::StrCat(report.load.records()));
  row("rejected", absl::StrCat(report.load.rejected()));
  row("about ids named before", absl::StrCat(report.load.repeated()));
  row("of these refused", absl::StrCat(report.refused_repeats.size()));
  row("persons", absl::StrCat(report.load.persons()));
  row("possible links", absl::StrCat(report.load.possible_links()));
  row("tasks", absl::StrCat(report.tasks));
  row("model", report.model_name);
  for (const auto& [phase, time] : report.phases) {
    rows.push_back(
        {absl::StrCat("phase ", phase), absl::StrFormat("%.1f s", absl::ToDoubleSeconds(time))});
  }
  row("this run", absl::StrFormat("%.1f s, %.0f records/s", seconds,
                                  static_cast<double>(report.load.records()) / seconds));
  context.output.Table(rows);
  context.output.Line("");
  TellTables(context, report);
}

void TellIssues(const Context& context, const FirstLoadFiles& input) {
  const std::vector<uint64_t> issues = input.issues();
  for (size_t kind = 0; kind < issues.size(); ++kind) {
    if (issues[kind] == 0) continue;
    context.output.Note(absl::StrCat(issues[kind], " x ",
                                     matching::IssueText(static_cast<matching::IssueKind>(kind))));
  }
}

absl::StatusOr<std::unique_ptr<RocksDbKvStore>> OpenStore(const MpiFirstLoadOptions& options) {
  RocksDbKvStore::Options store;
  store.path = RoleDir(options) + "/db";
  store.tables = mpi::MpiRole::Tables();
  store.tunings = mpi::MpiRole::Tunings();
  return RocksDbKvStore::Open(std::move(store));
}

absl::StatusOr<mpi::FirstLoadReport> Load(const Context& context,
                                          const MpiFirstLoadOptions& options,
                                          PosixFileSystem& files, FirstLoadFiles& input) {
  HIE_RETURN_IF_ERROR(files.CreateDir(RoleDir(options)));
  HIE_ASSIGN_OR_RETURN(const std::unique_ptr<RocksDbKvStore> store, OpenStore(options));
  mpi::FirstLoadOptions load;
  load.store = store.get();
  load.table_files = store.get();
  load.files = &files;
  load.mark_path = RoleDir(options) + "/mark";
  load.work_directory = WorkDir(options);
  load.input_sha256 = input.sha256();
  load.actor.set_member(options.member);
  load.clock = &context.clock;
  load.threads = static_cast<size_t>(options.threads);
  HIE_ASSIGN_OR_RETURN(const matching::GivenModel given, matching::OpenModel(options.model));
  load.model = &given.model;
  std::string error;
  if (!options.started.empty() &&
      !absl::ParseTime(absl::RFC3339_full, options.started, &load.started, &error)) {
    return absl::InvalidArgumentError("--started: want a time as 2026-01-31T00:00:00Z");
  }
  Meter meter(context);
  load.progress = [&meter](absl::string_view what, uint64_t done, uint64_t all) {
    meter.Say(what, done, all);
  };
  return mpi::RunFirstLoad(load, input);
}

}  // namespace

ExitCode MpiFirstLoad(const Context& context, const MpiFirstLoadOptions& options) {
  const absl::Time begin = context.clock.Now();
  const auto named = FilesOf(options);
  if (!named.ok()) return context.output.Fail(named.status());
  const matching::Voice voice{[&](absl::string_view text) { context.output.Note(text); }, nullptr};
  const auto input = FirstLoadFiles::Open(*named, voice);
  if (!input.ok()) return context.output.Fail(input.status());
  context.output.Note(absl::StrCat("input ", absl::BytesToHexString((*input)->sha256())));
  PosixFileSystem files;
  const auto report = Load(context, options, files, **input);
  if (!report.ok()) {
    const bool begun = files.Exists(WorkDir(options) + "/progress").value_or(false);
    if (begun) context.output.Note("The same command goes on where this one ended.");
    return context.output.Fail(report.status());
  }
  TellIssues(context, **input);
  const bool complete = report->load.rejected() == 0 && report->refused_repeats.empty();
  if (!complete) {
    if (const auto written = WriteRejects(files, options, **input, *report); !written.ok()) {
      return context.output.Fail(written);
    }
    context.output.Note(absl::StrCat(RejectPath(options), ": lines that were not loaded"));
  }
  Tell(context, *report, context.clock.Now() - begin);
  const absl::Status removed = mpi::RemoveFirstLoadFiles(files, WorkDir(options));
  if (!removed.ok()) return context.output.Fail(removed);
  return complete ? ExitCode::kOk : ExitCode::kPartial;
}

}  // namespace hie::ctl

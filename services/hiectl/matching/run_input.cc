#include "services/hiectl/matching/run_input.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "mpi/score/model_file.h"
#include "services/common/base/status_macros.h"
#include "services/hiectl/matching/column_guess.h"
#include "services/hiectl/matching/file_bytes.h"

namespace hie::ctl::matching {
namespace {

bool Uses(const ColumnList& list, size_t column) {
  return std::find(list.begin(), list.end(), column) != list.end();
}

bool Uses(const AddressColumns& address, size_t column) {
  return Uses(address.street, column) || Uses(address.house_number, column) ||
         Uses(address.street2, column) || Uses(address.city, column) ||
         Uses(address.state, column) || Uses(address.postal_code, column) ||
         Uses(address.country, column) || Uses(address.whole, column);
}

bool Uses(const Columns& c, size_t column) {
  for (const ColumnList* list :
       {&c.family, &c.given, &c.middle, &c.suffix, &c.previous_family, &c.alias, &c.full_name,
        &c.birth_date, &c.birth_year, &c.birth_month, &c.birth_day, &c.sex, &c.multiple_birth,
        &c.birth_order, &c.ssn, &c.phone, &c.email, &c.mother_maiden}) {
    if (Uses(*list, column)) return true;
  }
  for (const IdentifierColumns& identifier : c.identifiers) {
    if (Uses(identifier.from, column) || Uses(identifier.assigner, column)) return true;
  }
  for (const ExtraColumns& extra : c.extras) {
    if (Uses(extra.from, column)) return true;
  }
  return Uses(c.address, column) || Uses(c.previous_address, column);
}

}  // namespace

absl::StatusOr<OpenInput> OpenWithColumns(const std::string& csv_path,
                                          const std::string& columns_path, const Voice& voice) {
  HIE_ASSIGN_OR_RETURN(CsvFile csv, CsvFile::Open(csv_path));
  if (csv.delimiter() != ',') {
    voice.note(absl::StrCat(csv_path, ": cells are parted by ",
                            csv.delimiter() == '\t' ? "tabs" : std::string(1, csv.delimiter())));
  }
  std::string text;
  std::string source = columns_path;
  if (columns_path.empty()) {
    text = ProposeColumns(csv);
    source = "proposed columns";
    voice.note(absl::StrCat(csv_path, ": no --columns; these are proposed and used:"));
    for (const absl::string_view line :
         absl::StrSplit(absl::StripTrailingAsciiWhitespace(text), '\n')) {
      voice.note(absl::StrCat("  ", line));
    }
  } else {
    HIE_ASSIGN_OR_RETURN(const FileBytes bytes, FileBytes::Open(columns_path));
    text = std::string(bytes.bytes());
  }
  HIE_ASSIGN_OR_RETURN(ColumnFile columns, ReadColumnFile(text, source));
  return OpenInput{std::move(csv), std::move(columns)};
}

void SettleFormat(const CsvFile& csv, Columns& columns, const Voice& voice) {
  if (SettleMissing(csv, columns)) {
    voice.note(absl::StrCat(csv.path(), ": NA counts as absent; [format] missing says otherwise"));
  }
  SettleDateStyle(csv, columns);
}

absl::StatusOr<GivenModel> OpenModel(const std::string& path) {
  mpi::Model model = mpi::DefaultModel();
  if (!path.empty()) {
    HIE_ASSIGN_OR_RETURN(const FileBytes bytes, FileBytes::Open(path));
    auto read = mpi::ReadModel(bytes.bytes());
    if (!read.ok()) {
      return absl::Status(read.status().code(), absl::StrCat(path, ": ", read.status().message()));
    }
    model = *std::move(read);
  }
  std::string sha256 = ModelHash(model);
  return GivenModel{std::move(model), std::move(sha256)};
}

std::vector<std::string> ExtraNames(const mpi::Model& model) {
  std::vector<std::string> names;
  for (size_t i = 0; i < mpi::kExtraFieldsMax; ++i) {
    names.push_back(model.fields[static_cast<size_t>(mpi::Field::kExtra) + i].name);
  }
  while (!names.empty() && names.back().empty()) names.pop_back();
  return names;
}

void NameExtras(const std::vector<std::string>& names, mpi::Model& model) {
  for (size_t i = 0; i < names.size(); ++i) {
    model.fields[static_cast<size_t>(mpi::Field::kExtra) + i].name = names[i];
  }
}

std::string ModelHash(const mpi::Model& model) {
  const std::string text = mpi::WriteModel(model);
  const absl::string_view trimmed = absl::StripTrailingAsciiWhitespace(text);
  return std::string(trimmed.substr(trimmed.find_last_of(" \n") + 1));
}

absl::StatusOr<size_t> TruthColumn(const CsvFile& csv, const std::string& name,
                                   const std::vector<Columns>& sides) {
  HIE_ASSIGN_OR_RETURN(const size_t column, csv.Column(name, "--truth"));
  for (const Columns& side : sides) {
    if (!Uses(side, column)) continue;
    return absl::InvalidArgumentError(absl::StrCat("--truth: the column file matches by \"", name,
                                                   "\"; want a column that it does not use"));
  }
  return column;
}

absl::Status CheckOutputs(const std::vector<std::string>& outputs,
                          const std::vector<std::string>& inputs) {
  namespace fs = std::filesystem;
  std::error_code unseen;  // What cannot be seen is no reason; writing will tell.
  std::vector<std::string> taken = inputs;
  for (const std::string& output : outputs) {
    if (output.empty()) continue;
    const fs::path path(output);
    for (const std::string& other : taken) {
      const bool device = fs::exists(path, unseen) && !fs::is_regular_file(path, unseen);
      if (device || !(output == other || fs::equivalent(path, other, unseen))) continue;
      return absl::InvalidArgumentError(
          absl::StrCat(output, ": is read or written by this run already; want another file"));
    }
    taken.push_back(output);
    const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    const char* why = !fs::is_directory(folder, unseen) ? "its folder does not exist"
                      : fs::is_directory(path, unseen)  ? "it is a folder"
                      : access(folder.c_str(), W_OK) != 0 && access(path.c_str(), W_OK) != 0
                          ? "permission denied"
                          : nullptr;
    if (why != nullptr) {
      return absl::NotFoundError(absl::StrCat(output, ": cannot be written: ", why));
    }
  }
  return absl::OkStatus();
}

absl::Status WriteWholeFile(const std::string& path, absl::string_view text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.close();
  if (out) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat(path, ": cannot be written"));
}

absl::Status TellIssues(const std::vector<Issue>& issues, const std::vector<const CsvFile*>& inputs,
                        const std::string& path, const Voice& voice) {
  constexpr size_t kShown = 10;
  const auto input = [&](const Issue& issue) -> const CsvFile& { return *inputs[issue.input]; };
  for (size_t i = 0; i < issues.size() && i < kShown; ++i) {
    voice.note(DescribeIssue(issues[i], input(issues[i]).path(), input(issues[i]).header()));
  }
  if (!issues.empty()) {
    const char* more = issues.size() <= kShown ? "" : path.empty() ? "; --issues=FILE has all" : "";
    voice.note(absl::StrCat(issues.size(), issues.size() == 1 ? " issue" : " issues", more));
  }
  if (path.empty()) return absl::OkStatus();
  std::string text = "file,line,column,issue,count\n";
  for (const Issue& issue : issues) {
    AppendCsvCell(input(issue).path(), text);
    absl::StrAppend(&text, ",", issue.line, ",");
    const auto& header = input(issue).header();
    if (issue.column >= 0) AppendCsvCell(header[static_cast<size_t>(issue.column)], text);
    text += ',';
    AppendCsvCell(IssueText(issue.kind), text);
    absl::StrAppend(&text, ",", issue.count, "\n");
  }
  return WriteWholeFile(path, text);
}

}  // namespace hie::ctl::matching

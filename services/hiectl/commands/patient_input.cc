#include "services/hiectl/commands/patient_input.h"

#include <sys/stat.h>

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gateway/members/fhir_patient.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/hash.h"
#include "services/common/json/reader.h"
#include "services/common/storage/key_codec.h"
#include "services/common/wire/wire.h"
#include "services/hiectl/matching/patient_rows.h"

namespace hie::ctl {
namespace {

using exchange::v1::PatientLine;

uint64_t ChangedMillis(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0 || info.st_mtim.tv_sec < 0) return 0;
  return static_cast<uint64_t>(info.st_mtim.tv_sec) * 1000 +
         static_cast<uint64_t>(info.st_mtim.tv_nsec) / 1'000'000;
}

// The same bytes read in another way are another input.
std::string HashOf(absl::string_view bytes, absl::string_view columns,
                   const PatientInputOptions& options) {
  return crypto::Sha256(KeyWriter()
                            .Text(crypto::Sha256(bytes))
                            .Text(columns)
                            .Text(options.authority)
                            .Text(options.facility)
                            .key());
}

void Begin(const PatientInputOptions& options, uint64_t number, PatientLine& line) {
  line.Clear();
  line.set_line_number(number);
  line.mutable_patient()->set_facility(options.facility);
  line.mutable_patient()->mutable_patient()->set_assigning_authority(options.authority);
}

void Refuse(absl::string_view field, absl::string_view reason, PatientLine& line) {
  line.clear_patient();
  line.mutable_problem()->set_field(std::string(field));
  line.mutable_problem()->set_reason(std::string(reason));
}

class CsvInput final : public PatientInput {
 public:
  CsvInput(PatientInputOptions options, matching::CsvFile csv, matching::Columns columns,
           absl::string_view columns_text)
      : options_(std::move(options)), csv_(std::move(csv)), columns_(std::move(columns)) {
    sha256_ = HashOf(csv_.body().text, columns_text, options_);
    changed_millis_ = ChangedMillis(options_.path);
    matching::CsvReader count(csv_.body(), csv_.delimiter());
    while (count.Next()) ++lines_;
    CsvInput::Rewind();
  }

  void Rewind() override {
    rows_.emplace(csv_.body(), csv_.delimiter(), csv_.header(), columns_);
    read_ = 0;
    issues_.assign(issues_.size(), 0);
  }

  bool Next(PatientLine& line) override {
    found_.clear();
    if (!rows_->Next(row_, found_)) return false;
    for (const matching::Issue& issue : found_) ++issues_[static_cast<size_t>(issue.kind)];
    Begin(options_, ++read_, line);
    if (!row_.reason.empty()) {
      Refuse(row_.field, row_.reason, line);
    } else {
      line.mutable_patient()->mutable_patient()->set_id(row_.id);
      *line.mutable_patient()->mutable_demographics() = wire::ToProto(row_.demographics);
    }
    return true;
  }

  uint64_t file_line() const override { return row_.line; }

 private:
  const PatientInputOptions options_;
  const matching::CsvFile csv_;
  const matching::Columns columns_;
  std::optional<matching::PatientRows> rows_;
  matching::PatientRow row_;
  std::vector<matching::Issue> found_;
  uint64_t read_ = 0;
};

class NdjsonInput final : public PatientInput {
 public:
  NdjsonInput(PatientInputOptions options, matching::FileBytes bytes)
      : options_(std::move(options)), bytes_(std::move(bytes)) {
    sha256_ = HashOf(bytes_.bytes(), "", options_);
    changed_millis_ = ChangedMillis(options_.path);
    NdjsonInput::Rewind();
    absl::string_view text;
    while (NextText(text)) ++lines_;
    NdjsonInput::Rewind();
  }

  void Rewind() override {
    rest_ = bytes_.bytes();
    file_line_ = 0;
    read_ = 0;
  }

  bool Next(PatientLine& line) override {
    absl::string_view text;
    if (!NextText(text)) return false;
    Begin(options_, ++read_, line);
    const absl::StatusOr<json::Value> patient = json::Read(text);
    if (!patient.ok() || patient->Text("resourceType") != "Patient") {
      Refuse("", "want a FHIR Patient as JSON", line);
      return true;
    }
    std::string& id = *line.mutable_patient()->mutable_patient()->mutable_id();
    for (const json::Value& identifier : patient->Each("identifier")) {
      if (absl::StripPrefix(identifier.Text("system"), "urn:oid:") != options_.authority) continue;
      if (id.empty()) id = std::string(identifier.Text("value"));
    }
    if (id.empty()) {
      Refuse("identifier", "want one of the authority", line);
      return true;
    }
    *line.mutable_patient()->mutable_demographics() =
        wire::ToProto(members::ReadDemographics(*patient));
    return true;
  }

  uint64_t file_line() const override { return file_line_; }

 private:
  bool NextText(absl::string_view& text) {
    while (!rest_.empty()) {
      const size_t end = std::min(rest_.find('\n'), rest_.size());
      text = absl::StripAsciiWhitespace(rest_.substr(0, end));
      rest_.remove_prefix(std::min(end + 1, rest_.size()));
      ++file_line_;
      if (!text.empty()) return true;
    }
    return false;
  }

  const PatientInputOptions options_;
  const matching::FileBytes bytes_;
  absl::string_view rest_;
  uint64_t file_line_ = 0;
  uint64_t read_ = 0;
};

// How the columns are read, in one text, whatever file says so.
absl::StatusOr<std::string> ColumnText(const PatientInputOptions& options) {
  if (options.columns.empty()) return std::string("proposed");
  HIE_ASSIGN_OR_RETURN(const matching::FileBytes bytes, matching::FileBytes::Open(options.columns));
  return std::string(bytes.bytes());
}

}  // namespace

absl::StatusOr<std::unique_ptr<PatientInput>> PatientInput::Open(const PatientInputOptions& options,
                                                                 const matching::Voice& voice) {
  if (absl::EndsWith(options.path, ".ndjson")) {
    HIE_ASSIGN_OR_RETURN(matching::FileBytes bytes, matching::FileBytes::Open(options.path));
    return std::make_unique<NdjsonInput>(options, std::move(bytes));
  }
  HIE_ASSIGN_OR_RETURN(matching::OpenInput open,
                       matching::OpenWithColumns(options.path, options.columns, voice));
  HIE_ASSIGN_OR_RETURN(matching::Columns columns,
                       matching::FindColumns(open.columns, open.csv.header(), ""));
  if (!columns.id) {
    return absl::InvalidArgumentError(
        absl::StrCat(options.path, ": the column file names no id; want the member's own"));
  }
  matching::SettleFormat(open.csv, columns, voice);
  if (!columns.extras.empty()) {
    voice.note(absl::StrCat(options.path, ": extra fields have no place in the index"));
  }
  HIE_ASSIGN_OR_RETURN(const std::string text, ColumnText(options));
  return std::make_unique<CsvInput>(options, std::move(open.csv), std::move(columns), text);
}

}  // namespace hie::ctl

#include "services/hiectl/commands/first_load_files.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "gateway/members/fhir_patient.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/hash.h"
#include "services/common/json/reader.h"
#include "services/common/member/directory_seed.h"
#include "services/common/storage/key_codec.h"
#include "services/hiectl/matching/patient_rows.h"

namespace hie::ctl {
namespace {

// Large enough to read in one go, small enough that threads end together.
constexpr size_t kPartBytes = size_t{1} << 20;

LocalPatient KeyOf(const FirstLoadFile& file, std::string id) {
  if (file.rules) id = NormaliseLocalId(*file.rules, id);
  return LocalPatient{file.authority, Phi<std::string>(std::move(id)), 0};
}

// What of the domain says how ids are read, for the hash.
std::string DomainText(const FirstLoadFile& file) {
  KeyWriter text;
  text.Text(file.authority).U8(file.rules ? 1 : 0);
  if (file.rules) {
    text.U8(file.rules->strip_leading_zeros ? 1 : 0).U8(file.rules->fold_case ? 1 : 0);
  }
  return text.key();
}

}  // namespace

// One file, in parts.  Thread-safe.
class FirstLoadFiles::Reader {
 public:
  virtual ~Reader() = default;
  virtual size_t parts() const = 0;
  virtual void Read(size_t part, mpi::LoadPart& to) = 0;
  virtual uint64_t IssueCount(size_t) const { return 0; }
  const std::string& sha256() const { return sha256_; }

 protected:
  std::string sha256_;
};

class FirstLoadFiles::CsvReader final : public Reader {
 public:
  CsvReader(uint32_t file, const FirstLoadFile& named, matching::CsvFile csv,
            matching::Columns columns, absl::string_view columns_text)
      : file_(file),
        named_(named),
        csv_(std::move(csv)),
        columns_(std::move(columns)),
        chunks_(matching::SplitCsv(csv_.body(), csv_.delimiter(), kPartBytes)) {
    sha256_ = crypto::Sha256(KeyWriter()
                                 .Text(absl::StrJoin(csv_.header(), "\n"))
                                 .Text(crypto::Sha256(csv_.body().text))
                                 .Text(columns_text)
                                 .Text(DomainText(named_))
                                 .key());
  }

  size_t parts() const override { return chunks_.size(); }

  void Read(size_t part, mpi::LoadPart& to) override {
    matching::PatientRows rows(chunks_[part], csv_.delimiter(), csv_.header(), columns_);
    matching::PatientRow row;
    std::vector<matching::Issue> issues;
    while (rows.Next(row, issues)) {
      for (const matching::Issue& issue : issues) ++counts_[static_cast<size_t>(issue.kind)];
      issues.clear();
      if (!row.reason.empty()) {
        to.problems.push_back({file_, row.line, std::move(row.field), std::move(row.reason)});
        continue;
      }
      mpi::LoadLine& line = to.lines.emplace_back();
      line.file = file_;
      line.line = row.line;
      line.patient = KeyOf(named_, std::move(row.id));
      line.demographics = std::move(row.demographics);
    }
    csv_.Forget(chunks_[part].text);
  }

  uint64_t IssueCount(size_t kind) const override { return counts_[kind]; }

 private:
  const uint32_t file_;
  const FirstLoadFile& named_;
  const matching::CsvFile csv_;
  const matching::Columns columns_;
  const std::vector<matching::CsvChunk> chunks_;
  std::array<std::atomic<uint64_t>, matching::kIssueKindCount> counts_{};
};

class FirstLoadFiles::NdjsonReader final : public Reader {
 public:
  NdjsonReader(uint32_t file, const FirstLoadFile& named, matching::FileBytes bytes)
      : file_(file), named_(named), bytes_(std::move(bytes)) {
    sha256_ = crypto::Sha256(
        KeyWriter().Text(crypto::Sha256(bytes_.bytes())).Text(DomainText(named_)).key());
    Split();
  }

  size_t parts() const override { return chunks_.size(); }

  void Read(size_t part, mpi::LoadPart& to) override {
    absl::string_view rest = chunks_[part].text;
    for (uint64_t number = chunks_[part].first_line; !rest.empty(); ++number) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      const absl::string_view text = absl::StripAsciiWhitespace(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (!text.empty()) ReadPatient(text, number, to);
    }
    bytes_.Forget(chunks_[part].text);
  }

 private:
  void Split() {
    absl::string_view rest = bytes_.bytes();
    uint64_t line = 1;
    while (!rest.empty()) {
      const size_t newline = rest.find('\n', std::min(kPartBytes, rest.size()));
      const size_t size = newline == absl::string_view::npos ? rest.size() : newline + 1;
      chunks_.push_back({rest.substr(0, size), line});
      line += static_cast<uint64_t>(
          std::count(rest.begin(), rest.begin() + static_cast<ptrdiff_t>(size), '\n'));
      rest.remove_prefix(size);
    }
  }

  void ReadPatient(absl::string_view text, uint64_t number, mpi::LoadPart& to) const {
    const absl::StatusOr<json::Value> patient = json::Read(text);
    if (!patient.ok() || patient->Text("resourceType") != "Patient") {
      to.problems.push_back({file_, number, "", "want a FHIR Patient as JSON"});
      return;
    }
    std::string id;
    for (const json::Value& identifier : patient->Each("identifier")) {
      const std::string system(identifier.Text("system"));
      if (absl::StripPrefix(system, "urn:oid:") != named_.authority || !id.empty()) continue;
      id = std::string(identifier.Text("value"));
    }
    if (id.empty()) {
      to.problems.push_back({file_, number, "identifier", "want one of the authority"});
      return;
    }
    mpi::LoadLine& line = to.lines.emplace_back();
    line.file = file_;
    line.line = number;
    line.patient = KeyOf(named_, std::move(id));
    line.demographics = members::ReadDemographics(*patient);
  }

  const uint32_t file_;
  const FirstLoadFile& named_;
  const matching::FileBytes bytes_;
  std::vector<matching::CsvChunk> chunks_;
};

absl::StatusOr<PatientIdDomain> FindDomain(absl::string_view seed, absl::string_view authority) {
  HIE_ASSIGN_OR_RETURN(const std::vector<Member> members, ParseDirectorySeed(seed));
  for (const Member& member : members) {
    for (const PatientIdDomain& domain : member.domains) {
      if (domain.oid == authority) return domain;
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--authority: ", authority, " is no domain of the directory"));
}

FirstLoadFiles::FirstLoadFiles(std::vector<FirstLoadFile> files) : files_(std::move(files)) {}

FirstLoadFiles::~FirstLoadFiles() = default;

absl::StatusOr<std::unique_ptr<FirstLoadFiles>> FirstLoadFiles::Open(
    const std::vector<FirstLoadFile>& files, const matching::Voice& voice) {
  std::unique_ptr<FirstLoadFiles> opened(new FirstLoadFiles(files));
  KeyWriter hashes;
  for (uint32_t file = 0; file < files.size(); ++file) {
    HIE_ASSIGN_OR_RETURN(std::unique_ptr<Reader> reader, opened->OpenFile(file, voice));
    hashes.Text(reader->sha256());
    opened->readers_.push_back(std::move(reader));
  }
  opened->sha256_ = crypto::Sha256(hashes.key());
  return opened;
}

absl::StatusOr<std::unique_ptr<FirstLoadFiles::Reader>> FirstLoadFiles::OpenFile(
    uint32_t file, const matching::Voice& voice) {
  const FirstLoadFile& named = files_[file];
  if (absl::EndsWith(named.path, ".ndjson")) {
    HIE_ASSIGN_OR_RETURN(matching::FileBytes bytes, matching::FileBytes::Open(named.path));
    return std::make_unique<NdjsonReader>(file, named, std::move(bytes));
  }
  HIE_ASSIGN_OR_RETURN(matching::OpenInput open,
                       matching::OpenWithColumns(named.path, named.columns, voice));
  HIE_ASSIGN_OR_RETURN(matching::Columns columns,
                       matching::FindColumns(open.columns, open.csv.header(), ""));
  if (!columns.id) {
    return absl::InvalidArgumentError(
        absl::StrCat(named.path, ": the column file names no id; want the member's own"));
  }
  matching::SettleFormat(open.csv, columns, voice);
  if (!columns.extras.empty()) {
    voice.note(absl::StrCat(named.path, ": extra fields have no place in the index"));
  }
  std::string text = "proposed";
  if (!named.columns.empty()) {
    HIE_ASSIGN_OR_RETURN(const matching::FileBytes bytes, matching::FileBytes::Open(named.columns));
    text = std::string(bytes.bytes());
  }
  return std::make_unique<CsvReader>(file, named, std::move(open.csv), std::move(columns), text);
}

absl::StatusOr<bool> FirstLoadFiles::Read(size_t index, mpi::LoadPart& part) {
  for (const std::unique_ptr<Reader>& reader : readers_) {
    if (index < reader->parts()) {
      reader->Read(index, part);
      return true;
    }
    index -= reader->parts();
  }
  return false;
}

std::vector<uint64_t> FirstLoadFiles::issues() const {
  std::vector<uint64_t> counts(matching::kIssueKindCount);
  for (const std::unique_ptr<Reader>& reader : readers_) {
    for (size_t kind = 0; kind < counts.size(); ++kind) counts[kind] += reader->IssueCount(kind);
  }
  return counts;
}

}  // namespace hie::ctl

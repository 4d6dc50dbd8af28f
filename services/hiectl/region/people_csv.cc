#include "services/hiectl/region/people_csv.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "services/common/base/status_macros.h"
#include "services/hiectl/region/population.h"
#include "services/hiectl/region/sources.h"

namespace hie::region {
namespace {

namespace fs = std::filesystem;

constexpr size_t kParts = 64;

absl::string_view SexLetter(AdministrativeSex sex) {
  switch (sex) {
    case AdministrativeSex::kFemale:
      return "F";
    case AdministrativeSex::kMale:
      return "M";
    case AdministrativeSex::kOther:
      return "O";
    case AdministrativeSex::kUnknown:
      return "U";
    case AdministrativeSex::kUnspecified:
      return "";
  }
  return "";
}

// Appends fields to a row, each with the comma before it: rec_id comes first, later.
class RowWriter {
 public:
  explicit RowWriter(std::string& row) : row_(row) {}
  RowWriter& Field(absl::string_view text) {
    row_.push_back(',');
    AppendCsvField(row_, text);
    return *this;
  }
  RowWriter& Number(int number) {
    absl::StrAppend(&row_, ",", number);
    return *this;
  }

 private:
  std::string& row_;
};

absl::string_view Identifier(const Demographics& d, absl::string_view system) {
  for (const PatientIdentifier& identifier : d.identifiers) {
    if (identifier.system == system) return identifier.value;
  }
  return "";
}

std::string FormerNames(const Demographics& d) {
  std::string names;
  for (size_t i = 1; i < d.names.size(); ++i) {
    absl::StrAppend(&names, names.empty() ? "" : "|", d.names[i].family);
  }
  return names;
}

absl::string_view FirstGiven(const HumanName& name) {
  return name.given.empty() ? absl::string_view() : absl::string_view(name.given[0]);
}

void RegionRow(const GeneratedRecord& record, RowWriter& row) {
  const Demographics& d = record.demographics;
  const HumanName& name = d.names[0];
  const PostalAddress none;
  const PostalAddress& address = d.addresses.empty() ? none : d.addresses[0];
  row.Field(record.source).Field(name.family).Field(FirstGiven(name));
  row.Field(name.given.size() > 1 ? name.given[1] : "").Field(name.suffix).Field(FormerNames(d));
  row.Field(d.birth_date ? d.birth_date->ToString() : "").Field(SexLetter(d.sex));
  row.Field(Identifier(d, kSsnSystem)).Field(absl::StrJoin(d.phones, "|"));
  row.Field(d.emails.empty() ? "" : d.emails[0]).Field(absl::StrJoin(address.lines, ", "));
  row.Field(address.city).Field(address.state).Field(address.postal_code).Field(record.mrn);
  row.Field(d.mother_maiden_name).Field(d.multiple_birth ? "Y" : "");
  row.Field(d.birth_order == 0 ? "" : absl::StrCat(d.birth_order));
  row.Field(Identifier(d, kInsuranceSystem));
}

void FewRow(const GeneratedRecord& record, RowWriter& row) {
  const Demographics& d = record.demographics;
  row.Field(FirstGiven(d.names[0])).Field(d.names[0].family);
  row.Number(d.birth_date->year).Number(d.birth_date->month).Number(d.birth_date->day);
}

void HistoricalRow(const GeneratedRecord& record, RowWriter& row) {
  const Demographics& d = record.demographics;
  row.Field(FirstGiven(d.names[0])).Field(d.names[0].family).Field(record.full_name);
  row.Field(record.birth_text).Field(record.birth_place).Field(SexLetter(d.sex));
  row.Field(record.occupation).Field(d.addresses.empty() ? "" : d.addresses[0].postal_code);
}

void HeavyRow(const GeneratedRecord& record, RowWriter& row) {
  const Demographics& d = record.demographics;
  row.Field(FirstGiven(d.names[0])).Field(d.names[0].family);
  row.Field(d.birth_date ? d.birth_date->ToString() : "");
  row.Field(d.addresses.empty() ? "" : d.addresses[0].city);
  row.Field(d.emails.empty() ? "" : d.emails[0]);
}

// Writes everything of a row but its rec_id.
void AppendRow(PeopleProfile profile, const GeneratedRecord& record, std::string& text) {
  absl::StrAppend(&text, ",p", record.entity);
  RowWriter row(text);
  switch (profile) {
    case PeopleProfile::kRegion:
    case PeopleProfile::kChains:
      absl::StrAppend(&text, ",h", record.household);
      RegionRow(record, row);
      break;
    case PeopleProfile::kFew:
      FewRow(record, row);
      break;
    case PeopleProfile::kHistorical:
      HistoricalRow(record, row);
      break;
    case PeopleProfile::kHeavy:
      HeavyRow(record, row);
      break;
  }
  text.push_back('\n');
}

// The parts of a file under way; removes them in the end.
//
// A row is stored as its random place (8 bytes), its length (4 bytes) and its text.
class Parts {
 public:
  Parts(const std::string& path, uint64_t seed) : path_(path), places_(seed ^ 0x73687566666c65u) {
    for (size_t i = 0; i < kParts; ++i) {
      files_.emplace_back(Name(i), std::ios::binary | std::ios::trunc);
    }
  }
  ~Parts() {
    files_.clear();
    std::error_code ignored;
    for (size_t i = 0; i < kParts; ++i) fs::remove(Name(i), ignored);
  }
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  void Add(absl::string_view text) {
    const uint64_t place = places_.Next();
    const auto size = static_cast<uint32_t>(text.size());
    char head[sizeof(place) + sizeof(size)];
    std::memcpy(head, &place, sizeof(place));
    std::memcpy(head + sizeof(place), &size, sizeof(size));
    std::ofstream& file = files_[place / (UINT64_MAX / kParts + 1)];
    file.write(head, sizeof(head));
    file.write(text.data(), static_cast<std::streamsize>(text.size()));
  }

  // Ends writing.  False: some part could not be written.
  bool Close() {
    bool good = true;
    for (std::ofstream& file : files_) {
      file.close();
      good = good && file.good();
    }
    return good;
  }

  // Calls `row(text)` for the rows of part `i` in the order of their places.
  template <typename Row>
  bool Read(size_t i, Row row) const {
    std::error_code error;
    const uintmax_t size = fs::file_size(Name(i), error);
    if (error) return false;
    std::string content(size, '\0');
    std::ifstream file(Name(i), std::ios::binary);
    if (!file.read(content.data(), static_cast<std::streamsize>(size))) return false;
    std::vector<std::pair<uint64_t, absl::string_view>> rows;
    for (size_t at = 0; at < content.size();) {
      uint64_t place = 0;
      uint32_t length = 0;
      std::memcpy(&place, &content[at], sizeof(place));
      std::memcpy(&length, &content[at + sizeof(place)], sizeof(length));
      at += sizeof(place) + sizeof(length);
      rows.emplace_back(place, absl::string_view(content.data() + at, length));
      at += length;
    }
    std::stable_sort(rows.begin(), rows.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [place, text] : rows) row(text);
    return true;
  }

 private:
  std::string Name(size_t i) const { return absl::StrCat(path_, ".part", i); }

  const std::string path_;
  Dice places_;
  std::vector<std::ofstream> files_;
};

absl::Status CannotWrite(const std::string& path) {
  std::error_code ignored;
  fs::remove(path, ignored);
  return absl::UnavailableError(absl::StrCat(path, ": cannot be written"));
}

}  // namespace

std::string PeopleCsvHead(PeopleProfile profile, absl::string_view truth_column) {
  absl::string_view columns;
  switch (profile) {
    case PeopleProfile::kRegion:
    case PeopleProfile::kChains:
      columns =
          "household_id,source,family,given,middle,suffix,maiden,birth_date,sex,ssn,phone,email,"
          "street,city,state,zip,mrn,mother_maiden,multiple_birth,birth_order,insurance_id";
      break;
    case PeopleProfile::kFew:
      columns = "given,family,by,bm,bd";
      break;
    case PeopleProfile::kHistorical:
      columns = "given,family,full_name,dob,birth_place,sex,occupation,postcode";
      break;
    case PeopleProfile::kHeavy:
      columns = "given,family,dob,city,email";
      break;
  }
  std::string head = "rec_id,";
  AppendCsvField(head, truth_column);
  absl::StrAppend(&head, ",", columns);
  return head;
}

void AppendCsvField(std::string& row, absl::string_view field) {
  const bool blank_end = !field.empty() && (field.front() == ' ' || field.back() == ' ');
  if (!blank_end && field.find_first_of(",\"\r\n") == absl::string_view::npos) {
    row.append(field.data(), field.size());
    return;
  }
  row.push_back('"');
  for (const char c : field) {
    if (c == '"') row.push_back('"');
    row.push_back(c);
  }
  row.push_back('"');
}

absl::StatusOr<PeopleCounts> WritePeopleCsv(const PeopleOptions& options, const std::string& path,
                                            absl::string_view truth_column) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  if (!out) return CannotWrite(path);
  Parts parts(path, options.seed);
  std::string text;
  HIE_ASSIGN_OR_RETURN(const PeopleCounts counts,
                       GeneratePeople(options, [&](const GeneratedRecord& record) {
                         text.clear();
                         AppendRow(options.profile, record, text);
                         parts.Add(text);
                       }));
  if (!parts.Close()) return CannotWrite(path);
  out << PeopleCsvHead(options.profile, truth_column) << '\n';
  uint64_t number = 0;
  for (size_t i = 0; i < kParts; ++i) {
    const bool read = parts.Read(i, [&](absl::string_view row) {
      text.clear();
      absl::StrAppend(&text, "r", ++number, row);
      out.write(text.data(), static_cast<std::streamsize>(text.size()));
    });
    if (!read) return CannotWrite(path);
  }
  out.close();
  if (!out) return CannotWrite(path);
  return counts;
}

}  // namespace hie::region

#include "tests/bench/mpi/arrival_orders_sets.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "mpi/normalize/date_text.h"
#include "mpi/normalize/full_name.h"
#include "services/common/base/status_macros.h"
#include "services/hiectl/matching/cell_text.h"
#include "services/hiectl/matching/columns.h"
#include "services/hiectl/matching/csv_file.h"
#include "services/hiectl/matching/record_file.h"
#include "services/hiectl/region/people.h"

namespace hie::bench {
namespace {

using ctl::matching::AddressColumns;
using ctl::matching::ColumnList;
using ctl::matching::Columns;
using ctl::matching::CsvFile;
using ctl::matching::DateStyle;

constexpr char kSsnSystem[] = "http://hl7.org/fhir/sid/us-ssn";
// Numbers that one person alone holds have systems below this one (passports).
constexpr char kPersonalRoot[] = "2.16.840.1.113883.4.330.";
constexpr char kSharedRoot[] = "2.999.7.";
constexpr char kGenerated[] = "generated_";

struct PublicSet {
  const char* columns;
  std::vector<const char*> files;
};

const std::vector<PublicSet>& PublicSets() {
  static const auto* const kSets = new std::vector<PublicSet>{
      {"febrl1", {"febrl1.csv"}},
      {"febrl3", {"febrl3.csv"}},
      {"febrl4", {"febrl4a.csv", "febrl4b.csv"}},
      {"RLdata500", {"RLdata500.csv"}},
      {"RLdata10000", {"RLdata10000.csv"}},
      {"opencr_uganda", {"opencr_uganda.csv"}},
      {"recordlinker_100_cluster_tuning_test", {"recordlinker_100_cluster_tuning_test.csv"}},
  };
  return *kSets;
}

// Two sets are written alike.
std::string ColumnsOf(const std::string& set) { return set == "RLdata10000" ? "RLdata500" : set; }

// One row of a CSV as demographics.
class RowReader {
 public:
  RowReader(const Columns& columns, const std::vector<absl::string_view>& cells)
      : columns_(columns), cells_(cells) {}

  Demographics Read() const {
    Demographics person;
    AddNames(person);
    AddBirthDate(person);
    person.sex = Sex();
    for (const std::string& phone : Each(columns_.phone)) {
      person.phones.push_back(ctl::matching::WithCountry(phone, columns_.format.phone_country));
    }
    person.emails = Each(columns_.email);
    for (std::string& ssn : Each(columns_.ssn)) {
      person.identifiers.push_back({kSsnSystem, std::move(ssn)});
    }
    AddIdentifiers(person);
    AddAddress(person);
    person.mother_maiden_name = Joined(columns_.mother_maiden);
    return person;
  }

 private:
  std::string Cell(size_t column) const {
    if (column >= cells_.size()) return "";
    const absl::string_view cell = absl::StripAsciiWhitespace(cells_[column]);
    const auto& missing = columns_.format.missing;
    const bool nothing = ctl::matching::IsNullWord(cell) ||
                         std::find(missing.begin(), missing.end(), cell) != missing.end();
    return nothing ? "" : std::string(cell);
  }

  std::vector<std::string> Each(const ColumnList& columns) const {
    std::vector<std::string> values;
    for (const size_t column : columns) {
      if (std::string value = Cell(column); !value.empty()) values.push_back(std::move(value));
    }
    return values;
  }

  std::string Joined(const ColumnList& columns) const {
    std::string joined;
    for (const std::string& value : Each(columns)) {
      absl::StrAppend(&joined, joined.empty() ? "" : " ", value);
    }
    return joined;
  }

  void AddNames(Demographics& person) const {
    HumanName name{"", Joined(columns_.family), Each(columns_.given), Joined(columns_.suffix)};
    for (std::string& middle : Each(columns_.middle)) name.given.push_back(std::move(middle));
    if (!name.family.empty() || !name.given.empty()) person.names.push_back(std::move(name));
  }

  void AddBirthDate(Demographics& person) const {
    std::string text = Joined(columns_.birth_date);
    if (!columns_.birth_year.empty()) {
      text = Joined(columns_.birth_year);
      for (const ColumnList* list : {&columns_.birth_month, &columns_.birth_day}) {
        const std::string part = Joined(*list);
        if (part.empty() || part == "0") break;
        absl::StrAppend(&text, "-", part.size() == 1 ? "0" : "", part);
      }
    }
    if (!text.empty()) {
      person.birth_date = mpi::ParseDateText(text, mpi::DateOrder::kYearMonthDay).date;
    }
  }

  AdministrativeSex Sex() const {
    const std::string text = absl::AsciiStrToLower(Joined(columns_.sex));
    if (text == "f" || text == "female") return AdministrativeSex::kFemale;
    if (text == "m" || text == "male") return AdministrativeSex::kMale;
    return AdministrativeSex::kUnspecified;
  }

  void AddIdentifiers(Demographics& person) const {
    for (size_t i = 0; i < columns_.identifiers.size(); ++i) {
      const auto& from = columns_.identifiers[i];
      const bool personal = from.kind == mpi::IdentifierKind::kPersonal;
      for (std::string& value : Each(from.from)) {
        person.identifiers.push_back(
            {absl::StrCat(personal ? kPersonalRoot : kSharedRoot, i + 1), std::move(value)});
      }
    }
  }

  void AddAddress(Demographics& person) const {
    const AddressColumns& from = columns_.address;
    PostalAddress address;
    std::string line = Joined(from.house_number);
    const std::string street = Joined(from.street);
    if (!street.empty()) absl::StrAppend(&line, line.empty() ? "" : " ", street);
    for (std::string& text : std::vector<std::string>{std::move(line), Joined(from.street2)}) {
      if (!text.empty()) address.lines.push_back(std::move(text));
    }
    address.city = Joined(from.city);
    address.state = Joined(from.state);
    address.postal_code = Joined(from.postal_code);
    if (!(address == PostalAddress{})) person.addresses.push_back(std::move(address));
  }

  const Columns& columns_;
  const std::vector<absl::string_view>& cells_;
};

absl::StatusOr<std::string> ReadText(const std::string& path) {
  std::ifstream in(path);
  if (!in) return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

absl::Status AddFile(const std::string& path, const std::string& columns_path, LabelledSet& set) {
  HIE_ASSIGN_OR_RETURN(const CsvFile csv, CsvFile::Open(path));
  HIE_ASSIGN_OR_RETURN(const std::string text, ReadText(columns_path));
  HIE_ASSIGN_OR_RETURN(const auto file, ctl::matching::ReadColumnFile(text, columns_path));
  HIE_ASSIGN_OR_RETURN(Columns columns, ctl::matching::FindColumns(file, csv.header(), ""));
  HIE_ASSIGN_OR_RETURN(const size_t truth, csv.Column("entity_id", "truth"));
  ctl::matching::SettleMissing(csv, columns);
  ctl::matching::CsvReader reader(csv.body(), csv.delimiter());
  while (reader.Next()) {
    if (truth >= reader.cells().size()) continue;
    set.records.push_back(
        {std::string(reader.cells()[truth]), RowReader(columns, reader.cells()).Read()});
  }
  return absl::OkStatus();
}

// Historical persons hold their date and whole name as they were written.
Demographics DemographicsOf(const region::GeneratedRecord& record) {
  Demographics person = record.demographics;
  if (!record.birth_text.empty()) {
    person.birth_date = mpi::ParseDateText(record.birth_text, mpi::DateOrder::kYearMonthDay).date;
    if (!person.birth_date) {
      person.birth_date = ctl::matching::PossiblePart(record.birth_text, DateStyle::kYearMonthDay);
    }
  }
  if (!record.full_name.empty()) person.names.push_back(mpi::SplitFullName(record.full_name));
  return person;
}

absl::Status Generate(const std::string& profile, const SetOptions& options, LabelledSet& set) {
  region::PeopleOptions people;
  HIE_ASSIGN_OR_RETURN(people.profile, region::ParsePeopleProfile(profile));
  people.people = options.people;
  people.seed = options.seed;
  return region::GeneratePeople(
             people,
             [&](const region::GeneratedRecord& record) {
               set.records.push_back({absl::StrCat(record.entity), DemographicsOf(record)});
             })
      .status();
}

// Keeps whole persons, in the order in which they appear.
void TakeSome(size_t records_max, LabelledSet& set) {
  if (records_max == 0 || set.records.size() <= records_max) return;
  std::map<std::string, size_t> sizes;
  for (const LabelledRecord& record : set.records) ++sizes[record.entity];
  std::set<std::string> taken;
  size_t count = 0;
  for (const LabelledRecord& record : set.records) {
    if (count >= records_max) break;
    if (taken.insert(record.entity).second) count += sizes[record.entity];
  }
  std::vector<LabelledRecord> kept;
  for (LabelledRecord& record : set.records) {
    if (taken.count(record.entity) != 0) kept.push_back(std::move(record));
  }
  set.records = std::move(kept);
}

}  // namespace

std::vector<std::string> LabelledSetNames() {
  std::vector<std::string> names;
  for (const PublicSet& set : PublicSets()) names.emplace_back(set.columns);
  for (const char* profile : {"region", "few", "heavy", "historical", "chains"}) {
    names.push_back(absl::StrCat(kGenerated, profile));
  }
  return names;
}

absl::StatusOr<LabelledSet> LoadLabelledSet(const std::string& name, const SetOptions& options) {
  LabelledSet set{name, {}};
  if (absl::StartsWith(name, kGenerated)) {
    HIE_RETURN_IF_ERROR(Generate(name.substr(sizeof(kGenerated) - 1), options, set));
  } else {
    for (const PublicSet& known : PublicSets()) {
      if (name != known.columns) continue;
      for (const char* file : known.files) {
        HIE_RETURN_IF_ERROR(AddFile(absl::StrCat(options.data, "/", file),
                                    absl::StrCat(options.columns, "/", ColumnsOf(name), ".toml"),
                                    set));
      }
    }
  }
  if (set.records.empty()) return absl::NotFoundError(absl::StrCat(name, ": no such set"));
  TakeSome(options.records_max, set);
  return set;
}

}  // namespace hie::bench

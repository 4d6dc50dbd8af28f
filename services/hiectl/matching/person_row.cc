#include "services/hiectl/matching/person_row.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "mpi/normalize/date_text.h"
#include "mpi/normalize/full_name.h"
#include "mpi/normalize/name.h"
#include "mpi/normalize/non_values.h"
#include "mpi/normalize/text.h"
#include "services/hiectl/matching/cell_text.h"

namespace hie::ctl::matching {
namespace {

constexpr char kSsnSystem[] = "http://hl7.org/fhir/sid/us-ssn";

mpi::DateOrder OrderOf(DateStyle style) {
  switch (style) {
    case DateStyle::kYearMonthDay:
      return mpi::DateOrder::kYearMonthDay;
    case DateStyle::kDayMonthYear:
      return mpi::DateOrder::kDayMonthYear;
    case DateStyle::kMonthDayYear:
      return mpi::DateOrder::kMonthDayYear;
    case DateStyle::kExcelDays:
      return mpi::DateOrder::kExcelDays;
    case DateStyle::kAuto:
      break;
  }
  return mpi::DateOrder::kAuto;
}

std::vector<size_t> UsedColumns(const Columns& columns) {
  std::vector<size_t> used;
  const auto add = [&used](const ColumnList& list) {
    used.insert(used.end(), list.begin(), list.end());
  };
  for (const ColumnList* list :
       {&columns.family, &columns.given, &columns.middle, &columns.suffix, &columns.previous_family,
        &columns.alias, &columns.full_name, &columns.birth_date, &columns.birth_year,
        &columns.birth_month, &columns.birth_day, &columns.sex, &columns.multiple_birth,
        &columns.birth_order, &columns.ssn, &columns.phone, &columns.email,
        &columns.mother_maiden}) {
    add(*list);
  }
  for (const AddressColumns* address : {&columns.address, &columns.previous_address}) {
    for (const ColumnList* list :
         {&address->street, &address->house_number, &address->street2, &address->city,
          &address->state, &address->postal_code, &address->country, &address->whole}) {
      add(*list);
    }
  }
  for (const IdentifierColumns& identifier : columns.identifiers) {
    add(identifier.from);
    add(identifier.assigner);
  }
  for (const ExtraColumns& extra : columns.extras) add(extra.from);
  std::sort(used.begin(), used.end());
  used.erase(std::unique(used.begin(), used.end()), used.end());
  return used;
}

std::unordered_map<std::string, AdministrativeSex> SexValues(const ValueFormat& format) {
  std::unordered_map<std::string, AdministrativeSex> sexes;
  // ISO/IEC 5218: 1 male, 2 female, 9 not applicable.
  for (const char* word : {"f", "female", "woman", "girl", "2"}) {
    sexes[word] = AdministrativeSex::kFemale;
  }
  for (const char* word : {"m", "male", "man", "boy", "1"}) {
    sexes[word] = AdministrativeSex::kMale;
  }
  for (const char* word : {"u", "unk", "unknown", "o", "oth", "other", "x", "a", "n", "un", "9",
                           "ambiguous", "undifferentiated", "nonbinary", "non-binary"}) {
    sexes[word] = AdministrativeSex::kUnknown;
  }
  for (const std::string& word : format.female) sexes[word] = AdministrativeSex::kFemale;
  for (const std::string& word : format.male) sexes[word] = AdministrativeSex::kMale;
  return sexes;
}

// Tells whether a record can be told from another at all.
bool TellsApart(const mpi::Features& features) {
  const bool named = std::any_of(
      features.names.begin(), features.names.end(),
      [](const mpi::NormalizedName& name) { return !name.family.empty() || !name.first.empty(); });
  return named || !features.ssns.empty() || !features.identifiers.empty() ||
         !features.phones.empty() || !features.emails.empty();
}

bool SameName(const HumanName& a, const HumanName& b) {
  const mpi::NormalizedName left = mpi::NormalizeName(a);
  const mpi::NormalizedName right = mpi::NormalizeName(b);
  return left.first == right.first && mpi::JoinedFamily(left) == mpi::JoinedFamily(right);
}

}  // namespace

PersonRow::PersonRow(const Columns& columns)
    : columns_(columns), used_(UsedColumns(columns)), sexes_(SexValues(columns.format)) {
  for (const char* word : {"y", "yes", "true", "t", "1"}) multiple_[word] = true;
  if (!columns.format.multiple.empty()) {
    multiple_.clear();
    for (const std::string& word : columns.format.multiple) multiple_[word] = true;
  }
  clean_.resize(used_.empty() ? 0 : used_.back() + 1);
}

void PersonRow::Report(IssueKind kind, int32_t column) {
  issues_->push_back({line_, column, kind});
}

absl::string_view PersonRow::CleanCell(absl::string_view cell, size_t column) {
  const auto is_ascii = [](absl::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<signed char>(c) >= 0; });
  };
  cell = absl::StripAsciiWhitespace(cell);
  const auto& missing = columns_.format.missing;
  if (IsNullWord(cell) || std::find(missing.begin(), missing.end(), cell) != missing.end()) {
    return {};
  }
  if (!is_ascii(cell)) {
    if (columns_.format.encoding == TextEncoding::kLatin1) {
      cell = converted_.emplace_back(Latin1ToUtf8(cell));
    } else if (!IsUtf8(CutText(cell, kCellBytesMax))) {
      Report(IssueKind::kInvalidUtf8, static_cast<int32_t>(column));
    }
  }
  if (cell.size() > kCellBytesMax) {
    Report(IssueKind::kLongValue, static_cast<int32_t>(column));
    cell = CutText(cell, kCellBytesMax);
  }
  return cell;
}

void PersonRow::Clean(const std::vector<absl::string_view>& cells) {
  converted_.clear();
  bool empty = true;
  for (const size_t column : used_) {
    clean_[column] = column < cells.size() ? CleanCell(cells[column], column) : absl::string_view();
    empty = empty && clean_[column].empty();
  }
  if (empty) Report(IssueKind::kEmptyRecord, Issue::kNoColumn);
}

absl::string_view PersonRow::First(const ColumnList& columns) const {
  return columns.empty() ? absl::string_view() : clean_[columns[0]];
}

std::string PersonRow::Joined(const ColumnList& columns) const {
  if (columns.size() == 1) return std::string(clean_[columns[0]]);
  std::string joined;
  for (const size_t column : columns) {
    if (clean_[column].empty()) continue;
    absl::StrAppend(&joined, joined.empty() ? "" : " ", clean_[column]);
  }
  return joined;
}

void PersonRow::Split(absl::string_view cell, std::vector<std::string>& values) const {
  if (cell.empty()) return;
  if (columns_.format.list_separator.empty()) {
    values.emplace_back(cell);
    return;
  }
  for (const absl::string_view part : absl::StrSplit(cell, columns_.format.list_separator)) {
    const absl::string_view value = absl::StripAsciiWhitespace(part);
    if (!value.empty()) values.emplace_back(value);
  }
}

std::vector<std::string> PersonRow::Each(const ColumnList& columns) const {
  std::vector<std::string> values;
  for (const size_t column : columns) Split(clean_[column], values);
  return values;
}

void PersonRow::ReadNames(Demographics& person) const {
  HumanName official;
  official.family = Joined(columns_.family);
  for (const ColumnList* list : {&columns_.given, &columns_.middle}) {
    for (const size_t column : *list) {
      if (!clean_[column].empty()) official.given.emplace_back(clean_[column]);
    }
  }
  official.suffix = Joined(columns_.suffix);
  std::vector<HumanName> others;
  for (std::string& family : Each(columns_.previous_family)) {
    others.push_back({"old", std::move(family), official.given, ""});
  }
  for (std::string& alias : Each(columns_.alias)) {
    // Registrars write JR where there is room.
    if (mpi::ParseGeneration(alias) == mpi::Generation::kNone) {
      others.push_back({"nickname", official.family, {std::move(alias)}, ""});
    } else if (official.suffix.empty()) {
      official.suffix = std::move(alias);
    }
  }
  if (!official.family.empty() || !official.given.empty()) {
    person.names.push_back(std::move(official));
  }
  for (const size_t column : columns_.full_name) AddFullName(clean_[column], person);
  for (HumanName& name : others) person.names.push_back(std::move(name));
}

// The whole name says what its parts leave out, and is a name of its own where it differs.
void PersonRow::AddFullName(absl::string_view text, Demographics& person) const {
  if (text.empty()) return;
  HumanName whole = mpi::SplitFullName(text);
  if (person.names.empty()) {
    person.names.push_back(std::move(whole));
    return;
  }
  HumanName& parts = person.names[0];
  if (parts.family.empty()) parts.family = whole.family;
  if (parts.given.empty()) parts.given = whole.given;
  if (parts.suffix.empty()) parts.suffix = whole.suffix;
  if (!SameName(parts, whole)) {
    person.names.push_back(std::move(whole));
  } else if (whole.given.size() > parts.given.size()) {
    parts.given = std::move(whole.given);
  }
}

void PersonRow::ReadBirthDate(Demographics& person) {
  mpi::DateOrder order = OrderOf(columns_.format.birth_date);
  std::string text(First(columns_.birth_date));
  const ColumnList* from = &columns_.birth_date;
  if (text.empty() && !First(columns_.birth_year).empty()) {
    from = &columns_.birth_year;
    order = mpi::DateOrder::kYearMonthDay;
    text = std::string(First(columns_.birth_year));
    for (const ColumnList* list : {&columns_.birth_month, &columns_.birth_day}) {
      const absl::string_view part = First(*list);
      if (part.empty() || part == "0" || part == "00") break;
      absl::StrAppend(&text, "-", part.size() == 1 ? "0" : "", part);
    }
  }
  if (text.empty()) return;
  const mpi::ParsedDate parsed = mpi::ParseDateText(text, order);
  person.birth_date = parsed.date;
  const auto column = static_cast<int32_t>((*from)[0]);
  if (parsed.impossible) {
    // A slip of the day leaves the year as it was.
    if (!parsed.date) {
      const bool parts = from == &columns_.birth_year;
      person.birth_date =
          PossiblePart(text, parts ? DateStyle::kYearMonthDay : columns_.format.birth_date);
    }
    Report(IssueKind::kImpossibleDate, column);
  } else if (!parsed.date) {
    Report(IssueKind::kUnreadableDate, column);
  }
}

void PersonRow::ReadSex(Demographics& person) {
  const absl::string_view text = First(columns_.sex);
  if (text.empty()) return;
  const auto found = sexes_.find(absl::AsciiStrToLower(text));
  if (found == sexes_.end()) {
    Report(IssueKind::kUnknownSex, static_cast<int32_t>(columns_.sex[0]));
  } else {
    person.sex = found->second;
  }
}

void PersonRow::ReadBirthOrder(Demographics& person) {
  constexpr uint32_t kBirthOrderMax = 20;
  person.multiple_birth =
      multiple_.count(absl::AsciiStrToLower(First(columns_.multiple_birth))) != 0;
  const absl::string_view text = First(columns_.birth_order);
  if (text.empty() || text == "0") return;
  uint32_t order = 0;
  if (absl::SimpleAtoi(text, &order) && order >= 1 && order <= kBirthOrderMax) {
    person.birth_order = order;
  } else {
    Report(IssueKind::kBadBirthOrder, static_cast<int32_t>(columns_.birth_order[0]));
  }
}

void PersonRow::ReadContacts(Demographics& person) const {
  for (const std::string& phone : Each(columns_.phone)) {
    person.phones.push_back(WithCountry(phone, columns_.format.phone_country));
  }
  person.emails = Each(columns_.email);
  for (std::string& ssn : Each(columns_.ssn)) {
    person.identifiers.push_back({kSsnSystem, std::move(ssn)});
  }
  person.mother_maiden_name = Joined(columns_.mother_maiden);
}

void PersonRow::ReadAddress(const AddressColumns& from, Demographics& person) const {
  PostalAddress address;
  if (const std::string whole = Joined(from.whole); !whole.empty()) {
    address = SplitWholeAddress(whole);
  }
  std::string line = Joined(from.house_number);
  if (const std::string street = Joined(from.street); !street.empty()) {
    absl::StrAppend(&line, line.empty() ? "" : " ", street);
  }
  for (std::string& text : std::vector<std::string>{std::move(line), Joined(from.street2)}) {
    if (!text.empty()) address.lines.push_back(std::move(text));
  }
  const std::pair<const ColumnList*, std::string*> parts[] = {
      {&from.city, &address.city},
      {&from.state, &address.state},
      {&from.postal_code, &address.postal_code},
      {&from.country, &address.country}};
  for (const auto& [columns, part] : parts) {
    if (std::string text = Joined(*columns); !text.empty()) *part = std::move(text);
  }
  if (!(address == PostalAddress{})) person.addresses.push_back(std::move(address));
}

std::string PersonRow::SystemOf(const IdentifierColumns& identifier) const {
  const std::string assigner = Joined(identifier.assigner);
  return assigner.empty() ? identifier.system : absl::StrCat(identifier.system, "/", assigner);
}

// Not through Demographics: the column file knows what an unknown system is.
void PersonRow::AddIdentifiers(mpi::Features& features) const {
  for (const IdentifierColumns& identifier : columns_.identifiers) {
    const std::string system = SystemOf(identifier);
    for (const std::string& text : Each(identifier.from)) {
      mpi::NormalizedIdentifier value{system, mpi::FoldCompact(text), identifier.kind};
      if (value.value.empty() || mpi::IsIdentifierNonValue(value.value)) continue;
      if (features.identifiers.size() >= mpi::kIdentifiersComparedMax) return;
      const auto& known = features.identifiers;
      if (std::find(known.begin(), known.end(), value) == known.end()) {
        features.identifiers.push_back(std::move(value));
      }
    }
  }
}

void PersonRow::AddExtras(mpi::Features& features) const {
  for (size_t i = 0; i < columns_.extras.size() && i < features.extras.size(); ++i) {
    std::string value = mpi::FoldText(Joined(columns_.extras[i].from));
    if (mpi::IsNameNonValue(value)) value.clear();
    features.extras[i] = std::move(value);
  }
}

Demographics PersonRow::ReadCells(const std::vector<absl::string_view>& cells, uint64_t line,
                                  std::vector<Issue>& issues) {
  line_ = line;
  issues_ = &issues;
  Clean(cells);
  Demographics person;
  ReadNames(person);
  ReadBirthDate(person);
  ReadSex(person);
  ReadBirthOrder(person);
  ReadContacts(person);
  ReadAddress(columns_.address, person);
  ReadAddress(columns_.previous_address, person);
  return person;
}

Demographics PersonRow::ReadPerson(const std::vector<absl::string_view>& cells, uint64_t line,
                                   std::vector<Issue>& issues) {
  Demographics person = ReadCells(cells, line, issues);
  for (const IdentifierColumns& identifier : columns_.identifiers) {
    for (std::string& value : Each(identifier.from)) {
      person.identifiers.push_back({SystemOf(identifier), std::move(value)});
    }
  }
  return person;
}

mpi::Features PersonRow::Read(const std::vector<absl::string_view>& cells, uint64_t line,
                              std::vector<Issue>& issues) {
  const size_t issues_before = issues.size();
  const Demographics person = ReadCells(cells, line, issues);
  const bool empty =
      std::any_of(issues.begin() + static_cast<std::ptrdiff_t>(issues_before), issues.end(),
                  [](const Issue& issue) { return issue.kind == IssueKind::kEmptyRecord; });
  mpi::Features features = mpi::Normalize(person);
  AddIdentifiers(features);
  AddExtras(features);
  if (!empty && !TellsApart(features)) Report(IssueKind::kNothingIdentifies, Issue::kNoColumn);
  return features;
}

}  // namespace hie::ctl::matching

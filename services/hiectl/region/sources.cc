#include "services/hiectl/region/sources.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/hiectl/region/misspelling.h"
#include "services/hiectl/region/places.h"
#include "services/hiectl/region/vocabulary.h"

namespace hie::region {
namespace {

using absl::string_view;

// clang-format off
constexpr SourceHabits kSources[] = {
    //id       mrn  vis ssn  l4  ph  mid  ini  suf dob adr tel tph mail mmn ins frm typ nick
    {"north",  "N", 28, 700,  40, 10, 600, 600, 600,  3, 15, 80,  5, 350, 120, 550, 300, 14, 40,
     false, false, false, false, false, false},
    {"lakes",  "L", 12,   0, 550,  0, 450, 500, 500,  5, 20, 60,  5, 550,  50, 650, 150, 16, 90,
     false, false, false, false, false, false},
    {"valley", "V", 20, 650,  60, 10, 650, 900, 450,  3, 20, 90, 10, 150,  80, 500, 150, 18, 30,
     true,  true,  false, false, false, false},
    {"harbor", "H", 14, 520,  30, 90, 500, 700, 400, 18, 40, 60, 90, 200,  60, 400, 100, 26, 50,
     false, false, true,  false, false, false},
    {"ridge",  "R",  8,   0,   0,  0, 400, 500, 350, 12, 60, 150, 5,  50,  40, 450, 100, 30, 40,
     false, false, false, true,  false, false},
    {"quay",   "Q",  5, 300,   0,  5, 500, 400, 500,  2, 10, 30,  5, 450, 600, 600, 100, 14, 60,
     false, false, false, false, true,  true},
    {"corner", "C",  8,   0,   0,  0, 150, 950, 250,  2, 450, 40, 10, 250,  0, 900,   0, 20, 120,
     true,  false, false, false, false, false},
    {"county", "P",  5, 180, 100,  5, 650, 300, 650,  2, 20, 150, 5, 100, 700, 150, 350, 12, 20,
     false, false, false, false, true,  false}};
// clang-format on

// Per mille, at every source.
constexpr int kStaleAddress = 80;  // The clerk did not ask again.
constexpr int kRewrittenAddress = 500;
constexpr int kStreetSlip = 25;
constexpr int kZipSlip = 6;
constexpr int kWrongSex = 3;
constexpr int kSpousesSsn = 6;
constexpr int kBabyName = 350;
constexpr int kBabyMothersName = 150;
constexpr int kOtherSpellingOfImmigrant = 120;
constexpr int kOtherSpelling = 15;
constexpr int kNamesSwapped = 3;
constexpr int kGivenAsInitial = 4;
constexpr int kHyphenLost = 250;
constexpr int kHalfOfTwoSurnames = 350;
constexpr int kSecondPhone = 120;
constexpr int kMultipleBirthSaid = 500;

constexpr string_view kPlaceholderSsns[] = {"999-99-9999", "000-00-0000", "123-45-6789",
                                            "111-11-1111"};
constexpr string_view kPlaceholderPhones[] = {"999-999-9999", "000-000-0000", "5555555555",
                                              "(111) 111-1111"};

std::string Slipped(std::string text, const SourceHabits& source, int per_mille, Dice& dice) {
  if (!dice.Chance(per_mille)) return text;
  if (source.scanned && dice.Chance(700)) return Misspell(text, Slip::kScanned, dice);
  return Mistype(text, dice);
}

std::string WrittenFamily(const Person& person, const SourceHabits& source, int year, Dice& dice) {
  std::string family = At(person.family, year);
  if (const size_t hyphen = family.find('-'); hyphen != std::string::npos) {
    if (dice.Chance(kHyphenLost)) {
      if (dice.Chance(400)) {
        family[hyphen] = ' ';
      } else {
        family = dice.Chance(500) ? family.substr(hyphen + 1) : family.substr(0, hyphen);
      }
    }
  } else if (const size_t space = family.find(' '); space != std::string::npos) {
    const std::string first = family.substr(0, space);
    const std::string second = family.substr(space + 1);
    if (dice.Chance(kHalfOfTwoSurnames)) {
      family = dice.Chance(750) ? first : second;
    } else if (dice.Chance(150)) {
      family = absl::StrCat(first, "-", second);
    }
    return Slipped(family, source, source.typing, dice);
  }
  if (dice.Chance(person.immigrant ? kOtherSpellingOfImmigrant : kOtherSpelling)) {
    const std::string other = OtherSpelling(family, dice.Below(8));
    if (!other.empty()) family = other;
  }
  if (source.accents) family = Accented(family);
  return Slipped(std::move(family), source, source.typing, dice);
}

std::string WrittenGiven(const Person& person, const SourceHabits& source, Dice& dice) {
  std::string given = person.given;
  if (dice.Chance(source.nickname)) {
    const string_view nickname = NicknameOf(given);
    if (!nickname.empty()) given = std::string(nickname);
  } else if (dice.Chance(person.immigrant ? kOtherSpellingOfImmigrant : kOtherSpelling)) {
    const std::string other = OtherSpelling(given, dice.Below(8));
    if (!other.empty()) given = other;
  }
  if (source.accents) given = Accented(given);
  if (dice.Chance(kGivenAsInitial)) return given.substr(0, 1);
  return Slipped(std::move(given), source, source.typing, dice);
}

HumanName WrittenName(const Person& person, const SourceHabits& source, int year, Dice& dice) {
  HumanName name;
  name.use = "official";
  name.family = WrittenFamily(person, source, year, dice);
  name.given = {WrittenGiven(person, source, dice)};
  if (!person.middle.empty() && dice.Chance(source.middle)) {
    std::string middle =
        dice.Chance(source.middle_initial) ? person.middle.substr(0, 1) : person.middle;
    if (source.middle_in_given) {
      absl::StrAppend(&name.given[0], " ", middle);
    } else {
      name.given.push_back(std::move(middle));
    }
  }
  if (dice.Chance(source.suffix)) name.suffix = person.suffix;
  if (dice.Chance(kNamesSwapped)) std::swap(name.family, name.given[0]);
  return name;
}

// A birth hospital writes the mother's name down before the child has one.
void WriteBaby(const Person& person, Demographics& d, Dice& dice) {
  HumanName& name = d.names[0];
  const bool girl = person.sex == AdministrativeSex::kFemale;
  name.given = {girl ? "BABY GIRL" : "BABY BOY"};
  if (person.birth_order != 0)
    absl::StrAppend(&name.given[0], person.birth_order == 1 ? " A" : " B");
  if (dice.Chance(kBabyMothersName)) name.family = person.mother_maiden_name;
  name.suffix.clear();
  d.mother_maiden_name = person.mother_maiden_name;
}

PostalAddress WrittenAddress(const Person& person, const SourceHabits& source, int year,
                             Dice& dice) {
  const int asked = dice.Chance(kStaleAddress) ? year - dice.Between(1, 5) : year;
  PostalAddress address = At(person.address, asked);
  if (dice.Chance(kRewrittenAddress)) address = Rewritten(address, dice);
  std::string& line = address.lines[0];
  if (dice.Chance(kStreetSlip)) {
    line = dice.Chance(350) ? MistypeDigits(line, dice) : Slipped(line, source, 1000, dice);
  }
  if (dice.Chance(kZipSlip)) address.postal_code = MistypeDigits(address.postal_code, dice);
  return address;
}

std::string FormatPhone(string_view digits, const SourceHabits& source) {
  if (source.upper_case) return std::string(digits);
  return absl::StrCat(source.accents ? "" : "(", digits.substr(0, 3), source.accents ? "-" : ") ",
                      digits.substr(3, 3), "-", digits.substr(6));
}

void WritePhones(const Person& person, const SourceHabits& source, int year, Dice& dice,
                 Demographics& d) {
  if (dice.Chance(source.phone_placeholder)) {
    d.phones.emplace_back(dice.Pick<string_view>(kPlaceholderPhones));
    return;
  }
  if (dice.Chance(source.phone_missing)) return;
  const std::string& phone = At(person.phone, year);
  if (phone.empty()) return;
  std::string written = FormatPhone(phone, source);
  if (dice.Chance(source.typing)) written = MistypeDigits(written, dice);
  d.phones.push_back(std::move(written));
  if (!dice.Chance(kSecondPhone)) return;
  const std::string& former = At(person.phone, year - 6);
  if (former != phone && !former.empty()) d.phones.push_back(FormatPhone(former, source));
}

void WriteSsn(const Person& person, const SourceHabits& source, Dice& dice, Demographics& d) {
  const std::string system(kSsnSystem);
  if (dice.Chance(source.ssn_placeholder)) {
    d.identifiers.push_back({system, std::string(dice.Pick<string_view>(kPlaceholderSsns))});
    return;
  }
  const int draw = static_cast<int>(dice.Below(1000));
  if (draw >= source.ssn_full + source.ssn_last_four) return;
  const bool mistaken = !person.household_ssn.empty() && dice.Chance(kSpousesSsn);
  std::string ssn = mistaken ? person.household_ssn : person.ssn;
  if (ssn.empty()) return;
  if (dice.Chance(source.typing / 2)) ssn = MistypeDigits(ssn, dice);
  if (draw >= source.ssn_full) {
    ssn = ssn.substr(5);
  } else if (!source.upper_case) {
    ssn = absl::StrCat(ssn.substr(0, 3), "-", ssn.substr(3, 2), "-", ssn.substr(5));
  }
  d.identifiers.push_back({system, std::move(ssn)});
}

void WriteBirth(const Person& person, const SourceHabits& source, Dice& dice, Demographics& d) {
  if (dice.Chance(source.birth_date_missing)) {
    if (source.pads_birth_date) d.birth_date = CivilDate{1900, 1, 1};
  } else {
    d.birth_date = person.birth_date;
    if (dice.Chance(source.typing * 2 / 3)) d.birth_date = MistypeDate(person.birth_date, dice);
  }
  d.sex = person.sex;
  if (dice.Chance(kWrongSex)) {
    const bool female = person.sex == AdministrativeSex::kFemale;
    d.sex = female ? AdministrativeSex::kMale : AdministrativeSex::kFemale;
  }
  if (dice.Chance(source.mother_maiden)) {
    d.mother_maiden_name = Slipped(person.mother_maiden_name, source, source.typing, dice);
  }
  if (person.birth_order != 0 && dice.Chance(std::max(kMultipleBirthSaid, source.mother_maiden))) {
    d.multiple_birth = true;
    if (dice.Chance(700)) d.birth_order = person.birth_order;
  }
}

void Shout(Demographics& d) {
  for (HumanName& name : d.names) {
    absl::AsciiStrToUpper(&name.family);
    for (std::string& given : name.given) absl::AsciiStrToUpper(&given);
  }
  for (PostalAddress& address : d.addresses) {
    for (std::string& line : address.lines) absl::AsciiStrToUpper(&line);
    absl::AsciiStrToUpper(&address.city);
  }
  absl::AsciiStrToUpper(&d.mother_maiden_name);
}

}  // namespace

absl::Span<const SourceHabits> Sources() { return kSources; }

Demographics WriteDown(const Person& person, const SourceHabits& source, int year, Dice& dice) {
  Demographics d;
  d.names = {WrittenName(person, source, year, dice)};
  const std::string& former = person.family.front().value;
  if (former != At(person.family, year) && dice.Chance(source.former_name)) {
    d.names.push_back({"maiden", former, {}, ""});
  }
  WriteBirth(person, source, dice, d);
  if (!dice.Chance(source.address_missing)) {
    d.addresses = {WrittenAddress(person, source, year, dice)};
  }
  WritePhones(person, source, year, dice, d);
  if (!person.email.empty() && dice.Chance(source.email)) d.emails = {person.email};
  const bool baby = year <= person.birth_date.year && dice.Chance(kBabyName);
  if (baby) {
    WriteBaby(person, d, dice);
  } else {
    WriteSsn(person, source, dice, d);
    if (dice.Chance(source.insurance)) {
      d.identifiers.push_back({std::string(kInsuranceSystem), At(person.insurance, year)});
    }
  }
  if (source.upper_case) Shout(d);
  return d;
}

bool IsBabyName(const HumanName& name) {
  return !name.given.empty() && absl::StartsWith(name.given[0], "BABY ");
}

}  // namespace hie::region

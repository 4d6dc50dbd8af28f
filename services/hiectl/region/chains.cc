// Chains made to mislead: each neighbour looks like the next, in other fields each time, and the
// ends are strangers.  A matcher that follows strong links from record to record swallows a chain
// whole.

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/hiectl/region/family_names.h"
#include "services/hiectl/region/given_names.h"
#include "services/hiectl/region/misspelling.h"
#include "services/hiectl/region/places.h"
#include "services/hiectl/region/profiles.h"
#include "services/hiectl/region/sources.h"

namespace hie::region {
namespace {

using absl::string_view;

// Per mille.
constexpr int kChainOfPairs = 300;
constexpr int kSuffixWritten = 500;
constexpr int kSsnWritten = 700;
constexpr int kBirthOrderWritten = 500;

constexpr size_t kLengthMin = 3;
constexpr size_t kLengthMax = 8;

// Names of twins and triplets that differ in a letter.
struct Rhyme {
  AdministrativeSex sex;
  string_view names[3];
};
constexpr Rhyme kRhymes[] = {{AdministrativeSex::kMale, {"Jayden", "Hayden", "Kayden"}},
                             {AdministrativeSex::kFemale, {"Mia", "Mya", "Maya"}},
                             {AdministrativeSex::kFemale, {"Hailey", "Kailey", "Bailey"}},
                             {AdministrativeSex::kMale, {"Darren", "Warren", "Daren"}},
                             {AdministrativeSex::kMale, {"Erik", "Eric", "Derik"}},
                             {AdministrativeSex::kMale, {"Jason", "Mason", "Jaxon"}},
                             {AdministrativeSex::kFemale, {"Alana", "Alaina", "Alanna"}},
                             {AdministrativeSex::kMale, {"Ronald", "Donald", "Roland"}}};

// What a member of a chain has; the next member takes some of it over.
struct Link {
  std::string given;
  std::string middle;
  std::string family;
  std::string suffix;
  AdministrativeSex sex = AdministrativeSex::kMale;
  CivilDate born;
  std::string ssn;
  std::string phone;
  std::string email;
  PostalAddress address;
  uint32_t birth_order = 0;
};

class ChainForge {
 public:
  ChainForge(uint64_t seed, RecordSink& sink) : dice_(seed ^ 0x636861696e73u), sink_(sink) {}

  void Fill() {
    for (; !sink_.full(); ++chain_) {
      pairs_ = dice_.Chance(kChainOfPairs);
      switch (chain_ % 4) {
        case 0:
          ForgeNamesakes();
          break;
        case 1:
          ForgeTwins();
          break;
        case 2:
          ForgeHousehold();
          break;
        default:
          ForgeRolling();
      }
    }
  }

 private:
  size_t Length() { return kLengthMin + dice_.Below(kLengthMax - kLengthMin + 1); }

  CivilDate DateIn(int year) {
    const int month = dice_.Between(1, 12);
    return {year, month, dice_.Between(1, DaysInMonth(year, month))};
  }

  std::string NewSsn() {
    return absl::StrFormat("%03d-%02d-%04d", dice_.Between(1, 600), dice_.Between(1, 99),
                           dice_.Between(1, 9990));
  }

  std::string NewPhone() {
    return absl::StrFormat("(%s) %03d-%04d", dice_.Chance(500) ? "313" : "248",
                           dice_.Between(200, 979), dice_.Between(0, 9999));
  }

  Link Stranger() {
    Link link;
    link.sex = dice_.Chance(500) ? AdministrativeSex::kMale : AdministrativeSex::kFemale;
    link.born = DateIn(dice_.Between(1940, 2005));
    link.family = families_.Draw(dice_).text;
    link.given = GivenFor(link);
    link.middle = GivenFor(link);
    link.ssn = NewSsn();
    link.phone = NewPhone();
    link.email =
        absl::StrCat(absl::AsciiStrToLower(link.given), dice_.Below(10000), "@mail.example");
    link.address = DrawAddress(DrawPlace(dice_), dice_);
    return link;
  }

  std::string GivenFor(const Link& link) {
    return givens_.Draw(link.sex, link.born.year, Origin::kEnglish, dice_);
  }

  // Grandfather, father, son and cousins of one name at one address.
  void ForgeNamesakes() {
    Link link = Stranger();
    link.sex = AdministrativeSex::kMale;
    link.born = DateIn(dice_.Between(1915, 1930));
    link.given = GivenFor(link);
    constexpr std::array<string_view, 4> kSuffixes = {"SR", "JR", "III", "IV"};
    for (size_t i = 0, length = Length(); i < length; ++i) {
      Link member = link;
      member.ssn = NewSsn();
      member.email = "";
      // Every other one is a cousin, born a digit beside the one before.
      member.suffix = i % 2 == 0 ? std::string(kSuffixes[std::min<size_t>(i / 2, 3)]) : "";
      if (!dice_.Chance(kSuffixWritten)) member.suffix.clear();
      if (i % 2 == 1) {
        member.born = MistypeDate(link.born, dice_);
      } else {
        const int year = std::min(2020, link.born.year + dice_.Between(20, 30));
        // One son in five shares his father's birthday.
        link.born = dice_.Chance(200)
                        ? CivilDate{year, link.born.month, std::min(link.born.day, 28)}
                        : DateIn(year);
      }
      Put(member);
    }
  }

  // Twins or triplets whose names differ by a letter and whose numbers follow one another.
  void ForgeTwins() {
    Link link = Stranger();
    link.born = DateIn(dice_.Between(1990, 2024));
    link.email.clear();
    const Rhyme& rhyme = dice_.Pick<Rhyme>(kRhymes);
    link.sex = rhyme.sex;
    const int serial = dice_.Between(1, 9900);
    const std::string front = NewSsn().substr(0, 7);
    const size_t count = dice_.Chance(700) ? 2 : 3;
    for (size_t i = 0; i < count; ++i) {
      link.given = std::string(rhyme.names[i]);
      link.middle = GivenFor(link);
      link.ssn = absl::StrFormat("%s%04d", front, serial + static_cast<int>(i));
      link.birth_order = dice_.Chance(kBirthOrderWritten) ? static_cast<uint32_t>(i + 1) : 0;
      Put(link);
    }
  }

  // People of one door: each shares phone or e-mail with the next, a spouse's number is typed, the
  // phone goes on to a stranger.
  void ForgeHousehold() {
    Link link = Stranger();
    for (size_t i = 0, length = Length(); i < length; ++i) {
      Put(link);
      Link next = Stranger();
      switch (dice_.Below(4)) {
        case 0:  // The spouse, under the first one's number.
          next.family = link.family;
          next.address = link.address;
          next.phone = link.phone;
          next.ssn = link.ssn;
          break;
        case 1:  // A child with the parent's e-mail and phone.
          next.family = link.family;
          next.address = link.address;
          next.phone = link.phone;
          next.email = link.email;
          next.born = DateIn(std::min(2024, link.born.year + 27));
          break;
        case 2:  // The next owner of the phone, by chance of the same first name and year.
          next.phone = link.phone;
          next.given = link.given;
          next.sex = link.sex;
          next.born.year = link.born.year;
          next.born.day = std::min(next.born.day, 28);
          break;
        default:  // The next tenant, with the same family name.
          next.address = link.address;
          next.family = link.family;
      }
      link = std::move(next);
    }
  }

  // Two of name, birth date, number and place go on to the next; each time another two.
  void ForgeRolling() {
    Link link = Stranger();
    for (size_t i = 0, length = Length(); i < length; ++i) {
      Put(link);
      Link next = Stranger();
      const size_t kept = dice_.Below(4);
      const bool name = kept == 0 || kept == 3;
      const bool date = kept == 1 || kept == 3;
      if (name) {
        next.given = link.given;
        next.middle = link.middle;
        next.family = link.family;
        next.sex = link.sex;
      }
      if (date) next.born = link.born;
      if (kept == 2) next.ssn = link.ssn;
      if (kept != 3) {
        next.address = link.address;
        next.phone = link.phone;
      }
      link = std::move(next);
    }
  }

  // Puts the member's record, and in a chain of pairs a second one that says less.
  void Put(const Link& link) {
    GeneratedRecord record;
    record.entity = entity_++;
    record.household = chain_;
    record.source = std::string(Sources()[0].id);
    record.mrn = absl::StrFormat("X%07d", ++mrns_);
    Demographics& d = record.demographics;
    d.names = {{"official", link.family, {link.given}, link.suffix}};
    if (dice_.Chance(500)) d.names[0].given.push_back(link.middle.substr(0, 1));
    d.birth_date = link.born;
    d.sex = link.sex;
    d.addresses = {link.address};
    d.phones = {link.phone};
    if (!link.email.empty()) d.emails = {link.email};
    d.multiple_birth = link.birth_order != 0;
    d.birth_order = link.birth_order;
    if (dice_.Chance(kSsnWritten)) d.identifiers = {{std::string(kSsnSystem), link.ssn}};
    sink_.Put(record);
    if (pairs_) {
      record.source = std::string(Sources()[1].id);
      record.mrn = absl::StrFormat("X%07d", ++mrns_);
      d.identifiers.clear();
      d.names[0].suffix.clear();
      d.birth_order = 0;
      d.multiple_birth = false;
      if (dice_.Chance(500)) d.names[0].given[0] = Mistype(d.names[0].given[0], dice_);
      if (dice_.Chance(300)) d.birth_date.reset();
      sink_.Put(record);
    }
    sink_.PersonDone();
  }

  const FamilyNameBook families_;
  const GivenNameBook givens_;
  Dice dice_;
  RecordSink& sink_;
  uint64_t chain_ = 0;
  uint64_t entity_ = 0;
  uint64_t mrns_ = 0;
  bool pairs_ = false;  // Each member of this chain has two records.
};

}  // namespace

void GenerateChains(uint64_t seed, RecordSink& sink) { ChainForge(seed, sink).Fill(); }

}  // namespace hie::region

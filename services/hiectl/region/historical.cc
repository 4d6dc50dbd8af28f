// Persons of earlier centuries as encyclopedias and registers hold them: no number, no address,
// often a year for a date, and many records each.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/hiectl/region/family_names.h"
#include "services/hiectl/region/given_names.h"
#include "services/hiectl/region/misspelling.h"
#include "services/hiectl/region/profiles.h"
#include "services/hiectl/region/vocabulary.h"

namespace hie::region {
namespace {

using absl::string_view;

struct BirthPlace {
  string_view name;
  string_view post_area;
};
constexpr BirthPlace kPlaces[] = {{"London", "SW"},
                                  {"London", "EC"},
                                  {"Westminster", "W"},
                                  {"Bristol", "BS"},
                                  {"Manchester", "M"},
                                  {"Liverpool", "L"},
                                  {"Birmingham", "B"},
                                  {"Leeds", "LS"},
                                  {"Sheffield", "S"},
                                  {"York", "YO"},
                                  {"Bath", "BA"},
                                  {"Oxford", "OX"},
                                  {"Cambridge", "CB"},
                                  {"Norwich", "NR"},
                                  {"Exeter", "EX"},
                                  {"Plymouth", "PL"},
                                  {"Portsmouth", "PO"},
                                  {"Southampton", "SO"},
                                  {"Canterbury", "CT"},
                                  {"Dover", "CT"},
                                  {"Brighton", "BN"},
                                  {"Nottingham", "NG"},
                                  {"Leicester", "LE"},
                                  {"Derby", "DE"},
                                  {"Lincoln", "LN"},
                                  {"Hull", "HU"},
                                  {"Newcastle upon Tyne", "NE"},
                                  {"Durham", "DH"},
                                  {"Carlisle", "CA"},
                                  {"Chester", "CH"},
                                  {"Shrewsbury", "SY"},
                                  {"Worcester", "WR"},
                                  {"Gloucester", "GL"},
                                  {"Cheltenham", "GL"},
                                  {"Cardiff", "CF"},
                                  {"Swansea", "SA"},
                                  {"Bangor", "LL"},
                                  {"Edinburgh", "EH"},
                                  {"Glasgow", "G"},
                                  {"Aberdeen", "AB"},
                                  {"Dundee", "DD"},
                                  {"Inverness", "IV"},
                                  {"Perth", "PH"},
                                  {"Stirling", "FK"},
                                  {"Belfast", "BT"},
                                  {"Dublin", "D"},
                                  {"Cork", "T"},
                                  {"Ipswich", "IP"},
                                  {"Colchester", "CO"},
                                  {"Bury St Edmunds", "IP"},
                                  {"Northampton", "NN"},
                                  {"Bedford", "MK"},
                                  {"Reading", "RG"},
                                  {"Guildford", "GU"},
                                  {"Croydon", "CR"},
                                  {"Kingston upon Thames", "KT"},
                                  {"Rochester", "ME"},
                                  {"Stoke", "ST"},
                                  {"Preston", "PR"},
                                  {"Lancaster", "LA"}};
constexpr string_view kOccupations[] = {
    "politician",     "writer",       "poet",         "painter",    "architect",  "clergyman",
    "priest",         "physician",    "surgeon",      "lawyer",     "judge",      "merchant",
    "banker",         "engineer",     "botanist",     "chemist",    "astronomer", "mathematician",
    "naval officer",  "army officer", "soldier",      "sailor",     "explorer",   "cricketer",
    "rugby player",   "footballer",   "actor",        "singer",     "composer",   "organist",
    "schoolmaster",   "historian",    "printer",      "publisher",  "bookseller", "journalist",
    "farmer",         "landowner",    "baronet",      "peer",       "diplomat",   "antiquary",
    "sculptor",       "engraver",     "photographer", "clockmaker", "brewer",     "missionary",
    "philanthropist", "nurse"};
constexpr string_view kTitles[] = {"Sir ", "Dr. ", "Rev. ", "Capt. ", "Lord ", "Mr "};
constexpr string_view kAfterNames[] = {", 1st Baronet", " of London", ", MP", " (the elder)",
                                       " Esq."};

constexpr size_t kRecordsMin = 3;
constexpr size_t kRecordsMax = 20;

// Per mille.
constexpr int kNameMissing = 100;
constexpr int kNameGarbled = 200;
constexpr int kBirthMissing = 250;
constexpr int kPlaceMissing = 300;
constexpr int kOccupationMissing = 300;
constexpr int kPostcodeMissing = 350;
constexpr int kSexMissing = 150;

// One person as they truly were.
struct Ancestor {
  uint64_t entity = 0;
  AdministrativeSex sex = AdministrativeSex::kUnspecified;
  std::string given;
  std::string middle;
  std::string family;
  std::string other_family;  // Of a married woman or an ennobled man; may be empty.
  CivilDate born;
  const BirthPlace* place = nullptr;
  std::string occupation;
  std::string postcode;
};

class Archive {
 public:
  Archive(uint64_t seed, RecordSink& sink) : dice_(seed ^ 0x686973746f7279u), sink_(sink) {}

  void Fill() {
    for (uint64_t entity = 0; !sink_.full(); ++entity) {
      const Ancestor person = Draw(entity);
      size_t records = kRecordsMin + std::min(dice_.Below(kRecordsMax - kRecordsMin + 1),
                                              dice_.Below(kRecordsMax - kRecordsMin + 1));
      for (; records > 0; --records) sink_.Put(Write(person));
      sink_.PersonDone();
    }
  }

 private:
  Ancestor Draw(uint64_t entity) {
    constexpr int kNamesLike = 1935;  // The oldest decade of the book.
    Ancestor person;
    person.entity = entity;
    person.sex = dice_.Chance(780) ? AdministrativeSex::kMale : AdministrativeSex::kFemale;
    person.given = givens_.Draw(person.sex, kNamesLike, Origin::kEnglish, dice_);
    if (dice_.Chance(500)) {
      person.middle = givens_.Draw(person.sex, kNamesLike, Origin::kEnglish, dice_);
    }
    person.family = families_.Draw(dice_).text;
    const bool other = dice_.Chance(person.sex == AdministrativeSex::kFemale ? 500 : 40);
    if (other) person.other_family = families_.Draw(dice_).text;
    // Later centuries have left more records.
    const int year = 1550 + std::max(dice_.Between(0, 370), dice_.Between(0, 370));
    const int month = dice_.Between(1, 12);
    person.born = {year, month, dice_.Between(1, DaysInMonth(year, month))};
    person.place = &dice_.Pick<BirthPlace>(kPlaces);
    person.occupation = std::string(dice_.Pick<string_view>(kOccupations));
    person.postcode = absl::StrFormat("%s%d %d%c%c", person.place->post_area, dice_.Between(1, 40),
                                      dice_.Between(1, 9), 'A' + dice_.Between(0, 25),
                                      'A' + dice_.Between(0, 25));
    return person;
  }

  GeneratedRecord Write(const Ancestor& person) {
    GeneratedRecord record;
    record.entity = record.household = person.entity;
    std::string given = Garbled(person.given);
    const bool other = !person.other_family.empty() && dice_.Chance(400);
    std::string family = Garbled(other ? person.other_family : person.family);
    record.full_name = FullName(person, given, family);
    if (dice_.Chance(kNameMissing)) given.clear();
    if (dice_.Chance(kNameMissing)) family.clear();
    if (dice_.Chance(kNameMissing)) record.full_name.clear();
    // A record without any name is in no register.
    if (given.empty() && family.empty())
      record.full_name = FullName(person, person.given, person.family);
    Demographics& d = record.demographics;
    d.names = {{"official", family, {}, ""}};
    if (!given.empty()) d.names[0].given = {given};
    if (!dice_.Chance(kSexMissing)) d.sex = person.sex;
    record.birth_text = BirthText(person.born);
    if (!dice_.Chance(kPlaceMissing)) record.birth_place = PlaceText(*person.place);
    if (!dice_.Chance(kOccupationMissing)) {
      record.occupation = dice_.Chance(200) ? std::string(dice_.Pick<string_view>(kOccupations))
                                            : person.occupation;
    }
    if (!dice_.Chance(kPostcodeMissing)) {
      PostalAddress address;
      address.postal_code = PostcodeText(person.postcode);
      d.addresses = {std::move(address)};
    }
    return record;
  }

  std::string Garbled(const std::string& name) {
    if (!dice_.Chance(kNameGarbled)) return name;
    switch (dice_.Below(5)) {
      case 0:
        return name.substr(0, 1);
      case 1: {
        const string_view nickname = NicknameOf(name);
        return nickname.empty() ? Mistype(name, dice_) : std::string(nickname);
      }
      case 2:
        return absl::AsciiStrToUpper(name);
      default:
        return Mistype(name, dice_);
    }
  }

  std::string FullName(const Ancestor& person, const std::string& given,
                       const std::string& family) {
    std::string middle;
    if (!person.middle.empty() && dice_.Chance(500)) {
      middle = absl::StrCat(" ", dice_.Chance(300) ? person.middle.substr(0, 1) : person.middle);
    }
    if (dice_.Chance(120)) return absl::StrCat(family, ", ", given, middle);
    const string_view title = dice_.Chance(100) ? dice_.Pick<string_view>(kTitles) : "";
    const string_view after = dice_.Chance(80) ? dice_.Pick<string_view>(kAfterNames) : "";
    return absl::StrCat(title, given, middle, " ", family, after);
  }

  std::string BirthText(CivilDate born) {
    if (dice_.Chance(kBirthMissing)) return "";
    if (dice_.Chance(60)) born.year += dice_.Chance(500) ? 1 : -1;
    std::string text = absl::StrFormat("%04d-%02d-%02d", born.year, born.month, born.day);
    const size_t kind = dice_.Below(1000);
    if (kind < 250) return absl::StrCat(text.substr(0, 4), "-01-01");
    if (kind < 350) return text.substr(0, 4);
    return kind < 430 ? MistypeDigits(text, dice_) : text;
  }

  std::string PlaceText(const BirthPlace& place) {
    std::string text(place.name);
    if (dice_.Chance(100)) return Mistype(text, dice_);
    if (dice_.Chance(60)) return std::string(dice_.Pick<BirthPlace>(kPlaces).name);
    return dice_.Chance(100) ? absl::StrCat(text, ", England") : text;
  }

  std::string PostcodeText(const std::string& postcode) {
    if (dice_.Chance(150)) return MistypeDigits(postcode, dice_);
    return dice_.Chance(150) ? postcode.substr(0, postcode.find(' ')) : postcode;
  }

  const FamilyNameBook families_;
  const GivenNameBook givens_;
  Dice dice_;
  RecordSink& sink_;
};

}  // namespace

void GenerateHistorical(uint64_t seed, RecordSink& sink) { Archive(seed, sink).Fill(); }

}  // namespace hie::region

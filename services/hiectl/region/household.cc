#include "services/hiectl/region/household.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/hiectl/region/misspelling.h"
#include "services/hiectl/region/places.h"

namespace hie::region {
namespace {

using absl::string_view;

// Per mille unless said otherwise; sources in the README.
constexpr int kCouple = 560;
constexpr int kSingleParent = 150;
// A delivery of twins counts two infants: 16.3 of 1,000 deliveries give 32 of 1,000 infants.
constexpr int kTwinDeliveriesPer10000 = 163;
constexpr int kTwinsOfOneSex = 640;
constexpr int kSonNamedAsFather = 35;
constexpr int kFatherIsJunior = 20;
constexpr int kImmigrantPerMille = 140;
constexpr int kImmigrantYearOnly = 130;
constexpr int kMovesPerYear = 100;
constexpr int kDivorced = 230;
constexpr int kTakesHusbandsName = 790;
constexpr int kHyphenates = 60;
constexpr int kNursingHome = 35;  // Of those aged 70 and more.
constexpr int kShelter = 2;
constexpr int kPhoneChangesPerYear = 40;
constexpr int kRecycledPhone = 50;
constexpr int kSharedEmail = 120;
constexpr int kTwoSurnames = 450;  // Of Hispanic families.
constexpr int kAdultAge = 22;
constexpr int kOldAge = 70;
constexpr uint64_t kHouseholdsPerFacility = 6'000;
constexpr size_t kGivenUpPhonesMax = 2'000;

constexpr std::array<string_view, 6> kAreaCodes = {"313", "248", "734", "586", "810", "517"};
constexpr std::array<string_view, 5> kMailHosts = {"mail.example", "inbox.example", "post.example",
                                                   "letters.example", "home.example"};

// A number that `counter` alone determines and that no other counter below `size` gives: `stride`
// has no factor in common with `size`.
uint64_t Scatter(uint64_t counter, uint64_t stride, uint64_t size) {
  return counter % size * stride % size;
}

bool IsEnglish(Origin origin) { return origin == Origin::kEnglish; }

// Immigrants' origins are not the population's: most come from Latin America and Asia.
Origin ImmigrantOrigin(Dice& dice) {
  constexpr Origin kFrom[] = {Origin::kHispanic, Origin::kHispanic, Origin::kHispanic,
                              Origin::kHispanic, Origin::kIndian,   Origin::kIndian,
                              Origin::kChinese,  Origin::kArabic,   Origin::kArabic,
                              Origin::kSlavic,   Origin::kKorean,   Origin::kVietnamese};
  return dice.Pick<Origin>(kFrom);
}

}  // namespace

struct HouseholdMaker::Home {
  FamilyName family;
  std::string second_family;  // Hispanic families: the mother's first surname.
  bool immigrants = false;
  Place place;
  Timeline<PostalAddress> address;
  std::string landline;  // Empty: none.
  std::string email;     // Shared; empty: none.
  std::string insurance;
  std::string insured_ssn;
  size_t father = 0;
  size_t mother = 0;  // Indices into the people; equal in a household of one parent.
};

std::string HouseholdMaker::NewPhone() {
  if (given_up_phones_.size() > kGivenUpPhonesMax / 20 && dice_.Chance(kRecycledPhone)) {
    std::string recycled = std::move(given_up_phones_.front());
    given_up_phones_.pop_front();
    return recycled;
  }
  constexpr uint64_t kLines = 7'800'000;  // Per area code: 780 exchanges.
  constexpr uint64_t kStride = 28'657'021;
  const uint64_t at = Scatter(++phones_, kStride, kLines * kAreaCodes.size());
  return absl::StrFormat("%s%03d%04d", kAreaCodes[at / kLines], 200 + at % kLines / 10000,
                         at % 10000);
}

std::string HouseholdMaker::NewSsn(int birth_year) {
  // Before 2011 the area told the state; most people of the region were born in it.
  constexpr uint64_t kLocalAreas = 25;
  constexpr uint64_t kFirstLocalArea = 362;
  constexpr uint64_t kSerials = 99 * 4'999;  // Odd ones; the even neighbour is kept for a twin.
  constexpr uint64_t kOtherAreas = 300;
  constexpr uint64_t kStride = 7'654'321;
  const bool local = birth_year < 2011 && dice_.Chance(750);
  const uint64_t at = Scatter(++ssns_, kStride, kSerials * (local ? kLocalAreas : kOtherAreas));
  uint64_t area = at / kSerials;
  // The other areas are 001 to 300, all below the local ones.
  area = local ? kFirstLocalArea + area : 1 + area;
  const uint64_t serial = at % kSerials;
  return absl::StrFormat("%03d%02d%04d", area, 1 + serial / 4'999, 1 + 2 * (serial % 4'999));
}

std::string HouseholdMaker::NewInsurance() {
  return absl::StrFormat("W%09d", Scatter(++insurances_, 618'033'989, 1'000'000'000));
}

CivilDate HouseholdMaker::DateIn(int year) {
  const int month = dice_.Between(1, 12);
  return {year, month, dice_.Between(1, DaysInMonth(year, month))};
}

void HouseholdMaker::MoveAbout(Timeline<PostalAddress>& line) {
  for (int year = kFirstRecordYear; year <= kThisYear; ++year) {
    if (!dice_.Chance(kMovesPerYear)) continue;
    // Half of the moves stay in the town.
    Place place = DrawPlace(dice_);
    if (dice_.Chance(500)) {
      place.city = line.back().value.city;
      place.zip = line.back().value.postal_code;
    }
    line.push_back({year, DrawAddress(place, dice_)});
  }
}

Person HouseholdMaker::NewPerson(AdministrativeSex sex, int birth_year, const Home& home) {
  Person person;
  person.entity = entities_++;
  person.household = households_;
  person.sex = sex;
  person.birth_date = DateIn(birth_year);
  person.origin = home.family.origin;
  person.given = givens_.Draw(sex, birth_year, person.origin, dice_);
  if (dice_.Chance(IsEnglish(person.origin) ? 850 : 350)) {
    person.middle = givens_.Draw(sex, birth_year, person.origin, dice_);
  }
  person.mother_maiden_name = families_.Draw(dice_).text;
  person.household_ssn = home.insured_ssn;
  return person;
}

void HouseholdMaker::GiveContacts(Person& person, const Home& home) {
  const int age = kThisYear - person.birth_date.year;
  if (dice_.Chance(person.immigrant ? 700 : 960)) person.ssn = NewSsn(person.birth_date.year);
  if (age < 14) {
    person.phone = {{0, home.landline}};
    person.email = home.email;
  } else {
    const bool shares_line = !home.landline.empty() && dice_.Chance(age < kAdultAge ? 300 : 200);
    person.phone = {{0, shares_line ? home.landline : NewPhone()}};
    for (int year = kFirstRecordYear; year <= kThisYear; ++year) {
      if (!dice_.Chance(kPhoneChangesPerYear)) continue;
      if (given_up_phones_.size() < kGivenUpPhonesMax && !shares_line) {
        given_up_phones_.push_back(person.phone.back().value);
      }
      person.phone.push_back({year, NewPhone()});
    }
    if (!home.email.empty() && dice_.Chance(kSharedEmail)) {
      person.email = home.email;
    } else if (dice_.Chance(900)) {
      // Letters only: an address is not written with an apostrophe.
      std::string box =
          absl::AsciiStrToLower(absl::StrCat(person.given, ".", At(person.family, 0)));
      box.erase(
          std::remove_if(box.begin(), box.end(), [](char c) { return c == ' ' || c == '\''; }),
          box.end());
      person.email = absl::StrCat(box, dice_.Below(100), "@", dice_.Pick<string_view>(kMailHosts));
    }
  }
  person.insurance = {{0, age < kAdultAge || dice_.Chance(400) ? home.insurance : NewInsurance()}};
  if (dice_.Chance(350)) {
    person.insurance.push_back({dice_.Between(kFirstRecordYear, kThisYear), NewInsurance()});
  }
}

void HouseholdMaker::EnterFacility(Person& person) {
  const int age = kThisYear - person.birth_date.year;
  const bool nursing = age >= kOldAge && dice_.Chance(kNursingHome);
  const bool shelter = age >= kAdultAge && age < kOldAge && dice_.Chance(kShelter);
  if (!nursing && !shelter) return;
  const size_t number = households_ / kHouseholdsPerFacility * 2 + (nursing ? 0 : 1);
  const Facility facility = FacilityOf(number);
  const int since = dice_.Between(kThisYear - 6, kThisYear);
  person.address.push_back({since, facility.address});
  person.phone.push_back({since, facility.phone});
  person.facility = true;
}

void HouseholdMaker::Marry(Person& wife, const Person& husband, int year) {
  const std::string own = At(wife.family, year);
  const std::string& his = At(husband.family, year);
  // Where two surnames are the custom, most women keep theirs.
  const bool keeps = husband.origin == Origin::kHispanic && dice_.Chance(500);
  const size_t choice = dice_.Below(1000);
  if (keeps || own == his) return;
  if (choice < kTakesHusbandsName) {
    wife.family.push_back({year, his});
  } else if (choice < kTakesHusbandsName + kHyphenates) {
    wife.family.push_back({year, absl::StrCat(own, dice_.Chance(800) ? "-" : " ", his)});
  }
}

void HouseholdMaker::Divorce(Person& wife, int married) {
  if (!dice_.Chance(kDivorced) || married + 3 > kThisYear) return;
  const int year = dice_.Between(married + 3, std::min(kThisYear, married + 25));
  wife.address.push_back({year, DrawAddress(DrawPlace(dice_), dice_)});
  if (wife.family.size() > 1 && dice_.Chance(400)) {
    wife.family.push_back({year, wife.family.front().value});
  }
  if (dice_.Chance(350) && year + 2 <= kThisYear) {
    wife.family.push_back({dice_.Between(year + 1, kThisYear), families_.Draw(dice_).text});
  }
}

void HouseholdMaker::NameAsFather(Person& father, Person& son) {
  son.given = father.given;
  son.middle = father.middle;
  if (father.suffix.empty()) {
    father.suffix = "SR";
    son.suffix = "JR";
  } else {
    son.suffix = "III";
  }
}

void HouseholdMaker::GrowUp(Person& child, const Home& home) {
  const int age = kThisYear - child.birth_date.year;
  if (age < 20) return;
  const int leaves = child.birth_date.year + dice_.Between(18, 30);
  if (leaves <= kThisYear && dice_.Chance(850)) {
    Place place = dice_.Chance(600) ? home.place : DrawPlace(dice_);
    // Later moves of the parents are not the child's.
    while (child.address.size() > 1 && child.address.back().year >= leaves) {
      child.address.pop_back();
    }
    child.address.push_back({leaves, DrawAddress(place, dice_)});
    Timeline<PostalAddress> own = {child.address.back()};
    MoveAbout(own);
    for (size_t i = 1; i < own.size(); ++i) {
      if (own[i].year > leaves) child.address.push_back(std::move(own[i]));
    }
  }
  const int marries = child.birth_date.year + dice_.Between(21, 36);
  if (child.sex == AdministrativeSex::kFemale && marries <= kThisYear && dice_.Chance(650)) {
    Person husband;
    husband.family = {{0, families_.Draw(dice_).text}};
    Marry(child, husband, marries);
    Divorce(child, marries);
  }
}

void HouseholdMaker::AddBirth(Home& home, int year, std::vector<Person>& people) {
  const bool twins = dice_.Below(10'000) < kTwinDeliveriesPer10000;
  const CivilDate born = DateIn(year);
  const bool mother_only = home.father == home.mother;
  std::string family = At(people[home.father].family, year);
  if (!home.second_family.empty()) {
    family = absl::StrCat(home.family.text, " ", home.second_family);
  }
  auto sex = dice_.Chance(512) ? AdministrativeSex::kMale : AdministrativeSex::kFemale;
  for (uint32_t order = 1; order <= (twins ? 2u : 1u); ++order) {
    if (order == 2 && !dice_.Chance(kTwinsOfOneSex)) {
      sex = sex == AdministrativeSex::kMale ? AdministrativeSex::kFemale : AdministrativeSex::kMale;
    }
    Person child = NewPerson(sex, year, home);
    child.birth_date = born;
    child.birth_order = twins ? order : 0;
    child.family = {{0, family}};
    child.address = home.address;
    child.mother_maiden_name = At(people[home.mother].family, 0);
    if (order == 2) {
      child.given = givens_.DrawForTwin(people.back().given, sex, year, child.origin, dice_);
    } else if (!twins && !mother_only && sex == AdministrativeSex::kMale &&
               people[home.father].suffix != "SR" && dice_.Chance(kSonNamedAsFather)) {
      NameAsFather(people[home.father], child);
    }
    GiveContacts(child, home);
    // Numbers given at birth to both at once follow one another.
    if (order == 2 && year >= 1987 && !child.ssn.empty() && !people.back().ssn.empty()) {
      child.ssn = people.back().ssn;
      ++child.ssn.back();
      if (child.ssn.back() > '9') child.ssn = NewSsn(year);
    }
    GrowUp(child, home);
    people.push_back(std::move(child));
  }
}

void HouseholdMaker::AddChildren(Home& home, std::vector<Person>& people) {
  const int mother_born = people[home.mother].birth_date.year;
  constexpr std::array<int, 10> kBirths = {0, 0, 1, 1, 2, 2, 2, 3, 3, 4};
  int year = mother_born + dice_.Between(19, 34);
  for (int left = dice_.Pick<int>(kBirths); left > 0; --left) {
    if (year > kThisYear || year > mother_born + 46) return;
    AddBirth(home, year, people);
    year += dice_.Between(1, 6);
  }
}

void HouseholdMaker::AddCouple(Home& home, std::vector<Person>& people) {
  const Person& husband = people[home.father];
  const int born = std::clamp(husband.birth_date.year + dice_.Between(-4, 7), kThisYear - 98,
                              kThisYear - kAdultAge + 2);
  Person wife = NewPerson(AdministrativeSex::kFemale, born, home);
  FamilyName maiden = families_.Draw(dice_);
  if (!IsEnglish(home.family.origin) && dice_.Chance(700)) {
    maiden = families_.DrawOf(home.family.origin, dice_);
  }
  if (home.family.origin == Origin::kHispanic && dice_.Chance(kTwoSurnames)) {
    home.second_family = maiden.text;
  }
  wife.origin = maiden.origin;
  wife.family = {{0, maiden.text}};
  wife.immigrant = home.immigrants;
  wife.address = {{0, DrawAddress(home.place, dice_)}};
  const int married = std::max(born, husband.birth_date.year) + dice_.Between(21, 34);
  Marry(wife, husband, std::min(married, kThisYear));
  for (const Since<PostalAddress>& at : home.address) {
    if (at.year == 0 || at.year > married) {
      wife.address.push_back({std::max(at.year, std::min(married, kThisYear)), at.value});
    }
  }
  Divorce(wife, married);
  GiveContacts(wife, home);
  EnterFacility(wife);
  home.mother = people.size();
  people.push_back(std::move(wife));
}

std::vector<Person> HouseholdMaker::Next() {
  Home home;
  home.immigrants = dice_.Chance(kImmigrantPerMille);
  home.family = home.immigrants && dice_.Chance(800)
                    ? families_.DrawOf(ImmigrantOrigin(dice_), dice_)
                    : families_.Draw(dice_);
  home.place = DrawPlace(dice_);
  home.address = {{0, DrawAddress(home.place, dice_)}};
  MoveAbout(home.address);
  home.landline = NewPhone();
  home.insurance = NewInsurance();
  const size_t kind = dice_.Below(1000);
  const bool single_parent = kind >= kCouple && kind < kCouple + kSingleParent;
  const bool woman = single_parent ? dice_.Chance(800) : kind >= kCouple && dice_.Chance(550);
  // Adults fall off with age: the smaller of two draws.
  const int age = kAdultAge + std::min(dice_.Between(0, 76), dice_.Between(0, 110));
  std::vector<Person> people;
  Person head = NewPerson(woman ? AdministrativeSex::kFemale : AdministrativeSex::kMale,
                          kThisYear - age, home);
  head.family = {{0, home.family.text}};
  head.immigrant = home.immigrants;
  head.address = home.address;
  if (!woman && dice_.Chance(kFatherIsJunior)) head.suffix = "JR";
  if (woman && age > 30 && dice_.Chance(500)) {
    // Once married: she had another name before.
    head.family = {{0, families_.Draw(dice_).text},
                   {head.birth_date.year + dice_.Between(21, 30), home.family.text}};
  }
  GiveContacts(head, home);
  home.insured_ssn = head.ssn;
  home.email = dice_.Chance(600) ? head.email : "";
  if (kind >= kCouple && !single_parent) EnterFacility(head);
  people.push_back(std::move(head));
  if (kind < kCouple) AddCouple(home, people);
  if (kind < kCouple + kSingleParent) AddChildren(home, people);
  for (Person& person : people) {
    // Papers of some countries give no more than the year; children born here have a date.
    if (person.immigrant && dice_.Chance(kImmigrantYearOnly)) {
      person.birth_year_only = true;
      person.birth_date.month = person.birth_date.day = 1;
    }
  }
  ++households_;
  return people;
}

}  // namespace hie::region

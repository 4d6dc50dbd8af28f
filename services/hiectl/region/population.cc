#include "services/hiectl/region/population.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/hiectl/region/household.h"
#include "services/hiectl/region/vocabulary.h"

namespace hie::region {
namespace {

// So many people always hold a pair of twins and a newborn.
constexpr size_t kShowsEverything = 20;

bool HasTwins(const std::vector<Person>& household) {
  for (const Person& person : household) {
    if (person.birth_order != 0) return true;
  }
  return false;
}

std::string WrittenPhone(const std::string& digits) {
  if (digits.size() != 10) return digits;
  return absl::StrCat("(", digits.substr(0, 3), ") ", digits.substr(3, 3), "-", digits.substr(6));
}

// Takes one household after another until there are enough people.
class Settlement {
 public:
  Settlement(size_t count, uint64_t seed) : count_(count), maker_(families_, givens_, seed) {}

  std::vector<Inhabitant> Settle() {
    while (people_.size() < count_) AddHousehold();
    people_.resize(count_);
    MarkNewborn();
    return std::move(people_);
  }

 private:
  void AddHousehold() {
    std::vector<Person> household = maker_.Next();
    // The second household has twins, whatever the dice say: every region can show them.
    while (households_ == 1 && count_ >= kShowsEverything && !HasTwins(household)) {
      household = maker_.Next();
    }
    for (const Person& person : household) people_.push_back(AsOfNow(person));
    ++households_;
  }

  Inhabitant AsOfNow(const Person& person) {
    Inhabitant now;
    now.index = people_.size();
    now.household = households_;
    now.sex = person.sex;
    now.birth_date = person.birth_date;
    now.given = person.given;
    now.middle = person.middle;
    now.family = At(person.family, kThisYear);
    if (person.family.front().value != now.family) now.maiden = person.family.front().value;
    now.suffix = person.suffix;
    // Who has no number gets one of an area that the households' numbers never have.
    now.ssn = person.ssn.empty() ? absl::StrFormat("7%08d", 10'010'001 + now.index) : person.ssn;
    now.phone = WrittenPhone(At(person.phone, kThisYear));
    now.email = person.email;
    now.mother_maiden_name = person.mother_maiden_name;
    now.address = At(person.address, kThisYear);
    const PostalAddress& former = At(person.address, kFirstRecordYear);
    if (former != now.address) now.former_address = former;
    now.birth_order = person.birth_order;
    return now;
  }

  // The youngest child that is not a twin is a newborn: born this year, not yet named everywhere.
  void MarkNewborn() {
    Inhabitant* youngest = nullptr;
    for (Inhabitant& person : people_) {
      if (person.birth_order != 0) continue;
      if (youngest == nullptr || person.birth_date > youngest->birth_date) youngest = &person;
    }
    if (youngest == nullptr || people_.size() < kShowsEverything) return;
    youngest->birth_date = CivilDate{kThisYear, 3, 14};
    youngest->newborn = true;
  }

  const size_t count_;
  const FamilyNameBook families_;
  const GivenNameBook givens_;
  HouseholdMaker maker_;
  size_t households_ = 0;
  std::vector<Inhabitant> people_;
};

}  // namespace

uint64_t Dice::Next() {
  state_ += 0x9e3779b97f4a7c15u;
  uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

std::vector<Inhabitant> MakePopulation(size_t count, uint64_t seed) {
  return Settlement(count, seed).Settle();
}

absl::string_view NicknameOf(absl::string_view given) {
  for (const Nickname& nickname : Nicknames()) {
    if (nickname.given == given) return nickname.short_form;
  }
  return "";
}

}  // namespace hie::region

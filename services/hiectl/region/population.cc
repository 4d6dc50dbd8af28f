#include "services/hiectl/region/population.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/hiectl/region/vocabulary.h"

namespace hie::region {
namespace {

constexpr int kThisYear = 2026;
constexpr int kTwinsPerMille = 32;
constexpr int kSameNameSonPerMille = 60;
constexpr int kMovedPerMille = 250;

// Builds one household after another until there are enough people.
class Settlement {
 public:
  Settlement(size_t count, uint64_t seed) : count_(count), dice_(seed) {}

  std::vector<Inhabitant> Settle() {
    while (people_.size() < count_) AddHousehold();
    people_.resize(count_);
    MarkNewborn();
    return std::move(people_);
  }

 private:
  void AddHousehold() {
    const PostalAddress address = RandomAddress();
    const std::string family(dice_.Pick(FamilyNames()));
    // The second household has twins, whatever the dice say: every region can show them.
    const bool wants_twins = households_ == 1;
    const size_t first = people_.size();
    AddAdult(AdministrativeSex::kMale, family, address);
    if (wants_twins || dice_.Chance(650)) {
      AddAdult(AdministrativeSex::kFemale, family, address);
      people_.back().maiden = std::string(dice_.Pick(FamilyNames()));
      const int births = wants_twins ? 1 : dice_.Between(0, 3);
      for (int i = 0; i < births; ++i) AddBirth(first, wants_twins);
    }
    ++households_;
  }

  void AddAdult(AdministrativeSex sex, const std::string& family, const PostalAddress& address) {
    Inhabitant person = Blank(sex, family, address);
    person.birth_date = RandomDate(kThisYear - 85, kThisYear - 24);
    people_.push_back(std::move(person));
  }

  // Adds one birth to the couple at `father`, `father` + 1: a child, or twins.
  void AddBirth(size_t father, bool surely_twins) {
    const Inhabitant& mother = people_[father + 1];
    const int earliest = std::max(mother.birth_date.year + 18, kThisYear - 40);
    const int latest = std::min(mother.birth_date.year + 44, kThisYear - 1);
    if (earliest > latest) return;
    const CivilDate born = RandomDate(earliest, latest);
    const bool twins = surely_twins || dice_.Chance(kTwinsPerMille);
    const std::string mother_maiden = mother.maiden;
    for (uint32_t order = 1; order <= (twins ? 2u : 1u); ++order) {
      const auto sex = dice_.Chance(500) ? AdministrativeSex::kMale : AdministrativeSex::kFemale;
      Inhabitant child = Blank(sex, people_[father].family, people_[father].address);
      child.birth_date = born;
      child.mother_maiden_name = mother_maiden;
      child.birth_order = twins ? order : 0;
      child.phone = people_[father].phone;
      if (sex == AdministrativeSex::kMale && !twins && dice_.Chance(kSameNameSonPerMille)) {
        child.given = people_[father].given;
        child.suffix = "JR";
        people_[father].suffix = "SR";
      }
      people_.push_back(std::move(child));
    }
  }

  Inhabitant Blank(AdministrativeSex sex, const std::string& family, const PostalAddress& address) {
    const bool female = sex == AdministrativeSex::kFemale;
    const auto names = female ? FemaleNames() : MaleNames();
    Inhabitant person;
    person.index = people_.size();
    person.household = households_;
    person.sex = sex;
    person.given = std::string(dice_.Pick(names));
    person.middle = std::string(dice_.Pick(names));
    person.family = family;
    person.mother_maiden_name = std::string(dice_.Pick(FamilyNames()));
    person.address = address;
    if (dice_.Chance(kMovedPerMille)) person.former_address = RandomAddress();
    person.ssn = absl::StrFormat("%03d%02d%04d", dice_.Between(1, 665), dice_.Between(1, 99),
                                 dice_.Between(1, 9999));
    person.phone = absl::StrFormat("(313) 555-%04d", dice_.Between(0, 9999));
    person.email =
        absl::StrCat(absl::AsciiStrToLower(person.given), ".", people_.size(), "@mail.example");
    return person;
  }

  PostalAddress RandomAddress() {
    const Town& town = dice_.Pick(Towns());
    PostalAddress address;
    address.lines = {absl::StrCat(dice_.Between(1, 2400), " ", dice_.Pick(StreetNames()))};
    address.city = std::string(town.name);
    address.state = "MI";
    address.postal_code = std::string(town.zip);
    return address;
  }

  CivilDate RandomDate(int from_year, int to_year) {
    return CivilDate{dice_.Between(from_year, to_year), dice_.Between(1, 12), dice_.Between(1, 28)};
  }

  // The youngest child that is not a twin is a newborn: born this year, not yet named everywhere.
  void MarkNewborn() {
    Inhabitant* youngest = nullptr;
    for (Inhabitant& person : people_) {
      if (person.birth_order != 0) continue;
      if (youngest == nullptr || person.birth_date > youngest->birth_date) youngest = &person;
    }
    if (youngest == nullptr || people_.size() < 20) return;
    youngest->birth_date = CivilDate{kThisYear, 3, 14};
    youngest->newborn = true;
  }

  const size_t count_;
  Dice dice_;
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

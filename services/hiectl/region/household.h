#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "services/hiectl/region/family_names.h"
#include "services/hiectl/region/given_names.h"
#include "services/hiectl/region/population.h"

namespace hie::region {

// The year in which the region stands; nobody is born later.
inline constexpr int kThisYear = 2026;
// The first year from which records exist.
inline constexpr int kFirstRecordYear = 2012;

// A value that holds from a year on.
template <typename T>
struct Since {
  int year = 0;
  T value;
};

// Values over the years, the earliest first.
template <typename T>
using Timeline = std::vector<Since<T>>;

// Returns what held in `year`: the last value that began by then, else the first.  `line` holds at
// least one value.
template <typename T>
const T& At(const Timeline<T>& line, int year) {
  size_t i = line.size() - 1;
  while (i > 0 && line[i].year > year) --i;
  return line[i].value;
}

// One inhabitant, as they truly are and were.
struct Person {
  uint64_t entity = 0;
  uint64_t household = 0;  // Of the parents, also once a child has left.
  AdministrativeSex sex = AdministrativeSex::kUnspecified;
  CivilDate birth_date;          // 01-01 where only the year is known.
  bool birth_year_only = false;  // An immigrant whose papers give the year.
  Origin origin = Origin::kEnglish;
  bool immigrant = false;
  std::string given;
  std::string middle;  // Empty: none.
  std::string suffix;  // SR, JR, III; empty: none.
  Timeline<std::string> family;
  Timeline<PostalAddress> address;
  Timeline<std::string> phone;      // Ten digits; empty: none.
  Timeline<std::string> insurance;  // Member number; the child's is the parent's.
  std::string email;                // Empty: none.
  std::string ssn;                  // Nine digits; empty: none.
  std::string household_ssn;        // Of the insured: typed by mistake now and then.
  std::string mother_maiden_name;
  uint32_t birth_order = 0;  // 1.. for one of a multiple birth; 0 else.
  bool facility = false;     // Lives in a nursing home or a shelter.
};

// Makes households one after another, each with its history: couples, children, twins, sons named
// as their fathers, marriages, divorces, moves, old people in nursing homes.
//
// Rates and their sources are in the README of this room.  Deterministic in the seed; memory does
// not grow with the number of households.  Not thread-safe.
class HouseholdMaker {
 public:
  // The books must outlive this.
  HouseholdMaker(const FamilyNameBook& families, const GivenNameBook& givens, uint64_t seed)
      : families_(families), givens_(givens), dice_(seed) {}

  // Returns the people of the next household, at least one; entities and households count from 0.
  std::vector<Person> Next();

 private:
  struct Home;  // What the members of the household share.
  Person NewPerson(AdministrativeSex sex, int birth_year, const Home& home);
  void AddCouple(Home& home, std::vector<Person>& people);
  void Marry(Person& wife, const Person& husband, int year);
  void Divorce(Person& wife, int married);
  void AddChildren(Home& home, std::vector<Person>& people);
  void AddBirth(Home& home, int year, std::vector<Person>& people);
  void NameAsFather(Person& father, Person& son);
  void GrowUp(Person& child, const Home& home);
  void MoveAbout(Timeline<PostalAddress>& line);
  void EnterFacility(Person& person);
  void GiveContacts(Person& person, const Home& home);
  std::string NewPhone();
  std::string NewSsn(int birth_year);
  std::string NewInsurance();
  CivilDate DateIn(int year);

  const FamilyNameBook& families_;
  const GivenNameBook& givens_;
  Dice dice_;
  uint64_t entities_ = 0;
  uint64_t households_ = 0;
  uint64_t phones_ = 0;
  uint64_t ssns_ = 0;
  uint64_t insurances_ = 0;
  std::deque<std::string> given_up_phones_;  // At most kGivenUpPhonesMax, the oldest first.
};

}  // namespace hie::region

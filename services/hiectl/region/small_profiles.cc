// The profiles in the shape of small public registries: few fields, or many errors.

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/hiectl/region/household.h"
#include "services/hiectl/region/misspelling.h"
#include "services/hiectl/region/profiles.h"

namespace hie::region {
namespace {

// Per mille.
constexpr int kFewDuplicates = 111;  // Of originals: one record in ten is a duplicate.
constexpr int kHeavyMissing = 200;
constexpr size_t kHeavyRecordsMax = 12;
constexpr size_t kHeavyErrorsMax = 3;

GeneratedRecord Blank(const Person& person) {
  GeneratedRecord record;
  record.entity = person.entity;
  record.household = person.household;
  record.demographics.names = {{"official", At(person.family, kThisYear), {person.given}, ""}};
  record.demographics.birth_date = person.birth_date;
  return record;
}

// One error in one of: given name, family name, year, month, day.
void ErrOnce(Demographics& d, Dice& dice) {
  CivilDate& born = *d.birth_date;
  switch (dice.Below(6)) {
    case 0:
    case 1:
      d.names[0].given[0] = Mistype(d.names[0].given[0], dice);
      break;
    case 2:
    case 3:
      d.names[0].family = Mistype(d.names[0].family, dice);
      break;
    case 4:
      born.year += dice.Chance(500) ? dice.Between(1, 9) : -dice.Between(1, 9);
      break;
    default:
      if (dice.Chance(300)) {
        born.month = born.month % 12 + 1;
      } else {
        born.day = dice.Between(1, 28);
      }
  }
}

// One error in a random field that is there.
void ErrHeavily(Demographics& d, Dice& dice) {
  HumanName& name = d.names[0];
  switch (dice.Below(5)) {
    case 0:
      if (!name.given.empty()) name.given[0] = Mistype(name.given[0], dice);
      break;
    case 1:
      name.family = Mistype(name.family, dice);
      break;
    case 2:
      if (d.birth_date) d.birth_date = MistypeDate(*d.birth_date, dice);
      break;
    case 3:
      if (!d.addresses.empty()) d.addresses[0].city = Mistype(d.addresses[0].city, dice);
      break;
    default:
      if (!d.emails.empty()) d.emails[0] = Mistype(d.emails[0], dice);
  }
}

GeneratedRecord HeavyRecord(const Person& person, Dice& dice) {
  GeneratedRecord record = Blank(person);
  Demographics& d = record.demographics;
  HumanName& name = d.names[0];
  if (dice.Chance(kHeavyMissing)) name.given.clear();
  if (dice.Chance(kHeavyMissing)) name.family.clear();
  if (!name.given.empty() && !name.family.empty() && dice.Chance(40)) {
    std::swap(name.family, name.given[0]);
  }
  if (dice.Chance(kHeavyMissing)) d.birth_date.reset();
  if (!dice.Chance(kHeavyMissing)) {
    PostalAddress city;
    city.city = At(person.address, kThisYear).city;
    d.addresses = {std::move(city)};
  }
  if (!person.email.empty() && !dice.Chance(kHeavyMissing)) d.emails = {person.email};
  for (size_t errors = dice.Below(kHeavyErrorsMax + 1); errors > 0; --errors) ErrHeavily(d, dice);
  return record;
}

// Calls `write(person)` for the people of one household after another until the sink is full.
template <typename Write>
void ForEachPerson(uint64_t seed, RecordSink& sink, Write write) {
  const FamilyNameBook families;
  const GivenNameBook givens;
  HouseholdMaker maker(families, givens, seed);
  while (!sink.full()) {
    for (const Person& person : maker.Next()) {
      if (sink.full()) return;
      write(person);
      sink.PersonDone();
    }
  }
}

}  // namespace

void GenerateFew(uint64_t seed, RecordSink& sink) {
  Dice dice(seed ^ 0x666577u);
  ForEachPerson(seed, sink, [&](const Person& person) {
    GeneratedRecord record = Blank(person);
    sink.Put(record);
    if (!dice.Chance(kFewDuplicates)) return;
    ErrOnce(record.demographics, dice);
    sink.Put(record);
  });
}

void GenerateHeavy(uint64_t seed, RecordSink& sink) {
  Dice dice(seed ^ 0x6865617679u);
  ForEachPerson(seed, sink, [&](const Person& person) {
    size_t records = 1 + std::min(dice.Below(kHeavyRecordsMax), dice.Below(kHeavyRecordsMax));
    for (; records > 0; --records) sink.Put(HeavyRecord(person, dice));
  });
}

}  // namespace hie::region

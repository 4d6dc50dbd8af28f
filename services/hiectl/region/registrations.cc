#include "services/hiectl/region/registrations.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/hiectl/region/family_names.h"
#include "services/hiectl/region/misspelling.h"
#include "services/hiectl/region/sources.h"

namespace hie::region {
namespace {

constexpr struct {
  const char* id;
  const char* name;
  const char* facility_name;
} kHospitals[kHospitalsMax] = {{"north", "North Hospital", "North Hospital Emergency"},
                               {"lakes", "Lakes Clinic", "Lakes Clinic Main"},
                               {"valley", "Valley Medical Center", "Valley Medical Center"},
                               {"harbor", "Harbor General", "Harbor General"},
                               {"ridge", "Ridge Community Hospital", "Ridge Community Hospital"},
                               {"quay", "Quay Children's Hospital", "Quay Children's"}};

// How often a registration differs from the truth, per mille.
constexpr int kTypoPerMille = 30;
constexpr int kNicknamePerMille = 80;
constexpr int kMiddleMissingPerMille = 400;
constexpr int kAccentsPerMille = 300;
constexpr int kSwappedDatePerMille = 10;
constexpr int kSsnMissingPerMille = 400;
constexpr int kSsnLastFourPerMille = 150;
constexpr int kFormerAddressPerMille = 400;
constexpr int kPhoneMissingPerMille = 150;
constexpr int kMaidenPerMille = 120;

HumanName WrittenName(const Inhabitant& person, Dice& dice) {
  HumanName name;
  name.use = "official";
  name.family = person.family;
  std::string given = person.given;
  if (!NicknameOf(given).empty() && dice.Chance(kNicknamePerMille)) {
    given = std::string(NicknameOf(given));
  }
  if (dice.Chance(kTypoPerMille)) given = Mistype(given, dice);
  if (dice.Chance(kTypoPerMille)) name.family = Mistype(name.family, dice);
  if (dice.Chance(kAccentsPerMille)) {
    given = Accented(given);
    name.family = Accented(name.family);
  }
  name.given = {given};
  if (!person.middle.empty() && !dice.Chance(kMiddleMissingPerMille)) {
    name.given.push_back(dice.Chance(500) ? person.middle : person.middle.substr(0, 1));
  }
  name.suffix = person.suffix;
  return name;
}

Demographics WrittenDown(const Inhabitant& person, Dice& dice) {
  Demographics d;
  d.names = {WrittenName(person, dice)};
  if (!person.maiden.empty() && dice.Chance(kMaidenPerMille)) {
    d.names.push_back({"maiden", person.maiden, {person.given}, ""});
  }
  d.birth_date = person.birth_date;
  if (person.birth_date.day <= 12 && dice.Chance(kSwappedDatePerMille)) {
    std::swap(d.birth_date->month, d.birth_date->day);
  }
  d.sex = person.sex;
  const bool former = !person.former_address.lines.empty() && dice.Chance(kFormerAddressPerMille);
  d.addresses = {former ? person.former_address : person.address};
  if (!person.phone.empty() && !dice.Chance(kPhoneMissingPerMille)) d.phones = {person.phone};
  if (!person.email.empty() && dice.Chance(500)) d.emails = {person.email};
  if (!dice.Chance(kSsnMissingPerMille)) {
    const std::string& s = person.ssn;
    const bool last_four = dice.Chance(kSsnLastFourPerMille);
    d.identifiers = {{std::string(kSsnSystem),
                      last_four
                          ? s.substr(5)
                          : absl::StrCat(s.substr(0, 3), "-", s.substr(3, 2), "-", s.substr(5))}};
  }
  if (dice.Chance(300)) d.mother_maiden_name = person.mother_maiden_name;
  d.multiple_birth = person.birth_order != 0;
  d.birth_order = person.birth_order;
  return d;
}

// The first registration of a newborn: no given name, no number of its own.
void Unname(const Inhabitant& person, Demographics& d) {
  const bool girl = person.sex == AdministrativeSex::kFemale;
  d.names[0].given = {girl ? "BABY GIRL" : "BABY BOY"};
  d.identifiers.clear();
  d.mother_maiden_name = person.mother_maiden_name;
}

// What the demonstration shows must not hang on dice: both hospitals know this patient well.
void WriteWell(const Inhabitant& person, Demographics& d) {
  d.names[0].family = person.family;
  d.names[0].given = {person.given};
  if (!person.middle.empty()) d.names[0].given.push_back(person.middle);
  d.birth_date = person.birth_date;
  d.addresses = {person.address};
  d.phones = {person.phone};
}

std::vector<size_t> HospitalsOf(size_t inhabitant, size_t count, Dice& dice) {
  std::vector<size_t> all;
  for (size_t i = 0; i < count; ++i) all.push_back(i);
  if (inhabitant == 0) {
    if (count == 1) return all;
    return std::vector<size_t>(all.begin() + 1, all.begin() + std::min<size_t>(count, 3));
  }
  const size_t wanted = dice.Chance(550) ? 1 : dice.Chance(700) ? 2 : 3;
  while (all.size() > wanted) all.erase(all.begin() + static_cast<long>(dice.Below(all.size())));
  return all;
}

}  // namespace

std::vector<Hospital> Hospitals(size_t count) {
  std::vector<Hospital> hospitals;
  for (size_t i = 0; i < std::min(count, kHospitalsMax); ++i) {
    const std::string community = absl::StrCat("2.999.1.", 10 * (i + 1));
    hospitals.push_back({kHospitals[i].id, kHospitals[i].name, community,
                         absl::StrCat(community, ".1"), absl::StrCat(kHospitals[i].id, "-main"),
                         kHospitals[i].facility_name,
                         std::string(1, absl::ascii_toupper(kHospitals[i].id[0]))});
  }
  return hospitals;
}

std::vector<Registration> Register(const std::vector<Inhabitant>& people,
                                   const std::vector<Hospital>& hospitals, uint64_t seed) {
  Dice dice(seed ^ 0x5265676973746572u);
  std::vector<Registration> registrations;
  for (const Inhabitant& person : people) {
    bool first = true;
    for (const size_t hospital : HospitalsOf(person.index, hospitals.size(), dice)) {
      Registration registration;
      registration.hospital = hospital;
      registration.inhabitant = person.index;
      registration.mrn =
          absl::StrFormat("%s-%06d", hospitals[hospital].mrn_prefix, 100000 + person.index);
      registration.demographics = WrittenDown(person, dice);
      if (person.index == 0) WriteWell(person, registration.demographics);
      if (person.newborn && first) Unname(person, registration.demographics);
      registrations.push_back(std::move(registration));
      first = false;
    }
  }
  return registrations;
}

}  // namespace hie::region

#include "services/hiectl/region/places.h"

#include <algorithm>
#include <array>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace hie::region {
namespace {

using absl::string_view;

constexpr std::array<string_view, 24> kTownHeads = {
    "Ash",    "Brook", "Cedar", "Clear", "East",  "Elm",   "Fair",  "Green",
    "Harbor", "High",  "Lake",  "Maple", "Mill",  "North", "Oak",   "Pine",
    "Ridge",  "River", "Rock",  "South", "Stony", "West",  "White", "Wood"};
constexpr std::array<string_view, 4> kTownTails = {"ville", "field", " Heights", "ton"};
constexpr string_view kStreets[] = {
    "Main",       "Oak",        "Maple",      "Cedar",       "Park",
    "Pine",       "Elm",        "Lake",       "Hill",        "Church",
    "River",      "Washington", "Spring",     "Highland",    "Mill",
    "Franklin",   "Walnut",     "Chestnut",   "Jefferson",   "Lincoln",
    "Madison",    "Jackson",    "Adams",      "Monroe",      "Cherry",
    "Dogwood",    "Hickory",    "Willow",     "Sycamore",    "Birch",
    "Spruce",     "Poplar",     "Magnolia",   "Laurel",      "Meadow",
    "Forest",     "Sunset",     "Ridge",      "Valley",      "Prospect",
    "Center",     "Union",      "School",     "Water",       "Front",
    "Bridge",     "Canal",      "Market",     "Court",       "College",
    "University", "Liberty",    "Grove",      "Orchard",     "Garden",
    "Woodland",   "Greenwood",  "Fairview",   "Lakeview",    "Hillcrest",
    "Brookside",  "Riverside",  "Woodward",   "Grand",       "Central",
    "Division",   "State",      "Broadway",   "King",        "Queen",
    "Charles",    "William",    "Henry",      "George",      "Martin Luther King",
    "Roosevelt",  "Wilson",     "Cleveland",  "Grant",       "Sherman",
    "Lafayette",  "Hamilton",   "Harrison",   "Plymouth",    "Warren",
    "Ford",       "Michigan",   "Huron",      "Superior",    "Erie",
    "Ontario",    "1st",        "2nd",        "3rd",         "4th",
    "5th",        "6th",        "7th",        "8th",         "9th",
    "10th",       "11th",       "12th",       "County Line", "Old Mill",
    "Deer Run",   "Fox Hollow", "Quail Creek"};
struct StreetKind {
  string_view full;
  string_view brief;
};
constexpr std::array<StreetKind, 8> kKinds = {{{"Street", "ST"},
                                               {"Avenue", "AVE"},
                                               {"Drive", "DR"},
                                               {"Road", "RD"},
                                               {"Lane", "LN"},
                                               {"Court", "CT"},
                                               {"Boulevard", "BLVD"},
                                               {"Circle", "CIR"}}};
constexpr size_t kTowns = kTownHeads.size() * kTownTails.size();
constexpr size_t kZipsOfTownMax = 8;

// Zipf-like and integer: the smaller of two draws favours the first towns.
size_t DrawTown(Dice& dice) { return std::min(dice.Below(kTowns), dice.Below(kTowns)); }

}  // namespace

Place DrawPlace(Dice& dice) {
  Place place;
  place.town = DrawTown(dice);
  place.city = absl::StrCat(kTownHeads[place.town % kTownHeads.size()],
                            kTownTails[place.town / kTownHeads.size()]);
  // Large towns have up to eight ZIP codes, the smallest have one.
  const size_t zips = std::max<size_t>(1, kZipsOfTownMax * (kTowns - place.town) / kTowns);
  place.zip = absl::StrFormat("48%03d", place.town * kZipsOfTownMax + dice.Below(zips));
  return place;
}

PostalAddress DrawAddress(const Place& place, Dice& dice) {
  PostalAddress address;
  const StreetKind& kind = kKinds[std::min(dice.Below(kKinds.size()), dice.Below(kKinds.size()))];
  // Low numbers are commoner than high ones.
  const size_t number = 1 + std::min(dice.Below(9900), dice.Below(9900));
  std::string line = absl::StrCat(number, " ", dice.Pick<string_view>(kStreets), " ", kind.full);
  if (dice.Chance(250)) absl::StrAppend(&line, " Apt ", 1 + dice.Below(320));
  address.lines = {std::move(line)};
  address.city = place.city;
  address.state = "MI";
  address.postal_code = place.zip;
  return address;
}

Facility FacilityOf(size_t number) {
  Dice dice(0x666163696c697479u + number);
  Facility facility;
  facility.address = DrawAddress(DrawPlace(dice), dice);
  std::string& line = facility.address.lines[0];
  if (const size_t unit = line.find(" Apt "); unit != std::string::npos) line.resize(unit);
  facility.phone = absl::StrFormat("989555%04d", number % 10000);
  return facility;
}

PostalAddress Rewritten(const PostalAddress& address, Dice& dice) {
  PostalAddress written = address;
  if (written.lines.empty()) return written;
  std::string& line = written.lines[0];
  std::string unit;
  if (const size_t at = line.find(" Apt "); at != std::string::npos) {
    unit = line.substr(at + 5);
    line.resize(at);
  }
  for (const StreetKind& kind : kKinds) {
    if (!absl::EndsWith(line, kind.full)) continue;
    line.resize(line.size() - kind.full.size());
    // One in twelve leaves the kind out.
    if (dice.Chance(80)) {
      line.pop_back();
    } else {
      absl::StrAppend(&line, kind.brief);
    }
    break;
  }
  if (unit.empty() || dice.Chance(250)) return written;
  if (dice.Chance(500)) {
    absl::StrAppend(&line, " #", unit);
  } else {
    written.lines.push_back(absl::StrCat("APT ", unit));
  }
  return written;
}

}  // namespace hie::region

#include "mpi/normalize/address_words.h"

#include <array>

#include "mpi/normalize/word_set.h"

namespace hie::mpi {
namespace {

constexpr WordSet kStreetKinds(
    {"aly",        "alley",      "ally",      "allee",   "anx",       "annex",      "anex",
     "arc",        "arcade",     "ave",       "avenue",  "av",        "aven",       "avenu",
     "avn",        "avnue",      "byu",       "bayou",   "bch",       "beach",      "bnd",
     "bend",       "blf",        "blfs",      "bluff",   "bluffs",    "btm",        "bottom",
     "blvd",       "boulevard",  "boul",      "boulv",   "br",        "branch",     "brnch",
     "brg",        "bridge",     "brdge",     "brk",     "brks",      "brook",      "brooks",
     "bg",         "bgs",        "burg",      "burgs",   "byp",       "bypass",     "bypas",
     "cp",         "camp",       "cyn",       "canyon",  "canyn",     "cpe",        "cape",
     "cswy",       "causeway",   "ctr",       "ctrs",    "center",    "centers",    "centre",
     "cntr",       "cir",        "cirs",      "circ",    "circl",     "circle",     "circles",
     "crcl",       "clf",        "clfs",      "cliff",   "cliffs",    "clb",        "club",
     "cmn",        "cmns",       "common",    "commons", "cor",       "cors",       "corner",
     "corners",    "crse",       "course",    "ct",      "cts",       "crt",        "court",
     "courts",     "cv",         "cvs",       "cove",    "coves",     "crk",        "creek",
     "cres",       "crescent",   "crsent",    "crsnt",   "crst",      "crest",      "xing",
     "crossing",   "crssng",     "xrd",       "xrds",    "crossroad", "crossroads", "curv",
     "curve",      "dl",         "dale",      "dm",      "dam",       "dv",         "divide",
     "dr",         "drs",        "drv",       "driv",    "drive",     "drives",     "est",
     "ests",       "estate",     "estates",   "expy",    "expr",      "expressway", "express",
     "ext",        "exts",       "extension", "extn",    "fall",      "fls",        "falls",
     "fry",        "ferry",      "fld",       "flds",    "field",     "fields",     "flt",
     "flts",       "flats",      "frd",       "frds",    "ford",      "fords",      "frst",
     "forest",     "frg",        "frgs",      "forge",   "forges",    "frk",        "frks",
     "fork",       "forks",      "ft",        "fort",    "fwy",       "freeway",    "freewy",
     "gdn",        "gdns",       "garden",    "gardens", "grdns",     "gtwy",       "gateway",
     "gln",        "glns",       "glen",      "glens",   "grn",       "grns",       "green",
     "greens",     "grv",        "grvs",      "grove",   "groves",    "hbr",        "hbrs",
     "harbor",     "harbors",    "harbour",   "hvn",     "haven",     "hts",        "heights",
     "ht",         "hwy",        "highway",   "hiway",   "hl",        "hls",        "hill",
     "hills",      "holw",       "hollow",    "hollows", "inlt",      "inlet",      "is",
     "iss",        "isle",       "isles",     "island",  "islands",   "islnd",      "jct",
     "jcts",       "junction",   "junctions", "jctn",    "ky",        "kys",        "key",
     "keys",       "knl",        "knls",      "knoll",   "knolls",    "lk",         "lks",
     "lake",       "lakes",      "land",      "lndg",    "landing",   "lndng",      "ln",
     "lane",       "lanes",      "lgt",       "lgts",    "light",     "lights",     "lf",
     "loaf",       "lck",        "lcks",      "lock",    "locks",     "ldg",        "lodge",
     "loop",       "loops",      "lp",        "mall",    "mnr",       "mnrs",       "manor",
     "manors",     "mdw",        "mdws",      "meadow",  "meadows",   "mews",       "ml",
     "mls",        "mill",       "mills",     "msn",     "mission",   "mtwy",       "motorway",
     "mt",         "mount",      "mtn",       "mtns",    "mountain",  "mountains",  "nck",
     "neck",       "orch",       "orchard",   "oval",    "ovl",       "opas",       "overpass",
     "park",       "parks",      "prk",       "pkwy",    "pkwys",     "parkway",    "parkways",
     "pkway",      "pky",        "pass",      "psge",    "passage",   "path",       "paths",
     "pike",       "pikes",      "pne",       "pnes",    "pine",      "pines",      "pl",
     "plc",        "place",      "pln",       "plns",    "plain",     "plains",     "plz",
     "plza",       "plaza",      "pt",        "pts",     "point",     "points",     "prt",
     "prts",       "port",       "ports",     "pr",      "prairie",   "radl",       "radial",
     "ramp",       "rnch",       "rnchs",     "ranch",   "ranches",   "rpd",        "rpds",
     "rapid",      "rapids",     "rst",       "rest",    "rdg",       "rdgs",       "rdge",
     "ridge",      "ridges",     "riv",       "rvr",     "river",     "rd",         "rds",
     "road",       "roads",      "rte",       "rt",      "route",     "row",        "rue",
     "run",        "shl",        "shls",      "shoal",   "shoals",    "shr",        "shrs",
     "shore",      "shores",     "skwy",      "skyway",  "spg",       "spgs",       "spng",
     "spring",     "springs",    "spur",      "spurs",   "sq",        "sqs",        "sqr",
     "square",     "squares",    "sta",       "stn",     "station",   "stra",       "stravenue",
     "strm",       "stream",     "st",        "sts",     "str",       "strt",       "street",
     "streets",    "smt",        "summit",    "ter",     "terr",      "terrace",    "trwy",
     "throughway", "trce",       "trace",     "traces",  "trak",      "track",      "tracks",
     "trfy",       "trafficway", "trl",       "trls",    "trail",     "trails",     "trlr",
     "trailer",    "tunl",       "tunnel",    "tpke",    "trnpk",     "turnpike",   "upas",
     "underpass",  "un",         "uns",       "union",   "vly",       "vlys",       "valley",
     "valleys",    "via",        "viaduct",   "viadct",  "vw",        "vws",        "view",
     "views",      "vlg",        "vlgs",      "village", "villages",  "vl",         "ville",
     "vis",        "vista",      "walk",      "walks",   "wall",      "way",        "ways",
     "wy",         "wl",         "wls",       "well",    "wells",     "circuit",    "cct",
     "close",      "cl",         "parade",    "pde",     "esplanade", "promenade",  "grange",
     "rise",       "quay",       "retreat",   "chase",   "approach",  "glade",      "nook",
     "outlook",    "boulevarde", "strand",    "link",    "concourse", "yard",       "wharf",
     "strasse",    "weg",        "platz",     "gasse"});

constexpr WordSet kLeadingStreetKinds({"avenue", "ave", "avenida", "calle", "camino", "rue", "via",
                                       "paseo", "callejon"});

constexpr WordSet kDirections({"n", "s", "e", "w", "ne", "nw", "se", "sw", "north", "south", "east",
                               "west", "northeast", "northwest", "southeast", "southwest"});

constexpr WordSet kNumberedRoads({"highway", "hwy",        "route",  "rte", "rt",    "road",
                                  "rd",      "county",     "co",     "cr",  "sr",    "state",
                                  "us",      "interstate", "i",      "fm",  "cty",   "avenue",
                                  "ave",     "calle",      "street", "st",  "ranch", "trunk"});

constexpr WordSet kUnitWords({"apt", "apartment", "apmt", "unit", "suite", "ste", "flat", "no",
                              "num", "number", "#"});
constexpr WordSet kWeakUnitWords({"room",  "rm",       "lot",   "floor",  "fl",   "flr",
                                  "bldg",  "building", "space", "spc",    "trlr", "trailer",
                                  "dept",  "slip",     "pier",  "hangar", "hngr", "stop",
                                  "level", "lvl",      "block", "blk"});

struct Short {
  absl::string_view word;
  absl::string_view form;
};

constexpr std::array<Short, 30> kShorts = {
    {{"saint", "st"},     {"mount", "mt"},     {"fort", "ft"},      {"north", "n"},
     {"south", "s"},      {"east", "e"},       {"west", "w"},       {"northeast", "ne"},
     {"northwest", "nw"}, {"southeast", "se"}, {"southwest", "sw"}, {"highway", "hwy"},
     {"hiway", "hwy"},    {"route", "rt"},     {"rte", "rt"},       {"road", "rd"},
     {"county", "co"},    {"cty", "co"},       {"first", "1"},      {"second", "2"},
     {"third", "3"},      {"fourth", "4"},     {"fifth", "5"},      {"sixth", "6"},
     {"seventh", "7"},    {"eighth", "8"},     {"ninth", "9"},      {"tenth", "10"},
     {"street", "st"},    {"avenue", "ave"}}};

}  // namespace

bool IsStreetKind(absl::string_view word) { return kStreetKinds.Contains(word); }

bool IsLeadingStreetKind(absl::string_view word) { return kLeadingStreetKinds.Contains(word); }

bool IsDirection(absl::string_view word) { return kDirections.Contains(word); }

bool IsNumberedRoad(absl::string_view word) { return kNumberedRoads.Contains(word); }

bool IsUnitWord(absl::string_view word) { return kUnitWords.Contains(word); }

bool IsWeakUnitWord(absl::string_view word) { return kWeakUnitWords.Contains(word); }

bool IsOrdinalNumber(absl::string_view word) {
  const size_t digits = word.find_first_not_of("0123456789");
  if (digits == 0 || digits == absl::string_view::npos) return false;
  const absl::string_view end = word.substr(digits);
  return end == "st" || end == "nd" || end == "rd" || end == "th";
}

absl::string_view CanonicalStreetWord(absl::string_view word) {
  constexpr size_t kShortestWord = 3;
  constexpr size_t kLongestWord = 9;
  if (word.size() < kShortestWord || word.size() > kLongestWord) return word;
  if (IsOrdinalNumber(word)) return word.substr(0, word.size() - 2);
  for (const Short& entry : kShorts) {
    if (entry.word == word) return entry.form;
  }
  return word;
}

}  // namespace hie::mpi

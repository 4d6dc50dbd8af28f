#include "services/hiectl/region/people.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "services/common/base/civil_date.h"
#include "services/hiectl/region/household.h"
#include "services/hiectl/region/misspelling.h"
#include "services/hiectl/region/people_csv.h"
#include "services/hiectl/region/sources.h"

namespace hie::region {
namespace {

constexpr PeopleProfile kProfiles[] = {PeopleProfile::kRegion, PeopleProfile::kFew,
                                       PeopleProfile::kHistorical, PeopleProfile::kHeavy,
                                       PeopleProfile::kChains};

PeopleOptions Options(PeopleProfile profile, uint64_t people, uint64_t records, uint64_t seed) {
  PeopleOptions options;
  options.profile = profile;
  options.people = people;
  options.records = records;
  options.seed = seed;
  return options;
}

std::vector<GeneratedRecord> Generate(const PeopleOptions& options) {
  std::vector<GeneratedRecord> records;
  const auto counts =
      GeneratePeople(options, [&](const GeneratedRecord& r) { records.push_back(r); });
  EXPECT_TRUE(counts.ok()) << counts.status();
  EXPECT_EQ(counts->records, records.size());
  return records;
}

std::vector<Person> Population(size_t count, uint64_t seed) {
  const FamilyNameBook families;
  const GivenNameBook givens;
  HouseholdMaker maker(families, givens, seed);
  std::vector<Person> people;
  while (people.size() < count) {
    for (Person& person : maker.Next()) people.push_back(std::move(person));
  }
  return people;
}

std::string Ssn(const GeneratedRecord& record) {
  for (const PatientIdentifier& identifier : record.demographics.identifiers) {
    if (identifier.system == kSsnSystem) return identifier.value;
  }
  return "";
}

std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream content;
  content << in.rdbuf();
  return content.str();
}

// Reads RFC 4180, character by character.
std::vector<std::vector<std::string>> ReadCsv(const std::string& text) {
  std::vector<std::vector<std::string>> rows = {{""}};
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"' && quoted && i + 1 < text.size() && text[i + 1] == '"') {
      rows.back().back().push_back(text[++i]);
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == ',' && !quoted) {
      rows.back().emplace_back();
    } else if (text[i] == '\n' && !quoted) {
      rows.push_back({""});
    } else {
      rows.back().back().push_back(text[i]);
    }
  }
  rows.pop_back();
  return rows;
}

TEST(HouseholdTest, TwinsAreBornOnOneDayAndHaveTwoNames) {
  std::map<std::pair<uint64_t, std::string>, std::vector<Person>> twins;
  for (const Person& person : Population(200'000, kTuningSeed)) {
    if (person.birth_order == 0) continue;
    twins[{person.household, person.birth_date.ToString()}].push_back(person);
  }
  EXPECT_GT(twins.size(), 500u);
  for (const auto& [key, pair] : twins) {
    ASSERT_EQ(pair.size(), 2u);
    EXPECT_NE(pair[0].given, pair[1].given);
    EXPECT_EQ(pair[0].birth_order + pair[1].birth_order, 3u);
  }
}

TEST(HouseholdTest, RatesAreThoseOfTheReadme) {
  size_t births = 0, of_twins = 0, sons = 0, juniors = 0, immigrants = 0, year_only = 0;
  size_t old = 0, in_homes = 0, people = 0;
  const FamilyNameBook families;
  const GivenNameBook givens;
  HouseholdMaker maker(families, givens, kTuningSeed);
  while (people < 200'000) {
    const std::vector<Person> household = maker.Next();
    people += household.size();
    for (size_t i = 0; i < household.size(); ++i) {
      const Person& person = household[i];
      // A child's mother is the only adult, or the second.
      const bool of_one = i >= 1 && person.mother_maiden_name == At(household[0].family, 0);
      const bool of_two = i >= 2 && person.mother_maiden_name == At(household[1].family, 0);
      if (of_one || of_two) {
        ++births;
        of_twins += person.birth_order != 0;
        if (of_two && person.sex == AdministrativeSex::kMale) {
          ++sons;
          juniors += person.suffix == "JR" || person.suffix == "III";
        }
      }
      immigrants += person.immigrant;
      year_only += person.birth_year_only;
      if (person.birth_year_only) {
        EXPECT_EQ(person.birth_date.month * 100 + person.birth_date.day, 101);
      }
      old += kThisYear - person.birth_date.year >= 70;
      in_homes += person.facility;
    }
  }
  const auto share = [](size_t part, size_t all) {
    return static_cast<double>(part) / static_cast<double>(all);
  };
  EXPECT_NEAR(share(of_twins, births), 0.032, 0.004);
  EXPECT_NEAR(share(juniors, sons), 0.033, 0.01);
  EXPECT_NEAR(share(year_only, immigrants), 0.13, 0.015);
  EXPECT_NEAR(share(in_homes, old), 0.035, 0.03);
}

TEST(HouseholdTest, SsnsAndPhonesBelongToOneUnlessSharedOnPurpose) {
  std::map<std::string, std::set<uint64_t>> holders;
  for (const Person& person : Population(100'000, kTuningSeed)) {
    if (!person.ssn.empty()) holders[person.ssn].insert(person.entity);
    EXPECT_TRUE(ParseCivilDate(person.birth_date.ToString()).ok());
    EXPECT_FALSE(person.family.empty());
    EXPECT_FALSE(person.address.empty());
  }
  for (const auto& [ssn, people] : holders) EXPECT_EQ(people.size(), 1u);
}

TEST(FamilyNameBookTest, HasALongTailThatOnePersonInTenBears) {
  const FamilyNameBook book;
  Dice dice(kTuningSeed);
  constexpr size_t kDraws = 1'000'000;
  std::map<std::string, size_t> counts;
  for (size_t i = 0; i < kDraws; ++i) ++counts[book.Draw(dice).text];
  size_t rare = 0;
  for (const auto& [name, count] : counts) {
    EXPECT_FALSE(name.empty());
    if (count < 10) rare += count;
  }
  EXPECT_GT(counts.size(), 40'000u);
  EXPECT_GT(counts["Smith"], kDraws / 200);
  EXPECT_GT(rare, kDraws / 20);
  EXPECT_LT(rare, kDraws / 7);
}

TEST(FamilyNameBookTest, TailNamesHardlyCollide) {
  std::set<std::string> names;
  for (size_t rank = 0; rank < FamilyNameBook::kTail; ++rank) {
    names.insert(FamilyNameBook::TailName(rank));
  }
  EXPECT_GT(names.size(), FamilyNameBook::kTail * 9 / 10);
}

TEST(GivenNameBookTest, FollowTheDecadeAndTheSex) {
  const GivenNameBook book;
  Dice dice(kTuningSeed);
  size_t shirleys = 0, madisons = 0;
  for (int i = 0; i < 20'000; ++i) {
    shirleys += book.Draw(AdministrativeSex::kFemale, 1935, Origin::kEnglish, dice) == "Shirley";
    madisons += book.Draw(AdministrativeSex::kFemale, 1935, Origin::kEnglish, dice) == "Madison";
  }
  EXPECT_GT(shirleys, 200u);
  EXPECT_EQ(madisons, 0u);
}

TEST(MisspellingTest, AlwaysChangesWhatCanBeChangedAndKeepsDatesReal) {
  Dice dice(kTuningSeed);
  for (int i = 0; i < 20'000; ++i) {
    EXPECT_NE(Mistype("Anderson", dice), "Anderson");
    EXPECT_NE(MistypeDigits("313-555-0100", dice), "313-555-0100");
    const CivilDate born{1980, 2, 29};
    const CivilDate wrong = MistypeDate(born, dice);
    EXPECT_NE(wrong, born);
    EXPECT_TRUE(ParseCivilDate(wrong.ToString()).ok()) << wrong.ToString();
  }
  for (const char* text : {"", "a", "ab", "é", "\xff\xfe\xfd\xfc", "0", "--"}) {
    for (int i = 0; i < 200; ++i) {
      Mistype(text, dice);
      MistypeDigits(text, dice);
      for (const Slip slip : {Slip::kScanned, Slip::kHeard, Slip::kKeyboard}) {
        Misspell(text, slip, dice);
      }
    }
  }
}

TEST(PeopleTest, SameOptionsGiveTheSameRecordsAndSeedsDiffer) {
  for (const PeopleProfile profile : kProfiles) {
    const auto first = Generate(Options(profile, 0, 500, 3));
    const auto again = Generate(Options(profile, 0, 500, 3));
    const auto other = Generate(Options(profile, 0, 500, 4));
    ASSERT_EQ(first.size(), 500u);
    size_t same = 0;
    for (size_t i = 0; i < first.size(); ++i) {
      EXPECT_EQ(first[i].demographics, again[i].demographics);
      EXPECT_EQ(first[i].full_name, again[i].full_name);
      same += first[i].demographics.names == other[i].demographics.names;
    }
    EXPECT_LT(same, first.size() / 10);
  }
}

TEST(PeopleTest, MoreRecordsContinueTheSameSequence) {
  for (const PeopleProfile profile : kProfiles) {
    const auto few = Generate(Options(profile, 0, 300, kTuningSeed));
    const auto many = Generate(Options(profile, 0, 900, kTuningSeed));
    for (size_t i = 0; i < few.size(); ++i) {
      EXPECT_EQ(few[i].entity, many[i].entity);
      EXPECT_EQ(few[i].demographics, many[i].demographics);
    }
  }
}

TEST(PeopleTest, EveryPersonOfTheRegionHasARecordAndRecordsAreAboutOnePointSix) {
  const auto records = Generate(Options(PeopleProfile::kRegion, 20'000, 0, kTuningSeed));
  std::set<uint64_t> entities;
  for (const GeneratedRecord& record : records) entities.insert(record.entity);
  EXPECT_EQ(entities.size(), 20'000u);
  EXPECT_EQ(*entities.rbegin(), 19'999u);
  EXPECT_NEAR(static_cast<double>(records.size()) / 20'000, 1.64, 0.05);
}

TEST(PeopleTest, LocalIdsAreUniqueWithinTheirSource) {
  std::set<std::pair<std::string, std::string>> ids;
  for (const auto& record : Generate(Options(PeopleProfile::kRegion, 20'000, 0, kTuningSeed))) {
    EXPECT_TRUE(ids.insert({record.source, record.mrn}).second);
  }
}

TEST(PeopleTest, SourcesLeaveOutWhatTheirHabitsSay) {
  std::map<std::string, std::map<std::string, double>> share;
  std::map<std::string, double> records;
  for (const auto& record : Generate(Options(PeopleProfile::kRegion, 60'000, 0, kTuningSeed))) {
    auto& of = share[record.source];
    const Demographics& d = record.demographics;
    records[record.source] += 1;
    const std::string ssn = Ssn(record);
    of["full"] += ssn.size() >= 9;
    of["last four"] += ssn.size() == 4;
    of["phone"] += !d.phones.empty();
    of["address"] += !d.addresses.empty();
    of["padded"] += d.birth_date == CivilDate{1900, 1, 1};
    of["upper"] += d.names[0].family == "SMITH";
    of["lower"] += d.names[0].family == "Smith";
  }
  ASSERT_EQ(records.size(), Sources().size());
  for (auto& [source, of] : share) {
    for (auto& [what, count] : of) count /= records[source];
  }
  EXPECT_EQ(share["lakes"]["full"], 0);
  EXPECT_NEAR(share["lakes"]["last four"], 0.52, 0.04);
  EXPECT_EQ(share["ridge"]["full"] + share["ridge"]["last four"], 0);
  EXPECT_NEAR(share["north"]["full"], 0.66, 0.04);
  EXPECT_NEAR(share["corner"]["address"], 0.55, 0.04);
  EXPECT_NEAR(share["county"]["phone"], 0.85, 0.04);
  EXPECT_NEAR(share["harbor"]["padded"], 0.018, 0.006);
  EXPECT_EQ(share["north"]["padded"], 0);
  EXPECT_GT(share["valley"]["upper"], 0);
  EXPECT_EQ(share["valley"]["lower"], 0);
}

TEST(PeopleTest, NewbornsAreRegisteredWithoutANameAndNamedLater) {
  std::map<uint64_t, std::pair<bool, bool>> named;  // Entity: as a baby, with a name.
  for (const auto& record : Generate(Options(PeopleProfile::kRegion, 30'000, 0, kTuningSeed))) {
    const bool baby = absl::StartsWithIgnoreCase(record.demographics.names[0].given[0], "baby ");
    (baby ? named[record.entity].first : named[record.entity].second) = true;
  }
  size_t both = 0;
  for (const auto& [entity, has] : named) both += has.first && has.second;
  EXPECT_GT(both, 30u);
}

TEST(PeopleTest, ManyLiveAtOneDoorAndPlaceholdersRepeat) {
  std::map<std::string, std::set<uint64_t>> phones;
  for (const auto& record : Generate(Options(PeopleProfile::kRegion, 60'000, 0, kTuningSeed))) {
    for (const std::string& phone : record.demographics.phones) {
      std::string digits;
      for (const char c : phone) {
        if (c >= '0' && c <= '9') digits.push_back(c);
      }
      phones[digits].insert(record.entity);
    }
  }
  EXPECT_GT(phones["9999999999"].size(), 50u);
  EXPECT_GT(phones["9895550000"].size(), 15u);  // The first nursing home.
  EXPECT_GT(phones["9895550001"].size(), 5u);   // The first shelter.
}

TEST(PeopleTest, ChainsAreOfManyEntitiesWithOneOrTwoRecordsEach) {
  std::map<uint64_t, size_t> records;
  std::map<uint64_t, std::set<uint64_t>> chains;
  for (const auto& record : Generate(Options(PeopleProfile::kChains, 4'000, 0, kTuningSeed))) {
    ++records[record.entity];
    chains[record.household].insert(record.entity);
  }
  EXPECT_EQ(records.size(), 4'000u);
  for (const auto& [entity, count] : records) EXPECT_LE(count, 2u);
  size_t long_chains = 0;
  for (const auto& [chain, entities] : chains) long_chains += entities.size() >= 3;
  EXPECT_GT(long_chains, chains.size() / 2);
}

TEST(PeopleTest, HeavyClustersAreOfOneToTwelveAndHistoricalOnesOfThreeToTwenty) {
  const struct {
    PeopleProfile profile;
    size_t min;
    size_t max;
  } kCases[] = {{PeopleProfile::kHeavy, 1, 12}, {PeopleProfile::kHistorical, 3, 20}};
  for (const auto& expected : kCases) {
    std::map<uint64_t, size_t> sizes;
    for (const auto& record : Generate(Options(expected.profile, 2'000, 0, kTuningSeed))) {
      ++sizes[record.entity];
    }
    std::set<size_t> seen;
    for (const auto& [entity, size] : sizes) seen.insert(size);
    EXPECT_EQ(*seen.begin(), expected.min);
    EXPECT_EQ(*seen.rbegin(), expected.max);
  }
}

TEST(PeopleTest, OneInTenOfTheFewIsADuplicate) {
  std::set<uint64_t> entities;
  const auto records = Generate(Options(PeopleProfile::kFew, 0, 20'000, kTuningSeed));
  for (const auto& record : records) entities.insert(record.entity);
  EXPECT_NEAR(static_cast<double>(entities.size()), 18'000, 300);
}

TEST(PeopleTest, RefusesOptionsByName) {
  const auto none = [](const GeneratedRecord&) {};
  EXPECT_EQ(GeneratePeople(Options(PeopleProfile::kRegion, 0, 0, 1), none).status().message(),
            "people: want people or records, at least 1");
  EXPECT_EQ(GeneratePeople(Options(PeopleProfile::kFew, 0, kGeneratedMax + 1, 1), none)
                .status()
                .message(),
            "people, records: want at most 100000000");
  EXPECT_EQ(ParsePeopleProfile("many").status().message(),
            "profile: want region, few, historical, heavy or chains");
}

class PeopleCsvTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string Write(const PeopleOptions& options, const std::string& name) {
    const std::string path = folder_ / name;
    const auto counts = WritePeopleCsv(options, path, "truth");
    EXPECT_TRUE(counts.ok()) << counts.status();
    return ReadAll(path);
  }
  const std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) / "people_csv_test";
};

TEST_F(PeopleCsvTest, QuotesWhatNeedsQuotesAndReadsBack) {
  const struct {
    const char* field;
    const char* written;
  } kCases[] = {{"", ""},
                {"Smith", "Smith"},
                {"a,b", "\"a,b\""},
                {"a\"b", "\"a\"\"b\""},
                {"a\nb", "\"a\nb\""},
                {" a", "\" a\""}};
  for (const auto& expected : kCases) {
    std::string row;
    AppendCsvField(row, expected.field);
    EXPECT_EQ(row, expected.written);
    EXPECT_EQ(ReadCsv(row + "\n")[0][0], expected.field);
  }
}

TEST_F(PeopleCsvTest, EveryRowHasEveryColumnATruthAndANumber) {
  for (const PeopleProfile profile : kProfiles) {
    const auto rows = ReadCsv(Write(Options(profile, 0, 2'000, kTuningSeed), "a.csv"));
    ASSERT_EQ(rows.size(), 2'001u);
    EXPECT_EQ(rows[0][0], "rec_id");
    EXPECT_EQ(rows[0][1], "truth");
    for (size_t i = 1; i < rows.size(); ++i) {
      ASSERT_EQ(rows[i].size(), rows[0].size());
      EXPECT_EQ(rows[i][0], "r" + std::to_string(i));
      EXPECT_GT(rows[i][1].size(), 1u);
    }
  }
}

TEST_F(PeopleCsvTest, RowsAreTheStreamInAnotherOrderAndTheSameBytesAgain) {
  const auto options = Options(PeopleProfile::kRegion, 3'000, 0, kTuningSeed);
  const std::string first = Write(options, "a.csv");
  EXPECT_EQ(first, Write(options, "b.csv"));
  std::multiset<std::pair<std::string, std::string>> written, generated;
  const auto rows = ReadCsv(first);
  size_t neighbours = 0;
  for (size_t i = 1; i < rows.size(); ++i) {
    written.insert({rows[i][1], rows[i][17]});
    neighbours += rows[i][1] == rows[i - 1][1];
  }
  EXPECT_EQ(rows[0][17], "zip");
  for (const auto& record : Generate(options)) {
    const auto& addresses = record.demographics.addresses;
    generated.insert(
        {"p" + std::to_string(record.entity), addresses.empty() ? "" : addresses[0].postal_code});
  }
  EXPECT_EQ(written, generated);
  EXPECT_LT(neighbours, 20u);
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) files += entry.exists();
  EXPECT_EQ(files, 2u);  // No part is left.
}

TEST_F(PeopleCsvTest, SaysWhichFileCannotBeWritten) {
  const auto counts = WritePeopleCsv(Options(PeopleProfile::kFew, 5, 0, 1),
                                     folder_ / "none" / "a.csv", kTruthColumn);
  EXPECT_EQ(counts.status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace hie::region

#include "mpi/train/non_value_detector.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "mpi/block/block_key.h"
#include "mpi/compare/agreement.h"

namespace hie::mpi {
namespace {

constexpr uint64_t kSeed = 909;
constexpr char kPhone[] = "+19063898576";

// People of whom no two are alike.
std::vector<Features> People(int count) {
  std::mt19937_64 random(kSeed);
  std::vector<Features> people;
  for (int i = 0; i < count; ++i) {
    std::string name;
    for (int letter = 0; letter < 8; ++letter) name += static_cast<char>('a' + random() % 26);
    Features f;
    f.names = {{{name}, name.substr(2) + "a", {}, Generation::kNone, false, false}};
    f.birth_date =
        CivilDate{1920 + static_cast<int>(random() % 100), 1 + static_cast<int>(random() % 12),
                  1 + static_cast<int>(random() % 28)};
    people.push_back(std::move(f));
  }
  return people;
}

RecordTable TableOf(const std::vector<Features>& people) {
  RecordTable table;
  for (const Features& person : people) table.Add(person, 0);
  return table;
}

bool HasKey(const PackedView& record, KeyType type) {
  const std::vector<BlockKey> keys = MakeBlockKeys(record);
  return std::any_of(keys.begin(), keys.end(), [&](const BlockKey& k) { return k.type == type; });
}

TEST(MuteNonValuesTest, ATelephoneOfAHundredPeopleIsMuted) {
  std::vector<Features> people = People(300);
  for (int i = 0; i < 100; ++i) people[static_cast<size_t>(i) * 3].phones = {kPhone};
  people[1].phones = {"+19063890001"};
  people[2].phones = {"+19063890001", kPhone};
  RecordTable table = TableOf(people);
  const std::vector<DetectedNonValue> found = MuteNonValues(table);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].field, "phone");
  EXPECT_EQ(found[0].holders, 101u);
  EXPECT_GT(found[0].people, 90u);
  EXPECT_EQ(found[0].value_hash, HashWord(kPhone));
  EXPECT_EQ(found[0].example_row, 0u);
  EXPECT_EQ(ComparePhones(table.record(0), table.record(3)).level, PhoneLevel::kMissing);
  EXPECT_FALSE(HasKey(table.record(0), KeyType::kPhone));
  // What two people share stays, also beside a muted one.
  EXPECT_EQ(ComparePhones(table.record(1), table.record(2)).level, PhoneLevel::kExact);
  EXPECT_TRUE(HasKey(table.record(2), KeyType::kPhone));
}

TEST(MuteNonValuesTest, ManyRecordsOfOnePersonAreNoNonValue) {
  std::vector<Features> people = People(200);
  const Features person = people[0];
  for (int i = 0; i < 50; ++i) {
    people.push_back(person);
    people.back().phones = {kPhone};
    people.back().ssns = {"657680344"};
    people.back().mother_maiden = "m" + std::to_string(i);
  }
  RecordTable table = TableOf(people);
  EXPECT_TRUE(MuteNonValues(table).empty());
  EXPECT_EQ(ComparePhones(table.record(200), table.record(249)).level, PhoneLevel::kExact);
}

TEST(MuteNonValuesTest, EachFieldHasItsBound) {
  const struct {
    const char* field;
    int within;  // So many people may share a value.
    void (*give)(Features&);
  } cases[] = {
      {"ssn", 6, [](Features& f) { f.ssns = {"657680344"}; }},
      {"identifier", 12,
       [](Features& f) {
         f.identifiers = {{"2.999.4", "i77", IdentifierKind::kShared}};
       }},
      {"phone", 20, [](Features& f) { f.phones = {kPhone}; }},
      {"email", 15, [](Features& f) { f.emails = {"desk@example.org"}; }},
      {"address", 60,
       [](Features& f) {
         f.addresses = {{"52", "main", "", "48909", "lansing"}};
       }},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.field);
    std::vector<Features> people = People(400);
    for (int i = 0; i < c.within; ++i) c.give(people[static_cast<size_t>(i)]);
    RecordTable within = TableOf(people);
    EXPECT_TRUE(MuteNonValues(within).empty());
    // A few more than the bound: two of them may be taken for one by their sounds.
    for (int i = 0; i < c.within + 5; ++i) c.give(people[static_cast<size_t>(i)]);
    RecordTable beyond = TableOf(people);
    const auto found = MuteNonValues(beyond);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].field, c.field);
    const Agreement a = Compare(beyond.record(0), beyond.record(1));
    EXPECT_EQ(a.ssn, SsnLevel::kMissing);
    EXPECT_EQ(a.identifier, IdentifierLevel::kMissing);
    EXPECT_EQ(a.phone, PhoneLevel::kMissing);
    EXPECT_EQ(a.email, EmailLevel::kMissing);
    EXPECT_TRUE(a.address == AddressLevel::kMissing || a.address == AddressLevel::kZip);
  }
}

TEST(MuteNonValuesTest, ABirthDateFarAboveTheMeanIsMuted) {
  std::vector<Features> people = People(5'000);
  for (int i = 0; i < 400; ++i) people[static_cast<size_t>(i)].birth_date = CivilDate{1970, 1, 1};
  RecordTable table = TableOf(people);
  const auto found = MuteNonValues(table);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].field, "birth_date");
  EXPECT_EQ(found[0].holders, 400u);
  EXPECT_EQ(CompareBirthDates(table.record(0), table.record(1)), BirthDateLevel::kMissing);
  EXPECT_NE(CompareBirthDates(table.record(500), table.record(501)), BirthDateLevel::kMissing);
  for (const KeyType type : {KeyType::kDob, KeyType::kGivenDob, KeyType::kSoundDob}) {
    EXPECT_FALSE(HasKey(table.record(0), type));
    EXPECT_TRUE(HasKey(table.record(500), type));
  }
}

TEST(MuteNonValuesTest, AHouseIsMutedAndItsStreetIsNot) {
  std::vector<Features> people = People(200);
  for (size_t i = 0; i < 100; ++i) people[i].addresses = {{"900", "hospital", "", "48909", ""}};
  people[100].addresses = people[101].addresses = {{"12", "hospital", "", "48909", ""}};
  RecordTable table = TableOf(people);
  ASSERT_EQ(MuteNonValues(table).size(), 1u);
  EXPECT_EQ(CompareAddresses(table.record(0), table.record(1)).level, AddressLevel::kZip);
  EXPECT_EQ(CompareAddresses(table.record(0), table.record(100)).level, AddressLevel::kZip);
  EXPECT_EQ(CompareAddresses(table.record(100), table.record(101)).level, AddressLevel::kExact);
  EXPECT_FALSE(HasKey(table.record(0), KeyType::kAddress));
  EXPECT_TRUE(HasKey(table.record(100), KeyType::kAddress));
}

TEST(MuteNonValuesTest, TheOrderOfRowsDoesNotMatter) {
  SCOPED_TRACE(kSeed);
  std::vector<Features> people = People(300);
  for (size_t i = 0; i < 120; ++i) people[i].phones = {kPhone};
  for (size_t i = 50; i < 90; ++i) people[i].ssns = {"657680344"};
  RecordTable table = TableOf(people);
  std::mt19937_64 random(kSeed);
  std::shuffle(people.begin(), people.end(), random);
  RecordTable shuffled = TableOf(people);
  const auto a = MuteNonValues(table);
  const auto b = MuteNonValues(shuffled);
  ASSERT_EQ(a.size(), 2u);
  ASSERT_EQ(b.size(), 2u);
  std::multiset<std::string> contents_a;
  std::multiset<std::string> contents_b;
  for (size_t i = 0; i < table.size(); ++i) {
    contents_a.insert(std::string(table.record(i).bytes()));
    contents_b.insert(std::string(shuffled.record(i).bytes()));
  }
  EXPECT_EQ(contents_a, contents_b);
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].field, b[i].field);
    EXPECT_EQ(a[i].value_hash, b[i].value_hash);
    EXPECT_EQ(a[i].holders, b[i].holders);
    EXPECT_EQ(a[i].people, b[i].people);
  }
}

}  // namespace
}  // namespace hie::mpi

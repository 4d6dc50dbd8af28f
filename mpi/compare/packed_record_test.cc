#include "mpi/compare/packed_record.h"

#include <gtest/gtest.h>

#include <random>

#include "mpi/compare/agreement.h"
#include "mpi/compare/record_table.h"

namespace hie::mpi {
namespace {

constexpr uint64_t kSeed = 20'260'411;
constexpr int kRounds = 5'000;

// Anything that the types allow, out of few values, so that many agree; now and then what no
// sensible record holds.
class RandomFeatures {
 public:
  explicit RandomFeatures(uint64_t seed) : random_(seed) {}

  Features Next() {
    Features f;
    for (uint32_t i = Below(4); i > 0; --i) f.names.push_back(Name());
    if (Below(4) != 0) f.birth_date = Date();
    f.sex = static_cast<AdministrativeSex>(Below(5));
    for (uint32_t i = Below(3); i > 0; --i) f.ssns.push_back(Ssn());
    for (uint32_t i = Below(3); i > 0; --i) f.phones.push_back("+1906389857" + Digit());
    for (uint32_t i = Below(3); i > 0; --i) f.emails.push_back(Word() + "@" + Word());
    for (uint32_t i = Below(3); i > 0; --i) {
      f.addresses.push_back({Digit(), Word(), Digit(), "4890" + Digit(), Word()});
    }
    for (uint32_t i = Below(4); i > 0; --i) {
      f.identifiers.push_back(
          {"2.999." + Digit(), "id45678" + Digit(), static_cast<IdentifierKind>(Below(3))});
    }
    f.mother_maiden = Word();
    for (std::string& extra : f.extras) extra = Below(2) != 0 ? Word() : "";
    f.multiple_birth = Below(4) == 0;
    f.birth_order = Below(3);
    f.generation = static_cast<Generation>(Below(7));
    f.newborn = Below(8) == 0;
    f.identity_unknown = Below(8) == 0;
    return f;
  }

 private:
  uint32_t Below(uint32_t count) { return static_cast<uint32_t>(random_() % count); }
  std::string Digit() { return std::string(1, static_cast<char>('0' + Below(4))); }
  std::string Ssn() { return Below(2) == 0 ? "034" + Digit() : "65768034" + Digit(); }
  CivilDate Date() {
    const int month = static_cast<int>(Below(13));
    const int day = month == 0 ? 0 : static_cast<int>(Below(31));
    return {1980 + static_cast<int>(Below(2)), month, day};
  }
  std::string Word() {
    constexpr std::array<const char*, 20> kWords = {
        "",       "a",      "li",      "lu",       "main",    "maine",  "mary",
        "maria",  "bill",   "william", "williams", "willson", "wilson", "jayden",
        "hayden", "larsen", "larssen", "penilope", "pen",     "ilope"};
    switch (Below(40)) {
      case 0:
        return std::string(10'000, static_cast<char>('a' + Below(2)));
      case 1:
        return "\xff\xfe\x80" + Digit();
      case 2:
        return std::string("nul\0l", 5) + Digit();
      case 3:
        return std::string(kWordBytesMax + Below(3) - 1, 'x');
      default:
        return kWords[Below(kWords.size())];
    }
  }
  NormalizedName Name() {
    NormalizedName name;
    for (uint32_t i = Below(4); i > 0; --i) name.family.push_back(Word());
    name.first = Word();
    for (uint32_t i = Below(50) == 0 ? 300 : Below(3); i > 0; --i) name.middle.push_back(Word());
    return name;
  }

  std::mt19937_64 random_;
};

std::string Cut(absl::string_view text) { return FitWord(text); }

// What stands in a packed name or address, against what went in.
void ExpectHolds(const PackedView& record, const Features& f) {
  ASSERT_EQ(record.names().size(), std::min(f.names.size(), kNamesComparedMax));
  for (size_t i = 0; i < record.names().size(); ++i) {
    const PackedName& packed = record.names()[i];
    EXPECT_EQ(record.text(packed.first), Cut(f.names[i].first));
    EXPECT_EQ(record.text(packed.family), Cut(JoinedFamily(f.names[i])));
    std::vector<std::string> middles;
    for (const std::string& middle : f.names[i].middle) {
      if (middles.size() < 4) middles.push_back(Cut(middle));
    }
    middles.erase(std::remove(middles.begin(), middles.end(), ""), middles.end());
    ASSERT_EQ(packed.middle_count, middles.size());
    for (size_t m = 0; m < middles.size(); ++m) {
      EXPECT_EQ(record.text(record.words()[packed.middle_begin + m]), middles[m]);
    }
  }
  ASSERT_EQ(record.addresses().size(), std::min(f.addresses.size(), kAddressesComparedMax));
  for (size_t i = 0; i < record.addresses().size(); ++i) {
    const PackedAddress& packed = record.addresses()[i];
    EXPECT_EQ(record.text(packed.number), Cut(f.addresses[i].number));
    EXPECT_EQ(record.text(packed.street), Cut(f.addresses[i].street));
    EXPECT_EQ(record.text(packed.unit), Cut(f.addresses[i].unit));
    EXPECT_EQ(record.text(packed.zip), Cut(f.addresses[i].zip5));
    EXPECT_EQ(record.text(packed.city), Cut(f.addresses[i].city));
  }
}

void ExpectWellFormed(const PackedView& record, const std::string& packed) {
  ASSERT_EQ(record.header().bytes, packed.size());
  ASSERT_EQ(packed.size() % 8, 0u);
  ASSERT_GE(record.words().size(), 1u);
  EXPECT_EQ(record.words()[0].length, 0);
  for (const PackedWord& word : record.words()) {
    ASSERT_LE(size_t{word.offset} + word.length, packed.size());
    ASSERT_LE(word.length, kWordBytesMax);
    EXPECT_EQ(word.hash, word.length == 0 ? 0 : HashWord(record.text(word)));
    EXPECT_EQ(word.muted, 0);
  }
}

TEST(PackTest, WhatWasPackedIsReadBack) {
  SCOPED_TRACE(kSeed);
  RandomFeatures random(kSeed);
  for (int round = 0; round < kRounds && !::testing::Test::HasFailure(); ++round) {
    const Features f = random.Next();
    const std::string packed = Pack(f);
    const PackedView record(packed.data());
    ExpectWellFormed(record, packed);
    ExpectHolds(record, f);
    EXPECT_EQ(BirthDateValue(record) != 0, f.birth_date.has_value());
    EXPECT_EQ(record.text(record.header().mother_maiden), Cut(f.mother_maiden));
    for (size_t i = 0; i < kExtraFieldsMax; ++i) {
      EXPECT_EQ(record.text(record.header().extras[i]), Cut(f.extras[i]));
    }
  }
}

TEST(PackTest, EqualFeaturesGiveEqualBytes) {
  SCOPED_TRACE(kSeed);
  RandomFeatures one(kSeed);
  RandomFeatures other(kSeed);
  for (int round = 0; round < kRounds; ++round) ASSERT_EQ(Pack(one.Next()), Pack(other.Next()));
}

TEST(PackTest, AChangedFieldChangesTheBytes) {
  Features f;
  f.names = {{{"larssen"}, "fyodor", {}, Generation::kNone, false, false}};
  f.addresses = {{"52", "williamson", "", "48909", "lansing"}};
  const std::string before = Pack(f);
  Features changed = f;
  changed.names[0].first = "theodore";
  EXPECT_NE(Pack(changed), before);
  changed = f;
  changed.addresses[0].unit = "4b";
  EXPECT_NE(Pack(changed), before);
  changed = f;
  changed.multiple_birth = true;
  EXPECT_NE(Pack(changed), before);
}

TEST(PackTest, LongValuesThatBeginAlikeStayTwo) {
  const std::string stem = "https://registry.example.org/national-patient-index/v2/fhir/Patient/";
  Features a;
  a.identifiers = {{"2.999.3", stem + "000001", IdentifierKind::kPersonal}};
  Features b = a;
  b.identifiers[0].value = stem + "999999";
  EXPECT_EQ(Compare(a, a).identifier, IdentifierLevel::kPersonalExact);
  EXPECT_EQ(Compare(a, b).identifier, IdentifierLevel::kPersonalDiffers);
  EXPECT_LE(FitWord(stem + "1").size(), kWordBytesMax);
}

TEST(PackTest, ValuesBeyondTheLimitsAreCut) {
  Features f;
  const std::vector<std::string> many(300, std::string(10'000, 'q'));
  f.names.assign(300, {many, many[0], many, Generation::kNone, false, false});
  f.addresses.assign(300, {many[0], many[0], many[0], many[0], many[0]});
  f.identifiers.assign(300, {many[0], many[0], IdentifierKind::kPersonal});
  f.ssns = f.phones = f.emails = many;
  f.mother_maiden = many[0];
  f.extras.fill(many[0]);
  f.birth_order = 100'000;
  const std::string packed = Pack(f);
  const PackedView record(packed.data());
  ExpectWellFormed(record, packed);
  ExpectHolds(record, f);
  EXPECT_EQ(record.header().ssns, 4);
  EXPECT_EQ(record.header().phones, kPhonesComparedMax);
  EXPECT_EQ(record.header().emails, kPhonesComparedMax);
  // One more for the record's own key.
  EXPECT_EQ(record.identifiers().size(), kIdentifiersComparedMax + 1);
  EXPECT_EQ(record.header().birth_order, 255);
  EXPECT_EQ(Compare(record, record).family, FamilyLevel::kExact);
}

TEST(PackTest, AValueThatMayBeMutedSharesItsWordWithNoOther) {
  Features f;
  f.names = {{{"main"}, "rosa", {}, Generation::kNone, false, false}};
  f.addresses = {{"1", "main", "", "48909", "main"}, {"2", "main", "", "48909", "main"}};
  f.identifiers = {{"2.999.1", "main", IdentifierKind::kPersonal}};
  f.mother_maiden = "main";
  const std::string packed = Pack(f);
  const PackedView record(packed.data());
  const uint8_t first = record.addresses()[0].street;
  const uint8_t second = record.addresses()[1].street;
  EXPECT_NE(first, second);
  for (const uint8_t street : {first, second, record.identifiers()[0].value}) {
    EXPECT_NE(street, record.names()[0].family);
    EXPECT_NE(street, record.addresses()[0].city);
    EXPECT_NE(street, record.addresses()[1].city);
    EXPECT_NE(street, record.header().mother_maiden);
  }
}

TEST(CompareTest, IsTotalAndSymmetric) {
  SCOPED_TRACE(kSeed);
  RandomFeatures random(kSeed + 1);
  Features before = random.Next();
  for (int round = 0; round < kRounds; ++round) {
    Features now = random.Next();
    const std::string x = Pack(before);
    const std::string y = Pack(now);
    const PackedView a(x.data());
    const PackedView b(y.data());
    const Agreement there = Compare(a, b);
    const Agreement back = Compare(b, a);
    ASSERT_EQ(there.family, back.family) << round;
    ASSERT_EQ(there.given, back.given) << round;
    ASSERT_EQ(there.middle, back.middle) << round;
    ASSERT_EQ(there.suffix, back.suffix) << round;
    ASSERT_EQ(there.birth_date, back.birth_date) << round;
    ASSERT_EQ(there.sex, back.sex) << round;
    ASSERT_EQ(there.ssn, back.ssn) << round;
    ASSERT_EQ(there.phone, back.phone) << round;
    ASSERT_EQ(there.email, back.email) << round;
    ASSERT_EQ(there.address, back.address) << round;
    ASSERT_EQ(there.identifier, back.identifier) << round;
    ASSERT_EQ(there.mother_maiden, back.mother_maiden) << round;
    ASSERT_EQ(there.birth_order, back.birth_order) << round;
    ASSERT_EQ(there.extras, back.extras) << round;
    ASSERT_EQ(there.values.address, back.values.address) << round;
    ASSERT_EQ(there.values, back.values) << round;
    ASSERT_EQ(there.pairings, back.pairings) << round;
    ASSERT_EQ(there, back) << round;
    ASSERT_EQ(there, Compare(before, now)) << round;
    before = std::move(now);
  }
}

// Sets the bit of a word as the detector does.
void Mute(std::string& packed, uint8_t word) {
  reinterpret_cast<PackedWord*>(packed.data() + sizeof(PackedHeader))[word].muted = 1;
}

TEST(CompareTest, AMutedHouseIsNoEvidence) {
  const struct {
    NormalizedAddress address;
    AddressLevel level;
  } cases[] = {
      {{"900", "hospital", "", "48909", "lansing"}, AddressLevel::kZip},
      {{"900", "hospital", "", "", "lansing"}, AddressLevel::kCity},
      {{"900", "hospital", "", "", ""}, AddressLevel::kMissing},
  };
  for (const auto& c : cases) {
    Features f;
    f.addresses = {c.address};
    std::string packed = Pack(f);
    const PackedView record(packed.data());
    EXPECT_LE(CompareAddresses(record, record).level, AddressLevel::kNumberStreet);
    Mute(packed, record.addresses()[0].street);
    EXPECT_EQ(CompareAddresses(record, record).level, c.level);
  }
}

TEST(RecordTableTest, RowsKeepTheirMeaningWhateverTheLayout) {
  SCOPED_TRACE(kSeed);
  RandomFeatures random(kSeed + 2);
  std::vector<std::string> packed;
  RecordTable table;
  RecordTable second;
  for (int i = 0; i < 200; ++i) {
    const Features f = random.Next();
    packed.push_back(Pack(f));
    (i < 120 ? table : second).Add(f, i % 3 == 0 ? 1 : 0);
  }
  table.Append(std::move(second));
  std::vector<uint32_t> order(200);
  for (uint32_t i = 0; i < 200; ++i) order[i] = (i * 37 + 11) % 200;
  table.LayOut(order);
  ASSERT_EQ(table.size(), 200u);
  for (size_t i = 0; i < 200; ++i) {
    EXPECT_EQ(table.record(i).bytes(), packed[i]) << i;
    EXPECT_EQ(table.source(i), i % 3 == 0 ? 1 : 0) << i;
  }
}

}  // namespace
}  // namespace hie::mpi

#include "mpi/block/block_key.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "mpi/block/sound.h"

namespace hie::mpi {
namespace {

Demographics Sample() {
  Demographics d;
  d.names = {{"official", "Larssen", {"Fyodor"}, ""}};
  d.birth_date = CivilDate{2007, 12, 5};
  d.addresses = {{{"52 Williamson Cir"}, "Lansing", "MI", "48909"}};
  d.phones = {"(906)389-8576"};
  d.identifiers = {{"SSN", "657-68-0344"}, {"2.999.4", "I-77"}};
  d.mother_maiden_name = "Quimby";
  return d;
}

bool ShareAKey(const Demographics& a, const Demographics& b) {
  std::set<uint64_t> keys;
  for (const BlockKey& key : MakeBlockKeys(Normalize(a))) keys.insert(key.base);
  for (const BlockKey& key : MakeBlockKeys(Normalize(b))) {
    if (keys.count(key.base) != 0) return true;
  }
  return false;
}

// Leaves name, birth date and address: what most registrations have.
Demographics Plain() {
  Demographics d = Sample();
  d.phones.clear();
  d.identifiers.clear();
  d.mother_maiden_name.clear();
  return d;
}

TEST(SoundOfTest, FollowsTheNationalArchives) {
  EXPECT_EQ(SoundOf("robert"), "r163");
  EXPECT_EQ(SoundOf("rupert"), "r163");
  EXPECT_EQ(SoundOf("ashcraft"), "a261");
  EXPECT_EQ(SoundOf("tymczak"), "t522");
  EXPECT_EQ(SoundOf("pfister"), "p236");
  EXPECT_EQ(SoundOf("lee"), "l");
  EXPECT_EQ(SoundOf(""), "");
}

TEST(MakeBlockKeysTest, OneChangedFieldIsStillFound) {
  const std::function<void(Demographics&)> changes[] = {
      [](Demographics& d) { d.names[0].family = "Larsen"; },
      [](Demographics& d) { d.names[0].family = "Quimby"; },
      [](Demographics& d) { d.names[0].given = {"Theodore"}; },
      [](Demographics& d) {
        d.birth_date = CivilDate{2007, 5, 12};
      },
      [](Demographics& d) {
        d.birth_date = CivilDate{1970, 12, 5};
      },
      [](Demographics& d) { d.birth_date.reset(); },
      [](Demographics& d) {
        d.addresses = {{{"9 Pierce St"}, "Hubbell", "MI", "49934"}};
      },
      [](Demographics& d) { std::swap(d.names[0].family, d.names[0].given[0]); },
  };
  int number = 0;
  for (const auto& change : changes) {
    Demographics changed = Plain();
    change(changed);
    EXPECT_TRUE(ShareAKey(Plain(), changed)) << "change " << number;
    ++number;
  }
}

TEST(MakeBlockKeysTest, IdentifiersAndPhoneAloneAreFound) {
  const auto only = [](const std::function<void(Demographics&)>& keep) {
    Demographics d;
    keep(d);
    return d;
  };
  EXPECT_TRUE(ShareAKey(Sample(), only([](Demographics& d) {
                          d.identifiers = {{"SSN", "657680344"}};
                        })));
  EXPECT_TRUE(ShareAKey(Sample(), only([](Demographics& d) {
                          d.identifiers = {{"urn:oid:2.999.4", "i77"}};
                        })));
  EXPECT_TRUE(ShareAKey(Sample(), only([](Demographics& d) {
                          d.names = {{"", "X", {"Frida"}, ""}};
                          d.phones = {"389-8576"};
                        })));
}

TEST(MakeBlockKeysTest, AStrangerIsNotFound) {
  Demographics other;
  other.names = {{"", "Mercer", {"Isai"}, ""}};
  other.birth_date = CivilDate{1981, 3, 4};
  other.addresses = {{{"324 Wyoming St"}, "Long Lake", "MI", "48743"}};
  EXPECT_FALSE(ShareAKey(Sample(), other));
}

TEST(MakeBlockKeysTest, NothingKnownGivesNoKey) {
  EXPECT_TRUE(MakeBlockKeys(Normalize(Demographics())).empty());
}

TEST(MakeBlockKeysTest, KeysAreSortedAndFew) {
  const std::vector<BlockKey> keys = MakeBlockKeys(Normalize(Sample()));
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
  EXPECT_LE(keys.size(), 20u);
  for (const BlockKey& key : keys) {
    EXPECT_NE(key.refined, 0u);
    EXPECT_NE(KeyTypeName(key.type), "unknown");
  }
}

TEST(MakeBlockKeysTest, HashesAreFixedForTheIndexOnDisk) {
  Demographics d;
  d.identifiers = {{"SSN", "657-68-0344"}};
  const std::vector<BlockKey> keys = MakeBlockKeys(Normalize(d));
  ASSERT_EQ(keys.size(), 1u);
  EXPECT_EQ(keys[0].type, KeyType::kSsn);
  EXPECT_EQ(keys[0].refined, 0u);
  EXPECT_EQ(keys[0].base, 17743865961017129207ULL);
}

}  // namespace
}  // namespace hie::mpi

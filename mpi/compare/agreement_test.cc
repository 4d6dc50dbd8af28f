#include "mpi/compare/agreement.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace hie::mpi {
namespace {

template <size_t N>
std::string Pick(std::mt19937_64& random, const std::array<const char*, N>& list) {
  return list[random() % N];
}

Demographics RandomPerson(std::mt19937_64& random) {
  constexpr std::array<const char*, 8> kFamilies = {"Smith", "Smyth",     "Larssen", "Larsen",
                                                    "Li",    "Cruz-Vega", "Vega",    ""};
  constexpr std::array<const char*, 10> kGivens = {"William", "Bill", "Fyodor", "Fyodr",    "F",
                                                   "Smith",   "Mia",  "Mya",    "BABY BOY", ""};
  Demographics d;
  for (size_t n = 1 + random() % 2; n > 0; --n) {
    d.names.push_back(
        {"", Pick(random, kFamilies), {Pick(random, kGivens)}, Pick<3>(random, {"", "JR", "SR"})});
  }
  if (random() % 4 != 0) {
    d.birth_date =
        CivilDate{1980 + static_cast<int>(random() % 2), static_cast<int>(1 + random() % 3),
                  static_cast<int>(1 + random() % 3)};
  }
  d.sex = random() % 2 != 0 ? AdministrativeSex::kFemale : AdministrativeSex::kMale;
  d.phones = {Pick<3>(random, {"9063898576", "9063898577", ""})};
  d.addresses = {{{Pick<3>(random, {"52 Pierce St", "9 Pierce", ""})}, "", "", "48909"}};
  d.identifiers = {{"SSN", Pick<4>(random, {"657680344", "657680434", "0344", ""})},
                   {"2.16.840.1.113883.4.3.26", Pick<3>(random, {"D123456", "D123465", ""})}};
  d.birth_order = static_cast<uint32_t>(random() % 3);
  d.mother_maiden_name = Pick<3>(random, {"Quimby", "Quimbly", ""});
  return d;
}

TEST(CompareTest, IsSymmetric) {
  const uint64_t seed = 7;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 5000; ++i) {
    const Features a = Normalize(RandomPerson(random));
    const Features b = Normalize(RandomPerson(random));
    ASSERT_EQ(Compare(a, b), Compare(b, a));
  }
}

TEST(CompareTest, NothingContradictsItself) {
  const uint64_t seed = 8;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 1000; ++i) {
    const Features a = Normalize(RandomPerson(random));
    ASSERT_EQ(IndependentContradictions(Compare(a, a)), 0);
  }
}

TEST(CompareTest, EmptyIsMissingEverywhere) { EXPECT_EQ(Compare({}, {}), Agreement{}); }

}  // namespace
}  // namespace hie::mpi

#include "mpi/normalize/full_name.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>

#include "absl/strings/str_join.h"
#include "mpi/normalize/name.h"

namespace hie::mpi {
namespace {

TEST(SplitFullNameTest, FindsFamilyGivenAndSuffix) {
  const struct {
    const char* text;
    const char* family;
    const char* given;  // Joined by blanks.
    const char* suffix;
  } cases[] = {
      {"", "", "", ""},
      {" , ,", "", "", ""},
      {"Voltaire", "Voltaire", "", ""},
      {"Mr. Smith", "Smith", "", ""},
      {"John Smith", "Smith", "John", ""},
      {"John Quincy Adams", "Adams", "John Quincy", ""},
      {"Smith, John", "Smith", "John", ""},
      {"SMITH,JOHN Q", "SMITH", "JOHN Q", ""},
      {"Smith, John Quincy, Jr.", "Smith", "John Quincy", "Jr."},
      {"Smith, Jr., John", "Smith", "John", "Jr."},
      {"Smith Jr., John", "Smith", "John", "Jr."},
      {"Smith, John III", "Smith", "John", "III"},
      {"John Smith, Jr.", "Smith", "John", "Jr."},
      {"John Smith, III, MD", "Smith", "John", "III"},
      {"Dr. John Smith Sr., M.D.", "Smith", "John", "Sr."},
      {"John Smith, Esq.", "Smith", "John", ""},
      {"John Smith V", "Smith", "John", "V"},
      {"Smith, John V", "Smith", "John V", ""},
      {"Mrs Mary Ann Jones", "Jones", "Mary Ann", ""},
      {"Sir Thomas Chaloner", "Chaloner", "Thomas", ""},
      {"Right Rev. William Hart", "Hart", "William", ""},
      {"Juan de la Cruz", "de la Cruz", "Juan", ""},
      {"de la Cruz, Juan", "de la Cruz", "Juan", ""},
      {"Maria del Carmen Lopez", "Lopez", "Maria del Carmen", ""},
      {"Juan Garcia y Lopez", "Garcia y Lopez", "Juan", ""},
      {"Ludwig van Beethoven", "van Beethoven", "Ludwig", ""},
      {"Khalid bin Salman", "bin Salman", "Khalid", ""},
      {"van der Berg", "van der Berg", "", ""},
      {"Van Morrison", "Morrison", "Van", ""},
      {"Al Gore", "Gore", "Al", ""},
      {"Ben Stiller", "Stiller", "Ben", ""},
      {"Mary Smith-Jones", "Smith-Jones", "Mary", ""},
      {"Mary Jones nee Smith", "Jones", "Mary", ""},
      {"Sir John Smith, 2nd Baronet", "Smith", "John", ""},
      {"thomas clifford, 1st baron clifford of chudleigh", "clifford", "thomas", ""},
      {"henry, 1st earl of x", "henry", "", ""},
      {"Anne Clifford, Countess of Pembroke", "Clifford", "Anne", ""},
      {"Mary Wortley, the younger", "Wortley", "Mary", ""},
      {"Johnson, Earl", "Johnson", "Earl", ""},
      {"King, Duke Allen", "King", "Duke Allen", ""},
      {"john smith, 2nd", "smith", "john", "2nd"},
      {"Müller, Jörg", "Müller", "Jörg", ""},
  };
  for (const auto& c : cases) {
    const HumanName name = SplitFullName(c.text);
    EXPECT_EQ(name.family, c.family) << c.text;
    EXPECT_EQ(absl::StrJoin(name.given, " "), c.given) << c.text;
    EXPECT_EQ(name.suffix, c.suffix) << c.text;
  }
}

TEST(SplitFullNameTest, IsTotalOnRandomTokens) {
  const uint64_t seed = 23;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  const std::vector<std::string> pieces = {"John", "de", "la", ",",   " ",    "Jr",   "2nd", "Sir",
                                           "of",   "v",  "y",  "nee", "\xff", "Earl", ".",   "MD"};
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (size_t n = random() % 9; n > 0; --n) {
      text += pieces[random() % pieces.size()];
      if (random() % 2 == 0) text += ' ';
    }
    const HumanName name = SplitFullName(text);
    ASSERT_TRUE(!name.family.empty() || name.given.empty()) << text;
    (void)NormalizeName(name);
  }
  EXPECT_EQ(SplitFullName(std::string(10'000, 'a')).family.size(), 10'000u);
  EXPECT_EQ(SplitFullName(std::string(10'000, ',')).family, "");
}

}  // namespace
}  // namespace hie::mpi

#include "services/hiectl/matching/column_guess.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "services/hiectl/matching/column_synonyms.h"
#include "services/hiectl/matching/columns.h"
#include "tests/support/status_matchers.h"

namespace hie::ctl::matching {
namespace {

using ::hie::testing::ValueOrDie;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string Propose(const std::string& csv) {
  const std::string path = ::testing::TempDir() + "/guess.csv";
  std::ofstream(path) << csv;
  return ProposeColumns(ValueOrDie(CsvFile::Open(path)));
}

ColumnFile ProposedFile(const std::string& csv) {
  return ValueOrDie(ReadColumnFile(Propose(csv), "proposed"));
}

TEST(ColumnSynonymsTest, NamesAreKnownHoweverTheyAreSpelled) {
  const struct {
    const char* name;
    FieldKey key;
  } cases[] = {{"fname", FieldKey::kGiven},
               {"First Name", FieldKey::kGiven},
               {"lname_c1", FieldKey::kFamily},
               {"patientLastName", FieldKey::kFamily},
               {"date-of-birth", FieldKey::kBirthDate},
               {"ZIP", FieldKey::kPostalCode},
               {"postcode_fake", FieldKey::kPostalCode},
               {"Phone_2", FieldKey::kPhone},
               {"soc_sec_id", FieldKey::kSsn},
               {"suburb", FieldKey::kCity},
               {"ent_id", FieldKey::kTruth},
               {"rec_id", FieldKey::kId}};
  for (const auto& c : cases) {
    const auto meaning = MeaningOfColumn(c.name);
    ASSERT_TRUE(meaning.has_value()) << c.name;
    EXPECT_EQ(meaning->field, c.key) << c.name;
  }
  EXPECT_FALSE(MeaningOfColumn("shoe_size").has_value());
  EXPECT_FALSE(MeaningOfColumn("").has_value());
}

TEST(ColumnGuessTest, AnUnseenFileIsUsableAtOnce) {
  const ColumnFile file = ProposedFile(
      "rec_id,entity_id,given_name,surname,street_number,address_1,address_2,suburb,postcode,state,"
      "date_of_birth,soc_sec_id,shoe\nr1,e1,anna,meyer,7,main st,x,perth,6000,wa,19560409,1804974,"
      "9\n");
  EXPECT_THAT(file.field(FieldKey::kTruth).columns, ElementsAre("entity_id"));
  EXPECT_THAT(file.field(FieldKey::kHouseNumber).columns, ElementsAre("street_number"));
  EXPECT_THAT(file.field(FieldKey::kStreet2).columns, ElementsAre("address_2"));
  EXPECT_EQ(file.format.birth_date, DateStyle::kYearMonthDay);
  // Seven digits: no US number.
  EXPECT_THAT(file.field(FieldKey::kSsn).columns, IsEmpty());
  ASSERT_EQ(file.identifiers.size(), 1u);
  EXPECT_EQ(file.identifiers[0].kind, mpi::IdentifierKind::kPersonal);
}

TEST(ColumnGuessTest, SidesOfPairsAreFound) {
  const ColumnFile file =
      ProposedFile("match,last_l,last_r,first_l,first_r,dob_l,dob_r\n1,a,a,b,b,1980-01-02,x\n");
  EXPECT_EQ(file.left, "_l");
  EXPECT_EQ(file.right, "_r");
  EXPECT_THAT(file.field(FieldKey::kFamily).columns, ElementsAre("last"));
  EXPECT_THAT(file.field(FieldKey::kTruth).columns, ElementsAre("match"));
}

TEST(ColumnGuessTest, ValuesDecideWhatNamesLeaveOpen) {
  const ColumnFile file = ProposedFile(
      "id;name;birthday;birth_month;birth_year;address;city;phone\n"
      "1;A B;NA;1;1980;Main St 5;X;1|2\n2;C;NA;NA;1980;NA;X;3\n");
  EXPECT_THAT(file.field(FieldKey::kBirthDay).columns, ElementsAre("birthday"));
  EXPECT_THAT(file.field(FieldKey::kStreet).columns, ElementsAre("address"));
  EXPECT_THAT(file.format.missing, ElementsAre("NA"));
  EXPECT_EQ(file.format.list_separator, "|");
}

TEST(ColumnGuessTest, ANameBesideASurnameIsTheFirstName) {
  const ColumnFile file = ProposedFile("name,surname\nAnna,Meyer\n");
  EXPECT_THAT(file.field(FieldKey::kGiven).columns, ElementsAre("name"));
  EXPECT_THAT(file.field(FieldKey::kFullName).columns, IsEmpty());
}

TEST(ColumnGuessTest, NoValueAndNoOddNameBreaksTheProposal) {
  const std::string text = Propose("\"we\"\"ird\nname\",last\\name,last\nCANARY,CANARY,CANARY\n");
  EXPECT_THAT(text, ::testing::Not(HasSubstr("CANARY")));
  EXPECT_THAT(text, HasSubstr("# Not used: we\"ird name"));
  EXPECT_THAT(ValueOrDie(ReadColumnFile(text, "p")).field(FieldKey::kFamily).columns,
              ElementsAre("last\\name", "last"));
}

}  // namespace
}  // namespace hie::ctl::matching

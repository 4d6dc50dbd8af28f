#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mpi/normalize/name.h"
#include "services/hiectl/matching/column_guess.h"
#include "services/hiectl/matching/doors_fixture.h"
#include "services/hiectl/matching/person_row.h"
#include "services/hiectl/matching/record_file.h"
#include "tests/support/status_matchers.h"

// Files as others have them, with column files as their owners would write them from this room's
// README; and the proposal for the same files.
namespace hie::ctl::matching {
namespace {

using ::hie::testing::ValueOrDie;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class StrangersTest : public DoorsTest {
 protected:
  // The first row as `toml` maps it; without `toml` as the proposal does.
  mpi::Features First(const std::string& csv, std::string toml, const std::string& affix = "") {
    const CsvFile file = ValueOrDie(CsvFile::Open(Write("stranger.csv", csv)));
    if (toml.empty()) toml = ProposeColumns(file);
    const ColumnFile columns_file = ValueOrDie(ReadColumnFile(toml, "columns.toml"));
    truth_ = columns_file.field(FieldKey::kTruth).columns;
    Columns columns = ValueOrDie(FindColumns(columns_file, file.header(), affix));
    SettleMissing(file, columns);
    SettleDateStyle(file, columns);
    PersonRow row(columns);
    CsvReader reader(file.body(), file.delimiter());
    EXPECT_TRUE(reader.Next());
    issues_.clear();
    return row.Read(reader.cells(), reader.line(), issues_);
  }

  std::vector<std::string> truth_;
  std::vector<Issue> issues_;
};

constexpr char kHistorical[] =
    "unique_id,cluster,full_name,first_and_surname,first_name,surname,dob,birth_place,postcode_"
    "fake,"
    "gender,occupation\n"
    "Q1-1,Q1,Sir Thomas Clifford,Thomas Clifford,Thomas,Clifford,1630-08-01,Devon,tq13 8df,male,"
    "politician\n";

TEST_F(StrangersTest, HistoricalPersons) {
  for (const char* toml : {"id = \"unique_id\"\ntruth = \"cluster\"\n"
                           "full_name = [\"full_name\", \"first_and_surname\"]\n"
                           "given = \"first_name\"\nfamily = \"surname\"\nbirth_date = \"dob\"\n"
                           "postal_code = \"postcode_fake\"\nsex = \"gender\"\n[extra]\n"
                           "birth_place = \"birth_place\"\noccupation = \"occupation\"\n",
                           ""}) {
    const mpi::Features f = First(kHistorical, toml);
    ASSERT_THAT(f.names, SizeIs(1)) << toml;
    EXPECT_EQ(f.names[0].first, "thomas");
    EXPECT_EQ(mpi::JoinedFamily(f.names[0]), "clifford");
    EXPECT_EQ(f.birth_date, (CivilDate{1630, 8, 1}));
    EXPECT_EQ(f.sex, AdministrativeSex::kMale);
    EXPECT_EQ(f.extras[0], "devon");
    EXPECT_EQ(f.extras[1], "politician");
    ASSERT_THAT(f.addresses, SizeIs(1));
    EXPECT_THAT(truth_, ElementsAre("cluster"));
    EXPECT_THAT(issues_, IsEmpty());
  }
}

TEST_F(StrangersTest, AWholeNameAloneIsEnough) {
  const mpi::Features f =
      First(kHistorical, "full_name = [\"full_name\", \"first_and_surname\"]\n");
  ASSERT_THAT(f.names, SizeIs(1));
  EXPECT_EQ(mpi::JoinedFamily(f.names[0]), "clifford");
}

TEST_F(StrangersTest, FewFieldsAndAnEmail) {
  constexpr char kCsv[] =
      "unique_id,first_name,surname,dob,city,email,cluster\n"
      "0,Robert,Allen,1971-06-24,London,roberta25@smith.net,0\n";
  for (const char* toml :
       {"id = \"unique_id\"\ngiven = \"first_name\"\nfamily = \"surname\"\nbirth_date = \"dob\"\n"
        "city = \"city\"\nemail = \"email\"\ntruth = \"cluster\"\n",
        ""}) {
    const mpi::Features f = First(kCsv, toml);
    EXPECT_EQ(f.names[0].first, "robert");
    EXPECT_THAT(f.emails, SizeIs(1));
    ASSERT_THAT(f.addresses, SizeIs(1));
    EXPECT_EQ(f.addresses[0].city, "london");
    EXPECT_THAT(truth_, ElementsAre("cluster"));
  }
}

TEST_F(StrangersTest, NamesInPartsWithTheNaOfR) {
  constexpr char kCsv[] =
      "fname_c1,fname_c2,lname_c1,lname_c2,by,bm,bd,rec_id,ent_id\n"
      "CARSTEN,NA,MEIER,NA,1949,7,22,1,34\n";
  for (const char* toml :
       {"id = \"rec_id\"\ntruth = \"ent_id\"\ngiven = [\"fname_c1\", \"fname_c2\"]\n"
        "family = [\"lname_c1\", \"lname_c2\"]\nbirth_year = \"by\"\nbirth_month = \"bm\"\n"
        "birth_day = \"bd\"\n",
        ""}) {
    const mpi::Features f = First(kCsv, toml);
    EXPECT_THAT(f.names[0].family, ElementsAre("meier"));
    EXPECT_EQ(f.names[0].first, "carsten");
    EXPECT_THAT(f.names[0].middle, IsEmpty());
    EXPECT_EQ(f.birth_date, (CivilDate{1949, 7, 22}));
    EXPECT_THAT(truth_, ElementsAre("ent_id"));
  }
}

TEST_F(StrangersTest, PairsWithTheirColumnsInAnyOrder) {
  constexpr char kCsv[] =
      "b_ssn,a_dob,pair,verdict,a_last_name,b_last_name,b_first_name,a_first_name,b_dob,a_ssn,"
      "a_birth_order,b_birth_order,a_last_name_hyph,b_last_name_hyph\n"
      "516-75-4738,2001-02-03,1,Match,Smith,Smyth,Hanna,Anna,2001-02-03,,1,2,,Lee\n";
  for (const char* toml :
       {"id = \"pair\"\ntruth = \"verdict\"\ngiven = \"first_name\"\nfamily = \"last_name\"\n"
        "previous_family = \"last_name_hyph\"\nbirth_date = \"dob\"\nssn = \"ssn\"\n"
        "birth_order = \"birth_order\"\n",
        ""}) {
    const mpi::Features a = First(kCsv, toml, "a_");
    const mpi::Features b = First(kCsv, toml, "b_");
    EXPECT_EQ(a.names[0].first, "anna");
    EXPECT_EQ(b.names[0].first, "hanna");
    EXPECT_THAT(a.ssns, IsEmpty());
    EXPECT_THAT(b.ssns, ElementsAre("516754738"));
    EXPECT_EQ(b.birth_order, 2u);
    EXPECT_THAT(b.names, SizeIs(2));
    EXPECT_THAT(truth_, ElementsAre("verdict"));
  }
}

TEST_F(StrangersTest, OneCellForEachOfNameAndAddress) {
  constexpr char kCsv[] =
      "id,name,address,phone,birthdate,ssn4\n"
      "1,\"Smith, John A\",\"12 Main St, Springfield, IL 62704\",(312) 279-0199,03/25/1980,4738\n";
  for (const char* toml :
       {"id = \"id\"\nfull_name = \"name\"\naddress = \"address\"\nphone = \"phone\"\n"
        "birth_date = \"birthdate\"\nssn = \"ssn4\"\n",
        ""}) {
    const mpi::Features f = First(kCsv, toml);
    EXPECT_EQ(f.names[0].first, "john");
    EXPECT_THAT(f.names[0].family, ElementsAre("smith"));
    EXPECT_EQ(f.birth_date, (CivilDate{1980, 3, 25}));
    EXPECT_THAT(f.ssns, ElementsAre("4738"));
    EXPECT_THAT(f.phones, ElementsAre("+13122790199"));
    ASSERT_THAT(f.addresses, SizeIs(1));
    EXPECT_EQ(f.addresses[0].zip5, "62704");
    EXPECT_EQ(f.addresses[0].number, "12");
  }
}

}  // namespace
}  // namespace hie::ctl::matching

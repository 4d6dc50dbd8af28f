#include "gateway/exchange/right_person.h"

#include <gtest/gtest.h>

#include <ostream>

namespace hie::exchange {
namespace {

constexpr char kAuthority[] = "2.999.1";

Demographics Person(const std::string& given, const std::string& family, CivilDate born,
                    AdministrativeSex sex = AdministrativeSex::kFemale) {
  Demographics demographics;
  demographics.names = {{"official", family, {given}, ""}};
  demographics.birth_date = born;
  demographics.sex = sex;
  return demographics;
}

DirectoryView Directory() {
  MemberView member;
  member.id = MemberId("m");
  member.domains = {{kAuthority, true, true}};
  return DirectoryView({member});
}

Record AskedRecord() {
  Record record{{kAuthority, Phi<std::string>("17A"), 1},
                Person("Annalise", "Moreau", {1961, 4, 2}),
                {Person("Annalise", "Duval", {1961, 4, 12})}};
  return record;
}

struct Case {
  const char* name;
  std::string id;  // Empty: no identifier of the domain.
  Demographics demographics;
  PersonCheck expected;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class CheckPersonTest : public testing::TestWithParam<Case> {};

TEST_P(CheckPersonTest, ComparesIdAndPerson) {
  AnsweredPatient answered;
  answered.identifiers = {{"http://hl7.org/fhir/sid/us-ssn", "999"}};
  if (!GetParam().id.empty()) {
    answered.identifiers.push_back({std::string("urn:oid:") + kAuthority, GetParam().id});
  }
  answered.demographics = GetParam().demographics;
  EXPECT_EQ(CheckPerson(answered, AskedRecord(), Directory()), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, CheckPersonTest,
    testing::Values(
        Case{"same", "17A", Person("Annalise", "Moreau", {1961, 4, 2}), PersonCheck::kRight},
        Case{"id_in_another_spelling", "0017a", Person("Annalise", "Moreau", {1961, 4, 2}),
             PersonCheck::kRight},
        Case{"other_id", "18A", Person("Annalise", "Moreau", {1961, 4, 2}), PersonCheck::kOtherId},
        Case{"typing_error", "17A", Person("Annalisa", "Moreau", {1961, 4, 2}),
             PersonCheck::kRight},
        Case{"initial", "17A", Person("A.", "Moreau", {1961, 4, 2}), PersonCheck::kRight},
        Case{"married", "17A", Person("Annalise", "Okafor", {1961, 4, 2}), PersonCheck::kRight},
        Case{"swapped_day_and_month", "17A", Person("Annalise", "Moreau", {1961, 2, 4}),
             PersonCheck::kRight},
        Case{"an_earlier_version", "17A", Person("Annalise", "Duval", {1961, 4, 12}),
             PersonCheck::kRight},
        Case{"twin", "17A", Person("Beatrice", "Moreau", {1961, 4, 2}),
             PersonCheck::kOtherDemographics},
        Case{"other_birth_date", "17A", Person("Annalise", "Moreau", {1994, 11, 27}),
             PersonCheck::kOtherDemographics},
        Case{"other_sex", "17A",
             Person("Annalise", "Moreau", {1961, 4, 2}, AdministrativeSex::kMale),
             PersonCheck::kOtherDemographics},
        Case{"year_only", "17A", Person("Annalise", "Moreau", {1961, 0, 0}), PersonCheck::kRight},
        Case{"nothing_said", "17A", Demographics{}, PersonCheck::kRight},
        Case{"no_id_all_agrees", "", Person("Annalise", "Moreau", {1961, 4, 2}),
             PersonCheck::kRight},
        Case{"no_id_almost", "", Person("Annalisa", "Moreau", {1961, 4, 2}),
             PersonCheck::kUnproven},
        Case{"no_id_nothing_said", "", Demographics{}, PersonCheck::kUnproven},
        Case{"no_id_other", "", Person("Beatrice", "Moreau", {1961, 4, 2}),
             PersonCheck::kOtherDemographics}),
    [](const auto& info) { return std::string(info.param.name); });

ClinicalItem Item(const std::string& id, const std::string& subject) {
  ClinicalItem item;
  item.id = id;
  item.subject_reference = subject;
  return item;
}

TEST(CheckItemsTest, KeepsOnlyItemsOfTheRightPerson) {
  AnsweredPatient right;
  right.references = {"Patient/1", "urn:uuid:a"};
  right.identifiers = {{kAuthority, "17A"}};
  right.demographics = Person("Annalise", "Moreau", {1961, 4, 2});
  AnsweredPatient wrong = right;
  wrong.references = {"Patient/2"};
  wrong.identifiers = {{kAuthority, "18A"}};
  const CheckedItems checked = CheckItems(
      {right, wrong},
      {Item("a", "Patient/1"), Item("b", "urn:uuid:a"), Item("c", "Patient/2"), Item("d", ""),
       Item("e", "Patient/3"), Item("f", "https://x/fhir/Patient/1/_history/4")},
      AskedRecord(), Directory());
  std::vector<std::string> kept;
  for (const ClinicalItem& item : checked.right) kept.push_back(item.id);
  EXPECT_EQ(kept, (std::vector<std::string>{"a", "b", "f"}));
  EXPECT_EQ(checked.wrong_ids, std::vector<std::string>{"c"});
  EXPECT_EQ(checked.unproven_ids, (std::vector<std::string>{"d", "e"}));
}

TEST(CheckItemsTest, AReferenceSharedByTwoPersonsProvesNothing) {
  AnsweredPatient right;
  right.references = {"Patient/1"};
  right.identifiers = {{kAuthority, "17A"}};
  AnsweredPatient wrong = right;
  wrong.identifiers = {{kAuthority, "18A"}};
  const CheckedItems checked =
      CheckItems({right, wrong}, {Item("a", "Patient/1")}, AskedRecord(), Directory());
  EXPECT_TRUE(checked.right.empty());
  EXPECT_EQ(checked.wrong_ids, std::vector<std::string>{"a"});
}

}  // namespace
}  // namespace hie::exchange

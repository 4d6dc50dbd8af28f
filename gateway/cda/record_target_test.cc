#include "gateway/cda/record_target.h"

#include "gtest/gtest.h"

namespace hie::cda {
namespace {

using exchange::PersonCheck;

exchange::DirectoryView Directory() {
  exchange::MemberView member;
  member.id = MemberId("north");
  member.domains.push_back({"2.999.1.10.1", true, true});
  return exchange::DirectoryView({member});
}

Demographics Ann() {
  Demographics ann;
  ann.names.push_back({"official", "Lee", {"Ann"}, ""});
  ann.birth_date = CivilDate{1980, 3, 5};
  ann.sex = AdministrativeSex::kFemale;
  return ann;
}

exchange::Record AnnsRecord() {
  exchange::Record record;
  record.patient = {"2.999.1.10.1", Phi<std::string>("N-1"), 1};
  record.demographics = Ann();
  return record;
}

RecordTarget Target(const char* id, Demographics demographics) {
  RecordTarget target;
  target.demographics = std::move(demographics);
  if (id != nullptr) {
    target.ids.push_back({"2.999.1.10.1", id});
    target.demographics.identifiers.push_back({"2.999.1.10.1", id});
  }
  return target;
}

TEST(RecordTargetTest, OnlyWhatContradictsIsRefused) {
  Demographics bob = Ann();
  bob.names[0].given = {"Bob"};
  Demographics other_day = Ann();
  other_day.birth_date = CivilDate{1955, 11, 21};
  Demographics male = Ann();
  male.sex = AdministrativeSex::kMale;
  Demographics nameless;
  const struct {
    const char* what;
    const char* id;
    Demographics demographics;
    PersonCheck check;
    bool agrees;
  } kCases[] = {
      {"same id and person", "N-1", Ann(), PersonCheck::kRight, true},
      {"id as the domain does not write it", "n-1", Ann(), PersonCheck::kRight, true},
      {"other id of the domain", "N-2", Ann(), PersonCheck::kOtherId, false},
      {"other given name", "N-1", bob, PersonCheck::kOtherDemographics, false},
      {"other birth date", "N-1", other_day, PersonCheck::kOtherDemographics, false},
      {"other sex", "N-1", male, PersonCheck::kOtherDemographics, false},
      {"no id, same person", nullptr, Ann(), PersonCheck::kRight, true},
      {"no id, other person", nullptr, bob, PersonCheck::kOtherDemographics, false},
      {"no id, nothing said", nullptr, nameless, PersonCheck::kUnproven, true},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.what);
    const RecordTarget target = Target(c.id, c.demographics);
    EXPECT_EQ(CheckRecordTarget(target, AnnsRecord(), Directory()), c.check);
    EXPECT_EQ(RecordTargetAgrees(target, AnnsRecord(), Directory()), c.agrees);
  }
}

}  // namespace
}  // namespace hie::cda

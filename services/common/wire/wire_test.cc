#include "services/common/wire/wire.h"

#include <gtest/gtest.h>

#include <string>

namespace hie::wire {
namespace {

common::v1::LocalPatient Patient(const std::string& authority, const std::string& id,
                                 uint32_t incarnation) {
  common::v1::LocalPatient proto;
  proto.set_assigning_authority(authority);
  proto.set_id(id);
  proto.set_incarnation(incarnation);
  return proto;
}

TEST(WireTest, LocalPatientSurvivesTheWire) {
  const auto patient =
      FromProto(Patient("2.999.1.10.1", "N-1", 2), "patient", Incarnation::kRequired);
  ASSERT_TRUE(patient.ok());
  EXPECT_EQ(ToProto(*patient).SerializeAsString(),
            Patient("2.999.1.10.1", "N-1", 2).SerializeAsString());
}

TEST(WireTest, BadLocalPatientNamesTheFieldAndNotTheValue) {
  struct Row {
    common::v1::LocalPatient proto;
    std::string field;
  };
  const std::string secret = "CANARY";
  const Row rows[] = {
      {Patient("not-an-oid", secret, 1), "patient.assigning_authority: "},
      {Patient("2..999", secret, 1), "patient.assigning_authority: "},
      {Patient("3.1.2", secret, 1), "patient.assigning_authority: "},
      {Patient("2.999.", secret, 1), "patient.assigning_authority: "},
      {Patient("2.999.1", "", 1), "patient.id: "},
      {Patient("2.999.1", secret + "\n", 1), "patient.id: "},
      {Patient("2.999.1", std::string(65, 'x'), 1), "patient.id: "},
      {Patient("2.999.1", secret, 0), "patient.incarnation: "},
  };
  for (const Row& row : rows) {
    const auto patient = FromProto(row.proto, "patient", Incarnation::kRequired);
    ASSERT_EQ(patient.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(std::string(patient.status().message()).find(row.field), 0u) << patient.status();
    EXPECT_EQ(std::string(patient.status().message()).find(secret), std::string::npos);
  }
}

TEST(WireTest, CurrentHolderIsAdmittedWhereAsked) {
  EXPECT_TRUE(FromProto(Patient("2.999.1", "x", 0), "p", Incarnation::kMayBeCurrent).ok());
}

Demographics FullDemographics() {
  Demographics d;
  d.names = {{"official", "Müller", {"Anna", "B"}, "JR"}, {"maiden", "Rowe", {}, ""}};
  d.birth_date = CivilDate{1980, 3, 0};
  d.sex = AdministrativeSex::kFemale;
  d.addresses = {{{"1 Main St", "Apt 2"}, "Town", "MA", "01234", "USA"}};
  d.phones = {"555-1234"};
  d.emails = {"a@example.org"};
  d.identifiers = {{"http://hl7.org/fhir/sid/us-ssn", "123-45-6789"}};
  d.mother_maiden_name = "Smith";
  d.multiple_birth = true;
  d.birth_order = 2;
  d.deceased = true;
  d.deceased_date = CivilDate{2020, 1, 2};
  d.protected_record = true;
  d.identity_unknown = true;
  return d;
}

TEST(WireTest, EveryFieldOfDemographicsSurvivesTheWire) {
  const auto back = FromProto(ToProto(FullDemographics()), "demographics");
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_TRUE(*back == FullDemographics());
}

TEST(WireTest, BadDemographicsNameTheField) {
  common::v1::Demographics date;
  date.set_birth_date("1980-02-31");
  EXPECT_EQ(FromProto(date, "d").status().message(),
            "d.birth_date: want YYYY, YYYY-MM or YYYY-MM-DD");
  common::v1::Demographics names;
  for (size_t i = 0; i <= kNamesMax; ++i) names.add_names()->set_family("x");
  EXPECT_EQ(FromProto(names, "d").status().message(), "d.names: want at most 16 values");
}

TEST(WireTest, ActorSurvivesTheWireAndNeedsAMember) {
  Actor actor{MemberId("north"),       "dr-1", {"ed_physician"}, Purpose::kEtreat, "req", "key",
              absl::FromUnixSeconds(7)};
  const auto back = FromProto(ToProto(actor), "actor");
  ASSERT_TRUE(back.ok());
  EXPECT_TRUE(*back == actor);
  EXPECT_FALSE(FromProto(common::v1::Actor(), "actor").ok());
}

TEST(WireTest, PeriodsAreOpenWhereZero) {
  const auto open = FromProto(common::v1::ServicePeriod(), "p");
  ASSERT_TRUE(open.ok());
  EXPECT_TRUE(*open == ServicePeriod());
  EXPECT_EQ(ToProto(*open).from_micros(), 0);
  common::v1::ServicePeriod backwards;
  backwards.set_from_micros(2);
  backwards.set_to_micros(1);
  EXPECT_FALSE(FromProto(backwards, "p").ok());
}

TEST(WireTest, UnspecifiedPurposeIsRefused) {
  EXPECT_FALSE(FromProto(common::v1::PURPOSE_UNSPECIFIED, "purpose").ok());
  EXPECT_FALSE(FromProto(static_cast<common::v1::Purpose>(99), "purpose").ok());
}

TEST(WireTest, EnumsOfDomainAndWireAgree) {
  EXPECT_EQ(static_cast<int>(Purpose::kPatientAdministration), common::v1::PURPOSE_PATADMIN);
  EXPECT_EQ(static_cast<int>(Purpose::kResearch), common::v1::PURPOSE_HRESCH);
  EXPECT_EQ(static_cast<int>(ClinicalClass::kIdentity), common::v1::CLINICAL_CLASS_IDENTITY);
  EXPECT_EQ(static_cast<int>(ClinicalClass::kCarePlan), common::v1::CLINICAL_CLASS_CARE_PLAN);
  EXPECT_EQ(static_cast<int>(Confidentiality::kVeryRestricted),
            common::v1::CONFIDENTIALITY_VERY_RESTRICTED);
  EXPECT_EQ(static_cast<int>(AdministrativeSex::kUnknown), common::v1::ADMINISTRATIVE_SEX_UNKNOWN);
}

}  // namespace
}  // namespace hie::wire

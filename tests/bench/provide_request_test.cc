#include "tests/bench/provide_request.h"

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "services/common/json/reader.h"
#include "tests/bench/tls_echo.h"

namespace hie::bench {
namespace {

TEST(MakePatientTest, TheSameNumberIsTheSamePatientAndAnotherIsAnother) {
  EXPECT_EQ(MakePatient(1, 7).family, MakePatient(1, 7).family);
  EXPECT_EQ(MakePatient(1, 7).id, "B-0000007");
  EXPECT_EQ(MakePatient(1, 7).birth_date.size(), 8u);
  EXPECT_NE(MakePatient(1, 7).id, MakePatient(1, 8).id);
  EXPECT_NE(MakePatient(1, 7).street, MakePatient(2, 7).street);
}

TEST(ProvideBundleTest, EachNumberIsASubmissionOfItsOwn) {
  DoorPatient patient = MakePatient(1, 7);
  patient.eid = "p-7";
  const std::string text = ProvideBundle(patient, 41);
  const auto bundle = json::Read(text);
  ASSERT_TRUE(bundle.ok()) << bundle.status();
  EXPECT_EQ(bundle->At("/entry/1/resource/masterIdentifier/value")->text(), "urn:oid:2.999.1.9.41");
  EXPECT_EQ(bundle->At("/entry/1/resource/subject/reference")->text(), "Patient/p-7");
  EXPECT_EQ(bundle->At("/entry/1/resource/contained/0/identifier/0/value")->text(), patient.id);
  EXPECT_FALSE(absl::StrContains(text, "$"));
  EXPECT_NE(text, ProvideBundle(patient, 42));
}

TEST(TlsEchoTest, ARequestHasAboutAsManyBytesAsAreWanted) {
  EXPECT_NEAR(static_cast<double>(TlsEcho::Request(3000, 20).size()), 3000, 8);
  EXPECT_TRUE(absl::StartsWith(TlsEcho::Request(0, 20), "POST /20 HTTP/1.1\r\n"));
}

}  // namespace
}  // namespace hie::bench

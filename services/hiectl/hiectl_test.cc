#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "hie/common/v1/patient.pb.h"
#include "services/hiectl/commands/render.h"
#include "services/hiectl/exit_code.h"
#include "services/hiectl/message_file.h"
#include "services/hiectl/output.h"

namespace hie::ctl {
namespace {

TEST(ExitCodeTest, EveryStatusHasItsCode) {
  EXPECT_EQ(ExitCodeFor(absl::OkStatus()), ExitCode::kOk);
  EXPECT_EQ(ExitCodeFor(absl::InvalidArgumentError("")), ExitCode::kUsage);
  EXPECT_EQ(ExitCodeFor(absl::NotFoundError("")), ExitCode::kNotFound);
  EXPECT_EQ(ExitCodeFor(absl::UnauthenticatedError("")), ExitCode::kSignIn);
  EXPECT_EQ(ExitCodeFor(absl::PermissionDeniedError("")), ExitCode::kDenied);
  EXPECT_EQ(ExitCodeFor(absl::AbortedError("")), ExitCode::kConflict);
  EXPECT_EQ(ExitCodeFor(absl::UnavailableError("")), ExitCode::kUnavailable);
  EXPECT_EQ(ExitCodeFor(absl::DataLossError("")), ExitCode::kCheckFailed);
  EXPECT_EQ(ExitCodeFor(absl::InternalError("")), ExitCode::kFailure);
}

TEST(OutputTest, ColumnsAlignByCharactersAndControlCharactersAreBlanked) {
  std::ostringstream out, err;
  Output output(out, err, Format::kTable, Output::Terminal::kPlain);
  output.Table({{"name", "x"}, {"José", "1"}, {"Bad\x1b[31m", "2"}});
  EXPECT_EQ(out.str(), "name      x\nJosé      1\nBad [31m  2\n");
}

TEST(OutputTest, JsonHidesWordsAndTableHidesJson) {
  common::v1::LocalPatient patient;
  patient.set_assigning_authority("2.999");
  std::ostringstream out, err;
  Output json(out, err, Format::kJson, Output::Terminal::kPlain);
  json.Line("words");
  json.Json(patient);
  EXPECT_EQ(out.str(), "{\"assigning_authority\":\"2.999\"}\n");
}

TEST(OutputTest, FailureSaysWhatToDoNext) {
  std::ostringstream out, err;
  Output output(out, err, Format::kTable, Output::Terminal::kPlain);
  EXPECT_EQ(output.Fail(absl::UnavailableError("no connection")), ExitCode::kUnavailable);
  EXPECT_THAT(err.str(), testing::HasSubstr("Check that hied runs"));
}

TEST(MessageFileTest, BadJsonNamesTheFileAndNotItsContent) {
  const std::string path = testing::TempDir() + "/bad.json";
  std::ofstream(path) << "{\"family\": CANARY}";
  common::v1::HumanName name;
  const absl::Status read = ReadMessage(path, name);
  EXPECT_EQ(read.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(read.message()), testing::HasSubstr("want a HumanName as JSON"));
  EXPECT_THAT(std::string(read.message()), testing::Not(testing::HasSubstr("CANARY")));
  EXPECT_EQ(ReadMessage(path + ".missing", name).code(), absl::StatusCode::kNotFound);
}

TEST(RenderTest, WeightsAreStrongestFirstAndMissingIsLeftOut) {
  google::protobuf::RepeatedPtrField<mpi::v1::FieldWeight> fields;
  const auto add = [&](const char* field, const char* level, int weight) {
    mpi::v1::FieldWeight* w = fields.Add();
    w->set_field(field);
    w->set_level(level);
    w->set_weight_millibits(weight);
  };
  add("sex", "exact", 1000);
  add("ssn", "missing", 0);
  add("birth_date", "differs", -4200);
  EXPECT_EQ(WhyLine(fields), "birth_date differs -4.2, sex exact +1.0");
}

TEST(RenderTest, PersonLineReadsAsAPersonWould) {
  common::v1::Demographics d;
  d.add_names()->set_family("Smith");
  d.mutable_names(0)->add_given("Jane");
  d.mutable_names(0)->set_suffix("JR");
  d.set_sex(common::v1::ADMINISTRATIVE_SEX_FEMALE);
  d.set_birth_date("1980-03-05");
  EXPECT_EQ(PersonLine(d), "Jane Smith JR, female, born 1980-03-05");
}

}  // namespace
}  // namespace hie::ctl

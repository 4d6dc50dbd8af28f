#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "mpi/score/model_file.h"
#include "services/hiectl/matching/doors_fixture.h"
#include "services/hiectl/matching/run_input.h"
#include "tests/support/status_matchers.h"

// The model that is installed as a file is the one that is built in.
namespace hie::ctl::matching {
namespace {

using ::hie::testing::ValueOrDie;

std::string ModelPath() {
  const char* source = std::getenv("HIE_SOURCE_DIR");
  return absl::StrCat(source == nullptr ? "." : source, "/deploy/config/models/",
                      mpi::DefaultModel().name, ".model");
}

class ShippedModelTest : public DoorsTest {};

TEST_F(ShippedModelTest, EqualsTheModelThatIsBuiltIn) {
  const std::string expected = mpi::WriteModel(mpi::DefaultModel());
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(ModelPath()) << expected;
  EXPECT_EQ(ReadFile(ModelPath()), expected) << "UPDATE_GOLDEN=1 writes " << ModelPath();
}

TEST_F(ShippedModelTest, LinksAsTheModelThatIsBuiltIn) {
  RunOptions options = Options(Write("model.csv", Csv(Rows(60))));
  const LinkReport built_in = Link(options);
  const auto clusters = Clusters();
  options.model = ModelPath();
  const LinkReport read = Link(options);
  EXPECT_EQ(Clusters(), clusters);
  EXPECT_EQ(read.queue, built_in.queue);
  EXPECT_EQ(read.facts.model_sha256, built_in.facts.model_sha256);
  // Neither is calibrated: both are fitted to the input.
  EXPECT_FALSE(ValueOrDie(OpenModel(ModelPath())).model.calibrated);
}

}  // namespace
}  // namespace hie::ctl::matching

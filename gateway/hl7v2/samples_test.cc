// Every public sample message, and what becomes of it: samples_golden.txt.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "gateway/hl7v2/acknowledgement.h"
#include "gateway/hl7v2/intake_plan.h"
#include "gateway/hl7v2/reception.h"
#include "gateway/hl7v2/testing/sample_region.h"

namespace hie::hl7v2 {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

struct Told {
  std::string operator()(const RegisterPlan& plan) const {
    return absl::StrCat("register ", plan.kind == Arrival::kArrival ? "arrival" : "update", " in ",
                        plan.patient.assigning_authority);
  }
  std::string operator()(const MergePlan& plan) const {
    return absl::StrCat("merge ", plan.pairs.size());
  }
  std::string operator()(const RemovePlan&) const { return "remove"; }
  std::string operator()(const DocumentPlan& plan) const {
    return absl::StrCat("document ", plan.draft.media_type, " ",
                        plan.draft.relation == DraftRelation::kNone      ? "new"
                        : plan.draft.relation == DraftRelation::kAppends ? "appends"
                                                                         : "replaces",
                        plan.draft.has_content ? "" : " without content");
  }
  std::string operator()(const StatusPlan&) const { return "status"; }
  std::string operator()(const IgnorePlan& plan) const {
    return absl::StrCat("ignore ", plan.word);
  }
  std::string operator()(const HoldPlan& plan) const { return Finding_(plan.finding); }
  std::string operator()(const RefusePlan& plan) const { return Finding_(plan.finding); }

  static std::string Finding_(const Finding& finding) {
    return absl::StrCat("exception ", finding.reason, " ", finding.where.ForPeople(), " ",
                        static_cast<int>(finding.code));
  }
};

const Finding* FindingOf(const Effect& effect) {
  if (const auto* hold = std::get_if<HoldPlan>(&effect)) return &hold->finding;
  if (const auto* refuse = std::get_if<RefusePlan>(&effect)) return &refuse->finding;
  return nullptr;
}

// `ADT-A01-01.hl7: AA AA register arrival in 2.999.9.1`
std::string Judge(const std::string& name, const std::string& bytes) {
  std::string line = absl::StrCat(name, ":");
  std::string what;
  for (const AckMode mode : {AckMode::kTolerant, AckMode::kStrict}) {
    const auto reception = Reception::Read(bytes, SampleDirectory(mode), {"127.0.0.1", "", false});
    if (reception->refused()) {
      const Finding& finding = *reception->refused();
      absl::StrAppend(
          &line, " ",
          AckCodeText(AcknowledgeFinding(finding, AckMode::kStrict, AckStage::kApplication).code));
      if (what.empty()) what = absl::StrCat("refused ", Told::Finding_(finding).substr(10));
      continue;
    }
    const IntakePlan plan =
        PlanIntake(*reception->message(), reception->header(),
                   {reception->directory(), reception->member(), reception->source(), kNow});
    const Finding* finding = FindingOf(plan.effect);
    absl::StrAppend(
        &line, " ",
        finding == nullptr
            ? "AA"
            : AckCodeText(AcknowledgeFinding(*finding, mode, AckStage::kApplication).code));
    if (what.empty()) what = std::visit(Told(), plan.effect);
  }
  return absl::StrCat(line, " ", what, "\n");
}

std::string GoldenPath() {
  const char* source = std::getenv("HIE_SOURCE_DIR");
  return absl::StrCat(source == nullptr ? "." : source, "/gateway/hl7v2/samples_golden.txt");
}

TEST(SamplesTest, EachIsTakenOrExceptedAsTheGoldenTableSays) {
  std::string actual;
  int count = 0;
  for (const char* folder : {"hl7v2", "hl7v2-pix"}) {
    for (const auto& [name, bytes] : SampleFiles(folder)) {
      actual += Judge(name, bytes);
      ++count;
    }
  }
  if (count == 0) GTEST_SKIP() << "NOT RUN: the shared sample messages are absent";
  EXPECT_EQ(count, 80);
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(GoldenPath()) << actual;
  std::ifstream in(GoldenPath());
  std::stringstream golden;
  golden << in.rdbuf();
  EXPECT_EQ(actual, golden.str());
}

}  // namespace
}  // namespace hie::hl7v2

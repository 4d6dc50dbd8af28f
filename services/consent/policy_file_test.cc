#include "services/consent/policy_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_replace.h"
#include "services/consent/sample_consent.h"

namespace hie::consent {
namespace {

std::string Text(const std::string& name) {
  std::ifstream file(sample::PolicyPath(name));
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(PolicyFileTest, EveryShippedPolicyIsValid) {
  for (const char* name : {"us-optout", "us-optin", "strict"}) {
    const absl::StatusOr<Policy> policy = LoadPolicy(sample::PolicyPath(name));
    ASSERT_TRUE(policy.ok()) << policy.status();
    EXPECT_EQ(policy->epoch, 1U);
    for (const Regime regime : kRegimes) {
      EXPECT_EQ(policy->retrieve.count(regime), 1U);
      EXPECT_EQ(policy->locate.count(regime), 1U);
    }
    EXPECT_EQ(policy->retrieve.at(Regime::kPsyNotes).otherwise, Default::kSealed);
    EXPECT_EQ(policy->break_glass.session_length, absl::Hours(2));
    EXPECT_EQ(policy->break_glass.step_up_max, absl::Minutes(5));
  }
}

// A change to a valid file, and the key that the error must name.
struct Fault {
  const char* from;
  const char* to;
  const char* named;
};

TEST(PolicyFileTest, EveryFaultNamesItsKey) {
  const Fault faults[] = {
      {"epoch = 1", "epoch = 0", "epoch: want a whole number"},
      {"epoch = 1", "epoch = \"1\"", "epoch: want a whole number"},
      {"epoch = 1", "", "epoch: want a whole number"},
      {"epoch = 1", "epoch = 1\nepochs = 2", "epochs: this key is not known"},
      {"profile = \"US-OPTOUT\"", "profile = 3", "profile: want a text"},
      {"[retrieve.hiv]", "[retrieve.aids]", "retrieve.hiv: want a table"},
      {"[retrieve.hiv]", "[retrieve.aids]\n[retrieve.hiv]", "retrieve.aids: this key is not"},
      {"HRESCH = \"permit\"", "HRESCH = \"allow\"", "retrieve.general.HRESCH: want a known word"},
      {"HRESCH = \"permit\"", "RESEARCH = \"permit\"", "retrieve.general.RESEARCH: this key"},
      {"otherwise = \"sealed\"", "", "retrieve.psynotes.otherwise: want a text"},
      {"\"42CFRPart2\"", "\"42CFR\"", "locate_withheld: want codes"},
      {"tiers = 2", "tiers = 3", "break_glass.tiers: want a whole number"},
      {"tiers = 2", "tiers = 2\nt3 = 1", "break_glass.t3: this key is not known"},
      {"\"IMPLANT\", \"CODE", "\"IMPLANTS\", \"CODE", "break_glass.tier1_retrieve: want known"},
      {"epoch = 1", "epoch = ", "line 15: not TOML"},
  };
  const std::string valid = Text("us-optout");
  for (const Fault& fault : faults) {
    std::string text = valid;
    const size_t at = text.find(fault.from);
    ASSERT_NE(at, std::string::npos) << fault.from;
    text.replace(at, std::string(fault.from).size(), fault.to);
    const absl::StatusOr<Policy> policy = ParsePolicy(text);
    ASSERT_FALSE(policy.ok()) << fault.to;
    EXPECT_EQ(policy.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_NE(std::string(policy.status().message()).find(fault.named), std::string::npos)
        << policy.status() << " should name " << fault.named;
  }
}

TEST(PolicyFileTest, AFileThatIsNotThereIsNamed) {
  const absl::StatusOr<Policy> policy = LoadPolicy("no/such.toml");
  EXPECT_EQ(policy.status().code(), absl::StatusCode::kNotFound);
  EXPECT_NE(std::string(policy.status().message()).find("no/such.toml"), std::string::npos);
}

}  // namespace
}  // namespace hie::consent

// A region that real clients talk to: fhir-kit-client, @medplum/core and node-hl7-client over real
// TLS and MLLP.  What they do, and how answers are validated, stands in clients/.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/common/json/value.h"
#include "services/common/json/writer.h"
#include "tests/e2e/synthea_region.h"
#include "tests/support/stack/child_process.h"
#include "tests/support/stack/exchange_stack.h"

namespace hie::testing {
namespace {

namespace fs = std::filesystem;

constexpr char kClient[] = "north-emr";
constexpr char kSendingFacility[] = "NORTH";
constexpr absl::Duration kClientsTime = absl::Minutes(6);

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// Where npm put the clients; empty, with words on standard error, where they are missing.
std::string NodeModules() {
  const char* named = std::getenv("HIE_NODE_MODULES");
  const std::string path = named ? named : SourceDirectory() + "/build/tools/node_modules";
  if (fs::is_directory(path + "/fhir-kit-client")) return path;
  std::cerr << "CLIENTS MISSING: " << path
            << " has no fhir-kit-client (deploy/setup.sh); skipped\n";
  return "";
}

// Runs a program to its end; its output goes to `output`.
int RunProgram(std::vector<std::string> command, const std::string& output,
               absl::Duration timeout) {
  auto process = ChildProcess::Start({std::move(command), output});
  if (!process.ok()) return -1;
  return (*process)->Wait(timeout);
}

ApiClient ClientWith(const std::string& jwks) {
  ApiClient client;
  client.id = kClient;
  client.name = "EMR of north";
  client.jwks = jwks;
  client.scopes = {"system/*.cruds"};
  client.purposes = {Purpose::kTreat, Purpose::kPatientAdministration};
  return client;
}

Hl7Source SourceOfNorth() {
  Hl7Source source;
  source.sending_facility = kSendingFacility;
  source.default_domain = DomainOf("north");
  return source;
}

json::Value Text(absl::string_view text) { return json::Value::String(text); }

class FhirClientsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    modules_ = NodeModules();
    samples_ = SampleDirectory();
    if (modules_.empty() || samples_.empty()) GTEST_SKIP() << "clients or samples are missing";
    directory_ = absl::StrCat(::testing::TempDir(), "/fhir-clients-", getpid());
    fs::create_directories(directory_ + "/client");
    ASSERT_EQ(RunProgram({"/usr/bin/env", "node", Script("make_key.mjs"), directory_ + "/client"},
                         directory_ + "/make_key.log", absl::Minutes(1)),
              0)
        << ReadFile(directory_ + "/make_key.log");
    ASSERT_NO_FATAL_FAILURE(StartRegion());
  }

  void TearDown() override {
    if (stack_ == nullptr) return;
    EXPECT_TRUE(stack_->StopAll());
    stack_.reset();
    if (!HasFailure()) fs::remove_all(directory_);
  }

  void StartRegion() {
    ExchangeStack::Options options;
    options.directory = directory_ + "/exchange";
    options.members = SyntheaMembers();
    options.https = true;
    options.mllp = true;
    for (Member& member : options.members) {
      if (member.id.value() != "north") continue;
      community_ = member.home_community;
      member.clients = {ClientWith(ReadFile(directory_ + "/client/jwks.json"))};
      member.hl7_sources = {SourceOfNorth()};
    }
    auto stack = ExchangeStack::Create(std::move(options));
    ASSERT_TRUE(stack.ok()) << stack.status();
    stack_ = *std::move(stack);
    SyntheaOptions region;
    region.samples = samples_;
    for (const char* member : {"north", "lakes", "valley"}) {
      region.sources[member] = stack_->SourceOf(member);
    }
    auto patients = WriteSyntheaRegion(region);
    ASSERT_TRUE(patients.ok()) << patients.status();
    patients_ = *std::move(patients);
    const absl::Status started = stack_->StartHied();
    ASSERT_TRUE(started.ok()) << started;
    for (const char* member : {"north", "lakes", "valley"}) {
      const absl::Status agent = stack_->StartAgent(member);
      ASSERT_TRUE(agent.ok()) << agent;
    }
  }

  // Unpacks the public profiles; empty where that fails.
  std::string Profiles() const {
    const std::string folder = directory_ + "/profiles";
    fs::create_directories(folder);
    const int status =
        RunProgram({"/usr/bin/env", "tar", "xJf", samples_ + "/fhir-profiles.tar.xz", "-C", folder},
                   directory_ + "/tar.log", absl::Minutes(2));
    return status == 0 ? folder : "";
  }

  json::Value Patients() const {
    json::Value list = json::Value::Array();
    for (const SyntheaPatient& patient : patients_) {
      json::Value one = json::Value::Object();
      one.Set("mrn", Text(patient.mrn.at("north")));
      one.Set("family", Text(patient.family));
      one.Set("given", Text(patient.given));
      one.Set("birthDate", Text(patient.birth_date));
      list.Append(std::move(one));
    }
    return list;
  }

  std::string Configuration() const {
    const std::string base = stack_->fhir_base();
    const std::vector<std::string> mllp_address = absl::StrSplit(stack_->mllp_address(), ':');
    json::Value member = json::Value::Object();
    member.Set("community", Text(community_));
    member.Set("domain", Text(DomainOf("north")));
    json::Value mllp = json::Value::Object();
    mllp.Set("host", Text(mllp_address[0]));
    mllp.Set("port", json::Value::Number(mllp_address[1]));
    mllp.Set("facility", Text(kSendingFacility));
    json::Value config = json::Value::Object();
    config.Set("modules", Text(modules_));
    config.Set("profiles", Text(Profiles()));
    config.Set("fhirBase", Text(base));
    config.Set("tokenUrl",
               Text(absl::StrCat("https://", stack_->https_address(), "/oauth2/token")));
    config.Set("clientId", Text(kClient));
    config.Set("keyFile", Text(directory_ + "/client/key.json"));
    config.Set("organization", Text(absl::StrCat("urn:oid:", community_)));
    config.Set("member", std::move(member));
    config.Set("patients", Patients());
    config.Set("mllp", std::move(mllp));
    return json::Write(config);
  }

  static std::string Script(const std::string& name) {
    return absl::StrCat(SourceDirectory(), "/tests/fhir/clients/", name);
  }

  std::string modules_, samples_, directory_, community_;
  std::vector<SyntheaPatient> patients_;
  std::unique_ptr<ExchangeStack> stack_;
};

TEST_F(FhirClientsTest, StandardClientsGetValidAnswers) {
  const std::string config = directory_ + "/config.json";
  std::ofstream(config) << Configuration();
  const std::string output = directory_ + "/clients.log";
  const int status =
      RunProgram({"/usr/bin/env", absl::StrCat("NODE_EXTRA_CA_CERTS=", stack_->pki(), "/ca.crt"),
                  "node", Script("main.mjs"), config},
                 output, kClientsTime);
  std::cout << ReadFile(output);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace hie::testing

#include "tests/bench/door_region.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "gateway/auth/client_assertion.h"
#include "gateway/auth/token_request.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/jwk_set.h"
#include "services/common/json/reader.h"
#include "services/common/member/directory_seed.h"

namespace hie::bench {
namespace {

using exchange::v1::ExchangeService;
using testing::ExchangeStack;

constexpr size_t kRegisterMax = 100;  // RegisterPatientsRequest.patients
constexpr char kKeyId[] = "bench";
constexpr char kTreatment[] =
    R"({"ihe_iua":{"subject_organization":"Bench","purpose_of_use":[{"system":)"
    R"("http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"TREAT"}]}})";
constexpr std::array<const char*, 20> kSyllables = {"ba", "den", "fi",  "gor", "hal", "jo",  "kel",
                                                    "li", "mar", "nor", "ow",  "pet", "qui", "ros",
                                                    "sa", "tul", "ver", "wes", "yar", "zim"};

// Some of a client: everything that the measurements ask for.
ApiClient ClientOf(const std::string& id, const crypto::AssertionPrivateKey& key,
                   std::vector<std::string> scopes) {
  ApiClient client;
  client.id = id;
  client.name = id;
  client.jwks = crypto::WriteJwkSet(kKeyId, key.public_key());
  client.scopes = std::move(scopes);
  client.purposes = {Purpose::kTreat};
  return client;
}

std::vector<Member> DoorMembers(const crypto::AssertionPrivateKey& key) {
  Member north = DemoMember("north", 1);
  north.endpoints = {{EndpointKind::kRegistryOnly, ""}};
  north.facilities[0].aliases = {"NORTH"};
  north.clients = {ClientOf(kFeedClient, key, {"ITI-65"})};
  Hl7Source source;
  source.sending_facility = "NORTH";
  source.default_domain = kNorthDomain;
  north.hl7_sources = {source};
  Member lakes = DemoMember("lakes", 2);
  lakes.endpoints = {{EndpointKind::kRegistryOnly, ""}};
  lakes.clients = {ClientOf(kQueryClient, key, {"ITI-67", "ITI-68"})};
  return {north, lakes};
}

std::string Name(std::mt19937_64& random, int syllables) {
  std::string name;
  for (int i = 0; i < syllables; ++i) name += kSyllables[random() % kSyllables.size()];
  name[0] = static_cast<char>(name[0] - 'a' + 'A');
  return name;
}

exchange::v1::RegisterPatient ToRegister(const DoorPatient& patient) {
  exchange::v1::RegisterPatient request;
  request.mutable_patient()->set_assigning_authority(kNorthDomain);
  request.mutable_patient()->set_id(patient.id);
  common::v1::Demographics& said = *request.mutable_demographics();
  common::v1::HumanName& name = *said.add_names();
  name.set_family(patient.family);
  name.add_given(patient.given);
  said.set_birth_date(absl::StrCat(patient.birth_date.substr(0, 4), "-",
                                   patient.birth_date.substr(4, 2), "-",
                                   patient.birth_date.substr(6)));
  said.set_sex(patient.sex == "F" ? common::v1::ADMINISTRATIVE_SEX_FEMALE
                                  : common::v1::ADMINISTRATIVE_SEX_MALE);
  said.add_addresses()->add_line(patient.street);
  return request;
}

// Registers at most kRegisterMax, and learns who they are.
absl::Status RegisterSome(ctl::Session& north, DoorPatient* first, size_t count) {
  exchange::v1::RegisterPatientsRequest request;
  for (size_t i = 0; i < count; ++i) *request.add_patients() = ToRegister(first[i]);
  HIE_ASSIGN_OR_RETURN(const auto response, north.Call<ExchangeService::RegisterPatients>(request));
  for (size_t i = 0; i < count; ++i) {
    const exchange::v1::RegisteredPatient& taken = response.patients(static_cast<int>(i));
    if (!taken.problem().empty()) return absl::InternalError("register: " + taken.problem());
    first[i].eid = taken.eid();
  }
  return absl::OkStatus();
}

}  // namespace

DoorPatient MakePatient(uint64_t seed, size_t number) {
  std::mt19937_64 random(seed * 1'000'003 + number);
  DoorPatient patient;
  patient.id = absl::StrFormat("B-%07d", number);
  patient.family = Name(random, 3);
  patient.given = Name(random, 2);
  patient.birth_date =
      absl::StrFormat("%d%02d%02d", 1930 + random() % 80, 1 + random() % 12, 1 + random() % 28);
  patient.sex = random() % 2 == 0 ? "F" : "M";
  patient.street = absl::StrCat(1 + random() % 400, " ", Name(random, 3), " Rd");
  return patient;
}

absl::StatusOr<std::unique_ptr<DoorRegion>> DoorRegion::Start(const BenchOptions& options,
                                                              ExchangeStack::Layout layout) {
  HIE_ASSIGN_OR_RETURN(crypto::AssertionPrivateKey key,
                       crypto::AssertionPrivateKey::Generate(crypto::AssertionAlgorithm::kEs384));
  std::unique_ptr<DoorRegion> region(new DoorRegion(options, std::move(key)));
  ExchangeStack::Options stack;
  stack.directory = absl::StrCat(
      options.directory, layout == ExchangeStack::Layout::kOneProcess ? "/doors" : "/roles");
  stack.members = DoorMembers(region->key_);
  stack.layout = layout;
  stack.https = true;
  stack.mllp = true;
  HIE_ASSIGN_OR_RETURN(region->stack_, ExchangeStack::Create(std::move(stack)));
  HIE_RETURN_IF_ERROR(region->stack_->StartHied());
  HIE_ASSIGN_OR_RETURN(region->trust_, TlsTrust::Read(region->stack_->pki() + "/ca.crt"));
  HIE_ASSIGN_OR_RETURN(region->north_, region->stack_->SignIn("north", "", "", ""));
  return region;
}

absl::StatusOr<std::vector<DoorPatient>> DoorRegion::Register(size_t first, size_t count) {
  std::vector<DoorPatient> patients;
  for (size_t i = 0; i < count; ++i) patients.push_back(MakePatient(options_.seed, first + i));
  for (size_t at = 0; at < count; at += kRegisterMax) {
    HIE_RETURN_IF_ERROR(RegisterSome(*north_, &patients[at], std::min(kRegisterMax, count - at)));
  }
  return patients;
}

absl::StatusOr<std::string> DoorRegion::TokenRequest(const std::string& client,
                                                     const std::string& scope) {
  auth::AssertionStatement statement;
  statement.client_id = client;
  statement.token_url = absl::StrCat("https://", stack_->https_address(), "/oauth2/token");
  statement.id = absl::StrCat("bench-", getpid(), "-", ++assertions_);
  statement.extensions_json = kTreatment;
  HIE_ASSIGN_OR_RETURN(const std::string assertion,
                       auth::SignClientAssertion(statement, kKeyId, key_, absl::Now()));
  const std::string type = absl::StrReplaceAll(auth::kJwtBearer, {{":", "%3A"}});
  return HttpText("POST", "/oauth2/token", "Content-Type: application/x-www-form-urlencoded\r\n",
                  absl::StrCat("grant_type=", auth::kClientCredentials, "&scope=", scope,
                               "&client_assertion_type=", type, "&client_assertion=", assertion));
}

absl::StatusOr<std::string> DoorRegion::Authorization(const std::string& client,
                                                      const std::string& scope) {
  HIE_ASSIGN_OR_RETURN(const int port, Port("https"));
  HIE_ASSIGN_OR_RETURN(const std::unique_ptr<TlsClient> connection, TlsClient::Dial(port, trust_));
  HIE_ASSIGN_OR_RETURN(const std::string request, TokenRequest(client, scope));
  HIE_ASSIGN_OR_RETURN(const HttpAnswer answer, connection->Ask(request));
  const auto body = json::Read(answer.body);
  if (answer.status != 200 || !body.ok()) {
    return absl::InternalError(absl::StrCat("token: ", answer.status, " ", answer.body));
  }
  return absl::StrCat("Bearer ", body->Text("access_token"));
}

}  // namespace hie::bench

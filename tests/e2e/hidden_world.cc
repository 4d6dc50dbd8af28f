#include "tests/e2e/hidden_world.h"

#include <regex>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/common/base/status_macros.h"
#include "services/common/member/directory_seed.h"
#include "tests/bench/provide_request.h"

namespace hie::testing {
namespace {

using bench::DoorPatient;
using exchange::v1::ExchangeService;

constexpr int kFirstSubmission = 770'001;  // All of one length.

const std::map<std::string, std::string> kDomains = {{"north", "2.999.1.1"},
                                                     {"lakes", "2.999.2.1"}};

DoorPatient Person(const std::string& id, const std::string& family, const std::string& given,
                   const std::string& birth_date) {
  return {id, family, given, birth_date, "F", absl::StrCat("17 ", family, " Rd"), ""};
}

std::string Dashed(const std::string& date) {
  return absl::StrCat(date.substr(0, 4), "-", date.substr(4, 2), "-", date.substr(6));
}

PersonValues ValuesOf(const std::string& member, const DoorPatient& patient) {
  const std::string& domain = kDomains.at(member);
  return {{"$EID", patient.eid},
          {"$SYSTEM", "urn:oid:" + domain},
          {"$DOMAIN", domain},
          {"$MRN", patient.id},
          {"$FAMILY", patient.family},
          {"$GIVEN", patient.given},
          {"$BIRTH", Dashed(patient.birth_date)}};
}

exchange::v1::RegisterPatient ToRegister(const std::string& member, const DoorPatient& patient) {
  exchange::v1::RegisterPatient request;
  request.mutable_patient()->set_assigning_authority(kDomains.at(member));
  request.mutable_patient()->set_id(patient.id);
  common::v1::Demographics& said = *request.mutable_demographics();
  said.add_names()->set_family(patient.family);
  said.mutable_names(0)->add_given(patient.given);
  said.set_birth_date(Dashed(patient.birth_date));
  said.set_sex(common::v1::ADMINISTRATIVE_SEX_FEMALE);
  auto& address = *said.add_addresses();
  address.add_line(patient.street);
  address.set_city("Northfield");
  address.set_postal_code("40217");
  return request;
}

std::vector<Member> Members(const crypto::AssertionPrivateKey& key) {
  std::vector<Member> members = {DemoMember("north", 1), DemoMember("lakes", 2)};
  for (Member& member : members) {
    member.endpoints = {{EndpointKind::kRegistryOnly, ""}};
    member.clients = {DoorClient::Registered(member.id.value() + "-emr", key)};
  }
  return members;
}

// The id that an answer names below a resource type.
std::string IdIn(const std::string& text, const std::string& type) {
  std::smatch found;
  const std::regex reference(type + "/([A-Za-z0-9.-]+)");
  return std::regex_search(text, found, reference) ? found[1].str() : "";
}

// Another id of the same form: digits counted on, the rest as it is.
std::string Unlike(std::string id) {
  for (size_t i = id.size() > 6 ? id.size() - 6 : 0; i < id.size(); ++i) {
    if (id[i] >= '0' && id[i] <= '9') id[i] = static_cast<char>('0' + (id[i] - '0' + 3) % 10);
  }
  id.back() = id.back() == 'a' ? 'b' : 'a';
  return id;
}

}  // namespace

absl::StatusOr<std::unique_ptr<HiddenWorld>> HiddenWorld::Start(const std::string& directory) {
  HIE_ASSIGN_OR_RETURN(crypto::AssertionPrivateKey key,
                       crypto::AssertionPrivateKey::Generate(crypto::AssertionAlgorithm::kEs384));
  std::unique_ptr<HiddenWorld> world(new HiddenWorld(std::move(key)));
  HIE_RETURN_IF_ERROR(world->StartExchange(directory));
  HIE_RETURN_IF_ERROR(world->Populate());
  return world;
}

absl::Status HiddenWorld::StartExchange(const std::string& directory) {
  ExchangeStack::Options options;
  options.directory = directory;
  options.members = Members(key_);
  options.https = true;
  HIE_ASSIGN_OR_RETURN(exchange_, ExchangeStack::Create(std::move(options)));
  HIE_RETURN_IF_ERROR(exchange_->StartHied());
  HIE_ASSIGN_OR_RETURN(feed_, DoorClient::SignIn(*exchange_, "north-emr", key_, {}));
  return absl::OkStatus();
}

absl::Status HiddenWorld::Populate() {
  HIE_ASSIGN_OR_RETURN(open_,
                       Register("north", Person("ZQ-100001", "Opalmeadow", "Ingrid", "19310723")));
  HIE_ASSIGN_OR_RETURN(opted_out_,
                       Register("north", Person("ZQ-200002", "Zqhidewell", "Berthe", "19441105")));
  HIE_ASSIGN_OR_RETURN(denied_,
                       Register("north", Person("ZQ-300003", "Zqvaulting", "Cosima", "19580319")));
  const DoorPatient shared = Person("ZQ-400004", "Zqsplitter", "Dorrit", "19620914");
  HIE_ASSIGN_OR_RETURN(shared_at_lakes_, Register("lakes", shared));
  HIE_ASSIGN_OR_RETURN(lakes_only_,
                       Register("lakes", Person("ZQ-500005", "Marshharri", "Ulrike", "19710530")));
  HIE_ASSIGN_OR_RETURN(shared_at_north_,
                       Register("north", Person("ZQ-600006", "Zqsplitter", "Dorrit", "19620914")));
  if (shared_at_north_["$EID"] != shared_at_lakes_["$EID"]) {
    return absl::InternalError("the two records were not linked");
  }
  nobody_ = ValuesOf("north", Person("ZQ-700007", "Wolkenburg", "Fidget", "19870226"));
  for (const char* id : {"$EID", "$DOC", "$LIST", "$BIN"}) nobody_[id] = Unlike(denied_[id]);
  nobody_["$BASE"] = exchange_->fhir_base();
  HIE_RETURN_IF_ERROR(OptOut(opted_out_));
  HIE_RETURN_IF_ERROR(DenyNorth(denied_));
  return DenyNorth(shared_at_north_);
}

absl::StatusOr<PersonValues> HiddenWorld::Register(const std::string& member, DoorPatient patient) {
  HIE_ASSIGN_OR_RETURN(const auto session, exchange_->SignIn(member, "", "", ""));
  exchange::v1::RegisterPatientsRequest request;
  *request.add_patients() = ToRegister(member, patient);
  HIE_ASSIGN_OR_RETURN(const auto response,
                       session->Call<ExchangeService::RegisterPatients>(request));
  if (!response.patients(0).problem().empty()) {
    return absl::InternalError("register: " + response.patients(0).problem());
  }
  patient.eid = response.patients(0).eid();
  PersonValues values = ValuesOf(member, patient);
  values["$BASE"] = exchange_->fhir_base();
  if (member == "north") HIE_RETURN_IF_ERROR(Submit(patient, values));
  return values;
}

absl::Status HiddenWorld::Submit(const DoorPatient& patient, PersonValues& values) {
  DoorRequest request;
  request.method = "POST";
  request.headers = {{"Content-Type", "application/fhir+json"}};
  request.body = bench::ProvideBundle(patient, kFirstSubmission + submissions_++);
  HIE_ASSIGN_OR_RETURN(const DoorAnswer answer, feed_->Ask(request));
  values["$DOC"] = IdIn(answer.body, "DocumentReference");
  values["$LIST"] = IdIn(answer.body, "List");
  values["$BIN"] = IdIn(answer.body, "Binary");
  for (const char* id : {"$DOC", "$LIST", "$BIN"}) {
    if (answer.status == 200 && !values[id].empty()) continue;
    return absl::InternalError(absl::StrCat("submit: ", answer.status, " ", answer.body));
  }
  return absl::OkStatus();
}

absl::Status HiddenWorld::OptOut(const PersonValues& values) {
  consent::v1::Directive directive;
  directive.set_base(consent::v1::EFFECT_DENY);
  return File(values, std::move(directive));
}

absl::Status HiddenWorld::DenyNorth(const PersonValues& values) {
  consent::v1::Directive directive;
  consent::v1::RuleNode& rule = *directive.add_rules();
  rule.add_custodians("north");
  rule.set_effect(consent::v1::EFFECT_DENY);
  return File(values, std::move(directive));
}

absl::Status HiddenWorld::File(const PersonValues& values, consent::v1::Directive directive) {
  directive.set_id(absl::StrCat("01930000-0000-7000-8000-00000000000", ++directives_));
  directive.mutable_subject()->set_assigning_authority(values.at("$DOMAIN"));
  directive.mutable_subject()->set_id(values.at("$MRN"));
  directive.mutable_subject()->set_incarnation(1);
  directive.add_instruments(consent::v1::INSTRUMENT_GENERAL);
  directive.set_status(consent::v1::DIRECTIVE_STATUS_ACTIVE);
  directive.set_signed_micros(absl::ToUnixMicros(absl::Now()));
  HIE_ASSIGN_OR_RETURN(const auto officer,
                       exchange_->SignIn("north", "officer", "privacy_officer", "PATADMIN"));
  exchange::v1::PutDirectiveRequest request;
  *request.mutable_directive() = std::move(directive);
  return officer->Call<ExchangeService::PutDirective>(request).status();
}

absl::StatusOr<std::unique_ptr<DoorClient>> HiddenWorld::SignInAtLakes(
    const DoorPerson& person) const {
  return DoorClient::SignIn(*exchange_, "lakes-emr", key_, person);
}

}  // namespace hie::testing

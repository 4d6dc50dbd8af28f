#include "tests/e2e/malformed_requests.h"

#include "absl/strings/str_cat.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/common/wire/wire.h"

namespace hie::testing {
namespace {

namespace v1 = exchange::v1;
using v1::ExchangeService;

constexpr int kLongBytes = 5000;
constexpr int kPatientsTooMany = 101;

const CallerSpec kPhysician = {"ed_physician", "ETREAT"};
const CallerSpec kRegistrar = {"registrar", "PATADMIN"};
const CallerSpec kOfficer = {"privacy_officer", "PATADMIN"};
const CallerSpec kSteward = {"steward", "PATADMIN"};
const CallerSpec kAdmin = {"hie_admin", "HOPERAT"};

// A canary in a value that is too long to be one.
std::string Long() { return absl::StrCat(kCanary, std::string(kLongBytes, 'x')); }

// Collects requests: each is the right one, made wrong in one place.
class Requests {
 public:
  explicit Requests(const RegionPatient& known) : known_(known) {}

  // `what` of a request of `Method` is wrong: unary.
  template <typename Method>
  void Add(const std::string& field, const CallerSpec& caller, typename Method::Request request) {
    Keep(Method::kFullName, field, caller, [request = std::move(request)](ctl::Session& session) {
      return session.Call<Method>(request).status();
    });
  }

  // The same, server streaming.
  template <typename Method>
  void AddStream(const std::string& field, typename Method::Request request) {
    Keep(Method::kFullName, field, kPhysician,
         [request = std::move(request)](ctl::Session& session) {
           return session.Stream<Method>(request, [](const auto&) { return true; });
         });
  }

  // What is wrong with one patient of a feed is said of this patient.
  void AddFed(const std::string& field, const v1::RegisterPatient& patient) {
    v1::RegisterPatientsRequest request;
    *request.add_patients() = patient;
    Keep(ExchangeService::RegisterPatients::kFullName, field, kRegistrar,
         [request](ctl::Session& session) {
           const auto fed = session.Call<ExchangeService::RegisterPatients>(request);
           if (!fed.ok()) return fed.status();
           const std::string& problem = fed->patients(0).problem();
           return problem.empty() ? absl::OkStatus() : absl::InvalidArgumentError(problem);
         });
  }

  const RegionPatient& known() const { return known_; }
  std::vector<MalformedRequest> Take() { return std::move(requests_); }

 private:
  void Keep(absl::string_view method, const std::string& field, const CallerSpec& caller,
            std::function<absl::Status(ctl::Session&)> call) {
    requests_.push_back({absl::StrCat(method, " ", field), caller, field, std::move(call)});
  }

  const RegionPatient& known_;
  std::vector<MalformedRequest> requests_;
};

// Every way to name nobody, with the field that the answer names.
std::vector<std::pair<std::string, v1::PatientSubject>> WrongSubjects(const RegionPatient& known) {
  std::vector<std::pair<std::string, v1::PatientSubject>> wrong;
  wrong.emplace_back("subject", v1::PatientSubject());
  v1::PatientSubject subject = known.Subject();
  subject.mutable_patient()->set_assigning_authority(kCanary);
  wrong.emplace_back("subject.patient.assigning_authority", subject);
  subject = known.Subject();
  subject.mutable_patient()->set_id(Long());
  wrong.emplace_back("subject.patient.id", subject);
  subject.mutable_patient()->set_id(absl::StrCat(kCanary, "\n"));
  wrong.emplace_back("subject.patient.id", subject);
  subject.mutable_demographics()->add_names()->set_family(kCanary);
  subject.mutable_demographics()->set_birth_date(kCanary);
  wrong.emplace_back("subject.demographics.birth_date", subject);
  subject.mutable_demographics()->set_birth_date("1980-01-01");
  subject.mutable_demographics()->mutable_names(0)->set_family(Long());
  wrong.emplace_back("subject.demographics.names.family", subject);
  subject.set_eid(Long());
  wrong.emplace_back("subject.eid", subject);
  return wrong;
}

v1::QueryRequest GoodQuery(const RegionPatient& known) {
  v1::QueryRequest request;
  *request.mutable_subject() = known.Subject();
  return request;
}

void AddQueries(Requests& requests) {
  for (const auto& [field, subject] : WrongSubjects(requests.known())) {
    v1::QueryRequest request;
    *request.mutable_subject() = subject;
    requests.AddStream<ExchangeService::Query>(field, request);
    v1::RetrieveRequest retrieve;
    *retrieve.mutable_subject() = subject;
    retrieve.set_document_id("some-document");
    requests.AddStream<ExchangeService::Retrieve>(field, retrieve);
  }
  v1::QueryRequest request = GoodQuery(requests.known());
  request.set_budget_millis(99);
  requests.AddStream<ExchangeService::Query>("budget_millis", request);
  request = GoodQuery(requests.known());
  request.add_classes(static_cast<common::v1::ClinicalClass>(99));
  requests.AddStream<ExchangeService::Query>("classes", request);
  request = GoodQuery(requests.known());
  request.set_session_id(Long());
  requests.AddStream<ExchangeService::Query>("session_id", request);
  v1::RetrieveRequest retrieve;
  *retrieve.mutable_subject() = requests.known().Subject();
  requests.AddStream<ExchangeService::Retrieve>("document_id", retrieve);
  retrieve.set_document_id(Long());
  requests.AddStream<ExchangeService::Retrieve>("document_id", retrieve);
}

void AddPatients(Requests& requests) {
  v1::FindPatientsRequest find;
  find.mutable_demographics()->set_birth_date(kCanary);
  requests.Add<ExchangeService::FindPatients>("demographics.birth_date", kPhysician, find);
  find.mutable_demographics()->clear_birth_date();
  find.mutable_demographics()->add_names()->set_family(kCanary);
  find.set_limit(11);
  requests.Add<ExchangeService::FindPatients>("limit", kPhysician, find);

  v1::RegisterPatientsRequest feed;
  requests.Add<ExchangeService::RegisterPatients>("patients", kRegistrar, feed);
  for (int i = 0; i < kPatientsTooMany; ++i) feed.add_patients();
  requests.Add<ExchangeService::RegisterPatients>("patients", kRegistrar, feed);
  v1::RegisterPatient patient;
  patient.mutable_patient()->set_assigning_authority(kCanary);
  patient.mutable_patient()->set_id(kCanary);
  requests.AddFed("patient.assigning_authority", patient);
  *patient.mutable_patient() = requests.known().Subject().patient();
  patient.mutable_patient()->set_id("");
  requests.AddFed("patient.id", patient);
  patient.mutable_patient()->set_id(kCanary);
  patient.mutable_demographics()->set_birth_date(kCanary);
  requests.AddFed("demographics.birth_date", patient);
}

v1::OpenBreakGlassRequest GoodOpening(const RegionPatient& known) {
  v1::OpenBreakGlassRequest request;
  *request.mutable_subject() = known.Subject();
  *request.mutable_reentered() = wire::ToProto(known.demographics);
  request.set_reason(consent::v1::EMERGENCY_REASON_UNCONSCIOUS);
  request.set_encounter(kCanary);
  request.set_narrative(kCanary);
  request.set_attests_emergency(true);
  request.set_attests_consent_impracticable(true);
  request.set_attests_information_needed(true);
  return request;
}

void AddBreakGlass(Requests& requests) {
  using Open = ExchangeService::OpenBreakGlass;
  const v1::OpenBreakGlassRequest good = GoodOpening(requests.known());
  const auto wrong = [&requests, &good](const std::string& field, const auto& change) {
    v1::OpenBreakGlassRequest request = good;
    change(request);
    requests.Add<Open>(field, kPhysician, request);
  };
  wrong("subject", [](auto& r) { r.clear_subject(); });
  wrong("reentered.birth_date", [](auto& r) { r.mutable_reentered()->set_birth_date(kCanary); });
  wrong("reentered", [](auto& r) { r.mutable_reentered()->mutable_names(0)->set_family(kCanary); });
  wrong("reason", [](auto& r) { r.clear_reason(); });
  wrong("encounter", [](auto& r) { r.clear_encounter(); });
  wrong("attests_emergency", [](auto& r) { r.clear_attests_emergency(); });
  wrong("attests_consent_impracticable", [](auto& r) { r.clear_attests_consent_impracticable(); });
  wrong("attests_information_needed", [](auto& r) { r.clear_attests_information_needed(); });
  wrong("narrative", [](auto& r) {
    r.set_reason(consent::v1::EMERGENCY_REASON_OTHER);
    r.clear_narrative();
  });

  v1::AttestSecondTierRequest attest;
  attest.set_session_id(kCanary);
  attest.set_attests_more_needed(true);
  requests.Add<ExchangeService::AttestSecondTier>("session_id", kPhysician, attest);
  v1::EndBreakGlassRequest end;
  end.set_session_id(kCanary);
  requests.Add<ExchangeService::EndBreakGlass>("session_id", kPhysician, end);
}

v1::PutDirectiveRequest GoodDirective(const RegionPatient& known) {
  v1::PutDirectiveRequest request;
  consent::v1::Directive& directive = *request.mutable_directive();
  directive.set_id("01930000-0000-7000-8000-0000000000aa");
  *directive.mutable_subject() = known.Subject().patient();
  directive.mutable_subject()->set_incarnation(1);
  directive.add_instruments(consent::v1::INSTRUMENT_GENERAL);
  directive.set_signed_micros(1'700'000'000'000'000);
  directive.set_base(consent::v1::EFFECT_DENY);
  return request;
}

void AddDirectives(Requests& requests) {
  using Put = ExchangeService::PutDirective;
  const v1::PutDirectiveRequest good = GoodDirective(requests.known());
  const auto wrong = [&requests, &good](const std::string& field, const auto& change) {
    v1::PutDirectiveRequest request = good;
    change(*request.mutable_directive());
    requests.Add<Put>(field, kOfficer, request);
  };
  wrong("assigning_authority",
        [](auto& d) { d.mutable_subject()->set_assigning_authority(kCanary); });
  wrong("subject", [](auto& d) { d.clear_subject(); });
  wrong("directive.id", [](auto& d) { d.set_id(kCanary); });
  wrong("directive.instruments", [](auto& d) { d.clear_instruments(); });
  wrong("directive.rules", [](auto& d) { d.add_rules()->add_sensitivities(kCanary); });
  wrong("directive.status", [](auto& d) { d.set_status(consent::v1::DIRECTIVE_STATUS_REVOKED); });

  v1::RevokeDirectiveRequest revoke;
  revoke.set_id(kCanary);
  *revoke.mutable_subject() = requests.known().Subject().patient();
  requests.Add<ExchangeService::RevokeDirective>("id", kOfficer, revoke);
  revoke.clear_subject();
  requests.Add<ExchangeService::RevokeDirective>("subject", kOfficer, revoke);
  for (const auto& [field, subject] : WrongSubjects(requests.known())) {
    v1::ListDirectivesRequest list;
    *list.mutable_subject() = subject;
    requests.Add<ExchangeService::ListDirectives>(field, kOfficer, list);
  }
}

void AddOversight(Requests& requests) {
  for (const auto& [field, subject] : WrongSubjects(requests.known())) {
    v1::ListAuditRequest list;
    *list.mutable_subject() = subject;
    requests.Add<ExchangeService::ListAudit>(field, kOfficer, list);
  }
  v1::ListAuditRequest list;
  list.set_limit(1001);
  requests.Add<ExchangeService::ListAudit>("limit", kOfficer, list);

  v1::PutMemberRequest member;
  requests.Add<ExchangeService::PutMember>("member", kAdmin, member);
  member.mutable_member()->set_id(absl::StrCat(kCanary, " with spaces"));
  requests.Add<ExchangeService::PutMember>("member", kAdmin, member);

  v1::DecideLinkRequest decide;
  decide.mutable_first()->set_assigning_authority(kCanary);
  decide.mutable_first()->set_id(kCanary);
  *decide.mutable_second() = requests.known().Subject().patient();
  requests.Add<ExchangeService::DecideLink>("first.assigning_authority", kSteward, decide);
  *decide.mutable_first() = requests.known().Subject().patient();
  decide.mutable_second()->set_id(Long());
  requests.Add<ExchangeService::DecideLink>("second.id", kSteward, decide);
}

}  // namespace

std::vector<MalformedRequest> MalformedRequests(const RegionPatient& known) {
  Requests requests(known);
  AddQueries(requests);
  AddPatients(requests);
  AddBreakGlass(requests);
  AddDirectives(requests);
  AddOversight(requests);
  return requests.Take();
}

}  // namespace hie::testing

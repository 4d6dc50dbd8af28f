#include "services/hiectl/onboarding/conformance.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gateway/auth/client_assertion.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/sha1.h"
#include "services/common/json/reader.h"

namespace hie::ctl {
namespace {

constexpr char kFhirJson[] = "application/fhir+json";
constexpr int kPagesMax = 5;
constexpr int kPageSize = 2;  // Small, so that paging is seen.

// What the exchange asks members for.
constexpr absl::string_view kTypes[] = {
    "AllergyIntolerance", "MedicationRequest", "MedicationStatement", "Condition",
    "Encounter",          "Observation",       "DiagnosticReport",    "Immunization",
    "Procedure",          "DocumentReference"};

// A run: results so far, and what later checks need of earlier ones.
class Run {
 public:
  Run(const ConformanceOptions& options, const Ask& ask) : options_(options), ask_(ask) {}

  std::vector<CheckResult> Go() {
    const absl::StatusOr<fetch::Url> base = fetch::ParseUrl(options_.endpoint.address());
    if (!base.ok()) {
      Fail("address", "The endpoint's address is no https URL.");
      return std::move(results_);
    }
    base_ = *base;
    if (Metadata() && SignIn() && Patient()) {
      for (const absl::string_view type : kTypes) Search(type);
      Document();
    }
    return std::move(results_);
  }

 private:
  void Pass(absl::string_view check) { results_.push_back({std::string(check), {}, ""}); }
  bool Fail(absl::string_view check, absl::string_view advice) {
    results_.push_back({std::string(check), CheckOutcome::kFail, std::string(advice)});
    return false;
  }
  void Skip(absl::string_view check, absl::string_view why) {
    results_.push_back({std::string(check), CheckOutcome::kSkipped, std::string(why)});
  }

  enum class Token { kWith, kWithout };
  absl::StatusOr<fetch::FetchResponse> Get(const fetch::Url& url, Token token,
                                           absl::string_view accept = kFhirJson) {
    fetch::FetchRequest request;
    request.url = url;
    request.headers.Add("Accept", accept);
    // A link that leads elsewhere must not carry the token away.
    if (token == Token::kWith && !token_.empty() && url.SameOrigin(base_)) {
      request.headers.Add("Authorization", absl::StrCat("Bearer ", token_));
    }
    request.rule = Rule();
    return ask_(std::move(request));
  }
  fetch::AddressRule Rule() const {
    return options_.endpoint.allow_private_address() ? fetch::AddressRule::kPrivateToo
                                                     : fetch::AddressRule::kPublic;
  }
  absl::StatusOr<fetch::Url> Below(absl::string_view reference) const {
    return fetch::ResolveUrl(base_, reference);
  }
  // A resource of that type, or what is wrong.
  absl::StatusOr<json::Value> Resource(const fetch::Url& url, absl::string_view type) {
    HIE_ASSIGN_OR_RETURN(const fetch::FetchResponse answer, Get(url, Token::kWith));
    if (answer.status != 200) {
      return absl::FailedPreconditionError(absl::StrCat("answers ", answer.status, ", want 200"));
    }
    absl::StatusOr<json::Value> value = json::Read(answer.body);
    if (!value.ok()) return absl::FailedPreconditionError("the body is no valid JSON");
    if (value->Text("resourceType") == type) return value;
    return absl::FailedPreconditionError(absl::StrCat("the body is no ", type));
  }

  bool Metadata() {
    const auto url = Below("metadata");
    const auto answer = url.ok() ? Get(*url, Token::kWithout) : url.status();
    if (!answer.ok()) {
      return Fail("reach the server over TLS",
                  absl::StrCat(answer.status().message(),
                               ". Check the address, the firewall and that the certificate is for "
                               "this host name and from a public or agreed authority."));
    }
    Pass("reach the server over TLS");
    const auto statement = Resource(*url, "CapabilityStatement");
    if (!statement.ok()) {
      return Fail("metadata", absl::StrCat("GET metadata ", statement.status().message(),
                                           ": it must be open, without a token."));
    }
    if (!absl::StartsWith(statement->Text("fhirVersion"), "4.0")) {
      return Fail("metadata", "fhirVersion is not 4.0: the exchange speaks R4.");
    }
    Pass("metadata");
    return true;
  }

  absl::StatusOr<std::string> AskForToken() {
    const directory::v1::FhirSignIn& sign_in = options_.endpoint.sign_in();
    HIE_ASSIGN_OR_RETURN(const std::string assertion,
                         auth::SignClientAssertion({.client_id = sign_in.client_id(),
                                                    .token_url = sign_in.token_url(),
                                                    .id = options_.assertion_id,
                                                    .extensions_json = ""},
                                                   sign_in.key_id(), *options_.key, options_.now));
    fetch::FetchRequest request;
    request.method = http::Method::kPost;
    HIE_ASSIGN_OR_RETURN(request.url, fetch::ParseUrl(sign_in.token_url()));
    request.headers.Add("Content-Type", "application/x-www-form-urlencoded");
    request.rule = Rule();
    request.body = absl::StrCat(
        "grant_type=client_credentials&scope=", fetch::EncodeQueryValue(sign_in.scope()),
        "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
        "&client_assertion=",
        assertion);
    HIE_ASSIGN_OR_RETURN(const fetch::FetchResponse answer, ask_(std::move(request)));
    const absl::StatusOr<json::Value> body = json::Read(answer.body);
    if (answer.status != 200 || !body.ok()) {
      const absl::string_view error = body.ok() ? body->Text("error") : "";
      return absl::FailedPreconditionError(
          absl::StrCat("the token endpoint answers ", answer.status, " ", ErrorWord(error)));
    }
    const std::string token(body->Text("access_token"));
    if (token.empty()) return absl::FailedPreconditionError("the answer has no access_token");
    return token;
  }

  // Only words of RFC 6749: what a server writes beyond is not repeated on a terminal.
  static absl::string_view ErrorWord(absl::string_view error) {
    for (const absl::string_view known : {"invalid_client", "invalid_scope", "invalid_request",
                                          "invalid_grant", "unauthorized_client"}) {
      if (error == known) return known;
    }
    return "without an OAuth error";
  }

  bool SignIn() {
    if (options_.endpoint.sign_in().token_url().empty()) {
      Skip("sign in", "The endpoint takes no token: everybody who reaches it reads patients.");
      return true;
    }
    if (options_.key == nullptr) return Fail("sign in", "Name our key with --key.");
    absl::StatusOr<std::string> token = AskForToken();
    if (!token.ok()) {
      return Fail("sign in", absl::StrCat(token.status().message(),
                                          ". Register our client_id, our public key under key_id, "
                                          "RS384 or ES384, and the scope."));
    }
    token_ = *std::move(token);
    Pass("sign in");
    RefusesStrangers();
    return true;
  }

  void RefusesStrangers() {
    const auto url = PatientUrl();
    const auto answer = url.ok() ? Get(*url, Token::kWithout) : url.status();
    if (answer.ok() && (answer->status == 401 || answer->status == 403)) {
      return Pass("refuse who shows no token");
    }
    Fail("refuse who shows no token", "A search without a token must be answered 401.");
  }

  absl::StatusOr<fetch::Url> PatientUrl() const {
    return Below(absl::StrCat("Patient?identifier=",
                              fetch::EncodeQueryValue(absl::StrCat(options_.identifier_system, "|",
                                                                   options_.identifier_value))));
  }

  bool Patient() {
    constexpr char kCheck[] = "find the test patient by identifier";
    const auto url = PatientUrl();
    if (!url.ok()) return Fail(kCheck, "The identifier cannot stand in a URL.");
    const auto bundle = Resource(*url, "Bundle");
    if (!bundle.ok()) {
      return Fail(kCheck, absl::StrCat("GET Patient?identifier= ", bundle.status().message(), "."));
    }
    std::set<std::string> ids;
    for (const json::Value& entry : bundle->Each("entry")) {
      const json::Value* patient = entry.At("/resource");
      if (patient == nullptr || patient->Text("resourceType") != "Patient") continue;
      if (!HasIdentifier(*patient)) {
        return Fail(kCheck,
                    "The answer holds a patient without that identifier: the search must "
                    "match system and value exactly.");
      }
      ids.insert(std::string(patient->Text("id")));
    }
    if (ids.size() != 1 || ids.begin()->empty()) {
      return Fail(kCheck, absl::StrCat(ids.size(),
                                       " patients came, want one with an id. Check the "
                                       "identifier's system (urn:oid:...)."));
    }
    patient_ = *ids.begin();
    Pass(kCheck);
    return true;
  }

  bool HasIdentifier(const json::Value& patient) const {
    const auto identifiers = patient.Each("identifier");
    return std::any_of(identifiers.begin(), identifiers.end(), [this](const json::Value& id) {
      return id.Text("value") == options_.identifier_value &&
             id.Text("system") == options_.identifier_system;
    });
  }

  void Search(absl::string_view type) {
    const auto& unsupported = options_.endpoint.quirks().unsupported_types();
    const std::string check = absl::StrCat("search ", type);
    if (std::find(unsupported.begin(), unsupported.end(), type) != unsupported.end()) {
      return Skip(check, "Registered as not supported.");
    }
    const std::string& named = options_.endpoint.quirks().patient_parameter();
    auto url = Below(absl::StrCat(type, "?", named.empty() ? "patient" : named, "=",
                                  fetch::EncodeQueryValue(patient_), "&_count=", kPageSize));
    std::set<std::string> seen;
    for (int page = 0; page < kPagesMax && url.ok(); ++page) {
      const auto bundle = Resource(*url, "Bundle");
      if (!bundle.ok()) {
        Fail(check, absl::StrCat("Page ", page + 1, " ", bundle.status().message(),
                                 ". If you do not have this type, register it as unsupported."));
        return;
      }
      if (!TakePage(check, type, *bundle, seen)) return;
      const std::string next = NextOf(*bundle);
      if (next.empty()) return Pass(check);
      url = Below(next);
    }
    if (url.ok()) return Pass(check);
    Fail(check, "The next link is no https URL.");
  }

  bool TakePage(const std::string& check, absl::string_view type, const json::Value& bundle,
                std::set<std::string>& seen) {
    for (const json::Value& entry : bundle.Each("entry")) {
      const json::Value* resource = entry.At("/resource");
      if (resource == nullptr || resource->Text("resourceType") != type) continue;
      if (!seen.insert(std::string(resource->Text("id"))).second) {
        return Fail(check, "The same entry came on two pages: paging must be stable.");
      }
      if (!IsOfPatient(*resource)) {
        return Fail(check,
                    "An entry of another patient came: stop, and check the search by "
                    "patient before anything else.");
      }
      if (type == "DocumentReference" && !document_) document_ = *resource;
    }
    return true;
  }

  bool IsOfPatient(const json::Value& resource) const {
    for (const char* name : {"/subject/reference", "/patient/reference"}) {
      const json::Value* reference = resource.At(name);
      if (reference == nullptr) continue;
      const std::string local = absl::StrCat("Patient/", patient_);
      return reference->text() == local || absl::EndsWith(reference->text(), "/" + local);
    }
    return false;
  }

  static std::string NextOf(const json::Value& bundle) {
    for (const json::Value& link : bundle.Each("link")) {
      if (link.Text("relation") == "next") return std::string(link.Text("url"));
    }
    return "";
  }

  void Document() {
    constexpr char kCheck[] = "read a document and check its hash";
    if (!document_) return Skip(kCheck, "The test patient has no document.");
    const json::Value* attachment = document_->At("/content/0/attachment");
    const auto url = attachment == nullptr ? absl::StatusOr<fetch::Url>(absl::NotFoundError(""))
                                           : Below(attachment->Text("url"));
    if (!url.ok() || attachment->Text("url").empty()) {
      Fail(kCheck, "content.attachment.url is missing or no https URL.");
      return;
    }
    const auto answer = Get(*url, Token::kWith, "*/*");
    if (!answer.ok() || answer->status != 200) {
      Fail(kCheck, "The document cannot be read with the same token.");
      return;
    }
    const json::Value* size = attachment->Find("size");
    if (size != nullptr && size->integer() != static_cast<int64_t>(answer->body.size())) {
      Fail(kCheck, "attachment.size is not the size of what came.");
      return;
    }
    const absl::string_view hash = attachment->Text("hash");
    if (!hash.empty() && hash != absl::Base64Escape(crypto::Sha1(answer->body))) {
      Fail(kCheck, "attachment.hash is not the base64 SHA-1 of what came.");
      return;
    }
    Pass(kCheck);
  }

  const ConformanceOptions& options_;
  const Ask& ask_;
  fetch::Url base_;
  std::string token_;
  std::string patient_;
  std::optional<json::Value> document_;
  std::vector<CheckResult> results_;
};

}  // namespace

std::vector<CheckResult> RunConformance(const ConformanceOptions& options, const Ask& ask) {
  return Run(options, ask).Go();
}

}  // namespace hie::ctl

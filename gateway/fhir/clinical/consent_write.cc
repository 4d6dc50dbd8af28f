#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gateway/fhir/clinical/clinical_rows.h"
#include "gateway/fhir/clinical/consent_directive.h"
#include "gateway/fhir/clinical/patient_parameter.h"
#include "gateway/fhir/patients/element.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/common/base/uuid.h"
#include "services/common/crypto/hash.h"

namespace hie::fhir {
namespace {

using consent::v1::Directive;
using exchange::v1::ExchangeService;
using Wish = ConsentContent::Wish;

constexpr size_t kUuidBytes = 16;

// The id of a Consent with an identifier: the same again is the same directive, so that a retry
// after a lost answer files nothing twice (RFC 9562, version 8).
std::string IdOfIdentifier(const Call& call, const std::string& identifier) {
  std::string bytes =
      crypto::Sha256(absl::StrCat(call.caller().caller.actor.member.value(), "|", identifier))
          .substr(0, kUuidBytes);
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x80);
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  const std::string hex = absl::BytesToHexString(bytes);
  return absl::StrCat(hex.substr(0, 8), "-", hex.substr(8, 4), "-", hex.substr(12, 4), "-",
                      hex.substr(16, 4), "-", hex.substr(20));
}

Failure UnknownPatient() {
  return Fail(400, "value", "The patient is unknown.", "Consent.patient.identifier");
}

void AnswerDirective(Call& call, int status, const Directive& directive) {
  Answer answer;
  answer.http_status = status;
  answer.headers.Set("ETag", WeakTag(directive.version()));
  if (directive.recorded_micros() != 0) {
    answer.headers.Set("Last-Modified",
                       HttpDate(absl::FromUnixMicros(directive.recorded_micros())));
  }
  answer.headers.Set("Location", call.Url(absl::StrCat("Consent/", directive.id(), "/_history/",
                                                       directive.version())));
  if (call.preference() == ReturnPreference::kOperationOutcome) {
    answer.resource = OutcomeResource({{Severity::kInformation, "informational", "", "", "Taken."}},
                                      call.request().request_id);
  } else if (call.preference() != ReturnPreference::kMinimal) {
    answer.resource = ConsentResource(call, directive);
  }
  call.Respond(std::move(answer));
}

// Files a directive.  `conflict` is what a version that has moved is to the client.
void File(const std::shared_ptr<Call>& call, const Directive& directive, Failure conflict) {
  exchange::v1::PutDirectiveRequest request;
  *request.mutable_directive() = directive;
  call->Ask<ExchangeService::PutDirective>(
      request, [call, created = directive.version() == 0, conflict = std::move(conflict)](
                   absl::StatusOr<exchange::v1::PutDirectiveResponse> filed) {
        if (absl::IsNotFound(filed.status())) return call->Fail(UnknownPatient());
        if (absl::IsAborted(filed.status())) return call->Fail(conflict);
        if (!filed.ok()) return call->Fail(filed.status());
        AnswerDirective(*call, created ? 201 : 200, filed->directive());
      });
}

void CreateConsent(std::shared_ptr<Call> call) {
  if (call->body() == nullptr) {
    return call->Fail(Fail(400, "structure", "A Consent is wanted.", "Consent"));
  }
  Reading<ConsentContent> content = ReadConsent(*call, *call->body());
  if (!content.ok()) return call->Fail(*std::move(content.failure));
  if (content.value.wish != Wish::kInForce) {
    return call->Fail(
        Fail(422, "not-supported", "A new consent must be active.", "Consent.status"));
  }
  Directive& directive = content.value.directive;
  directive.set_id(content.value.identifier.empty()
                       ? MakeUuidV7(call->services().clock->Now(), *call->services().random)
                       : IdOfIdentifier(*call, content.value.identifier));
  File(call, directive,
       Fail(409, "duplicate", "A consent with this identifier and other content is filed.",
            "Consent.identifier"));
}

// The version that If-Match names; 0: none.
Reading<uint64_t> ExpectedVersion(const Call& call) {
  absl::string_view text = absl::StripAsciiWhitespace(call.request().headers.Get("If-Match"));
  if (text.empty()) return uint64_t{0};
  absl::ConsumePrefix(&text, "W/");
  uint64_t version = 0;
  const bool quoted = absl::ConsumePrefix(&text, "\"") && absl::ConsumeSuffix(&text, "\"");
  if (!quoted || !absl::SimpleAtoi(text, &version) || version == 0) {
    return Fail(412, "conflict", "The version in If-Match is none of this resource.");
  }
  return version;
}

Failure VersionMoved() { return Fail(412, "conflict", "The version is not the one that is held."); }

// One update: finds the version that is held, then amends or revokes it.
class ConsentUpdating : public std::enable_shared_from_this<ConsentUpdating> {
 public:
  explicit ConsentUpdating(std::shared_ptr<Call> call) : call_(std::move(call)) {}

  void Run() {
    if (call_->body() == nullptr) {
      return call_->Fail(fhir::Fail(400, "structure", "A Consent is wanted.", "Consent"));
    }
    Reading<ConsentContent> content = ReadConsent(*call_, *call_->body());
    if (!content.ok()) return call_->Fail(*std::move(content.failure));
    content_ = std::move(content.value);
    if (!IsUuid(call_->id()) || call_->body()->Text("id") != call_->id()) {
      return call_->Fail(fhir::Fail(
          400, "value", "The body must carry the id of the request, a UUID.", "Consent.id"));
    }
    content_.directive.set_id(call_->id());
    exchange::v1::ListDirectivesRequest request;
    *request.mutable_subject()->mutable_patient() = content_.directive.subject();
    call_->Ask<ExchangeService::ListDirectives>(
        request,
        [self = shared_from_this()](absl::StatusOr<exchange::v1::ListDirectivesResponse> listed) {
          if (absl::IsNotFound(listed.status())) return self->call_->Fail(UnknownPatient());
          if (!listed.ok()) return self->call_->Fail(listed.status());
          self->Take(*listed);
        });
  }

 private:
  void Take(const exchange::v1::ListDirectivesResponse& listed) {
    uint64_t held = 0;
    for (const Directive& directive : listed.directives()) {
      if (directive.id() == call_->id()) held = std::max(held, directive.version());
    }
    const Reading<uint64_t> expected = ExpectedVersion(*call_);
    if (!expected.ok()) return call_->Fail(*expected.failure);
    if (expected.value != 0 && expected.value != held) return call_->Fail(VersionMoved());
    if (held == 0 && content_.wish != Wish::kInForce) {
      return call_->Fail(absl::NotFoundError("consent: unknown"));
    }
    if (content_.wish == Wish::kRevoked) return Revoke();
    content_.directive.set_version(held);
    File(call_, content_.directive, VersionMoved());
  }

  void Revoke() {
    exchange::v1::RevokeDirectiveRequest request;
    request.set_id(call_->id());
    *request.mutable_subject() = content_.directive.subject();
    call_->Ask<ExchangeService::RevokeDirective>(
        request, [call = call_](absl::StatusOr<exchange::v1::RevokeDirectiveResponse> revoked) {
          if (!revoked.ok()) return call->Fail(revoked.status());
          AnswerDirective(*call, 200, revoked->directive());
        });
  }

  const std::shared_ptr<Call> call_;
  ConsentContent content_;
};

// DELETE Consent?_id=&patient.identifier=: a revocation; nothing is forgotten.
void DeleteConsent(std::shared_ptr<Call> call) {
  Reading<NamedPatient> patient = RequirePatientParameter(*call);
  if (!patient.ok()) return call->Fail(*std::move(patient.failure));
  const SearchTerm* id = call->query().First("_id");
  const bool one = id != nullptr && id->values.size() == 1 &&
                   call->query().All("_id").size() == 1 && IsUuid(ReadToken(id->text).code);
  if (!one)
    return call->Fail(Fail(400, "required", "The id of one consent is wanted.", "http._id"));
  if (!patient.value.subject.has_patient()) {
    return call->Fail(Fail(400, "value",
                           "The patient is wanted by an identifier of your organisation.",
                           "http.patient"));
  }
  exchange::v1::RevokeDirectiveRequest request;
  request.set_id(ReadToken(id->text).code);
  *request.mutable_subject() = patient.value.subject.patient();
  call->Ask<ExchangeService::RevokeDirective>(
      request, [call](absl::StatusOr<exchange::v1::RevokeDirectiveResponse> revoked) {
        if (!revoked.ok()) return call->Fail(revoked.status());
        call->Respond({.http_status = 204, .resource = std::nullopt});
      });
}

Interaction Row(InteractionKind kind, http::Method method, std::string path, char action) {
  Interaction row;
  row.kind = kind;
  row.method = method;
  row.path = std::move(path);
  row.resource = "Consent";
  row.access = Access::kAdministration;
  row.scopes = {{"Consent", action, "ITI-108"}};
  return row;
}

}  // namespace

std::vector<Interaction> ConsentWriteRows() {
  Interaction create = Row(InteractionKind::kCreate, http::Method::kPost, "/Consent", 'c');
  create.run = CreateConsent;
  Interaction update = Row(InteractionKind::kUpdate, http::Method::kPut, "/Consent/{id}", 'u');
  update.run = [](std::shared_ptr<Call> call) {
    std::make_shared<ConsentUpdating>(std::move(call))->Run();
  };
  Interaction remove = Row(InteractionKind::kDelete, http::Method::kDelete, "/Consent", 'd');
  remove.parameters = {{"_id", ParameterType::kToken},
                       {"patient.identifier", ParameterType::kToken}};
  remove.run = DeleteConsent;
  return {std::move(create), std::move(update), std::move(remove)};
}

}  // namespace hie::fhir

#include "gateway/auth/smart_token_service.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gateway/auth/grants.h"
#include "gateway/auth/jws.h"
#include "gateway/auth/oauth_answer.h"
#include "gateway/auth/token_grant.h"
#include "gateway/auth/user_claims.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/base64url.h"
#include "services/common/crypto/files.h"
#include "services/common/crypto/jwk_set.h"
#include "services/common/crypto/pki.h"
#include "services/common/json/writer.h"
#include "services/common/log/log.h"

namespace hie::auth {
namespace {

constexpr absl::string_view kBearer = "Bearer ";
constexpr size_t kTokenIdBytes = 16;

absl::Status Unusable(absl::string_view why) {
  return absl::UnauthenticatedError(absl::StrCat("token: ", why));
}

// One answer for all of them: a stranger learns nothing about who is registered.
absl::Status Stranger() {
  return absl::UnauthenticatedError(
      "client assertion: not signed by a registered key of a registered client");
}

// A stranger to the client, and the reason to the operator.
absl::Status StrangerBecause(const std::shared_ptr<log::Logger>& log, const ApiClient& client,
                             absl::string_view reason) {
  if (log != nullptr) {
    log->Write(log::Level::kInfo, "assertion_not_verified",
               {{"client", client.id}, {"reason", std::string(reason)}});
  }
  return Stranger();
}

absl::StatusOr<crypto::PrivateKey> OpenSigningKey(const std::string& file) {
  const absl::StatusOr<std::string> pem = crypto::ReadWholeFile(file);
  if (pem.ok()) {
    HIE_ASSIGN_OR_RETURN(crypto::PrivateKey key, crypto::PrivateKey::FromPem(*pem));
    if (key.public_key().algorithm() == crypto::KeyAlgorithm::kEs256) return key;
    return absl::InvalidArgumentError(absl::StrCat(file, ": want an ES256 key"));
  }
  if (!absl::IsNotFound(pem.status())) return pem.status();
  HIE_ASSIGN_OR_RETURN(crypto::PrivateKey made,
                       crypto::PrivateKey::Generate(crypto::KeyAlgorithm::kEs256));
  HIE_RETURN_IF_ERROR(
      crypto::WriteFileAtomically(file, made.ToPem(), crypto::FileAccess::kOwnerOnly));
  return made;
}

absl::Status CheckForm(const TokenRequest& form, const std::string& audience) {
  if (form.grant_type.empty()) return absl::InvalidArgumentError("grant_type: want one");
  if (form.grant_type != kClientCredentials) {
    return absl::UnimplementedError("grant_type: want client_credentials");
  }
  if (form.assertion_type != kJwtBearer) {
    return absl::InvalidArgumentError("client_assertion_type: want jwt-bearer");
  }
  if (form.assertion.empty()) return absl::UnauthenticatedError("client_assertion: want one");
  if (!form.resource.empty() && form.resource != audience) {
    return absl::InvalidArgumentError("resource: want the FHIR base");
  }
  return absl::OkStatus();
}

// A bound token is worth nothing without the key of its certificate.
absl::Status CheckBinding(const ApiClient& client, const AccessClaims& claims,
                          absl::string_view shown) {
  for (const std::string& wanted : {claims.certificate_sha256, client.certificate_sha256}) {
    if (!wanted.empty() && wanted != shown) return Unusable("bound to another certificate");
  }
  return absl::OkStatus();
}

// A client that only feeds needs to say no purpose: it has but one.
Purpose PurposeOf(const AccessClaims& claims) {
  const Purpose claimed = claims.subject_claims.purpose;
  const bool feeds_only = claims.acting_roles.size() == 1 && claims.acting_roles[0] == kBackendFeed;
  return claimed == Purpose::kUnspecified && feeds_only ? Purpose::kPatientAdministration : claimed;
}

ApiCaller CallerOf(const Member& member, const AccessClaims& claims, absl::string_view request_id) {
  ApiCaller caller;
  caller.caller.kind = rpc::CallerKind::kMember;
  Actor& actor = caller.caller.actor;
  actor.member = member.id;
  actor.user = claims.subject_claims.person_id;
  actor.roles = claims.acting_roles;
  actor.purpose = PurposeOf(claims);
  actor.request_id = std::string(request_id);
  actor.client_key = claims.client_id;
  actor.auth_time = claims.auth_time;
  caller.client_id = claims.client_id;
  caller.scopes = claims.scopes;
  caller.break_glass = claims.subject_claims.break_glass;
  caller.subject_name = claims.subject_claims.subject_name;
  return caller;
}

std::string TokenAnswer(const std::string& token, const AccessClaims& claims) {
  json::Writer w;
  w.BeginObject().Text("access_token", token).Text("token_type", "bearer");
  w.Key("expires_in").Integer(absl::ToInt64Seconds(claims.expires_at - claims.issued_at));
  w.Text("scope", absl::StrJoin(claims.scopes, " ")).EndObject();
  return std::move(w).Take();
}

}  // namespace

absl::StatusOr<std::unique_ptr<SmartTokenService>> SmartTokenService::Open(Options options) {
  if (options.issuer.empty() || options.audience.empty()) {
    return absl::InvalidArgumentError("token service: want an issuer and an audience");
  }
  HIE_ASSIGN_OR_RETURN(crypto::PrivateKey key, OpenSigningKey(options.signing_key_file));
  HIE_ASSIGN_OR_RETURN(std::unique_ptr<UsedAssertions> used,
                       UsedAssertions::Open({.file = options.used_assertions_file,
                                             .entries_max = options.assertions_max},
                                            options.clock->Now()));
  return std::unique_ptr<SmartTokenService>(
      new SmartTokenService(std::move(options), std::move(key), std::move(used)));
}

SmartTokenService::SmartTokenService(Options options, crypto::PrivateKey key,
                                     std::unique_ptr<UsedAssertions> used)
    : options_(std::move(options)),
      assertions_{.audience = absl::StrCat(options_.issuer, kTokenPath)},
      key_(std::move(key)),
      key_id_(crypto::TokenKeyId(key_.public_key())),
      used_(std::move(used)),
      keys_(std::make_unique<ClientKeys>(ClientKeys::Options{
          .directory = options_.directory,
          .clock = options_.clock,
          .fetch = options_.fetch_key_set,
          .on_failure =
              [log = options_.log](const std::string& client, const absl::Status& status) {
                if (log == nullptr) return;
                log->Write(log::Level::kWarning, "client_keys_not_fetched",
                           {{"client", client}, {"reason", std::string(status.message())}});
              }})),
      verified_(options_.tokens_max) {}

SmartTokenService::~SmartTokenService() = default;

absl::StatusOr<SmartTokenService::Directory> SmartTokenService::CurrentDirectory() const {
  members::DirectoryReading reading = options_.directory->Current();
  if (reading.directory == nullptr) {
    return absl::UnavailableError("the directory has not been read yet");
  }
  if (options_.clock->Now() - reading.confirmed > options_.directory_age_max) {
    return absl::UnavailableError("the directory could not be read for too long");
  }
  return std::move(reading.directory);
}

void SmartTokenService::Handle(const std::shared_ptr<http::Exchange>& exchange) {
  exchange->Respond(Answer(exchange->request()));
}

http::Response SmartTokenService::Answer(const http::Request& request) {
  if (request.path == kTokenPath) return AnswerToken(request);
  if (request.path != kJwksPath) return NotFoundAnswer();
  if (request.method != http::Method::kGet && request.method != http::Method::kHead) {
    return MethodAnswer("GET");
  }
  return JsonAnswer(200, crypto::WriteJwkSet(key_id_, key_.public_key()), Caching::kFiveMinutes);
}

http::Response SmartTokenService::AnswerToken(const http::Request& request) {
  if (request.method != http::Method::kPost) return MethodAnswer("POST");
  if (request.headers.Has("Authorization")) return OtherSignInAnswer();
  if (!IsForm(request.headers.Get("Content-Type"))) return MediaTypeAnswer();
  absl::StatusOr<std::string> issued = Issue(request);
  if (issued.ok()) return JsonAnswer(200, *std::move(issued), Caching::kNone);
  Note(issued.status());
  return RefusalAnswer(issued.status());
}

absl::StatusOr<std::string> SmartTokenService::Issue(const http::Request& request) {
  // Parameters in a URL end up in logs.
  if (!request.query.empty()) return absl::InvalidArgumentError("want no query");
  HIE_ASSIGN_OR_RETURN(TokenRequest form, ParseTokenRequest(request.body));
  HIE_RETURN_IF_ERROR(CheckForm(form, options_.audience));
  HIE_ASSIGN_OR_RETURN(const ClientAssertion assertion, ParseClientAssertion(form.assertion));
  HIE_ASSIGN_OR_RETURN(const ProvenClient proven,
                       Prove(form, assertion, request.peer.public_key_sha256));
  TokenWish wish;
  wish.scopes = std::move(form.scopes);
  wish.auth_time = proven.claims.auth_time;
  wish.certificate_sha256 = request.peer.public_key_sha256;
  HIE_ASSIGN_OR_RETURN(wish.subject, ReadAssertedSubject(assertion.payload));
  HIE_ASSIGN_OR_RETURN(AccessClaims claims,
                       DecideGrant(*proven.registered.member, *proven.registered.client, wish));
  return Mint(std::move(claims), proven);
}

absl::StatusOr<SmartTokenService::ProvenClient> SmartTokenService::Prove(
    const TokenRequest& form, const ClientAssertion& assertion,
    absl::string_view certificate_sha256) {
  ProvenClient proven;
  HIE_ASSIGN_OR_RETURN(proven.claims, ParseAssertionClaims(assertion.payload));
  const AssertionClaims& claims = proven.claims;
  if (!form.client_id.empty() && form.client_id != claims.client_id) {
    return absl::UnauthenticatedError("client_id: want the assertion's");
  }
  HIE_ASSIGN_OR_RETURN(proven.directory, CurrentDirectory());
  proven.registered = proven.directory->FindClient(claims.client_id);
  const ApiClient* client = proven.registered.client;
  if (client == nullptr || client->revoked) return Stranger();
  HIE_RETURN_IF_ERROR(VerifySignature(*client, assertion));
  const absl::Time now = options_.clock->Now();
  HIE_RETURN_IF_ERROR(CheckAssertionClaims(claims, assertions_, now));
  if (!client->certificate_sha256.empty() && client->certificate_sha256 != certificate_sha256) {
    return absl::UnauthenticatedError("certificate: want the one that the client registered");
  }
  if (proven.registered.member->state == MemberState::kSuspended) {
    return absl::UnauthenticatedError("the client's member is suspended");
  }
  // Last, so that only what would have been taken is remembered.
  HIE_RETURN_IF_ERROR(
      used_->Use(claims.client_id, claims.id, claims.expires_at + assertions_.leeway, now));
  return proven;
}

absl::Status SmartTokenService::VerifySignature(const ApiClient& client,
                                                const ClientAssertion& assertion) {
  if (assertion.key_set_url && *assertion.key_set_url != client.jwks_url) {
    return StrangerBecause(options_.log, client, "want the jku that is registered, or none");
  }
  HIE_ASSIGN_OR_RETURN(const KeySet keys, keys_->Find(client));
  const auto key = std::find_if(keys->begin(), keys->end(), [&](const crypto::Jwk& jwk) {
    return jwk.key_id == assertion.key_id;
  });
  if (key == keys->end()) {
    keys_->Expect(client);  // It may have been rotated a moment ago.
    return Stranger();
  }
  if (key->key.algorithm() != assertion.algorithm) {
    return StrangerBecause(options_.log, client, "want the alg of the key");
  }
  return key->key.Verify(assertion.signing_input, assertion.signature).ok() ? absl::OkStatus()
                                                                            : Stranger();
}

absl::StatusOr<std::string> SmartTokenService::Mint(AccessClaims claims,
                                                    const ProvenClient& proven) {
  claims.issuer = options_.issuer;
  claims.audience = options_.audience;
  claims.id = crypto::Base64UrlEncode(options_.random->Bytes(kTokenIdBytes));
  claims.issued_at = options_.clock->Now();
  claims.expires_at = claims.issued_at + kAccessTokenLifetime;
  HIE_ASSIGN_OR_RETURN(const std::string token, MintAccessToken(claims, key_id_, key_));
  if (token.size() > kTokenBytesMax) {
    return absl::InvalidArgumentError("the claims make a token of more than 8 KiB");
  }
  if (options_.log != nullptr) {
    options_.log->Write(log::Level::kInfo, "token_issued",
                        {{"member", proven.registered.member->id.value()},
                         {"client", claims.client_id},
                         {"purpose", PurposeCode(claims.subject_claims.purpose)},
                         {"token", claims.id}});
  }
  return TokenAnswer(token, claims);
}

void SmartTokenService::Note(const absl::Status& refused) const {
  if (options_.log == nullptr) return;
  options_.log->Write(log::Level::kInfo, "token_refused",
                      {{"reason", std::string(refused.message())}});
}

absl::StatusOr<std::shared_ptr<const AccessClaims>> SmartTokenService::Verify(
    absl::string_view token) const {
  if (token.size() > kTokenBytesMax) return Unusable("larger than 8 KiB");
  if (std::shared_ptr<const AccessClaims> known = verified_.Find(token)) return known;
  HIE_ASSIGN_OR_RETURN(const Jws jws, ParseJws(token, kAccessTokenType));
  if (jws.key_id != key_id_ || !key_.public_key().Verify(jws.signing_input, jws.signature).ok()) {
    return Unusable("not issued here");
  }
  HIE_ASSIGN_OR_RETURN(AccessClaims claims, ParseAccessClaims(jws.payload));
  if (claims.issuer != options_.issuer) return Unusable("not issued here");
  if (claims.audience != options_.audience) return Unusable("for another audience");
  auto shared = std::make_shared<const AccessClaims>(std::move(claims));
  verified_.Remember(token, shared);  // Only what verified: strangers cannot push others out.
  return shared;
}

absl::StatusOr<ApiCaller> SmartTokenService::Authenticate(absl::string_view authorization,
                                                          absl::string_view certificate_sha256,
                                                          absl::string_view request_id) const {
  if (authorization.empty()) return Unusable("want one");
  if (!absl::StartsWithIgnoreCase(authorization, kBearer)) return Unusable("want a bearer token");
  HIE_ASSIGN_OR_RETURN(const std::shared_ptr<const AccessClaims> claims,
                       Verify(authorization.substr(kBearer.size())));
  const absl::Time now = options_.clock->Now();
  if (now >= claims->expires_at) return Unusable("expired");
  if (now < claims->issued_at - assertions_.leeway) return Unusable("issued in the future");
  HIE_ASSIGN_OR_RETURN(const Directory directory, CurrentDirectory());
  const members::RegisteredClient registered = directory->FindClient(claims->client_id);
  if (registered.client == nullptr || registered.client->revoked) {
    return Unusable("of a client that is not registered, or revoked");
  }
  HIE_RETURN_IF_ERROR(CheckBinding(*registered.client, *claims, certificate_sha256));
  HIE_RETURN_IF_ERROR(ReaffirmGrant(*registered.member, *registered.client, *claims));
  return CallerOf(*registered.member, *claims, request_id);
}

}  // namespace hie::auth

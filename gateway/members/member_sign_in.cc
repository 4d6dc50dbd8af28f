#include "gateway/members/member_sign_in.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/base/uuid.h"
#include "services/common/crypto/base64url.h"
#include "services/common/json/reader.h"
#include "services/common/json/writer.h"

namespace hie::members {
namespace {

constexpr absl::Duration kAssertionLifetime = absl::Minutes(4);  // At most five are allowed.
constexpr absl::Duration kEarly = absl::Seconds(30);  // A token is renewed before its end.
constexpr absl::Duration kLifetimeMax = absl::Hours(1);
constexpr uint64_t kAnswerBytesMax = 64 << 10;
constexpr char kAssertionType[] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

struct IssuedToken {
  std::string token;
  absl::Duration lifetime;
};

absl::StatusOr<IssuedToken> ReadToken(const fetch::FetchResponse& response) {
  constexpr int kOk = 200;
  constexpr int kServerErrors = 500;
  if (response.status >= kServerErrors) {
    return absl::UnavailableError("sign-in: the member's token endpoint failed");
  }
  if (response.status != kOk) {
    return absl::UnauthenticatedError("sign-in: the member refused our credentials");
  }
  HIE_ASSIGN_OR_RETURN(const json::Value answer, json::Read(response.body));
  const json::Value* const seconds = answer.Find("expires_in");
  const absl::string_view token = answer.Text("access_token");
  if (token.empty()) return absl::InvalidArgumentError("sign-in: the answer holds no token");
  const int64_t lifetime = seconds == nullptr ? 0 : seconds->integer().value_or(0);
  return IssuedToken{std::string(token),
                     std::min(absl::Seconds(std::max<int64_t>(lifetime, 0)), kLifetimeMax)};
}

}  // namespace

absl::StatusOr<std::string> MemberSignIn::Assertion(const FhirSignIn& sign_in) const {
  const absl::Time now = options_.clock->Now();
  json::Writer header;
  header.BeginObject()
      .Text("alg", crypto::AlgorithmName(options_.key.public_key().algorithm()))
      .Text("typ", "JWT")
      .Text("kid", sign_in.key_id)
      .EndObject();
  json::Writer claims;
  claims.BeginObject()
      .Text("iss", sign_in.client_id)
      .Text("sub", sign_in.client_id)
      .Text("aud", sign_in.token_url)
      .Text("jti", MakeUuidV7(now, *options_.random));
  claims.Key("iat").Integer(absl::ToUnixSeconds(now));
  claims.Key("exp").Integer(absl::ToUnixSeconds(now + kAssertionLifetime));
  claims.EndObject();
  const std::string input = absl::StrCat(crypto::Base64UrlEncode(std::move(header).Take()), ".",
                                         crypto::Base64UrlEncode(std::move(claims).Take()));
  HIE_ASSIGN_OR_RETURN(const std::string signature, options_.key.Sign(input));
  return absl::StrCat(input, ".", crypto::Base64UrlEncode(signature));
}

MemberSignIn::Key MemberSignIn::KeyOf(const MemberId& member, const MemberEndpoint& endpoint) {
  return {member, endpoint.sign_in.token_url, endpoint.address};
}

void MemberSignIn::Token(const MemberId& member, const MemberEndpoint& endpoint,
                         absl::Duration budget, Done done) {
  const FhirSignIn& sign_in = endpoint.sign_in;
  if (sign_in.token_url.empty()) return done(std::string());
  const Key key = KeyOf(member, endpoint);
  std::string token;
  {
    const MutexLock lock(mutex_);
    Held& held = held_[key];
    if (options_.clock->Now() < held.good_until) {
      token = held.token;
    } else {
      held.waiting.push_back(std::move(done));
      if (std::exchange(held.asking, true)) return;
    }
  }
  if (!token.empty()) return done(std::move(token));
  const auto take = [this, key](absl::StatusOr<fetch::FetchResponse> response) {
    Take(key, std::move(response));
  };
  const absl::StatusOr<fetch::Url> url = fetch::ParseUrl(sign_in.token_url);
  const absl::StatusOr<std::string> assertion = Assertion(sign_in);
  if (!url.ok()) return take(url.status());
  if (!assertion.ok()) return take(assertion.status());
  fetch::FetchRequest request;
  request.method = http::Method::kPost;
  request.url = *url;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                     {"Accept", "application/json"}};
  request.body =
      absl::StrCat("grant_type=client_credentials&scope=", fetch::EncodeQueryValue(sign_in.scope),
                   "&client_assertion_type=", fetch::EncodeQueryValue(kAssertionType),
                   "&client_assertion=", *assertion);
  request.rule = endpoint.allow_private_address ? fetch::AddressRule::kPrivateToo
                                                : fetch::AddressRule::kPublic;
  request.budget = budget;
  request.body_bytes_max = kAnswerBytesMax;
  options_.client->Fetch(std::move(request), nullptr, take);
}

void MemberSignIn::Take(const Key& key, absl::StatusOr<fetch::FetchResponse> response) {
  absl::StatusOr<IssuedToken> issued =
      response.ok() ? ReadToken(*response) : absl::StatusOr<IssuedToken>(response.status());
  std::vector<Done> waiting;
  {
    const MutexLock lock(mutex_);
    Held& held = held_[key];
    held.asking = false;
    waiting.swap(held.waiting);
    if (issued.ok()) {
      held.token = issued->token;
      held.good_until = options_.clock->Now() + issued->lifetime - kEarly;
      // Of where the member was before, nothing is kept.
      absl::erase_if(held_, [&key](const auto& entry) {
        return std::get<MemberId>(entry.first) == std::get<MemberId>(key) && entry.first != key &&
               !entry.second.asking;
      });
    }
  }
  for (Done& done : waiting) {
    issued.ok() ? done(issued->token) : done(issued.status());
  }
}

void MemberSignIn::Forget(const MemberId& member, const MemberEndpoint& endpoint,
                          absl::string_view token) {
  const MutexLock lock(mutex_);
  const auto held = held_.find(KeyOf(member, endpoint));
  if (held == held_.end() || held->second.token != token) return;
  held->second.good_until = absl::InfinitePast();
}

}  // namespace hie::members

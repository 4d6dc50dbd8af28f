#include "gateway/auth/user_claims.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/json/reader.h"
#include "services/common/json/writer.h"
#include "services/common/member/member.h"

namespace hie::auth {
namespace {

constexpr json::ReadLimits kPayloadLimits{
    .bytes_max = 8 << 10, .depth_max = 8, .elements_max = 256};
constexpr int64_t kSecondsMax = 253402300799;  // The end of the year 9999.

constexpr std::pair<absl::string_view, Purpose> kPurposes[] = {
    {"TREAT", Purpose::kTreat},
    {"ETREAT", Purpose::kEtreat},
    {"BTG", Purpose::kBtg},
    {"HPAYMT", Purpose::kPayment},
    {"HOPERAT", Purpose::kOperations},
    {"PATRQT", Purpose::kPatientRequest},
    {"PUBHLTH", Purpose::kPublicHealth},
    {"HRESCH", Purpose::kResearch},
    {"PATADMIN", Purpose::kPatientAdministration},
};

absl::Status Bad(absl::string_view why) {
  return absl::UnauthenticatedError(absl::StrCat("token: ", why));
}

// The text of a required string claim without control characters.
absl::StatusOr<std::string> ReadText(const json::Value& payload, absl::string_view name) {
  const absl::string_view text = payload.Text(name);
  const bool printable = std::all_of(text.begin(), text.end(),
                                     [](unsigned char c) { return !absl::ascii_iscntrl(c); });
  if (text.empty() || text.size() > kUserBytesMax || !printable) {
    return Bad(absl::StrCat(name, " must be 1..128 bytes of text"));
  }
  return std::string(text);
}

absl::StatusOr<absl::Time> ReadTime(const json::Value& payload, absl::string_view name,
                                    std::optional<absl::Time> absent) {
  const json::Value* claim = payload.Find(name);
  if (claim == nullptr && absent) return *absent;
  const std::optional<int64_t> seconds = claim == nullptr ? std::nullopt : claim->integer();
  if (!seconds || *seconds < 0 || *seconds > kSecondsMax) {
    return Bad(absl::StrCat(name, " must be whole seconds since 1970"));
  }
  return absl::FromUnixSeconds(*seconds);
}

absl::StatusOr<std::vector<std::string>> ReadRoles(const json::Value& payload) {
  const json::Value* claim = payload.Find("roles");
  if (claim == nullptr || !claim->IsArray() || claim->items().empty() ||
      claim->items().size() > kRolesMax) {
    return Bad("roles must be an array of 1..8");
  }
  std::vector<std::string> roles;
  for (const json::Value& item : claim->items()) {
    const std::string role(item.text());
    if (!IsUserRole(role)) return Bad("roles holds one that is not known");
    if (std::find(roles.begin(), roles.end(), role) != roles.end()) {
      return Bad("roles holds one twice");
    }
    roles.push_back(role);
  }
  return roles;
}

absl::StatusOr<Purpose> ReadPurpose(const json::Value& payload) {
  const json::Value* claim = payload.Find("purpose_of_use");
  if (claim == nullptr) return Purpose::kUnspecified;
  const std::optional<Purpose> purpose = PurposeOfCode(claim->text());
  if (claim->IsString() && purpose) return *purpose;
  return Bad("purpose_of_use must be one known code");
}

absl::Status ReadTimes(const json::Value& payload, UserClaims& claims) {
  HIE_ASSIGN_OR_RETURN(claims.issued_at, ReadTime(payload, "iat", std::nullopt));
  HIE_ASSIGN_OR_RETURN(claims.expires_at, ReadTime(payload, "exp", std::nullopt));
  HIE_ASSIGN_OR_RETURN(claims.not_before, ReadTime(payload, "nbf", absl::InfinitePast()));
  HIE_ASSIGN_OR_RETURN(claims.auth_time, ReadTime(payload, "auth_time", absl::UnixEpoch()));
  return absl::OkStatus();
}

}  // namespace

absl::string_view PurposeCode(Purpose purpose) {
  for (const auto& [code, known] : kPurposes) {
    if (known == purpose) return code;
  }
  return "";
}

std::optional<Purpose> PurposeOfCode(absl::string_view code) {
  for (const auto& [known, purpose] : kPurposes) {
    if (known == code) return purpose;
  }
  return std::nullopt;
}

absl::StatusOr<UserClaims> ParseUserClaims(absl::string_view payload) {
  const absl::StatusOr<json::Value> read = json::Read(payload, kPayloadLimits);
  if (!read.ok() || !read->IsObject()) return Bad("payload is not a JSON object");
  UserClaims claims;
  HIE_ASSIGN_OR_RETURN(claims.issuer, ReadText(*read, "iss"));
  HIE_ASSIGN_OR_RETURN(claims.user, ReadText(*read, "sub"));
  HIE_ASSIGN_OR_RETURN(claims.audience, ReadText(*read, "aud"));
  HIE_ASSIGN_OR_RETURN(claims.roles, ReadRoles(*read));
  HIE_ASSIGN_OR_RETURN(claims.purpose, ReadPurpose(*read));
  HIE_RETURN_IF_ERROR(ReadTimes(*read, claims));
  return claims;
}

std::string UserClaimsJson(const UserClaims& claims) {
  json::Writer w;
  w.BeginObject();
  w.Text("iss", claims.issuer).Text("sub", claims.user).Text("aud", claims.audience);
  w.Key("roles").BeginArray();
  for (const std::string& role : claims.roles) w.String(role);
  w.EndArray();
  w.Text("purpose_of_use", PurposeCode(claims.purpose));
  w.Key("iat").Integer(absl::ToUnixSeconds(claims.issued_at));
  w.Key("exp").Integer(absl::ToUnixSeconds(claims.expires_at));
  if (claims.not_before != absl::InfinitePast()) {
    w.Key("nbf").Integer(absl::ToUnixSeconds(claims.not_before));
  }
  if (claims.auth_time != absl::UnixEpoch()) {
    w.Key("auth_time").Integer(absl::ToUnixSeconds(claims.auth_time));
  }
  w.EndObject();
  return std::move(w).Take();
}

absl::Status CheckUserClaims(const UserClaims& claims, const ClaimsPolicy& policy, absl::Time now) {
  if (claims.audience != policy.audience) return Bad("for another audience");
  if (claims.expires_at <= claims.issued_at) return Bad("exp must be after iat");
  if (claims.expires_at - claims.issued_at > policy.lifetime_max) return Bad("lives too long");
  if (now >= claims.expires_at + policy.leeway) return Bad("expired");
  if (now < claims.issued_at - policy.leeway) return Bad("issued in the future");
  if (now < claims.not_before - policy.leeway) return Bad("not valid yet");
  if (claims.auth_time > claims.issued_at + policy.leeway) return Bad("auth_time is after iat");
  return absl::OkStatus();
}

}  // namespace hie::auth

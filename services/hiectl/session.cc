#include "services/hiectl/session.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gateway/auth/user_claims.h"
#include "gateway/auth/user_token.h"
#include "services/common/base/status_macros.h"
#include "services/common/base/uuid.h"
#include "services/common/crypto/certificate.h"
#include "services/common/crypto/pki.h"
#include "services/hiectl/message_file.h"

namespace hie::ctl {
namespace {

constexpr Purpose kPurposes[] = {
    Purpose::kTreat,        Purpose::kEtreat,     Purpose::kBtg,
    Purpose::kPayment,      Purpose::kOperations, Purpose::kPatientRequest,
    Purpose::kPublicHealth, Purpose::kResearch,   Purpose::kPatientAdministration};

absl::StatusOr<Purpose> ParsePurpose(const std::string& code) {
  if (code.empty()) return Purpose::kUnspecified;
  for (const Purpose purpose : kPurposes) {
    if (auth::PurposeCode(purpose) == code) return purpose;
  }
  return absl::InvalidArgumentError(
      "--purpose: want TREAT, ETREAT, BTG, HPAYMT, HOPERAT, PATRQT, PUBHLTH, HRESCH or PATADMIN");
}

absl::StatusOr<std::string> ReadCredential(const std::string& path) {
  absl::StatusOr<std::string> text = ReadInput(path);
  if (!text.ok()) return absl::UnauthenticatedError(text.status().message());
  return text;
}

// The member that the certificate names: the gateway will believe no other.
absl::StatusOr<std::string> MemberOf(const std::string& certificate_path) {
  HIE_ASSIGN_OR_RETURN(const std::string pem, ReadCredential(certificate_path));
  const auto certificate = crypto::Certificate::FromPem(pem);
  if (certificate.ok()) {
    for (const std::string& uri : certificate->Uris()) {
      absl::string_view member = uri;
      if (absl::ConsumePrefix(&member, crypto::kMemberUriPrefix)) return std::string(member);
    }
  }
  return absl::UnauthenticatedError(
      absl::StrCat(certificate_path, ": is not the certificate of a member"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Session>> Session::Open(SessionOptions options, const Clock& clock,
                                                       RandomSource& random) {
  if (options.credentials.empty()) {
    return absl::UnauthenticatedError("--credentials: want the folder of a member's keys");
  }
  HIE_RETURN_IF_ERROR(ParsePurpose(options.purpose).status());
  auto tls = std::make_shared<rpc::TlsFiles>();
  tls->certificate_chain = options.credentials + "/client.crt";
  tls->private_key = options.credentials + "/client.key";
  tls->trust_anchors =
      options.trust_anchors.empty() ? options.credentials + "/../../ca.crt" : options.trust_anchors;
  HIE_ASSIGN_OR_RETURN(const std::string member, MemberOf(tls->certificate_chain));
  HIE_RETURN_IF_ERROR(ReadCredential(tls->trust_anchors).status());
  HIE_ASSIGN_OR_RETURN(const std::string pem, ReadCredential(options.credentials + "/token.key"));
  auto key = crypto::PrivateKey::FromPem(pem);
  if (!key.ok()) {
    return absl::UnauthenticatedError(options.credentials + "/token.key: is not a signing key");
  }
  HIE_ASSIGN_OR_RETURN(std::shared_ptr<rpc::Channel> channel,
                       rpc::Channel::Dial(options.gateway, std::move(tls)));
  return std::unique_ptr<Session>(
      new Session(std::move(options), *std::move(key), member, std::move(channel), clock, random));
}

absl::StatusOr<rpc::CallOptions> Session::NextCall() {
  const absl::Time now = clock_.Now();
  rpc::CallOptions call;
  call.deadline = now + options_.timeout;
  call.request_id = MakeUuidV7(now, random_);
  if (options_.user.empty()) return call;
  auth::UserStatement statement;
  statement.member = member_;
  statement.user = options_.user;
  statement.roles = options_.roles;
  HIE_ASSIGN_OR_RETURN(statement.purpose, ParsePurpose(options_.purpose));
  // Whoever may read the key file has signed in to this machine just now.
  statement.auth_time = now;
  HIE_ASSIGN_OR_RETURN(
      call.bearer_token,
      auth::MintToken(statement, crypto::TokenKeyId(key_.public_key()), key_, now));
  return call;
}

void Session::Ending::Set(absl::Status status) {
  const MutexLock lock(mutex_);
  status_ = std::move(status);
  ended_ = true;
  changed_.NotifyAll();
}

absl::Status Session::Ending::Wait() {
  const MutexLock lock(mutex_);
  changed_.Wait(mutex_, [this] { return ended_; });
  return status_;
}

}  // namespace hie::ctl

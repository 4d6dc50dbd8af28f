#include "services/hiectl/commands/member_commands.h"

#include <algorithm>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/certificate.h"
#include "services/common/crypto/pki.h"
#include "services/hiectl/commands/render.h"
#include "services/hiectl/message_file.h"
#include "services/hiectl/onboarding/toml_message.h"

namespace hie::ctl {
namespace {

using exchange::v1::ExchangeService;

std::vector<std::string> Row(const directory::v1::Member& member, absl::string_view attached) {
  std::vector<std::string> domains;
  for (const directory::v1::PatientIdDomain& domain : member.domains()) {
    domains.push_back(domain.oid());
  }
  return {member.id(),
          member.name(),
          ShortName(directory::v1::MemberState_Name(member.state()), "MEMBER_STATE_"),
          std::string(attached),
          absl::StrCat(member.facilities_size()),
          absl::StrJoin(domains, " "),
          absl::StrCat(member.version())};
}

constexpr size_t kKeyIdDigits = 16;

// Adds the elements of `now` whose ids are not in `list`.
template <typename List>
void KeepMissing(const List& now, List& list) {
  for (const auto& element : now) {
    const bool there = std::any_of(list.begin(), list.end(),
                                   [&](const auto& other) { return other.id() == element.id(); });
    if (!there) *list.Add() = element;
  }
}

std::vector<std::string> Head() {
  return {"id", "name", "state", "agent", "facilities", "domains", "version"};
}

absl::Status ReadMember(const std::string& file, directory::v1::Member& member) {
  if (!absl::EndsWith(file, ".toml")) return ReadMessage(file, member);
  HIE_ASSIGN_OR_RETURN(const std::string text, ReadInput(file));
  return ReadToml(text, file, member);
}

void AddKey(const std::string& id, directory::v1::KeyUse use, const std::string& public_key,
            directory::v1::Member& member) {
  for (const directory::v1::MemberKey& key : member.keys()) {
    if (key.id() == id) return;
  }
  directory::v1::MemberKey* key = member.add_keys();
  key->set_id(id);
  key->set_use(use);
  key->set_public_key(public_key);
}

// Registers keys under the ids that `hiectl pki init` gives them.
absl::Status AddKeys(const MemberAddOptions& options, directory::v1::Member& member) {
  if (!options.certificate_file.empty()) {
    HIE_ASSIGN_OR_RETURN(const std::string pem, ReadInput(options.certificate_file));
    HIE_ASSIGN_OR_RETURN(const crypto::Certificate certificate, crypto::Certificate::FromPem(pem));
    const std::string sha256 = certificate.public_key().SpkiSha256();
    AddKey(absl::StrCat("cert-", sha256.substr(0, kKeyIdDigits)),
           directory::v1::KEY_USE_CLIENT_CERTIFICATE, sha256, member);
  }
  if (!options.token_key_file.empty()) {
    HIE_ASSIGN_OR_RETURN(const std::string pem, ReadInput(options.token_key_file));
    HIE_ASSIGN_OR_RETURN(const crypto::PublicKey key, crypto::PublicKey::FromPem(pem));
    AddKey(crypto::TokenKeyId(key), directory::v1::KEY_USE_TOKEN_SIGNING, key.ToPem(), member);
  }
  return absl::OkStatus();
}

// A file that is put again need not repeat what other commands registered in between.
absl::Status KeepRegistered(Session& session, directory::v1::Member& member) {
  if (member.version() != 0) return absl::OkStatus();
  HIE_ASSIGN_OR_RETURN(const auto list, session.Call<ExchangeService::ListMembers>({}));
  for (const exchange::v1::MemberStatus& status : list.members()) {
    const directory::v1::Member& now = status.member();
    if (now.id() != member.id()) continue;
    member.set_version(now.version());
    member.set_state(now.state());  // Moved by enter-shadow, go-live and suspend only.
    KeepMissing(now.keys(), *member.mutable_keys());
    KeepMissing(now.clients(), *member.mutable_clients());
  }
  return absl::OkStatus();
}

}  // namespace

ExitCode MemberList(const Context& context) {
  auto session = context.SignIn();
  if (!session.ok()) return context.output.Fail(session.status());
  const auto list = (*session)->Call<ExchangeService::ListMembers>({});
  if (!list.ok()) return context.output.Fail(list.status());
  context.output.Json(*list);
  std::vector<std::vector<std::string>> rows = {Head()};
  for (const exchange::v1::MemberStatus& status : list->members()) {
    rows.push_back(Row(status.member(), status.attached() ? "attached" : "-"));
  }
  context.output.Table(rows);
  return ExitCode::kOk;
}

ExitCode MemberAdd(const Context& context, const MemberAddOptions& options) {
  exchange::v1::PutMemberRequest request;
  directory::v1::Member& member = *request.mutable_member();
  absl::Status read = ReadMember(options.file, member);
  if (read.ok()) read = AddKeys(options, member);
  if (!read.ok()) return context.output.Fail(read);
  auto session = context.SignIn();
  if (!session.ok()) return context.output.Fail(session.status());
  if (const absl::Status kept = KeepRegistered(**session, member); !kept.ok()) {
    return context.output.Fail(kept);
  }
  const auto put = (*session)->Call<ExchangeService::PutMember>(request);
  if (!put.ok()) return context.output.Fail(put.status());
  context.output.Json(*put);
  context.output.Table({Head(), Row(put->member(), "")});
  return ExitCode::kOk;
}

}  // namespace hie::ctl

#include "services/hiectl/commands/onboarding_commands.h"

#include <algorithm>
#include <functional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "hie/exchange/v1/intake_service.methods.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/certificate.h"
#include "services/common/crypto/files.h"
#include "services/common/crypto/jwk_set.h"
#include "services/hiectl/commands/render.h"
#include "services/hiectl/message_file.h"
#include "services/hiectl/onboarding/feed_survey.h"
#include "services/hiectl/onboarding/member_template.h"
#include "services/hiectl/onboarding/sample_files.h"
#include "services/hiectl/onboarding/shadow_findings.h"

namespace hie::ctl {
namespace {

using directory::v1::MemberState;
using exchange::v1::ExchangeService;
using exchange::v1::IntakeService;
using Change = std::function<absl::Status(directory::v1::Member&)>;

absl::StatusOr<directory::v1::Member> FindMember(Session& session, const std::string& id) {
  HIE_ASSIGN_OR_RETURN(const auto list, session.Call<ExchangeService::ListMembers>({}));
  for (const exchange::v1::MemberStatus& status : list.members()) {
    if (status.member().id() == id) return status.member();
  }
  return absl::NotFoundError(absl::StrCat("member ", id, ": is not in the directory"));
}

// Reads a member, changes it and puts it back; another change in between is refused as ABORTED.
ExitCode ChangeMember(const Context& context, const std::string& id, const Change& change) {
  auto session = context.SignIn();
  if (!session.ok()) return context.output.Fail(session.status());
  absl::StatusOr<directory::v1::Member> member = FindMember(**session, id);
  if (!member.ok()) return context.output.Fail(member.status());
  if (const absl::Status changed = change(*member); !changed.ok()) {
    return context.output.Fail(changed);
  }
  exchange::v1::PutMemberRequest request;
  *request.mutable_member() = *std::move(member);
  const auto put = (*session)->Call<ExchangeService::PutMember>(request);
  if (!put.ok()) return context.output.Fail(put.status());
  context.output.Json(*put);
  context.output.Table(
      {{"member", "state", "clients", "version"},
       {put->member().id(),
        ShortName(directory::v1::MemberState_Name(put->member().state()), "MEMBER_STATE_"),
        absl::StrCat(put->member().clients_size()), absl::StrCat(put->member().version())}});
  return ExitCode::kOk;
}

Change To(MemberState state) {
  return [state](directory::v1::Member& member) {
    member.set_state(state);
    return absl::OkStatus();
  };
}

// What the report of a member in SHADOW has against LIVE.
absl::StatusOr<std::vector<std::string>> FindingsOf(Session& session, const std::string& member) {
  HIE_ASSIGN_OR_RETURN(const directory::v1::Member now, FindMember(session, member));
  // A suspended member was LIVE before.
  if (now.state() != MemberState::MEMBER_STATE_SHADOW) return std::vector<std::string>();
  exchange::v1::GetShadowReportRequest request;
  request.set_member(member);
  HIE_ASSIGN_OR_RETURN(const auto report, session.Call<IntakeService::GetShadowReport>(request));
  return ShadowFindings(report);
}

absl::StatusOr<common::v1::Purpose> PurposeOf(const std::string& word) {
  common::v1::Purpose purpose = common::v1::PURPOSE_UNSPECIFIED;
  if (common::v1::Purpose_Parse(absl::StrCat("PURPOSE_", word), &purpose)) return purpose;
  return absl::InvalidArgumentError("--may_claim: want TREAT, ETREAT, BTG, PATADMIN, ...");
}

absl::Status FillKeys(const ClientOptions& options, directory::v1::ApiClient& client) {
  client.set_jwks_url(options.jwks_url);
  if (!options.jwks_file.empty()) {
    HIE_ASSIGN_OR_RETURN(const std::string jwks, ReadInput(options.jwks_file));
    HIE_RETURN_IF_ERROR(crypto::ReadJwkSet(jwks).status());
    client.set_jwks(jwks);
  }
  if (options.certificate_file.empty()) return absl::OkStatus();
  HIE_ASSIGN_OR_RETURN(const std::string pem, ReadInput(options.certificate_file));
  HIE_ASSIGN_OR_RETURN(const crypto::Certificate certificate, crypto::Certificate::FromPem(pem));
  client.set_certificate_sha256(certificate.public_key().SpkiSha256());
  return absl::OkStatus();
}

directory::v1::ApiClient* FindClient(directory::v1::Member& member, const std::string& id) {
  for (directory::v1::ApiClient& client : *member.mutable_clients()) {
    if (client.id() == id) return &client;
  }
  return nullptr;
}

}  // namespace

ExitCode MemberTemplate(const Context& context) {
  for (const absl::string_view line : absl::StrSplit(kMemberTemplate, '\n')) {
    context.output.Line(line);
  }
  return ExitCode::kOk;
}

ExitCode MemberMapNamespaces(const Context& context, const MapNamespacesOptions& options) {
  const auto files = FilesBelow(options.sample);
  if (!files.ok()) return context.output.Fail(files.status());
  FeedSurvey survey;
  size_t done = 0;
  for (const std::string& file : *files) {
    const auto bytes = ReadInput(file);
    if (!bytes.ok()) return context.output.Fail(bytes.status());
    for (const absl::string_view message : SplitMessages(*bytes)) survey.Add(message);
    context.output.Progress("files read", ++done, files->size());
  }
  if (survey.messages() == 0) {
    return context.output.Fail(
        absl::NotFoundError(absl::StrCat(options.sample, ": holds no HL7 v2 message")));
  }
  const std::string proposal = survey.Proposal();
  if (options.out.empty()) {
    for (const absl::string_view line : absl::StrSplit(proposal, '\n')) context.output.Line(line);
    return ExitCode::kOk;
  }
  const absl::Status written =
      crypto::WriteFileAtomically(options.out, proposal, crypto::FileAccess::kEverybody);
  if (!written.ok()) return context.output.Fail(written);
  context.output.Note(absl::StrCat(survey.authorities().size(), " authorities and ",
                                   survey.senders().size(), " senders: check ", options.out));
  return ExitCode::kOk;
}

ExitCode MemberEnterShadow(const Context& context, const MoveOptions& options) {
  return ChangeMember(context, options.member, To(MemberState::MEMBER_STATE_SHADOW));
}

ExitCode MemberGoLive(const Context& context, const MoveOptions& options) {
  if (!options.anyway) {
    auto session = context.SignIn();
    if (!session.ok()) return context.output.Fail(session.status());
    const auto findings = FindingsOf(**session, options.member);
    if (!findings.ok()) return context.output.Fail(findings.status());
    for (const std::string& finding : *findings) context.output.Note(finding);
    if (!findings->empty()) {
      context.output.Note("Not LIVE: mend these, or decide with --anyway.");
      return ExitCode::kCheckFailed;
    }
  }
  return ChangeMember(context, options.member, To(MemberState::MEMBER_STATE_LIVE));
}

ExitCode MemberSuspend(const Context& context, const MoveOptions& options) {
  return ChangeMember(context, options.member, To(MemberState::MEMBER_STATE_SUSPENDED));
}

ExitCode MemberClientAdd(const Context& context, const ClientOptions& options) {
  return ChangeMember(context, options.member, [&](directory::v1::Member& member) -> absl::Status {
    directory::v1::ApiClient* client = FindClient(member, options.id);
    if (client == nullptr) client = member.add_clients();
    const bool revoked = client->revoked();
    client->Clear();
    client->set_id(options.id);
    client->set_name(options.name);
    client->set_revoked(revoked);
    for (const std::string& scope : options.scopes) client->add_scopes(scope);
    for (const std::string& word : options.purposes) {
      HIE_ASSIGN_OR_RETURN(const common::v1::Purpose purpose, PurposeOf(word));
      client->add_purposes(purpose);
    }
    return FillKeys(options, *client);
  });
}

ExitCode MemberClientRevoke(const Context& context, const ClientOptions& options) {
  return ChangeMember(context, options.member, [&](directory::v1::Member& member) {
    directory::v1::ApiClient* client = FindClient(member, options.id);
    if (client == nullptr) return absl::NotFoundError("--id: the member has no such client");
    client->set_revoked(true);
    return absl::OkStatus();
  });
}

}  // namespace hie::ctl

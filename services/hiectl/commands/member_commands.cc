#include "services/hiectl/commands/member_commands.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/hiectl/commands/render.h"
#include "services/hiectl/message_file.h"

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

std::vector<std::string> Head() {
  return {"id", "name", "state", "agent", "facilities", "domains", "version"};
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

ExitCode MemberAdd(const Context& context, const std::string& member_file) {
  exchange::v1::PutMemberRequest request;
  if (const absl::Status read = ReadMessage(member_file, *request.mutable_member()); !read.ok()) {
    return context.output.Fail(read);
  }
  auto session = context.SignIn();
  if (!session.ok()) return context.output.Fail(session.status());
  const auto put = (*session)->Call<ExchangeService::PutMember>(request);
  if (!put.ok()) return context.output.Fail(put.status());
  context.output.Json(*put);
  context.output.Table({Head(), Row(put->member(), "")});
  return ExitCode::kOk;
}

}  // namespace hie::ctl

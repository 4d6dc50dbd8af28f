#include "services/hiectl/commands/consent_commands.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/hiectl/commands/render.h"
#include "services/hiectl/message_file.h"

namespace hie::ctl {
namespace {

using exchange::v1::ExchangeService;

// What a directive says, in words short enough for a column.
std::string RuleWords(const consent::v1::RuleNode& rule) {
  std::vector<std::string> parts = {ShortName(consent::v1::Effect_Name(rule.effect()), "EFFECT_")};
  for (const std::string& custodian : rule.custodians()) parts.push_back("from " + custodian);
  for (const std::string& code : rule.sensitivities()) parts.push_back(code);
  for (const int clinical_class : rule.classes()) {
    parts.push_back(ShortName(
        common::v1::ClinicalClass_Name(static_cast<common::v1::ClinicalClass>(clinical_class)),
        "CLINICAL_CLASS_"));
  }
  for (const consent::v1::Recipient& recipient : rule.recipients()) {
    parts.push_back(absl::StrCat("to ", recipient.member(), recipient.user(), recipient.role()));
  }
  return absl::StrJoin(parts, " ");
}

std::string Words(const consent::v1::Directive& directive) {
  std::vector<std::string> parts;
  if (directive.base() != consent::v1::EFFECT_UNSPECIFIED) {
    parts.push_back(
        absl::StrCat("base ", ShortName(consent::v1::Effect_Name(directive.base()), "EFFECT_")));
  }
  for (const consent::v1::RuleNode& rule : directive.rules()) parts.push_back(RuleWords(rule));
  if (directive.opaque()) parts.push_back("(not understood in full: denies)");
  if (directive.emergency() == consent::v1::EMERGENCY_FORBID_OVERRIDE) {
    parts.push_back("(also in an emergency)");
  }
  return absl::StrJoin(parts, "; ");
}

void Print(Output& output, const std::vector<consent::v1::Directive>& directives) {
  std::vector<std::vector<std::string>> rows = {{"id", "version", "status", "signed", "says"}};
  for (const consent::v1::Directive& d : directives) {
    rows.push_back({d.id(), absl::StrCat(d.version()),
                    ShortName(consent::v1::DirectiveStatus_Name(d.status()), "DIRECTIVE_STATUS_"),
                    Moment(d.signed_micros()), Words(d)});
  }
  output.Table(rows);
}

}  // namespace

ExitCode ConsentPut(const Context& context, const std::string& directive_file) {
  exchange::v1::PutDirectiveRequest request;
  if (const absl::Status read = ReadMessage(directive_file, *request.mutable_directive());
      !read.ok()) {
    return context.output.Fail(read);
  }
  auto session = context.SignIn();
  if (!session.ok()) return context.output.Fail(session.status());
  const auto put = (*session)->Call<ExchangeService::PutDirective>(request);
  if (!put.ok()) return context.output.Fail(put.status());
  context.output.Json(*put);
  Print(context.output, {put->directive()});
  return ExitCode::kOk;
}

ExitCode ConsentList(const Context& context, const std::string& subject_file) {
  exchange::v1::ListDirectivesRequest request;
  if (const absl::Status read = ReadMessage(subject_file, *request.mutable_subject()); !read.ok()) {
    return context.output.Fail(read);
  }
  auto session = context.SignIn();
  if (!session.ok()) return context.output.Fail(session.status());
  const auto list = (*session)->Call<ExchangeService::ListDirectives>(request);
  if (!list.ok()) return context.output.Fail(list.status());
  context.output.Json(*list);
  Print(context.output, {list->directives().begin(), list->directives().end()});
  return ExitCode::kOk;
}

ExitCode ConsentRevoke(const Context& context, const std::string& directive_id,
                       const std::string& subject_file) {
  exchange::v1::RevokeDirectiveRequest request;
  request.set_id(directive_id);
  if (const absl::Status read = ReadMessage(subject_file, *request.mutable_subject()); !read.ok()) {
    return context.output.Fail(read);
  }
  auto session = context.SignIn();
  if (!session.ok()) return context.output.Fail(session.status());
  const auto revoked = (*session)->Call<ExchangeService::RevokeDirective>(request);
  if (!revoked.ok()) return context.output.Fail(revoked.status());
  context.output.Json(*revoked);
  Print(context.output, {revoked->directive()});
  return ExitCode::kOk;
}

}  // namespace hie::ctl

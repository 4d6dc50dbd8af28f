#include "services/hiectl/commands/intake_commands.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "hie/exchange/v1/intake_service.methods.h"
#include "services/common/crypto/files.h"
#include "services/hiectl/commands/render.h"
#include "services/hiectl/onboarding/shadow_findings.h"

namespace hie::ctl {
namespace {

using exchange::v1::IntakeException;
using exchange::v1::IntakeService;

std::vector<std::string> Row(const IntakeException& exception) {
  return {absl::StrCat(exception.id()),
          Moment(exception.received_micros()),
          exception.member(),
          exception.source(),
          exception.message_type(),
          exception.control_id(),
          ShortName(exchange::v1::ExceptionState_Name(exception.state()), "EXCEPTION_STATE_"),
          exception.reason(),
          exception.explanation()};
}

void Print(Output& output, const google::protobuf::RepeatedPtrField<IntakeException>& exceptions) {
  std::vector<std::vector<std::string>> rows = {
      {"id", "received", "member", "source", "type", "control id", "state", "reason", "what"}};
  for (const IntakeException& exception : exceptions) rows.push_back(Row(exception));
  output.Table(rows);
}

// The answer to a change of one exception.
template <typename Method>
ExitCode Change(const Context& context, const typename Method::Request& request) {
  auto session = context.SignIn();
  if (!session.ok()) return context.output.Fail(session.status());
  const auto changed = (*session)->Call<Method>(request);
  if (!changed.ok()) return context.output.Fail(changed.status());
  context.output.Json(*changed);
  google::protobuf::RepeatedPtrField<IntakeException> one;
  *one.Add() = changed->exception();
  Print(context.output, one);
  return changed->exception().state() == exchange::v1::EXCEPTION_STATE_OPEN ? ExitCode::kCheckFailed
                                                                            : ExitCode::kOk;
}

void PrintCounts(Output& output, const char* head,
                 const google::protobuf::RepeatedPtrField<exchange::v1::WordCount>& counts) {
  if (counts.empty()) return;
  std::vector<std::vector<std::string>> rows = {{head, "count"}};
  for (const exchange::v1::WordCount& count : counts) {
    rows.push_back({count.word(), absl::StrCat(count.count())});
  }
  output.Line("");
  output.Table(rows);
}

void PrintReport(Output& output, const exchange::v1::GetShadowReportResponse& report) {
  output.Line(absl::StrCat(report.messages(), " messages of ", report.patients(),
                           " patients, from ", Moment(report.first_micros()), " to ",
                           Moment(report.last_micros())));
  output.Table({{"a LIVE feed would", "patients"},
                {"link to a person of another member", absl::StrCat(report.would_link())},
                {"open a review task", absl::StrCat(report.would_review())},
                {"make a new person", absl::StrCat(report.would_be_new())},
                {"contradict what the id said before", absl::StrCat(report.overlays())}});
  PrintCounts(output, "type", report.by_type());
  PrintCounts(output, "taken and not used", report.unused());
  PrintCounts(output, "open exception", report.exceptions());
  if (report.unmapped().empty()) return;
  std::vector<std::vector<std::string>> rows = {{"authority without a domain", "messages"}};
  for (const exchange::v1::UnmappedAuthority& authority : report.unmapped()) {
    rows.push_back({authority.authority(), absl::StrCat(authority.messages())});
  }
  output.Line("");
  output.Table(rows);
}

}  // namespace

ExitCode ExceptionList(const Context& context, const ExceptionOptions& options) {
  exchange::v1::ListExceptionsRequest request;
  request.set_member(options.member);
  request.set_include_closed(options.all);
  request.set_limit(options.limit);
  request.set_after_id(options.after);
  auto session = context.SignIn();
  if (!session.ok()) return context.output.Fail(session.status());
  const auto list = (*session)->Call<IntakeService::ListExceptions>(request);
  if (!list.ok()) return context.output.Fail(list.status());
  context.output.Json(*list);
  Print(context.output, list->exceptions());
  context.output.Line(absl::StrCat(list->open(), " open, the oldest for ",
                                   list->oldest_seconds() / 60, " minutes"));
  if (list->truncated()) {
    context.output.Note(
        absl::StrCat("More follow: --after=", list->exceptions(list->exceptions_size() - 1).id()));
  }
  return ExitCode::kOk;
}

ExitCode ExceptionShow(const Context& context, const ExceptionOptions& options) {
  exchange::v1::GetExceptionRequest request;
  request.set_id(options.id);
  auto session = context.SignIn();
  if (!session.ok()) return context.output.Fail(session.status());
  const auto got = (*session)->Call<IntakeService::GetException>(request);
  if (!got.ok()) return context.output.Fail(got.status());
  context.output.Json(*got);
  google::protobuf::RepeatedPtrField<IntakeException> one;
  *one.Add() = got->exception();
  Print(context.output, one);
  if (options.out.empty()) {
    context.output.Note("The message holds patient data: name a file for it with --out.");
    return ExitCode::kOk;
  }
  const absl::Status written =
      crypto::WriteFileAtomically(options.out, got->message(), crypto::FileAccess::kOwnerOnly);
  return written.ok() ? ExitCode::kOk : context.output.Fail(written);
}

ExitCode ExceptionReplay(const Context& context, const ExceptionOptions& options) {
  exchange::v1::ReplayExceptionRequest request;
  request.set_id(options.id);
  return Change<IntakeService::ReplayException>(context, request);
}

ExitCode ExceptionDiscard(const Context& context, const ExceptionOptions& options) {
  exchange::v1::DiscardExceptionRequest request;
  request.set_id(options.id);
  request.set_reason(options.reason);
  return Change<IntakeService::DiscardException>(context, request);
}

ExitCode MemberShadow(const Context& context, const std::string& member) {
  exchange::v1::GetShadowReportRequest request;
  request.set_member(member);
  auto session = context.SignIn();
  if (!session.ok()) return context.output.Fail(session.status());
  const auto report = (*session)->Call<IntakeService::GetShadowReport>(request);
  if (!report.ok()) return context.output.Fail(report.status());
  context.output.Json(*report);
  PrintReport(context.output, *report);
  const std::vector<std::string> findings = ShadowFindings(*report);
  for (const std::string& finding : findings) context.output.Note(finding);
  if (findings.empty()) context.output.Note("Nothing stands in the way of LIVE.");
  return findings.empty() ? ExitCode::kOk : ExitCode::kCheckFailed;
}

}  // namespace hie::ctl

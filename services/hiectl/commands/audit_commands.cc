#include "services/hiectl/commands/audit_commands.h"

#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/audit/verify_segments.h"
#include "services/common/storage/posix_file_system.h"
#include "services/hiectl/commands/render.h"
#include "services/hiectl/message_file.h"

namespace hie::ctl {
namespace {

using exchange::v1::ExchangeService;

std::string What(const audit::v1::AuditRecord& record) {
  const audit::v1::Leaf& leaf = record.leaf();
  std::vector<std::string> parts;
  if (!leaf.item_ids().empty()) parts.push_back(absl::StrCat(leaf.item_ids_size(), " items"));
  if (leaf.outcome() != audit::v1::RELEASE_OUTCOME_UNSPECIFIED) {
    parts.push_back(ShortName(audit::v1::ReleaseOutcome_Name(leaf.outcome()), "RELEASE_OUTCOME_"));
    parts.push_back(absl::StrCat(leaf.released_bytes(), " bytes"));
  }
  if (!leaf.session_id().empty()) parts.push_back("break-glass");
  if (!leaf.role().empty()) parts.push_back(leaf.role());
  parts.insert(parts.end(), record.details().begin(), record.details().end());
  return absl::StrJoin(parts, ", ");
}

ExitCode Report(Output& output, uint64_t leaves, absl::string_view head, uint64_t first_bad) {
  if (first_bad != 0) {
    output.Note(absl::StrCat("The chain breaks at sequence ", first_bad, "."));
    return ExitCode::kCheckFailed;
  }
  output.Line(absl::StrCat(leaves, " leaves verify; head ", absl::BytesToHexString(head)));
  return ExitCode::kOk;
}

ExitCode VerifyFiles(const Context& context, const std::string& directory) {
  PosixFileSystem files;
  const auto verified = audit::VerifySegments(files, directory);
  if (!verified.ok()) return context.output.Fail(verified.status());
  return Report(context.output, verified->leaves, verified->head_hash,
                verified->first_bad_sequence);
}

}  // namespace

void PrintAudit(Output& output, const exchange::v1::ListAuditResponse& list) {
  std::vector<std::vector<std::string>> rows = {
      {"sequence", "time (UTC)", "event", "who", "purpose", "custodian", "what"}};
  for (const audit::v1::AuditRecord& record : list.records()) {
    const audit::v1::Leaf& leaf = record.leaf();
    rows.push_back({absl::StrCat(leaf.sequence()), Moment(leaf.time_micros()),
                    ShortName(audit::v1::EventType_Name(leaf.type()), "EVENT_TYPE_"),
                    absl::StrCat(leaf.member(), leaf.user().empty() ? "" : "/", leaf.user()),
                    ShortName(common::v1::Purpose_Name(leaf.purpose()), "PURPOSE_"),
                    leaf.custodian(), What(record)});
  }
  output.Table(rows);
  if (list.truncated()) output.Note("More exist: ask with a higher --limit.");
}

ExitCode AuditList(const Context& context, const AuditListOptions& options) {
  exchange::v1::ListAuditRequest request;
  request.set_member(options.member);
  request.set_limit(options.limit);
  if (!options.subject.empty()) {
    if (const absl::Status read = ReadMessage(options.subject, *request.mutable_subject());
        !read.ok()) {
      return context.output.Fail(read);
    }
  }
  auto session = context.SignIn();
  if (!session.ok()) return context.output.Fail(session.status());
  const auto list = (*session)->Call<ExchangeService::ListAudit>(request);
  if (!list.ok()) return context.output.Fail(list.status());
  context.output.Json(*list);
  PrintAudit(context.output, *list);
  return ExitCode::kOk;
}

ExitCode AuditVerify(const Context& context, const std::string& directory) {
  if (!directory.empty()) return VerifyFiles(context, directory);
  auto session = context.SignIn();
  if (!session.ok()) return context.output.Fail(session.status());
  const auto verified = (*session)->Call<ExchangeService::VerifyAudit>({});
  if (!verified.ok()) return context.output.Fail(verified.status());
  context.output.Json(*verified);
  return Report(context.output, verified->leaves(), verified->head_hash(),
                verified->first_bad_sequence());
}

ExitCode AuditNotices(const Context& context, const std::string& member) {
  exchange::v1::ListNoticesRequest request;
  request.set_member(member);
  auto session = context.SignIn();
  if (!session.ok()) return context.output.Fail(session.status());
  const auto list = (*session)->Call<ExchangeService::ListNotices>(request);
  if (!list.ok()) return context.output.Fail(list.status());
  context.output.Json(*list);
  std::vector<std::vector<std::string>> rows = {{"time (UTC)", "member", "kind", "session"}};
  for (const consent::v1::Notice& notice : list->notices()) {
    rows.push_back(
        {Moment(notice.created_micros()), notice.member(), notice.kind(), notice.session_id()});
  }
  context.output.Table(rows);
  return ExitCode::kOk;
}

}  // namespace hie::ctl

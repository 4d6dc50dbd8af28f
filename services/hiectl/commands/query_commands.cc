#include "services/hiectl/commands/query_commands.h"

#include <filesystem>
#include <fstream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/common/base/status_macros.h"
#include "services/hiectl/commands/answer.h"
#include "services/hiectl/message_file.h"

namespace hie::ctl {
namespace {

using exchange::v1::ExchangeService;

absl::Status AddClasses(const std::vector<std::string>& words,
                        exchange::v1::QueryRequest& request) {
  for (const std::string& word : words) {
    common::v1::ClinicalClass value = common::v1::CLINICAL_CLASS_UNSPECIFIED;
    const std::string name = absl::StrCat(
        "CLINICAL_CLASS_", absl::AsciiStrToUpper(absl::StrReplaceAll(word, {{"-", "_"}})));
    if (!common::v1::ClinicalClass_Parse(name, &value)) {
      return absl::InvalidArgumentError(
          "--class: want allergy, medication, condition, encounter, observation, "
          "diagnostic-report, immunization, procedure, document, implant, blood-group, "
          "code-status or care-plan");
    }
    request.add_classes(value);
  }
  return absl::OkStatus();
}

absl::StatusOr<exchange::v1::QueryRequest> ToRequest(const QueryRunOptions& options) {
  exchange::v1::QueryRequest request;
  if (!options.subject.empty()) {
    HIE_RETURN_IF_ERROR(ReadMessage(options.subject, *request.mutable_subject()));
  } else {
    HIE_RETURN_IF_ERROR(
        ReadMessage(options.demographics, *request.mutable_subject()->mutable_demographics()));
  }
  HIE_RETURN_IF_ERROR(AddClasses(options.classes, request));
  request.set_budget_millis(options.budget_millis);
  request.set_session_id(options.session_id);
  return request;
}

}  // namespace

ExitCode QueryRun(const Context& context, const QueryRunOptions& options) {
  const auto request = ToRequest(options);
  if (!request.ok()) return context.output.Fail(request.status());
  auto session = context.SignIn();
  if (!session.ok()) return context.output.Fail(session.status());
  const auto answer = RunQuery(**session, *request, context.output);
  if (!answer.ok()) return context.output.Fail(answer.status());
  PrintAnswer(context.output, *answer);
  return ExitCodeFor(*answer);
}

ExitCode DocumentGet(const Context& context, const DocumentGetOptions& options) {
  exchange::v1::RetrieveRequest request;
  if (const absl::Status read = ReadMessage(options.subject, *request.mutable_subject());
      !read.ok()) {
    return context.output.Fail(read);
  }
  request.set_document_id(options.document_id);
  request.set_session_id(options.session_id);
  auto session = context.SignIn();
  if (!session.ok()) return context.output.Fail(session.status());
  const std::string partial = options.out + ".partial";
  std::ofstream out(partial, std::ios::binary | std::ios::trunc);
  bool complete = false;
  const absl::Status status = (*session)->Stream<ExchangeService::Retrieve>(
      request, [&](const exchange::v1::RetrieveResponse& part) {
        out << part.data();
        complete = complete || !part.sha256().empty();
        return out.good();
      });
  out.close();
  std::error_code error;
  if (!status.ok() || !complete || !out) {
    std::filesystem::remove(partial, error);
    if (!status.ok()) return context.output.Fail(status);
    return context.output.Fail(
        absl::UnavailableError(out ? "the content broke off before its end: nothing was kept"
                                   : absl::StrCat(options.out, ": cannot be written")));
  }
  std::filesystem::rename(partial, options.out, error);
  if (error) {
    return context.output.Fail(absl::UnavailableError(options.out + ": cannot be written"));
  }
  context.output.Line(options.out);
  return ExitCode::kOk;
}

}  // namespace hie::ctl

#include "services/hiectl/commands/answer.h"

#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "gateway/exchange/clinical_view.h"
#include "gateway/exchange/outcome.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/common/wire/wire.h"
#include "services/hiectl/commands/render.h"

namespace hie::ctl {
namespace {

using exchange::v1::ExchangeService;

void Take(const exchange::v1::QueryResponse& message, Answer& answer) {
  switch (message.message_case()) {
    case exchange::v1::QueryResponse::kBegin:
      answer.begin = message.begin();
      return;
    case exchange::v1::QueryResponse::kIndexBatch:
      answer.documents.insert(answer.documents.end(), message.index_batch().documents().begin(),
                              message.index_batch().documents().end());
      return;
    case exchange::v1::QueryResponse::kItemBatch:
      answer.items.insert(answer.items.end(), message.item_batch().items().begin(),
                          message.item_batch().items().end());
      return;
    case exchange::v1::QueryResponse::kMemberOutcome:
      answer.outcomes.push_back(message.member_outcome());
      return;
    case exchange::v1::QueryResponse::kEnd:
      answer.end = message.end();
      return;
    case exchange::v1::QueryResponse::MESSAGE_NOT_SET:
      return;
  }
}

exchange::ShownItem ToShown(const exchange::v1::ClinicalItem& item) {
  exchange::ShownItem shown;
  shown.id = item.id();
  shown.member = MemberId(item.source().member());
  shown.member_name = item.source().member_name();
  shown.facility_name = item.source().facility_name();
  const common::v1::LocalPatient& patient = item.source().patient();
  shown.patient = {patient.assigning_authority(), Phi<std::string>(patient.id()),
                   patient.incarnation()};
  shown.clinical_class = static_cast<ClinicalClass>(item.clinical_class());
  shown.display = item.display();
  shown.code = item.code();
  shown.date = item.date();
  shown.clinical_status = item.clinical_status();
  shown.verification_status = item.verification_status();
  shown.negation = item.negation();
  shown.opened_by_break_glass = item.opened_by_break_glass();
  return shown;
}

exchange::MemberOutcome ToOutcome(const exchange::v1::MemberOutcome& proto) {
  exchange::MemberOutcome outcome;
  outcome.member = MemberId(proto.member());
  outcome.member_name = proto.member_name();
  outcome.code = static_cast<exchange::OutcomeCode>(proto.code());
  outcome.items = proto.items();
  outcome.elapsed = absl::Milliseconds(proto.elapsed_millis());
  for (const int value : proto.empty_classes()) {
    outcome.empty_classes.push_back(static_cast<ClinicalClass>(value));
  }
  outcome.index_entries = proto.index_entries();
  return outcome;
}

void PrintBegin(Output& output, const exchange::v1::Begin& begin) {
  output.Line(absl::StrCat("Patient    ", PersonLine(begin.demographics())));
  output.Line(absl::StrCat("Found as   ", begin.eid()));
  if (begin.weight_millibits() != 0) {
    output.Line(absl::StrCat("Because    match weight ", Bits(begin.weight_millibits()), ": ",
                             WhyLine(begin.fields())));
  } else {
    output.Line("Because    the caller's own patient id");
  }
  output.Line(absl::StrCat("Expected   ", absl::StrJoin(begin.expected_members(), ", ")));
}

std::string SourceWords(const exchange::ShownItem& item) {
  std::string words = item.member_name;
  if (!item.facility_name.empty() && item.facility_name != item.member_name) {
    absl::StrAppend(&words, " (", item.facility_name, ")");
  }
  absl::StrAppend(&words, ", ", item.date.empty() ? "no date" : item.date);
  for (const std::string& status : {item.clinical_status, item.verification_status}) {
    if (!status.empty()) absl::StrAppend(&words, ", ", status);
  }
  if (item.opened_by_break_glass) absl::StrAppend(&words, "  [glass broken]");
  return words;
}

void PrintSection(Output& output, const exchange::ViewSection& section) {
  output.Line("");
  output.Line(absl::AsciiStrToUpper(exchange::ClassWord(section.clinical_class)));
  for (const exchange::ViewLine& line : section.lines) {
    std::string mark = line.standing == exchange::Standing::kActive      ? "* "
                       : line.standing == exchange::Standing::kWithdrawn ? "x "
                                                                         : "- ";
    output.Line(
        absl::StrCat("  ", mark, line.display, line.conflicting ? "   (! sources disagree)" : ""));
    for (const exchange::ShownItem& source : line.sources) {
      output.Line(absl::StrCat("      ", SourceWords(source)));
    }
  }
  for (const std::string& silent : section.silent) output.Line(absl::StrCat("    ", silent));
  for (const std::string& missing : section.unanswered) output.Line(absl::StrCat("    ", missing));
  if (section.none_anywhere) output.Line("    none at any source that was asked");
}

void PrintDocuments(Output& output, const Answer& answer) {
  if (answer.documents.empty()) return;
  output.Line("");
  output.Line("DOCUMENTS IN THE INDEX");
  for (const registry::v1::DocumentEntry& document : answer.documents) {
    output.Line(absl::StrFormat("  - %s   %s, %s   id %s", document.title(), document.member(),
                                Moment(document.created_micros()).substr(0, 10), document.id()));
  }
}

void PrintOutcomes(Output& output, const std::vector<exchange::MemberOutcome>& outcomes) {
  output.Line("");
  std::vector<std::vector<std::string>> rows = {{"member", "answer", "items", "in index", "after"}};
  for (const exchange::MemberOutcome& outcome : outcomes) {
    rows.push_back({outcome.member_name, std::string(exchange::OutcomeWord(outcome.code)),
                    absl::StrCat(outcome.items), absl::StrCat(outcome.index_entries),
                    absl::StrCat(absl::ToInt64Milliseconds(outcome.elapsed), " ms")});
  }
  output.Table(rows);
}

}  // namespace

absl::StatusOr<Answer> RunQuery(Session& session, const exchange::v1::QueryRequest& request,
                                Output& output) {
  Answer answer;
  const absl::Status status = session.Stream<ExchangeService::Query>(
      request, [&answer, &output](const exchange::v1::QueryResponse& message) {
        output.Json(message);
        Take(message, answer);
        return true;
      });
  if (!status.ok()) return status;
  if (!answer.end) {
    return absl::UnavailableError("the answer broke off before its end: it is not complete");
  }
  return answer;
}

void PrintAnswer(Output& output, const Answer& answer) {
  if (output.json()) return;
  if (answer.begin) PrintBegin(output, *answer.begin);
  std::vector<exchange::ShownItem> items;
  for (const exchange::v1::ClinicalItem& item : answer.items) items.push_back(ToShown(item));
  std::vector<exchange::MemberOutcome> outcomes;
  for (const auto& outcome : answer.outcomes) outcomes.push_back(ToOutcome(outcome));
  for (const exchange::ViewSection& section : exchange::MakeClinicalView(items, outcomes)) {
    PrintSection(output, section);
  }
  PrintDocuments(output, answer);
  PrintOutcomes(output, outcomes);
  if (!answer.end) return;
  output.Line(absl::StrFormat(
      "Answer     %s: %d of %d members in full, %d items",
      ShortName(exchange::v1::Completeness_Name(answer.end->completeness()), "COMPLETENESS_"),
      answer.end->answered(), answer.end->expected(), answer.end->items()));
  output.Line(absl::StrCat("Notice     ", answer.end->notice()));
}

ExitCode ExitCodeFor(const Answer& answer) {
  const bool whole = answer.end && answer.end->answered() == answer.end->expected();
  return whole ? ExitCode::kOk : ExitCode::kPartial;
}

}  // namespace hie::ctl

#include "services/hiectl/matching/patient_rows.h"

#include <utility>

#include "absl/strings/ascii.h"

namespace hie::ctl::matching {
namespace {

// Whether such a row is more likely misread than poor.
bool SpoilsTheRow(IssueKind kind) {
  switch (kind) {
    case IssueKind::kTooFewCells:
    case IssueKind::kTooManyCells:
    case IssueKind::kUnclosedQuote:
    case IssueKind::kInvalidUtf8:
    case IssueKind::kLongValue:
    case IssueKind::kEmptyRecord:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool PatientRows::Next(PatientRow& row, std::vector<Issue>& issues) {
  if (!reader_.Next()) return false;
  const auto& cells = reader_.cells();
  row = PatientRow();
  row.line = reader_.line();
  const size_t before = issues.size();
  const auto report = [&](IssueKind kind) {
    issues.push_back({reader_.line(), Issue::kNoColumn, kind});
  };
  if (reader_.unclosed_quote()) report(IssueKind::kUnclosedQuote);
  if (cells.size() < header_.size()) report(IssueKind::kTooFewCells);
  if (cells.size() > header_.size()) report(IssueKind::kTooManyCells);
  row.demographics = person_.ReadPerson(cells, reader_.line(), issues);
  for (size_t i = before; i < issues.size() && row.reason.empty(); ++i) {
    if (!SpoilsTheRow(issues[i].kind)) continue;
    row.reason = std::string(IssueText(issues[i].kind));
    if (issues[i].column >= 0) row.field = header_[static_cast<size_t>(issues[i].column)];
  }
  const size_t id = *columns_.id;
  if (id < cells.size()) row.id = std::string(absl::StripAsciiWhitespace(cells[id]));
  if (row.id.empty() && row.reason.empty()) {
    row.field = header_[id];
    row.reason = "want an id";
  }
  return true;
}

}  // namespace hie::ctl::matching

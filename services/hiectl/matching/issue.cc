#include "services/hiectl/matching/issue.h"

#include <array>

#include "absl/strings/str_cat.h"

namespace hie::ctl::matching {
namespace {

constexpr std::array<absl::string_view, kIssueKindCount> kTexts = {
    "fewer cells than the header; the rest counts as empty",
    "more cells than the header; the rest is not read",
    "a quote is opened and not closed; read to the end of the line",
    "not UTF-8; those bytes are left out",
    "a very long value; read by its beginning",
    "a date that no calendar has; at most its year and month count",
    "not a date in the order of the column file; counts as absent",
    "not a value of sex that the column file knows; counts as absent",
    "not a place in a multiple birth; counts as absent",
    "empty in every column that is used; stays alone",
    "nothing here tells a person apart; stays alone",
    "many records say the same",
};

}  // namespace

absl::string_view IssueText(IssueKind kind) { return kTexts[static_cast<size_t>(kind)]; }

std::string DescribeIssue(const Issue& issue, const std::string& path,
                          const std::vector<std::string>& header) {
  std::string text = absl::StrCat(path, ":", issue.line, ": ");
  if (issue.column >= 0 && static_cast<size_t>(issue.column) < header.size()) {
    absl::StrAppend(&text, header[static_cast<size_t>(issue.column)], ": ");
  }
  absl::StrAppend(&text, IssueText(issue.kind));
  if (issue.count > 1) absl::StrAppend(&text, " (", issue.count, " of them)");
  return text;
}

}  // namespace hie::ctl::matching

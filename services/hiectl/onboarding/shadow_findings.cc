#include "services/hiectl/onboarding/shadow_findings.h"

#include "absl/strings/str_cat.h"

namespace hie::ctl {

std::vector<std::string> ShadowFindings(const exchange::v1::GetShadowReportResponse& report) {
  std::vector<std::string> findings;
  if (report.messages() == 0) {
    findings.emplace_back("Nothing was fed yet: replay a week of messages first.");
  }
  for (const exchange::v1::UnmappedAuthority& authority : report.unmapped()) {
    findings.push_back(absl::StrCat("Authority \"", authority.authority(), "\" of ",
                                    authority.messages(),
                                    " messages has no domain: add it to a domain's "
                                    "namespace_aliases, then replay the exceptions."));
  }
  uint64_t open = 0;
  for (const exchange::v1::WordCount& count : report.exceptions()) open += count.count();
  if (open > 0) {
    findings.push_back(
        absl::StrCat(open, " messages wait in the exception queue: see `hiectl exception list`."));
  }
  if (report.overlays() * 1'000 > report.patients() * kOverlaysPerThousandMax) {
    findings.push_back(absl::StrCat(
        report.overlays(), " of ", report.patients(),
        " patients contradict what their id said before: check reuse and normalisation of the "
        "domains."));
  }
  return findings;
}

}  // namespace hie::ctl

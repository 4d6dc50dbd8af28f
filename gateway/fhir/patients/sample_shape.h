#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/common/json/value.h"
#include "services/common/member/member.h"

// For tests: the samples of the interface's design, and whether an answer says what they say.
namespace hie::fhir::testing {

// A file of ../shared/data/handmade; null where that folder is absent: the test is then skipped.
json::Value Sample(absl::string_view file);

// The paths of `sample` that `answer` does not have.  Objects may have more members, lists more
// items; texts, numbers and booleans are equal, except members named in `by_kind`, of which only
// the kind counts.
std::vector<std::string> Missing(const json::Value& sample, const json::Value& answer,
                                 const std::vector<std::string>& by_kind = {});

// North Hospital and Lakes Clinic, as the samples have them.
std::vector<Member> SampleMembers();

}  // namespace hie::fhir::testing

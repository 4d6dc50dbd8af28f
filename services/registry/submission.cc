#include "services/registry/submission.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace hie::registry {

bool AreSamePerson(const std::vector<LocalPatient>& same_person, const LocalPatient& a,
                   const LocalPatient& b) {
  if (a == b) return true;
  const auto is_named = [&](const LocalPatient& patient) {
    return std::find(same_person.begin(), same_person.end(), patient) != same_person.end();
  };
  return is_named(a) && is_named(b);
}

// No unique id of a document holds a zero byte, so that no document has the id of a set.
std::string SubmissionSetId(const MemberId& member, const std::string& unique_id) {
  return EntryId(member, absl::StrCat("set", absl::string_view("\0", 1), unique_id));
}

}  // namespace hie::registry

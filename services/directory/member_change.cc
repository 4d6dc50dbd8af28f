#include "services/directory/member_change.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/common/member/member_wire.h"

namespace hie::directory {
namespace {

const MemberKey* FindKey(const std::vector<MemberKey>& keys, absl::string_view id) {
  const auto found =
      std::find_if(keys.begin(), keys.end(), [&](const MemberKey& key) { return key.id == id; });
  return found == keys.end() ? nullptr : &*found;
}

void DescribeKeys(const std::vector<MemberKey>& before, const std::vector<MemberKey>& after,
                  std::vector<std::string>& words) {
  for (const MemberKey& key : after) {
    const MemberKey* was = FindKey(before, key.id);
    if (was == nullptr) words.push_back(absl::StrCat("key-added:", key.id));
    if (key.revoked && (was == nullptr || !was->revoked)) {
      words.push_back(absl::StrCat("key-revoked:", key.id));
    }
  }
}

void DescribeClients(const std::vector<ApiClient>& before, const std::vector<ApiClient>& after,
                     std::vector<std::string>& words) {
  for (const ApiClient& client : after) {
    const auto was = std::find_if(before.begin(), before.end(),
                                  [&](const ApiClient& c) { return c.id == client.id; });
    if (was == before.end()) words.push_back(absl::StrCat("client-added:", client.id));
    if (client.revoked && (was == before.end() || !was->revoked)) {
      words.push_back(absl::StrCat("client-revoked:", client.id));
    }
  }
}

// Equal lists have equal wire forms: one comparison for every field of every element.
template <typename List>
bool Differ(const List& a, const List& b) {
  return !std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.SerializeAsString() == y.SerializeAsString();
  });
}

}  // namespace

std::vector<std::string> DescribeChange(const std::optional<Member>& before, const Member& after) {
  std::vector<std::string> words = {"put-member", after.id.value()};
  const Member was = before.value_or(Member());
  if (!before) words.emplace_back("created");
  if (was.state != after.state) {
    words.push_back(
        absl::StrCat("state:", MemberStateName(was.state), ">", MemberStateName(after.state)));
  }
  DescribeKeys(was.keys, after.keys, words);
  DescribeClients(was.clients, after.clients, words);
  if (!before) return words;
  const directory::v1::Member old_row = wire::ToProto(was);
  const directory::v1::Member new_row = wire::ToProto(after);
  if (was.name != after.name) words.emplace_back("name");
  if (was.home_community != after.home_community) words.emplace_back("home-community");
  if (Differ(old_row.facilities(), new_row.facilities())) words.emplace_back("facilities");
  if (Differ(old_row.domains(), new_row.domains())) words.emplace_back("domains");
  if (Differ(old_row.endpoints(), new_row.endpoints())) words.emplace_back("endpoints");
  if (was.roles != after.roles) words.emplace_back("roles");
  if (Differ(old_row.clients(), new_row.clients())) words.emplace_back("clients");
  if (Differ(old_row.hl7_sources(), new_row.hl7_sources())) words.emplace_back("hl7-sources");
  return words;
}

}  // namespace hie::directory

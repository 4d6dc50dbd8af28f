#include "services/hied/daemon_options.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace hie::hied {
namespace {

bool IsRole(absl::string_view name) {
  return std::find(std::begin(kRoles), std::end(kRoles), name) != std::end(kRoles);
}

}  // namespace

absl::StatusOr<std::set<std::string>> ParseRoles(absl::string_view text) {
  std::set<std::string> roles;
  if (text == "all") {
    for (const absl::string_view role : kRoles) roles.insert(std::string(role));
    return roles;
  }
  for (const absl::string_view name : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    if (!IsRole(name)) {
      return absl::InvalidArgumentError(
          absl::StrCat("--roles: ", name, " is none of ", absl::StrJoin(kRoles, ", ")));
    }
    roles.insert(std::string(name));
  }
  if (roles.empty()) return absl::InvalidArgumentError("--roles: want at least one role");
  return roles;
}

absl::StatusOr<PublicUrls> ReadPublicUrls(const DaemonOptions& options) {
  const std::string& text = options.base_url;
  if (text.empty() && absl::EndsWith(options.https, ":0")) {
    return absl::InvalidArgumentError("--base_url: want one where --https has port 0");
  }
  PublicUrls urls;
  urls.base = text.empty() ? absl::StrCat("https://", options.https, "/fhir") : text;
  while (absl::EndsWith(urls.base, "/")) urls.base.pop_back();
  const size_t host = absl::string_view("https://").size();
  const size_t path = urls.base.find('/', host);
  const bool sound = absl::StartsWith(urls.base, "https://") && path != std::string::npos &&
                     path > host && urls.base.find_first_of("?# ") == std::string::npos;
  if (!sound) return absl::InvalidArgumentError("--base_url: want https://host[:port]/path");
  urls.issuer = urls.base.substr(0, path);
  urls.path = urls.base.substr(path);
  return urls;
}

absl::StatusOr<std::map<std::string, std::string>> ParseAddresses(absl::string_view text) {
  std::map<std::string, std::string> addresses;
  for (const absl::string_view part : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    const std::pair<std::string, std::string> pair = absl::StrSplit(part, absl::MaxSplits('=', 1));
    if (!IsRole(pair.first) || pair.second.find(':') == std::string::npos) {
      return absl::InvalidArgumentError(
          absl::StrCat("--addresses: want role=host:port, not ", part));
    }
    addresses[pair.first] = pair.second;
  }
  return addresses;
}

}  // namespace hie::hied

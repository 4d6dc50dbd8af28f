#include "gateway/auth/api_access.h"

#include <algorithm>

#include "services/common/member/api_scope.h"

namespace hie::auth {

bool ScopesCover(const std::vector<std::string>& scopes, const ScopeNeed& need) {
  return std::any_of(scopes.begin(), scopes.end(), [&need](const std::string& scope) {
    if (!need.iua.empty() && scope == need.iua) return true;
    const std::optional<SystemScope> system = ParseSystemScope(scope);
    return system && (system->resource == "*" || system->resource == need.resource) &&
           system->actions.find(need.action) != std::string::npos;
  });
}

}  // namespace hie::auth

#pragma once

#include <vector>

#include "gateway/exchange/directory_view.h"
#include "services/common/member/member.h"

namespace hie::exchange {

// Returns what queries must know of the directory's members.  A Part 2 unit's place is sensitive by
// itself.
DirectoryView ReadDirectory(const std::vector<Member>& members);

}  // namespace hie::exchange

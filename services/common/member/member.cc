#include "services/common/member/member.h"

#include "absl/strings/ascii.h"

namespace hie {

std::string NormaliseLocalId(const PatientIdDomain& domain, absl::string_view id) {
  id = absl::StripAsciiWhitespace(id);
  if (domain.strip_leading_zeros) {
    while (id.size() > 1 && id.front() == '0') id.remove_prefix(1);
  }
  return domain.fold_case ? absl::AsciiStrToUpper(id) : std::string(id);
}

}  // namespace hie

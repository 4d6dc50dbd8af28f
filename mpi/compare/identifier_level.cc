#include "mpi/compare/identifier_level.h"

#include <algorithm>

#include "mpi/compare/string_distance.h"

namespace hie::mpi {
namespace {

constexpr size_t kFuzzyCharactersMin = 6;

IdentifierLevel CompareOne(const NormalizedIdentifier& a, const NormalizedIdentifier& b) {
  if (a.system != b.system) return IdentifierLevel::kMissing;
  const bool key = a.kind == IdentifierKind::kRecordKey || b.kind == IdentifierKind::kRecordKey;
  const bool personal = a.kind == IdentifierKind::kPersonal;
  if (a.value == b.value) {
    return personal || key ? IdentifierLevel::kPersonalExact : IdentifierLevel::kSharedExact;
  }
  if (key) return IdentifierLevel::kMissing;
  if (!personal) return IdentifierLevel::kDiffers;
  const bool one_edit = std::min(a.value.size(), b.value.size()) >= kFuzzyCharactersMin &&
                        OneEditApart(a.value, b.value);
  return one_edit ? IdentifierLevel::kPersonalOneEdit : IdentifierLevel::kPersonalDiffers;
}

}  // namespace

IdentifierLevel CompareIdentifiers(const std::vector<NormalizedIdentifier>& a,
                                   const std::vector<NormalizedIdentifier>& b) {
  IdentifierLevel best = IdentifierLevel::kMissing;
  for (const NormalizedIdentifier& x : a) {
    for (const NormalizedIdentifier& y : b) best = std::min(best, CompareOne(x, y));
  }
  return best;
}

}  // namespace hie::mpi

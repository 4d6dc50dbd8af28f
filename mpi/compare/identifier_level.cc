#include "mpi/compare/identifier_level.h"

#include <algorithm>

#include "mpi/compare/packed_words.h"
#include "mpi/compare/string_distance.h"

namespace hie::mpi {
namespace {

constexpr size_t kFuzzyCharactersMin = 6;

IdentifierLevel CompareOne(const PackedView& a, const PackedIdentifier& x, const PackedView& b,
                           const PackedIdentifier& y) {
  const auto is = [&](IdentifierKind kind) { return x.kind == static_cast<uint8_t>(kind); };
  const bool key =
      is(IdentifierKind::kRecordKey) || y.kind == static_cast<uint8_t>(IdentifierKind::kRecordKey);
  const bool personal = is(IdentifierKind::kPersonal);
  if (SameWord(a, x.value, b, y.value)) {
    return personal || key ? IdentifierLevel::kPersonalExact : IdentifierLevel::kSharedExact;
  }
  if (key) return IdentifierLevel::kMissing;
  if (!personal) return IdentifierLevel::kDiffers;
  const absl::string_view s = a.text(x.value);
  const absl::string_view t = b.text(y.value);
  const bool one_edit = std::min(s.size(), t.size()) >= kFuzzyCharactersMin && OneEditApart(s, t);
  return one_edit ? IdentifierLevel::kPersonalOneEdit : IdentifierLevel::kPersonalDiffers;
}

}  // namespace

ComparedSet<IdentifierLevel> CompareIdentifiers(const PackedView& a, const PackedView& b) {
  ComparedSet<IdentifierLevel> best;
  uint32_t agreed_system = 0;
  for (const PackedIdentifier& x : a.identifiers()) {
    for (const PackedIdentifier& y : b.identifiers()) {
      if (x.system_hash != y.system_hash || !Speaks(a, x.value) || !Speaks(b, y.value)) continue;
      const IdentifierLevel level = CompareOne(a, x, b, y);
      const bool exact = level <= IdentifierLevel::kSharedExact;
      best.Offer(level, exact ? a.word(x.value).hash : 0);
      if (level != IdentifierLevel::kPersonalExact) continue;
      if (agreed_system != 0 && agreed_system != x.system_hash) {
        best.Offer(IdentifierLevel::kSeveralPersonal, 0);
      }
      agreed_system = x.system_hash;
    }
  }
  return best;
}

}  // namespace hie::mpi

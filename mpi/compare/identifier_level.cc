#include "mpi/compare/identifier_level.h"

#include <algorithm>

#include "mpi/compare/packed_words.h"
#include "mpi/compare/string_distance.h"

namespace hie::mpi {
namespace {

constexpr size_t kFuzzyCharactersMin = 6;

IdentifierLevel CompareOne(const PackedView& a, const PackedIdentifier& x, const PackedView& b,
                           const PackedIdentifier& y) {
  constexpr auto kKey = static_cast<uint8_t>(IdentifierKind::kRecordKey);
  constexpr auto kPersonal = static_cast<uint8_t>(IdentifierKind::kPersonal);
  const bool key = x.kind == kKey || y.kind == kKey;
  // One assigner's identifiers are of one kind; where they are not, the weaker counts.
  const bool personal = x.kind == kPersonal && y.kind == kPersonal;
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
  bool several = false;
  for (const PackedIdentifier& x : a.identifiers()) {
    for (const PackedIdentifier& y : b.identifiers()) {
      if (x.system_hash != y.system_hash || !Speaks(a, x.value) || !Speaks(b, y.value)) continue;
      const IdentifierLevel level = CompareOne(a, x, b, y);
      const bool exact = level <= IdentifierLevel::kSharedExact;
      best.Offer(level, exact ? a.word(x.value).hash : 0);
      if (level != IdentifierLevel::kPersonalExact) continue;
      several = several || (agreed_system != 0 && agreed_system != x.system_hash);
      agreed_system = x.system_hash;
    }
  }
  if (several) {
    best.level = IdentifierLevel::kSeveralPersonal;
    best.value = 0;
  }
  return best;
}

}  // namespace hie::mpi

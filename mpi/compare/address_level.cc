#include "mpi/compare/address_level.h"

#include <algorithm>

#include "mpi/compare/packed_words.h"
#include "mpi/compare/string_distance.h"

namespace hie::mpi {
namespace {

constexpr int kSimilarPerMille = 880;  // Streets are long and often cut.

bool Alike(absl::string_view a, absl::string_view b) {
  if (std::min(a.size(), b.size()) < kFuzzyBytesMin) return false;
  return OneEditApart(a, b) || JaroWinklerPerMille(a, b) >= kSimilarPerMille;
}

// A house that says nothing: its street is muted, and without it the number means no house.
bool Muted(const PackedView& record, const PackedAddress& address) {
  return record.word(address.street).muted != 0;
}

// What two addresses agree in.
struct Parts {
  bool number, street, alike, zip, city;
  bool elsewhere;  // Both name a ZIP, another one: most towns have a Main Street.
};

Parts PartsOf(const PackedView& a, const PackedAddress& x, const PackedView& b,
              const PackedAddress& y) {
  Parts parts{};
  parts.number = !Muted(a, x) && !Muted(b, y) && SameWord(a, x.number, b, y.number);
  parts.street = Speaks(a, x.street) && Speaks(b, y.street) && SameWord(a, x.street, b, y.street);
  parts.zip = SameWord(a, x.zip, b, y.zip);
  parts.city = SameWord(a, x.city, b, y.city);
  parts.elsewhere = x.zip != 0 && y.zip != 0 && !parts.zip;
  // Only beside a number or a ZIP is a like street worth the time.
  parts.alike = parts.street || ((parts.number || parts.zip) && Speaks(a, x.street) &&
                                 Speaks(b, y.street) && Alike(a.text(x.street), b.text(y.street)));
  return parts;
}

AddressLevel LevelOf(const Parts& p) {
  const bool placed = p.zip || p.city;
  if (p.number && p.street) return placed ? AddressLevel::kExact : AddressLevel::kNumberStreet;
  if (p.number && p.alike) return AddressLevel::kSimilar;
  if (p.alike && placed) return AddressLevel::kStreetZip;
  if (p.number && p.zip) return AddressLevel::kNumberZip;
  if (p.street && !p.elsewhere) return AddressLevel::kStreet;
  if (p.zip) return AddressLevel::kZip;
  return p.city ? AddressLevel::kCity : AddressLevel::kDiffers;
}

uint32_t ValueOf(AddressLevel level, const Parts& parts, const PackedView& a,
                 const PackedAddress& x) {
  switch (level) {
    case AddressLevel::kExact:
    case AddressLevel::kNumberStreet:
    case AddressLevel::kStreetZip:
    case AddressLevel::kStreet:
      // Streets that are only alike are two values.
      return parts.street ? a.word(x.street).hash : 0;
    case AddressLevel::kZip:
    case AddressLevel::kNumberZip:
      return a.word(x.zip).hash;
    case AddressLevel::kCity:
      return a.word(x.city).hash;
    default:
      return 0;
  }
}

bool NothingToCompare(const PackedView& a, const PackedAddress& x, const PackedView& b,
                      const PackedAddress& y) {
  const bool street = Speaks(a, x.street) && Speaks(b, y.street);
  const bool zip = x.zip != 0 && y.zip != 0;
  const bool city = x.city != 0 && y.city != 0;
  return !street && !zip && !city;
}

}  // namespace

ComparedSet<AddressLevel> CompareAddresses(const PackedView& a, const PackedView& b) {
  ComparedSet<AddressLevel> best;
  for (const PackedAddress& x : a.addresses()) {
    for (const PackedAddress& y : b.addresses()) {
      if (NothingToCompare(a, x, b, y)) continue;
      const Parts parts = PartsOf(a, x, b, y);
      const AddressLevel level = LevelOf(parts);
      best.Offer(level, ValueOf(level, parts, a, x));
    }
  }
  return best;
}

}  // namespace hie::mpi

#include "mpi/compare/address_level.h"

#include <algorithm>

#include "mpi/compare/string_distance.h"

namespace hie::mpi {
namespace {

constexpr int kSimilarPerMille = 920;

bool SameAndPresent(const std::string& a, const std::string& b) { return !a.empty() && a == b; }

bool SimilarStreets(const std::string& a, const std::string& b) {
  if (std::min(a.size(), b.size()) < kFuzzyBytesMin) return false;
  return OneEditApart(a, b) || JaroWinklerPerMille(a, b) >= kSimilarPerMille;
}

bool NothingToCompare(const NormalizedAddress& a, const NormalizedAddress& b) {
  return (a.street.empty() || b.street.empty()) && (a.zip5.empty() || b.zip5.empty());
}

AddressLevel CompareOne(const NormalizedAddress& a, const NormalizedAddress& b) {
  if (NothingToCompare(a, b)) return AddressLevel::kMissing;
  const bool number = SameAndPresent(a.number, b.number);
  const bool street = SameAndPresent(a.street, b.street);
  const bool zip = SameAndPresent(a.zip5, b.zip5);
  if (number && street) return zip ? AddressLevel::kExact : AddressLevel::kNumberStreet;
  if (number && zip && SimilarStreets(a.street, b.street)) return AddressLevel::kSimilar;
  if (street && zip) return AddressLevel::kStreetZip;
  return zip ? AddressLevel::kZip : AddressLevel::kDiffers;
}

}  // namespace

AddressLevel CompareAddresses(const std::vector<NormalizedAddress>& a,
                              const std::vector<NormalizedAddress>& b) {
  AddressLevel best = AddressLevel::kMissing;
  for (const NormalizedAddress& x : a) {
    for (const NormalizedAddress& y : b) best = std::min(best, CompareOne(x, y));
  }
  return best;
}

}  // namespace hie::mpi

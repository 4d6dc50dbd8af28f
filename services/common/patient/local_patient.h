#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <utility>

#include "services/common/base/phi.h"

namespace hie {

// The key of everything that is stored about a patient (PRACTICE 1): never an enterprise id.
//
// MRNs are reused: `incarnation` counts the holders of an id from 1; 0, in requests only, means
// the current holder.
struct LocalPatient {
  std::string assigning_authority;  // OID, dotted, without "urn:oid:".
  Phi<std::string> id;
  uint32_t incarnation = 0;

  friend bool operator==(const LocalPatient&, const LocalPatient&) = default;
  friend auto operator<=>(const LocalPatient& a, const LocalPatient& b) = default;

  template <typename H>
  friend H AbslHashValue(H h, const LocalPatient& p) {
    return H::combine(std::move(h), p.assigning_authority, p.id, p.incarnation);
  }
};

}  // namespace hie

#pragma once

#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace hie {

// An identifier that cannot be mistaken for one of another kind and does not print.
//
// Regular value type: copyable, ordered, hashable with absl::Hash.  `value()` is the only way
// out; there is no operator<< on purpose.
template <typename Tag>
class StrongId {
 public:
  StrongId() = default;
  explicit StrongId(absl::string_view value) : value_(value) {}

  const std::string& value() const { return value_; }
  bool empty() const { return value_.empty(); }

  friend bool operator==(const StrongId& a, const StrongId& b) = default;
  friend auto operator<=>(const StrongId& a, const StrongId& b) = default;

  template <typename H>
  friend H AbslHashValue(H h, const StrongId& id) {
    return H::combine(std::move(h), id.value_);
  }

 private:
  std::string value_;
};

struct MemberIdTag {};
// A member of the exchange: lower-case letters, digits, hyphens, <= 32 bytes.
using MemberId = StrongId<MemberIdTag>;

struct EnterpriseIdTag {};
// A person's enterprise id: a UUIDv7 in text form.
using EnterpriseId = StrongId<EnterpriseIdTag>;

}  // namespace hie

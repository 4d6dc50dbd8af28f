#pragma once

#include <ostream>
#include <utility>

namespace hie {

// A value that identifies a patient or tells of their health: prints `[phi]`.
//
// Regular value type.  `value()` is the only way out; use it where the value is stored, compared
// or released, never to build a log line or a status message.
template <typename T>
class Phi {
 public:
  Phi() = default;
  explicit Phi(T value) : value_(std::move(value)) {}

  const T& value() const { return value_; }

  friend bool operator==(const Phi&, const Phi&) = default;
  friend auto operator<=>(const Phi&, const Phi&) = default;

  template <typename H>
  friend H AbslHashValue(H h, const Phi& phi) {
    return H::combine(std::move(h), phi.value_);
  }

  friend std::ostream& operator<<(std::ostream& out, const Phi&) { return out << "[phi]"; }

 private:
  T value_{};
};

}  // namespace hie

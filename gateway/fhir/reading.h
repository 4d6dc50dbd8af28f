#pragma once

#include <optional>
#include <utility>

#include "gateway/fhir/outcome.h"

namespace hie::fhir {

// A value that was read of a request, or the failure to answer instead.
template <typename T>
struct Reading {
  T value = {};
  std::optional<Failure> failure = std::nullopt;

  Reading() = default;
  Reading(T v) : value(std::move(v)) {}          // NOLINT: as StatusOr.
  Reading(Failure f) : failure(std::move(f)) {}  // NOLINT: as StatusOr.
  bool ok() const { return !failure.has_value(); }
};

}  // namespace hie::fhir

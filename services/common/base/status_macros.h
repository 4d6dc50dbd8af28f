#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define HIE_CONCAT_INNER(a, b) a##b
#define HIE_CONCAT(a, b) HIE_CONCAT_INNER(a, b)

// Returns from the enclosing function if `expression` is not OK.
#define HIE_RETURN_IF_ERROR(expression)                               \
  do {                                                                \
    if (::absl::Status hie_status = (expression); !hie_status.ok()) { \
      return hie_status;                                              \
    }                                                                 \
  } while (false)

// Declares or assigns `target` from a StatusOr, or returns its status.
#define HIE_ASSIGN_OR_RETURN(target, expression) \
  HIE_ASSIGN_OR_RETURN_INNER(HIE_CONCAT(hie_status_or_, __LINE__), target, expression)
#define HIE_ASSIGN_OR_RETURN_INNER(temporary, target, expression) \
  auto temporary = (expression);                                  \
  if (!temporary.ok()) return std::move(temporary).status();      \
  target = *std::move(temporary)

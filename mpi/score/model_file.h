#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "mpi/score/model.h"

namespace hie::mpi {

// A model as text, one fact a line, its SHA-256 in the last line.  A file never changes: a change
// of a number is another model with another hash.
std::string WriteModel(const Model& model);

// Reads it.  INVALID_ARGUMENT names the line: an unknown field or level, a probability out of
// range, a missing row.  DATA_LOSS: the hash does not fit.
absl::StatusOr<Model> ReadModel(absl::string_view text);

}  // namespace hie::mpi

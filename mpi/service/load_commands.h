#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "hie/mpi/v1/load_service.pb.h"
#include "hie/mpi/v1/mpi_state.pb.h"

// The wire of bulk loads as commands of the index.
namespace hie::mpi {

// Whose load a stream is, checked.
struct LoadName {
  common::v1::Actor actor;
  std::string load_id;
  uint64_t id_millis = 0;  // Of the id.
};

// INVALID_ARGUMENT names the field.
absl::StatusOr<LoadName> ReadLoadName(const v1::BeginLoad& begin);

// The command that begins the load or goes on with it.
v1::MpiCommand BeginCommand(const LoadName& load, const v1::BeginLoad& begin);

// The command of a line: its registration with the EIDs that are the line's own, or its refusal
// where it says a problem or is out of shape.
v1::MpiCommand LineCommand(const LoadName& load, const v1::LoadLine& line);

// The command that ends the load.
v1::MpiCommand EndCommand(const LoadName& load, const v1::EndLoad& end);

}  // namespace hie::mpi

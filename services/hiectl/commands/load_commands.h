#pragma once

#include <string>

#include "services/hiectl/commands/context.h"
#include "services/hiectl/commands/patient_input.h"

namespace hie::ctl {

// What is loaded, and where what was not is written.
struct MpiLoadOptions {
  PatientInputOptions input;
  std::string load_id;  // UUIDv7; empty: follows from the file, so that the same command goes on.
  std::string rejects;  // CSV to write: record, line, field, reason; empty: none is written.
};

// `mpi load`: registers a file of patients of the caller's member; goes on where it broke off.
// kPartial: some lines were rejected.
ExitCode MpiLoad(const Context& context, const MpiLoadOptions& options);

// `mpi link-hash`: who is who in a stopped index, as one hash.
ExitCode MpiLinkHash(const Context& context, const std::string& data_dir);

}  // namespace hie::ctl

#pragma once

#include <string>
#include <vector>

#include "services/hiectl/commands/context.h"

namespace hie::ctl {

// What fills an empty index.
struct MpiFirstLoadOptions {
  std::string data_dir;                  // hied's data directory; hied must not run.
  std::vector<std::string> inputs;       // CSV with a header, or .ndjson of FHIR Patients.
  std::vector<std::string> columns;      // One for all CSVs, one for each input, or none.
  std::vector<std::string> authorities;  // One for all inputs, or one for each.
  // The region's directory seed, whose domains say how ids are written.  Empty only where
  // ids_final.
  std::string directory;
  bool ids_final = false;  // Ids are taken as they are.
  std::string member;      // Who loads.
  std::string model;       // Model file; empty: the shipped one, calibrated.
  std::string work_dir;    // Empty: beside the store.
  std::string rejects;     // CSV: file, line, field, reason; empty: beside the store.
  std::string started;     // RFC 3339; empty: now.
  int threads = 2;
};

// `mpi first-load`: links whole files and fills an empty, stopped index with them; goes on where it
// broke off.  kPartial: some lines were rejected.
ExitCode MpiFirstLoad(const Context& context, const MpiFirstLoadOptions& options);

}  // namespace hie::ctl

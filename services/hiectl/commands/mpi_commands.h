#pragma once

#include <cstdint>
#include <string>

#include "services/hiectl/commands/context.h"

// The master patient index, through the exchange: for the operator's stewards but where said.
// Records, persons and reasons come from files ("-": standard input), since arguments show in
// process lists.
namespace hie::ctl {

// Options of every command; each reads its own.
struct MpiOptions {
  std::string patient;      // File: a hie.common.v1.LocalPatient as JSON.
  std::string file;         // File: the request or subject as JSON, or a model.
  std::string reason_file;  // File: why, in words.
  std::string reason;       // Why, without patient data: of models.
  uint64_t number = 0;      // A task or an event.
  std::string kind;         // Of tasks: possible-link, overlay, ...
  std::string verdict;      // same, different or cannot-say.
  uint64_t first_version = 0;
  uint64_t second_version = 0;
  bool escalated = false;
  bool free_only = false;
  bool open_only = false;
  bool follow = false;
  uint64_t after = 0;
  uint32_t limit = 0;
  std::string member;
  std::string svg;       // Picture to write.
  std::string out;       // File to write.
  std::string hash;      // Of a model; empty: the shipped one.
  std::string expected;  // Hash of the model that must be active.
  bool learn = false;
  uint64_t seed = 1;
  uint64_t records_max = 0;
  uint32_t shown_max = 0;
};

ExitCode MpiTasks(const Context& context, const MpiOptions& options);
ExitCode MpiTaskLease(const Context& context, const MpiOptions& options);
ExitCode MpiTaskRelease(const Context& context, const MpiOptions& options);
ExitCode MpiTaskDecide(const Context& context, const MpiOptions& options);
// `follow`: goes on until it is interrupted or the exchange refuses.
ExitCode MpiEvents(const Context& context, const MpiOptions& options);
ExitCode MpiUndo(const Context& context, const MpiOptions& options);
ExitCode MpiFallout(const Context& context, const MpiOptions& options);
ExitCode MpiHistory(const Context& context, const MpiOptions& options);
ExitCode MpiExplain(const Context& context, const MpiOptions& options);
// A steward's decision over a pair of records.
ExitCode MpiDecide(const Context& context, const MpiOptions& options);

// For whoever may query patients.
ExitCode MpiGolden(const Context& context, const MpiOptions& options);
// For a registrar.
ExitCode MpiConfirm(const Context& context, const MpiOptions& options);
// For whoever may read the member's audit.
ExitCode MpiRecalls(const Context& context, const MpiOptions& options);
ExitCode MpiRecallAcknowledge(const Context& context, const MpiOptions& options);

ExitCode MpiModelList(const Context& context, const MpiOptions& options);
ExitCode MpiModelShow(const Context& context, const MpiOptions& options);
ExitCode MpiModelPut(const Context& context, const MpiOptions& options);
ExitCode MpiModelActivate(const Context& context, const MpiOptions& options);
ExitCode MpiModelRollBack(const Context& context, const MpiOptions& options);
ExitCode MpiModelTrain(const Context& context, const MpiOptions& options);
ExitCode MpiModelSimulate(const Context& context, const MpiOptions& options);
// kCheckFailed: something is not as it should be.
ExitCode MpiScrub(const Context& context, const MpiOptions& options);
// `mpi monitor`, and `match monitor --index`.
ExitCode MpiMonitor(const Context& context, const MpiOptions& options);

}  // namespace hie::ctl

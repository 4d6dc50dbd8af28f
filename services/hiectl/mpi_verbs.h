#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "services/hiectl/commands/mpi_commands.h"

namespace hie::ctl {

// Makes a verb of a noun that runs a command when it is chosen.
using AddVerb = std::function<CLI::App*(CLI::App* noun, const char* name, const char* help,
                                        std::function<ExitCode(const Context&)> run)>;

// Adds the verbs of `hiectl mpi` that go through the exchange.  `options` must outlive the command
// line.
void AddMpiVerbs(CLI::App* noun, const AddVerb& verb, MpiOptions& options);

}  // namespace hie::ctl

#pragma once

#include <string>

#include "services/hiectl/commands/context.h"

namespace hie::ctl {

// What `member test` needs beside the directory.
struct MemberTestOptions {
  std::string member;
  std::string patient_file;  // A test patient there, a LocalPatient as JSON.
  std::string key_file;      // Our key at that server, PEM; empty: none is needed.
  std::string trust_file;    // Its certificate authority, PEM; empty: the system's.
};

// `member test`: our conformance run against a member's FHIR server, or whether its agent is
// attached.  Each line is PASS, FAIL or SKIPPED and what to do.  kCheckFailed: a line failed.
ExitCode MemberTest(const Context& context, const MemberTestOptions& options);

}  // namespace hie::ctl

#pragma once

#include <cstdint>
#include <string>

#include "services/hiectl/commands/context.h"

namespace hie::ctl {

// `patient find`: who fits the demographics, with the weight of each field.
struct PatientFindOptions {
  std::string demographics;  // File of a hie.common.v1.Demographics as JSON; "-": standard input.
  uint32_t limit = 10;
};
ExitCode PatientFind(const Context& context, const PatientFindOptions& options);

// `patient register`: feeds patients of the caller's member.
struct PatientRegisterOptions {
  std::string file;  // hie.exchange.v1.RegisterPatient as JSON, one a line.
};
// kPartial: some were not taken; each is named by its line.
ExitCode PatientRegister(const Context& context, const PatientRegisterOptions& options);

// `patient link` and `patient unlink`: a steward's decision over a pair of records.
struct PatientDecideOptions {
  std::string pair;  // File of a hie.exchange.v1.DecideLinkRequest as JSON.
  enum class Decision { kSame, kDifferent } decision = Decision::kSame;
};
ExitCode PatientDecide(const Context& context, const PatientDecideOptions& options);

}  // namespace hie::ctl

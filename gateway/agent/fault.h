#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace hie::agent {

// What an agent does wrong on purpose.  A test instrument: it lets the end-to-end tests see a
// faulty member in real processes.  Never set at a hospital; the program says so in its log.
struct Fault {
  enum class Kind {
    kNone,
    kWrongPatient,  // Answers with the records of another patient.
    kSilent,        // Never answers; still answers pings.
    kSlow,          // Answers after `delay`.
    kGarbage,       // Answers with bytes that are no JSON.
  };
  Kind kind = Kind::kNone;
  absl::Duration delay;
};

// Parses "", wrong-patient, silent, slow:MILLISECONDS, garbage.
absl::StatusOr<Fault> ParseFault(absl::string_view text);

}  // namespace hie::agent

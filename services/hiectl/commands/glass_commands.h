#pragma once

#include <string>

#include "services/hiectl/commands/context.h"

namespace hie::ctl {

// `glass open`: declares an emergency for a person.
struct GlassOpenOptions {
  std::string subject;    // File of a hie.exchange.v1.PatientSubject.
  std::string reentered;  // File of a hie.common.v1.Demographics: family name and birth date.
  std::string reason;     // unconscious, lacks-capacity, threat-to-life, proxy-unreachable, ...
  std::string encounter;  // Encounter or place.
  std::string narrative_file;  // Text; required for `other`.
  bool attest_emergency = false;
  bool attest_consent_impracticable = false;
  bool attest_information_needed = false;
};
ExitCode GlassOpen(const Context& context, const GlassOpenOptions& options);

// `glass more`: attests that the first tier does not suffice.
ExitCode GlassMore(const Context& context, const std::string& session_id);

// `glass end`.
ExitCode GlassEnd(const Context& context, const std::string& session_id);

}  // namespace hie::ctl

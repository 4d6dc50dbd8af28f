#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/common/labels/access.h"
#include "services/common/labels/sensitivity.h"
#include "services/consent/directive.h"

namespace hie::consent {

// What holds where no directive speaks.
enum class Default {
  kDeny,    // Denied; break-glass may open it.
  kPermit,  // Permitted.
  kGrant,   // Needs a grant of the regime's instrument; without: as kDeny.
  kSealed,  // Denied unless granted; nothing opens it.
};

// Defaults of one regime by purpose.
struct DefaultRow {
  std::map<Purpose, Default> by_purpose;
  Default otherwise = Default::kDeny;
};

// Whether break-glass opens what the patient denied (without forbidding it), or only what defaults
// deny.
enum class PatientDenials { kUnlessForbidden, kStand };

// Break-glass as the policy has it.
struct BreakGlassRules {
  PatientDenials patient_denials = PatientDenials::kStand;
  int tiers = 1;  // 1: T1 only; 2: T2 after a second attestation.
  std::set<ClinicalClass> tier1_retrieve;
  std::set<ClinicalClass> tier1_locate;
  absl::Duration tier1_encounters_of;  // Encounters that reach into this last while are T1.
  std::set<std::string> roles;         // Who may open a session.
  absl::Duration step_up_max;          // Oldest sign-in.
  absl::Duration session_length;
  int sessions_per_hour = 0;  // More are reviewed, never blocked.
  int sessions_per_day = 0;
};

// The signed, versioned configuration that decides where patients say nothing.
struct Policy {
  std::string profile;
  uint64_t epoch = 0;
  std::map<Regime, DefaultRow> retrieve;  // All regimes.
  std::map<Regime, DefaultRow> locate;    // All regimes.
  // A place with one of these is located only with a grant where the default would permit it.
  SensitivitySet locate_withheld;
  // Purposes for which a region-wide "yes" speaks; others need a rule.
  std::set<Purpose> choice_purposes;
  BreakGlassRules break_glass;
};

}  // namespace hie::consent

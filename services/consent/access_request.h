#pragma once

#include <map>
#include <string>
#include <vector>

#include "services/common/labels/access.h"
#include "services/common/labels/sensitivity.h"
#include "services/common/patient/local_patient.h"
#include "services/consent/directive.h"

namespace hie::consent {

// What an item is, as far as consent is concerned.
struct Item {
  std::string id;
  std::string custodian;
  std::string facility;  // Empty: unknown.
  std::string unit;      // Empty: unknown.
  ClinicalClass clinical_class = ClinicalClass::kUnspecified;
  ServicePeriod service;  // An infinite bound is unknown.
  Labels labels;
};

// Who asks for what about whom.
struct AccessRequest {
  Actor actor;
  Action action = Action::kRetrieve;
  std::vector<LocalPatient> certain;  // The person's records.
  std::vector<Item> items;
};

// How an item stands, weakest first: of two verdicts on one item the greater holds.
enum class Verdict { kPermit, kDenyOverridable, kDenySealed };

// Words of Decision::obligations.
inline constexpr char kRedisclosureNotice[] = "redisclosure-notice";  // 42 CFR 2.32.
inline constexpr char kPart2EmergencyRecord[] = "part2-251c";         // 42 CFR 2.51(c).

struct Decision {
  Verdict verdict = Verdict::kDenySealed;
  // Why, for the admin view; sorted, never empty:
  //   directive:<id>@<version>:<regime>:<rule i | choice | opaque | conflict>[:possible]
  //   default:<profile>:<regime>:<permit | deny | grant | sealed>
  //   break-glass:<T1 | T2 | no-session>
  std::vector<std::string> reasons;
  std::vector<std::string> obligations;  // What the release must meet; sorted.
  bool opened_by_break_glass = false;
};

// By item id: a decision cannot be joined to an item by its position.
using Decisions = std::map<std::string, Decision>;

}  // namespace hie::consent

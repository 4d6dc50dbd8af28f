#pragma once

#include <map>
#include <string>
#include <vector>

#include "services/common/base/strong_id.h"
#include "services/common/labels/access.h"
#include "services/common/labels/sensitivity.h"

namespace hie::exchange {

// What is asked of consent.
enum class DecisionAction { kLocate, kRetrieve };

// What an item is, as far as consent is concerned.
struct DecisionItem {
  std::string id;  // Decisions are joined by it, never by position.
  MemberId custodian;
  std::string facility;
  std::string unit;
  ClinicalClass clinical_class = ClinicalClass::kUnspecified;
  ServicePeriod period;
  Labels labels;
};

// A permit.  There is no value for a denial: what has no permit is denied.
struct Permit {
  std::vector<std::string> obligations;
  bool opened_by_break_glass = false;
};

// What a decision rested on, as consent wrote it; never looked into.
struct FenceToken {
  std::string opaque;
};

// Consent's answer about one batch.
struct DecisionSet {
  std::map<std::string, Permit> permits;  // By item id.
  FenceToken token;
  std::string decision_id;
};

}  // namespace hie::exchange

#include "gateway/hl7v2/triggers.h"

#include "absl/strings/numbers.h"

namespace hie::hl7v2 {
namespace {

// The number of an event `letter`NN; 0: it is none.
int EventNumber(absl::string_view trigger, char letter) {
  int number = 0;
  if (trigger.size() != 3 || trigger[0] != letter) return 0;
  return absl::SimpleAtoi(trigger.substr(1), &number) ? number : 0;
}

TriggerUse UseOfAdt(int number) {
  constexpr int kLast = 62;
  switch (number) {
    case 1:   // Admit.
    case 4:   // Register.
    case 5:   // Pre-admit.
    case 28:  // Add person.
      return TriggerUse::kArrival;
    case 2:   // Transfer.
    case 3:   // Discharge.
    case 6:   // Outpatient to inpatient.
    case 7:   // Inpatient to outpatient.
    case 8:   // Update patient.
    case 11:  // Cancel admit.
    case 13:  // Cancel discharge.
    case 31:  // Update person.
      return TriggerUse::kUpdate;
    case 29:
      return TriggerUse::kRemove;
    case 18:  // Merge, before v2.3.1.
    case 30:
    case 34:
    case 36:
    case 39:
    case 40:
    case 46:  // Change of an id: the old one goes, the new one stays.
    case 47:
      return TriggerUse::kMerge;
    case 43:  // Move patient.
    case 44:  // Move account.
    case 45:  // Move visit.
      return TriggerUse::kHeld;
    default:
      return number >= 1 && number <= kLast ? TriggerUse::kUnused : TriggerUse::kUnknownEvent;
  }
}

TriggerUse UseOfMdm(int number) {
  switch (number) {
    case 1:
    case 2:
      return TriggerUse::kDocument;
    case 3:
    case 4:
      return TriggerUse::kStatus;
    case 5:
    case 6:
      return TriggerUse::kAppend;
    case 7:
    case 8:
    case 9:
    case 10:
      return TriggerUse::kReplace;
    case 11:
      return TriggerUse::kWithdraw;
    default:
      return TriggerUse::kUnknownEvent;
  }
}

}  // namespace

TriggerUse UseOf(absl::string_view code, absl::string_view trigger) {
  if (code == "ADT") return UseOfAdt(EventNumber(trigger, 'A'));
  if (code == "MDM") return UseOfMdm(EventNumber(trigger, 'T'));
  return TriggerUse::kUnknownType;
}

}  // namespace hie::hl7v2

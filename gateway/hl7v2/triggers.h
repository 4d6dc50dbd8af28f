#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace hie::hl7v2 {

// What the exchange does about an event (HL7 tables 0003 and 0076).
enum class TriggerUse {
  kUnknownType,   // The message type is not taken at all: AR 200.
  kUnknownEvent,  // The type has no such event: AR 201.
  kUnused,        // Valid, and says nothing that the exchange needs: AA, counted.
  kHeld,          // Moves visits between patients: AA, held for a person.
  kArrival,       // A patient arrives, is admitted, registered or added.
  kUpdate,        // Something about a known patient or visit changed.
  kRemove,        // A person is deleted.
  kMerge,         // PID-3 survives, MRG-1 goes.
  kDocument,      // A new document.
  kAppend,        // A document that appends to its parent.
  kReplace,       // A document that replaces its parent.
  kStatus,        // A document's status.
  kWithdraw,      // A document is cancelled.
};

// Total; MSH-9.1 and MSH-9.2 in upper case.
TriggerUse UseOf(absl::string_view code, absl::string_view trigger);

}  // namespace hie::hl7v2

#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "gateway/hl7v2/document_draft.h"
#include "gateway/hl7v2/field_state.h"
#include "gateway/hl7v2/finding.h"
#include "gateway/hl7v2/message.h"
#include "gateway/hl7v2/segments/msh.h"
#include "gateway/members/member_directory.h"
#include "services/common/patient/local_patient.h"

// What a message means for the exchange: decided by value, without asking anybody.
namespace hie::hl7v2 {

// Where a message comes from.  Borrows.
struct IntakeContext {
  const members::MemberDirectory& directory;
  const Member& member;
  const Hl7Source& source;
  absl::Time now;  // Events that lie in the future are not believed.
};

enum class Arrival { kArrival, kUpdate };

// Registers or updates a record.
struct RegisterPlan {
  LocalPatient patient;
  Arrival kind = Arrival::kUpdate;
  PatientChange change;
  std::string facility;  // Where the patient is; empty: not said.
  std::string unit;
};

// PID-3 survives, MRG-1 goes.
struct MergePlanPair {
  LocalPatient survivor;
  LocalPatient subsumed;
  PatientChange survivor_change;
  bool survivor_named = false;  // PID-5 is there: an unknown survivor can be made of it.
};

// All pairs or none.
struct MergePlan {
  std::vector<MergePlanPair> pairs;
};

// Deletes a person in this domain.
struct RemovePlan {
  LocalPatient patient;
};

// Files a document.
struct DocumentPlan {
  LocalPatient patient;
  std::string facility;
  std::string unit;
  DocumentDraft draft;
};

// Changes a document's status.
enum class NewStatus { kSuperseded, kWithdrawn };
struct StatusPlan {
  LocalPatient patient;
  std::string unique_id;
  NewStatus status = NewStatus::kWithdrawn;
};

// Acknowledged, counted, without effect.
struct IgnorePlan {
  std::string word;  // ADT^A09, MDM^T02:not-final.
};

// Acknowledged and kept for a person to look at (A43, A44, A45).
struct HoldPlan {
  Finding finding;
};

// The message cannot be applied as it is.
struct RefusePlan {
  Finding finding;
};

using Effect = std::variant<RegisterPlan, MergePlan, RemovePlan, DocumentPlan, StatusPlan,
                            IgnorePlan, HoldPlan, RefusePlan>;

// What shall be done with one message.
struct IntakePlan {
  Effect effect;
  absl::Time event = absl::InfinitePast();  // EVN-2, else MSH-7; the past: not said.
  std::vector<std::string> unmapped;        // Authorities of PID-3 and MRG-1 without a domain.

  // The records whose order counts: messages that share one are applied in order of arrival.
  std::vector<LocalPatient> Keys() const;
};

// Decides about a message whose header was admitted (CheckHeader).  Total, deterministic.
IntakePlan PlanIntake(const Message& message, const MessageHeader& header,
                      const IntakeContext& context);

// Whether messages of this kind are taken from this source at all: type, event, version,
// processing id.  A finding here is answered AR in both modes, and nothing is kept.
std::optional<Finding> CheckHeader(const MessageHeader& header, const Hl7Source& source);

}  // namespace hie::hl7v2

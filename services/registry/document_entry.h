#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/common/base/phi.h"
#include "services/common/base/strong_id.h"
#include "services/common/labels/access.h"
#include "services/common/labels/sensitivity.h"
#include "services/common/patient/local_patient.h"

namespace hie::registry {

// Status of a document entry (XDS availabilityStatus).  It only rises; values are stored.
enum class DocumentStatus { kCurrent = 1, kSuperseded = 2, kEnteredInError = 3 };

// Metadata of one document (XDS DocumentEntry, FHIR DocumentReference).
struct DocumentEntry {
  std::string id;         // EntryId(member, unique_id); empty before it is filed.
  std::string unique_id;  // The document's own id, unique within its member.
  LocalPatient patient;
  MemberId member;  // Custodian.
  std::string facility;
  std::string unit;
  Phi<std::string> type_code;  // LOINC.
  Phi<std::string> title;
  std::string media_type;
  uint64_t size_bytes = 0;                    // 0 unknown.
  std::string sha256;                         // 32 bytes; empty unknown.
  absl::Time created = absl::InfinitePast();  // Infinite past: unknown.
  ServicePeriod service;
  Labels labels;
  Phi<std::string> author;
  DocumentStatus status = DocumentStatus::kCurrent;
  std::string replaces_unique_id;  // Of the same member; empty: none.
  friend bool operator==(const DocumentEntry&, const DocumentEntry&) = default;
};

// What is known about a member holding records of a patient.  It only rises; values are stored.
enum class LocatorState { kUnspecified = 0, kSuspected = 1, kClaimed = 2, kVerified = 3 };

// A member's claim to hold records of a patient.
struct Claim {
  LocalPatient patient;
  MemberId member;
  LocatorState state = LocatorState::kUnspecified;
  std::string facility;  // Where the patient was seen; may be empty.
  friend bool operator==(const Claim&, const Claim&) = default;
};

// Where records of a local patient are.
struct LocatorEntry {
  LocalPatient patient;
  MemberId member;
  LocatorState state = LocatorState::kUnspecified;
  uint64_t documents = 0;                      // That are current.
  absl::Time newest = absl::InfinitePast();    // Newest document ever filed; infinite past: none.
  absl::Time asserted = absl::InfinitePast();  // Last claim, or document filed.
  std::set<std::string> facilities;
  friend bool operator==(const LocatorEntry&, const LocatorEntry&) = default;
};

// What is filed together: all of it or none of it.
struct Submission {
  std::string submission_id;
  std::vector<DocumentEntry> documents;
  std::vector<Claim> claims;
};

// Returns the id under which the registry files a document: 32 hexadecimal digits, the first half
// of SHA-256 over both, so that it is the same on every replica and after every reload.
std::string EntryId(const MemberId& member, const std::string& unique_id);

}  // namespace hie::registry

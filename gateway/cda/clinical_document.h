#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gateway/cda/xml_header.h"
#include "services/common/base/civil_date.h"
#include "services/common/patient/demographics.h"

namespace hie::cda {

// HL7 V3 data type II: who or what has an id.
struct InstanceId {
  std::string root;       // OID, or UUID in lower case.
  std::string extension;  // May be empty.
  friend bool operator==(const InstanceId&, const InstanceId&) = default;
};

// HL7 V3 data type CE/CD.
struct CodedValue {
  std::string code;         // Empty: none (nullFlavor).
  std::string code_system;  // OID.
  std::string display;
};

// A moment or interval, HL7 TS as received; empty where not said.
struct Interval {
  std::string low;
  std::string high;
};

// An author or the legal authenticator.
struct Participant {
  std::vector<InstanceId> ids;
  HumanName name;            // Empty where the author is a device.
  std::string organization;  // That it stands for.
};

// The relations of CDA R2 to earlier documents.
enum class ParentKind { kReplaces, kAppends, kTransforms };

struct ParentDocument {
  ParentKind kind = ParentKind::kReplaces;
  InstanceId id;
};

// Who the document is about.  PHI.
struct RecordTarget {
  std::vector<InstanceId> ids;  // With an extension: a root alone names no patient.
  Demographics demographics;    // Names, birth date and sex.
};

struct Encounter {
  std::vector<InstanceId> ids;
  Interval time;
  CodedValue facility_type;
  std::string facility;  // Name of the place.
};

// The header of a CDA R2 document (HL7 CDA R2 4.2), as far as a registry wants to know it.  PHI.
struct ClinicalDocument {
  InstanceId id;
  std::vector<InstanceId> template_ids;
  CodedValue code;
  std::string title;
  std::string effective_time;  // HL7 TS as received.
  CodedValue confidentiality;
  bool confidentiality_is_null = false;  // The element is there and says that it says nothing.
  std::string language;                  // As received.
  std::optional<InstanceId> set_id;
  std::string version_number;
  std::vector<ParentDocument> parents;
  RecordTarget record_target;  // The first.
  size_t record_targets = 0;
  std::vector<Participant> authors;
  std::optional<Participant> legal_authenticator;
  InstanceId custodian_id;
  std::string custodian;  // Name of the organisation.
  std::optional<Encounter> encounter;
  Interval service;  // Of the first serviceEvent that says one.
  BodyKind body = BodyKind::kNone;
};

// Reads the header of a document of namespace urn:hl7-org:v3; the body is only scanned.
//
// INVALID_ARGUMENT: see CutHeader; or without id or recordTarget.  NOT_FOUND: other XML than a
// ClinicalDocument of that namespace.  The message repeats nothing of the document.  Thread-safe.
absl::StatusOr<ClinicalDocument> ReadClinicalDocument(absl::string_view document);

// Tells whether `content` is XML that speaks of a ClinicalDocument: what is worth reading.  One
// pass over XML, one byte of anything else.
bool LooksLikeClinicalDocument(absl::string_view content);

}  // namespace hie::cda

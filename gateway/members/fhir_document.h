#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "services/common/json/value.h"
#include "services/common/labels/access.h"
#include "services/common/patient/local_patient.h"

namespace hie::members {

// Content that a DocumentReference carries inline is decoded up to this size.
inline constexpr size_t kInlineContentBytesMax = 8 << 20;

// A FHIR R4 DocumentReference, read.  Agent and gateway read it alike, so that the entry an agent
// announced and the item it answers are one document.
struct DocumentFacts {
  std::string unique_id;  // Of masterIdentifier, else made; never empty.
  std::string type_code;  // LOINC; empty: none.
  std::string title;
  std::string media_type;
  std::string url;             // attachment.url, empty where the content is inline.
  std::string inline_content;  // Decoded; empty: none.
  uint64_t size_bytes = 0;     // 0 unknown.
  std::string sha256;          // 32 bytes; empty unknown.
  std::string created;         // As received: attachment.creation, else date.
  ServicePeriod service;       // context.period; open where not said.
  std::string status;          // current, superseded, entered-in-error.
  std::string replaces;        // Reference of the document that it replaces; empty: none.
  std::string author;
  std::vector<std::string> security_codes;
};

// Reads `resource`, a DocumentReference of `patient`.  Total.
//
// A document without masterIdentifier gets an id made of the patient's authority and id and the
// resource's id (else its content): the same in every query, whatever the incarnation.
DocumentFacts ReadDocument(const json::Value& resource, const LocalPatient& patient);

// Reads a FHIR Period; open where a side is missing.
ServicePeriod ReadPeriod(const json::Value* period);

}  // namespace hie::members

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "gateway/cda/clinical_document.h"
#include "services/common/json/value.h"
#include "services/common/labels/access.h"

namespace hie::agent {

// One FHIR resource of a file.
struct SourceResource {
  std::string type;
  std::string id;        // Empty: none.
  std::string full_url;  // Empty: none.
  std::string updated;   // meta.lastUpdated as received.
  std::optional<ClinicalClass> clinical_class;
  std::string subject;  // References as received; empty: none.
  std::string encounter;
  std::string medication;
  std::string facility;  // That it names itself.
  std::string json;      // Bytes as received.
  // Parsed, for the types whose content the index needs: Patient, DocumentReference, Binary.
  std::shared_ptr<const json::Value> value;
};

// How a file could be read.
enum class FileState {
  kWhole,       // Everything in it.
  kPartBroken,  // Some of its resources: every patient in it is answered in part.
  kBroken,      // Nothing: its patients are those in `suspects`, or anybody.
  kIgnored,     // Not a source of records.
};

// What one file holds.  Immutable once made.
struct ParsedFile {
  std::string path;
  FileState state = FileState::kIgnored;
  std::string problem;  // Why it is not whole; names places, never content.
  std::vector<SourceResource> resources;
  std::optional<cda::ClinicalDocument> cda;
  std::vector<std::string> suspects;  // Ids of `domain` that a broken file mentions.
};

// Parses a file by its name: .json (bundle or resource), .ndjson, .xml (CDA); others are ignored.
//
// `domain` is the patient-id domain whose ids are looked for in what cannot be parsed.  Total.
ParsedFile ParseSourceFile(const std::string& path, absl::string_view bytes,
                           const std::string& domain);

}  // namespace hie::agent

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/common/json/value.h"

namespace hie::fhir {

// How much metadata a Provide Document Bundle promises (MHD 4.2, 3.65.4.1.2).
enum class MetadataLevel { kMinimal, kComprehensive };

// What an entry of the Bundle is; anything else is refused.
enum class EntryKind { kSubmissionSet, kFolder, kDocument, kSupersede, kBinary, kPatient };

// One document's metadata and where its content is: in the Bundle, or at the member.
struct ProvidedDocument {
  size_t entry = 0;  // Index in Bundle.entry.
  std::string full_url;
  const json::Value* resource = nullptr;  // DocumentReference.
  std::optional<size_t> binary;           // Index in ProvideBundle::binaries.
};

struct ProvidedBinary {
  size_t entry = 0;
  std::string full_url;
  std::string content;  // Decoded.  PHI.
};

// "This DocumentReference becomes superseded."
struct SupersedeEntry {
  size_t entry = 0;
  std::string document_id;
};

// A Patient entry: its resource (POST, PUT), or only "you know this patient" (GET).
struct ProvidedPatient {
  size_t entry = 0;
  std::string full_url;
  std::string id;                         // Of the URL; empty: none.
  const json::Value* resource = nullptr;  // Null: none.
};

// A Provide Document Bundle (ITI-65), read.  Points into the JSON it was read from.
struct ProvideBundle {
  MetadataLevel level = MetadataLevel::kMinimal;
  std::vector<EntryKind> entries;  // One per Bundle.entry, in order.
  size_t submission_set_entry = 0;
  const json::Value* submission_set = nullptr;
  std::vector<ProvidedDocument> documents;
  std::vector<ProvidedBinary> binaries;
  std::vector<SupersedeEntry> supersedes;
  std::vector<ProvidedPatient> patients;
  std::vector<size_t> folders;  // Entries: understood, not kept.
};

// "Bundle.entry[3].resource"
std::string EntryPath(size_t entry);

// Extensions of MHD by the last part of their URL ("ihe-sourceId"); null: absent.
const json::Value* MhdExtension(const json::Value& resource, absl::string_view name);
// Every one of that name.
std::vector<const json::Value*> MhdExtensions(const json::Value& resource, absl::string_view name);

// The value of the identifier that is the submission set's own unique id; empty: none.  By its type
// (MHDIdentifierType#uniqueId) or its use (usual): versions of MHD differ.
std::string SubmissionSetUniqueId(const json::Value& submission_set);

}  // namespace hie::fhir

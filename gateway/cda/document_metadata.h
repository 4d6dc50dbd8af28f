#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/cda/clinical_document.h"

namespace hie::cda {

// What a source means where its documents do not say.
struct SourceDefaults {
  absl::TimeZone zone = absl::UTCTimeZone();
  std::string confidentiality;  // v3-Confidentiality; empty: none is assumed.
};

// How a document stands to an earlier one.
struct RelatedDocument {
  ParentKind kind = ParentKind::kReplaces;
  std::string unique_id;
};

// Metadata of a document as the registry keeps it, made of a CDA header.  PHI.
struct DocumentMetadata {
  std::string unique_id;
  std::string type_code;  // LOINC; empty: none.
  std::string type_display;
  std::string class_code;  // LOINC; empty: the type is not in the table.
  std::string title;
  std::string created;          // FHIR date or dateTime; empty unknown.
  std::string confidentiality;  // One of v3-Confidentiality's codes; empty: not said at all.
  std::string language;         // BCP 47; empty unknown.
  std::string chain;            // Of setId; empty: the document has no version chain.
  std::string version;
  std::vector<RelatedDocument> related;
  std::string author;  // For people.
  std::vector<HumanName> author_names;
  std::string authenticator;
  std::string custodian;
  std::string service_from;  // FHIR date or dateTime; empty: not said.
  std::string service_to;
  std::vector<InstanceId> encounters;
  CodedValue facility_type;
  std::string format_code;  // Of IHE's and HL7's format codes; empty: neither body.
};

inline constexpr char kLoincOid[] = "2.16.840.1.113883.6.1";
inline constexpr char kConfidentialityOid[] = "2.16.840.1.113883.5.25";

// `urn:oid:<root>`, `urn:uuid:<root>`, with `^<extension>` behind it where there is one.
std::string UniqueIdOf(const InstanceId& id);

// BCP 47 of a CDA language code: "eng" and "en-us" become "en" and "en-US"; what has no such form
// is empty.
std::string LanguageTag(absl::string_view code);

// The document class of a LOINC document type; empty: none is known.
std::string ClassOfType(absl::string_view loinc);

// Total: what the header lacks is empty.  A confidentiality code that is said and not known is R,
// and so is a nullFlavor; one that is absent is the source's default.
DocumentMetadata MetadataOf(const ClinicalDocument& document, const SourceDefaults& defaults);

}  // namespace hie::cda

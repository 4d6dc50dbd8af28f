#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "gateway/hl7v2/finding.h"
#include "gateway/hl7v2/segments/obx.h"
#include "gateway/hl7v2/segments/txa.h"
#include "services/common/patient/demographics.h"

namespace hie::hl7v2 {

// A code with its system (a URI).
struct DocumentCode {
  std::string system;
  std::string code;
  std::string display;
};

// How a document relates to its parent.
enum class DraftRelation { kNone, kAppends, kReplaces };

// A document as MDM describes it, in the registry's terms.  PHI in most fields.
struct DocumentDraft {
  std::string unique_id;  // urn:oid: or urn:uuid:, or the id of a C-CDA of the same number.
  std::vector<std::pair<std::string, std::string>>
      numbers;            // System and value: as the source counts.
  std::string type_code;  // LOINC; empty: none is known.
  std::vector<DocumentCode> types;
  std::string title;
  std::string media_type;
  absl::Time created = absl::InfinitePast();  // TXA-6.
  absl::Time service = absl::InfinitePast();  // TXA-4.
  std::vector<HumanName> authors;
  DraftRelation relation = DraftRelation::kNone;
  std::string parent_unique_id;  // With a relation.
  std::string security_code;     // HL7 v3 Confidentiality: N, R, V; empty: none.
  bool superseded = false;       // TXA-19 OB.
  bool withheld = false;         // TXA-19 UN.
  std::string file_name;
  bool has_content = false;
  std::string content;
};

// The id of a document from its number (EI): urn:oid: where the number is an OID or extends one,
// else urn:uuid: of version 5, a function of authority and number, of `source` where there is none.
std::string DocumentUniqueId(const EntityId& number, absl::string_view source);

// Whether TXA-17 says that somebody answers for the content: AU or LA.
bool IsFinal(const DocumentSegment& segment);

// Reads TXA and the OBX.  A finding: TXA-12 is missing, or content cannot be decoded.
//
// `source` names the sender for numbers without an authority; `zone` is that of its times.
std::variant<DocumentDraft, Finding> DraftDocument(const DocumentSegment& segment,
                                                   const std::vector<DocumentPart>& parts,
                                                   DraftRelation relation, absl::string_view source,
                                                   const absl::TimeZone& zone);

}  // namespace hie::hl7v2

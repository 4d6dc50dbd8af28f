#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "gateway/exchange/clinical_view.h"
#include "gateway/fhir/call.h"
#include "hie/exchange/v1/exchange.pb.h"
#include "services/common/json/value.h"

namespace hie::fhir {

// One clinical statement of one member, parsed, as it came out of an answer.
struct ClinicalStatement {
  exchange::v1::ClinicalItem item;
  json::Value received;  // The resource as the member sent it.
  std::string id;        // Its FHIR id here: stable, the same in every answer.
  exchange::Standing standing = exchange::Standing::kActive;
};

// Reads an item.  Nothing: its resource is none.
std::optional<ClinicalStatement> ReadStatement(const exchange::v1::ClinicalItem& item);

// What statements of the same record call each other: "Encounter/5" at the source -> its id here.
class StatementReferences {
 public:
  void Add(const ClinicalStatement& statement);
  // "Encounter/<id here>", or nothing: not part of the answer.
  std::optional<std::string> Find(const exchange::v1::ClinicalItem& from,
                                  absl::string_view reference) const;

 private:
  using Key = std::tuple<std::string, std::string, std::string, uint32_t, std::string>;
  static Key KeyOf(const exchange::v1::ClinicalItem& item, std::string reference);
  std::map<Key, std::string> ids_;
};

// Order of display (PRACTICE 3): class first where `by_class`; then positive statements, negations,
// what was withdrawn; newest first; at last by id.
enum class ByClass { kNo, kYes };
void SortForDisplay(ByClass by_class, std::vector<ClinicalStatement>& statements);

// The resource as the exchange serves it.
//
// Content stays as received, statuses included.  Changed are: `id`; the patient, who is Patient/
// `eid` with the local id as identifier; `meta.source` and a tag, which name the member; a tag for
// how the statement stands; `meta.security` for obligations; references, which lead to statements
// of the same answer or become identifiers, since the source's own ids mean nothing here.  The
// source's id and meta.source are kept as extensions.
json::Value StatementResource(const Call& call, const ClinicalStatement& statement,
                              const std::string& eid, const StatementReferences& references);

// A Provenance that names the member and the date of a statement (mXDE, _revinclude).
json::Value StatementProvenance(const Call& call, const ClinicalStatement& statement);

}  // namespace hie::fhir

#pragma once

#include <string>
#include <vector>

#include "gateway/fhir/call.h"
#include "hie/exchange/v1/exchange.pb.h"
#include "hie/registry/v1/registry.pb.h"
#include "services/common/json/value.h"

namespace hie::fhir {

// What is told of a document beside its metadata.
struct DocumentView {
  std::string eid;                        // Whose; the subject becomes Patient/{eid}.
  std::string member_name;                // For people; empty: the directory's.
  const json::Value* received = nullptr;  // What its member answered now; null: index only.
  std::vector<std::string> also_at;       // Members that have the same document.
  std::string dedup_basis;                // "master-identifier" or "hash"; empty: one source.
  std::vector<std::string> obligations;   // Of the release.
  bool index_only = false;                // Known from the index and not verified now.
  bool opened_by_break_glass = false;
};

// A document of the registry as a DocumentReference (MHD 4.2; INTERFACES 5.3, 6.3).
//
// What its source said is the base, so that nothing is lost; id, meta, subject, status, custodian,
// homeCommunityId and the attachment's url, hash and size are the exchange's.  References that only
// the source's server can resolve are kept as text.  Content is never inline.
json::Value DocumentReferenceOf(const Call& call, const registry::v1::DocumentEntry& entry,
                                const DocumentView& view);

// A document that its member answered and the registry does not know (yet).  Its id is the one that
// it will have there; inline content stays, since it cannot be had elsewhere.
json::Value UnregisteredDocument(const Call& call, const exchange::v1::ClinicalItem& item,
                                 const json::Value& received, const DocumentView& view);

// A submission set as a List; `sets` documents are those that may be seen.
json::Value SubmissionSetOf(const registry::v1::SubmissionSet& set, const std::string& eid);

}  // namespace hie::fhir

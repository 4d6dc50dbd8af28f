#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "gateway/fhir/documents/provide_bundle.h"
#include "gateway/fhir/documents/provide_subject.h"
#include "hie/exchange/v1/exchange_service.pb.h"

namespace hie::fhir {

// Content beyond this is staged in parts before the submission.
inline constexpr size_t kInlineContentMax = size_t{1} << 20;

// A document's metadata as the registry keeps it: DocumentReference and what the content says.
// `base_url` makes references to our own documents recognisable.  Relations to documents of the
// same Bundle or by identifier name the unique id; those to registered ones hold the entry id,
// until it is looked up.
registry::v1::DocumentEntry ReadDocumentEntry(const ProvideBundle& bundle,
                                              const ProvidedDocument& document,
                                              absl::string_view base_url);

// The entry id in a relation's target "DocumentReference/{id}"; empty: it names a unique id.
std::string RelationEntryId(const registry::v1::DocumentRelation& relation);

// A submission set as the registry keeps it; `document_ids` holds those that exist already.
registry::v1::SubmissionSet ReadSubmissionSet(const ProvideBundle& bundle);

// The whole submission.  Content of up to kInlineContentMax is in it; larger content has a
// content_id that follows from `member`, unique id and bytes, so that a retry is the same request.
exchange::v1::SubmitDocumentsRequest MakeSubmission(const ProvideBundle& bundle,
                                                    const ClaimedSubjects& subjects,
                                                    absl::string_view member,
                                                    absl::string_view base_url);

}  // namespace hie::fhir

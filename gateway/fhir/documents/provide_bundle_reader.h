#pragma once

#include "gateway/fhir/documents/provide_bundle.h"
#include "gateway/fhir/reading.h"

namespace hie::fhir {

inline constexpr size_t kProvidedEntriesMax = 200;
inline constexpr size_t kProvidedDocumentsMax =
    100;  // ExchangeService.SubmitDocuments takes these.
inline constexpr size_t kContentTotalMax = size_t{16} << 20;

// Reads a Provide Document Bundle: profile, closed list of entries, metadata tables, links between
// SubmissionSet, DocumentReferences and Binaries, and that content is what its metadata says.
//
// 400 with the first thing that is wrong (INTERFACES 5.1), 413 beyond the caps.  Pure; the result
// points into `bundle`.  Who the patient is, is not looked at.
Reading<ProvideBundle> ReadProvideBundle(const json::Value& bundle);

}  // namespace hie::fhir

#pragma once

#include "absl/status/status.h"
#include "gateway/fhir/call.h"
#include "gateway/fhir/documents/provide_bundle.h"
#include "hie/exchange/v1/exchange_service.pb.h"

namespace hie::fhir {

// The transaction-response of a submission: one entry per entry of the request, in its order.
// Preference `representation` adds the resources as they are filed, `OperationOutcome` an outcome.
Answer ProvideAnswer(const Call& call, const ProvideBundle& bundle,
                     const exchange::v1::SubmitDocumentsRequest& request,
                     const exchange::v1::SubmitDocumentsResponse& response);

// What a refused submission is to the client.  A message that begins with a word of document
// sharing ("XDSNonIdenticalHash: documents[0]: ...") is that word of the catalogue, its place the
// entry of the Bundle; an unknown or unusable patient is XDSUnknownPatientId.
Failure ProvideFailure(const absl::Status& status, const ProvideBundle& bundle,
                       const std::string& subject_path);

}  // namespace hie::fhir

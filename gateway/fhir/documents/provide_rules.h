#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "gateway/fhir/documents/provide_bundle.h"
#include "gateway/fhir/outcome.h"

// What MHD demands of the metadata of a submission, as tables (INTERFACES 5.1).  Pure.
namespace hie::fhir {

// The refusals of ITI-65, each with its XDS word, catalogue text and place.
Failure MissingMetadata(std::string path);      // XDSMissingDocumentMetadata, required.
Failure BadMetadata(std::string path);          // XDSRegistryMetadataError, value.
Failure ForbiddenMetadata(std::string path);    // XDSRegistryMetadataError, invariant.
Failure UnresolvedReference(std::string path);  // UnresolvedReferenceException, invariant.
Failure MissingDocument(std::string path);      // XDSMissingDocument, invariant.
Failure UnknownPatient(std::string path);       // XDSUnknownPatientId, value.
Failure PatientDoesNotMatch(std::string path);  // XDSPatientIdDoesNotMatch, value.

// The first element of a DocumentReference that is absent, forbidden or malformed at this level.
std::optional<Failure> CheckDocumentMetadata(const ProvidedDocument& document, MetadataLevel level);

// The same of the SubmissionSet List.
std::optional<Failure> CheckSubmissionSet(const ProvideBundle& bundle);

}  // namespace hie::fhir

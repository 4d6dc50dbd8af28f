#pragma once

#include <memory>

#include "gateway/fhir/call.h"

namespace hie::fhir {

// ITI-65 Provide Document Bundle: POST of a transaction at the base (INTERFACES 5.1).
//
// Reads and checks the whole submission, asks who the patient is where the content names one,
// stages large content, and files everything with one SubmitDocuments: all of it or nothing.
void ProvideDocumentBundle(std::shared_ptr<Call> call);

}  // namespace hie::fhir

#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "hie/common/v1/patient.pb.h"
#include "hie/registry/v1/registry.pb.h"
#include "services/common/json/value.h"

// FHIR data types of document metadata, to and from the registry's.  Total.
namespace hie::fhir {

// Appends every coding of a CodeableConcept; null: none.
void AddCodings(const json::Value* concept_of,
                google::protobuf::RepeatedPtrField<registry::v1::Code>* out);
registry::v1::Code ReadCoding(const json::Value& coding);
json::Value CodingOf(const registry::v1::Code& code);
// One concept with these codings; null where there are none.
json::Value ConceptOf(const google::protobuf::RepeatedPtrField<registry::v1::Code>& codes);

// Microseconds since the epoch at which a FHIR date or time begins; 0: none.
int64_t MicrosOf(absl::string_view fhir_time);
// "2026-01-12T10:00:01.120Z"; empty for 0.
std::string InstantOf(int64_t micros);

// Names of a Practitioner or Patient.
void AddNames(const json::Value& person,
              google::protobuf::RepeatedPtrField<common::v1::HumanName>* out);

// Base64 of bytes and back; empty where it is none.
std::string Base64(absl::string_view bytes);
std::string FromBase64(absl::string_view text);

// The id that the registry gives a document: the same function of member and unique id, so that a
// document that only its member knows yet has the id that it will have when it is registered.
std::string DocumentIdOf(absl::string_view member, absl::string_view unique_id);

}  // namespace hie::fhir

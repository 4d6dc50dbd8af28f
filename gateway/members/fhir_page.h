#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gateway/exchange/member_port.h"
#include "gateway/members/fhir_items.h"
#include "services/common/patient/local_patient.h"

// What a member's FHIR R4 server answers, read.  Pure; total on any bytes.
namespace hie::members {

// One page of a searchset.
struct FhirPage {
  std::vector<ReceivedResource> resources;  // Byte for byte as received.
  std::string next;                         // As the server wrote it; empty: the last page.
  bool partial = false;                     // The server says itself that something is missing.
};

// INVALID_ARGUMENT: no searchset Bundle.
absl::StatusOr<FhirPage> ReadFhirPage(absl::string_view body);

// Of a Patient search by identifier: the one that holds exactly this identifier, and not as an old
// one.
//
// NOT_FOUND: none on this page.  FAILED_PRECONDITION: more than one, or the page goes on and more
// may follow, so nobody can say who is meant.
absl::StatusOr<ReceivedResource> OnePatient(const FhirPage& page, const LocalPatient& patient);

// The logical id of a resource; empty: none.
std::string ResourceId(const ReceivedResource& resource);

// FHIR types that hold statements of the wanted classes (empty: all), Encounter among them: it says
// at which facility the others were made.
std::vector<std::string> TypesOf(const std::vector<ClinicalClass>& wanted);

// What a status other than 200 says of the member.
exchange::MemberAnswerStatus StatusOfHttp(int status);

}  // namespace hie::members

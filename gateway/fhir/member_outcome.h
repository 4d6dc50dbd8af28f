#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "gateway/fhir/call.h"
#include "hie/exchange/v1/exchange.pb.h"

namespace hie::fhir {

// What one member's outcome is called (INTERFACES 6.2).
struct OutcomeWords {
  absl::string_view code;        // Of CodeSystem member-outcome.
  absl::string_view issue_code;  // FHIR issue-type.
  absl::string_view text;
};

// A refusal is told as a partial answer: that a source refuses may itself say something of the
// patient.
const OutcomeWords& WordsOf(exchange::v1::MemberOutcomeCode code);

// "urn:oid:<home community>" of a member; its id where the directory has no community for it.
std::string CommunityOf(const Call& call, absl::string_view member);

// Something that a source gave could not be read and was left out: a warning, never silence.
Issue UnreadableItem();

}  // namespace hie::fhir

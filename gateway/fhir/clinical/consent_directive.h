#pragma once

#include <optional>

#include "gateway/fhir/call.h"
#include "gateway/fhir/reading.h"
#include "hie/consent/v1/consent.pb.h"
#include "services/common/json/value.h"

// Between FHIR R4 Consent (IHE PCF) and directives (ITI-108).
namespace hie::fhir {

// What a Consent says.
struct ConsentContent {
  enum class Wish { kInForce, kRevoked, kEnteredInError };
  Wish wish = Wish::kInForce;
  consent::v1::Directive directive;  // Without id and version.
  std::string identifier;            // "system|value" of its first identifier; empty: none.
};

// Reads a Consent.  Everything in it that restricts or widens is taken, or the whole is refused:
// 422 `not-supported` names the element that the exchange cannot keep.  400: it is malformed, or
// lacks what must be there: status, scope, category, patient.identifier of the caller's domain,
// dateTime, provision.
//
// A provision without criteria is the base choice; one with criteria is a rule.  Nested provisions
// are exceptions, one level, of the opposite type.
Reading<ConsentContent> ReadConsent(const Call& call, const json::Value& resource);

// One provision with its nested ones as a rule; `path` names it in errors.
Reading<consent::v1::RuleNode> ReadProvision(const Call& call, const json::Value& provision,
                                             const std::string& path);

// The Consent of a directive: everything that decides, to any depth.
json::Value ConsentResource(const Call& call, const consent::v1::Directive& directive);

}  // namespace hie::fhir

#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "gateway/exchange/clinical_item.h"
#include "services/common/json/value.h"
#include "services/common/patient/demographics.h"

namespace hie::members {

// What a FHIR R4 Patient says about a person.  Total; what is not understood is left out.
//
// Identifier systems lose "urn:oid:", so that they compare with assigning authorities.
Demographics ReadDemographics(const json::Value& patient);

// Every text by which another resource of the same source may refer to `resource`: its fullUrl,
// "<type>/<id>", "urn:uuid:<id>".
std::vector<std::string> ReferencesTo(const json::Value& resource, absl::string_view full_url);

// A Patient as a member returned it.
exchange::AnsweredPatient ReadAnsweredPatient(const json::Value& patient,
                                              absl::string_view full_url);

}  // namespace hie::members

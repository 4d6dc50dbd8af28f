#pragma once

#include <string>
#include <vector>

#include "gateway/fhir/reading.h"
#include "gateway/fhir/search_query.h"
#include "gateway/members/member_directory.h"
#include "hie/exchange/v1/exchange_service.pb.h"

namespace hie::fhir {

// An ITI-78 search, translated.
struct PatientSearch {
  exchange::v1::SearchPatientsRequest request;
  std::vector<bool> active;  // `active`: each must be what the person is; evaluated on the answer.
  bool nothing = false;      // No person can fulfil it: answered without asking.
};

// Translates the parameters of PDQm 3.78.4.1.2.  `identifier` values without a value restrict the
// domains whose ids are shown; _id and identifiers with a value look up replaced persons, too.
//
// 404 with the warning `targetSystem not found`: a domain that nobody has.  400: a malformed value,
// a modifier that is not supported, an OR of identifiers and domains.
Reading<PatientSearch> ReadPatientSearch(const SearchQuery& query,
                                         const members::MemberDirectory& directory);

// ITI-78: the domain is unknown (the text is compared literally by test tools).
Failure TargetSystemNotFound();

}  // namespace hie::fhir

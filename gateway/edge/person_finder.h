#pragma once

#include <memory>

#include "gateway/edge/edge_services.h"
#include "hie/exchange/v1/exchange_service.pb.h"

// Searches for persons.  Who was found is released as person_release.h says.
namespace hie::edge {

// More persons than this are none: the caller is asked for more detail (PRACTICE 2).
inline constexpr uint32_t kPersonsFoundMax = 10;

// By demographics, with the index's grades (ITI-119).  Weights, margins, vetoes and grades other
// than certain tell of the best record, whosever it is: where not every place may be named, the
// weight is 0 and the grade POSSIBLE.  The margin is that of the answer: of the first person who is
// shown to the next one who is, or to 0 where none is; 0 where the next one's weight is withheld.
void FindPatients(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                  const exchange::v1::FindPatientsRequest& request,
                  Answer<exchange::v1::FindPatientsResponse> answer);

// By exact conditions.  A person counts as found where a record meets them whose id the caller may
// read: a condition that only a hidden record meets tells nothing.
void SearchPatients(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                    exchange::v1::SearchPatientsRequest request,
                    Answer<exchange::v1::SearchPatientsResponse> answer);

// One id to the others.  An id whose place may not be named is answered as one that nobody has.
void CrossReference(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                    const exchange::v1::CrossReferenceRequest& request,
                    Answer<exchange::v1::CrossReferenceResponse> answer);

}  // namespace hie::edge

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "gateway/fhir/call.h"
#include "hie/exchange/v1/exchange.pb.h"

namespace hie::fhir {

// Finds persons by EID as the caller may see them: one view per id that is visible, replaced ones
// included.  What may not be seen is missing, like what does not exist.
void FindPersons(const std::shared_ptr<Call>& call, const std::vector<std::string>& eids,
                 const std::vector<std::string>& domains,
                 std::function<void(absl::StatusOr<std::vector<exchange::v1::PatientView>>)> done);

// Finds one person by EID.  NOT_FOUND: unknown, or may not be seen.  FAILED_PRECONDITION
// identity-split.  A replaced person is returned as such.
void FindPerson(const std::shared_ptr<Call>& call, const std::string& eid,
                std::function<void(absl::StatusOr<exchange::v1::PatientView>)> done);

// As FindPerson, and goes on to the person that replaces it.
void FindCurrentPerson(const std::shared_ptr<Call>& call, const std::string& eid,
                       std::function<void(absl::StatusOr<exchange::v1::PatientView>)> done);

}  // namespace hie::fhir

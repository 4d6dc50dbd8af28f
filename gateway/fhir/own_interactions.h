#pragma once

#include <memory>
#include <vector>

#include "gateway/fhir/capability_statement.h"
#include "gateway/fhir/interaction.h"

namespace hie::fhir {

// The rows that the door has of its own: metadata, SMART discovery, and the poll of asynchronous
// answers.  `table` is filled when all rows are known, before the first call.
struct OwnTable {
  std::vector<Interaction> rows;
  CapabilityFrame frame;
};
std::vector<Interaction> OwnInteractions(std::shared_ptr<const OwnTable> table);

}  // namespace hie::fhir

#pragma once

#include <string>
#include <vector>

#include "gateway/hl7v2/segments/data_types.h"

namespace hie::hl7v2 {

// NK1: next of kin.
struct NextOfKin {
  PersonName name;           // NK1-2.
  std::string relationship;  // NK1-3.1 (table 0063): MTH, FTH, SPO, ...
};

// Reads every NK1.
std::vector<NextOfKin> ReadNextOfKin(const Message& message);

}  // namespace hie::hl7v2

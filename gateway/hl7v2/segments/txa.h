#pragma once

#include <string>
#include <vector>

#include "gateway/hl7v2/segments/data_types.h"

namespace hie::hl7v2 {

// TXA: what is known of a document (HL7 v2.5.1 chapter 9.6.1).
struct DocumentSegment {
  CodedElement type;                   // TXA-2.
  std::string presentation;            // TXA-3 (table 0191): TX, FT, ED, ...
  std::string activity_time;           // TXA-4, as written.
  std::string origination_time;        // TXA-6, as written.
  std::vector<Clinician> originators;  // TXA-9.
  EntityId unique_number;              // TXA-12.
  EntityId parent_number;              // TXA-13.
  std::string file_name;               // TXA-16.
  std::string completion;              // TXA-17 (table 0271): AU, LA, IP, ...
  std::string confidentiality;         // TXA-18 (table 0272): U, R, V.
  std::string availability;            // TXA-19 (table 0273): AV, OB, UN, CA.
  std::string title;                   // TXA-25, from v2.6 on.
};

// Reads one TXA.  Total.
DocumentSegment ReadDocument(const Message& message, const Segment& txa);

}  // namespace hie::hl7v2

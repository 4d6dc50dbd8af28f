#pragma once

#include <string>

#include "gateway/hl7v2/segments/data_types.h"

namespace hie::hl7v2 {

// PV1: where the patient is, and in which visit.
struct VisitSegment {
  std::string patient_class;  // PV1-2: I, O, E, P.
  std::string unit;           // PV1-3.1: point of care.
  Authority facility;         // PV1-3.4.
  Clinician attending;        // PV1-7.
  ExtendedId visit;           // PV1-19.
  std::string admitted;       // PV1-44, as written.
  std::string discharged;     // PV1-45, as written.
};

// Reads the first PV1; empty where there is none.
VisitSegment ReadVisit(const Message& message);

}  // namespace hie::hl7v2

#pragma once

#include <string>
#include <vector>

#include "gateway/hl7v2/segments/data_types.h"
#include "services/common/patient/demographics.h"

namespace hie::hl7v2 {

// PID: what the sender says about a person (HL7 v2.5.1 chapter 3.4.2), field by field.
struct PatientSegment {
  std::vector<ExtendedId> ids;             // PID-3; PID-2 where it is empty (old senders).
  Stated<std::vector<PersonName>> names;   // PID-5, as written; all types.
  Stated<std::vector<PersonName>> mother;  // PID-6.
  Stated<CivilDate> birth_date;            // PID-7; the day as written.
  bool birth_date_malformed = false;       // PID-7 says something that is no date.
  Stated<AdministrativeSex> sex;           // PID-8.
  Stated<std::vector<Address>> addresses;  // PID-11.
  Stated<std::vector<Telecom>> home;       // PID-13.
  Stated<std::vector<Telecom>> work;       // PID-14.
  ExtendedId account;                      // PID-18.
  Stated<std::string> ssn;                 // PID-19.
  std::vector<ExtendedId> mother_ids;      // PID-21.
  Stated<bool> multiple_birth;             // PID-24.
  Stated<uint32_t> birth_order;            // PID-25.
  Stated<CivilDate> death_date;            // PID-29; the day as written.
  Stated<bool> dead;                       // PID-30.
  Stated<bool> identity_unknown;           // PID-31.
  bool alias = false;                      // PID-32 has AL: the name is not the person's.
};

// Reads one PID.  Total.
PatientSegment ReadPatient(const Message& message, const Segment& pid);

}  // namespace hie::hl7v2

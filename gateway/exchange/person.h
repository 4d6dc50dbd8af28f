#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "services/common/base/strong_id.h"
#include "services/common/patient/demographics.h"
#include "services/common/patient/local_patient.h"

namespace hie::exchange {

// One member's record of a person, as the master patient index has it.
struct Record {
  LocalPatient patient;  // With incarnation.
  Demographics demographics;
  std::vector<Demographics> history;  // Earlier versions, newest first.
};

// A set of certainly linked records.
struct Person {
  EnterpriseId eid;
  uint64_t link_version = 0;
  std::vector<Record> records;         // Never provisional ones.
  std::vector<LocalPatient> possible;  // Under review: their denials bind, nobody sees them.
};

// One field's part of a match weight.
struct FieldWeight {
  std::string field;
  std::string level;
  int32_t weight_millibits = 0;
};

// A person whom demographics may mean.
struct Candidate {
  Person person;
  int32_t weight_millibits = 0;
  bool certain = false;  // Would link by itself.
  std::vector<FieldWeight> fields;
};

// Who demographics may mean.
struct SearchResult {
  std::vector<Candidate> candidates;  // Best first.
  bool too_many = false;              // None is returned.
};

// Returns the keys of a person's certain records, in their order.
inline std::vector<LocalPatient> CertainPatients(const Person& person) {
  std::vector<LocalPatient> patients;
  patients.reserve(person.records.size());
  for (const Record& record : person.records) patients.push_back(record.patient);
  return patients;
}

// Returns the record of `patient`, or null.
inline const Record* FindRecord(const Person& person, const LocalPatient& patient) {
  for (const Record& record : person.records) {
    if (record.patient == patient) return &record;
  }
  return nullptr;
}

}  // namespace hie::exchange

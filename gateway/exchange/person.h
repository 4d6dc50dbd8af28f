#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/common/base/strong_id.h"
#include "services/common/patient/demographics.h"
#include "services/common/patient/local_patient.h"

namespace hie::exchange {

// One member's record of a person, as the master patient index has it.
struct Record {
  LocalPatient patient;  // With incarnation.
  Demographics demographics;
  std::vector<Demographics> history;  // Earlier versions, newest first.
  // The record of the same domain into which this one was merged.  Its own denials and documents
  // stay with the person; nobody is asked by its id, and it names nobody.
  std::optional<LocalPatient> merged_into = std::nullopt;
  bool removed = false;                     // By its source.  As merged away.
  absl::Time recorded = absl::UnixEpoch();  // When the index took this version.
};

// The id is its member's present one of the patient.
inline bool InUse(const Record& record) { return !record.merged_into && !record.removed; }

// A set of certainly linked records.
struct Person {
  EnterpriseId eid;
  uint64_t link_version = 0;
  std::vector<Record> records;             // Never provisional ones.
  std::vector<LocalPatient> possible;      // Under review: their denials bind, nobody sees them.
  std::vector<EnterpriseId> aliases = {};  // That redirect here.
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

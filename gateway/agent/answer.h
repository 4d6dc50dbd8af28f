#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gateway/agent/record_index.h"
#include "services/common/labels/access.h"
#include "services/common/patient/local_patient.h"

namespace hie::agent {

// How much of a record is there.
enum class AnswerState { kComplete, kPartial, kPatientUnknown, kFailed };

// What is said to one question.  Borrows from the index.
struct Answer {
  AnswerState state = AnswerState::kFailed;
  std::vector<const SourceResource*> resources;  // Patient resources first.
};

// Selects the resources of `classes` (empty: all) of one patient, in the order of the source; then
// the encounters and medications that they refer to, which name their place and their medicine.
//
// kFailed: nothing can be said, since what may be the patient's could not be read.
Answer SelectAnswer(const RecordIndex& index, const std::string& domain,
                    const LocalPatient& patient, const std::vector<ClinicalClass>& classes);

// Groups resources so that each group has at most `bytes_max` bytes; a larger one is alone.
std::vector<std::vector<const SourceResource*>> Chunked(
    const std::vector<const SourceResource*>& resources, size_t bytes_max);

}  // namespace hie::agent

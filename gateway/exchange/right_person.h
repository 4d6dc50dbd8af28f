#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "gateway/exchange/clinical_item.h"
#include "gateway/exchange/directory_view.h"
#include "gateway/exchange/person.h"

// Whether what a member returned is about the person who was asked for: by id *and* by name, birth
// date and sex (PRACTICE 1).  Two patients whom a member mixes up must not be mixed up here.
namespace hie::exchange {

// How an answered Patient stands to the record that was asked for.
enum class PersonCheck {
  kRight,
  kOtherId,            // Carries another id of the same domain.
  kOtherDemographics,  // Contradicts every version of the record.
  kUnproven,           // Carries no id of the domain and too little else to be sure.
};

// Compares `answered` with `record`, current version and history.
//
// With the asked id among its identifiers nothing may contradict: given name (initials, prefixes
// and one typing error are no contradiction), birth date (a swapped day and month or one wrong
// digit are none) and sex, all within one version.  Without an id of the domain they must agree
// exactly.  An id of the domain that is not the asked one contradicts, whatever else agrees.
PersonCheck CheckPerson(const AnsweredPatient& answered, const Record& record,
                        const DirectoryView& directory);

// A member's items, divided.
struct CheckedItems {
  std::vector<ClinicalItem> right;
  std::vector<std::string> wrong_ids;     // About somebody else: dropped, a safety event.
  std::vector<std::string> unproven_ids;  // Name no subject, or one that was not returned: dropped.
  size_t wrong_patients = 0;              // Patients returned that are somebody else.
  size_t right_patients = 0;
};

// Keeps the items whose subject is a returned Patient that is the right person.
CheckedItems CheckItems(const std::vector<AnsweredPatient>& patients,
                        std::vector<ClinicalItem> items, const Record& record,
                        const DirectoryView& directory);

}  // namespace hie::exchange

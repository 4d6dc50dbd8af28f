#include "gateway/fhir/patients/patient_interactions.h"

#include <iterator>
#include <utility>

#include "gateway/fhir/patients/patient_rows.h"

namespace hie::fhir {

std::vector<Interaction> PatientInteractions() {
  std::vector<Interaction> all;
  for (std::vector<Interaction> rows : {PatientSearchRows(), PatientReadRows(), PatientMatchRows(),
                                        PatientPixRows(), PatientFeedRows()}) {
    all.insert(all.end(), std::make_move_iterator(rows.begin()),
               std::make_move_iterator(rows.end()));
  }
  return all;
}

}  // namespace hie::fhir

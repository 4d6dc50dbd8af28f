#include "gateway/fhir/clinical/clinical_interactions.h"

#include <iterator>
#include <memory>
#include <utility>

#include "gateway/fhir/clinical/clinical_rows.h"

namespace hie::fhir {

std::vector<Interaction> ClinicalInteractions() {
  return ClinicalInteractions(std::make_shared<BreakGlassSessions>());
}

std::vector<Interaction> ClinicalInteractions(std::shared_ptr<BreakGlassSessions> sessions) {
  std::vector<Interaction> all;
  for (std::vector<Interaction> rows :
       {ClinicalSearchRows(sessions), EverythingRows(sessions), ConsentSearchRows(),
        ConsentWriteRows(), AuditEventRows()}) {
    all.insert(all.end(), std::make_move_iterator(rows.begin()),
               std::make_move_iterator(rows.end()));
  }
  return all;
}

}  // namespace hie::fhir

#include "gateway/hl7v2/segments/pv1.h"

namespace hie::hl7v2 {

VisitSegment ReadVisit(const Message& message) {
  const Segment* pv1 = message.Find("PV1");
  if (pv1 == nullptr) return {};
  VisitSegment visit;
  visit.patient_class = message.FieldText(*pv1, 2);
  visit.unit = message.FieldText(*pv1, 3);
  const absl::string_view place = message.Component(pv1->field(3), 4);
  visit.facility = ReadAuthority(message, message.Subcomponent(place, 1),
                                 message.Subcomponent(place, 2), message.Subcomponent(place, 3));
  visit.attending = ReadClinician(message, pv1->field(7));
  visit.visit = ReadExtendedId(message, pv1->field(19));
  visit.admitted = message.FieldText(*pv1, 44);
  visit.discharged = message.FieldText(*pv1, 45);
  return visit;
}

}  // namespace hie::hl7v2

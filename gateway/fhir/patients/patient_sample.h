#pragma once

#include <string>

#include "hie/exchange/v1/exchange.pb.h"

// For tests: Ana Moreau, as the samples have her.
namespace hie::fhir::testing {

inline common::v1::LocalPatient LocalId(const std::string& domain, const std::string& id) {
  common::v1::LocalPatient patient;
  patient.set_assigning_authority(domain);
  patient.set_id(id);
  patient.set_incarnation(1);
  return patient;
}

inline common::v1::Demographics AnaMoreau() {
  common::v1::Demographics demographics;
  common::v1::HumanName* name = demographics.add_names();
  name->set_use("official");
  name->set_family("Moreau");
  name->add_given("Ana");
  name->add_given("Lucia");
  demographics.set_birth_date("1961-04-02");
  demographics.set_sex(common::v1::ADMINISTRATIVE_SEX_FEMALE);
  return demographics;
}

inline exchange::v1::PatientView AnaView() {
  exchange::v1::PatientView view;
  view.set_eid("p-7");
  *view.mutable_demographics() = AnaMoreau();
  *view.add_identifiers() = LocalId("2.999.1.10.1", "N-1001");
  view.set_version(4);
  view.set_changed_micros(1'768'032'902'000'000);  // 2026-01-10T08:15:02Z
  view.set_active(true);
  return view;
}

}  // namespace hie::fhir::testing

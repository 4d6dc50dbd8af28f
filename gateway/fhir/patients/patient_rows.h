#pragma once

#include <vector>

#include "gateway/fhir/interaction.h"

// The rows of Patient, one file each.
namespace hie::fhir {

std::vector<Interaction> PatientSearchRows();  // ITI-78, GET and POST.
std::vector<Interaction> PatientReadRows();    // ITI-78, GET by id.
std::vector<Interaction> PatientMatchRows();   // ITI-119.
std::vector<Interaction> PatientPixRows();     // ITI-83, GET and POST.
std::vector<Interaction> PatientFeedRows();    // ITI-104, PUT and DELETE.

}  // namespace hie::fhir

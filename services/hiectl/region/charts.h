#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "services/common/labels/access.h"
#include "services/hiectl/region/registrations.h"

namespace hie::region {

// One statement of a chart.
struct ChartEntry {
  ClinicalClass clinical_class = ClinicalClass::kUnspecified;
  std::string id;  // Resource id, unique in the hospital.
  std::string system;
  std::string code;
  std::string display;
  CivilDate date;
  std::string clinical_status;      // active, inactive, finished, ...
  std::string verification_status;  // confirmed, unconfirmed, entered-in-error; may be empty.
  std::string value;                // Observations: the number.
  std::string unit;
  std::vector<std::string> sensitivity;  // ActCodes that the source put on it.
  std::string content;                   // Documents: the text.
};

// Everything that one hospital has about one patient.
struct Chart {
  Registration registration;
  std::vector<ChartEntry> entries;
};

// Writes a chart for each registration: allergies (also conflicting, also "no known"), medicines,
// problems, encounters, results, immunisations, procedures, documents; some labelled sensitive.
//
// The patient of the demonstration has a written chart (README of this room).  Deterministic.
std::vector<Chart> WriteCharts(const std::vector<Registration>& registrations,
                               const std::vector<Hospital>& hospitals, uint64_t seed);

}  // namespace hie::region

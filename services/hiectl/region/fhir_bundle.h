#pragma once

#include <string>

#include "services/hiectl/region/charts.h"

namespace hie::region {

// Returns the chart as a FHIR R4 collection Bundle: the Patient first, then one resource per
// entry, each referring to the Patient and to the chart's encounter.  Byte-stable.
std::string ToFhirBundle(const Chart& chart, const Hospital& hospital);

// Path of a document entry's content, relative to the hospital's folder.
std::string ContentPath(const ChartEntry& entry);

}  // namespace hie::region

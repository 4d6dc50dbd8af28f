#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "services/common/patient/demographics.h"
#include "services/hiectl/region/population.h"

namespace hie::region {

// A hospital of the generated region.
struct Hospital {
  std::string id;              // Member id.
  std::string name;            // For people.
  std::string home_community;  // OID.
  std::string domain;          // MRN domain, OID.
  std::string facility;        // Facility id; also the name its records give as service provider.
  std::string facility_name;
  std::string mrn_prefix;
};

// The most hospitals that a region can have.
inline constexpr size_t kHospitalsMax = 6;

// Returns the first `count` hospitals (1..kHospitalsMax): north, lakes, valley, ...
std::vector<Hospital> Hospitals(size_t count);

// What one hospital wrote down about one inhabitant.
struct Registration {
  size_t hospital = 0;    // Index into the hospitals.
  size_t inhabitant = 0;  // The truth; never leaves the generator's own files.
  std::string mrn;
  Demographics demographics;
};

// Registers every inhabitant at one to three hospitals, as registrations differ: typing errors,
// nicknames, moves, swapped day and month, missing SSN, a newborn without a name.
//
// Inhabitant 0, the patient of the demonstration, is registered at the second and third hospital
// and at no other (with fewer than three hospitals: at all but the first).  Deterministic.
std::vector<Registration> Register(const std::vector<Inhabitant>& people,
                                   const std::vector<Hospital>& hospitals, uint64_t seed);

}  // namespace hie::region

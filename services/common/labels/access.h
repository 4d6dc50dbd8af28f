#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/common/base/strong_id.h"

namespace hie {

// Purpose of use (HL7 v3 ActReason).  Values equal hie.common.v1.Purpose.
enum class Purpose {
  kUnspecified = 0,
  kTreat = 1,
  kEtreat = 2,
  kBtg = 3,
  kPayment = 4,
  kOperations = 5,
  kPatientRequest = 6,
  kPublicHealth = 7,
  kResearch = 8,
  kPatientAdministration = 9,
};

// The kind of a clinical statement.  Values equal hie.common.v1.ClinicalClass.
enum class ClinicalClass {
  kUnspecified = 0,
  kAllergy = 1,
  kMedication = 2,
  kCondition = 3,
  kEncounter = 4,
  kObservation = 5,
  kDiagnosticReport = 6,
  kImmunization = 7,
  kProcedure = 8,
  kDocument = 9,
  kImplant = 10,
  kBloodGroup = 11,
  kCodeStatus = 12,
  kCarePlan = 13,
  kIdentity = 14,
};

// Confidentiality (HL7 v3), rising; kUnspecified is unknown.
enum class Confidentiality {
  kUnspecified = 0,
  kUnrestricted = 1,
  kLow = 2,
  kModerate = 3,
  kNormal = 4,
  kRestricted = 5,
  kVeryRestricted = 6,
};

// Who asks: built once at the gateway, passed on unchanged.
struct Actor {
  MemberId member;
  std::string user;
  std::vector<std::string> roles;
  Purpose purpose = Purpose::kUnspecified;
  std::string request_id;
  std::string client_key;
  absl::Time auth_time = absl::UnixEpoch();  // Last interactive sign-in; epoch unknown.
  friend bool operator==(const Actor&, const Actor&) = default;
};

// When a service took place: [from, to); infinite where open or unknown.
struct ServicePeriod {
  absl::Time from = absl::InfinitePast();
  absl::Time to = absl::InfiniteFuture();
  friend bool operator==(const ServicePeriod&, const ServicePeriod&) = default;
};

}  // namespace hie

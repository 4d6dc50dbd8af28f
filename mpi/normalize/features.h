#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mpi/normalize/address.h"
#include "mpi/normalize/name.h"
#include "services/common/base/civil_date.h"
#include "services/common/patient/demographics.h"
#include "services/common/patient/local_patient.h"

namespace hie::mpi {

// More values than these add noise, not evidence: long histories would match everyone.
inline constexpr size_t kNamesComparedMax = 4;
inline constexpr size_t kAddressesComparedMax = 3;
inline constexpr size_t kPhonesComparedMax = 4;
inline constexpr size_t kIdentifiersComparedMax = 8;
// Fields beyond the demographics that a data set may bring: birth place, occupation.
inline constexpr size_t kExtraFieldsMax = 8;

// What an identifier says about whom it belongs to.
enum class IdentifierKind {
  kPersonal,   // One person's own: licence, passport.
  kShared,     // May be a household's: insurance, account, unknown systems.
  kRecordKey,  // The record's own key: only ever agrees, for people hold many.
};

// An identifier bound to its assigner.
struct NormalizedIdentifier {
  std::string system;  // Without "urn:oid:".
  std::string value;   // Folded, without marks.
  IdentifierKind kind = IdentifierKind::kShared;
  friend bool operator==(const NormalizedIdentifier&, const NormalizedIdentifier&) = default;
};

// Everything that matching looks at.  PHI in every field: it does not print.
//
// Absent or empty is missing: non-values are taken out.
struct Features {
  std::vector<NormalizedName> names;  // The official one first, then history and aliases.
  std::optional<CivilDate> birth_date;
  AdministrativeSex sex = AdministrativeSex::kUnspecified;  // Female, male, or unspecified.
  std::vector<std::string> ssns;                            // Nine digits or the last four.
  std::vector<std::string> phones;
  std::vector<std::string> emails;
  std::vector<NormalizedAddress> addresses;
  std::vector<NormalizedIdentifier> identifiers;
  std::string mother_maiden;
  std::array<std::string, kExtraFieldsMax> extras;  // Folded; each compared with its like alone.
  bool multiple_birth = false;
  uint32_t birth_order = 0;
  Generation generation = Generation::kNone;  // The first that any name says.
  bool newborn = false;                       // Not named yet, by its first name.
  bool identity_unknown = false;              // The source says so, or its first name does.
  friend bool operator==(const Features&, const Features&) = default;
};

// Normalises what a member says.  Total; deterministic.
Features Normalize(const Demographics& demographics);

// The same, with the record's own key among the identifiers.
Features NormalizeRecord(const LocalPatient& patient, const Demographics& demographics);

}  // namespace hie::mpi

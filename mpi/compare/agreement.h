#pragma once

#include <array>
#include <cstdint>

#include "mpi/compare/address_level.h"
#include "mpi/compare/birth_date.h"
#include "mpi/compare/family_name.h"
#include "mpi/compare/given_name.h"
#include "mpi/compare/identifier_level.h"
#include "mpi/compare/phone_level.h"
#include "mpi/compare/small_fields.h"
#include "mpi/compare/ssn_level.h"
#include "mpi/normalize/features.h"

namespace hie::mpi {

// Hashes of the values that agreed; 0 where the level is not worth its value.
struct AgreedValues {
  uint32_t family = 0;
  uint32_t given = 0;
  uint32_t birth_date = 0;
  uint32_t ssn = 0;
  uint32_t phone = 0;
  uint32_t email = 0;
  uint32_t address = 0;
  uint32_t identifier = 0;
  uint32_t mother_maiden = 0;
  std::array<uint32_t, kExtraFieldsMax> extras = {};
  friend bool operator==(const AgreedValues&, const AgreedValues&) = default;
};

// How many pairs of values were compared where a person has several.
struct Pairings {
  uint8_t family = 0;
  uint8_t given = 0;
  uint8_t ssn = 0;
  uint8_t phone = 0;
  uint8_t email = 0;
  uint8_t address = 0;
  uint8_t identifier = 0;
  friend bool operator==(const Pairings&, const Pairings&) = default;
};

inline constexpr std::array<ExtraLevel, kExtraFieldsMax> kNoExtras = [] {
  std::array<ExtraLevel, kExtraFieldsMax> none{};
  for (ExtraLevel& level : none) level = ExtraLevel::kMissing;
  return none;
}();

// The level that two records reach in each field.
struct Agreement {
  FamilyLevel family = FamilyLevel::kMissing;
  GivenLevel given = GivenLevel::kMissing;
  MiddleLevel middle = MiddleLevel::kMissing;
  SuffixLevel suffix = SuffixLevel::kMissing;
  BirthDateLevel birth_date = BirthDateLevel::kMissing;
  SexLevel sex = SexLevel::kMissing;
  SsnLevel ssn = SsnLevel::kMissing;
  PhoneLevel phone = PhoneLevel::kMissing;
  EmailLevel email = EmailLevel::kMissing;
  AddressLevel address = AddressLevel::kMissing;
  IdentifierLevel identifier = IdentifierLevel::kMissing;
  MotherMaidenLevel mother_maiden = MotherMaidenLevel::kMissing;
  BirthOrderLevel birth_order = BirthOrderLevel::kMissing;
  std::array<ExtraLevel, kExtraFieldsMax> extras = kNoExtras;
  bool multiple_birth = false;    // Either says that the person is one of a multiple birth.
  bool identity_unknown = false;  // Of either it is not known who the person is.
  bool newborn = false;           // Either is a newborn without a name.
  AgreedValues values;
  Pairings pairings;
  friend bool operator==(const Agreement&, const Agreement&) = default;
};

// Compares field by field.  Total and symmetric; allocates nothing.
Agreement Compare(const PackedView& a, const PackedView& b);

// The same of features that are not packed yet: packs both.
Agreement Compare(const Features& a, const Features& b);

// The birth date as a value that is looked up: 0 without one.
uint32_t BirthDateValue(const PackedView& record);

// The stronger level of each field, with its value: what two groups of records say of each other
// together.  Flags hold if they hold in either.
Agreement BestOf(const Agreement& a, const Agreement& b);

// Tells whether an identifier that one person alone holds agrees exactly: SSN, licence, own key.
bool PersonalIdentifierAgrees(const Agreement& agreement);

// Counts the fields among given name, family name, birth date, sex and SSN that contradict: the
// record may have a new holder where two or more do.
int IndependentContradictions(const Agreement& agreement);

}  // namespace hie::mpi

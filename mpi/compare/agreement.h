#pragma once

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
  bool multiple_birth = false;    // Either says that the person is one of a multiple birth.
  bool identity_unknown = false;  // Of either it is not known who the person is.
  friend bool operator==(const Agreement&, const Agreement&) = default;
};

// Compares field by field.  Total and symmetric.
Agreement Compare(const Features& a, const Features& b);

// Tells whether an identifier that one person alone holds agrees exactly: SSN, licence, own key.
bool PersonalIdentifierAgrees(const Agreement& agreement);

// Counts the fields among given name, family name, birth date, sex and SSN that contradict: the
// record may have a new holder where two or more do.
int IndependentContradictions(const Agreement& agreement);

}  // namespace hie::mpi

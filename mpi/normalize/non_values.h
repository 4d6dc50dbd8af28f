#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/common/base/civil_date.h"

// Values that stand where nothing is known: they are missing, neither agreement nor conflict.
namespace hie::mpi {

// Version of the lists below; a change of a list changes matches, so it changes this.
inline constexpr int kNonValuesVersion = 2;

// A newborn not named yet: BABY BOY, BOY A, TWIN 2, INFANT GIRL, NEWBORN, BB, BG.
// `tokens` are the folded tokens of the given names.
bool IsNewbornPlaceholder(const std::vector<std::string>& tokens);

// A folded given or family name that names nobody: UNKNOWN, DOE, TEST, NONE.
bool IsNameNonValue(absl::string_view folded);

// A name that a registrar gives to somebody whom nobody knows: UNKNOWN, DOE^JOHN, TRAUMA^ALPHA.
// `family` and `given` are folded tokens.  A family Doe with another first name is a family.
bool IsUnknownPatientName(const std::vector<std::string>& family,
                          const std::vector<std::string>& given);

// A date that systems fill in: 1900-01-01, 1901-01-01, 1800 and before, 9999.
bool IsBirthDateNonValue(const CivilDate& date);

// Ten digits of a telephone number that nobody answers: all alike, 555-0100, 123-456-7890.
bool IsPhoneNonValue(absl::string_view digits);

// A folded street line that is no place to live: UNKNOWN, HOMELESS, GENERAL DELIVERY.
bool IsAddressNonValue(absl::string_view folded);

// A folded identifier without content: UNKNOWN, NONE, N/A, 0, four or more characters alike.
bool IsIdentifierNonValue(absl::string_view compact);

}  // namespace hie::mpi

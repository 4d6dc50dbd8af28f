#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/common/base/civil_date.h"

// Values that stand where nothing is known: they are missing, neither agreement nor conflict.
namespace hie::mpi {

// Version of the lists below; a change of a list changes matches, so it changes this.
inline constexpr int kNonValuesVersion = 3;

// A newborn not named yet: BABY BOY, BOY A, TWIN 2, INFANT GIRL, NEWBORN, BB, BG, and with the
// mother's name behind: BABY GIRL OF MARIA.  `tokens` are the folded tokens of the given names.
bool IsNewbornPlaceholder(const std::vector<std::string>& tokens);

// A folded given or family name that names nobody: UNKNOWN, DOE, TEST, NONE, ZZTEST7.
bool IsNameNonValue(absl::string_view folded);

// A name that a registrar gives to somebody whom nobody knows: UNKNOWN, DOE^JOHN, TRAUMA^ALPHA.
// `family` and `given` are folded tokens.  A family Doe with another first name is a family.
bool IsUnknownPatientName(const std::vector<std::string>& family,
                          const std::vector<std::string>& given);

// A date that systems fill in: 1900-01-01, 1901-01-01, the first days of computers' calendars,
// years before 1500 and from 2200 on.  Persons of the past have dates: 1650-03-02 is a value.
bool IsBirthDateNonValue(const CivilDate& date);

// The national digits of a telephone number that nobody answers: all alike, area 000 or 999,
// 555-0100 to 555-0199, 123-456-7890.
bool IsPhoneNonValue(absl::string_view digits);

// A lower-case e-mail address that nobody reads: none@none.com, noemail@..., test@test.com,
// no-reply@...
bool IsEmailNonValue(absl::string_view email);

// A folded street line or city that is no place to live: UNKNOWN, HOMELESS, GENERAL DELIVERY,
// SAME AS ABOVE, PO BOX without number.
bool IsAddressNonValue(absl::string_view folded);

// The first five digits of a ZIP that is filled in: 00000, 99999, 12345, 11111.
bool IsZipNonValue(absl::string_view zip5);

// Nine digits of a social security number that stands in advertisements and test data
// (078-05-1120), or that is quickly typed (123-45-6789, 111-22-3333).
// Source: the numbers that the SSA has voided because they were published.
bool IsSsnNonValue(absl::string_view digits);

// A folded identifier without content: UNKNOWN, NONE, N/A, 0, four or more characters alike.
bool IsIdentifierNonValue(absl::string_view compact);

}  // namespace hie::mpi

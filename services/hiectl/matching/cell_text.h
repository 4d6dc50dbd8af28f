#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/common/base/civil_date.h"
#include "services/common/patient/demographics.h"
#include "services/hiectl/matching/column_file.h"

// What single cells of other people's files say.
namespace hie::ctl::matching {

// No name, address or number of a person is longer; what is, is cut.
inline constexpr size_t kCellBytesMax = 1000;

bool IsUtf8(absl::string_view text);

// ISO 8859-1 as UTF-8.
std::string Latin1ToUtf8(absl::string_view text);

// At most `bytes_max` bytes, cut between characters.
absl::string_view CutText(absl::string_view text, size_t bytes_max);

// What programs write for "nothing": NULL, NaN, None, \N, #N/A.  Not NA: a family name.
bool IsNullWord(absl::string_view text);

// Splits "12 Main St, Springfield, IL 62704" into line, city, state and postal code; what it does
// not recognise stays in the line.  Total.
PostalAddress SplitWholeAddress(absl::string_view text);

// The order in which the dates of a column are written, from a sample of its values: by the values
// that leave no choice.  Where all leave one, day first with dots between, month first otherwise.
DateStyle DetectDateStyle(const std::vector<std::string>& values);

// What stays true of a date that no calendar has: its year, and its month where that is one.
// "1945-13-31" under kYearMonthDay gives 1945, "31/02/1980" under kDayMonthYear 1980-02.  None
// where the year does not stand by itself in four digits.
std::optional<CivilDate> PossiblePart(absl::string_view text, DateStyle style);

// A number in international form by its default country: "0712 300633" and "256" give
// "+256712300633".  As it stands where `country` is empty or the number says its own.
std::string WithCountry(absl::string_view phone, absl::string_view country);

}  // namespace hie::ctl::matching

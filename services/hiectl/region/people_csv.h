#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/hiectl/region/people.h"

namespace hie::region {

// Name of the column with the truth, unless another is wanted.
inline constexpr absl::string_view kTruthColumn = "entity_id";

// Returns the head of the profile's file, without line end; `truth_column` stands for the truth.
std::string PeopleCsvHead(PeopleProfile profile, absl::string_view truth_column);

// Appends `field` as RFC 4180 has it: in quotes where it holds a comma, quote, CR or LF, or begins
// or ends with a blank; quotes doubled.
void AppendCsvField(std::string& row, absl::string_view field);

// Generates people into the CSV file `path`, replacing it: the columns of the profile (README of
// this room), rows in an order that tells nothing, rec_id numbered in that order, lines ended by
// LF.
//
// Same options, same bytes.  Memory holds one of 64 parts of the file at a time; the parts lie
// beside it while it works.  INVALID_ARGUMENT names the option; UNAVAILABLE: a file could not be
// written, and what was is removed.
absl::StatusOr<PeopleCounts> WritePeopleCsv(const PeopleOptions& options, const std::string& path,
                                            absl::string_view truth_column);

}  // namespace hie::region

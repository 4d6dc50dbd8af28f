#pragma once

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/registry/filing.h"
#include "services/registry/submission.h"

namespace hie::registry {

// Decides a submission that ValidateSubmission accepts.  Pure: same inputs, same filing.
//
// A document of the same member and unique id that is filed with the same content (see Compare) for
// the same person is the existing entry: its status may still rise, and the source may withhold
// it, no more.  A document makes its member's locator entry VERIFIED; a claim raises it to what it
// says.  States and statuses never fall.  Relations: see RelateDocument.
//
// Refusals: see refusal.h and RegistryService.Submit.  Besides, FAILED_PRECONDITION: replacements
// form a circle, a content belongs to another document, more than kFacilitiesMax facilities.
absl::StatusOr<Filing> FileSubmission(const Submission& submission, const FiledDocuments& filed,
                                      absl::Time now);

// Decides a change of the status of `member`'s document `unique_id`, as RegistryService
// .SetDocumentStatus says.  An empty filing: nothing changes.  NOT_FOUND, FAILED_PRECONDITION.
absl::StatusOr<Filing> ChangeStatus(const MemberId& member, const std::string& unique_id,
                                    DocumentStatus status, const FiledDocuments& filed,
                                    absl::Time now);

}  // namespace hie::registry

#pragma once

#include <vector>

#include "hie/audit/v1/audit.pb.h"
#include "services/registry/document_entry.h"
#include "services/registry/file_submission.h"

namespace hie::registry {

// At most this many patients and items in one event: the audit's limits.
inline constexpr int kEventPatientsMax = 256;
inline constexpr int kEventItemsMax = 256;

// Returns what the audit is told of a filing: one or more CHANGE events per custodian, with every
// document and locator entry that changed.  Id and sequence are set by the outbox.
std::vector<audit::v1::Event> SubmissionEvents(const common::v1::Actor& actor,
                                               const Filing& filing);

}  // namespace hie::registry

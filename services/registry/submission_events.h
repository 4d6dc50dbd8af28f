#pragma once

#include <vector>

#include "absl/strings/string_view.h"
#include "hie/audit/v1/audit.pb.h"
#include "services/registry/filing.h"

namespace hie::registry {

// At most this many patients and items in one event: the audit's limits.
inline constexpr int kEventPatientsMax = 256;
inline constexpr int kEventItemsMax = 256;

// Returns what the audit is told of a filing: one or more CHANGE events per custodian, with every
// document, submission set and locator entry that changed.  `detail` says what kind of change it
// is.  Id and sequence are set by the outbox.
std::vector<audit::v1::Event> FilingEvents(const common::v1::Actor& actor, absl::string_view detail,
                                           const Filing& filing);

}  // namespace hie::registry

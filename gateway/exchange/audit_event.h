#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "services/common/base/strong_id.h"
#include "services/common/patient/local_patient.h"

namespace hie::exchange {

// What kind of event a query records.
enum class AuditKind { kQuery, kIntent, kOutcome, kSafety };

// How a release ended.
enum class ReleaseOutcome { kNone, kReleased, kNotReleased, kBroken };

// One event for the audit; the actor and the break-glass session are the query's.
struct AuditEvent {
  AuditKind kind = AuditKind::kQuery;
  std::string event_id;  // Unique, <= 64 bytes: a repetition is recorded once.
  std::vector<LocalPatient> patients;
  MemberId custodian;
  std::string decision_id;
  std::vector<std::string> item_ids;
  std::string intent_event_id;  // Of an outcome.
  ReleaseOutcome outcome = ReleaseOutcome::kNone;
  uint64_t released_bytes = 0;
  std::string released_sha256;       // 32 bytes; empty where nothing was handed over.
  std::vector<std::string> details;  // Machine words.
};

}  // namespace hie::exchange

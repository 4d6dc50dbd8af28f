#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace hie::hl7v2 {

// Message error condition codes (HL7 table 0357).
enum class ErrorCode {
  kAccepted = 0,
  kSegmentSequence = 100,
  kRequiredFieldMissing = 101,
  kDataType = 102,
  kTableValue = 103,
  kUnsupportedMessageType = 200,
  kUnsupportedEvent = 201,
  kUnsupportedProcessingId = 202,
  kUnsupportedVersion = 203,
  kUnknownKey = 204,
  kDuplicateKey = 205,
  kRecordLocked = 206,
  kInternalError = 207,
};

// The table's words for `code`.
absl::string_view ErrorCodeText(ErrorCode code);

// What an acknowledgement does about a finding in strict mode (table 0008).
enum class Verdict {
  kError,   // AE: do not resend unchanged.
  kReject,  // AR: may be resent later, or the sender is not configured.
};

// Where in a message: `MSH^1^9^1^2` of ERR-2.
struct Location {
  std::string segment;  // Empty: not said.
  int sequence = 1;
  int field = 0;       // 0: the segment itself.
  int repetition = 0;  // 0: not said.
  int component = 0;   // 0: not said.

  // PID-3, MSH-9.2: for people.
  std::string ForPeople() const;
};

// Why a message is not applied.  Names no patient.
struct Finding {
  std::string reason;  // Word of the catalogue (README.md): unmapped-authority, missing-field, ...
  Location where;
  ErrorCode code = ErrorCode::kInternalError;
  Verdict verdict = Verdict::kError;
  std::string explanation;  // What is wanted.
};

}  // namespace hie::hl7v2

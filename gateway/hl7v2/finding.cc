#include "gateway/hl7v2/finding.h"

#include "absl/strings/str_cat.h"

namespace hie::hl7v2 {

absl::string_view ErrorCodeText(ErrorCode code) {
  switch (code) {
    case ErrorCode::kAccepted:
      return "Message accepted";
    case ErrorCode::kSegmentSequence:
      return "Segment sequence error";
    case ErrorCode::kRequiredFieldMissing:
      return "Required field missing";
    case ErrorCode::kDataType:
      return "Data type error";
    case ErrorCode::kTableValue:
      return "Table value not found";
    case ErrorCode::kUnsupportedMessageType:
      return "Unsupported message type";
    case ErrorCode::kUnsupportedEvent:
      return "Unsupported event code";
    case ErrorCode::kUnsupportedProcessingId:
      return "Unsupported processing id";
    case ErrorCode::kUnsupportedVersion:
      return "Unsupported version id";
    case ErrorCode::kUnknownKey:
      return "Unknown key identifier";
    case ErrorCode::kDuplicateKey:
      return "Duplicate key identifier";
    case ErrorCode::kRecordLocked:
      return "Application record locked";
    case ErrorCode::kInternalError:
      return "Application internal error";
  }
  return "Application internal error";
}

std::string Location::ForPeople() const {
  if (field == 0) return segment;
  if (component == 0) return absl::StrCat(segment, "-", field);
  return absl::StrCat(segment, "-", field, ".", component);
}

}  // namespace hie::hl7v2

#include "gateway/exchange/outcome.h"

#include <algorithm>
#include <array>

namespace hie::exchange {
namespace {

// Gravest first: what endangers, then what is missing altogether, then what is missing in part.
constexpr std::array<OutcomeCode, 15> kByGravity = {
    OutcomeCode::kWrongPatient,   OutcomeCode::kTimeout,    OutcomeCode::kUnreachable,
    OutcomeCode::kCircuitOpen,    OutcomeCode::kShed,       OutcomeCode::kThrottled,
    OutcomeCode::kRefused,        OutcomeCode::kAuthFailed, OutcomeCode::kProtocolError,
    OutcomeCode::kBadResponse,    OutcomeCode::kTooLarge,   OutcomeCode::kPartialUpstream,
    OutcomeCode::kPatientUnknown, OutcomeCode::kStaleIndex, OutcomeCode::kOk};

}  // namespace

OutcomeCode OutcomeOf(MemberAnswerStatus status) {
  switch (status) {
    case MemberAnswerStatus::kComplete:
      return OutcomeCode::kOk;
    case MemberAnswerStatus::kPartial:
      return OutcomeCode::kPartialUpstream;
    case MemberAnswerStatus::kPatientUnknown:
      return OutcomeCode::kPatientUnknown;
    case MemberAnswerStatus::kTimeout:
      return OutcomeCode::kTimeout;
    case MemberAnswerStatus::kUnreachable:
      return OutcomeCode::kUnreachable;
    case MemberAnswerStatus::kShed:
      return OutcomeCode::kShed;
    case MemberAnswerStatus::kBadResponse:
      return OutcomeCode::kBadResponse;
    case MemberAnswerStatus::kTooLarge:
      return OutcomeCode::kTooLarge;
    case MemberAnswerStatus::kFailed:
      return OutcomeCode::kProtocolError;
    case MemberAnswerStatus::kThrottled:
      return OutcomeCode::kThrottled;
    case MemberAnswerStatus::kRefused:
      return OutcomeCode::kRefused;
    case MemberAnswerStatus::kAuthFailed:
      return OutcomeCode::kAuthFailed;
  }
  return OutcomeCode::kProtocolError;
}

OutcomeCode Graver(OutcomeCode a, OutcomeCode b) {
  for (const OutcomeCode code : kByGravity) {
    if (a == code || b == code) return code;
  }
  return OutcomeCode::kUnspecified;
}

Completeness JudgeCompleteness(const Coverage& coverage) {
  if (coverage.expected == 0) {
    if (coverage.index_entries > 0) return Completeness::kIndexOnly;
    // A source that became known meanwhile was not asked: "none" would be untrue.
    return coverage.sources_moved ? Completeness::kPartial : Completeness::kNoKnownSource;
  }
  if (coverage.answered == coverage.expected && !coverage.sources_moved) {
    return Completeness::kCompleteAsPermitted;
  }
  if (coverage.answered == 0 && coverage.items == 0 && coverage.index_entries > 0) {
    return Completeness::kIndexOnly;
  }
  return Completeness::kPartial;
}

std::vector<ClinicalClass> ToldWhenEmpty(const std::vector<ClinicalClass>& wanted) {
  if (!wanted.empty()) return wanted;
  return {ClinicalClass::kAllergy, ClinicalClass::kMedication, ClinicalClass::kCondition};
}

}  // namespace hie::exchange

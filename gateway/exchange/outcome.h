#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/exchange/member_port.h"
#include "services/common/base/strong_id.h"
#include "services/common/labels/access.h"

namespace hie::exchange {

// Stands in every answer, whatever was or was not withheld (PRACTICE 2).
inline constexpr absl::string_view kNotice =
    "Records may exist that patient choice or law withholds; emergency access can be requested.";

// How one expected member answered.  Values equal hie.exchange.v1.MemberOutcomeCode.
enum class OutcomeCode {
  kUnspecified = 0,
  kOk = 1,
  kTimeout = 2,
  kUnreachable = 3,
  kCircuitOpen = 4,
  kShed = 5,
  kThrottled = 6,
  kRefused = 7,
  kAuthFailed = 8,
  kBadResponse = 9,
  kProtocolError = 10,
  kTooLarge = 11,
  kPatientUnknown = 12,
  kWrongPatient = 13,
  kPartialUpstream = 14,
  kStaleIndex = 15,
};

// One per expected member.
struct MemberOutcome {
  MemberId member;
  std::string member_name;
  OutcomeCode code = OutcomeCode::kUnspecified;
  uint32_t items = 0;
  absl::Duration elapsed;  // From the start of the query.
  // About which the member, having answered in full, gave nothing that was released.
  std::vector<ClinicalClass> empty_classes;
  uint32_t index_entries = 0;
};

// What an answer covers.  Values equal hie.exchange.v1.Completeness.
enum class Completeness {
  kUnspecified = 0,
  kCompleteAsPermitted = 1,
  kPartial = 2,
  kIndexOnly = 3,
  kNoKnownSource = 4,
};

// Last message of an answer.
struct QueryEnd {
  Completeness completeness = Completeness::kUnspecified;
  uint32_t answered = 0;
  uint32_t expected = 0;
  uint32_t items = 0;
};

// Returns the outcome of an answer that was checked and found right.
OutcomeCode OutcomeOf(MemberAnswerStatus status);

// Returns the one that a person must rather hear of; kOk is the least.
OutcomeCode Graver(OutcomeCode a, OutcomeCode b);

// What an answer amounts to.
struct Coverage {
  uint32_t expected = 0;
  uint32_t answered = 0;  // In full.
  uint32_t items = 0;
  uint32_t index_entries = 0;
  bool sources_moved = false;  // Links changed, or the index was cut, while answering.
};
Completeness JudgeCompleteness(const Coverage& coverage);

// Returns the classes of which a caller must be told that nothing came: the wanted ones, or where
// none were named allergies, medicines and problems.
std::vector<ClinicalClass> ToldWhenEmpty(const std::vector<ClinicalClass>& wanted);

}  // namespace hie::exchange

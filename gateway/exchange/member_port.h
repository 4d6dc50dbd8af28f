#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/exchange/clinical_item.h"
#include "services/common/base/strong_id.h"
#include "services/common/patient/local_patient.h"

namespace hie::exchange {

// What one member is asked.
struct MemberQuestion {
  MemberId member;
  LocalPatient patient;
  std::vector<ClinicalClass> classes;  // Empty: all that are served.
  absl::Duration budget;
  std::string request_id;
};

// How a member's answer stands.
enum class MemberAnswerStatus {
  kComplete,
  kPartial,  // The member itself was partial.
  kPatientUnknown,
  kTimeout,
  kUnreachable,  // Not attached, or the connection was lost.
  kShed,         // Our per-member limit is full.
  kBadResponse,  // Unparsable.
  kTooLarge,     // A cap was reached; what fits is there.
  kFailed,       // The source failed.
  kThrottled,    // The member asked us to wait.
  kRefused,      // The member said no.
  kAuthFailed,   // Our credentials at the member failed.
};

// A member's answer, parsed, unchecked.
struct MemberAnswer {
  MemberAnswerStatus status = MemberAnswerStatus::kFailed;
  std::vector<AnsweredPatient> patients;
  std::vector<ClinicalItem> items;
};

// A running question.  Cancel is idempotent; after it `done` may or may not be called.
class MemberCall {
 public:
  virtual ~MemberCall() = default;
  virtual void Cancel() = 0;
};

// One document's content is wanted.
struct ContentRequest {
  MemberId member;
  LocalPatient patient;
  std::string unique_id;
  absl::Duration budget;
  std::string request_id;
};

// How members are reached.  Thread-safe.
class MemberPort {
 public:
  virtual ~MemberPort() = default;

  // Asks a member.  `done` is called once, also at the end of the budget; on any thread; must not
  // block.
  virtual std::shared_ptr<MemberCall> Ask(const MemberQuestion& question,
                                          std::function<void(MemberAnswer)> done) = 0;

  // Fetches content.  `on_chunk` gets at most 256 KiB at a time, in order; returning false
  // cancels.  `done`: OK complete; NOT_FOUND; DEADLINE_EXCEEDED; UNAVAILABLE.
  virtual std::shared_ptr<MemberCall> Fetch(const ContentRequest& request,
                                            std::function<bool(absl::string_view chunk)> on_chunk,
                                            std::function<void(absl::Status)> done) = 0;

  // The member can be asked now.
  virtual bool Reachable(const MemberId& member) const = 0;
};

}  // namespace hie::exchange

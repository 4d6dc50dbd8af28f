#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/hl7v2/finding.h"
#include "gateway/hl7v2/message.h"
#include "gateway/hl7v2/segments/msh.h"
#include "services/common/member/member.h"

namespace hie::hl7v2 {

// MSA-1 (table 0008).
enum class AckCode {
  kApplicationAccept,  // AA
  kApplicationError,   // AE
  kApplicationReject,  // AR
  kCommitAccept,       // CA
  kCommitError,        // CE
  kCommitReject,       // CR
};

absl::string_view AckCodeText(AckCode code);

// What of a received MSH is needed to answer it, as written: in its own delimiters.
struct ReplyHeader {
  Delimiters delimiters;
  std::string sending_application;    // MSH-3.
  std::string sending_facility;       // MSH-4.
  std::string receiving_application;  // MSH-5.
  std::string receiving_facility;     // MSH-6.
  std::string trigger;                // MSH-9.2.
  std::string control_id;             // MSH-10.
  std::string processing_id;          // MSH-11.
  std::string version;                // MSH-12.
};

// Reads what the answer repeats; each part is cut at 250 bytes and freed of control characters.
ReplyHeader ReadReplyHeader(const Message& message);

// What an answer says.
struct Acknowledgement {
  AckCode code = AckCode::kApplicationAccept;
  std::optional<Finding> finding;  // Becomes ERR, unless the code accepts.
};

// Who answers: MSH-3 and MSH-4 where the message named no receiver.
struct Answerer {
  std::string application;
  std::string facility;
};

// Writes the answer: MSH with parties swapped, the same MSH-11 and MSH-12, MSA, ERR.
//
// Segments end with CR; the caller frames it.  ERR has the form of the message's version: before
// v2.5 it is one field.  No patient data: nothing of the message but its MSH is repeated.
std::string WriteAcknowledgement(const ReplyHeader& to, const Acknowledgement& answer,
                                 absl::string_view own_control_id, absl::Time now,
                                 const Answerer& answerer);

// What was decided about a message, and how it is told to its sender.
enum class AckStage {
  kApplication,  // AA, AE, AR.
  kCommit,       // CA, CE, CR.
};
Acknowledgement AcknowledgeFinding(const Finding& finding, AckMode mode, AckStage stage);

// Whether an answer is sent where the sender set `condition`; `unsaid` where it set none.
bool Wanted(AckCondition condition, AckCode code);

// Which answers a message gets (chapter 2.9.2 and 2.9.3).
struct AckWishes {
  AckCondition commit = AckCondition::kNever;
  AckCondition application = AckCondition::kAlways;
};
AckWishes WishesOf(const MessageHeader& header);

}  // namespace hie::hl7v2

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gateway/exchange/audit_event.h"
#include "gateway/exchange/batch.h"
#include "gateway/exchange/member_port.h"
#include "gateway/exchange/outcome.h"
#include "gateway/exchange/query_event.h"

// What a query wants done.
namespace hie::exchange {

// Who was found, and why; leaves with the first batch.
struct QueryHead {
  std::string query_id;
  EnterpriseId eid;
  Demographics demographics;
  int32_t weight_millibits = 0;
  std::vector<FieldWeight> fields;
  std::vector<MemberId> expected;
  absl::Duration budget;
};

namespace action {

struct ResolvePerson {
  std::variant<LocalPatient, EnterpriseId> subject;
};
struct SearchPersons {
  Demographics demographics;
};
struct LocateRecords {
  std::vector<LocalPatient> patients;
  bool superseded = false;  // Superseded documents, too.
};
struct DecideBatch {
  BatchNumber batch = 0;
  DecisionAction action = DecisionAction::kRetrieve;
  std::vector<LocalPatient> certain;
  std::vector<LocalPatient> possible;
  std::vector<DecisionItem> items;
};
struct AppendEvents {
  AppendNumber append = 0;
  std::vector<AuditEvent> events;
};
struct ConfirmLinks {
  BatchNumber batch = 0;
  EnterpriseId eid;
  uint64_t link_version = 0;
};
struct ConfirmConsent {
  BatchNumber batch = 0;
  FenceToken token;
};
struct AskMember {
  QuestionNumber question = 0;
  MemberQuestion member_question;
};
struct CancelQuestion {
  QuestionNumber question = 0;
};
// Writes a batch, unless it is later than `not_after`: then WriteTooLate.
struct WriteBatch {
  std::shared_ptr<const Batch<Audited>> batch;
  std::optional<QueryHead> head;  // With kBegin.
  absl::Time not_after;
};
struct WriteOutcome {
  MemberOutcome outcome;
};
struct WriteEnd {
  QueryEnd end;
};
// Items of this custodian left because the glass was broken: its privacy officer is told.
struct NoteDisclosure {
  MemberId custodian;
};
struct SetTimer {
  TimerKind timer = TimerKind::kBudget;
  absl::Time at;
};
// Ends the stream.  OK only after WriteEnd was written.
struct Finish {
  absl::Status status;
};

}  // namespace action

using QueryAction =
    std::variant<action::ResolvePerson, action::SearchPersons, action::LocateRecords,
                 action::DecideBatch, action::AppendEvents, action::ConfirmLinks,
                 action::ConfirmConsent, action::AskMember, action::CancelQuestion,
                 action::WriteBatch, action::WriteOutcome, action::WriteEnd, action::NoteDisclosure,
                 action::SetTimer, action::Finish>;

}  // namespace hie::exchange

#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/exchange/decision.h"
#include "gateway/exchange/directory_view.h"
#include "gateway/exchange/member_port.h"
#include "gateway/exchange/person.h"
#include "gateway/exchange/places.h"
#include "services/common/labels/access.h"

// What a query is told.
namespace hie::exchange {

// A record of any member: known to the caller where its place may be named, else nobody's.
struct AnyMemberPatient {
  LocalPatient patient;
};

// What a caller asks, checked for shape.
//
// An answer to a restricted question (`only_items`, `only_members`) is complete where every member
// that was asked answered in full: it says nothing of what was not asked for.
struct Query {
  std::string query_id;  // A UUID: stands in every audit event.
  Actor actor;
  std::variant<LocalPatient, Demographics, EnterpriseId, AnyMemberPatient> subject;
  std::vector<ClinicalClass> classes;  // Empty: all that are served.
  absl::Duration budget;
  std::string session_id;  // Break-glass; empty: none.
  std::shared_ptr<const DirectoryView> directory;
  // Of items and index entries only these are decided and released; empty: all.
  std::set<std::string> only_items = {};
  // Only these members are expected and asked; empty: all.
  std::set<MemberId> only_members = {};
  // Index entries that were superseded count, too.
  bool include_superseded = false;
};

// Numbers a batch, a question, an append; each counts by itself from 1.
using BatchNumber = uint32_t;
using QuestionNumber = uint32_t;
using AppendNumber = uint32_t;

// What was asked of the clock.
enum class TimerKind {
  kAsking,  // Members have had their time.
  kBudget,  // The budget is over.
  kStop,    // The caller does not read: end whatever happens.
};

namespace event {

// Always the first.
struct Begun {};
struct PersonResolved {
  absl::StatusOr<Person> person;
};
struct PersonsFound {
  absl::StatusOr<SearchResult> result;
};
struct RecordsLocated {
  absl::StatusOr<Located> located;
};
struct BatchDecided {
  BatchNumber batch = 0;
  absl::StatusOr<DecisionSet> decisions;
};
// Events of one append are durable, or are not.
struct EventsAppended {
  AppendNumber append = 0;
  absl::Status status;
};
// OK, ABORTED (the links are others now), or a failure.
struct LinksConfirmed {
  BatchNumber batch = 0;
  absl::Status status;
};
// OK, ABORTED (consent moved), or a failure.
struct ConsentConfirmed {
  BatchNumber batch = 0;
  absl::Status status;
};
struct MemberAnswered {
  QuestionNumber question = 0;
  MemberAnswer answer;
};
// The transport took the last write, or the stream is broken.
struct Written {
  bool taken = false;
  uint64_t bytes = 0;
  std::string sha256;  // Over the released items' bytes in order.
};
// A write was not begun: its fence had grown too old on the way.
struct WriteTooLate {};
struct TimerFired {
  TimerKind timer = TimerKind::kBudget;
};
struct CallerGone {};

}  // namespace event

using QueryEvent =
    std::variant<event::Begun, event::PersonResolved, event::PersonsFound, event::RecordsLocated,
                 event::BatchDecided, event::EventsAppended, event::LinksConfirmed,
                 event::ConsentConfirmed, event::MemberAnswered, event::Written,
                 event::WriteTooLate, event::TimerFired, event::CallerGone>;

}  // namespace hie::exchange

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/hl7v2/field_state.h"
#include "gateway/hl7v2/inbox_seal.h"
#include "gateway/hl7v2/inbox_store.h"
#include "gateway/hl7v2/reception.h"
#include "services/common/journal/journal.h"

namespace hie::hl7v2 {

// The durable inbox: what was accepted, where it stands, and what the messages about a record have
// said so far.  Thread-safe.  Callbacks come on the journal's thread, in the order of the
// proposals, and must not block; OK means synced to disk.
class Inbox {
 public:
  struct Options {
    Journal* journal = nullptr;       // Over InboxMachine; must outlive the inbox.
    const InboxSeal* seal = nullptr;  // Must outlive the inbox.
    RandomSource* random = nullptr;   // Must outlive the inbox.
    absl::Duration dedup_time;
    absl::Duration keep_time;
  };
  template <typename Reply>
  using Done = std::function<void(absl::StatusOr<Reply>)>;

  explicit Inbox(Options options) : options_(options) {}

  // Takes a message in, or finds that it was taken in before.
  void Accept(const Reception& reception, Done<exchange::v1::AcceptedMessage> done);

  // Records what became of a message.  `finish` comes without keep_micros.
  void Finish(exchange::v1::FinishMessage finish, Done<exchange::v1::ClosedMessage> done);

  // Closes an exception.  FAILED_PRECONDITION: it is not open.
  void Discard(exchange::v1::DiscardMessage discard, Done<exchange::v1::ClosedMessage> done);

  // Records that somebody reads a message.
  void RecordReading(audit::v1::Event event, std::function<void(absl::Status)> done);

  // Removes rows whose time has come, `limit` at most; the answer is how many there were.
  void Prune(uint32_t limit, Done<exchange::v1::PrunedInbox> done);

  // Committed state.
  std::shared_ptr<const KvReader> Snapshot() const { return options_.journal->Snapshot(); }

  // The message as received.  NOT_FOUND: its body is not kept.  DATA_LOSS: it does not open.
  absl::StatusOr<std::string> ReadBody(const KvReader& state,
                                       const exchange::v1::InboxRow& row) const;

  // What the messages about a record have said; nothing: none has spoken.
  absl::StatusOr<std::optional<FieldState>> ReadFields(const LocalPatient& patient) const;

  // The change that keeps, or forgets, what was said about a record.
  exchange::v1::FieldWrite Keep(const LocalPatient& patient, const FieldState& state) const;
  exchange::v1::FieldWrite Forget(const LocalPatient& patient) const;

  // Lower-case hex that names a record, or a message's body, without telling it.
  std::string RecordWord(const LocalPatient& patient) const;
  std::string BodyWord(absl::string_view body) const;

 private:
  const Options options_;
};

}  // namespace hie::hl7v2

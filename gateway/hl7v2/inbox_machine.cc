#include "gateway/hl7v2/inbox_machine.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/hl7v2/inbox_store.h"
#include "services/common/base/status_macros.h"
#include "services/common/outbox/outbox.h"
#include "services/common/storage/key_codec.h"

namespace hie::hl7v2 {
namespace {

namespace v1 = exchange::v1;

constexpr absl::string_view kRole = "gateway";
constexpr absl::string_view kNextNumber = "next";
// Rows of the table `meta` that name bodies whose message has not come yet.
constexpr absl::string_view kUpload = "upload";
// Parts of a body whose message never came.
constexpr absl::Duration kOrphanTime = absl::Hours(1);
// Words of one counter: a feed that writes a new authority in every message must not fill the disk.
constexpr size_t kWordsMax = 500;
constexpr absl::string_view kOtherWords = "(others)";

// What an expiry row is about.
enum class Expiring : uint8_t { kMessage = 1, kBody = 2 };

std::string ExpiryKey(absl::Time when, Expiring kind, absl::string_view what) {
  return KeyWriter().Time(when).U8(static_cast<uint8_t>(kind)).Text(what).key();
}

std::string UploadKey(absl::string_view body_id) { return absl::StrCat(kUpload, body_id); }

bool IsCounted(directory::v1::MemberState state) {
  return state == directory::v1::MEMBER_STATE_TEST || state == directory::v1::MEMBER_STATE_SHADOW;
}

// One command at work.
class Application {
 public:
  Application(const Stamp& stamp, const KvReader& state, WriteBatch& changes)
      : stamp_(stamp), state_(state), changes_(changes) {}

  absl::StatusOr<std::string> PutPart(const v1::PutBodyPart& part) {
    changes_.Put(inbox::kBodies, BodyKey(part.body_id(), part.part()), part.sealed());
    changes_.Put(inbox::kMeta, UploadKey(part.body_id()), "");
    changes_.Put(inbox::kExpiry,
                 ExpiryKey(stamp_.time + kOrphanTime, Expiring::kBody, part.body_id()), "");
    return std::string();
  }

  absl::StatusOr<std::string> Accept(const v1::AcceptMessage& message) {
    const std::string key = DedupKey(message.member(), message.source(), message.control_id());
    HIE_ASSIGN_OR_RETURN(v1::DedupRow seen, ReadDedup(key));
    HIE_ASSIGN_OR_RETURN(v1::AcceptedMessage accepted, FindRepetition(seen, message));
    if (accepted.repeated() || (accepted.other_body() && message.refuse_other_body())) {
      return accepted.SerializeAsString();
    }
    HIE_RETURN_IF_ERROR(CheckParts(message));
    HIE_ASSIGN_OR_RETURN(const uint64_t number, NextNumber());
    accepted.set_number(number);
    accepted.set_state(v1::INBOX_STATE_RECEIVED);
    PutRow(number, NewRow(message));
    changes_.Put(inbox::kBodies, BodyKey(message.body_id(), message.parts() - 1), message.sealed());
    if (message.parts() > 1) changes_.Delete(inbox::kMeta, UploadKey(message.body_id()));
    changes_.Put(inbox::kPending, NumberKey(number), "");
    seen.add_numbers(number);
    changes_.Put(inbox::kDedup, key, seen.SerializeAsString());
    HIE_RETURN_IF_ERROR(CountArrival(message));
    return accepted.SerializeAsString();
  }

  absl::StatusOr<std::string> Finish(const v1::FinishMessage& finish) {
    HIE_ASSIGN_OR_RETURN(v1::InboxRow row, Row(finish.number()));
    if (row.state() != v1::INBOX_STATE_RECEIVED && row.state() != v1::INBOX_STATE_EXCEPTION) {
      return Closed(finish.number(), row);
    }
    changes_.Delete(inbox::kPending, NumberKey(finish.number()));
    row.set_tries(row.tries() + 1);
    row.set_state(finish.state());
    if (finish.state() == v1::INBOX_STATE_EXCEPTION) {
      *row.mutable_finding() = finish.finding();
      const std::string key = MemberNumberKey(row.member(), finish.number());
      changes_.Put(inbox::kExceptions, key, "");
      changes_.Put(inbox::kOpen, key, "");
    } else {
      Close(finish.number(), row, finish.keep_micros());
    }
    // An applied message is not needed any more; a repaired one is what somebody may ask about.
    if (finish.state() == v1::INBOX_STATE_APPLIED) DropBody(row);
    PutRow(finish.number(), row);
    for (const v1::FieldWrite& write : finish.writes()) {
      if (write.sealed().empty()) {
        changes_.Delete(inbox::kFields, write.record_tag());
      } else {
        changes_.Put(inbox::kFields, write.record_tag(), write.sealed());
      }
    }
    HIE_RETURN_IF_ERROR(Count(row.member(), finish.counts()));
    if (finish.has_event()) outbox::Put(kRole, stamp_, 0, finish.event(), changes_);
    return Closed(finish.number(), row);
  }

  absl::StatusOr<std::string> Discard(const v1::DiscardMessage& discard) {
    HIE_ASSIGN_OR_RETURN(v1::InboxRow row, Row(discard.number()));
    if (row.state() != v1::INBOX_STATE_EXCEPTION) {
      return absl::FailedPreconditionError("id: want an open exception");
    }
    row.set_state(v1::INBOX_STATE_DISCARDED);
    row.set_discard_reason(discard.reason());
    Close(discard.number(), row, discard.keep_micros());
    PutRow(discard.number(), row);
    outbox::Put(kRole, stamp_, 0, discard.event(), changes_);
    return Closed(discard.number(), row);
  }

  absl::StatusOr<std::string> Prune(const v1::PruneInbox& prune) {
    std::vector<std::string> due;
    absl::Status bad;
    HIE_RETURN_IF_ERROR(
        state_.Scan(inbox::kExpiry, "", "", [&](absl::string_view key, absl::string_view) {
          KeyReader reader(key);
          const absl::StatusOr<absl::Time> when = reader.Time();
          bad = when.status();
          if (!bad.ok() || *when > stamp_.time || due.size() >= prune.limit()) return false;
          due.emplace_back(key);
          return true;
        }));
    HIE_RETURN_IF_ERROR(bad);
    for (const std::string& key : due) HIE_RETURN_IF_ERROR(Expire(key));
    v1::PrunedInbox pruned;
    pruned.set_removed(static_cast<uint32_t>(due.size()));
    return pruned.SerializeAsString();
  }

  absl::StatusOr<std::string> Record(const v1::RecordReading& reading) {
    outbox::Put(kRole, stamp_, 0, reading.event(), changes_);
    return std::string();
  }

 private:
  absl::StatusOr<v1::DedupRow> ReadDedup(const std::string& key) const {
    v1::DedupRow row;
    HIE_ASSIGN_OR_RETURN(const std::optional<std::string> bytes, state_.Get(inbox::kDedup, key));
    if (bytes && !row.ParseFromString(*bytes)) {
      return absl::DataLossError("inbox: bad row of a control id");
    }
    return row;
  }

  // A part that a full queue refused must not leave a message that cannot be read again.
  absl::Status CheckParts(const v1::AcceptMessage& message) const {
    for (uint32_t part = 0; part + 1 < message.parts(); ++part) {
      HIE_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                           state_.Get(inbox::kBodies, BodyKey(message.body_id(), part)));
      if (!bytes) return absl::ResourceExhaustedError("message: a part of it was not taken");
    }
    return absl::OkStatus();
  }

  // The newest message with the same body wins.
  absl::StatusOr<v1::AcceptedMessage> FindRepetition(const v1::DedupRow& seen,
                                                     const v1::AcceptMessage& message) const {
    v1::AcceptedMessage accepted;
    const int64_t now = absl::ToUnixMicros(stamp_.time);
    for (auto number = seen.numbers().rbegin(); number != seen.numbers().rend(); ++number) {
      HIE_ASSIGN_OR_RETURN(const std::optional<v1::InboxRow> row, ReadRow(state_, *number));
      if (!row || now - row->received_micros() > message.dedup_micros()) continue;
      if (row->body_tag() != message.body_tag()) {
        accepted.set_other_body(true);
        continue;
      }
      accepted.set_number(*number);
      accepted.set_repeated(true);
      accepted.set_state(row->state());
      if (row->has_finding()) *accepted.mutable_finding() = row->finding();
      break;
    }
    return accepted;
  }

  absl::StatusOr<uint64_t> NextNumber() {
    HIE_ASSIGN_OR_RETURN(const std::optional<std::string> last,
                         state_.Get(inbox::kMeta, kNextNumber));
    uint64_t number = 1;
    if (last) {
      HIE_ASSIGN_OR_RETURN(number, DecodeCount(*last));
    }
    changes_.Put(inbox::kMeta, kNextNumber, EncodeCount(number + 1));
    return number;
  }

  v1::InboxRow NewRow(const v1::AcceptMessage& message) const {
    v1::InboxRow row;
    row.set_member(message.member());
    row.set_source(message.source());
    row.set_message_type(message.message_type());
    row.set_control_id(message.control_id());
    row.set_received_micros(absl::ToUnixMicros(stamp_.time));
    row.set_state(v1::INBOX_STATE_RECEIVED);
    row.set_body_tag(message.body_tag());
    row.set_body_id(message.body_id());
    row.set_parts(message.parts());
    return row;
  }

  absl::StatusOr<v1::InboxRow> Row(uint64_t number) const {
    HIE_ASSIGN_OR_RETURN(std::optional<v1::InboxRow> row, ReadRow(state_, number));
    if (!row) return absl::NotFoundError("id: unknown");
    return *std::move(row);
  }

  void PutRow(uint64_t number, const v1::InboxRow& row) {
    changes_.Put(inbox::kMessages, NumberKey(number), row.SerializeAsString());
  }

  void Close(uint64_t number, v1::InboxRow& row, int64_t keep_micros) {
    row.set_closed_micros(absl::ToUnixMicros(stamp_.time));
    changes_.Delete(inbox::kOpen, MemberNumberKey(row.member(), number));
    changes_.Put(inbox::kExpiry,
                 ExpiryKey(stamp_.time + absl::Microseconds(keep_micros), Expiring::kMessage,
                           NumberKey(number)),
                 "");
  }

  void DropBody(const v1::InboxRow& row) {
    for (uint32_t part = 0; part < row.parts(); ++part) {
      changes_.Delete(inbox::kBodies, BodyKey(row.body_id(), part));
    }
  }

  static std::string Closed(uint64_t number, const v1::InboxRow& row) {
    v1::ClosedMessage closed;
    *closed.mutable_exception() = ToException(number, row);
    return closed.SerializeAsString();
  }

  absl::Status Expire(const std::string& key) {
    changes_.Delete(inbox::kExpiry, key);
    KeyReader reader(key);
    HIE_RETURN_IF_ERROR(reader.Time().status());
    HIE_ASSIGN_OR_RETURN(const uint8_t kind, reader.U8());
    HIE_ASSIGN_OR_RETURN(const std::string what, reader.Text());
    if (kind == static_cast<uint8_t>(Expiring::kBody)) return ExpireBody(what);
    HIE_ASSIGN_OR_RETURN(const uint64_t number, DecodeCount(what));
    HIE_ASSIGN_OR_RETURN(const std::optional<v1::InboxRow> row, ReadRow(state_, number));
    if (!row) return absl::OkStatus();
    DropBody(*row);
    changes_.Delete(inbox::kMessages, NumberKey(number));
    changes_.Delete(inbox::kExceptions, MemberNumberKey(row->member(), number));
    return ForgetControlId(number, *row);
  }

  // Parts of a message that was accepted stay: its row names them.
  absl::Status ExpireBody(const std::string& body_id) {
    HIE_ASSIGN_OR_RETURN(const std::optional<std::string> upload,
                         state_.Get(inbox::kMeta, UploadKey(body_id)));
    if (!upload) return absl::OkStatus();
    changes_.Delete(inbox::kMeta, UploadKey(body_id));
    HIE_ASSIGN_OR_RETURN(const std::vector<KvEntry> parts,
                         state_.ScanPrefix(inbox::kBodies, KeyWriter().Text(body_id).key()));
    for (const KvEntry& part : parts) changes_.Delete(inbox::kBodies, part.key);
    return absl::OkStatus();
  }

  // Several messages of one control id may go in one command.
  absl::Status ForgetControlId(uint64_t number, const v1::InboxRow& row) {
    const std::string key = DedupKey(row.member(), row.source(), row.control_id());
    auto known = forgotten_.find(key);
    if (known == forgotten_.end()) {
      HIE_ASSIGN_OR_RETURN(v1::DedupRow stored, ReadDedup(key));
      known = forgotten_.emplace(key, std::move(stored)).first;
    }
    v1::DedupRow after;
    for (const uint64_t kept : known->second.numbers()) {
      if (kept != number) after.add_numbers(kept);
    }
    known->second = after;
    if (after.numbers().empty()) {
      changes_.Delete(inbox::kDedup, key);
    } else {
      changes_.Put(inbox::kDedup, key, after.SerializeAsString());
    }
    return absl::OkStatus();
  }

  // The row of counter UNSPECIFIED tells the state in which the others were counted.
  absl::Status CountArrival(const v1::AcceptMessage& message) {
    const std::string key = CounterKey(message.member(), v1::INTAKE_COUNTER_UNSPECIFIED, "");
    HIE_ASSIGN_OR_RETURN(const std::optional<std::string> before,
                         state_.Get(inbox::kCounters, key));
    const std::string now = EncodeCount(static_cast<uint64_t>(message.member_state()));
    bool fresh = false;
    if (before != now) {
      if (IsCounted(message.member_state())) {
        HIE_RETURN_IF_ERROR(ResetCounters(message.member()));
        fresh = true;
      }
      changes_.Put(inbox::kCounters, key, now);
    }
    if (!IsCounted(message.member_state())) return absl::OkStatus();
    const uint64_t micros = static_cast<uint64_t>(absl::ToUnixMicros(stamp_.time));
    const std::string first = CounterKey(message.member(), v1::INTAKE_COUNTER_FIRST, "");
    HIE_ASSIGN_OR_RETURN(const std::optional<std::string> begun,
                         state_.Get(inbox::kCounters, first));
    if (fresh || !begun) changes_.Put(inbox::kCounters, first, EncodeCount(micros));
    changes_.Put(inbox::kCounters, CounterKey(message.member(), v1::INTAKE_COUNTER_LAST, ""),
                 EncodeCount(micros));
    HIE_RETURN_IF_ERROR(Add(message.member(), v1::INTAKE_COUNTER_MESSAGE, "", fresh));
    return Add(message.member(), v1::INTAKE_COUNTER_TYPE, message.message_type(), fresh);
  }

  absl::Status ResetCounters(const std::string& member) {
    for (const Table table : {inbox::kCounters, inbox::kSeen}) {
      HIE_ASSIGN_OR_RETURN(const std::vector<KvEntry> rows,
                           state_.ScanPrefix(table, MemberKeyPrefix(member)));
      for (const KvEntry& row : rows) changes_.Delete(table, row.key);
    }
    return absl::OkStatus();
  }

  absl::Status Count(const std::string& member,
                     const google::protobuf::RepeatedPtrField<v1::IntakeCount>& counts) {
    HIE_ASSIGN_OR_RETURN(
        const std::optional<std::string> phase,
        state_.Get(inbox::kCounters, CounterKey(member, v1::INTAKE_COUNTER_UNSPECIFIED, "")));
    if (!phase || counts.empty()) return absl::OkStatus();
    HIE_ASSIGN_OR_RETURN(const uint64_t state, DecodeCount(*phase));
    if (!IsCounted(static_cast<directory::v1::MemberState>(state))) return absl::OkStatus();
    for (const v1::IntakeCount& count : counts) {
      if (count.counter() != v1::INTAKE_COUNTER_PATIENT) {
        HIE_RETURN_IF_ERROR(Add(member, count.counter(), count.word(), false));
        continue;
      }
      const std::string seen = KeyWriter().Text(member).Text(count.word()).key();
      HIE_ASSIGN_OR_RETURN(const std::optional<std::string> before, state_.Get(inbox::kSeen, seen));
      if (before) continue;
      changes_.Put(inbox::kSeen, seen, "");
      HIE_RETURN_IF_ERROR(Add(member, count.counter(), "", false));
    }
    return absl::OkStatus();
  }

  // A fresh counter begins at nothing, whatever the state still holds.  Words of one command are
  // distinct: each counter is changed once.
  absl::Status Add(const std::string& member, v1::IntakeCounter counter, std::string word,
                   bool fresh) {
    std::string key = CounterKey(member, counter, word);
    HIE_ASSIGN_OR_RETURN(std::optional<std::string> before, state_.Get(inbox::kCounters, key));
    if (!before && !word.empty() && word != kOtherWords) {
      const std::string prefix = KeyWriter().Text(member).U8(static_cast<uint8_t>(counter)).key();
      HIE_ASSIGN_OR_RETURN(const std::vector<KvEntry> words,
                           state_.ScanPrefix(inbox::kCounters, prefix, kWordsMax));
      if (words.size() == kWordsMax) return Add(member, counter, std::string(kOtherWords), fresh);
    }
    uint64_t count = 0;
    if (before && !fresh) {
      HIE_ASSIGN_OR_RETURN(count, DecodeCount(*before));
    }
    changes_.Put(inbox::kCounters, key, EncodeCount(count + 1));
    return absl::OkStatus();
  }

  const Stamp& stamp_;
  const KvReader& state_;
  WriteBatch& changes_;
  std::map<std::string, v1::DedupRow> forgotten_;
};

}  // namespace

absl::StatusOr<std::string> InboxMachine::Apply(absl::string_view command,
                                                absl::string_view /*plan*/, const Stamp& stamp,
                                                const KvReader& state, WriteBatch& changes) const {
  v1::IntakeCommand intake;
  if (!intake.ParseFromArray(command.data(), static_cast<int>(command.size()))) {
    return absl::InvalidArgumentError("command: not a message");
  }
  Application application(stamp, state, changes);
  switch (intake.command_case()) {
    case v1::IntakeCommand::kPutPart:
      return application.PutPart(intake.put_part());
    case v1::IntakeCommand::kAccept:
      return application.Accept(intake.accept());
    case v1::IntakeCommand::kFinish:
      return application.Finish(intake.finish());
    case v1::IntakeCommand::kDiscard:
      return application.Discard(intake.discard());
    case v1::IntakeCommand::kPrune:
      return application.Prune(intake.prune());
    case v1::IntakeCommand::kReading:
      return application.Record(intake.reading());
    case v1::IntakeCommand::COMMAND_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("command: want one kind");
}

}  // namespace hie::hl7v2

#include "gateway/hl7v2/inbox_store.h"

#include "absl/strings/str_cat.h"
#include "gateway/hl7v2/inbox_wire.h"
#include "services/common/base/status_macros.h"
#include "services/common/journal/embedded_journal.h"
#include "services/common/outbox/outbox.h"
#include "services/common/storage/key_codec.h"

namespace hie::hl7v2 {

namespace v1 = exchange::v1;

std::vector<std::string> InboxTables() {
  std::vector<std::string> tables;
  for (const Table table :
       {inbox::kMessages, inbox::kBodies, inbox::kPending, inbox::kExceptions, inbox::kOpen,
        inbox::kDedup, inbox::kExpiry, inbox::kFields, inbox::kCounters, inbox::kSeen, inbox::kMeta,
        Table(kJournalTable), Table(outbox::kTable)}) {
    tables.emplace_back(table);
  }
  return tables;
}

std::string NumberKey(uint64_t number) { return KeyWriter().U64(number).key(); }

std::string BodyKey(absl::string_view body_id, uint32_t part) {
  return KeyWriter().Text(body_id).U32(part).key();
}

std::string MemberKeyPrefix(absl::string_view member) { return KeyWriter().Text(member).key(); }

std::string MemberNumberKey(absl::string_view member, uint64_t number) {
  return KeyWriter().Text(member).U64(number).key();
}

std::string DedupKey(absl::string_view member, absl::string_view source,
                     absl::string_view control_id) {
  return KeyWriter().Text(member).Text(source).Text(control_id).key();
}

std::string CounterKey(absl::string_view member, v1::IntakeCounter counter,
                       absl::string_view word) {
  return KeyWriter().Text(member).U8(static_cast<uint8_t>(counter)).Text(word).key();
}

std::string EncodeCount(uint64_t count) { return KeyWriter().U64(count).key(); }

absl::StatusOr<uint64_t> DecodeCount(absl::string_view value) { return KeyReader(value).U64(); }

absl::StatusOr<std::optional<v1::InboxRow>> ReadRow(const KvReader& state, uint64_t number) {
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                       state.Get(inbox::kMessages, NumberKey(number)));
  if (!bytes) return std::optional<v1::InboxRow>();
  v1::InboxRow row;
  if (!row.ParseFromString(*bytes)) return absl::DataLossError("inbox: bad row of a message");
  return std::optional<v1::InboxRow>(std::move(row));
}

absl::StatusOr<std::vector<std::string>> ReadBodyParts(const KvReader& state,
                                                       const v1::InboxRow& row) {
  std::vector<std::string> parts;
  for (uint32_t part = 0; part < row.parts(); ++part) {
    HIE_ASSIGN_OR_RETURN(std::optional<std::string> bytes,
                         state.Get(inbox::kBodies, BodyKey(row.body_id(), part)));
    if (!bytes) return absl::NotFoundError("inbox: the message's body is not kept any more");
    parts.push_back(*std::move(bytes));
  }
  return parts;
}

absl::StatusOr<std::vector<uint64_t>> ReadPending(const KvReader& state) {
  std::vector<uint64_t> numbers;
  absl::Status bad;
  HIE_RETURN_IF_ERROR(
      state.Scan(inbox::kPending, "", "", [&](absl::string_view key, absl::string_view) {
        const absl::StatusOr<uint64_t> number = KeyReader(key).U64();
        bad = number.status();
        if (number.ok()) numbers.push_back(*number);
        return bad.ok();
      }));
  HIE_RETURN_IF_ERROR(bad);
  return numbers;
}

absl::StatusOr<std::vector<uint64_t>> ReadExceptions(const KvReader& state, Table table,
                                                     absl::string_view member, uint64_t after,
                                                     size_t limit) {
  std::vector<uint64_t> numbers;
  absl::Status bad;
  HIE_RETURN_IF_ERROR(state.Scan(table, MemberKeyPrefix(member), MemberNumberKey(member, after + 1),
                                 [&](absl::string_view key, absl::string_view) {
                                   KeyReader reader(key);
                                   bad = reader.Text().status();
                                   if (!bad.ok()) return false;
                                   const absl::StatusOr<uint64_t> number = reader.U64();
                                   bad = number.status();
                                   if (number.ok()) numbers.push_back(*number);
                                   return bad.ok() && (limit == 0 || numbers.size() < limit);
                                 }));
  HIE_RETURN_IF_ERROR(bad);
  return numbers;
}

absl::StatusOr<std::vector<CounterValue>> ReadCounters(const KvReader& state,
                                                       absl::string_view member) {
  std::vector<CounterValue> counters;
  HIE_ASSIGN_OR_RETURN(const std::vector<KvEntry> rows,
                       state.ScanPrefix(inbox::kCounters, MemberKeyPrefix(member)));
  for (const KvEntry& row : rows) {
    KeyReader key(row.key);
    HIE_RETURN_IF_ERROR(key.Text().status());
    HIE_ASSIGN_OR_RETURN(const uint8_t counter, key.U8());
    HIE_ASSIGN_OR_RETURN(std::string word, key.Text());
    HIE_ASSIGN_OR_RETURN(const uint64_t value, DecodeCount(row.value));
    counters.push_back({static_cast<v1::IntakeCounter>(counter), std::move(word), value});
  }
  return counters;
}

v1::IntakeException ToException(uint64_t number, const v1::InboxRow& row) {
  v1::IntakeException exception;
  exception.set_id(number);
  exception.set_member(row.member());
  exception.set_source(row.source());
  exception.set_message_type(row.message_type());
  exception.set_control_id(row.control_id());
  exception.set_received_micros(row.received_micros());
  exception.set_reason(row.finding().reason());
  exception.set_explanation(Explained(FromProto(row.finding())));
  exception.set_tries(row.tries());
  switch (row.state()) {
    case v1::INBOX_STATE_EXCEPTION:
      exception.set_state(v1::EXCEPTION_STATE_OPEN);
      break;
    case v1::INBOX_STATE_REPLAYED:
      exception.set_state(v1::EXCEPTION_STATE_REPLAYED);
      break;
    case v1::INBOX_STATE_DISCARDED:
      exception.set_state(v1::EXCEPTION_STATE_DISCARDED);
      break;
    default:
      break;
  }
  return exception;
}

}  // namespace hie::hl7v2

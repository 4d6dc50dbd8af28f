#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "hie/exchange/v1/intake_state.pb.h"
#include "services/common/storage/kv_store.h"

// The inbox's rows: how they are keyed and read.  Every read returns DATA_LOSS where a row is bad.
namespace hie::hl7v2 {

namespace inbox {

inline constexpr Table kMessages = "messages";      // Number: InboxRow.
inline constexpr Table kBodies = "bodies";          // Body id, part: sealed bytes.
inline constexpr Table kPending = "pending";        // Number: accepted, not applied.
inline constexpr Table kExceptions = "exceptions";  // Member, number: every exception that is kept.
inline constexpr Table kOpen = "open";              // Member, number: open exceptions.
inline constexpr Table kDedup = "dedup";            // Member, source, control id: DedupRow.
inline constexpr Table kExpiry = "expiry";      // Time, kind, what: goes when the time has come.
inline constexpr Table kFields = "fields";      // Record tag: sealed FieldStateRow.
inline constexpr Table kCounters = "counters";  // Member, counter, word: number.
inline constexpr Table kSeen = "seen";          // Member, record tag: counted patients.
inline constexpr Table kMeta = "meta";          // "next": the next message's number.

}  // namespace inbox

// Tables of the inbox, the journal's and the outbox included.
std::vector<std::string> InboxTables();

// Keys.
std::string NumberKey(uint64_t number);
std::string BodyKey(absl::string_view body_id, uint32_t part);
std::string MemberKeyPrefix(absl::string_view member);
std::string MemberNumberKey(absl::string_view member, uint64_t number);
std::string DedupKey(absl::string_view member, absl::string_view source,
                     absl::string_view control_id);
std::string CounterKey(absl::string_view member, exchange::v1::IntakeCounter counter,
                       absl::string_view word);

// A counter's value.
std::string EncodeCount(uint64_t count);
absl::StatusOr<uint64_t> DecodeCount(absl::string_view value);

// Reads a message's row; nothing: no such number.
absl::StatusOr<std::optional<exchange::v1::InboxRow>> ReadRow(const KvReader& state,
                                                              uint64_t number);

// Reads the sealed parts of a message's body, in order.  NOT_FOUND: the body is gone.
absl::StatusOr<std::vector<std::string>> ReadBodyParts(const KvReader& state,
                                                       const exchange::v1::InboxRow& row);

// Numbers that were accepted and not applied, in order.
absl::StatusOr<std::vector<uint64_t>> ReadPending(const KvReader& state);

// Numbers of a member's exceptions in `table` (kExceptions or kOpen) above `after`, in order, at
// most `limit` (0: all).
absl::StatusOr<std::vector<uint64_t>> ReadExceptions(const KvReader& state, Table table,
                                                     absl::string_view member, uint64_t after,
                                                     size_t limit);

// One counter of a member.
struct CounterValue {
  exchange::v1::IntakeCounter counter;
  std::string word;
  uint64_t value = 0;
};
absl::StatusOr<std::vector<CounterValue>> ReadCounters(const KvReader& state,
                                                       absl::string_view member);

// A row as the service shows it.
exchange::v1::IntakeException ToException(uint64_t number, const exchange::v1::InboxRow& row);

}  // namespace hie::hl7v2

#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/exchange/decision.h"
#include "gateway/exchange/release_entry.h"
#include "services/common/base/strong_id.h"
#include "services/common/patient/local_patient.h"

// Release batches: everything that leaves the exchange leaves as one.
//
// The type is the enforcement point.  What a batch holds can be read only from Batch<Audited>, and
// the only way there is Undecided -> Decided (consent answered, joined by id; no answer is a
// denial) -> Audited (the intent, with the ids of exactly what will leave, is durable).
namespace hie::exchange {

inline constexpr size_t kBatchItemsMax = 256;
inline constexpr size_t kBatchBytesMax = size_t{1} << 20;
// One item alone may be larger than a batch is meant to be, up to this.
inline constexpr size_t kItemBytesMax = size_t{3} << 20;

// Item ids stand in the audit, which takes no longer ones.
inline constexpr size_t kItemIdBytesMax = 128;

// What a batch carries.
enum class BatchKind { kBegin, kIndex, kItems };

// Whose entries a batch carries.  For kBegin: the requester.
struct BatchSource {
  MemberId member;
  std::vector<LocalPatient> patients;
};

// That the audit has an intent durably.
struct IntentReceipt {
  std::string intent_event_id;
};

struct Undecided;
struct Decided;
struct Audited;

template <typename State>
class Batch;

// What all states carry; no state shows it.
struct BatchContent {
  BatchKind kind = BatchKind::kItems;
  BatchSource source;
  std::vector<ReleaseEntry> entries;
  DecisionSet decisions;
};

// Gathered, nothing decided.  Move-only.
template <>
class Batch<Undecided> {
 public:
  // INVALID_ARGUMENT: too many entries, too many bytes, or an id twice.
  static absl::StatusOr<Batch> Gather(BatchKind kind, BatchSource source,
                                      std::vector<ReleaseEntry> entries);

  Batch(Batch&&) = default;
  Batch& operator=(Batch&&) = default;

  BatchKind kind() const { return content_.kind; }
  const BatchSource& source() const { return content_.source; }
  bool empty() const { return content_.entries.empty(); }
  // What consent is asked about, in order.
  std::vector<DecisionItem> Subjects() const;

  // Joins decisions by id.  A permit for an id that the batch does not have changes nothing; an
  // item without a permit, or with an obligation that this exchange does not know how to meet, is
  // denied.
  Batch<Decided> Decide(DecisionSet decisions) &&;

 private:
  friend class Batch<Audited>;
  explicit Batch(BatchContent content) : content_(std::move(content)) {}
  BatchContent content_;
};

// Consent has answered; nothing can be read but what the intent must say.  Move-only.
template <>
class Batch<Decided> {
 public:
  Batch(Batch&&) = default;
  Batch& operator=(Batch&&) = default;

  BatchKind kind() const { return content_.kind; }
  const BatchSource& source() const { return content_.source; }
  const std::string& decision_id() const { return content_.decisions.decision_id; }
  // Ids of what is permitted, in order.
  std::vector<std::string> PermittedIds() const;
  // Obligations of what is permitted, each once, ordered.
  std::vector<std::string> Obligations() const;
  // Ids of places that are permitted; for a batch of another kind none.
  std::vector<PlaceEntry> PermittedPlaces() const;

  // Drops the permits of places of members that are not among `wanted`: they were decided because
  // whether the person may be known rests on all places, and they do not leave.
  void KeepPlacesOf(const std::set<MemberId>& wanted);

  // FAILED_PRECONDITION: the receipt is of another intent.
  absl::StatusOr<Batch<Audited>> Record(const std::string& intent_event_id,
                                        const IntentReceipt& receipt) &&;

 private:
  friend class Batch<Undecided>;
  explicit Batch(BatchContent content) : content_(std::move(content)) {}
  BatchContent content_;
};

// An entry that may leave.
struct PermittedEntry {
  const ReleaseEntry* entry = nullptr;  // Lives as long as the batch.
  const Permit* permit = nullptr;
};

// The intent is durable: may be fenced and written, and nothing else may.  Move-only.
template <>
class Batch<Audited> {
 public:
  Batch(Batch&&) = default;
  Batch& operator=(Batch&&) = default;

  BatchKind kind() const { return content_.kind; }
  const BatchSource& source() const { return content_.source; }
  const std::string& intent_event_id() const { return intent_event_id_; }
  const std::string& decision_id() const { return content_.decisions.decision_id; }
  const FenceToken& token() const { return content_.decisions.token; }
  // What leaves, in order.
  std::vector<PermittedEntry> Permitted() const;

  // The fence moved: everything gathered is decided again.
  Batch<Undecided> Reopen() &&;

 private:
  friend class Batch<Decided>;
  Batch(BatchContent content, std::string intent_event_id)
      : content_(std::move(content)), intent_event_id_(std::move(intent_event_id)) {}
  BatchContent content_;
  std::string intent_event_id_;
};

}  // namespace hie::exchange

#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "gateway/edge/edge_services.h"
#include "gateway/exchange/batch.h"
#include "gateway/exchange/person.h"
#include "gateway/exchange/query_wire.h"
#include "hie/exchange/v1/exchange_service.pb.h"
#include "services/common/crypto/hash.h"
#include "services/common/crypto/sha1.h"
#include "services/common/rpc/server.h"

namespace hie::edge {

// What waits for a caller who reads slowly; beyond it the document is given up.
inline constexpr size_t kContentWaitingMax = size_t{32} << 20;
// What a document may take from its member.
inline constexpr absl::Duration kContentBudget = absl::Seconds(30);
// Content that the exchange keeps is read in windows of this size, the next one when no more than
// this waits for the caller: a slow reader slows the reading, and little is held in memory.
inline constexpr uint64_t kContentWindow = uint64_t{1} << 20;

// Streams one document: right person -> decide -> intent -> content from the member, or from the
// registry where the exchange keeps it -> fence -> chunks.
//
// One chunk is always held back: the last one leaves only when the hash of the whole is the
// registry's.  Where it is not, the stream is reset, a safety event says so, and the outcome is
// BROKEN; a document of one chunk then never left.  The fence is asked when the first chunk is
// ready to leave.
//
// Of a range only the wanted bytes leave, and the whole is read and hashed all the same: the last
// wanted chunk is held back as the last one is.  A range behind the end is empty.
class RetrieveDriver : public std::enable_shared_from_this<RetrieveDriver> {
 public:
  static void Start(EdgeServices& services, exchange::v1::RetrieveRequest request,
                    std::shared_ptr<rpc::CallContext> context,
                    rpc::ServerWriter<exchange::v1::RetrieveResponse> writer);
  ~RetrieveDriver();

 private:
  enum class Gate { kClosed, kFencing, kOpen };

  RetrieveDriver(EdgeServices& services, exchange::v1::RetrieveRequest request,
                 std::shared_ptr<rpc::CallContext> context,
                 rpc::ServerWriter<exchange::v1::RetrieveResponse> writer);

  void Resolve();
  void ResolveOwner();
  void FindDocument(std::function<void(registry::v1::DocumentEntry)> next);
  absl::Status OfPerson(const absl::Status& status) const;
  void Resolved(exchange::Person person);
  void Located(registry::v1::DocumentEntry document);
  void Decide(std::shared_ptr<exchange::Batch<exchange::Undecided>> batch);
  void RecordIntent(std::shared_ptr<exchange::Batch<exchange::Decided>> batch);
  void Refuse(absl::Status status);
  void IntentDurable(exchange::Batch<exchange::Decided> batch) HIE_EXCLUDES(mutex_);
  void Fetch() HIE_EXCLUDES(mutex_);
  void FetchFromMember() HIE_EXCLUDES(mutex_);
  // Reads the next window, where one is wanted now.
  void ReadWindow() HIE_EXCLUDES(mutex_);
  void WindowDone(uint64_t wanted, const absl::Status& status) HIE_EXCLUDES(mutex_);
  bool OnlySha1() const { return document_.sha256().empty() && !document_.sha1().empty(); }
  bool HasRange() const { return request_.offset() != 0 || request_.length() != 0; }
  // The part of a chunk, which begins at `at`, that is wanted.
  absl::string_view Wanted(absl::string_view chunk, uint64_t at) const;
  bool TakeChunk(absl::string_view chunk) HIE_EXCLUDES(mutex_);
  void ContentDone(const absl::Status& status) HIE_EXCLUDES(mutex_);
  void OpenGate() HIE_EXCLUDES(mutex_);
  void ConfirmConsent() HIE_EXCLUDES(mutex_);
  void GateAnswered(const absl::Status& status) HIE_EXCLUDES(mutex_);
  void Pump() HIE_EXCLUDES(mutex_);
  void Written(size_t bytes, bool last, bool taken) HIE_EXCLUDES(mutex_);

  // How the stream ends, where it does not end well.
  enum class Ending { kFinish, kReset };
  void End(absl::Status status, Ending ending, const std::string& safety) HIE_EXCLUDES(mutex_);
  void NoteDisclosure();
  void RecordOutcome(exchange::ReleaseOutcome outcome, const std::string& safety);

  EdgeServices& services_;
  const exchange::v1::RetrieveRequest request_;
  const std::shared_ptr<rpc::CallContext> context_;
  const rpc::ServerWriter<exchange::v1::RetrieveResponse> writer_;
  const exchange::Asker asker_;
  const std::string id_;

  // Set before the content is asked for, unchanged after.
  exchange::Person person_;
  registry::v1::DocumentEntry document_;
  LocalPatient patient_;

  Mutex mutex_;
  // Set when the intent is durable.
  std::optional<exchange::Batch<exchange::Audited>> batch_ HIE_GUARDED_BY(mutex_);
  std::shared_ptr<exchange::MemberCall> fetch_ HIE_GUARDED_BY(mutex_);
  std::shared_ptr<rpc::CallHandle> window_ HIE_GUARDED_BY(mutex_);
  bool reading_ HIE_GUARDED_BY(mutex_) = false;  // A window is under way.
  uint64_t window_begin_ HIE_GUARDED_BY(mutex_) = 0;
  uint64_t taken_bytes_ HIE_GUARDED_BY(mutex_) = 0;  // Of the whole.
  crypto::Sha256Hasher hasher_ HIE_GUARDED_BY(mutex_);
  crypto::Sha1Hasher sha1_ HIE_GUARDED_BY(mutex_);  // Where nothing stronger was registered.
  std::string digest_ HIE_GUARDED_BY(mutex_);
  crypto::Sha256Hasher sent_hasher_ HIE_GUARDED_BY(mutex_);  // Of a range: what was written.
  std::deque<std::string> waiting_ HIE_GUARDED_BY(mutex_);
  size_t waiting_bytes_ HIE_GUARDED_BY(mutex_) = 0;
  uint64_t written_bytes_ HIE_GUARDED_BY(mutex_) = 0;
  bool begun_ HIE_GUARDED_BY(mutex_) = false;
  bool by_break_glass_ HIE_GUARDED_BY(mutex_) = false;  // A session opened it.
  bool complete_ HIE_GUARDED_BY(mutex_) = false;  // Every chunk is here, and the hash is right.
  bool writing_ HIE_GUARDED_BY(mutex_) = false;
  bool over_ HIE_GUARDED_BY(mutex_) = false;
  Gate gate_ HIE_GUARDED_BY(mutex_) = Gate::kClosed;
  absl::Time fenced_at_ HIE_GUARDED_BY(mutex_);
};

}  // namespace hie::edge

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
#include "services/common/rpc/server.h"

namespace hie::edge {

// What waits for a caller who reads slowly; beyond it the document is given up.
inline constexpr size_t kContentWaitingMax = size_t{32} << 20;
// What a document may take from its member.
inline constexpr absl::Duration kContentBudget = absl::Seconds(30);

// Streams one document: right person -> decide -> intent -> content from the member -> fence ->
// chunks.
//
// One chunk is always held back: the last one leaves only when the hash of the whole is the
// registry's.  Where it is not, the stream is reset, a safety event says so, and the outcome is
// BROKEN; a document of one chunk then never left.  The fence is asked when the first chunk is
// ready to leave.
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
  absl::Status OfPerson(const absl::Status& status) const;
  void Resolved(exchange::Person person);
  void Located(registry::v1::DocumentEntry document);
  void Decide(std::shared_ptr<exchange::Batch<exchange::Undecided>> batch);
  void RecordIntent(std::shared_ptr<exchange::Batch<exchange::Decided>> batch);
  void Refuse(absl::Status status);
  void IntentDurable(exchange::Batch<exchange::Decided> batch) HIE_EXCLUDES(mutex_);
  void Fetch() HIE_EXCLUDES(mutex_);
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
  crypto::Sha256Hasher hasher_ HIE_GUARDED_BY(mutex_);
  std::string digest_ HIE_GUARDED_BY(mutex_);
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

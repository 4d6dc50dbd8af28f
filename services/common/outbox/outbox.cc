#include "services/common/outbox/outbox.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/mutex.h"
#include "services/common/base/status_macros.h"
#include "services/common/storage/key_codec.h"

namespace hie::outbox {
namespace {

constexpr absl::Duration kBackOffFirst = absl::Milliseconds(50);

// Rows that go to the audit in one call.
struct Delivery {
  std::vector<audit::v1::Event> events;
  WriteBatch taken;      // Deletes them.
  std::string last_key;  // Empty: there were none.
};

class ThreadRelay final : public Relay {
 public:
  explicit ThreadRelay(Options options) : options_(std::move(options)) {
    thread_ = std::thread([this] { Run(); });
  }

  ~ThreadRelay() override {
    {
      MutexLock lock(mutex_);
      stopping_ = true;
      changed_.NotifyAll();
    }
    thread_.join();
  }

  void Wake() override {
    MutexLock lock(mutex_);
    woken_ = true;
    changed_.NotifyAll();
  }

 private:
  void Run() {
    absl::Duration back_off = kBackOffFirst;
    bool more = true;
    while (true) {
      if (!more && !WaitForRows()) return;
      const absl::StatusOr<bool> delivered = DeliverOnce();
      if (delivered.ok()) {
        back_off = kBackOffFirst;
        more = *delivered;
        if (Stopping()) return;
        continue;
      }
      if (options_.on_failure != nullptr) options_.on_failure(delivered.status());
      if (!WaitForBackOff(back_off)) return;
      back_off = std::min(2 * back_off, options_.back_off_max);
      more = true;
    }
  }

  // Delivers the oldest rows; returns whether there may be more.
  absl::StatusOr<bool> DeliverOnce() {
    HIE_ASSIGN_OR_RETURN(const Delivery delivery, Oldest());
    if (delivery.events.empty()) return false;
    HIE_RETURN_IF_ERROR(options_.deliver(delivery.events));
    // A crash may bring deleted rows back: the audit takes each event id once.
    HIE_RETURN_IF_ERROR(options_.store->Write(delivery.taken, Durability::kBuffered));
    next_key_ = delivery.last_key + '\0';
    return delivery.events.size() == options_.batch_max;
  }

  absl::StatusOr<Delivery> Oldest() const {
    Delivery delivery;
    bool readable = true;
    // Rows appear in key order: what was delivered need not be passed over again.
    HIE_RETURN_IF_ERROR(options_.store->Snapshot()->Scan(
        kTable, "", next_key_, [&](absl::string_view key, absl::string_view value) {
          audit::v1::Event event;
          readable = event.ParseFromArray(value.data(), static_cast<int>(value.size()));
          if (!readable) return false;
          delivery.events.push_back(std::move(event));
          delivery.taken.Delete(kTable, key);
          delivery.last_key = std::string(key);
          return delivery.events.size() < options_.batch_max;
        }));
    // What stands before an unreadable row still goes out.
    if (!readable && delivery.events.empty()) {
      return absl::DataLossError("outbox: a row is unreadable");
    }
    return delivery;
  }

  // Waits for the poll period or Wake; returns false when the relay ends.
  bool WaitForRows() {
    MutexLock lock(mutex_);
    changed_.WaitFor(mutex_, options_.poll, [this] { return stopping_ || woken_; });
    woken_ = false;
    return !stopping_;
  }

  // Wake does not cut it short: changes go on while the audit is down.
  bool WaitForBackOff(absl::Duration back_off) {
    MutexLock lock(mutex_);
    return !changed_.WaitFor(mutex_, back_off, [this] { return stopping_; });
  }

  bool Stopping() {
    MutexLock lock(mutex_);
    return stopping_;
  }

  const Options options_;
  std::string next_key_;  // Of the relay's thread alone.

  Mutex mutex_;
  CondVar changed_;
  bool stopping_ HIE_GUARDED_BY(mutex_) = false;
  bool woken_ HIE_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace

void Put(absl::string_view role, const Stamp& stamp, uint32_t index, audit::v1::Event event,
         WriteBatch& changes) {
  // The time tells apart what carries the same sequence before and after a restore: the journal's
  // time goes on, while sequences start again at the checkpoint.
  event.set_event_id(
      absl::StrCat(role, "-", stamp.sequence, "-", index, "-", absl::ToUnixMicros(stamp.time)));
  event.set_role(std::string(role));
  event.set_role_sequence(stamp.sequence);
  // Event has no map field, so that its bytes are the same on every replica.
  changes.Put(kTable, KeyWriter().U64(stamp.sequence).U32(index).key(), event.SerializeAsString());
}

std::unique_ptr<Relay> Relay::Start(Options options) {
  return std::make_unique<ThreadRelay>(std::move(options));
}

}  // namespace hie::outbox

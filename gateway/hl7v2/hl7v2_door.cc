#include "gateway/hl7v2/hl7v2_door.h"

#include <algorithm>
#include <utility>

#include "gateway/hl7v2/door_metrics.h"
#include "gateway/hl7v2/effect_runner.h"
#include "gateway/hl7v2/inbox.h"
#include "gateway/hl7v2/inbox_machine.h"
#include "gateway/hl7v2/inbox_seal.h"
#include "gateway/hl7v2/intake.h"
#include "gateway/hl7v2/intake_service.h"
#include "gateway/hl7v2/intake_worker.h"
#include "gateway/hl7v2/mllp_listener.h"
#include "gateway/members/timer_queue.h"
#include "services/common/base/mutex.h"
#include "services/common/base/status_macros.h"
#include "services/common/journal/embedded_journal.h"

namespace hie::hl7v2 {
namespace {

constexpr absl::Duration kPrunePeriod = absl::Minutes(1);
constexpr uint32_t kPruneRows = 2'000;
constexpr size_t kNoteBytesMax = 200;

absl::Status Check(const Hl7v2Door::Options& options) {
  if (options.exchange == nullptr || options.directory == nullptr || options.clock == nullptr ||
      options.random == nullptr || options.store == nullptr) {
    return absl::InvalidArgumentError("options: want exchange, directory, clock, random and store");
  }
  if (!options.listen_tls.empty() && options.tls == nullptr) {
    return absl::InvalidArgumentError("options: listen_tls wants tls");
  }
  return absl::OkStatus();
}

class Door final : public Hl7v2Door {
 public:
  explicit Door(Options options)
      : options_(std::move(options)),
        metrics_(DoorMetrics::Create(options_.metrics)),
        timers_(options_.clock, members::TimerQueue::Drive::kThread) {}

  // Listeners first: nothing new comes.  Then what runs; then the journal, whose last callbacks may
  // still name the intake and the worker.
  ~Door() override {
    Drain(absl::ZeroDuration());
    plain_.reset();
    secure_.reset();
    if (worker_ != nullptr) worker_->Stop();
    timers_.Stop();
    relay_.reset();
    journal_.reset();
  }

  absl::Status Open() {
    HIE_RETURN_IF_ERROR(Check(options_));
    HIE_RETURN_IF_ERROR(OpenInbox());
    MakeWorker();
    HIE_RETURN_IF_ERROR(intake_->Resume());
    StartRelay();
    if (!options_.listen.empty()) {
      HIE_ASSIGN_OR_RETURN(plain_, Listen(options_.listen, nullptr));
    }
    if (!options_.listen_tls.empty()) {
      HIE_ASSIGN_OR_RETURN(secure_, Listen(options_.listen_tls, options_.tls));
    }
    Prune();
    return absl::OkStatus();
  }

  void Serve(rpc::Server& server) override {
    ServeIntake({inbox_.get(), intake_.get(), options_.directory, options_.clock}, server);
  }

  uint16_t port() const override { return plain_ == nullptr ? 0 : plain_->port(); }
  uint16_t tls_port() const override { return secure_ == nullptr ? 0 : secure_->port(); }
  uint64_t waiting() const override { return worker_->waiting(); }

  void Drain(absl::Duration grace) override {
    const absl::Time until = options_.clock->Now() + grace;
    for (MllpListener* listener : {plain_.get(), secure_.get()}) {
      if (listener == nullptr) continue;
      listener->Drain(std::max(absl::ZeroDuration(), until - options_.clock->Now()));
    }
  }

 private:
  absl::Status OpenInbox() {
    HIE_ASSIGN_OR_RETURN(const uint64_t applied, AppliedSequence(*options_.store->Snapshot()));
    HIE_ASSIGN_OR_RETURN(InboxSeal seal, InboxSeal::Open(options_.key_path,
                                                         applied == 0 ? InboxSeal::Missing::kMake
                                                                      : InboxSeal::Missing::kRefuse,
                                                         *options_.random));
    seal_ = std::make_unique<InboxSeal>(std::move(seal));
    EmbeddedJournal::Options journal;
    journal.store = options_.store;
    journal.machine = &machine_;
    journal.clock = options_.clock;
    journal.mark_path = options_.mark_path;
    HIE_ASSIGN_OR_RETURN(journal_, EmbeddedJournal::Open(std::move(journal)));
    inbox_ = std::make_unique<Inbox>(Inbox::Options{journal_.get(), seal_.get(), options_.random,
                                                    options_.limits.dedup_time,
                                                    options_.limits.keep_time});
    return absl::OkStatus();
  }

  void MakeWorker() {
    runner_ = std::make_unique<EffectRunner>(EffectRunner::Options{
        options_.exchange, inbox_.get(), options_.clock, options_.limits.call_time});
    IntakeWorker::Options worker;
    worker.runner = runner_.get();
    worker.inbox = inbox_.get();
    worker.timers = &timers_;
    worker.applying_max = static_cast<size_t>(options_.limits.applying_max);
    worker.retry_first = options_.limits.retry_first;
    worker.retry_max = options_.limits.retry_max;
    worker.on_settled = [this](const Settled& settled) {
      metrics_->Message(settled.finding ? "exception" : "applied");
    };
    worker.on_retry = [this](const absl::Status& why) {
      metrics_->Retry();
      Warn("hl7v2-not-applied", why);
    };
    worker_ = std::make_unique<IntakeWorker>(std::move(worker));
    Intake::Options intake;
    intake.directory = options_.directory;
    intake.clock = options_.clock;
    intake.random = options_.random;
    intake.inbox = inbox_.get();
    intake.worker = worker_.get();
    intake.timers = &timers_;
    intake.metrics = metrics_.get();
    intake.answerer = {options_.application, options_.facility};
    intake.answer_time = options_.limits.answer_time;
    intake.waiting_max = options_.limits.waiting_max;
    intake_ = std::make_unique<Intake>(std::move(intake));
  }

  void StartRelay() {
    if (options_.deliver_audit == nullptr) return;
    outbox::Relay::Options relay;
    relay.store = options_.store;
    relay.deliver = options_.deliver_audit;
    relay.on_failure = [this](const absl::Status& status) { Warn("outbox-not-delivered", status); };
    relay_ = outbox::Relay::Start(std::move(relay));
  }

  // Old rows go in small steps, so that no commit is long.
  void Prune() {
    inbox_->Prune(kPruneRows, [this](const absl::StatusOr<exchange::v1::PrunedInbox>& pruned) {
      const bool more = pruned.ok() && pruned->removed() == kPruneRows;
      timers_.After(more ? absl::ZeroDuration() : kPrunePeriod, [this] { Prune(); });
    });
  }

  absl::StatusOr<std::unique_ptr<MllpListener>> Listen(const std::string& listen,
                                                       std::shared_ptr<rpc::TlsFiles> tls) {
    MllpListener::Options listener;
    listener.listen = listen;
    listener.tls = std::move(tls);
    listener.take = [this](std::string raw, const SenderAddress& address,
                           std::shared_ptr<AnswerSink> sink) {
      intake_->Take(std::move(raw), address, std::move(sink));
    };
    listener.metrics = metrics_.get();
    listener.log = options_.log;
    listener.threads = options_.threads;
    listener.limits = options_.limits;
    return MllpListener::Open(std::move(listener));
  }

  void Warn(absl::string_view event, const absl::Status& status) const {
    if (options_.log == nullptr) return;
    options_.log->Write(log::Level::kWarning, event,
                        {{"status", absl::StatusCodeToString(status.code())},
                         {"why", std::string(status.message()).substr(0, kNoteBytesMax)}});
  }

  const Options options_;
  const std::unique_ptr<DoorMetrics> metrics_;
  const InboxMachine machine_;
  members::TimerQueue timers_;
  std::unique_ptr<InboxSeal> seal_;
  std::unique_ptr<Inbox> inbox_;
  std::unique_ptr<EffectRunner> runner_;
  std::unique_ptr<IntakeWorker> worker_;
  std::unique_ptr<Intake> intake_;
  std::unique_ptr<EmbeddedJournal> journal_;
  std::unique_ptr<outbox::Relay> relay_;
  std::unique_ptr<MllpListener> plain_;
  std::unique_ptr<MllpListener> secure_;
};

}  // namespace

std::vector<std::string> Hl7v2Door::Tables() { return InboxTables(); }

absl::StatusOr<std::unique_ptr<Hl7v2Door>> Hl7v2Door::Open(Options options) {
  auto door = std::make_unique<Door>(std::move(options));
  HIE_RETURN_IF_ERROR(door->Open());
  return door;
}

}  // namespace hie::hl7v2

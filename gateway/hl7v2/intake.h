#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "gateway/hl7v2/acknowledgement.h"
#include "gateway/hl7v2/door_metrics.h"
#include "gateway/hl7v2/inbox.h"
#include "gateway/hl7v2/intake_worker.h"
#include "gateway/hl7v2/reception.h"
#include "gateway/members/member_directory.h"
#include "gateway/members/timer_queue.h"
#include "services/common/base/clock.h"
#include "services/common/base/random_source.h"

namespace hie::hl7v2 {

// Where the answers to one message go.  Thread-safe; calls must not block.
class AnswerSink {
 public:
  virtual ~AnswerSink() = default;
  // The commit acknowledgement, without frame; empty: none is sent.  Once, before Application.
  virtual void Commit(std::string answer) = 0;
  // The application acknowledgement, without frame; empty: none is sent.  Once.
  virtual void Application(std::string answer) = 0;
};

// Takes messages in, from bytes to answers.  Thread-safe.
class Intake {
 public:
  struct Options {
    const members::MemberDirectorySource* directory = nullptr;  // Each must outlive the intake.
    const Clock* clock = nullptr;
    RandomSource* random = nullptr;
    Inbox* inbox = nullptr;
    IntakeWorker* worker = nullptr;
    members::TimerQueue* timers = nullptr;
    DoorMetrics* metrics = nullptr;
    Answerer answerer;
    absl::Duration answer_time;  // Original mode: then AR 206.
    uint64_t waiting_max = 0;    // Messages that wait to be applied; beyond it they are refused.
  };
  using Repaired = std::function<void(absl::StatusOr<exchange::v1::IntakeException>)>;

  explicit Intake(Options options) : options_(std::move(options)) {}

  // Takes one message.  Returns at once; the sink is told both answers, later, in any case.
  //
  // Messages of one connection must be given one after the other: they are applied in that order
  // where they are about the same record.
  void Take(std::string raw, const SenderAddress& address, std::shared_ptr<AnswerSink> sink);

  // Takes up what was accepted and not applied, in order.  Before the first Take.
  absl::Status Resume();

  // Applies an exception again, with the directory as it is now; `event` is recorded with its end.
  // FAILED_PRECONDITION: it is not open, or its sender is no source of its member any more.
  // ABORTED: it is being repaired.
  void Replay(uint64_t number, audit::v1::Event event, Repaired done);

  // The records that a kept message is about; empty where it says none.
  std::vector<LocalPatient> PatientsOf(std::string raw) const;

 private:
  class Reply;

  std::shared_ptr<const members::MemberDirectory> Directory() const;
  std::shared_ptr<const IntakePlan> Plan(const Reception& reception) const;
  void Accepted(const std::shared_ptr<const Reception>& reception,
                const std::shared_ptr<const IntakePlan>& plan, const std::shared_ptr<Reply>& reply,
                const absl::StatusOr<exchange::v1::AcceptedMessage>& accepted);
  // Tells what became of a message that was accepted before.
  void TellAgain(const exchange::v1::AcceptedMessage& accepted,
                 const std::shared_ptr<Reply>& reply);
  absl::Status ResumeOne(uint64_t number, const KvReader& state);

  const Options options_;
};

}  // namespace hie::hl7v2

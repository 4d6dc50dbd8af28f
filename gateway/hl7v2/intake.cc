#include "gateway/hl7v2/intake.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gateway/hl7v2/inbox_wire.h"
#include "services/common/base/mutex.h"
#include "services/common/base/status_macros.h"

namespace hie::hl7v2 {
namespace {

namespace v1 = exchange::v1;

constexpr size_t kOwnIdBytes = 8;

Finding Busy() {
  return Finding{"busy", Location{}, ErrorCode::kRecordLocked, Verdict::kReject,
                 "not taken yet: send it again later"};
}

Finding OurFault() {
  return Finding{"internal", Location{}, ErrorCode::kInternalError, Verdict::kReject,
                 "not taken: send it again later"};
}

Finding OtherBody() {
  return Finding{"duplicate-control-id", Location{"MSH", 1, 10}, ErrorCode::kDuplicateKey,
                 Verdict::kError, "the control id was used for another message"};
}

Finding FindingOfFailure(const absl::Status& status) {
  return absl::IsResourceExhausted(status) ? Busy() : OurFault();
}

}  // namespace

// Answers one message: each answer once, whoever comes first.
class Intake::Reply {
 public:
  Reply(const Intake::Options& options, const Reception& reception,
        std::shared_ptr<AnswerSink> sink)
      : options_(options),
        header_(reception.reply()),
        wishes_(WishesOf(reception.header())),
        enhanced_(reception.header().enhanced()),
        sink_(std::move(sink)) {}

  bool enhanced() const { return enhanced_; }
  void SetMode(AckMode mode) { mode_ = mode; }

  // The message is durable.
  void TellCommitted() {
    Commit(Wanted(wishes_.commit, AckCode::kCommitAccept)
               ? Write({AckCode::kCommitAccept, std::nullopt})
               : "");
  }

  // The message is not kept.  One answer: where the sender wants no commit, it is the other one.
  void TellRefused(const Finding& finding) {
    const Acknowledgement commit = AcknowledgeFinding(finding, AckMode::kStrict, AckStage::kCommit);
    const Acknowledgement application =
        AcknowledgeFinding(finding, AckMode::kStrict, AckStage::kApplication);
    const bool by_commit = Wanted(wishes_.commit, commit.code);
    Commit(by_commit ? Write(commit) : "");
    Answer(!by_commit && Wanted(wishes_.application, application.code) ? Write(application) : "");
  }

  // The message has settled.
  void TellSettled(const Settled& settled) {
    Acknowledgement answer;
    if (settled.state == v1::INBOX_STATE_EXCEPTION && settled.finding) {
      answer = AcknowledgeFinding(*settled.finding, mode_, AckStage::kApplication);
    }
    Answer(Wanted(wishes_.application, answer.code) ? Write(answer) : "");
  }

 private:
  std::string Write(const Acknowledgement& answer) const {
    const std::string id =
        absl::StrCat("H", absl::BytesToHexString(options_.random->Bytes(kOwnIdBytes)));
    return WriteAcknowledgement(header_, answer, id, options_.clock->Now(), options_.answerer);
  }

  void Commit(std::string answer) {
    if (!committed_.exchange(true)) sink_->Commit(std::move(answer));
  }
  void Answer(std::string answer) {
    if (!answered_.exchange(true)) sink_->Application(std::move(answer));
  }

  const Intake::Options& options_;  // The intake outlives its replies.
  const ReplyHeader header_;
  const AckWishes wishes_;
  const bool enhanced_;
  AckMode mode_ = AckMode::kTolerant;
  const std::shared_ptr<AnswerSink> sink_;
  std::atomic<bool> committed_ = false;
  std::atomic<bool> answered_ = false;
};

std::shared_ptr<const members::MemberDirectory> Intake::Directory() const {
  return options_.directory->Current().directory;
}

std::shared_ptr<const IntakePlan> Intake::Plan(const Reception& reception) const {
  return std::make_shared<const IntakePlan>(PlanIntake(
      *reception.message(), reception.header(),
      {reception.directory(), reception.member(), reception.source(), options_.clock->Now()}));
}

void Intake::Take(std::string raw, const SenderAddress& address, std::shared_ptr<AnswerSink> sink) {
  std::shared_ptr<const members::MemberDirectory> directory = Directory();
  const bool known = directory != nullptr;
  if (!known) directory = *members::MemberDirectory::Build(0, {});
  const std::shared_ptr<const Reception> reception =
      Reception::Read(std::move(raw), std::move(directory), address);
  const auto reply = std::make_shared<Reply>(options_, *reception, std::move(sink));
  if (!known || reception->refused()) {
    options_.metrics->Message("refused");
    return reply->TellRefused(known ? *reception->refused() : OurFault());
  }
  reply->SetMode(reception->source().ack_mode);
  if (options_.worker->waiting() >= options_.waiting_max) {
    options_.metrics->Message("busy");
    return reply->TellRefused(Busy());
  }
  const std::shared_ptr<const IntakePlan> plan = Plan(*reception);
  if (!reply->enhanced()) {
    // The sender must not wait for ever; the message stays, and its repetition is told its end.
    options_.timers->After(options_.answer_time, [weak = std::weak_ptr<Reply>(reply)] {
      if (const auto late = weak.lock()) late->TellRefused(Busy());
    });
  }
  options_.inbox->Accept(*reception, [this, reception, plan,
                                      reply](const absl::StatusOr<v1::AcceptedMessage>& accepted) {
    Accepted(reception, plan, reply, accepted);
  });
}

void Intake::Accepted(const std::shared_ptr<const Reception>& reception,
                      const std::shared_ptr<const IntakePlan>& plan,
                      const std::shared_ptr<Reply>& reply,
                      const absl::StatusOr<v1::AcceptedMessage>& accepted) {
  if (!accepted.ok()) {
    options_.metrics->Message("refused");
    return reply->TellRefused(FindingOfFailure(accepted.status()));
  }
  if (accepted->repeated()) {
    options_.metrics->Message("repeated");
    reply->TellCommitted();
    return TellAgain(*accepted, reply);
  }
  if (accepted->other_body()) {
    options_.metrics->Message("other-body");
    if (accepted->number() == 0) return reply->TellRefused(OtherBody());
  }
  options_.metrics->Message("accepted");
  reply->TellCommitted();
  options_.worker->Add(accepted->number(), reception, plan,
                       [reply](const Settled& settled) { reply->TellSettled(settled); });
}

void Intake::TellAgain(const v1::AcceptedMessage& accepted, const std::shared_ptr<Reply>& reply) {
  if (accepted.state() == v1::INBOX_STATE_RECEIVED) {
    if (options_.worker->Join(accepted.number(),
                              [reply](const Settled& settled) { reply->TellSettled(settled); })) {
      return;
    }
    const absl::StatusOr<std::optional<v1::InboxRow>> row =
        ReadRow(*options_.inbox->Snapshot(), accepted.number());
    if (!row.ok() || !*row || (*row)->state() == v1::INBOX_STATE_RECEIVED) {
      return reply->TellRefused(Busy());
    }
    return reply->TellSettled({(*row)->state(), FromProto((*row)->finding())});
  }
  reply->TellSettled({accepted.state(), FromProto(accepted.finding())});
}

absl::Status Intake::Resume() {
  const std::shared_ptr<const KvReader> state = options_.inbox->Snapshot();
  HIE_ASSIGN_OR_RETURN(const std::vector<uint64_t> numbers, ReadPending(*state));
  for (const uint64_t number : numbers) HIE_RETURN_IF_ERROR(ResumeOne(number, *state));
  return absl::OkStatus();
}

absl::Status Intake::ResumeOne(uint64_t number, const KvReader& state) {
  HIE_ASSIGN_OR_RETURN(const std::optional<v1::InboxRow> row, ReadRow(state, number));
  if (!row) return absl::DataLossError("inbox: a message that waits has no row");
  HIE_ASSIGN_OR_RETURN(std::string raw, options_.inbox->ReadBody(state, *row));
  std::shared_ptr<const members::MemberDirectory> directory = Directory();
  if (directory == nullptr) return absl::UnavailableError("the directory has not been read yet");
  const std::shared_ptr<const Reception> reception =
      Reception::Read(std::move(raw), std::move(directory), SenderAddress::Admitted());
  if (!reception->refused() && reception->member().id.value() == row->member()) {
    options_.worker->Add(number, reception, Plan(*reception), nullptr);
    return absl::OkStatus();
  }
  // It was admitted when it came; what has changed since is for a person to judge.
  v1::FinishMessage finish;
  finish.set_number(number);
  finish.set_state(v1::INBOX_STATE_EXCEPTION);
  *finish.mutable_finding() =
      ToProto(reception->refused()
                  ? *reception->refused()
                  : Finding{"sender-moved", Location{"MSH", 1, 3}, ErrorCode::kTableValue,
                            Verdict::kReject, "the sender is a source of another member now"});
  options_.inbox->Finish(std::move(finish), [](const absl::StatusOr<v1::ClosedMessage>&) {});
  return absl::OkStatus();
}

void Intake::Replay(uint64_t number, audit::v1::Event event, Repaired done) {
  const std::shared_ptr<const KvReader> state = options_.inbox->Snapshot();
  const absl::StatusOr<std::optional<v1::InboxRow>> row = ReadRow(*state, number);
  if (!row.ok()) return done(row.status());
  if (!*row) return done(absl::NotFoundError("id: unknown"));
  if ((*row)->state() != v1::INBOX_STATE_EXCEPTION) {
    return done(absl::FailedPreconditionError("id: want an open exception"));
  }
  absl::StatusOr<std::string> raw = options_.inbox->ReadBody(*state, **row);
  if (!raw.ok()) return done(raw.status());
  std::shared_ptr<const members::MemberDirectory> directory = Directory();
  if (directory == nullptr) {
    return done(absl::UnavailableError("the directory has not been read yet"));
  }
  const std::shared_ptr<const Reception> reception =
      Reception::Read(*std::move(raw), std::move(directory), SenderAddress::Admitted());
  if (reception->refused()) {
    return done(absl::FailedPreconditionError(absl::StrCat(
        "message: ", reception->refused()->reason, ": ", Explained(*reception->refused()))));
  }
  if (reception->member().id.value() != (*row)->member()) {
    return done(absl::FailedPreconditionError("message: its sender is another member's now"));
  }
  const bool taken = options_.worker->Repair(
      number, reception, Plan(*reception), std::move(event), [this, number, done](const Settled&) {
        const absl::StatusOr<std::optional<v1::InboxRow>> after =
            ReadRow(*options_.inbox->Snapshot(), number);
        if (!after.ok()) return done(after.status());
        if (!*after) return done(absl::NotFoundError("id: unknown"));
        done(ToException(number, **after));
      });
  if (!taken) done(absl::AbortedError("id: it is being replayed"));
}

std::vector<LocalPatient> Intake::PatientsOf(std::string raw) const {
  std::shared_ptr<const members::MemberDirectory> directory = Directory();
  if (directory == nullptr) return {};
  const auto reception =
      Reception::Read(std::move(raw), std::move(directory), SenderAddress::Admitted());
  return reception->refused() ? std::vector<LocalPatient>() : Plan(*reception)->Keys();
}

}  // namespace hie::hl7v2

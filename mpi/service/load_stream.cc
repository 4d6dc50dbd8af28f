#include "mpi/service/load_stream.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace hie::mpi {
namespace {

// Lines that a thread prepares before it looks after another stream.
constexpr int kLinesOfATurn = 32;

template <typename Reply>
bool Parse(const absl::StatusOr<Applied>& applied, Reply& reply) {
  return applied.ok() && reply.ParseFromString(applied->reply);
}

absl::Status FailureOf(const absl::StatusOr<Applied>& applied) {
  return applied.ok() ? absl::InternalError("reply: cannot be read") : applied.status();
}

}  // namespace

LoadStream::LoadStream(LoadServices& services, Writer writer)
    : services_(services), writer_(std::move(writer)) {
  services_.streams.fetch_add(1);
}

LoadStream::~LoadStream() { services_.streams.fetch_sub(1); }

void LoadStream::Receive(const v1::LoadRecordsRequest* request) {
  if (request == nullptr) {
    {
      const MutexLock lock(mutex_);
      half_closed_ = true;
    }
    return Send();
  }
  switch (request->step_case()) {
    case v1::LoadRecordsRequest::kBegin:
      return Begin(request->begin());
    case v1::LoadRecordsRequest::kLines:
      return Add(request->lines());
    case v1::LoadRecordsRequest::kEnd:
      return End(request->end());
    default:
      return Fail(absl::InvalidArgumentError("step: want one"));
  }
}

void LoadStream::Abandon() {
  const MutexLock lock(mutex_);
  over_ = true;
  slots_.clear();
  unready_.clear();
}

void LoadStream::Fail(const absl::Status& status) {
  Abandon();
  {
    const MutexLock lock(mutex_);
    if (std::exchange(finished_, true)) return;
  }
  writer_.Finish(status);
}

void LoadStream::Begin(const v1::BeginLoad& begin) {
  absl::StatusOr<LoadName> load = ReadLoadName(begin);
  if (!load.ok()) return Fail(load.status());
  const v1::MpiCommand command = BeginCommand(*load, begin);
  {
    const MutexLock lock(mutex_);
    if (phase_ == Phase::kNew) {
      phase_ = Phase::kBeginning;
      load_ = *std::move(load);
    } else {
      load = absl::InvalidArgumentError("begin: want it once");
    }
  }
  if (!load.ok()) return Fail(load.status());
  services_.journal->Propose(command.SerializeAsString(),
                             [self = shared_from_this()](const absl::StatusOr<Applied>& applied) {
                               self->OnBegan(applied);
                             });
}

void LoadStream::OnBegan(const absl::StatusOr<Applied>& applied) {
  v1::LoadReply reply;
  if (!Parse(applied, reply)) return Fail(FailureOf(applied));
  {
    const MutexLock lock(mutex_);
    phase_ = Phase::kOpen;
    began_.emplace();
    *began_->mutable_load() = std::move(*reply.mutable_load());
    began_->set_window_lines(kLoadWindowLines);
  }
  Send();
}

absl::Status LoadStream::CheckLines(const v1::LoadLines& lines) const {
  if (phase_ != Phase::kOpen) {
    return absl::InvalidArgumentError("lines: want them after the answer to begin, before end");
  }
  if (lines.lines().empty() || lines.lines_size() > kLoadMessageLinesMax) {
    return absl::InvalidArgumentError(absl::StrCat("lines: want 1..", kLoadMessageLinesMax));
  }
  uint64_t last = last_line_;
  for (const v1::LoadLine& line : lines.lines()) {
    if (line.line_number() == 0 || (last != 0 && line.line_number() != last + 1)) {
      return absl::InvalidArgumentError("line_number: want one after the other, from 1");
    }
    last = line.line_number();
  }
  if (unanswered_ + static_cast<uint32_t>(lines.lines_size()) > kLoadWindowLines) {
    return absl::ResourceExhaustedError(
        absl::StrCat("lines: want at most ", kLoadWindowLines, " without an answer"));
  }
  return absl::OkStatus();
}

void LoadStream::Add(const v1::LoadLines& lines) {
  absl::Status taken;
  int wanted = 0;  // Threads to set to work.
  {
    const MutexLock lock(mutex_);
    if (over_) return;
    taken = CheckLines(lines);
    if (taken.ok()) {
      for (const v1::LoadLine& line : lines.lines()) {
        auto slot = std::make_shared<Slot>();
        slot->line = line;
        slots_.push_back(slot);
        unready_.push_back(std::move(slot));
      }
      last_line_ = lines.lines().rbegin()->line_number();
      unanswered_ += static_cast<uint32_t>(lines.lines_size());
      wanted = std::min<int>(services_.threads, static_cast<int>(unready_.size())) - preparing_;
      wanted = std::max(wanted, 0);
      preparing_ += wanted;
    }
  }
  if (!taken.ok()) return Fail(taken);
  for (int i = 0; i < wanted; ++i) {
    if (services_.pool->TryRun([self = shared_from_this()] { self->PrepareLines(); })) continue;
    // The pool has room for every stream's threads: it was stopped.
    return Fail(absl::UnavailableError("the index is going down"));
  }
}

void LoadStream::PrepareLines() {
  for (int turn = 0; turn < kLinesOfATurn; ++turn) {
    if (!PrepareLine()) return;
  }
  // Behind the other streams; where the pool has been stopped nothing waits for this one.
  services_.pool->TryRun([self = shared_from_this()] { self->PrepareLines(); });
}

bool LoadStream::PrepareLine() {
  std::shared_ptr<Slot> slot;
  const LoadName* load = nullptr;
  {
    const MutexLock lock(mutex_);
    if (unready_.empty()) {
      --preparing_;
      return false;
    }
    slot = std::move(unready_.front());
    unready_.pop_front();
    load = &load_;
  }
  std::string command = LineCommand(*load, slot->line).SerializeAsString();
  absl::StatusOr<std::string> plan = services_.journal->Prepare(command);
  if (!plan.ok()) {
    Fail(plan.status());
    return true;
  }
  {
    const MutexLock lock(mutex_);
    slot->command = std::move(command);
    slot->plan = *std::move(plan);
    slot->ready = true;
  }
  ProposeLines();
  return true;
}

void LoadStream::ProposeLines() {
  {
    const MutexLock lock(mutex_);
    if (std::exchange(proposing_, true)) return;
  }
  while (true) {
    std::shared_ptr<Slot> slot;
    {
      // Who makes another slot ready while this one proposes leaves it to this one.
      const MutexLock lock(mutex_);
      if (slots_.empty() || !slots_.front()->ready) {
        proposing_ = false;
        return;
      }
      slot = std::move(slots_.front());
      slots_.pop_front();
    }
    Propose(std::move(*slot));
  }
}

void LoadStream::Propose(Slot slot) {
  if (slot.ends) {
    return services_.journal->ProposePlanned(
        std::move(slot.command), "",
        [self = shared_from_this()](const absl::StatusOr<Applied>& applied) {
          self->OnEnded(applied);
        });
  }
  // One that is not taken lets none behind it be applied either: the machine takes no gap.
  services_.journal->ProposePlanned(
      std::move(slot.command), std::move(slot.plan),
      [self = shared_from_this(), line = slot.line.line_number()](
          const absl::StatusOr<Applied>& applied) { self->OnApplied(line, applied); });
}

void LoadStream::OnApplied(uint64_t line, const absl::StatusOr<Applied>& applied) {
  v1::LoadLineReply reply;
  if (!Parse(applied, reply)) return Fail(FailureOf(applied));
  {
    const MutexLock lock(mutex_);
    v1::LineResult& result = *progress_.add_results();
    result.set_line_number(line);
    result.set_outcome(reply.outcome());
    result.set_incarnation(reply.incarnation());
    if (reply.has_problem()) *result.mutable_problem() = std::move(*reply.mutable_problem());
  }
  Send();
}

void LoadStream::End(const v1::EndLoad& end) {
  auto slot = std::make_shared<Slot>();
  slot->ready = true;
  slot->ends = true;
  bool taken = false;
  {
    const MutexLock lock(mutex_);
    taken = phase_ == Phase::kOpen;
    if (taken && !over_) {
      phase_ = Phase::kEnding;
      slot->command = EndCommand(load_, end).SerializeAsString();
      slots_.push_back(std::move(slot));
    }
  }
  if (!taken) return Fail(absl::InvalidArgumentError("end: want it after begin, once"));
  ProposeLines();
}

void LoadStream::OnEnded(const absl::StatusOr<Applied>& applied) {
  v1::LoadReply reply;
  if (!Parse(applied, reply)) return Fail(FailureOf(applied));
  {
    const MutexLock lock(mutex_);
    ended_.emplace();
    *ended_->mutable_load() = std::move(*reply.mutable_load());
  }
  Send();
}

std::optional<v1::LoadRecordsResponse> LoadStream::NextMessage() {
  v1::LoadRecordsResponse message;
  if (began_) {
    *message.mutable_began() = *std::move(began_);
    began_.reset();
  } else if (!progress_.results().empty()) {
    // Answered as soon as it is sent: the next line may come before the transport is done.
    unanswered_ -= static_cast<uint32_t>(progress_.results_size());
    message.mutable_progress()->Swap(&progress_);
  } else if (ended_) {
    *message.mutable_ended() = *std::move(ended_);
    ended_.reset();
    phase_ = Phase::kEnded;
  } else {
    return std::nullopt;
  }
  return message;
}

void LoadStream::Send() {
  std::optional<v1::LoadRecordsResponse> message;
  bool finish = false;
  {
    const MutexLock lock(mutex_);
    if (sending_ || over_) return;
    message = NextMessage();
    sending_ = message.has_value();
    const bool waits = phase_ == Phase::kBeginning || phase_ == Phase::kEnding || unanswered_ > 0;
    const bool done = phase_ == Phase::kEnded || (half_closed_ && !waits);
    finish = !message && done && !std::exchange(finished_, true);
  }
  if (finish) return writer_.Finish(absl::OkStatus());
  if (!message) return;
  writer_.Write(*message, [self = shared_from_this()](bool ok) {
    {
      const MutexLock lock(self->mutex_);
      self->sending_ = false;
    }
    if (!ok) return self->Abandon();
    self->Send();
  });
}

}  // namespace hie::mpi

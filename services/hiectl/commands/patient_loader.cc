#include "services/hiectl/commands/patient_loader.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "hie/exchange/v1/patient_load_service.methods.h"
#include "services/common/base/status_macros.h"

namespace hie::ctl {
namespace {

using exchange::v1::LoadPatientsRequest;
using exchange::v1::LoadPatientsResponse;
using exchange::v1::PatientLoadService;

// Longer than the gateway lets a stream last.
constexpr absl::Duration kStreamTime = absl::Minutes(12);
// What one answer may take.
constexpr absl::Duration kPatience = absl::Minutes(2);
constexpr absl::Duration kFirstWait = absl::Milliseconds(200);
constexpr uint64_t kChunkLines = 50;
constexpr size_t kChunkBytes = size_t{256} << 10;
constexpr members::WriteQueue::Bounds kWrites{1024, size_t{64} << 20};

bool IsWorthAnotherTry(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsResourceExhausted(status) ||
         absl::IsAborted(status) || absl::IsDeadlineExceeded(status) || absl::IsCancelled(status);
}

}  // namespace

// One stream: what was sent goes out in order, what comes in waits until it is taken.
class PatientLoader::Stream {
 public:
  ~Stream() {
    if (stream_ == nullptr) return;
    stream_->Cancel();
    const MutexLock lock(mutex_);
    changed_.Wait(mutex_, [this]() HIE_NO_THREAD_SAFETY_ANALYSIS { return status_.has_value(); });
  }

  absl::Status Open(Session& session) {
    auto stream = session.Bidi<PatientLoadService::LoadPatients>(
        kStreamTime,
        [this](const LoadPatientsResponse& response) {
          const MutexLock lock(mutex_);
          answers_.push_back(response);
          changed_.NotifyAll();
          return true;
        },
        [this](const absl::Status& status) {
          const MutexLock lock(mutex_);
          status_ = status;
          changed_.NotifyAll();
        });
    if (!stream.ok()) return stream.status();
    stream_ = *std::move(stream);
    return absl::OkStatus();
  }

  void Send(const LoadPatientsRequest& request) {
    std::string bytes = request.SerializeAsString();
    const size_t size = bytes.size();
    // A stream that is over says so when it is read.
    writes_->WaitAndPush(
        [stream = stream_, bytes = std::move(bytes)](members::WriteQueue::Done done) mutable {
          stream->Write(std::move(bytes), std::move(done));
        },
        size, kPatience);
  }

  // The next answer, or the stream's end: OK only after the load's own end.
  absl::StatusOr<LoadPatientsResponse> Next() {
    const MutexLock lock(mutex_);
    const bool came = changed_.WaitFor(mutex_, kPatience, [this]() HIE_NO_THREAD_SAFETY_ANALYSIS {
      return !answers_.empty() || status_.has_value();
    });
    if (!answers_.empty()) {
      LoadPatientsResponse answer = std::move(answers_.front());
      answers_.pop_front();
      return answer;
    }
    if (!came) return absl::UnavailableError("the exchange does not answer");
    if (!status_->ok()) return *status_;
    return absl::UnavailableError("the exchange ended the stream early");
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::deque<LoadPatientsResponse> answers_ HIE_GUARDED_BY(mutex_);
  std::optional<absl::Status> status_ HIE_GUARDED_BY(mutex_);
  const std::shared_ptr<members::WriteQueue> writes_ =
      std::make_shared<members::WriteQueue>(kWrites);
  std::shared_ptr<rpc::ClientByteStream> stream_;
};

absl::StatusOr<mpi::v1::Load> PatientLoader::Run() {
  absl::Duration wait = kFirstWait;
  int failures = 0;  // In a row, without a line answered.
  while (true) {
    const uint64_t before = answered_;
    std::optional<mpi::v1::Load> load;
    const absl::Status ended = RunStream(load);
    if (load) return *std::move(load);
    if (answered_ > before) {
      failures = 0;
      wait = kFirstWait;
    }
    if (!IsWorthAnotherTry(ended) || ++failures >= options_.tries) return ended;
    if (options_.on_broken) options_.on_broken(ended);
    absl::SleepFor(wait);
    wait = std::min(wait * 2, options_.wait_max);
  }
}

absl::Status PatientLoader::RunStream(std::optional<mpi::v1::Load>& load) {
  Stream stream;
  HIE_RETURN_IF_ERROR(stream.Open(*options_.session));
  LoadPatientsRequest request;
  request.mutable_begin()->set_load_id(options_.load_id);
  request.mutable_begin()->set_input_sha256(options_.input->sha256());
  stream.Send(request);
  HIE_ASSIGN_OR_RETURN(const LoadPatientsResponse first, stream.Next());
  if (!first.has_began()) return absl::InternalError("stream: want the answer to begin first");
  if (first.began().load().ended_micros() != 0) {
    load = first.began().load();
    return absl::OkStatus();
  }
  HIE_RETURN_IF_ERROR(SendLines(stream, first.began()));
  request.Clear();
  request.mutable_end()->set_lines(options_.input->lines());
  stream.Send(request);
  HIE_ASSIGN_OR_RETURN(LoadPatientsResponse last, stream.Next());
  if (!last.has_ended()) return absl::InternalError("stream: want the answer to end");
  load = std::move(*last.mutable_ended()->mutable_load());
  return absl::OkStatus();
}

absl::Status PatientLoader::SendLines(Stream& stream, const exchange::v1::PatientLoadBegan& began) {
  const uint64_t lines = options_.input->lines();
  const uint64_t chunk_lines = std::clamp<uint64_t>(began.window_lines(), 1, kChunkLines);
  uint64_t sent = std::min(began.resume_after_line(), lines);
  uint64_t answered = sent;
  options_.input->Rewind();
  exchange::v1::PatientLine skipped;
  for (uint64_t line = 0; line < sent; ++line) options_.input->Next(skipped);
  if (options_.on_resumed) options_.on_resumed(sent);
  while (answered < lines) {
    while (sent < lines && sent - answered + chunk_lines <= began.window_lines()) {
      HIE_ASSIGN_OR_RETURN(const LoadPatientsRequest chunk, NextChunk(chunk_lines));
      sent += static_cast<uint64_t>(chunk.lines().lines_size());
      stream.Send(chunk);
    }
    HIE_ASSIGN_OR_RETURN(const LoadPatientsResponse answer, stream.Next());
    answered = std::max(answered, answer.progress().through_line());
    Answered(answered);
  }
  return absl::OkStatus();
}

absl::StatusOr<LoadPatientsRequest> PatientLoader::NextChunk(uint64_t lines_max) {
  LoadPatientsRequest request;
  size_t bytes = 0;
  for (uint64_t taken = 0; taken < lines_max && bytes < kChunkBytes; ++taken) {
    exchange::v1::PatientLine& line = *request.mutable_lines()->add_lines();
    if (!options_.input->Next(line)) {
      request.mutable_lines()->mutable_lines()->RemoveLast();
      break;
    }
    bytes += line.ByteSizeLong();
  }
  if (request.lines().lines().empty()) {
    return absl::FailedPreconditionError("the input ends before its last line; was it changed?");
  }
  return request;
}

void PatientLoader::Answered(uint64_t line) {
  if (line <= answered_) return;
  answered_ = line;
  if (options_.on_progress) options_.on_progress(line);
}

}  // namespace hie::ctl

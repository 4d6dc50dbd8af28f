#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "mpi/service/bulk_load.h"
#include "services/common/base/mutex.h"
#include "services/common/rpc/server.h"

// A client of bulk loads without a transport: for tests.
namespace hie::mpi {

// The call of a test.
class LocalContext final : public rpc::CallContext {
 public:
  const rpc::Caller& caller() const override { return caller_; }
  absl::Time deadline() const override { return absl::InfiniteFuture(); }
  bool cancelled() const override { return false; }
  const std::string& request_id() const override { return text_; }
  const std::string& traceparent() const override { return text_; }
  void WhenCancelled(std::function<void()> then) override { cancel_ = std::move(then); }
  // The client goes away.
  void Cancel() { cancel_(); }

 private:
  const rpc::Caller caller_;
  const std::string text_;
  std::function<void()> cancel_;
};

// Keeps what a stream answers.  Thread-safe.
class LocalAnswers final : public rpc::ByteStream {
 public:
  void Write(std::string message, Done done) override {
    {
      const MutexLock lock(mutex_);
      messages_.emplace_back().ParseFromString(message);
      changed_.NotifyAll();
    }
    done(true);
  }
  void Finish(absl::Status status) override {
    const MutexLock lock(mutex_);
    if (!status_) status_ = std::move(status);
    changed_.NotifyAll();
  }
  void Reset() override { Finish(absl::InternalError("reset")); }

  // The next message; nothing once the stream has ended.
  std::optional<v1::LoadRecordsResponse> Next() {
    const MutexLock lock(mutex_);
    changed_.Wait(mutex_, [this]() HIE_NO_THREAD_SAFETY_ANALYSIS {
      return !messages_.empty() || status_.has_value();
    });
    if (messages_.empty()) return std::nullopt;
    v1::LoadRecordsResponse message = std::move(messages_.front());
    messages_.pop_front();
    return message;
  }
  absl::Status status() const {
    const MutexLock lock(mutex_);
    return status_.value_or(absl::OkStatus());
  }

 private:
  mutable Mutex mutex_;
  CondVar changed_;
  std::deque<v1::LoadRecordsResponse> messages_ HIE_GUARDED_BY(mutex_);
  std::optional<absl::Status> status_ HIE_GUARDED_BY(mutex_);
};

// One stream of a load.
class LocalLoad {
 public:
  explicit LocalLoad(BulkLoads& loads)
      : context_(std::make_shared<LocalContext>()),
        answers_(std::make_shared<LocalAnswers>()),
        send_(loads.Open(context_, LoadStream::Writer(answers_))) {}

  void Send(const v1::LoadRecordsRequest& request) { send_(&request); }
  void Close() { send_(nullptr); }
  void Cancel() { context_->Cancel(); }
  LocalAnswers& answers() { return *answers_; }

  // What a whole run came to.
  struct Outcome {
    absl::Status status;
    std::vector<v1::LineResult> results;
    std::optional<v1::Load> began;
    std::optional<v1::Load> ended;
  };

  // Begins, sends the lines behind those that are applied, `chunk` at a time, as the window allows,
  // and ends.  `on_results` is told how many lines were answered; false breaks off.
  Outcome Run(const v1::BeginLoad& begin, const std::vector<v1::LoadLine>& lines, size_t chunk = 37,
              const std::function<bool(size_t)>& on_results = nullptr) {
    Outcome outcome;
    v1::LoadRecordsRequest request;
    *request.mutable_begin() = begin;
    Send(request);
    size_t next = 0;
    size_t waiting = 0;
    bool end_sent = false;
    while (const auto message = answers_->Next()) {
      if (message->has_began()) {
        outcome.began = message->began().load();
        next = static_cast<size_t>(outcome.began->applied_line());
      }
      for (const v1::LineResult& result : message->progress().results()) {
        outcome.results.push_back(result);
        --waiting;
      }
      if (message->has_ended()) outcome.ended = message->ended().load();
      if (on_results != nullptr && !on_results(outcome.results.size())) {
        Cancel();
        return outcome;
      }
      while (next < lines.size() && waiting + chunk <= kLoadWindowLines) {
        request.Clear();
        const size_t end = std::min(lines.size(), next + chunk);
        for (; next < end; ++next, ++waiting) *request.mutable_lines()->add_lines() = lines[next];
        Send(request);
      }
      if (next == lines.size() && !std::exchange(end_sent, true)) {
        request.Clear();
        request.mutable_end()->set_lines(lines.size());
        Send(request);
      }
    }
    outcome.status = answers_->status();
    return outcome;
  }

 private:
  const std::shared_ptr<LocalContext> context_;
  const std::shared_ptr<LocalAnswers> answers_;
  const std::function<void(const v1::LoadRecordsRequest*)> send_;
};

}  // namespace hie::mpi

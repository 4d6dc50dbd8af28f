#include "gateway/fhir/testing/fake_exchange.h"

namespace hie::fhir::testing {

// A stream on its way.
struct FakeExchange::Running {
  Bytes bytes;
  size_t next = 0;
  OnMessage on_message;
  std::function<void(absl::Status)> done;
};

size_t FakeExchange::calls() const {
  const MutexLock lock(mutex_);
  return requests_.size();
}

rpc::Caller FakeExchange::last_caller() const {
  const MutexLock lock(mutex_);
  return last_caller_;
}

void FakeExchange::Hold() {
  const MutexLock lock(mutex_);
  holding_ = true;
}

void FakeExchange::Release() {
  std::vector<std::function<void()>> held;
  {
    const MutexLock lock(mutex_);
    holding_ = false;
    held.swap(held_);
  }
  for (const std::function<void()>& answer : held) answer();
}

void FakeExchange::Record(const std::string& method, const rpc::CallContext* context,
                          std::string request) {
  const MutexLock lock(mutex_);
  requests_.emplace_back(method, std::move(request));
  if (context != nullptr) last_caller_ = context->caller();
}

void FakeExchange::RunOrHold(std::function<void()> answer) {
  {
    const MutexLock lock(mutex_);
    if (holding_) {
      held_.push_back(std::move(answer));
      return;
    }
  }
  answer();
}

void FakeExchange::StartUnary(const std::string& method, std::shared_ptr<rpc::CallContext> context,
                              std::string request,
                              std::function<void(absl::StatusOr<std::string>)> done) {
  Record(method, context.get(), request);
  std::function<absl::StatusOr<std::string>(const std::string&)> handler;
  {
    const MutexLock lock(mutex_);
    const auto found = unary_.find(method);
    if (found != unary_.end()) handler = found->second;
  }
  RunOrHold([handler = std::move(handler), request = std::move(request), done = std::move(done)] {
    done(handler ? handler(request) : absl::UnimplementedError("no handler in this test"));
  });
}

void FakeExchange::StartStream(const std::string& method, std::shared_ptr<rpc::CallContext> context,
                               std::string request, OnMessage on_message,
                               std::function<void(absl::Status)> done) {
  Record(method, context.get(), request);
  auto running = std::make_shared<Running>();
  running->on_message = std::move(on_message);
  running->done = std::move(done);
  std::function<Bytes(const std::string&)> handler;
  {
    const MutexLock lock(mutex_);
    const auto found = streams_.find(method);
    if (found != streams_.end()) handler = found->second;
  }
  running->bytes =
      handler ? handler(request) : Bytes{{}, absl::UnimplementedError("no handler in this test")};
  RunOrHold([running] { Pump(running); });
}

// One message after the other, each when the reader asks for it.
void FakeExchange::Pump(std::shared_ptr<Running> running) {
  if (running->next == running->bytes.messages.size()) return running->done(running->bytes.status);
  const std::string& message = running->bytes.messages[running->next++];
  running->on_message(message, [running](bool more) {
    if (more) return Pump(running);
    running->done(absl::CancelledError("given up"));
  });
}

}  // namespace hie::fhir::testing

#pragma once

#include <grpcpp/generic/generic_stub.h>

#include <memory>
#include <shared_mutex>
#include <utility>

namespace hie::rpc {

// Whether a server still takes in-process calls.  Thread-safe.
//
// gRPC 1.51 crashes when a call begins on an in-process channel whose server has shut down, so
// the server closes this first and no call begins after that.
class InProcessLatch {
 public:
  // Waits for calls that are beginning; none begins after.
  void Close() {
    const std::unique_lock<std::shared_mutex> lock(mutex_);
    closed_ = true;
  }

  // Runs `begin` and returns true, unless closed.
  template <typename Begin>
  bool IfOpen(Begin begin) {
    const std::shared_lock<std::shared_mutex> lock(mutex_);
    if (closed_) return false;
    begin();
    return true;
  }

 private:
  std::shared_mutex mutex_;
  bool closed_ = false;
};

// Where calls of one channel begin.  Thread-safe.
class CallOrigin {
 public:
  // `latch` is null for a channel over a port.  A null `channel` begins nothing.
  CallOrigin(std::shared_ptr<grpc::ChannelInterface> channel, std::shared_ptr<InProcessLatch> latch)
      : has_channel_(channel != nullptr), stub_(std::move(channel)), latch_(std::move(latch)) {}

  // Runs `begin(stub)`, which begins one call, and returns true; false: the server is gone.
  template <typename Begin>
  bool TryBegin(Begin begin) {
    if (!has_channel_) return false;
    if (latch_ != nullptr) return latch_->IfOpen([&] { begin(stub_); });
    begin(stub_);
    return true;
  }

 private:
  const bool has_channel_;
  grpc::GenericStub stub_;
  const std::shared_ptr<InProcessLatch> latch_;
};

}  // namespace hie::rpc

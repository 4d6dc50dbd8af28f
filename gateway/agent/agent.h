#pragma once

#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "gateway/agent/agent_session.h"
#include "gateway/agent/back_off.h"
#include "services/common/base/clock.h"
#include "services/common/base/random_source.h"
#include "services/common/rpc/channel.h"

namespace hie::agent {

// A member's agent: dials the gateway, attaches, announces, answers; for ever.
//
// Two threads of its own (connection, folder) and a small pool.
class Agent {
 public:
  struct Options {
    std::string gateway;      // host:port
    std::string server_name;  // Name to verify; empty: that of `gateway`.
    std::shared_ptr<rpc::TlsFiles> tls;
    std::string member;
    std::string domain;
    std::string folder;
    std::string version;
    Fault fault;
    const Clock* clock = nullptr;  // These two must outlive the agent.
    RandomSource* random = nullptr;
    std::shared_ptr<log::Logger> log;  // Null: silent.
    std::function<void()> announced;   // Once everything of the first index was taken.
    BackOff::Limits back_off;
    absl::Duration poll = absl::Seconds(2);  // Of the folder.
  };

  // Reads the folder and the keys, then starts.  NOT_FOUND and others name what to mend.
  static absl::StatusOr<std::unique_ptr<Agent>> Start(Options options);
  // Detaches and stops.
  ~Agent();

  // A stream is open and was welcomed.
  bool attached() const HIE_EXCLUDES(mutex_);

 private:
  // How one stream went.
  struct StreamEnd;

  explicit Agent(Options options);
  void KeepAttached() HIE_EXCLUDES(mutex_);
  absl::Status AttachOnce(bool& welcomed) HIE_EXCLUDES(mutex_);
  void WatchFolder() HIE_EXCLUDES(mutex_);
  bool Sleep(absl::Duration time) HIE_EXCLUDES(mutex_);

  const Options options_;
  const std::shared_ptr<AgentCore> core_;
  std::shared_ptr<rpc::Channel> channel_;

  mutable Mutex mutex_;
  CondVar changed_;
  bool stopping_ HIE_GUARDED_BY(mutex_) = false;
  std::shared_ptr<AgentSession> session_ HIE_GUARDED_BY(mutex_);
  std::shared_ptr<rpc::ClientByteStream> stream_ HIE_GUARDED_BY(mutex_);
  std::thread connection_;
  std::thread folder_;
};

}  // namespace hie::agent

#include "gateway/agent/agent.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "hie/agent/v1/agent_service.methods.h"
#include "services/common/base/status_macros.h"

namespace hie::agent {
namespace {

constexpr int kThreads = 4;
constexpr size_t kQueueMax = 256;
// A stream ends of itself after so long and is opened anew.
constexpr absl::Duration kStreamLife = absl::Hours(12);
// Another agent of this member has taken over: do not wrestle.
constexpr absl::Duration kReplacedWait = absl::Seconds(10);

std::shared_ptr<AgentCore> MakeCore(const Agent::Options& options) {
  auto core = std::make_shared<AgentCore>();
  core->member = options.member;
  core->domain = options.domain;
  core->version = options.version;
  core->fault = options.fault;
  core->log = options.log;
  core->announced = options.announced;
  core->pool = std::make_unique<rpc::WorkerPool>(rpc::WorkerPool::Options{
      .name = "agent", .threads = kThreads, .queue_max = kQueueMax, .on_waiting = nullptr});
  MutexLock lock(core->mutex);
  core->book = std::make_unique<AnnouncementBook>(options.domain);
  return core;
}

}  // namespace

// Shared with the callback that ends the stream, which may outlive the agent.
struct Agent::StreamEnd {
  Mutex mutex;
  CondVar changed;
  std::optional<absl::Status> status HIE_GUARDED_BY(mutex);

  void Set(absl::Status ended) {
    {
      MutexLock lock(mutex);
      if (!status) status = std::move(ended);
    }
    changed.NotifyAll();
  }
  absl::Status Wait() {
    MutexLock lock(mutex);
    changed.Wait(mutex, [this]() HIE_NO_THREAD_SAFETY_ANALYSIS { return status.has_value(); });
    return *status;
  }
};

Agent::Agent(Options options) : options_(std::move(options)), core_(MakeCore(options_)) {}

absl::StatusOr<std::unique_ptr<Agent>> Agent::Start(Options options) {
  auto agent = std::unique_ptr<Agent>(new Agent(std::move(options)));
  const Options& o = agent->options_;
  HIE_ASSIGN_OR_RETURN(agent->channel_, rpc::Channel::Dial(o.gateway, o.tls, o.server_name));
  HIE_ASSIGN_OR_RETURN(
      agent->core_->source,
      FolderSource::Open({.folder = o.folder, .domain = o.domain, .clock = o.clock, .log = o.log}));
  {
    MutexLock lock(agent->core_->mutex);
    agent->core_->book->Load(agent->core_->source->index());
  }
  agent->connection_ = std::thread([a = agent.get()] { a->KeepAttached(); });
  agent->folder_ = std::thread([a = agent.get()] { a->WatchFolder(); });
  return agent;
}

Agent::~Agent() {
  std::shared_ptr<rpc::ClientByteStream> stream;
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    stream = stream_;
  }
  changed_.NotifyAll();
  if (stream != nullptr) stream->Cancel();
  if (connection_.joinable()) connection_.join();
  if (folder_.joinable()) folder_.join();
  core_->pool->Stop();
}

bool Agent::attached() const {
  MutexLock lock(mutex_);
  return session_ != nullptr && session_->welcomed();
}

bool Agent::Sleep(absl::Duration time) {
  MutexLock lock(mutex_);
  return !changed_.WaitFor(mutex_, time,
                           [this]() HIE_NO_THREAD_SAFETY_ANALYSIS { return stopping_; });
}

void Agent::KeepAttached() {
  BackOff back_off(options_.back_off, options_.random);
  while (true) {
    bool welcomed = false;
    const absl::Status ended = AttachOnce(welcomed);
    {
      MutexLock lock(mutex_);
      if (stopping_) return;
    }
    if (welcomed) back_off.Reset();
    absl::Duration wait = back_off.Next();
    if (ended.code() == absl::StatusCode::kAborted) wait = std::max(wait, kReplacedWait);
    core_->Log(log::Level::kWarning, "detached",
               absl::StrCat(absl::StatusCodeToString(ended.code()), ": ", ended.message(),
                            "; trying again in ", absl::FormatDuration(wait)));
    if (!Sleep(wait)) return;
  }
}

absl::Status Agent::AttachOnce(bool& welcomed) {
  auto end = std::make_shared<StreamEnd>();
  // The session writes to a stream that exists only once the call was begun.
  auto slot = std::make_shared<std::weak_ptr<rpc::ClientByteStream>>();
  auto session = std::make_shared<AgentSession>(
      core_, [slot](const v1::AttachRequest& message, members::WriteQueue::Done done) {
        const std::shared_ptr<rpc::ClientByteStream> stream = slot->lock();
        if (stream == nullptr) return done(false);
        stream->Write(message.SerializeAsString(), std::move(done));
      });
  rpc::CallOptions call;
  call.deadline = options_.clock->Now() + kStreamLife;
  const std::shared_ptr<rpc::ClientByteStream> stream = channel_->Bidi<v1::AgentService::Attach>(
      call, [session](const v1::AttachResponse& message) { return session->OnMessage(message); },
      [end](absl::Status status) { end->Set(std::move(status)); });
  *slot = stream;
  bool stopping = false;
  {
    MutexLock lock(mutex_);
    stream_ = stream;
    session_ = session;
    stopping = stopping_;
  }
  if (stopping) stream->Cancel();
  session->Start();
  const absl::Status ended = end->Wait();
  session->Ended();
  welcomed = session->welcomed();
  MutexLock lock(mutex_);
  stream_ = nullptr;
  session_ = nullptr;
  return ended;
}

void Agent::WatchFolder() {
  while (Sleep(options_.poll)) {
    const absl::StatusOr<bool> changed = core_->source->Refresh();
    if (!changed.ok()) {
      core_->Log(log::Level::kError, "source-not-readable", changed.status().message());
      continue;
    }
    bool waiting = false;
    {
      MutexLock lock(core_->mutex);
      if (*changed) core_->book->Load(core_->source->index());
      waiting = !core_->book->Done();
    }
    // Also where nothing changed: a pool that was full may have dropped the step that goes on.
    if (!*changed && !waiting) continue;
    std::shared_ptr<AgentSession> session;
    {
      MutexLock lock(mutex_);
      session = session_;
    }
    if (session != nullptr && session->welcomed()) session->AnnounceMore();
  }
}

}  // namespace hie::agent

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/edge/exchange_calls.h"
#include "services/common/base/mutex.h"

namespace hie::fhir::testing {

// The exchange as tests want it: each method answers what the test says, and requests are kept.
//
// Answers on the caller's thread, before Call returns, unless Hold was called: then when Release
// is.  A method without a handler answers UNIMPLEMENTED.  Thread-safe.
class FakeExchange final : public edge::ExchangeCalls {
 public:
  // exchange.On<ExchangeService::SearchPatients>([](const SearchPatientsRequest&) {...});
  template <typename Method>
  void On(std::function<absl::StatusOr<typename Method::Response>(const typename Method::Request&)>
              answer) {
    const MutexLock lock(mutex_);
    unary_[Method::kFullName] =
        [answer = std::move(answer)](const std::string& bytes) -> absl::StatusOr<std::string> {
      typename Method::Request request;
      if (!request.ParseFromString(bytes)) return absl::InternalError("request: not a message");
      absl::StatusOr<typename Method::Response> response = answer(request);
      if (!response.ok()) return response.status();
      return response->SerializeAsString();
    };
  }

  // What a stream gives and how it ends.
  template <typename Method>
  struct Messages {
    std::vector<typename Method::Response> messages;
    absl::Status status = absl::OkStatus();
  };

  // A stream that depends on its request.
  template <typename Method>
  void OnStream(std::function<Messages<Method>(const typename Method::Request&)> answer) {
    const MutexLock lock(mutex_);
    streams_[Method::kFullName] = [answer = std::move(answer)](const std::string& bytes) {
      typename Method::Request request;
      if (!request.ParseFromString(bytes)) return Bytes{{}, absl::InternalError("request")};
      Messages<Method> answered = answer(request);
      Bytes out{{}, answered.status};
      for (const auto& message : answered.messages) {
        out.messages.push_back(message.SerializeAsString());
      }
      return out;
    };
  }
  // The same stream whatever is asked.
  template <typename Method>
  void OnStream(std::vector<typename Method::Response> messages,
                absl::Status status = absl::OkStatus()) {
    OnStream<Method>([messages = std::move(messages),
                      status = std::move(status)](const typename Method::Request&) {
      return Messages<Method>{messages, status};
    });
  }

  // The requests of a method so far, in order.
  template <typename Method>
  std::vector<typename Method::Request> Requests() const {
    std::vector<typename Method::Request> out;
    const MutexLock lock(mutex_);
    for (const auto& [method, bytes] : requests_) {
      if (method != Method::kFullName) continue;
      typename Method::Request request;
      if (request.ParseFromString(bytes)) out.push_back(std::move(request));
    }
    return out;
  }
  // How many calls of any method there were.
  size_t calls() const;
  // Under which caller the last call came.
  rpc::Caller last_caller() const;

  // Keeps answers back until Release.
  void Hold();
  void Release();

 private:
  struct Bytes {
    std::vector<std::string> messages;
    absl::Status status;
  };
  using OnMessage = std::function<void(const std::string&, std::function<void(bool)>)>;
  struct Running;

  void StartUnary(const std::string& method, std::shared_ptr<rpc::CallContext> context,
                  std::string request,
                  std::function<void(absl::StatusOr<std::string>)> done) override;
  void StartStream(const std::string& method, std::shared_ptr<rpc::CallContext> context,
                   std::string request, OnMessage on_message,
                   std::function<void(absl::Status)> done) override;
  void Record(const std::string& method, const rpc::CallContext* context, std::string request);
  void RunOrHold(std::function<void()> answer);
  static void Pump(std::shared_ptr<Running> running);

  mutable Mutex mutex_;
  std::map<std::string, std::function<absl::StatusOr<std::string>(const std::string&)>> unary_
      HIE_GUARDED_BY(mutex_);
  std::map<std::string, std::function<Bytes(const std::string&)>> streams_ HIE_GUARDED_BY(mutex_);
  std::vector<std::pair<std::string, std::string>> requests_ HIE_GUARDED_BY(mutex_);
  rpc::Caller last_caller_ HIE_GUARDED_BY(mutex_);
  bool holding_ HIE_GUARDED_BY(mutex_) = false;
  std::vector<std::function<void()>> held_ HIE_GUARDED_BY(mutex_);
};

}  // namespace hie::fhir::testing

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/fhir/call.h"
#include "gateway/fhir/frozen_pages.h"
#include "gateway/fhir/interaction.h"
#include "gateway/fhir/testing/fake_exchange.h"
#include "gateway/http/exchange.h"
#include "gateway/members/member_directory.h"
#include "services/common/base/clock.h"
#include "services/common/base/random_source.h"

namespace hie::fhir::testing {

// A body in parts, as a client got it.
struct StreamedBody {
  int status = 0;
  http::Headers headers;
  std::optional<uint64_t> length;
  std::string bytes;
  bool ended = false;
  bool aborted = false;
};

// What a handler answered, without a listener.
class RecordedExchange final : public http::Exchange {
 public:
  explicit RecordedExchange(http::Request request);
  const http::Request& request() const override { return request_; }
  void Respond(http::Response response) override;
  std::shared_ptr<http::BodyWriter> Stream(int status, http::Headers headers,
                                           std::optional<uint64_t> length) override;
  void WhenGone(std::function<void()> then) override { when_gone_.push_back(std::move(then)); }

  // Whether somebody wants to know that the client went.
  bool watched() const { return !when_gone_.empty(); }
  // The client closes the connection.
  void GoAway();
  const std::optional<http::Response>& response() const { return response_; }
  // Null: nothing was streamed.
  const StreamedBody* streamed() const { return streamed_.get(); }
  // How often it was answered; a correct handler does it once.
  int answers() const { return answers_; }

 private:
  http::Request request_;
  std::vector<std::function<void()>> when_gone_;
  std::optional<http::Response> response_;
  std::shared_ptr<StreamedBody> streamed_;
  int answers_ = 0;
};

// A call of one interaction, made without HTTP; keeps what was answered.
class TestCall final : public Call {
 public:
  TestCall(const FhirServices& services, const Interaction& interaction,
           std::shared_ptr<RecordedExchange> exchange, auth::ApiCaller caller);

  // Reads the request as the door does; a failure is the answer then.
  bool Read(std::string id);

  const std::optional<Answer>& answer() const { return answer_; }
  const std::optional<Failure>& failure() const { return failure_; }
  // Null: nothing was streamed.
  const StreamedBody* streamed() const { return recorded_->streamed(); }
  bool answered() const { return answers_ > 0 || streamed() != nullptr; }
  int answers() const { return answers_; }
  // HTTP status of whichever there is; 0: not answered.
  int status() const;
  // The resource of the answer, or the OperationOutcome of the failure; null where there is none.
  json::Value resource() const;

  void Respond(Answer answer) override;
  using Call::Fail;
  void Fail(Failure failure) override;
  std::shared_ptr<http::BodyWriter> Stream(int status, http::Headers headers,
                                           std::optional<uint64_t> length) override;

 private:
  const std::shared_ptr<RecordedExchange> recorded_;
  std::optional<Answer> answer_;
  std::optional<Failure> failure_;
  int answers_ = 0;
};

// Everything interactions stand on, with a fake exchange.  Not thread-safe.
class TestWorld {
 public:
  static constexpr char kBaseUrl[] = "https://gw.hie.example/fhir";

  // `members` may be empty.  Rows must be acceptable to a router.
  explicit TestWorld(std::vector<Interaction> rows, std::vector<Member> members = {});
  ~TestWorld();

  FakeExchange& exchange() { return exchange_; }
  SimulatedClock& clock() { return clock_; }
  FrozenPages& pages() { return pages_; }
  // The caller of what is sent from now on: member "north", client "north-emr", purpose TREAT.
  auth::ApiCaller& caller() { return caller_; }
  const FhirServices& services() const { return services_; }

  // Sends one request below the base ("/Patient?family=x") to the row that fits and runs it.  A
  // body is FHIR JSON unless a Content-Type is given; "/_search" bodies are forms.
  // Ends the program where no row fits.
  std::shared_ptr<TestCall> Send(http::Method method, const std::string& target,
                                 std::string body = "", http::Headers headers = {});
  std::shared_ptr<TestCall> Get(const std::string& target) {
    return Send(http::Method::kGet, target);
  }
  std::shared_ptr<TestCall> Post(const std::string& target, std::string body) {
    return Send(http::Method::kPost, target, std::move(body));
  }

 private:
  struct Rows;

  FakeExchange exchange_;
  SimulatedClock clock_;
  SeededRandom random_;
  FrozenPages pages_;
  std::unique_ptr<members::MemberDirectorySource> directory_;
  auth::ApiCaller caller_;
  FhirServices services_;
  std::unique_ptr<Rows> rows_;
  uint64_t requests_ = 0;
};

}  // namespace hie::fhir::testing

#include "gateway/fhir/testing/test_call.h"

#include <cstdlib>
#include <iostream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "gateway/fhir/call_reading.h"
#include "gateway/fhir/router.h"

namespace hie::fhir::testing {
namespace {

constexpr char kTraceparent[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

// Collects the parts of a body; takes each at once.
class RecordingWriter final : public http::BodyWriter {
 public:
  explicit RecordingWriter(std::shared_ptr<StreamedBody> body) : body_(std::move(body)) {}
  ~RecordingWriter() override {
    if (!body_->ended) body_->aborted = true;
  }
  void Write(std::string part, std::function<void(bool)> done) override {
    body_->bytes += part;
    done(!body_->aborted);
  }
  void End() override { body_->ended = true; }
  void Abort() override { body_->aborted = true; }

 private:
  const std::shared_ptr<StreamedBody> body_;
};

template <typename T>
T OrDie(absl::StatusOr<T> result) {
  if (result.ok()) return *std::move(result);
  std::cerr << result.status() << std::endl;
  std::abort();
}

}  // namespace

RecordedExchange::RecordedExchange(http::Request request) : request_(std::move(request)) {}

void RecordedExchange::Respond(http::Response response) {
  ++answers_;
  response_ = std::move(response);
}

std::shared_ptr<http::BodyWriter> RecordedExchange::Stream(int status, http::Headers headers,
                                                           std::optional<uint64_t> length) {
  ++answers_;
  streamed_ = std::make_shared<StreamedBody>();
  streamed_->status = status;
  streamed_->headers = std::move(headers);
  streamed_->length = length;
  return std::make_shared<RecordingWriter>(streamed_);
}

void RecordedExchange::GoAway() {
  if (streamed_) streamed_->aborted = true;
  for (const std::function<void()>& then : std::exchange(when_gone_, {})) then();
}

TestCall::TestCall(const FhirServices& services, const Interaction& interaction,
                   std::shared_ptr<RecordedExchange> exchange, auth::ApiCaller caller)
    : Call(services, interaction, exchange), recorded_(std::move(exchange)) {
  caller_ = std::move(caller);
  directory_ = services.directory->Current().directory;
  context_ = std::make_shared<edge::DoorContext>(caller_.caller, absl::Now() + absl::Minutes(1),
                                                 request().request_id, request().traceparent);
}

bool TestCall::Read(std::string id) {
  id_ = std::move(id);
  Reading<Wishes> wishes = ReadWishes(request(), interaction());
  if (!wishes.ok()) return Fail(*std::move(wishes.failure)), false;
  Reading<RequestReading> reading = ReadRequest(request(), interaction(), wishes.value);
  if (!reading.ok()) return Fail(*std::move(reading.failure)), false;
  format_ = wishes.value.format;
  strict_ = wishes.value.handling == Handling::kStrict;
  respond_async_ = wishes.value.respond_async;
  wants_ndjson_ = wishes.value.ndjson || wishes.value.event_stream;
  preference_ = wishes.value.preference;
  budget_ = wishes.value.budget;
  query_ = std::move(reading.value.query);
  body_ = std::move(reading.value.body);
  return true;
}

int TestCall::status() const {
  if (answer_) return answer_->http_status;
  if (failure_) return failure_->http_status;
  return streamed() ? streamed()->status : 0;
}

json::Value TestCall::resource() const {
  if (failure_) return OutcomeResource(failure_->issues, request().request_id);
  return answer_ && answer_->resource ? *answer_->resource : json::Value();
}

void TestCall::Respond(Answer answer) {
  ++answers_;
  answer_ = std::move(answer);
}

void TestCall::Fail(Failure failure) {
  ++answers_;
  failure_ = std::move(failure);
}

std::shared_ptr<http::BodyWriter> TestCall::Stream(int status, http::Headers headers,
                                                   std::optional<uint64_t> length) {
  ++answers_;
  return recorded_->Stream(status, std::move(headers), length);
}

// The router behind a type of its own, so that tests need not include it.
struct TestWorld::Rows {
  Router router;
};

TestWorld::TestWorld(std::vector<Interaction> rows, std::vector<Member> members)
    : clock_(absl::FromUnixSeconds(1'768'219'200)),  // 2026-01-12T12:00:00Z
      random_(7),
      pages_(&clock_, &random_),
      rows_(std::make_unique<Rows>(Rows{OrDie(Router::Create(std::move(rows)))})) {
  directory_ = std::make_unique<members::FixedMemberDirectory>(members::DirectoryReading{
      OrDie(members::MemberDirectory::Build(1, std::move(members))), clock_.Now()});
  caller_.client_id = "north-emr";
  caller_.scopes = {"system/*.cruds"};
  caller_.caller.kind = rpc::CallerKind::kMember;
  caller_.caller.actor.member = MemberId("north");
  caller_.caller.actor.purpose = Purpose::kTreat;
  caller_.caller.actor.client_key = "north-emr";
  services_.exchange = &exchange_;
  services_.directory = directory_.get();
  services_.clock = &clock_;
  services_.random = &random_;
  services_.pages = &pages_;
  services_.base_url = kBaseUrl;
}

TestWorld::~TestWorld() = default;

std::shared_ptr<TestCall> TestWorld::Send(http::Method method, const std::string& target,
                                          std::string body, http::Headers headers) {
  const std::pair<std::string, std::string> parts = absl::StrSplit(target, absl::MaxSplits('?', 1));
  const Route route = rows_->router.Find(method, parts.first);
  if (route.interaction == nullptr) {
    std::cerr << "no interaction at " << MethodName(method) << " " << parts.first << std::endl;
    std::abort();
  }
  if (!body.empty() && !headers.Has("Content-Type")) {
    headers.Set("Content-Type", absl::EndsWith(parts.first, "/_search")
                                    ? "application/x-www-form-urlencoded"
                                    : "application/fhir+json");
  }
  http::Request request;
  request.method = method;
  request.path = absl::StrCat("/fhir", parts.first);
  request.query = parts.second;
  request.headers = std::move(headers);
  request.body = std::move(body);
  request.request_id = absl::StrCat("test-", ++requests_);
  request.traceparent = kTraceparent;
  auto call =
      std::make_shared<TestCall>(services_, *route.interaction,
                                 std::make_shared<RecordedExchange>(std::move(request)), caller_);
  if (call->Read(route.id)) route.interaction->run(call);
  return call;
}

}  // namespace hie::fhir::testing

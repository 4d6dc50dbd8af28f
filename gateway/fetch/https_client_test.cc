#include "gateway/fetch/https_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gateway/http/listener.h"
#include "services/common/base/mutex.h"
#include "services/common/rpc/testing/test_pki.h"
#include "tests/support/status_matchers.h"

namespace hie::fetch {
namespace {

using ::hie::testing::IsOk;
using ::hie::testing::StatusIs;

class HttpsClientTest : public ::testing::Test {
 protected:
  HttpsClientTest() {
    http::Listener::Options options;
    options.listen = "127.0.0.1:0";
    options.tls = pki_.IssueRole("gateway");
    options.handler = [this](std::shared_ptr<http::Exchange> exchange) {
      handler_(std::move(exchange));
    };
    auto listener = http::Listener::Open(options);
    EXPECT_THAT(listener, IsOk());
    listener_ = *std::move(listener);
    auto client = HttpsClient::Open({options.tls->trust_anchors});
    EXPECT_THAT(client, IsOk());
    client_ = *std::move(client);
  }

  FetchRequest To(absl::string_view path) const {
    FetchRequest request;
    request.url = *ParseUrl(absl::StrCat("https://localhost:", listener_->port(), path));
    request.rule = AddressRule::kPrivateToo;
    return request;
  }

  absl::StatusOr<FetchResponse> Fetch(FetchRequest request,
                                      std::function<bool(absl::string_view)> on_chunk = nullptr) {
    std::promise<absl::StatusOr<FetchResponse>> promise;
    client_->Fetch(std::move(request), std::move(on_chunk),
                   [&promise](absl::StatusOr<FetchResponse> response) {
                     promise.set_value(std::move(response));
                   });
    return promise.get_future().get();
  }

  const rpc::TestPki pki_;
  http::Handler handler_ = [](const std::shared_ptr<http::Exchange>& exchange) {
    exchange->Respond({200, {{"X", "y"}}, exchange->request().path + exchange->request().body});
  };
  std::unique_ptr<http::Listener> listener_;
  std::unique_ptr<HttpsClient> client_;
};

TEST_F(HttpsClientTest, FetchesAndPosts) {
  const auto got = Fetch(To("/a"));
  ASSERT_THAT(got, IsOk());
  EXPECT_EQ(got->status, 200);
  EXPECT_EQ(got->body, "/a");
  EXPECT_EQ(got->headers.Get("x"), "y");
  FetchRequest post = To("/b");
  post.method = http::Method::kPost;
  post.body = "body";
  EXPECT_EQ(Fetch(post)->body, "/bbody");
}

TEST_F(HttpsClientTest, DialsNoPrivateAddressUnlessToldTo) {
  FetchRequest request = To("/");
  request.rule = AddressRule::kPublic;
  EXPECT_THAT(Fetch(request).status(), StatusIs(absl::StatusCode::kPermissionDenied));
}

TEST_F(HttpsClientTest, WantsACertificateForTheHost) {
  FetchRequest request = To("/");
  request.url.host = "127.0.0.2";
  EXPECT_THAT(Fetch(request).status(), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(HttpsClientTest, FollowsNoRedirect) {
  handler_ = [](const std::shared_ptr<http::Exchange>& exchange) {
    exchange->Respond({302, {{"Location", "https://169.254.169.254/"}}, ""});
  };
  EXPECT_EQ(Fetch(To("/"))->status, 302);
}

TEST_F(HttpsClientTest, KeepsTimeAndSize) {
  std::vector<std::shared_ptr<http::Exchange>> held;
  handler_ = [&held](std::shared_ptr<http::Exchange> exchange) {
    if (exchange->request().path == "/large") {
      return exchange->Respond({200, {}, std::string(100'000, 'x')});
    }
    held.push_back(std::move(exchange));
  };
  FetchRequest slow = To("/slow");
  slow.budget = absl::Milliseconds(200);
  EXPECT_THAT(Fetch(slow).status(), StatusIs(absl::StatusCode::kDeadlineExceeded));
  FetchRequest large = To("/large");
  large.body_bytes_max = 99'999;
  EXPECT_THAT(Fetch(large).status(), StatusIs(absl::StatusCode::kOutOfRange));
  held.clear();
}

TEST_F(HttpsClientTest, OneServerDoesNotTakeEveryConnection) {
  Mutex mutex;
  std::vector<std::shared_ptr<http::Exchange>> held;
  std::atomic<bool> hold = true;
  handler_ = [&](std::shared_ptr<http::Exchange> exchange) {
    if (!hold) return exchange->Respond({200, {}, ""});
    const MutexLock lock(mutex);
    held.push_back(std::move(exchange));
  };
  const int count = HttpsClient::Options().connections_per_authority_max;
  std::vector<std::promise<absl::Status>> over(count);
  for (std::promise<absl::Status>& one : over) {
    client_->Fetch(To("/held"), nullptr, [&one](const absl::StatusOr<FetchResponse>& response) {
      one.set_value(response.status());
    });
  }
  EXPECT_THAT(Fetch(To("/more")).status(), StatusIs(absl::StatusCode::kResourceExhausted));
  FetchRequest elsewhere = To("/");
  elsewhere.url.host = "127.0.0.2";  // Another authority: judged by its certificate as ever.
  EXPECT_THAT(Fetch(elsewhere).status(), StatusIs(absl::StatusCode::kUnavailable));
  const auto held_count = [&] {
    const MutexLock lock(mutex);
    return static_cast<int>(held.size());
  };
  while (held_count() < count) absl::SleepFor(absl::Milliseconds(1));
  hold = false;
  for (const auto& exchange : held) exchange->Respond({200, {}, ""});
  for (std::promise<absl::Status>& one : over) EXPECT_THAT(one.get_future().get(), IsOk());
  EXPECT_THAT(Fetch(To("/more")).status(), IsOk());
}

TEST_F(HttpsClientTest, StreamsAndTellsABrokenBody) {
  handler_ = [](const std::shared_ptr<http::Exchange>& exchange) {
    const bool whole = exchange->request().path == "/whole";
    auto body = exchange->Stream(200, {}, std::nullopt);
    body->Write("part", [body, whole](bool) { whole ? body->End() : body->Abort(); });
  };
  std::string read;
  const auto take = [&read](absl::string_view chunk) {
    read.append(chunk.data(), chunk.size());
    return true;
  };
  EXPECT_THAT(Fetch(To("/whole"), take), IsOk());
  EXPECT_EQ(read, "part");
  EXPECT_THAT(Fetch(To("/broken"), take).status(), StatusIs(absl::StatusCode::kDataLoss));
}

}  // namespace
}  // namespace hie::fetch

#include "absl/strings/escaping.h"
#include "gateway/fhir/documents/documents_world.h"
#include "gtest/gtest.h"
#include "services/common/crypto/sha1.h"
#include "services/common/json/writer.h"

namespace hie::fhir {
namespace {

using exchange::v1::RetrieveRequest;
using exchange::v1::RetrieveResponse;
using testing::DetailOf;
using testing::DocumentsWorld;
using testing::ExchangeMethods;
using testing::FakeExchange;
using testing::Json;

constexpr char kContent[] = "Discharge: stable.\n";

class RetrieveDocumentTest : public ::testing::Test {
 protected:
  RetrieveDocumentTest() {
    world_.exchange().On<ExchangeMethods::GetDocument>(
        [this](const exchange::v1::GetDocumentRequest& request)
            -> absl::StatusOr<exchange::v1::GetDocumentResponse> {
          if (request.document_id() != "d-88") return absl::NotFoundError("document_id: unknown");
          exchange::v1::GetDocumentResponse response;
          *response.mutable_document() = entry_;
          return response;
        });
    world_.exchange().OnStream<ExchangeMethods::Retrieve>([this](const RetrieveRequest& request) {
      FakeExchange::Messages<ExchangeMethods::Retrieve> out;
      std::string content = std::string(kContent).substr(request.offset());
      if (request.length() > 0) content.resize(request.length());
      for (size_t at = 0; at < content.size(); at += 8) {
        RetrieveResponse part;
        part.set_data(content.substr(at, 8));
        out.messages.push_back(part);
      }
      if (failing_after_ >= 0) out.messages.resize(static_cast<size_t>(failing_after_));
      out.status = status_;
      return out;
    });
    entry_.set_id("d-88");
    entry_.set_member("north");
    entry_.set_media_type("text/plain");
    entry_.set_size_bytes(sizeof(kContent) - 1);
    entry_.set_sha1(crypto::Sha1(kContent));
  }

  std::shared_ptr<testing::TestCall> Get(http::Headers headers = {}, const char* id = "d-88") {
    return world_.Send(http::Method::kGet, absl::StrCat("/Binary/", id), "", std::move(headers));
  }

  std::string Tag() const {
    return absl::StrCat("\"", absl::BytesToHexString(entry_.sha1()), "\"");
  }

  DocumentsWorld world_;
  registry::v1::DocumentEntry entry_;
  absl::Status status_;
  int failing_after_ = -1;  // Messages that come before `status_`; -1: all.
};

TEST_F(RetrieveDocumentTest, AnEmergencyThatIsNotOpenYetIsSaidPlainly) {
  world_.caller().caller.actor.purpose = Purpose::kBtg;
  auth::BreakGlassClaims claims;
  claims.reason = "THREAT_TO_LIFE";
  claims.family = "Moreau";
  world_.caller().break_glass = claims;
  for (const char* target : {"/Binary/d-88", "/DocumentReference/d-88", "/List/s-1"}) {
    const auto call = world_.Get(target);
    EXPECT_EQ(call->status(), 400) << target;
    EXPECT_EQ(call->resource().At("/issue/0/code")->text(), "required") << target;
  }
  EXPECT_EQ(world_.exchange().calls(), 0u);
  world_.caller().break_glass->session_id = "s-9";
  EXPECT_EQ(Get()->streamed()->status, 200);
  EXPECT_EQ(world_.exchange().Requests<ExchangeMethods::Retrieve>().back().session_id(), "s-9");
}

TEST_F(RetrieveDocumentTest, TheBytesAreStreamedAsTheyAre) {
  const auto call = Get();
  ASSERT_NE(call->streamed(), nullptr);
  EXPECT_EQ(call->streamed()->status, 200);
  EXPECT_EQ(call->streamed()->bytes, kContent);
  EXPECT_TRUE(call->streamed()->ended);
  EXPECT_EQ(call->streamed()->length, sizeof(kContent) - 1);
  EXPECT_EQ(call->streamed()->headers.Get("Content-Type"), "text/plain");
  EXPECT_EQ(call->streamed()->headers.Get("ETag"), Tag());
  EXPECT_EQ(call->streamed()->headers.Get("Accept-Ranges"), "bytes");
  EXPECT_EQ(call->streamed()->headers.Get("Cache-Control"), "no-store");
}

TEST_F(RetrieveDocumentTest, OneRangeIsAPart) {
  const auto call = Get({{"Range", "bytes=11-16"}});
  ASSERT_NE(call->streamed(), nullptr);
  EXPECT_EQ(call->streamed()->status, 206);
  EXPECT_EQ(call->streamed()->bytes, "stable");
  EXPECT_EQ(call->streamed()->headers.Get("Content-Range"), "bytes 11-16/19");
  const auto request = world_.exchange().Requests<ExchangeMethods::Retrieve>()[0];
  EXPECT_EQ(request.offset(), 11u);
  EXPECT_EQ(request.length(), 6u);
}

TEST_F(RetrieveDocumentTest, ARangeBeyondTheEndIs416AndOfOtherBytesTheWhole) {
  const auto beyond = Get({{"Range", "bytes=19-"}});
  EXPECT_EQ(beyond->status(), 416);
  EXPECT_EQ(beyond->failure()->headers[0].second, "bytes */19");
  const auto other = Get({{"Range", "bytes=0-1"}, {"If-Range", "\"other\""}});
  ASSERT_NE(other->streamed(), nullptr);
  EXPECT_EQ(other->streamed()->status, 200);
}

TEST_F(RetrieveDocumentTest, WhatTheClientHasIsNotSentAgain) {
  EXPECT_EQ(Get({{"If-None-Match", Tag()}})->status(), 304);
  EXPECT_EQ(Get({{"If-None-Match", absl::StrCat("\"x\", W/", Tag())}})->status(), 304);
  EXPECT_TRUE(world_.exchange().Requests<ExchangeMethods::Retrieve>().empty());
  EXPECT_EQ(Get({{"If-None-Match", "\"x\""}})->status(), 200);
}

TEST_F(RetrieveDocumentTest, FhirClientsGetABinary) {
  const auto call = Get({{"Accept", "application/fhir+json"}});
  ASSERT_NE(call->streamed(), nullptr);
  const json::Value binary = Json(call->streamed()->bytes);
  EXPECT_EQ(binary.Text("resourceType"), "Binary");
  EXPECT_EQ(binary.Text("id"), "d-88");
  EXPECT_EQ(binary.Text("contentType"), "text/plain");
  EXPECT_EQ(binary.Text("data"), absl::Base64Escape(kContent));
  EXPECT_EQ(call->streamed()->length, call->streamed()->bytes.size());
  const auto xml = Get({{"Accept", "application/fhir+xml"}});
  ASSERT_NE(xml->streamed(), nullptr);
  EXPECT_EQ(xml->streamed()->length, xml->streamed()->bytes.size());
  EXPECT_EQ(Get({{"Accept", "image/png"}})->status(), 406);
}

TEST_F(RetrieveDocumentTest, HiddenAndAbsentAreAlike) {
  const auto absent = Get({}, "d-99");
  EXPECT_EQ(absent->status(), 404);
  status_ = absl::NotFoundError("document_id: unknown");
  failing_after_ = 0;
  const auto hidden = Get();
  EXPECT_EQ(hidden->status(), 404);
  EXPECT_EQ(json::Write(Json(json::Write(hidden->resource()))).size(),
            json::Write(absent->resource()).size());
}

TEST_F(RetrieveDocumentTest, FaultsBeforeTheFirstByteAreAnswers) {
  failing_after_ = 0;
  const struct {
    absl::Status status;
    int http_status;
    const char* detail;
  } kCases[] = {
      {absl::DataLossError("hash"), 502, "XDSNonIdenticalHash"},
      {absl::UnavailableError("down"), 503, "unreachable"},
      {absl::DeadlineExceededError("late"), 504, "timeout"},
  };
  for (const auto& c : kCases) {
    status_ = c.status;
    const auto call = Get();
    EXPECT_EQ(call->streamed(), nullptr);
    EXPECT_EQ(call->status(), c.http_status);
    EXPECT_EQ(DetailOf(call->resource()), c.detail);
  }
  entry_.set_status(registry::v1::DOCUMENT_STATUS_ENTERED_IN_ERROR);
  EXPECT_EQ(Get()->status(), 410);
}

TEST_F(RetrieveDocumentTest, ABrokenHashBreaksTheConnection) {
  failing_after_ = 1;
  status_ = absl::DataLossError("hash");
  const auto call = Get();
  ASSERT_NE(call->streamed(), nullptr);
  EXPECT_TRUE(call->streamed()->aborted);
  EXPECT_FALSE(call->streamed()->ended);
}

TEST_F(RetrieveDocumentTest, FewerBytesThanPromisedAreNotAWhole) {
  failing_after_ = 1;
  const auto call = Get();
  ASSERT_NE(call->streamed(), nullptr);
  EXPECT_TRUE(call->streamed()->aborted);
}

}  // namespace
}  // namespace hie::fhir

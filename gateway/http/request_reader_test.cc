#include "gateway/http/request_reader.h"

#include <gtest/gtest.h>

#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace hie::http {
namespace {

using State = RequestReader::State;

constexpr char kGet[] = "GET /fhir/Patient?family=A HTTP/1.1\r\nHost: a\r\nAccept: x\r\n\r\n";
constexpr char kPost[] =
    "POST /fhir/Patient/_search HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nfamily=A";
constexpr char kChunked[] =
    "POST /fhir HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    "3\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n\r\n";

TEST(RequestReaderTest, ReadsTargetFieldsAndBody) {
  RequestReader reader({});
  ASSERT_EQ(reader.Feed(kPost), State::kRequest);
  EXPECT_TRUE(reader.keep_alive());
  const Request request = reader.Take();
  EXPECT_EQ(request.method, Method::kPost);
  EXPECT_EQ(request.path, "/fhir/Patient/_search");
  EXPECT_EQ(request.query, "");
  EXPECT_EQ(request.headers.Get("content-length"), "8");
  EXPECT_EQ(request.body, "family=A");
  EXPECT_EQ(reader.state(), State::kIdle);
}

TEST(RequestReaderTest, RefusesWhatIsNotARequestThatItTakes) {
  const std::string long_target(9 << 10, 'a');
  const std::string long_field(17 << 10, 'a');
  const struct {
    std::string text;
    int status;
  } cases[] = {
      {"nonsense\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n\r\n", 400},                        // No Host.
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},  // Two.
      {"GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400},             // No path.
      {"GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},     // A proxy's form.
      {"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {"GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505},
      {absl::StrCat("GET /", long_target, " HTTP/1.1\r\nHost: a\r\n\r\n"), 414},
      {absl::StrCat("GET / HTTP/1.1\r\nHost: a\r\nX: ", long_field, "\r\n\r\n"), 431},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n", 413},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
       "0\r\n\r\n",
       400},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nabc\r\n2\r\n\aP\r\n",
       400},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n", 413},
      // Where the body ends is not known: what follows must not pass for a request.
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\nGET /b", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\nGET /b", 400},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text.substr(0, 60));
    RequestReader reader({});
    EXPECT_EQ(reader.Feed(c.text), State::kRefused);
    EXPECT_EQ(reader.refusal_status(), c.status);
  }
}

TEST(RequestReaderTest, TellsOnceThatTheClientWaitsToContinue) {
  RequestReader reader({});
  EXPECT_EQ(reader.Feed("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                        "Content-Length: 2\r\n\r\n"),
            State::kBody);
  EXPECT_TRUE(reader.TakeContinue());
  EXPECT_FALSE(reader.TakeContinue());
  EXPECT_EQ(reader.Feed("ab"), State::kRequest);
}

TEST(RequestReaderTest, HoldsNothingBetweenRequests) {
  RequestReader reader({});
  reader.Feed(kGet);
  reader.Take();
  EXPECT_EQ(reader.held(), 0u);
}

// The same requests come out however the bytes arrive: one piece is the oracle.
TEST(RequestReaderTest, PiecesMakeNoDifference) {
  const uint64_t seed = std::random_device()();
  std::cout << "seed " << seed << "\n";
  std::mt19937_64 random(seed);
  for (int round = 0; round < 500; ++round) {
    std::string stream;
    std::vector<std::string> bodies;
    for (int i = 0; i < 5; ++i) {
      const char* texts[] = {kGet, kPost, kChunked};
      const char* contents[] = {"", "family=A", "{\"a\":1}"};
      const size_t pick = random() % 3;
      stream += texts[pick];
      bodies.push_back(contents[pick]);
    }
    RequestReader reader({});
    std::vector<std::string> read;
    for (size_t at = 0; at < stream.size();) {
      const size_t size = 1 + random() % 40;
      reader.Feed(absl::string_view(stream).substr(at, size));
      at += size;
      while (reader.state() == State::kRequest) read.push_back(reader.Take().body);
    }
    ASSERT_EQ(read, bodies);
    ASSERT_EQ(reader.state(), State::kIdle);
  }
}

}  // namespace
}  // namespace hie::http

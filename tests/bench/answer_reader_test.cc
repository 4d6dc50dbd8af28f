#include "tests/bench/answer_reader.h"

#include "gtest/gtest.h"

namespace hie::bench {
namespace {

using State = AnswerReader::State;

// Feeds `text` in parts of `size` bytes.
std::string Read(AnswerReader& reader, absl::string_view text, size_t size) {
  std::string body;
  for (size_t at = 0; at < text.size(); at += size) {
    reader.Feed(text.substr(at, size),
                [&](absl::string_view part) { body.append(part.data(), part.size()); });
  }
  return body;
}

struct Case {
  const char* name;
  const char* text;
  State end;
  int status;
  const char* body;
};

TEST(AnswerReaderTest, AnAnswerIsTheSameInPartsOfAnySize) {
  const Case cases[] = {
      {"by length", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", State::kDone, 200,
       "hello"},
      {"nothing", "HTTP/1.1 204 No Content\r\n\r\n", State::kDone, 204, ""},
      {"chunked",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA\r\n, my world\r\n"
       "0\r\n\r\n",
       State::kDone, 200, "hello, my world"},
      {"not whole", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", State::kLength, 200,
       "hello"},
      {"last chunk not whole",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nh\r\n0\r\n", State::kChunkLine,
       200, "h"},
      {"no chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", State::kBroken,
       200, ""},
      {"not HTTP", "SSH-2.0-OpenSSH_9.2\r\n\r\n", State::kBroken, 0, ""},
  };
  for (const Case& c : cases) {
    for (const size_t size : {1, 2, 7, 1000}) {
      SCOPED_TRACE(testing::Message() << c.name << " in parts of " << size);
      AnswerReader reader;
      EXPECT_EQ(Read(reader, c.text, size), c.body);
      EXPECT_EQ(reader.state(), c.end);
      EXPECT_EQ(reader.status(), c.status);
    }
  }
}

}  // namespace
}  // namespace hie::bench

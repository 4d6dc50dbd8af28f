#include "gateway/hl7v2/mllp_framer.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "absl/strings/str_cat.h"

namespace hie::hl7v2 {
namespace {

constexpr size_t kCap = 1000;

std::vector<std::string> Drain(MllpFramer& framer) {
  std::vector<std::string> messages;
  while (std::optional<std::string> message = framer.Next()) messages.push_back(*message);
  return messages;
}

// The oracle: the whole stream at once, by hand.
std::vector<std::string> Split(const std::string& stream) {
  std::vector<std::string> messages;
  std::string current;
  bool inside = false;
  for (const char c : stream) {
    if (c == kStartBlock) {
      inside = true;
      current.clear();
    } else if (c == kEndBlock && inside) {
      messages.push_back(current);
      inside = false;
    } else if (inside) {
      current.push_back(c);
    }
  }
  return messages;
}

TEST(MllpFramerTest, TakesMessagesOutOfBlocks) {
  MllpFramer framer(kCap);
  framer.Append(MllpFrame("one") + MllpFrame("two"));
  EXPECT_EQ(Drain(framer), (std::vector<std::string>{"one", "two"}));
  EXPECT_FALSE(framer.inside());
  EXPECT_EQ(framer.dropped(), 0u);
}

TEST(MllpFramerTest, ToleratesEveryOddityOfTheTable) {
  struct Case {
    const char* what;
    std::string stream;
    std::vector<std::string> messages;
    uint64_t dropped;
    bool inside;
  };
  const Case cases[] = {
      {"bytes before the start", absl::StrCat("abc", MllpFrame("m")), {"m"}, 3, false},
      {"tail missing", "\x0Bm\x1C\x0Bn\x1C", {"m", "n"}, 0, false},
      {"line feed as tail", "\x0Bm\x1C\n", {"m"}, 0, false},
      {"begun anew", "\x0Bhalf\x0Bwhole\x1C\r", {"whole"}, 0, false},
      {"not ended", "\x0Bhalf", {}, 0, true},
      {"blank lines within", "\x0Bx\r\r\ny\x1C\r", {"x\r\r\ny"}, 0, false},
      {"nothing in the block", "\x0B\x1C\r", {""}, 0, false},
      {"end without start", "\x1C\r", {}, 1, false},
  };
  for (const Case& c : cases) {
    MllpFramer framer(kCap);
    framer.Append(c.stream);
    EXPECT_EQ(Drain(framer), c.messages) << c.what;
    EXPECT_EQ(framer.dropped(), c.dropped) << c.what;
    EXPECT_EQ(framer.inside(), c.inside) << c.what;
  }
}

TEST(MllpFramerTest, BreaksBeyondTheCap) {
  MllpFramer framer(4);
  framer.Append(
      "\x0B"
      "1234\x1C\r");
  EXPECT_EQ(Drain(framer), std::vector<std::string>{"1234"});
  framer.Append(
      "\x0B"
      "12345");
  EXPECT_TRUE(Drain(framer).empty());
  EXPECT_TRUE(framer.broken());
  framer.Append(MllpFrame("a"));
  EXPECT_TRUE(Drain(framer).empty());
}

TEST(MllpFramerTest, BreaksBeyondTheCapHoweverTheStreamIsCut) {
  const std::string stream = absl::StrCat(MllpFrame("first"), absl::string_view(&kStartBlock, 1),
                                          std::string(kCap + 1, 'x'), MllpFrame("second"));
  for (const size_t piece : {size_t{1}, size_t{7}, size_t{64}, stream.size()}) {
    MllpFramer framer(kCap);
    std::vector<std::string> messages;
    for (size_t at = 0; at < stream.size(); at += piece) {
      framer.Append(absl::string_view(stream).substr(at, piece));
      for (std::string& message : Drain(framer)) messages.push_back(std::move(message));
    }
    EXPECT_EQ(messages, std::vector<std::string>{"first"}) << "pieces of " << piece;
    EXPECT_TRUE(framer.broken()) << "pieces of " << piece;
  }
}

TEST(MllpFramerTest, EqualsTheOracleUnderEveryChunking) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  const std::string alphabet = "aM|\r\n\x0B\x0B\x1C\x1C\x0D";
  for (int round = 0; round < 2000; ++round) {
    std::string stream;
    for (int i = static_cast<int>(random() % 200); i > 0; --i) {
      stream.push_back(alphabet[random() % alphabet.size()]);
    }
    MllpFramer framer(kCap);
    std::vector<std::string> messages;
    for (size_t at = 0; at < stream.size();) {
      const size_t size = std::min<size_t>(1 + random() % 7, stream.size() - at);
      framer.Append(stream.substr(at, size));
      for (std::string& message : Drain(framer)) messages.push_back(std::move(message));
      at += size;
    }
    ASSERT_EQ(messages, Split(stream)) << "round " << round;
  }
}

TEST(MllpFramerTest, KeepsLittleMemoryAfterALargeMessage) {
  MllpFramer framer(8 << 20);
  framer.Append(MllpFrame(std::string(4 << 20, 'x')));
  EXPECT_EQ(Drain(framer).size(), 1u);
  EXPECT_EQ(framer.buffered(), 0u);
}

}  // namespace
}  // namespace hie::hl7v2

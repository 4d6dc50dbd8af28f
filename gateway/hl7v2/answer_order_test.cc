#include "gateway/hl7v2/answer_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "absl/strings/str_cat.h"

namespace hie::hl7v2 {
namespace {

using Answers = std::vector<std::string>;

TEST(AnswerOrderTest, SendsApplicationAnswersInTheOrderOfMessages) {
  AnswerOrder order;
  for (int i = 0; i < 3; ++i) order.Commit(order.Begin(), "");
  order.Application(2, "A2");
  order.Application(1, "A1");
  EXPECT_EQ(order.TakeReady(), Answers{});
  order.Application(0, "A0");
  EXPECT_EQ(order.TakeReady(), (Answers{"A0", "A1", "A2"}));
  EXPECT_EQ(order.in_flight(), 0u);
}

TEST(AnswerOrderTest, SendsCommitsWithoutWaitingForApplications) {
  AnswerOrder order;
  order.Begin();
  order.Begin();
  order.Commit(1, "C1");
  EXPECT_EQ(order.TakeReady(), Answers{});
  order.Commit(0, "C0");
  EXPECT_EQ(order.TakeReady(), (Answers{"C0", "C1"}));
  order.Application(1, "A1");
  EXPECT_EQ(order.TakeReady(), Answers{});
  order.Application(0, "");
  EXPECT_EQ(order.TakeReady(), Answers{"A1"});
}

TEST(AnswerOrderTest, IgnoresAnswersToWhatHasLeft) {
  AnswerOrder order;
  order.Commit(order.Begin(), "");
  order.Application(0, "A");
  EXPECT_EQ(order.TakeReady(), Answers{"A"});
  order.Application(0, "again");
  order.Commit(7, "unknown");
  EXPECT_EQ(order.TakeReady(), Answers{});
}

TEST(AnswerOrderTest, IsInOrderWhateverTheOrderOfAnswers) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 200; ++round) {
    AnswerOrder order;
    std::vector<std::pair<uint64_t, char>> events;
    for (int i = 0; i < 20; ++i) {
      const uint64_t number = order.Begin();
      events.emplace_back(number, 'C');
      events.emplace_back(number, 'A');
    }
    std::shuffle(events.begin(), events.end(), random);
    int commits = 0;
    int applications = 0;
    for (const auto& [number, kind] : events) {
      const std::string text = absl::StrCat(std::string(1, kind), number);
      kind == 'C' ? order.Commit(number, text) : order.Application(number, text);
      for (const std::string& answer : order.TakeReady()) {
        int& next = answer[0] == 'C' ? commits : applications;
        ASSERT_EQ(answer.substr(1), absl::StrCat(next));
        ++next;
        ASSERT_GE(commits, applications);
      }
    }
    ASSERT_EQ(applications, 20);
    ASSERT_EQ(order.in_flight(), 0u);
  }
}

}  // namespace
}  // namespace hie::hl7v2

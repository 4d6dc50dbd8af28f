#include "mpi/service/event_feed.h"

#include <deque>
#include <functional>
#include <optional>

#include "mpi/service/service_fixture.h"
#include "services/common/base/mutex.h"

namespace hie::mpi {
namespace {

using ::hie::testing::StatusIs;
using ::hie::testing::ValueOrDie;

constexpr absl::Duration kPatience = absl::Seconds(20);

// A reader who takes messages one by one, when the test wants them.
class Reader final : public rpc::ByteStream {
 public:
  void Write(std::string message, Done done) override {
    v1::FollowEventsResponse parsed;
    EXPECT_TRUE(parsed.ParseFromString(message));
    MutexLock lock(mutex_);
    EXPECT_FALSE(waiting_) << "a second write at a time";
    waiting_ = {std::move(parsed), std::move(done)};
    changed_.NotifyAll();
  }
  void Finish(absl::Status status) override {
    MutexLock lock(mutex_);
    ended_ = std::move(status);
    changed_.NotifyAll();
  }
  void Reset() override {}

  v1::FollowEventsResponse Next() {
    Waiting taken;
    {
      MutexLock lock(mutex_);
      changed_.WaitFor(mutex_, kPatience, [this] { return waiting_.has_value(); });
      if (!waiting_) {
        ADD_FAILURE() << "no message";
        return {};
      }
      taken = *std::move(waiting_);
      waiting_.reset();
    }
    taken.done(true);
    return taken.message;
  }

  std::optional<absl::Status> ended() {
    MutexLock lock(mutex_);
    changed_.WaitFor(mutex_, kPatience, [this] { return ended_.has_value(); });
    return ended_;
  }

 private:
  struct Waiting {
    v1::FollowEventsResponse message;
    Done done;
  };
  Mutex mutex_;
  CondVar changed_;
  std::optional<Waiting> waiting_ HIE_GUARDED_BY(mutex_);
  std::optional<absl::Status> ended_ HIE_GUARDED_BY(mutex_);
};

class AnyCall final : public rpc::CallContext {
 public:
  const rpc::Caller& caller() const override { return caller_; }
  absl::Time deadline() const override { return absl::InfiniteFuture(); }
  bool cancelled() const override { return false; }
  const std::string& request_id() const override { return text_; }
  const std::string& traceparent() const override { return text_; }

 private:
  rpc::Caller caller_;
  std::string text_;
};

class EventFeedTest : public ServiceFixture {
 protected:
  void StartFeed(absl::Duration heartbeat = absl::Hours(1), size_t followers_max = 64) {
    feed_ = EventFeed::Start({.journal = &role_->journal(),
                              .poll = absl::Milliseconds(2),
                              .heartbeat = heartbeat,
                              .followers_max = followers_max});
  }

  std::shared_ptr<Reader> Follow(uint64_t after) {
    auto reader = std::make_shared<Reader>();
    v1::FollowEventsRequest request;
    request.set_after_sequence(after);
    feed_->Follow(std::make_shared<AnyCall>(), request,
                  rpc::ServerWriter<v1::FollowEventsResponse>(reader));
    return reader;
  }

  // Links a record of another member: an event.
  void LinkOne(const char* id) {
    const auto person = WithSsn(AtHome(Person("Larssen", "Olga", "1980-03-05")), "657680341");
    Register(Key(kLakes, id), person);
  }

  std::unique_ptr<EventFeed> feed_;
};

TEST_F(EventFeedTest, EventsComeInOrderThenLive) {
  for (const char* id : {"1", "2", "3"}) LinkOne(id);
  StartFeed();
  const auto reader = Follow(0);
  EXPECT_EQ(reader->Next().event().sequence(), 2u);
  EXPECT_EQ(reader->Next().event().sequence(), 3u);
  const v1::FollowEventsResponse end = reader->Next();
  EXPECT_FALSE(end.has_event());
  EXPECT_EQ(end.sequence(), 3u);
  LinkOne("4");
  const v1::FollowEventsResponse live = reader->Next();
  EXPECT_EQ(live.sequence(), 4u);
  EXPECT_EQ(live.event().moved(0).patient().id(), "4");
}

TEST_F(EventFeedTest, AFollowerResumesAfterAnySequence) {
  for (int id = 1; id <= 200; ++id) LinkOne(std::to_string(id).c_str());
  StartFeed();
  for (const uint64_t after : {0, 1, 57, 199, 200}) {
    const auto reader = Follow(after);
    uint64_t last = after;
    while (true) {
      const v1::FollowEventsResponse next = reader->Next();
      if (!next.has_event()) break;
      EXPECT_EQ(next.sequence(), std::max<uint64_t>(last + 1, 2));
      last = next.sequence();
    }
    EXPECT_EQ(last, std::max<uint64_t>(after, 200));
  }
}

TEST_F(EventFeedTest, WhoIsAheadOfTheIndexIsTold) {
  LinkOne("1");
  StartFeed();
  EXPECT_THAT(Follow(1'000'000)->ended().value_or(absl::OkStatus()),
              StatusIs(absl::StatusCode::kOutOfRange));
}

TEST_F(EventFeedTest, ASilentIndexBeats) {
  StartFeed(absl::Milliseconds(5));
  const auto reader = Follow(0);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(reader->Next().has_event());
}

TEST_F(EventFeedTest, TooManyAreRefusedAndAllEndWithTheFeed) {
  StartFeed(absl::Hours(1), 1);
  const auto first = Follow(0);
  EXPECT_THAT(Follow(0)->ended().value_or(absl::OkStatus()),
              StatusIs(absl::StatusCode::kResourceExhausted));
  first->Next();
  feed_.reset();
  EXPECT_THAT(first->ended().value_or(absl::OkStatus()), StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace hie::mpi

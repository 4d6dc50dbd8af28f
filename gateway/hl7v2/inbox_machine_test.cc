#include "gateway/hl7v2/inbox_machine.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "gateway/hl7v2/inbox_store.h"
#include "services/common/journal/embedded_journal.h"
#include "services/common/storage/faulty_kv_store.h"
#include "services/common/storage/memory_kv_store.h"

namespace hie::hl7v2 {
namespace {

namespace v1 = exchange::v1;

class InboxMachineTest : public testing::Test {
 protected:
  void SetUp() override { Open(); }

  void Open() {
    journal_.reset();
    EmbeddedJournal::Options options;
    options.store = &store_;
    options.machine = &machine_;
    options.clock = &clock_;
    absl::StatusOr<std::unique_ptr<EmbeddedJournal>> journal =
        EmbeddedJournal::Open(std::move(options));
    ASSERT_TRUE(journal.ok()) << journal.status();
    journal_ = *std::move(journal);
  }

  template <typename Reply>
  absl::StatusOr<Reply> Propose(const v1::IntakeCommand& command) {
    const absl::StatusOr<Applied> applied = ProposeAndWait(*journal_, command.SerializeAsString());
    if (!applied.ok()) return applied.status();
    Reply reply;
    reply.ParseFromString(applied->reply);
    return reply;
  }

  absl::StatusOr<v1::AcceptedMessage> Accept(const std::string& control_id, const std::string& body,
                                             bool strict = false) {
    v1::IntakeCommand command;
    v1::AcceptMessage& accept = *command.mutable_accept();
    accept.set_member("north");
    accept.set_source("APP|FAC");
    accept.set_message_type("ADT^A01");
    accept.set_control_id(control_id);
    accept.set_body_tag(body);
    accept.set_body_id(absl::StrCat("id of ", body));
    accept.set_sealed(body);
    accept.set_parts(1);
    accept.set_dedup_micros(absl::ToInt64Microseconds(absl::Hours(168)));
    accept.set_refuse_other_body(strict);
    accept.set_member_state(directory::v1::MEMBER_STATE_LIVE);
    return Propose<v1::AcceptedMessage>(command);
  }

  absl::StatusOr<v1::ClosedMessage> Finish(uint64_t number, v1::InboxState state) {
    v1::IntakeCommand command;
    command.mutable_finish()->set_number(number);
    command.mutable_finish()->set_state(state);
    command.mutable_finish()->mutable_finding()->set_reason("refused");
    command.mutable_finish()->set_keep_micros(absl::ToInt64Microseconds(absl::Hours(168)));
    return Propose<v1::ClosedMessage>(command);
  }

  size_t Rows(Table table) { return journal_->Snapshot()->ScanPrefix(table, "")->size(); }

  const InboxMachine machine_;
  MemoryKvStore store_{InboxTables()};
  SimulatedClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  std::unique_ptr<EmbeddedJournal> journal_;
};

TEST_F(InboxMachineTest, TellsARepetitionFromAnotherBody) {
  EXPECT_EQ(Accept("1", "a")->number(), 1u);
  const auto again = Accept("1", "a");
  EXPECT_TRUE(again->repeated());
  EXPECT_EQ(again->number(), 1u);
  const auto strict = Accept("1", "b", true);
  EXPECT_TRUE(strict->other_body());
  EXPECT_EQ(strict->number(), 0u);
  const auto tolerant = Accept("1", "b");
  EXPECT_TRUE(tolerant->other_body());
  EXPECT_EQ(tolerant->number(), 2u);
  EXPECT_TRUE(Accept("1", "a")->repeated());
  EXPECT_EQ(Accept("2", "a")->number(), 3u);
}

TEST_F(InboxMachineTest, ForgetsARepetitionAfterItsTime) {
  ASSERT_EQ(Accept("1", "a")->number(), 1u);
  ASSERT_TRUE(Finish(1, v1::INBOX_STATE_APPLIED).ok());
  clock_.Advance(absl::Hours(24 * 8));
  const auto again = Accept("1", "a");
  EXPECT_FALSE(again->repeated());
  EXPECT_EQ(again->number(), 2u);
}

TEST_F(InboxMachineTest, TellsARepetitionWhatBecameOfTheFirst) {
  ASSERT_TRUE(Accept("1", "a").ok());
  EXPECT_EQ(Accept("1", "a")->state(), v1::INBOX_STATE_RECEIVED);
  ASSERT_TRUE(Finish(1, v1::INBOX_STATE_EXCEPTION).ok());
  const auto again = Accept("1", "a");
  EXPECT_EQ(again->state(), v1::INBOX_STATE_EXCEPTION);
  EXPECT_EQ(again->finding().reason(), "refused");
}

TEST_F(InboxMachineTest, KeepsOnlyBodiesThatSomebodyMayAskFor) {
  ASSERT_TRUE(Accept("1", "a").ok());
  ASSERT_TRUE(Accept("2", "b").ok());
  ASSERT_TRUE(Finish(1, v1::INBOX_STATE_APPLIED).ok());
  ASSERT_TRUE(Finish(2, v1::INBOX_STATE_EXCEPTION).ok());
  EXPECT_EQ(Rows(inbox::kBodies), 1u);
  EXPECT_EQ(Rows(inbox::kPending), 0u);
  EXPECT_EQ(Rows(inbox::kOpen), 1u);
  ASSERT_TRUE(Finish(2, v1::INBOX_STATE_REPLAYED).ok());
  EXPECT_EQ(Rows(inbox::kOpen), 0u);
  EXPECT_EQ(Rows(inbox::kExceptions), 1u);
}

TEST_F(InboxMachineTest, FinishesOnce) {
  ASSERT_TRUE(Accept("1", "a").ok());
  ASSERT_TRUE(Finish(1, v1::INBOX_STATE_APPLIED).ok());
  ASSERT_TRUE(Finish(1, v1::INBOX_STATE_EXCEPTION).ok());
  EXPECT_EQ(Rows(inbox::kOpen), 0u);
  EXPECT_TRUE(absl::IsNotFound(Finish(9, v1::INBOX_STATE_APPLIED).status()));
  v1::IntakeCommand discard;
  discard.mutable_discard()->set_number(1);
  EXPECT_TRUE(absl::IsFailedPrecondition(Propose<v1::ClosedMessage>(discard).status()));
}

TEST_F(InboxMachineTest, PrunesWhatIsOldAndNothingThatIsOpen) {
  for (int i = 1; i <= 6; ++i) ASSERT_TRUE(Accept("same", absl::StrCat("body ", i)).ok());
  for (int i = 1; i <= 5; ++i) ASSERT_TRUE(Finish(i, v1::INBOX_STATE_APPLIED).ok());
  ASSERT_TRUE(Finish(6, v1::INBOX_STATE_EXCEPTION).ok());
  v1::IntakeCommand prune;
  prune.mutable_prune()->set_limit(3);
  EXPECT_EQ(Propose<v1::PrunedInbox>(prune)->removed(), 0u);
  clock_.Advance(absl::Hours(24 * 8));
  EXPECT_EQ(Propose<v1::PrunedInbox>(prune)->removed(), 3u);
  EXPECT_EQ(Propose<v1::PrunedInbox>(prune)->removed(), 2u);
  EXPECT_EQ(Rows(inbox::kMessages), 1u);
  EXPECT_EQ(Rows(inbox::kDedup), 1u);
  EXPECT_EQ(Rows(inbox::kExpiry), 0u);
}

TEST_F(InboxMachineTest, DropsPartsWhoseMessageNeverCame) {
  v1::IntakeCommand part;
  part.mutable_put_part()->set_body_id("x");
  part.mutable_put_part()->set_sealed("bytes");
  ASSERT_TRUE(Propose<v1::ClosedMessage>(part).ok());
  clock_.Advance(absl::Hours(2));
  v1::IntakeCommand prune;
  prune.mutable_prune()->set_limit(10);
  ASSERT_TRUE(Propose<v1::PrunedInbox>(prune).ok());
  EXPECT_EQ(Rows(inbox::kBodies), 0u);
}

// The store fails at its n-th write, for every n: what was answered OK is there afterwards.
TEST(InboxFaultTest, KeepsWhatItAcceptedWhenTheStoreFailsAtAnyWrite) {
  const InboxMachine machine;
  const SimulatedClock clock(absl::FromUnixSeconds(1'800'000'000));
  for (uint64_t fail_at = 1; fail_at <= 8; ++fail_at) {
    MemoryKvStore store(InboxTables());
    FaultyKvStore faulty(store, fail_at, WriteFault::kNothingWritten);
    std::vector<uint64_t> accepted;
    {
      EmbeddedJournal::Options options;
      options.store = &faulty;
      options.machine = &machine;
      options.clock = &clock;
      options.on_fatal = [](const absl::Status&) {};
      auto journal = EmbeddedJournal::Open(std::move(options));
      ASSERT_TRUE(journal.ok());
      for (int i = 0; i < 10; ++i) {
        v1::IntakeCommand command;
        command.mutable_accept()->set_member("m");
        command.mutable_accept()->set_control_id(absl::StrCat(i));
        command.mutable_accept()->set_parts(1);
        const auto applied = ProposeAndWait(**journal, command.SerializeAsString());
        v1::AcceptedMessage reply;
        if (applied.ok() && reply.ParseFromString(applied->reply)) {
          accepted.push_back(reply.number());
        }
      }
    }
    EXPECT_EQ(accepted.size(), fail_at - 1);
    EXPECT_EQ(*ReadPending(*store.Snapshot()), accepted);
  }
}

}  // namespace
}  // namespace hie::hl7v2

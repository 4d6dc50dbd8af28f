#include "gateway/exchange/batch.h"

#include <gtest/gtest.h>

#include <type_traits>

namespace hie::exchange {
namespace {

// The type is the enforcement point: no way to Audited but through the transitions, no copies
// that could be decided twice, and no content before the intent is durable.
template <typename B>
concept ShowsContent = requires(const B& batch) {
  batch.Permitted();
};
template <typename B>
concept CanBeDecided = requires(B batch) {
  std::move(batch).Decide(DecisionSet{});
};
template <typename B>
concept CanBeRecorded = requires(B batch) {
  std::move(batch).Record("i", IntentReceipt{"i"});
};

static_assert(!std::is_default_constructible_v<Batch<Audited>>);
static_assert(!std::is_copy_constructible_v<Batch<Audited>>);
static_assert(!std::is_constructible_v<Batch<Undecided>, BatchContent>);
static_assert(!std::is_constructible_v<Batch<Decided>, BatchContent>);
static_assert(!std::is_constructible_v<Batch<Decided>, Batch<Undecided>>);
static_assert(!std::is_constructible_v<Batch<Audited>, BatchContent, std::string>);
static_assert(!std::is_constructible_v<Batch<Audited>, Batch<Decided>>);
static_assert(!std::is_constructible_v<Batch<Audited>, Batch<Undecided>>);
static_assert(!ShowsContent<Batch<Undecided>> && !ShowsContent<Batch<Decided>>);
static_assert(ShowsContent<Batch<Audited>>);
static_assert(CanBeDecided<Batch<Undecided>> && !CanBeDecided<Batch<Decided>>);
static_assert(CanBeRecorded<Batch<Decided>> && !CanBeRecorded<Batch<Undecided>>);

ReleaseEntry Entry(const std::string& id, size_t bytes = 10) {
  ClinicalItem item;
  item.id = id;
  item.resource = std::string(bytes, 'x');
  return {DecisionItem{id, MemberId("m"), "", "", ClinicalClass::kAllergy, {}, {}},
          StatementEntry{{"1.2", Phi<std::string>("p"), 1}, item}};
}

absl::StatusOr<Batch<Undecided>> Gather(std::vector<ReleaseEntry> entries) {
  return Batch<Undecided>::Gather(BatchKind::kItems, {MemberId("m"), {}}, std::move(entries));
}

DecisionSet Permitting(const std::vector<std::string>& ids) {
  DecisionSet decisions;
  decisions.token.opaque = "t";
  for (const std::string& id : ids) decisions.permits[id] = {};
  return decisions;
}

TEST(BatchTest, DecisionsAreJoinedByIdAndAMissingOneIsADenial) {
  Batch<Decided> decided = (*Gather({Entry("a"), Entry("b"), Entry("c")})).Subjects().size() == 3
                               ? std::move(*Gather({Entry("a"), Entry("b"), Entry("c")}))
                                     .Decide(Permitting({"c", "a", "unknown"}))
                               : std::move(*Gather({})).Decide({});
  EXPECT_EQ(decided.PermittedIds(), (std::vector<std::string>{"a", "c"}));
}

TEST(BatchTest, AnObligationThatCannotBeMetIsADenial) {
  DecisionSet decisions = Permitting({"a", "b"});
  decisions.permits["a"].obligations = {"dance"};
  decisions.permits["b"].obligations = {"redisclosure-notice"};
  const Batch<Decided> decided =
      std::move(*Gather({Entry("a"), Entry("b")})).Decide(std::move(decisions));
  EXPECT_EQ(decided.PermittedIds(), std::vector<std::string>{"b"});
  EXPECT_EQ(decided.Obligations(), std::vector<std::string>{"redisclosure-notice"});
}

TEST(BatchTest, AReceiptOfAnotherIntentOpensNothing) {
  Batch<Decided> decided = std::move(*Gather({Entry("a")})).Decide(Permitting({"a"}));
  EXPECT_FALSE(std::move(decided).Record("mine", IntentReceipt{"another"}).ok());
}

TEST(BatchTest, ReopenedBatchesHoldEverythingAndNoPermit) {
  Batch<Decided> decided = std::move(*Gather({Entry("a"), Entry("b")})).Decide(Permitting({"a"}));
  absl::StatusOr<Batch<Audited>> audited = std::move(decided).Record("i", IntentReceipt{"i"});
  ASSERT_TRUE(audited.ok());
  EXPECT_EQ(audited->Permitted().size(), 1U);
  Batch<Undecided> again = (*std::move(audited)).Reopen();
  EXPECT_EQ(again.Subjects().size(), 2U);
  EXPECT_TRUE(std::move(again).Decide({}).PermittedIds().empty());
}

TEST(BatchTest, LimitsAndRepeatedIdsAreRefused) {
  std::vector<ReleaseEntry> many;
  for (size_t i = 0; i <= kBatchItemsMax; ++i) many.push_back(Entry(std::to_string(i)));
  EXPECT_FALSE(Gather(std::move(many)).ok());
  EXPECT_FALSE(Gather({Entry("a"), Entry("a")}).ok());
  EXPECT_FALSE(Gather({Entry("")}).ok());
  EXPECT_FALSE(Gather({Entry("a", kBatchBytesMax), Entry("b")}).ok());
  EXPECT_TRUE(Gather({Entry("a", kBatchBytesMax)}).ok());
  EXPECT_FALSE(Gather({Entry("a", kItemBytesMax)}).ok());
}

}  // namespace
}  // namespace hie::exchange

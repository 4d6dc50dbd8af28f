#include "gateway/fhir/federated_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"
#include "gateway/fhir/bundle.h"
#include "gateway/fhir/testing/test_call.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/common/json/reader.h"
#include "services/common/json/writer.h"

namespace hie::fhir {
namespace {

using exchange::v1::ExchangeService;
using exchange::v1::QueryResponse;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

Member MemberOf(const char* id, const char* community) {
  Member member;
  member.id = MemberId(id);
  member.home_community = community;
  return member;
}

std::vector<Member> Region() {
  return {MemberOf("harbor", "2.999.1.40"), MemberOf("north", "2.999.1.10"),
          MemberOf("ridge", "2.999.1.50")};
}

QueryResponse BeginOf(int expected) {
  QueryResponse message;
  message.mutable_begin()->set_query_id("q-1");
  message.mutable_begin()->set_eid("e-1");
  message.mutable_begin()->set_budget_millis(2500);
  for (int i = 0; i < expected; ++i) message.mutable_begin()->add_expected_members("m");
  return message;
}

QueryResponse OutcomeOf(const char* member, exchange::v1::MemberOutcomeCode code,
                        uint32_t index_entries = 0) {
  QueryResponse message;
  message.mutable_member_outcome()->set_member(member);
  message.mutable_member_outcome()->set_code(code);
  message.mutable_member_outcome()->set_elapsed_millis(2500);
  message.mutable_member_outcome()->set_index_entries(index_entries);
  return message;
}

QueryResponse ItemOf(const char* member, const char* id) {
  QueryResponse message;
  auto* item = message.mutable_item_batch()->add_items();
  item->set_id(id);
  item->mutable_source()->set_member(member);
  return message;
}

QueryResponse EndOf(uint32_t answered, uint32_t expected, exchange::v1::Completeness completeness) {
  QueryResponse message;
  message.mutable_end()->set_answered(answered);
  message.mutable_end()->set_expected(expected);
  message.mutable_end()->set_completeness(completeness);
  message.mutable_end()->set_notice("Records may exist.");
  return message;
}

// A search that gathers, as interactions do.
Interaction GatheringRow() {
  Interaction row;
  row.kind = InteractionKind::kSearch;
  row.path = "/Observation";
  row.resource = "Observation";
  row.parameters = {{"patient", ParameterType::kReference}};
  row.run = [](std::shared_ptr<Call> call) {
    if (call->wants_ndjson()) {
      ItemViews views;
      views.item = [](const exchange::v1::ClinicalItem& item, const std::string&) {
        json::Value resource = json::Value::Object();
        resource.Set("resourceType", json::Value::String("Observation"));
        resource.Set("id", json::Value::String(item.id()));
        return resource;
      };
      return StreamQuery(call, exchange::v1::QueryRequest(), std::move(views));
    }
    GatherQuery(call, exchange::v1::QueryRequest(), [call](absl::StatusOr<FederatedAnswer> answer) {
      if (!answer.ok()) return call->Fail(answer.status());
      if (auto failure = TotalFailure(*call, *answer)) return call->Fail(*failure);
      SearchSet set;
      set.total = answer->items.size();
      set.issues = OutcomeIssues(*call, *answer, Severity::kWarning);
      set.completeness = CompletenessCode(answer->end.completeness());
      Answer out;
      out.resource = SearchSetBundle(*call, std::move(set));
      out.headers.Add("HIE-Completeness", CompletenessHeader(*answer));
      call->Respond(std::move(out));
    });
  };
  return row;
}

class FederatedAnswerTest : public ::testing::Test {
 protected:
  testing::TestWorld world_{{GatheringRow()}, Region()};
};

TEST_F(FederatedAnswerTest, APartialAnswerNamesWhoDidNotAnswer) {
  world_.exchange().OnStream<ExchangeService::Query>(
      {BeginOf(3), OutcomeOf("north", exchange::v1::MEMBER_OUTCOME_CODE_OK), ItemOf("north", "i-1"),
       OutcomeOf("harbor", exchange::v1::MEMBER_OUTCOME_CODE_TIMEOUT),
       OutcomeOf("ridge", exchange::v1::MEMBER_OUTCOME_CODE_CIRCUIT_OPEN, 1),
       EndOf(1, 3, exchange::v1::COMPLETENESS_PARTIAL)});
  const auto call = world_.Get("/Observation?patient=Patient/p-7&colour=red");
  ASSERT_EQ(call->status(), 200);
  EXPECT_EQ(call->answer()->headers.Get("HIE-Completeness"),
            "expected=3, answered=1, index-only=1, missing=1");
  const json::Value bundle = call->resource();
  EXPECT_EQ(bundle.At("/meta/tag/0/code")->text(), "partial");
  EXPECT_EQ(bundle.At("/link/0/url")->text(),
            "https://gw.hie.example/fhir/Observation?patient=Patient/p-7");
  const json::Value* issues = bundle.At("/entry/0/resource/issue");
  ASSERT_NE(issues, nullptr);
  ASSERT_THAT(issues->items(), SizeIs(4));
  EXPECT_EQ(issues->At("/0/code")->text(), "timeout");
  EXPECT_EQ(issues->At("/0/severity")->text(), "warning");
  EXPECT_EQ(issues->At("/0/extension/0/extension/0/valueIdentifier/value")->text(),
            "urn:oid:2.999.1.40");
  EXPECT_EQ(issues->At("/1/details/coding/0/code")->text(), "circuit-open");
  EXPECT_EQ(issues->At("/1/extension/0/extension/2/valueInteger")->integer(), 1);
  EXPECT_EQ(issues->At("/2/details/text")->text(), "Records may exist.");
  EXPECT_EQ(issues->At("/3/expression/0")->text(), "http.colour");
}

TEST_F(FederatedAnswerTest, NobodyAndNoIndexIsNeverAnEmptyAnswer) {
  world_.exchange().OnStream<ExchangeService::Query>(
      {BeginOf(2), OutcomeOf("harbor", exchange::v1::MEMBER_OUTCOME_CODE_TIMEOUT),
       OutcomeOf("ridge", exchange::v1::MEMBER_OUTCOME_CODE_UNREACHABLE),
       EndOf(0, 2, exchange::v1::COMPLETENESS_PARTIAL)});
  const auto call = world_.Get("/Observation?patient=p-7");
  ASSERT_TRUE(call->failure());
  EXPECT_EQ(call->status(), 504);
  EXPECT_THAT(call->failure()->issues, SizeIs(2));
  EXPECT_EQ(call->failure()->issues[0].severity, Severity::kError);
  EXPECT_EQ(call->failure()->headers[0].second, "expected=2, answered=0, index-only=0, missing=2");
}

TEST_F(FederatedAnswerTest, WithoutATimeoutTotalFailureIsTransient) {
  world_.exchange().OnStream<ExchangeService::Query>(
      {BeginOf(1), OutcomeOf("ridge", exchange::v1::MEMBER_OUTCOME_CODE_UNREACHABLE),
       EndOf(0, 1, exchange::v1::COMPLETENESS_PARTIAL)});
  EXPECT_EQ(world_.Get("/Observation?patient=p-7")->status(), 503);
}

TEST_F(FederatedAnswerTest, AStreamWithoutItsEndIsNoAnswer) {
  world_.exchange().OnStream<ExchangeService::Query>({BeginOf(1), ItemOf("north", "i-1")});
  EXPECT_EQ(world_.Get("/Observation?patient=p-7")->status(), 500);
}

TEST_F(FederatedAnswerTest, ARefusalLooksLikeAPartialAnswer) {
  world_.exchange().OnStream<ExchangeService::Query>(
      {BeginOf(1), ItemOf("north", "i-1"),
       OutcomeOf("ridge", exchange::v1::MEMBER_OUTCOME_CODE_REFUSED),
       EndOf(0, 1, exchange::v1::COMPLETENESS_PARTIAL)});
  const auto call = world_.Get("/Observation?patient=p-7");
  ASSERT_EQ(call->status(), 200);
  const std::string text = json::Write(call->resource());
  EXPECT_EQ(text.find("refused"), std::string::npos);
  EXPECT_THAT(text, HasSubstr("partial-upstream"));
}

TEST_F(FederatedAnswerTest, LinesComeAsMembersAnswerAndTheLastSaysEnd) {
  world_.exchange().OnStream<ExchangeService::Query>(
      {BeginOf(2), ItemOf("north", "i-1"), OutcomeOf("north", exchange::v1::MEMBER_OUTCOME_CODE_OK),
       OutcomeOf("harbor", exchange::v1::MEMBER_OUTCOME_CODE_TIMEOUT),
       EndOf(1, 2, exchange::v1::COMPLETENESS_PARTIAL)});
  const auto call = world_.Send(http::Method::kGet, "/Observation?patient=p-7", "",
                                {{"Accept", "application/x-ndjson"}});
  ASSERT_NE(call->streamed(), nullptr);
  EXPECT_TRUE(call->streamed()->ended);
  std::vector<std::string> types;
  for (const auto& line : absl::StrSplit(call->streamed()->bytes, '\n', absl::SkipEmpty())) {
    const auto value = json::Read(line);
    ASSERT_TRUE(value.ok()) << line;
    types.emplace_back(value->Text("type"));
    if (types.back() == "entry") {
      EXPECT_EQ(value->Text("source"), "urn:oid:2.999.1.10");
    }
    if (types.back() == "end") {
      EXPECT_EQ(value->Find("total")->integer(), 1);
    }
  }
  EXPECT_THAT(types, ElementsAre("begin", "entry", "member", "member", "end"));
}

TEST_F(FederatedAnswerTest, ABrokenStreamHasNoEndLine) {
  world_.exchange().OnStream<ExchangeService::Query>({BeginOf(1)}, absl::UnavailableError("gone"));
  const auto call = world_.Send(http::Method::kGet, "/Observation?patient=p-7", "",
                                {{"Accept", "text/event-stream"}});
  ASSERT_NE(call->streamed(), nullptr);
  EXPECT_THAT(call->streamed()->bytes, StartsWith("event: begin\ndata: {"));
  EXPECT_FALSE(call->streamed()->ended);
  EXPECT_TRUE(call->streamed()->aborted);
}

TEST_F(FederatedAnswerTest, AFailureBeforeTheFirstLineIsAnOutcome) {
  world_.exchange().OnStream<ExchangeService::Query>({}, absl::NotFoundError("eid"));
  const auto call = world_.Send(http::Method::kGet, "/Observation?patient=p-7", "",
                                {{"Accept", "application/x-ndjson"}});
  EXPECT_EQ(call->streamed(), nullptr);
  EXPECT_EQ(call->status(), 404);
}

TEST_F(FederatedAnswerTest, ElementsKeepWhatIsMandatoryAndSaySo) {
  const auto resource =
      json::Read(R"({"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},)"
                 R"("valueQuantity":{"value":1.50},"note":[{"text":"n"}]})");
  ASSERT_TRUE(resource.ok());
  EXPECT_EQ(
      json::Write(Subset(*resource, {"value"})),
      R"({"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},)"
      R"("valueQuantity":{"value":1.50},"meta":{"tag":[{"system":)"
      R"("http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}]}})");
}

TEST(FrozenPagesTest, PagesFollowEachOtherAndEnd) {
  SimulatedClock clock(absl::UnixEpoch());
  SeededRandom random(1);
  FrozenPages pages(&clock, &random);
  EXPECT_EQ(pages.Freeze("b", "s", {"1", "2"}, 2), "");
  const std::string second = pages.Freeze("b", "s", {"1", "2", "3", "4", "5"}, 2);
  ASSERT_FALSE(second.empty());
  EXPECT_LT(second.size(), kCursorBytesMax);
  const auto page = pages.Open("b", second);
  ASSERT_TRUE(page.ok());
  EXPECT_THAT(page->ids, ElementsAre("3", "4"));
  EXPECT_EQ(page->subject, "s");
  EXPECT_EQ(page->total, 5U);
  const auto last = pages.Open("b", page->next);
  ASSERT_TRUE(last.ok());
  EXPECT_THAT(last->ids, ElementsAre("5"));
  EXPECT_EQ(last->next, "");
}

TEST(FrozenPagesTest, TheOldestSetsGoWhereAllTogetherHaveTooManyIds) {
  SimulatedClock clock(absl::UnixEpoch());
  SeededRandom random(1);
  FrozenPages pages(&clock, &random);
  const std::vector<std::string> many(kFrozenIdsMax, "id");
  const std::string first = pages.Freeze("b", "s", many, 1);
  std::string last;
  for (size_t i = 0; i < kFrozenIdsOfAllMax / kFrozenIdsMax; ++i) {
    EXPECT_TRUE(pages.Open("b", first).ok());
    last = pages.Freeze("b", "s", many, 1);
  }
  EXPECT_EQ(pages.Open("b", first).status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(pages.Open("b", last).ok());
}

TEST(FrozenPagesTest, CursorsAreBoundAndExpire) {
  SimulatedClock clock(absl::UnixEpoch());
  SeededRandom random(1);
  FrozenPages pages(&clock, &random);
  std::string cursor = pages.Freeze("b", "s", {"1", "2"}, 1);
  EXPECT_EQ(pages.Open("c", cursor).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(pages.Open("b", "junk").status().code(), absl::StatusCode::kInvalidArgument);
  for (size_t i = 0; i < cursor.size(); ++i) {
    std::string changed = cursor;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    if (changed == cursor) continue;
    EXPECT_EQ(pages.Open("b", changed).status().code(), absl::StatusCode::kInvalidArgument) << i;
  }
  clock.Advance(kFrozenTime + absl::Seconds(1));
  EXPECT_EQ(pages.Open("b", cursor).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(PageFailure(pages.Open("b", cursor).status()).http_status, 410);
}

}  // namespace
}  // namespace hie::fhir

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <future>

#include "gateway/edge/fake_roles.h"
#include "services/common/crypto/hash.h"

namespace hie::edge {
namespace {

using audit::v1::Event;
using exchange::v1::ExchangeService;
using exchange::v1::QueryRequest;
using exchange::v1::QueryResponse;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

exchange::MemberAnswer AnswerOf(const std::string& member, const std::vector<std::string>& ids) {
  exchange::MemberAnswer answer;
  answer.status = exchange::MemberAnswerStatus::kComplete;
  exchange::AnsweredPatient patient;
  patient.references = {"Patient/1"};
  patient.identifiers = {{PatientAt(member).assigning_authority(), PatientAt(member).id()}};
  patient.demographics.birth_date = CivilDate{1961, 4, 2};
  answer.patients = {patient};
  for (const std::string& id : ids) {
    exchange::ClinicalItem item;
    item.id = id;
    item.subject_reference = "Patient/1";
    item.resource_type = "AllergyIntolerance";
    item.clinical_class = ClinicalClass::kAllergy;
    item.display = "penicillin";
    item.resource = "{}";
    answer.items.push_back(item);
  }
  return answer;
}

struct Streamed {
  std::vector<QueryResponse> messages;
  absl::Status status;

  std::vector<std::string> ItemIds() const {
    std::vector<std::string> ids;
    for (const QueryResponse& message : messages) {
      for (const auto& item : message.item_batch().items()) ids.push_back(item.id());
    }
    return ids;
  }
};

class QueryHandlersTest : public testing::Test {
 protected:
  QueryHandlersTest() {
    world_.members.answers["lakes"] = AnswerOf("lakes", {"l1", "l2"});
    world_.members.answers["harbor"] = AnswerOf("harbor", {"h1"});
    registry::v1::DocumentEntry* document = world_.state.located.add_documents();
    document->set_id("doc");
    document->set_unique_id("urn:oid:1");
    *document->mutable_patient() = PatientAt("lakes");
    document->set_member("lakes");
    document->set_media_type("text/plain");
    document->set_sha256(crypto::Sha256("abcdef"));
  }

  static QueryRequest ByOwnId(const std::string& session = "") {
    QueryRequest request;
    *request.mutable_subject()->mutable_patient() = PatientAt("north");
    request.mutable_subject()->mutable_patient()->set_id("n1");  // As the domain folds it.
    request.mutable_subject()->mutable_patient()->set_incarnation(0);
    request.set_session_id(session);
    return request;
  }

  Streamed Query(const QueryRequest& request, const rpc::CallOptions& options) {
    Streamed streamed;
    std::promise<absl::Status> over;
    world_.gateway().Stream<ExchangeService::Query>(
        options, request,
        [&streamed](const QueryResponse& message) {
          streamed.messages.push_back(message);
          return true;
        },
        [&over](absl::Status status) { over.set_value(std::move(status)); });
    streamed.status = over.get_future().get();
    return streamed;
  }

  static exchange::v1::RetrieveRequest Document(const std::string& document) {
    exchange::v1::RetrieveRequest request;
    *request.mutable_subject()->mutable_patient() = PatientAt("north");
    request.set_document_id(document);
    return request;
  }

  std::pair<std::string, absl::Status> Retrieve(const std::string& document) {
    return Retrieve(Document(document), EdgeWorld::As("north"));
  }

  std::pair<std::string, absl::Status> Retrieve(const exchange::v1::RetrieveRequest& request,
                                                const rpc::CallOptions& options) {
    std::string content;
    std::promise<absl::Status> over;
    world_.gateway().Stream<ExchangeService::Retrieve>(
        options, request,
        [&content](const exchange::v1::RetrieveResponse& message) {
          content += message.data();
          return true;
        },
        [&over](absl::Status status) { over.set_value(std::move(status)); });
    return {content, over.get_future().get()};
  }

  static int Count(const std::vector<Event>& events, audit::v1::EventType type) {
    return static_cast<int>(std::count_if(events.begin(), events.end(),
                                          [type](const Event& e) { return e.type() == type; }));
  }

  EdgeWorld world_{2};
};

TEST_F(QueryHandlersTest, StreamsBeginIndexItemsOutcomesAndEndEachWithItsIntent) {
  const Streamed streamed = Query(ByOwnId(), EdgeWorld::As("north"));
  ASSERT_TRUE(streamed.status.ok()) << streamed.status;
  const auto& messages = streamed.messages;
  ASSERT_GE(messages.size(), 6U);
  EXPECT_THAT(messages[0].begin().expected_members(), ElementsAre("harbor", "lakes"));
  EXPECT_EQ(messages[0].begin().demographics().names(0).family(), "Zzyzx");
  EXPECT_EQ(messages[1].index_batch().documents(0).id(), "doc");
  EXPECT_THAT(streamed.ItemIds(), UnorderedElementsAre("l1", "l2", "h1"));
  const auto& end = messages.back().end();
  EXPECT_EQ(end.completeness(), exchange::v1::COMPLETENESS_COMPLETE_AS_PERMITTED);
  EXPECT_EQ(end.answered(), 2U);
  EXPECT_FALSE(end.notice().empty());
  // Begin, index, two items: four intents, each with its outcome.
  EXPECT_TRUE(world_.Eventually([](const std::vector<Event>& events) {
    return Count(events, audit::v1::EVENT_TYPE_INTENT) == 4 &&
           Count(events, audit::v1::EVENT_TYPE_OUTCOME) == 4;
  }));
  EXPECT_EQ(Count(world_.Events(), audit::v1::EVENT_TYPE_QUERY), 1);
}

TEST_F(QueryHandlersTest, WhatConsentDeniesLeavesNoTrace) {
  world_.state.denied = {"l1", "l2", "place/harbor/harbor-main"};
  const Streamed streamed = Query(ByOwnId(), EdgeWorld::As("north"));
  ASSERT_TRUE(streamed.status.ok()) << streamed.status;
  EXPECT_TRUE(streamed.ItemIds().empty());
  for (const QueryResponse& message : streamed.messages) {
    EXPECT_EQ(message.ShortDebugString().find("harbor"), std::string::npos);
  }
  EXPECT_EQ(streamed.messages.back().end().completeness(),
            exchange::v1::COMPLETENESS_COMPLETE_AS_PERMITTED);
}

TEST_F(QueryHandlersTest, BreakGlassOpensItsItemsAndItsCustodianIsTold) {
  world_.state.opened = {"h1"};
  EXPECT_THAT(Query(ByOwnId(), EdgeWorld::As("north")).ItemIds(), UnorderedElementsAre("l1", "l2"));
  const Streamed opened = Query(ByOwnId("session"), EdgeWorld::As("north", "BTG"));
  EXPECT_THAT(opened.ItemIds(), UnorderedElementsAre("l1", "l2", "h1"));
  for (const QueryResponse& message : opened.messages) {
    for (const auto& item : message.item_batch().items()) {
      EXPECT_EQ(item.opened_by_break_glass(), item.id() == "h1");
    }
  }
  EXPECT_TRUE(world_.Eventually([this](const auto&) {
    const MutexLock lock(world_.state.mutex);
    return world_.state.noted == std::vector<std::string>{"harbor"};
  }));
}

TEST_F(QueryHandlersTest, ARevocationBetweenDecisionAndFenceReleasesNothingOfIt) {
  // The first item batch's intent is durable, then consent moves and denies it.
  int intents = 0;
  world_.state.on_intent = [this, &intents] {
    if (++intents != 3) return;
    const MutexLock lock(world_.state.mutex);
    world_.state.denied = {"l1", "l2", "h1"};
    ++world_.state.consent_epoch;
  };
  const Streamed streamed = Query(ByOwnId(), EdgeWorld::As("north"));
  ASSERT_TRUE(streamed.status.ok()) << streamed.status;
  EXPECT_TRUE(streamed.ItemIds().empty());
  EXPECT_TRUE(world_.Eventually([](const std::vector<Event>& events) {
    return std::any_of(events.begin(), events.end(), [](const Event& event) {
      return event.outcome() == audit::v1::RELEASE_OUTCOME_NOT_RELEASED;
    });
  }));
}

TEST_F(QueryHandlersTest, RolesThatAreDownReleaseNothing) {
  world_.state.consent_down = absl::UnavailableError("down");
  Streamed streamed = Query(ByOwnId(), EdgeWorld::As("north"));
  EXPECT_TRUE(absl::IsUnavailable(streamed.status)) << streamed.status;
  EXPECT_TRUE(streamed.messages.empty());
  {
    const MutexLock lock(world_.state.mutex);
    world_.state.consent_down = absl::OkStatus();
    world_.state.audit_down = absl::UnavailableError("disk");
  }
  streamed = Query(ByOwnId(), EdgeWorld::As("north"));
  EXPECT_TRUE(absl::IsUnavailable(streamed.status)) << streamed.status;
  EXPECT_TRUE(streamed.messages.empty());
}

TEST_F(QueryHandlersTest, ASessionThatNobodyOpenedIsToldAsWhatItIs) {
  world_.state.consent_down = absl::NotFoundError("session_id: no such session");
  const Streamed streamed = Query(ByOwnId("another"), EdgeWorld::As("north", "BTG"));
  EXPECT_EQ(streamed.status, absl::NotFoundError("session_id: no such session"));
  EXPECT_TRUE(streamed.messages.empty());
}

TEST_F(QueryHandlersTest, MalformedAndForeignQueriesAreRefused) {
  QueryRequest foreign = ByOwnId();
  *foreign.mutable_subject()->mutable_patient() = PatientAt("lakes");
  EXPECT_TRUE(absl::IsPermissionDenied(Query(foreign, EdgeWorld::As("north")).status));
  QueryRequest unknown = ByOwnId();
  unknown.mutable_subject()->mutable_patient()->set_id("N2");
  EXPECT_TRUE(absl::IsNotFound(Query(unknown, EdgeWorld::As("north")).status));
  EXPECT_EQ(Count(world_.Events(), audit::v1::EVENT_TYPE_QUERY), 2);
  EXPECT_TRUE(absl::IsInvalidArgument(Query({}, EdgeWorld::As("north")).status));
  EXPECT_TRUE(absl::IsInvalidArgument(Query(ByOwnId(), EdgeWorld::As("north", "BTG")).status));
  EXPECT_TRUE(
      absl::IsInvalidArgument(Query(ByOwnId("s"), EdgeWorld::As("north", "PATADMIN")).status));
  QueryRequest hasty = ByOwnId();
  hasty.set_budget_millis(5);
  EXPECT_TRUE(absl::IsInvalidArgument(Query(hasty, EdgeWorld::As("north")).status));
}

TEST_F(QueryHandlersTest, ASilentMemberIsNamedWithinTheBudget) {
  world_.members.answers.erase("harbor");
  QueryRequest request = ByOwnId();
  request.set_budget_millis(500);
  const absl::Time start = absl::Now();
  const Streamed streamed = Query(request, EdgeWorld::As("north"));
  EXPECT_LT(absl::Now() - start, absl::Milliseconds(900));
  ASSERT_TRUE(streamed.status.ok()) << streamed.status;
  EXPECT_EQ(streamed.messages.back().end().completeness(), exchange::v1::COMPLETENESS_PARTIAL);
  EXPECT_THAT(streamed.ItemIds(), UnorderedElementsAre("l1", "l2"));
}

TEST_F(QueryHandlersTest, ACallerWhoGoesCancelsItsQuestionsAndFreesItsPlace) {
  world_.members.answers.clear();
  for (int i = 0; i < 4; ++i) {  // Two are admitted at a time.
    std::promise<absl::Status> over;
    const auto call = world_.gateway().Stream<ExchangeService::Query>(
        EdgeWorld::As("north"), ByOwnId(), [](const QueryResponse&) { return true; },
        [&over](absl::Status status) { over.set_value(std::move(status)); });
    ASSERT_TRUE(
        world_.Eventually([&](const auto&) { return world_.members.asked == 2 * (i + 1); }));
    call->Cancel();
    EXPECT_FALSE(over.get_future().get().ok());
    ASSERT_TRUE(
        world_.Eventually([&](const auto&) { return world_.members.cancelled == 2 * (i + 1); }));
  }
}

TEST_F(QueryHandlersTest, TooManyQueriesAreShed) {
  world_.members.answers.clear();
  std::vector<std::shared_ptr<rpc::CallHandle>> calls;
  for (int i = 0; i < 2; ++i) {
    calls.push_back(world_.gateway().Stream<ExchangeService::Query>(
        EdgeWorld::As("north"), ByOwnId(), [](const QueryResponse&) { return true; },
        [](absl::Status) {}));
  }
  ASSERT_TRUE(world_.Eventually([&](const auto&) { return world_.members.asked == 4; }));
  EXPECT_TRUE(absl::IsResourceExhausted(Query(ByOwnId(), EdgeWorld::As("north")).status));
  for (const auto& call : calls) call->Cancel();
}

TEST_F(QueryHandlersTest, RetrieveStreamsADocumentWithItsHash) {
  world_.members.chunks = {"abc", "def"};
  const auto [content, status] = Retrieve("doc");
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(content, "abcdef");
  EXPECT_TRUE(world_.Eventually([](const std::vector<Event>& events) {
    return !events.empty() && events.back().outcome() == audit::v1::RELEASE_OUTCOME_RELEASED &&
           events.back().released_bytes() == 6;
  }));
}

TEST_F(QueryHandlersTest, RetrieveOfOtherContentKeepsTheLastChunkAndRaisesAnAlarm) {
  world_.members.chunks = {"abc", "xyz"};
  const auto [content, status] = Retrieve("doc");
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(content.find("xyz"), std::string::npos);
  EXPECT_TRUE(world_.Eventually([](const std::vector<Event>& events) {
    return Count(events, audit::v1::EVENT_TYPE_SAFETY) == 1 &&
           Count(events, audit::v1::EVENT_TYPE_OUTCOME) == 1;
  }));
}

TEST_F(QueryHandlersTest, RetrieveOfWhatMayNotBeSeenIsNotFoundAndOnRecord) {
  world_.state.denied = {"doc"};
  world_.members.chunks = {"abcdef"};
  const auto [content, status] = Retrieve("doc");
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  const auto [nothing, unknown] = Retrieve("another");
  EXPECT_EQ(unknown, status);
  EXPECT_TRUE(content.empty() && nothing.empty());
  EXPECT_EQ(Count(world_.Events(), audit::v1::EVENT_TYPE_QUERY), 2);
  EXPECT_EQ(Count(world_.Events(), audit::v1::EVENT_TYPE_INTENT), 0);
}

TEST_F(QueryHandlersTest, RetrieveDoesNotTellWhetherAPersonIsKnown) {
  exchange::v1::RetrieveRequest request = Document("another");
  request.mutable_subject()->mutable_demographics()->set_birth_date("1961-04-02");
  const absl::Status known = Retrieve(request, EdgeWorld::As("north")).second;
  EXPECT_TRUE(absl::IsNotFound(known)) << known;
  {
    const MutexLock lock(world_.state.mutex);
    world_.state.certain = false;
  }
  EXPECT_EQ(Retrieve(request, EdgeWorld::As("north")).second, known);
  request.mutable_subject()->set_eid("another");
  EXPECT_EQ(Retrieve(request, EdgeWorld::As("north")).second, known);
}

TEST_F(QueryHandlersTest, TheCustodianIsToldOfADocumentThatBrokenGlassOpened) {
  world_.state.opened = {"doc"};
  world_.members.chunks = {"abcdef"};
  exchange::v1::RetrieveRequest request = Document("doc");
  request.set_session_id("session");
  const auto [content, status] = Retrieve(request, EdgeWorld::As("north", "BTG"));
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_TRUE(world_.Eventually([this](const auto&) {
    const MutexLock lock(world_.state.mutex);
    return world_.state.noted == std::vector<std::string>{"lakes"};
  }));
}

TEST_F(QueryHandlersTest, RetrieveAfterARevocationReleasesNothing) {
  world_.members.chunks = {"abcdef"};
  world_.state.on_intent = [this] {
    const MutexLock lock(world_.state.mutex);
    ++world_.state.consent_epoch;
  };
  const auto [content, status] = Retrieve("doc");
  EXPECT_TRUE(absl::IsAborted(status)) << status;
  EXPECT_TRUE(content.empty());
}

}  // namespace
}  // namespace hie::edge

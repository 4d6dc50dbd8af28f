#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <future>

#include "gateway/edge/fake_roles.h"
#include "gateway/edge/retrieve_driver.h"
#include "services/common/crypto/hash.h"
#include "services/common/crypto/sha1.h"

namespace hie::edge {
namespace {

using audit::v1::Event;
using exchange::v1::ExchangeService;
using exchange::v1::FindSubmissionSetsRequest;
using exchange::v1::GetDocumentRequest;
using exchange::v1::RetrieveRequest;
using exchange::v1::RetrieveResponse;
using exchange::v1::SubmitDocumentsRequest;
using testing::ElementsAre;
using testing::IsEmpty;

int Count(const std::vector<Event>& events, audit::v1::EventType type) {
  return static_cast<int>(std::count_if(events.begin(), events.end(),
                                        [type](const Event& e) { return e.type() == type; }));
}

class DocumentsTest : public testing::Test {
 protected:
  DocumentsTest() {
    for (const char* member : {"lakes", "harbor"}) {
      registry::v1::DocumentEntry* document = world_.state.located.add_documents();
      document->set_id(std::string("doc-") + member);
      *document->mutable_patient() = PatientAt(member);
      document->set_member(member);
      document->set_media_type("text/plain");
      document->set_sha256(crypto::Sha256("abcdefgh"));
      document->set_size_bytes(8);
      document->set_title(member);
    }
    registry::v1::SubmissionSet* set = world_.state.sets.add_sets();
    set->set_id("set");
    *set->mutable_patient() = PatientAt("lakes");
    set->add_document_ids("doc-lakes");
    set->add_document_ids("doc-harbor");
    set->set_resource("{}");
  }

  absl::StatusOr<exchange::v1::GetDocumentResponse> Get(const std::string& id) {
    GetDocumentRequest request;
    request.set_document_id(id);
    return world_.gateway().CallAndWait<ExchangeService::GetDocument>(EdgeWorld::As("north"),
                                                                      request);
  }

  absl::StatusOr<exchange::v1::FindSubmissionSetsResponse> Sets(
      const FindSubmissionSetsRequest& request) {
    return world_.gateway().CallAndWait<ExchangeService::FindSubmissionSets>(EdgeWorld::As("north"),
                                                                             request);
  }

  static FindSubmissionSetsRequest ById(const std::string& id) {
    FindSubmissionSetsRequest request;
    request.set_id(id);
    return request;
  }

  std::pair<std::vector<RetrieveResponse>, absl::Status> Retrieve(const std::string& document,
                                                                  uint64_t offset = 0,
                                                                  uint64_t length = 0) {
    RetrieveRequest request;
    request.set_document_id(document);
    request.set_offset(offset);
    request.set_length(length);
    std::vector<RetrieveResponse> messages;
    std::promise<absl::Status> over;
    world_.gateway().Stream<ExchangeService::Retrieve>(
        EdgeWorld::As("north"), request,
        [&messages](const RetrieveResponse& message) {
          messages.push_back(message);
          return true;
        },
        [&over](absl::Status status) { over.set_value(std::move(status)); });
    return {messages, over.get_future().get()};
  }

  static std::string Content(const std::vector<RetrieveResponse>& messages) {
    std::string content;
    for (const RetrieveResponse& message : messages) content += message.data();
    return content;
  }

  void Deny(const std::set<std::string>& items) {
    const MutexLock lock(world_.state.mutex);
    world_.state.denied = items;
  }

  // A submission of north, of one document.
  static SubmitDocumentsRequest OneDocument() {
    SubmitDocumentsRequest request;
    *request.mutable_subject()->mutable_patient() = PatientAt("north");
    request.mutable_subject()->mutable_patient()->set_id("n1");
    request.mutable_subject()->mutable_patient()->set_incarnation(0);
    auto* document = request.add_documents();
    document->mutable_entry()->set_unique_id("urn:oid:1");
    document->set_content("hello");
    document->add_security_codes("R");
    return request;
  }

  absl::StatusOr<exchange::v1::SubmitDocumentsResponse> Submit(
      const SubmitDocumentsRequest& request, EdgeWorld& world) {
    return world.gateway().CallAndWait<ExchangeService::SubmitDocuments>(EdgeWorld::As("north"),
                                                                         request);
  }

  EdgeWorld world_;
};

TEST_F(DocumentsTest, ADocumentIsShownWithItsPersonAndCustodianAndOnRecord) {
  const auto shown = Get("doc-lakes");
  ASSERT_TRUE(shown.ok()) << shown.status();
  EXPECT_EQ(shown->document().title(), "lakes");
  EXPECT_EQ(shown->eid(), "eid");
  EXPECT_EQ(shown->member_name(), "lakes hospital");
  EXPECT_EQ(shown->holder(), exchange::v1::DOCUMENT_HOLDER_MEMBER);
  EXPECT_TRUE(world_.Eventually([](const std::vector<Event>& events) {
    return Count(events, audit::v1::EVENT_TYPE_INTENT) == 1 &&
           Count(events, audit::v1::EVENT_TYPE_OUTCOME) == 1;
  }));
}

TEST_F(DocumentsTest, HiddenWithdrawnWithheldAndUnknownDocumentsAreAnsweredAlike) {
  const absl::Status unknown = Get("another").status();
  EXPECT_EQ(unknown, absl::NotFoundError("document_id: unknown"));
  Deny({"doc-lakes"});
  EXPECT_EQ(Get("doc-lakes").status(), unknown);
  Deny({});
  {
    const MutexLock lock(world_.state.mutex);
    world_.state.located.mutable_documents(0)->set_status(
        registry::v1::DOCUMENT_STATUS_ENTERED_IN_ERROR);
    world_.state.located.mutable_documents(1)->set_withheld(true);
  }
  EXPECT_EQ(Get("doc-lakes").status(), unknown);
  EXPECT_EQ(Get("doc-harbor").status(), unknown);
  EXPECT_EQ(Retrieve("doc-harbor").second, unknown);
  {
    const MutexLock lock(world_.state.mutex);
    world_.state.located.mutable_documents(0)->clear_status();
    world_.state.located.mutable_documents(0)->mutable_patient()->set_id("L9");  // Of nobody.
  }
  EXPECT_EQ(Get("doc-lakes").status(), unknown);
  EXPECT_EQ(Retrieve("doc-lakes").second, unknown);
  EXPECT_EQ(Count(world_.Events(), audit::v1::EVENT_TYPE_INTENT), 0);
  EXPECT_EQ(Count(world_.Events(), audit::v1::EVENT_TYPE_QUERY), 7);
}

TEST_F(DocumentsTest, ARevocationOnTheWayAndRolesThatAreDownShowNothing) {
  world_.state.on_intent = [this] {
    const MutexLock lock(world_.state.mutex);
    ++world_.state.consent_epoch;
  };
  EXPECT_TRUE(absl::IsAborted(Get("doc-lakes").status()));
  EXPECT_TRUE(absl::IsAborted(Sets(ById("set")).status()));
  {
    const MutexLock lock(world_.state.mutex);
    world_.state.on_intent = nullptr;
    world_.state.audit_down = absl::UnavailableError("disk");
  }
  EXPECT_TRUE(absl::IsUnavailable(Get("doc-lakes").status()));
  EXPECT_TRUE(absl::IsUnavailable(Get("another").status()));
}

TEST_F(DocumentsTest, ASetKeepsTheDocumentsThatMayBeSeenAndNoneHidesIt) {
  auto sets = Sets(ById("set"));
  ASSERT_TRUE(sets.ok()) << sets.status();
  EXPECT_THAT(sets->sets(0).document_ids(), ElementsAre("doc-lakes", "doc-harbor"));
  EXPECT_EQ(sets->sets(0).resource(), "{}");
  Deny({"doc-harbor"});
  sets = Sets(ById("set"));
  EXPECT_THAT(sets->sets(0).document_ids(), ElementsAre("doc-lakes"));
  EXPECT_EQ(sets->sets(0).resource(), "");  // It would name the other.
  Deny({"doc-harbor", "doc-lakes"});
  const auto hidden = Sets(ById("set"));
  const auto unknown = Sets(ById("another"));
  ASSERT_TRUE(hidden.ok() && unknown.ok());
  EXPECT_THAT(hidden->sets(), IsEmpty());
  EXPECT_EQ(hidden->SerializeAsString(), unknown->SerializeAsString());
}

TEST_F(DocumentsTest, ASetIsWholeThoughItsDocumentsAreNotAmongTheFirstOfThePerson) {
  {
    const MutexLock lock(world_.state.mutex);
    world_.state.found_max = 1;
  }
  const auto sets = Sets(ById("set"));
  ASSERT_TRUE(sets.ok()) << sets.status();
  ASSERT_EQ(sets->sets_size(), 1);
  EXPECT_THAT(sets->sets(0).document_ids(), ElementsAre("doc-lakes", "doc-harbor"));
  EXPECT_FALSE(sets->truncated());
  Deny({"doc-harbor", "doc-lakes"});
  const auto hidden = Sets(ById("set"));
  const auto unknown = Sets(ById("another"));
  ASSERT_TRUE(hidden.ok() && unknown.ok()) << hidden.status() << unknown.status();
  EXPECT_EQ(hidden->SerializeAsString(), unknown->SerializeAsString());
}

TEST_F(DocumentsTest, WhatWasAskedForIsOnRecordThoughItWasNotShown) {
  Deny({"doc-lakes"});
  EXPECT_TRUE(absl::IsNotFound(Get("doc-lakes").status()));
  EXPECT_TRUE(absl::IsNotFound(Get("another").status()));
  std::vector<std::string> asked;
  for (const Event& event : world_.Events()) {
    if (event.type() != audit::v1::EVENT_TYPE_QUERY) continue;
    EXPECT_THAT(event.details(), ElementsAre("document:none"));
    asked.insert(asked.end(), event.item_ids().begin(), event.item_ids().end());
  }
  EXPECT_THAT(asked, ElementsAre("doc-lakes", "another"));
}

TEST_F(DocumentsTest, SetsOfAPersonNobodyKnowsAreThoseOfOneWhoIsHidden) {
  FindSubmissionSetsRequest request;
  request.mutable_subject()->set_eid("eid");
  EXPECT_EQ(Sets(request)->sets_size(), 1);
  Deny({"doc-harbor", "doc-lakes"});
  const auto hidden = Sets(request);
  request.mutable_subject()->set_eid("another");
  const auto unknown = Sets(request);
  ASSERT_TRUE(hidden.ok() && unknown.ok()) << hidden.status() << unknown.status();
  EXPECT_EQ(hidden->SerializeAsString(), unknown->SerializeAsString());
  EXPECT_TRUE(absl::IsInvalidArgument(Sets(FindSubmissionSetsRequest()).status()));
}

TEST_F(DocumentsTest, ADocumentIsRetrievedWithoutNamingItsPersonAndByRange) {
  world_.members.chunks = {"abc", "def", "gh"};
  const auto [whole, status] = Retrieve("doc-lakes");
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(Content(whole), "abcdefgh");
  EXPECT_EQ(whole.front().size_bytes(), 8U);
  struct Case {
    uint64_t offset;
    uint64_t length;
    std::string wanted;
  };
  for (const Case& c : {Case{2, 3, "cde"}, Case{5, 0, "fgh"}, Case{0, 1, "a"}, Case{7, 100, "h"},
                        Case{8, 0, ""}, Case{100, 5, ""}, Case{3, 3, "def"}}) {
    const auto [part, ended] = Retrieve("doc-lakes", c.offset, c.length);
    EXPECT_TRUE(ended.ok()) << ended;
    EXPECT_EQ(Content(part), c.wanted);
    EXPECT_EQ(part.back().sha256(), crypto::Sha256("abcdefgh"));
  }
}

TEST_F(DocumentsTest, OfARangeTheLastBytesLeaveOnlyWhenTheWholeIsRight) {
  world_.members.chunks = {"abc", "def", "XX"};
  const auto [part, status] = Retrieve("doc-lakes", 0, 3);
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_EQ(Content(part), "");
}

TEST_F(DocumentsTest, ADocumentOfWhichOnlySha1IsRegisteredIsHeldToIt) {
  {
    const MutexLock lock(world_.state.mutex);
    registry::v1::DocumentEntry* document = world_.state.located.mutable_documents(0);
    document->clear_sha256();
    document->set_sha1(crypto::Sha1("abcdefgh"));
  }
  world_.members.chunks = {"abc", "defgh"};
  const auto [whole, status] = Retrieve("doc-lakes");
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(Content(whole), "abcdefgh");
  world_.members.chunks = {"abc", "defXX"};
  const auto [other, refused] = Retrieve("doc-lakes");
  EXPECT_TRUE(absl::IsDataLoss(refused)) << refused;
  // The last chunk is held back; the first may have left before.
  EXPECT_TRUE(Content(other).empty() || Content(other) == "abc");
}

TEST_F(DocumentsTest, ContentThatTheExchangeKeepsIsReadInWindows) {
  std::string content;
  for (int i = 0; content.size() < 5 * kContentWindow; ++i) {
    content += std::to_string(i) + ",";
  }
  {
    const MutexLock lock(world_.state.mutex);
    registry::v1::DocumentEntry* document = world_.state.located.mutable_documents(0);
    document->set_content_id("content");
    document->set_sha256(crypto::Sha256(content));
    document->set_size_bytes(content.size());
    world_.state.content = content;
  }
  const auto [whole, status] = Retrieve("doc-lakes");
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_TRUE(Content(whole) == content);
  EXPECT_EQ(world_.state.contents_read, 6);
  EXPECT_EQ(world_.members.asked, 0);
  EXPECT_EQ(Content(Retrieve("doc-lakes", 3'000'000, 17).first), content.substr(3'000'000, 17));
  {
    const MutexLock lock(world_.state.mutex);
    world_.state.content.resize(content.size() - 1);  // Shorter than registered.
  }
  EXPECT_TRUE(!Retrieve("doc-lakes").second.ok());
}

TEST_F(DocumentsTest, AnotherMembersIdNamesItsPersonWhereItsPlaceMayBeNamed) {
  world_.members.chunks = {"abcdefgh"};
  RetrieveRequest request;
  *request.mutable_subject()->mutable_any_member_patient() = PatientAt("harbor");
  request.set_document_id("doc-lakes");
  const auto retrieve = [&] {
    std::promise<absl::Status> over;
    world_.gateway().Stream<ExchangeService::Retrieve>(
        EdgeWorld::As("north"), request, [](const RetrieveResponse&) { return true; },
        [&over](absl::Status status) { over.set_value(std::move(status)); });
    return over.get_future().get();
  };
  EXPECT_TRUE(retrieve().ok());
  Deny({"place/harbor/harbor-main"});
  const absl::Status hidden = retrieve();
  Deny({});
  request.mutable_subject()->mutable_any_member_patient()->set_id("H9");
  EXPECT_TRUE(absl::IsNotFound(hidden)) << hidden;
  EXPECT_EQ(retrieve(), hidden);
}

TEST_F(DocumentsTest, ASubmissionIsFiledUnderTheCallersRecordWithLabelsOfTheExchange) {
  SubmitDocumentsRequest request = OneDocument();
  request.mutable_submission_set()->set_unique_id("urn:oid:2");
  request.mutable_documents(0)->mutable_entry()->set_member("lakes");  // Is not for it to say.
  const auto submitted = Submit(request, world_);
  ASSERT_TRUE(submitted.ok()) << submitted.status();
  EXPECT_THAT(submitted->document_ids(), ElementsAre("doc0"));
  EXPECT_EQ(submitted->eid(), "eid");
  ASSERT_EQ(world_.state.submitted.size(), 1U);
  const registry::v1::SubmitRequest filed = world_.state.submitted[0];
  EXPECT_EQ(filed.documents(0).member(), "north");
  EXPECT_EQ(filed.documents(0).patient().id(), "N1");
  EXPECT_EQ(filed.documents(0).patient().incarnation(), 1U);
  EXPECT_FALSE(filed.documents(0).labels().ruleset().empty());
  EXPECT_EQ(filed.submission_set().member(), "north");
  EXPECT_EQ(filed.submission_set().patient().id(), "N1");
  EXPECT_EQ(filed.contents(0).data(), "hello");
  EXPECT_EQ(filed.same_person_size(), 3);
  EXPECT_EQ(filed.claims_size(), 1);
  ASSERT_TRUE(Submit(request, world_).ok());
  EXPECT_EQ(world_.state.submitted[1].submission_id(), filed.submission_id());
}

TEST_F(DocumentsTest, WhatIsNotTheCallersOrNotTheSubjectsIsRefusedAsAWhole) {
  SubmitDocumentsRequest request = OneDocument();
  request.add_documents()->mutable_entry()->set_unique_id("urn:oid:3");
  *request.mutable_documents(1)->mutable_entry()->mutable_patient() = PatientAt("lakes");
  EXPECT_TRUE(absl::IsPermissionDenied(Submit(request, world_).status()));
  *request.mutable_documents(1)->mutable_entry()->mutable_patient() = PatientAt("north");
  request.mutable_documents(1)->mutable_entry()->mutable_patient()->set_id("N7");
  EXPECT_TRUE(absl::IsFailedPrecondition(Submit(request, world_).status()));
  request.mutable_documents()->RemoveLast();
  *request.mutable_subject()->mutable_patient() = PatientAt("lakes");
  EXPECT_TRUE(absl::IsPermissionDenied(Submit(request, world_).status()));
  request.mutable_subject()->set_eid("another");
  EXPECT_TRUE(absl::IsNotFound(Submit(request, world_).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Submit(SubmitDocumentsRequest(), world_).status()));
  EdgeWorld shadow(100, MemberState::kShadow);
  EXPECT_TRUE(absl::IsFailedPrecondition(Submit(OneDocument(), shadow).status()));
  EXPECT_TRUE(world_.state.submitted.empty());
}

TEST_F(DocumentsTest, ADocumentForAMergedAwayIdFilesUnderItsSurvivor) {
  {
    const MutexLock lock(world_.state.mutex);
    mpi::v1::Record* gone = world_.state.person.add_records();
    *gone->mutable_patient() = PatientAt("north");
    gone->mutable_patient()->set_id("N0");
    *gone->mutable_merged_into() = PatientAt("north");
  }
  SubmitDocumentsRequest request = OneDocument();
  request.mutable_subject()->mutable_patient()->set_id("n0");
  ASSERT_TRUE(Submit(request, world_).ok());
  EXPECT_EQ(world_.state.submitted[0].documents(0).patient().id(), "N1");
  request.mutable_subject()->set_eid("eid");
  ASSERT_TRUE(Submit(request, world_).ok());
  EXPECT_EQ(world_.state.submitted[1].documents(0).patient().id(), "N1");
}

TEST_F(DocumentsTest, PartsOfAContentAreStagedForThePatientAsTheIndexHasIt) {
  exchange::v1::PutDocumentContentRequest request;
  request.set_content_id("c");
  *request.mutable_patient() = PatientAt("north");
  request.mutable_patient()->set_incarnation(0);
  request.set_data("abc");
  const auto put = [&] {
    return world_.gateway().CallAndWait<ExchangeService::PutDocumentContent>(EdgeWorld::As("north"),
                                                                             request);
  };
  ASSERT_TRUE(put().ok());
  EXPECT_EQ(world_.state.staged[0].patient().incarnation(), 1U);
  *request.mutable_patient() = PatientAt("lakes");
  EXPECT_TRUE(absl::IsPermissionDenied(put().status()));
}

TEST_F(DocumentsTest, AStatusIsSetOfTheCallersOwnDocuments) {
  exchange::v1::SetDocumentStatusRequest request;
  request.set_unique_id("u");
  request.set_status(registry::v1::DOCUMENT_STATUS_ENTERED_IN_ERROR);
  const auto set = world_.gateway().CallAndWait<ExchangeService::SetDocumentStatus>(
      EdgeWorld::As("north"), request);
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->document_id(), "north/u");
}

TEST_F(DocumentsTest, TheCustodianIsToldOfBrokenGlassAlsoWhenConsentWasDownThen) {
  {
    const MutexLock lock(world_.state.mutex);
    world_.state.opened = {"doc-lakes"};
    world_.state.notes_refused = 3;  // The channel itself tries twice.
  }
  GetDocumentRequest request;
  request.set_document_id("doc-lakes");
  request.set_session_id("session");
  ASSERT_TRUE(world_.gateway()
                  .CallAndWait<ExchangeService::GetDocument>(EdgeWorld::As("north", "BTG"), request)
                  .ok());
  EXPECT_TRUE(world_.Eventually([this](const auto&) {
    const MutexLock lock(world_.state.mutex);
    return world_.state.noted == std::vector<std::string>{"lakes"};
  }));
}

}  // namespace
}  // namespace hie::edge

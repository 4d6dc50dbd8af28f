#include <set>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "gateway/fhir/documents/documents_world.h"
#include "gateway/fhir/frozen_pages.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/json/writer.h"

namespace hie::fhir {
namespace {

using exchange::v1::QueryRequest;
using exchange::v1::QueryResponse;
using testing::DetailOf;
using testing::DocumentsWorld;
using ::testing::ElementsAre;
using testing::ExchangeMethods;
using testing::FakeExchange;

std::vector<std::string> Ids(const json::Value& bundle) {
  std::vector<std::string> ids;
  for (const json::Value& entry : bundle.Each("entry")) {
    if (entry.At("/search/mode")->text() == "match") {
      ids.emplace_back(entry.At("/resource/id")->text());
    }
  }
  return ids;
}

json::Value Outcome(const json::Value& bundle) {
  for (const json::Value& entry : bundle.Each("entry")) {
    if (entry.At("/search/mode")->text() == "outcome") return *entry.Find("resource");
  }
  return {};
}

std::string NextOf(const json::Value& bundle) {
  for (const json::Value& link : bundle.Each("link")) {
    if (link.Text("relation") != "next") continue;
    return std::string(link.Text("url").substr(std::string(DocumentsWorld::kBaseUrl).size()));
  }
  return "";
}

// An exchange that answers what stands here, as far as a request wants it.
class FindDocumentReferencesTest : public ::testing::Test {
 protected:
  FindDocumentReferencesTest() {
    world_.exchange().OnStream<ExchangeMethods::Query>(
        [this](const QueryRequest& request) { return Answered(request); });
  }

  FakeExchange::Messages<ExchangeMethods::Query> Answered(const QueryRequest& request) const {
    FakeExchange::Messages<ExchangeMethods::Query> out;
    out.status = status_;
    if (!status_.ok()) return out;
    const std::set<std::string> only(request.only_items().begin(), request.only_items().end());
    QueryResponse message;
    message.mutable_begin()->set_eid("p-7");
    out.messages.push_back(message);
    for (const auto& entry : index_) {
      if (!only.empty() && !only.contains(entry.id())) continue;
      *message.mutable_index_batch()->add_documents() = entry;
    }
    if (message.has_index_batch()) out.messages.push_back(message);
    message.Clear();
    for (const auto& item : items_) {
      if (!only.empty() && !only.contains(item.id())) continue;
      *message.mutable_item_batch()->add_items() = item;
    }
    if (message.has_item_batch()) out.messages.push_back(message);
    for (const auto& outcome : outcomes_) {
      message.Clear();
      *message.mutable_member_outcome() = outcome;
      out.messages.push_back(message);
    }
    message.Clear();
    *message.mutable_end() = end_;
    out.messages.push_back(message);
    return out;
  }

  registry::v1::DocumentEntry& AddEntry(const std::string& id, const std::string& member,
                                        const std::string& unique_id, int64_t day) {
    registry::v1::DocumentEntry entry;
    entry.set_id(id);
    entry.set_member(member);
    entry.set_unique_id(unique_id);
    entry.set_media_type("text/plain");
    entry.set_indexed_micros((1'700'000'000 + day * 86'400) * 1'000'000);
    entry.set_recorded_micros(1'768'212'001'120'000);
    index_.push_back(entry);
    return index_.back();
  }

  exchange::v1::ClinicalItem& AddItem(const std::string& id, const std::string& member,
                                      const std::string& unique_id) {
    exchange::v1::ClinicalItem item;
    item.set_id(id);
    item.mutable_source()->set_member(member);
    item.mutable_source()->set_member_name(member);
    item.set_resource_type("DocumentReference");
    item.set_master_identifier(unique_id);
    item.set_resource(R"({"resourceType":"DocumentReference","id":"7","status":"current",)"
                      R"("author":[{"reference":"Practitioner/9"}],"description":"live",)"
                      R"("content":[{"attachment":{"contentType":"text/plain"}}]})");
    items_.push_back(item);
    return items_.back();
  }

  void AddOutcome(const std::string& member, exchange::v1::MemberOutcomeCode code,
                  uint32_t index_entries = 0) {
    exchange::v1::MemberOutcome outcome;
    outcome.set_member(member);
    outcome.set_code(code);
    outcome.set_index_entries(index_entries);
    outcomes_.push_back(outcome);
  }

  void Ends(exchange::v1::Completeness completeness, uint32_t answered, uint32_t expected) {
    end_.set_completeness(completeness);
    end_.set_answered(answered);
    end_.set_expected(expected);
  }

  std::shared_ptr<testing::TestCall> Get(const std::string& query) {
    return world_.Get(absl::StrCat("/DocumentReference?", query));
  }

  DocumentsWorld world_;
  std::vector<registry::v1::DocumentEntry> index_;
  std::vector<exchange::v1::ClinicalItem> items_;
  std::vector<exchange::v1::MemberOutcome> outcomes_;
  exchange::v1::End end_;
  absl::Status status_;
};

constexpr char kPerson[] = "patient=Patient/p-7&status=current";

TEST_F(FindDocumentReferencesTest, APartialAnswerSaysWhatIsMissing) {
  AddEntry("d-88", "north", "urn:oid:2.999.1.10.9.501", 2);
  AddItem("i-1", "north", "urn:oid:2.999.1.10.9.501");
  AddEntry("d-31", "lakes", "urn:oid:2.999.1.50.9.12", 1);
  AddOutcome("north", exchange::v1::MEMBER_OUTCOME_CODE_OK);
  AddOutcome("lakes", exchange::v1::MEMBER_OUTCOME_CODE_TIMEOUT, 1);
  Ends(exchange::v1::COMPLETENESS_PARTIAL, 1, 2);
  const auto call = Get("patient.identifier=urn:oid:2.999.1.10.1%7CN-1001&status=current");
  ASSERT_EQ(call->status(), 200) << json::Write(call->resource());
  const json::Value bundle = call->resource();
  EXPECT_EQ(call->answer()->headers.Get("HIE-Completeness"),
            "expected=2, answered=1, index-only=1, missing=0");
  EXPECT_EQ(bundle.At("/meta/tag/0/code")->text(), "partial");
  EXPECT_EQ(bundle.Find("total")->integer(), 2);
  EXPECT_THAT(Ids(bundle), ElementsAre("d-88", "d-31"));
  EXPECT_EQ(DetailOf(Outcome(bundle)), "timeout");
  const auto request = world_.exchange().Requests<ExchangeMethods::Query>()[0];
  EXPECT_EQ(request.subject().patient().id(), "N-1001");
  EXPECT_THAT(request.classes(), ElementsAre(common::v1::CLINICAL_CLASS_DOCUMENT));
}

TEST_F(FindDocumentReferencesTest, ATailThatNoPageCanHoldIsNamedAndNotCounted) {
  for (size_t i = 0; i <= kFrozenIdsMax; ++i) {
    AddEntry(absl::StrCat("d-", i), "north", absl::StrCat("urn:oid:2.999.7.", i), 1);
  }
  const json::Value first = Get(absl::StrCat(kPerson, "&_count=100"))->resource();
  EXPECT_EQ(first.Find("total")->integer(), static_cast<int64_t>(kFrozenIdsMax));
  EXPECT_THAT(json::Write(Outcome(first)), ::testing::HasSubstr("too-long"));
  const std::string next(first.At("/link/1/url")->text());
  const json::Value second =
      world_.Get(next.substr(std::string(testing::TestWorld::kBaseUrl).size()))->resource();
  EXPECT_EQ(second.Find("total")->integer(), static_cast<int64_t>(kFrozenIdsMax));
}

TEST_F(FindDocumentReferencesTest, ALiveDocumentKeepsWhatItsSourceSaysAndTheExchangeSaysTheRest) {
  AddEntry("d-88", "north", "urn:oid:2.999.1", 2).set_size_bytes(19);
  AddItem("i-1", "north", "urn:oid:2.999.1");
  const json::Value bundle = Get(kPerson)->resource();
  const json::Value& document = *bundle.At("/entry/0/resource");
  EXPECT_EQ(document.Text("id"), "d-88");
  EXPECT_EQ(document.Text("description"), "live");
  EXPECT_EQ(document.At("/subject/reference")->text(), "Patient/p-7");
  EXPECT_EQ(document.At("/custodian/identifier/value")->text(), "urn:oid:2.999.1.10");
  EXPECT_EQ(document.At("/extension/0/valueOid")->text(), "urn:oid:2.999.1.10");
  EXPECT_EQ(document.At("/content/0/attachment/url")->text(),
            "https://gw.hie.example/fhir/Binary/d-88");
  EXPECT_EQ(document.At("/content/0/attachment/size")->integer(), 19);
  EXPECT_EQ(document.At("/author/0/reference"), nullptr);
  EXPECT_EQ(document.At("/author/0/display")->text(), "Practitioner/9");
  EXPECT_EQ(document.At("/meta/tag"), nullptr);
}

TEST_F(FindDocumentReferencesTest, WhatOnlyTheIndexKnowsIsToldAsSuch) {
  AddEntry("d-31", "lakes", "urn:oid:2.999.2", 1);
  AddEntry("d-32", "lakes", "urn:oid:2.999.3", 0).set_content_id("kept");
  const json::Value bundle = Get(kPerson)->resource();
  const json::Value& document = *bundle.At("/entry/0/resource");
  EXPECT_EQ(document.At("/meta/tag/0/code")->text(), "index-only");
  EXPECT_TRUE(absl::StrContains(json::Write(document), "verified-at"));
  EXPECT_EQ(bundle.At("/entry/1/resource/meta/tag"), nullptr);  // The exchange has its content.
}

TEST_F(FindDocumentReferencesTest, OneDocumentOfTwoMembersIsOneAndNamesBoth) {
  const std::string hash(32, 'h');
  AddEntry("d-1", "north", "urn:oid:2.999.1", 1).set_sha256(hash);
  AddEntry("d-2", "lakes", "urn:oid:2.999.1", 1).set_sha256(hash);
  AddEntry("d-3", "lakes", "urn:oid:2.999.5", 1).set_sha256(hash);  // Another unique id.
  const json::Value bundle = Get(kPerson)->resource();
  EXPECT_THAT(Ids(bundle), ElementsAre("d-1", "d-3"));
  const std::string text = json::Write(*bundle.At("/entry/0/resource"));
  EXPECT_TRUE(absl::StrContains(text, "also-at"));
  EXPECT_TRUE(absl::StrContains(text, "urn:oid:2.999.1.20"));
  EXPECT_TRUE(absl::StrContains(text, "master-identifier-and-hash"));
}

TEST_F(FindDocumentReferencesTest, AllDeadAndAnEmptyIndexIsAFailure) {
  AddOutcome("north", exchange::v1::MEMBER_OUTCOME_CODE_TIMEOUT);
  AddOutcome("lakes", exchange::v1::MEMBER_OUTCOME_CODE_UNREACHABLE);
  Ends(exchange::v1::COMPLETENESS_PARTIAL, 0, 2);
  const auto call = Get(kPerson);
  EXPECT_EQ(call->status(), 504);
  EXPECT_EQ(call->failure()->issues.size(), 2u);
}

TEST_F(FindDocumentReferencesTest, MissingParametersAreNamed) {
  for (const char* query : {"status=current", "patient=Patient/p-7", "type=18842-5"}) {
    const auto call = Get(query);
    EXPECT_EQ(call->status(), 400) << query;
    EXPECT_EQ(DetailOf(call->resource()), "XDSStoredQueryMissingParam") << query;
  }
  EXPECT_EQ(world_.exchange().calls(), 0u);
}

TEST_F(FindDocumentReferencesTest, UnknownAndHiddenPatientsAreAnsweredAlike) {
  Ends(exchange::v1::COMPLETENESS_NO_KNOWN_SOURCE, 0, 0);
  end_.set_notice(
      "Records may exist that patient choice or law withholds; emergency access can be requested.");
  const auto hidden = Get(kPerson);
  status_ = absl::NotFoundError("subject: unknown");
  const auto unknown = Get(kPerson);
  EXPECT_EQ(hidden->status(), 200);
  EXPECT_EQ(unknown->status(), 200);
  // The request id is each request's own.
  const auto without_id = [](const json::Value& bundle) {
    std::string text = json::Write(bundle);
    const size_t at = text.find("\"diagnostics\"");
    return at == std::string::npos ? text : text.substr(0, at) + text.substr(text.find('}', at));
  };
  EXPECT_EQ(without_id(hidden->resource()), without_id(unknown->resource()));
  EXPECT_EQ(hidden->answer()->headers.Get("HIE-Completeness"),
            unknown->answer()->headers.Get("HIE-Completeness"));
  const auto nobody = Get("patient.identifier=urn:oid:2.999.77%7CX&status=current");
  EXPECT_EQ(without_id(nobody->resource()).size() > 0, true);
  EXPECT_EQ(nobody->status(), 200);
}

TEST_F(FindDocumentReferencesTest, PagesAreFrozenAndLoseOrRepeatNothing) {
  for (int i = 0; i < 7; ++i) {
    AddEntry(absl::StrCat("d-", i), "north", absl::StrCat("urn:oid:2.999.1.", i), i % 3);
  }
  AddOutcome("lakes", exchange::v1::MEMBER_OUTCOME_CODE_TIMEOUT);
  std::vector<std::string> seen;
  std::string target = absl::StrCat("/DocumentReference?", kPerson, "&_count=3");
  for (int page = 0; !target.empty() && page < 5; ++page) {
    const auto call = world_.Get(target);
    ASSERT_EQ(call->status(), 200) << json::Write(call->resource());
    const json::Value bundle = call->resource();
    EXPECT_EQ(DetailOf(Outcome(bundle)), "timeout") << "every page says what is missing";
    EXPECT_EQ(bundle.Find("total")->integer(), 7);
    for (std::string& id : Ids(bundle)) seen.push_back(std::move(id));
    // What comes later is not on a frozen page.
    AddEntry(absl::StrCat("n-", page), "north", absl::StrCat("urn:oid:2.999.2.", page), 9);
    target = NextOf(bundle);
  }
  EXPECT_THAT(seen, ElementsAre("d-2", "d-5", "d-1", "d-4", "d-0", "d-3", "d-6"));
}

TEST_F(FindDocumentReferencesTest, WhatIsWithheldByThenIsMissingFromItsPage) {
  for (int i = 0; i < 5; ++i) {
    AddEntry(absl::StrCat("d-", i), "north", absl::StrCat("urn:oid:2.999.1.", i), i);
  }
  const json::Value first =
      world_.Get(absl::StrCat("/DocumentReference?", kPerson, "&_count=2"))->resource();
  std::erase_if(index_,
                [](const auto& entry) { return entry.id() == "d-2" || entry.id() == "d-1"; });
  const json::Value second = world_.Get(NextOf(first))->resource();
  EXPECT_THAT(Ids(second), ElementsAre("d-0"));  // The emptied page is passed over.
  EXPECT_EQ(NextOf(second), "");
}

TEST_F(FindDocumentReferencesTest, AForeignOrChangedCursorIsRefused) {
  for (int i = 0; i < 5; ++i) {
    AddEntry(absl::StrCat("d-", i), "north", absl::StrCat("urn:oid:2.999.1.", i), i);
  }
  const std::string next =
      NextOf(world_.Get(absl::StrCat("/DocumentReference?", kPerson, "&_count=2"))->resource());
  EXPECT_EQ(world_.Get(next + "x")->status(), 400);
  world_.caller().client_id = "other";
  EXPECT_EQ(world_.Get(next)->status(), 400);
}

TEST_F(FindDocumentReferencesTest, GetAndPostAreEqual) {
  AddEntry("d-1", "north", "urn:oid:2.999.1", 1);
  const auto get = Get(kPerson);
  const auto post = world_.Post("/DocumentReference/_search", kPerson);
  ASSERT_EQ(post->status(), 200);
  EXPECT_EQ(json::Write(get->resource()), json::Write(post->resource()));
}

TEST_F(FindDocumentReferencesTest, CountsAndLatestAndCommunities) {
  AddEntry("d-1", "north", "urn:oid:2.999.1", 1);
  registry::v1::DocumentEntry& newer = AddEntry("d-2", "north", "urn:oid:2.999.2", 2);
  newer.add_relations()->set_kind(registry::v1::RELATION_KIND_REPLACES);
  newer.mutable_relations(0)->set_target_unique_id("urn:oid:2.999.1");
  const json::Value count = Get(absl::StrCat(kPerson, "&_summary=count"))->resource();
  EXPECT_EQ(count.Find("total")->integer(), 2);
  EXPECT_TRUE(Ids(count).empty());
  EXPECT_THAT(Ids(Get(absl::StrCat(kPerson, "&HIE-latest=true"))->resource()), ElementsAre("d-2"));
  Get(absl::StrCat(kPerson, "&targetCommunityIdList=urn:oid:2.999.1.20"));
  EXPECT_THAT(world_.exchange().Requests<ExchangeMethods::Query>().back().only_members(),
              ElementsAre("lakes"));
  const size_t asked = world_.exchange().calls();
  const auto none = Get(absl::StrCat(kPerson, "&targetCommunityIdList=urn:oid:2.999.66"));
  EXPECT_TRUE(Ids(none->resource()).empty());
  EXPECT_EQ(world_.exchange().calls(), asked);  // Nobody is asked, rather than everybody.
}

TEST_F(FindDocumentReferencesTest, SupersededDocumentsAreOnlyAskedForWhenWanted) {
  AddEntry("d-1", "north", "urn:oid:2.999.1", 1)
      .set_status(registry::v1::DOCUMENT_STATUS_SUPERSEDED);
  EXPECT_TRUE(Ids(Get(kPerson)->resource()).empty());
  EXPECT_FALSE(world_.exchange().Requests<ExchangeMethods::Query>().back().include_superseded());
  const json::Value all = Get("patient=Patient/p-7&status=current,superseded")->resource();
  EXPECT_THAT(Ids(all), ElementsAre("d-1"));
  EXPECT_EQ(all.At("/entry/0/resource/status")->text(), "superseded");
  EXPECT_TRUE(world_.exchange().Requests<ExchangeMethods::Query>().back().include_superseded());
}

TEST_F(FindDocumentReferencesTest, LinesComeAsMembersAnswer) {
  AddEntry("d-88", "north", "urn:oid:2.999.1", 2);
  AddItem("i-1", "north", "urn:oid:2.999.1");
  Ends(exchange::v1::COMPLETENESS_COMPLETE_AS_PERMITTED, 1, 1);
  const auto call = world_.Send(http::Method::kGet, absl::StrCat("/DocumentReference?", kPerson),
                                "", {{"Accept", "application/x-ndjson"}});
  ASSERT_NE(call->streamed(), nullptr);
  EXPECT_TRUE(call->streamed()->ended);
  const std::vector<std::string> lines =
      absl::StrSplit(call->streamed()->bytes, '\n', absl::SkipEmpty());
  ASSERT_GE(lines.size(), 3u);
  EXPECT_EQ(testing::Json(lines.front()).Text("type"), "begin");
  EXPECT_EQ(testing::Json(lines.back()).Text("type"), "end");
}

TEST_F(FindDocumentReferencesTest, WhatCouldNotBeReadIsTold) {
  AddEntry("d-88", "north", "urn:oid:2.999.1", 2);
  AddItem("i-1", "north", "urn:oid:2.999.2");
  items_.back().set_resource("no JSON");
  Ends(exchange::v1::COMPLETENESS_COMPLETE_AS_PERMITTED, 1, 1);
  const json::Value bundle = Get(kPerson)->resource();
  EXPECT_THAT(Ids(bundle), ElementsAre("d-88"));
  EXPECT_EQ(DetailOf(Outcome(bundle)), "bad-response");
  const auto call = world_.Send(http::Method::kGet, absl::StrCat("/DocumentReference?", kPerson),
                                "", {{"Accept", "application/x-ndjson"}});
  ASSERT_NE(call->streamed(), nullptr);
  EXPECT_TRUE(absl::StrContains(call->streamed()->bytes, "bad-response"));
}

TEST_F(FindDocumentReferencesTest, APersonThatIsOnlyNamedOnceIsWanted) {
  EXPECT_EQ(Get("patient=Patient/p-7&patient.identifier=a%7Cb&status=current")->status(), 400);
}

TEST_F(FindDocumentReferencesTest, OneDocumentCanBeRead) {
  world_.exchange().On<ExchangeMethods::GetDocument>(
      [this](const exchange::v1::GetDocumentRequest& request)
          -> absl::StatusOr<exchange::v1::GetDocumentResponse> {
        if (request.document_id() != "d-88") return absl::NotFoundError("document_id: unknown");
        exchange::v1::GetDocumentResponse response;
        *response.mutable_document() = index_[0];
        response.set_eid("p-7");
        return response;
      });
  AddEntry("d-88", "north", "urn:oid:2.999.1", 2).set_version(2);
  const auto call = world_.Get("/DocumentReference/d-88");
  ASSERT_EQ(call->status(), 200);
  EXPECT_EQ(call->resource().Text("id"), "d-88");
  EXPECT_EQ(call->answer()->headers.Get("ETag"), "W/\"2\"");
  EXPECT_EQ(world_.Get("/DocumentReference/d-89")->status(), 404);
}

}  // namespace
}  // namespace hie::fhir

#include "gateway/fhir/documents/documents_world.h"
#include "gtest/gtest.h"
#include "services/common/json/writer.h"

namespace hie::fhir {
namespace {

using exchange::v1::FindSubmissionSetsRequest;
using exchange::v1::FindSubmissionSetsResponse;
using testing::DetailOf;
using testing::DocumentsWorld;
using testing::ExchangeMethods;

constexpr char kSearch[] = "/List?patient=Patient/p-7&code=submissionset&status=current";

class FindDocumentListsTest : public ::testing::Test {
 protected:
  FindDocumentListsTest() {
    world_.exchange().On<ExchangeMethods::FindSubmissionSets>(
        [this](const FindSubmissionSetsRequest& request)
            -> absl::StatusOr<FindSubmissionSetsResponse> {
          if (!status_.ok()) return status_;
          FindSubmissionSetsResponse response;
          response.set_eid("p-7");
          for (int i = 0; i < sets_; ++i) {
            const std::string id = absl::StrCat("s-", i);
            if (!request.id().empty() && request.id() != id) continue;
            registry::v1::SubmissionSet& set = *response.add_sets();
            set.set_id(id);
            set.set_unique_id(absl::StrCat("urn:oid:2.999.1.10.9.", i));
            set.set_member("north");
            set.set_source_id("urn:oid:2.999.1.10.7");
            set.set_submitted_micros(1'768'212'000'000'000 + i);
            set.set_recorded_micros(1'768'212'001'120'000);
            set.add_document_ids("d-88");
          }
          return response;
        });
  }

  DocumentsWorld world_;
  int sets_ = 1;
  absl::Status status_;
};

TEST_F(FindDocumentListsTest, ASetIsAListOfItsDocuments) {
  const auto call = world_.Get(kSearch);
  ASSERT_EQ(call->status(), 200) << json::Write(call->resource());
  const json::Value bundle = call->resource();
  EXPECT_EQ(bundle.Find("total")->integer(), 1);
  const json::Value& list = *bundle.At("/entry/0/resource");
  EXPECT_EQ(bundle.At("/entry/0/fullUrl")->text(), "https://gw.hie.example/fhir/List/s-0");
  EXPECT_EQ(list.Text("status"), "current");
  EXPECT_EQ(list.Text("mode"), "working");
  EXPECT_EQ(list.At("/code/coding/0/code")->text(), "submissionset");
  EXPECT_EQ(list.At("/subject/reference")->text(), "Patient/p-7");
  EXPECT_EQ(list.At("/entry/0/item/reference")->text(), "DocumentReference/d-88");
  EXPECT_EQ(list.At("/extension/0/valueIdentifier/value")->text(), "urn:oid:2.999.1.10.7");
}

TEST_F(FindDocumentListsTest, MissingParametersAreNamed) {
  for (const char* query : {"patient=Patient/p-7&status=current", "patient=Patient/p-7&code=folder",
                            "code=folder&status=current"}) {
    const auto call = world_.Get(absl::StrCat("/List?", query));
    EXPECT_EQ(call->status(), 400) << query;
    EXPECT_EQ(DetailOf(call->resource()), "XDSStoredQueryMissingParam") << query;
  }
  EXPECT_EQ(world_.exchange().calls(), 0u);
}

TEST_F(FindDocumentListsTest, UnknownPatientsHaveNoListsAndOwnOnesAreToldUnknown) {
  status_ = absl::NotFoundError("subject: unknown");
  const auto unknown = world_.Get(kSearch);
  EXPECT_EQ(unknown->status(), 200);
  EXPECT_EQ(unknown->resource().Find("total")->integer(), 0);
  EXPECT_EQ(world_
                .Get("/List?patient.identifier=urn:oid:2.999.1.10.1%7CN-9&code=folder"
                     "&status=current")
                ->status(),
            404);
}

TEST_F(FindDocumentListsTest, FoldersAreNotKept) {
  const auto call = world_.Get("/List?patient=Patient/p-7&code=folder&status=current");
  EXPECT_EQ(call->status(), 200);
  EXPECT_EQ(call->resource().Find("total")->integer(), 0);
}

TEST_F(FindDocumentListsTest, PagesHoldEveryListOnce) {
  sets_ = 5;
  std::vector<std::string> seen;
  std::string target = absl::StrCat(kSearch, "&_count=2");
  for (int page = 0; !target.empty() && page < 4; ++page) {
    const json::Value bundle = world_.Get(target)->resource();
    for (const json::Value& entry : bundle.Each("entry")) {
      seen.emplace_back(entry.At("/resource/id")->text());
    }
    target.clear();
    for (const json::Value& link : bundle.Each("link")) {
      if (link.Text("relation") != "next") continue;
      target = std::string(link.Text("url").substr(std::string(DocumentsWorld::kBaseUrl).size()));
    }
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"s-4", "s-3", "s-2", "s-1", "s-0"}));
}

TEST_F(FindDocumentListsTest, OneListCanBeReadAndAnAbsentOneIsAsAHiddenOne) {
  const auto call = world_.Get("/List/s-0");
  EXPECT_EQ(call->status(), 200);
  EXPECT_EQ(call->resource().Text("id"), "s-0");
  const auto absent = world_.Get("/List/s-9");
  EXPECT_EQ(absent->status(), 404);
  status_ = absl::NotFoundError("id: unknown");
  EXPECT_EQ(world_.Get("/List/s-0")->status(), 404);
}

}  // namespace
}  // namespace hie::fhir

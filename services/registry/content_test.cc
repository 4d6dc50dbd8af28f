// Contents that the exchange keeps: staged or along with a submission, sealed, read back, damaged.

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "hie/registry/v1/registry_service.methods.h"
#include "services/common/base/clock.h"
#include "services/common/base/random_source.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/hash.h"
#include "services/common/crypto/sha1.h"
#include "services/common/journal/db_hash.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/server.h"
#include "services/common/storage/memory_kv_store.h"
#include "services/registry/content_service.h"
#include "services/registry/content_store.h"
#include "services/registry/registry_role.h"
#include "services/registry/registry_service.h"
#include "services/registry/seal_submission.h"
#include "tests/support/simulated_disk.h"
#include "tests/support/status_matchers.h"

namespace hie::registry {
namespace {

using ::hie::testing::IsOk;
using ::hie::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kCanary[] = "CONTENT-CANARY";
constexpr char kStaged[] = "01890a5d-ac96-774b-bcce-b302099a8057";

class ContentTest : public ::testing::Test {
 protected:
  ContentTest()
      : disk_(1),
        random_(7),
        store_(RegistryRole::Tables()),
        clock_(absl::FromUnixSeconds(1'700'000'000)) {
    EXPECT_THAT(disk_.CreateDir("data"), IsOk());
    Start();
  }

  void Start() {
    role_.reset();
    auto role = RegistryRole::Open(Options());
    ASSERT_THAT(role, IsOk());
    role_ = *std::move(role);
  }

  RegistryRole::Options Options() {
    RegistryRole::Options options;
    options.store = &store_;
    options.mark_path = "data/mark";
    options.files = &disk_;
    options.clock = &clock_;
    options.random = &random_;
    options.content_kek_path = "data/registry.kek";
    return options;
  }

  static common::v1::LocalPatient Patient(const std::string& id = "a") {
    common::v1::LocalPatient patient;
    patient.set_assigning_authority("2.999.1");
    patient.set_id(id);
    patient.set_incarnation(1);
    return patient;
  }

  static v1::SubmitRequest Request(const std::string& submission_id) {
    v1::SubmitRequest request;
    request.mutable_actor()->set_member("north");
    request.set_submission_id(submission_id);
    v1::DocumentEntry* document = request.add_documents();
    document->set_unique_id("doc");
    *document->mutable_patient() = Patient();
    document->set_member("north");
    return request;
  }

  static v1::SubmitRequest Inline(const std::string& submission_id, const std::string& data) {
    v1::SubmitRequest request = Request(submission_id);
    request.add_contents()->set_data(data);
    return request;
  }

  absl::StatusOr<v1::SubmitResponse> Submit(const v1::SubmitRequest& request) {
    return HandleSubmit(request, role_->vault(), role_->journal());
  }

  absl::Status Put(uint64_t offset, const std::string& data, bool last,
                   const std::string& patient = "a") {
    v1::PutContentRequest request;
    request.set_content_id(kStaged);
    *request.mutable_patient() = Patient(patient);
    request.set_offset(offset);
    request.set_data(data);
    request.set_last(last);
    return HandlePutContent(request, role_->vault(), role_->journal()).status();
  }

  absl::StatusOr<std::string> Get(uint64_t offset = 0, uint64_t length = 0) {
    v1::GetContentRequest request;
    request.set_document_id(EntryId(MemberId("north"), "doc"));
    request.set_offset(offset);
    request.set_length(length);
    HIE_ASSIGN_OR_RETURN(const std::unique_ptr<ContentReader> reader,
                         HandleGetContent(request, role_->vault(), role_->journal()));
    std::string all;
    while (true) {
      HIE_ASSIGN_OR_RETURN(const std::optional<std::string> data, reader->Next());
      if (!data) return all;
      EXPECT_FALSE(data->empty());
      EXPECT_LE(data->size(), kContentChunkBytesMax);
      all += *data;
    }
  }

  std::vector<KvEntry> Rows(absl::string_view table) {
    return *store_.Snapshot()->ScanPrefix(table, "");
  }
  void Write(const WriteBatch& batch) {
    ASSERT_THAT(store_.Write(batch, Durability::kBuffered), IsOk());
  }
  std::string Hash() { return *DbHash(*store_.Snapshot(), RegistryMachine::Tables()); }

  hie::testing::SimulatedDisk disk_;
  SeededRandom random_;
  MemoryKvStore store_;
  SimulatedClock clock_;
  std::unique_ptr<RegistryRole> role_;
};

TEST_F(ContentTest, WhatComesWithASubmissionIsReadBackAndStoredSealedOnly) {
  const std::string data = std::string(kCanary) + std::string(700'000, 'x') + kCanary;
  ASSERT_THAT(Submit(Inline("s", data)), IsOk());
  const auto all = Get();
  ASSERT_THAT(all, IsOk());
  EXPECT_EQ(*all, data);
  for (const std::string& table : RegistryRole::Tables()) {
    for (const KvEntry& row : Rows(table)) {
      EXPECT_EQ(row.value.find(kCanary), std::string::npos) << table;
    }
  }
  v1::GetDocumentRequest get;
  get.set_id(EntryId(MemberId("north"), "doc"));
  const auto document = HandleGetDocument(get, role_->journal());
  ASSERT_THAT(document, IsOk());
  EXPECT_EQ(document->document().sha256(), crypto::Sha256(data));
  EXPECT_EQ(document->document().sha1(), crypto::Sha1(data));
  EXPECT_EQ(document->document().size_bytes(), data.size());
}

TEST_F(ContentTest, EveryRangeIsThatPartOfTheWhole) {
  std::string data;
  for (size_t i = 0; i < 3 * kContentChunkBytesMax / 2; ++i)
    data += static_cast<char>(i * 7 + i / 251);
  ASSERT_THAT(Submit(Inline("s", data)), IsOk());
  for (const uint64_t offset : {uint64_t{0}, uint64_t{1}, uint64_t{kContentChunkBytesMax - 1},
                                uint64_t{kContentChunkBytesMax}, uint64_t{data.size()}}) {
    for (const uint64_t length : {uint64_t{0}, uint64_t{1}, uint64_t{2}, uint64_t{1} << 40}) {
      const auto part = Get(offset, length);
      ASSERT_THAT(part, IsOk());
      EXPECT_EQ(*part, data.substr(offset, length == 0 ? std::string::npos : length));
    }
  }
  EXPECT_THAT(Get(data.size() + 1), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(ContentTest, ARetryAfterARestartHasOneEffect) {
  const v1::SubmitRequest request = Inline("s", "content");
  const auto first = Submit(request);
  ASSERT_THAT(first, IsOk());
  const std::string hash = Hash();
  Start();
  const auto second = Submit(request);
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(first->DebugString(), second->DebugString());
  EXPECT_EQ(Hash(), hash);
  const auto again = Submit(Inline("another id", "content"));
  ASSERT_THAT(again, IsOk());
  EXPECT_TRUE(again->existed(0));
  EXPECT_EQ(Rows(kContentTable).size(), 1u);
  EXPECT_EQ(*Get(), "content");
}

TEST_F(ContentTest, WhatIsClaimedMustHold) {
  v1::SubmitRequest request = Inline("s", "content");
  request.mutable_documents(0)->set_size_bytes(8);
  EXPECT_THAT(Submit(request), StatusIs(absl::StatusCode::kInvalidArgument,
                                        StartsWith("XDSNonIdenticalSize: contents[0]")));
  request.mutable_documents(0)->set_size_bytes(7);
  request.mutable_documents(0)->set_sha1(crypto::Sha1("other"));
  EXPECT_THAT(Submit(request), StatusIs(absl::StatusCode::kInvalidArgument,
                                        StartsWith("XDSNonIdenticalHash: contents[0]")));
  request.mutable_documents(0)->set_sha1(crypto::Sha1("content"));
  EXPECT_THAT(Submit(request), IsOk());
}

TEST_F(ContentTest, OtherContentUnderTheSameUniqueIdIsRefusedAndLeavesNothing) {
  ASSERT_THAT(Submit(Inline("s", "content")), IsOk());
  const std::string hash = Hash();
  v1::SubmitRequest request = Inline("t", "other");
  v1::DocumentEntry* of_new_patient = request.add_documents();
  *of_new_patient = request.documents(0);
  of_new_patient->set_unique_id("doc2");
  *of_new_patient->mutable_patient() = Patient("b");
  v1::InlineContent* content = request.add_contents();
  content->set_document(1);
  content->set_data("of b");
  EXPECT_THAT(Submit(request),
              StatusIs(absl::StatusCode::kAlreadyExists, StartsWith("XDSNonIdenticalHash: ")));
  EXPECT_EQ(Hash(), hash);
}

TEST_F(ContentTest, PartsInAnySizesMakeOneContent) {
  const std::string data = std::string(300'000, 'a') + std::string(300'000, 'b');
  ASSERT_THAT(Put(0, data.substr(0, 100), false), IsOk());
  ASSERT_THAT(Put(100, data.substr(100, 400'000), false), IsOk());
  Start();
  ASSERT_THAT(Put(400'100, data.substr(400'100), false), IsOk());
  ASSERT_THAT(Put(600'000, "", true), IsOk());
  v1::SubmitRequest request = Request("s");
  request.mutable_documents(0)->set_content_id(kStaged);
  request.mutable_documents(0)->set_sha256(crypto::Sha256(data));
  ASSERT_THAT(Submit(request), IsOk());
  EXPECT_EQ(*Get(), data);
  EXPECT_EQ(*Get(100, 5), data.substr(100, 5));
  EXPECT_TRUE(Rows(kContentStagedTable).empty());
}

TEST_F(ContentTest, TheSamePartAgainIsNoFaultAndAnotherInItsPlaceIs) {
  ASSERT_THAT(Put(0, "one", false), IsOk());
  ASSERT_THAT(Put(0, "one", false), IsOk());
  EXPECT_THAT(Put(0, "two", false), StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_THAT(Put(4, "x", false), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("3")));
  EXPECT_THAT(Put(0, "one and more", false), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(Put(3, "x", false, "b"), StatusIs(absl::StatusCode::kAlreadyExists));
  ASSERT_THAT(Put(3, "end", true), IsOk());
  ASSERT_THAT(Put(3, "end", true), IsOk());
  ASSERT_THAT(Put(0, "one", false), IsOk());
  EXPECT_THAT(Put(6, "x", true), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(Put(3, "end", false), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(ContentTest, StagedContentIsForItsPatientAndForOneDocument) {
  ASSERT_THAT(Put(0, "content", false), IsOk());
  v1::SubmitRequest request = Request("s");
  request.mutable_documents(0)->set_content_id(kStaged);
  EXPECT_THAT(Submit(request),
              StatusIs(absl::StatusCode::kNotFound, StartsWith("XDSMissingDocument: ")));
  ASSERT_THAT(Put(7, "", true), IsOk());
  *request.mutable_documents(0)->mutable_patient() = Patient("b");
  EXPECT_THAT(Submit(request),
              StatusIs(absl::StatusCode::kNotFound, StartsWith("XDSMissingDocument: ")));
  *request.mutable_documents(0)->mutable_patient() = Patient();
  ASSERT_THAT(Submit(request), IsOk());
  request.set_submission_id("t");
  request.mutable_documents(0)->set_unique_id("doc2");
  EXPECT_THAT(Submit(request), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(ContentTest, StagedContentThatNoSubmissionNamesIsRemovedAfterADay) {
  ASSERT_THAT(Submit(Inline("s", "kept")), IsOk());
  const std::string hash_of_key = Rows(kContentKeyTable).front().value;
  ASSERT_THAT(Put(0, std::string(600'000, 'x'), false), IsOk());
  clock_.Advance(absl::Hours(23));
  EXPECT_EQ(*RemoveStagedContents(clock_.Now() - kStagedAgeMax, role_->journal()), 0u);
  clock_.Advance(absl::Hours(2));
  EXPECT_EQ(*RemoveStagedContents(clock_.Now() - kStagedAgeMax, role_->journal()), 1u);
  EXPECT_EQ(Rows(kContentTable).size(), 1u);
  EXPECT_EQ(Rows(kContentChunkTable).size(), 1u);
  EXPECT_TRUE(Rows(kContentStagedTable).empty());
  EXPECT_EQ(*Get(), "kept");
}

TEST_F(ContentTest, WhatIsStagedForAnAuthorityHasAnEnd) {
  const auto staged = [this] { return *ContentStore(*store_.Snapshot()).StagedBytes("2.999.1"); };
  WriteBatch nearly_full;
  ContentStore::WriteStagedBytes("2.999.1", kStagedBytesMax - 6, nearly_full);
  Write(nearly_full);
  EXPECT_THAT(Put(0, "1234567", false), StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_TRUE(Rows(kContentTable).empty());
  EXPECT_THAT(Put(0, "1234", false), IsOk());
  EXPECT_THAT(Put(0, "1234", false), IsOk());  // The same part again takes no more room.
  EXPECT_EQ(staged(), kStagedBytesMax - 2);
  EXPECT_THAT(Put(4, "567", true), StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(Put(4, "56", true), IsOk());
  EXPECT_EQ(staged(), kStagedBytesMax);
  clock_.Advance(absl::Hours(30));
  EXPECT_EQ(*RemoveStagedContents(clock_.Now(), role_->journal()), 1U);
  EXPECT_EQ(staged(), kStagedBytesMax - 6);
}

TEST_F(ContentTest, WhatASubmissionNamesIsNotStagedAnyMore) {
  ASSERT_THAT(Put(0, "content", true), IsOk());
  EXPECT_EQ(*ContentStore(*store_.Snapshot()).StagedBytes("2.999.1"), 7U);
  v1::SubmitRequest request = Request("s");
  request.mutable_documents(0)->set_content_id(kStaged);
  ASSERT_THAT(Submit(request), IsOk());
  EXPECT_TRUE(Rows(kContentStagedSizeTable).empty());
  ASSERT_THAT(Submit(request), IsOk());
  EXPECT_TRUE(Rows(kContentStagedSizeTable).empty());
}

TEST_F(ContentTest, EveryDamagedChunkIsDataLoss) {
  ASSERT_THAT(Submit(Inline("s", std::string(600'000, 'x'))), IsOk());
  const std::vector<KvEntry> chunks = Rows(kContentChunkTable);
  ASSERT_EQ(chunks.size(), 3u);
  for (size_t i = 0; i < chunks.size(); ++i) {
    std::string flipped = chunks[i].value;
    flipped[flipped.size() / 2] ^= 1;
    WriteBatch flip, remove, swap, mend;
    flip.Put(kContentChunkTable, chunks[i].key, flipped);
    remove.Delete(kContentChunkTable, chunks[i].key);
    swap.Put(kContentChunkTable, chunks[i].key, chunks[(i + 1) % chunks.size()].value);
    mend.Put(kContentChunkTable, chunks[i].key, chunks[i].value);
    for (const WriteBatch* damage : {&flip, &remove, &swap}) {
      Write(*damage);
      EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kDataLoss)) << i;
      Write(mend);
    }
  }
  EXPECT_THAT(Get(), IsOk());
}

TEST_F(ContentTest, AContentThatIsCutOffAtAChunkIsDataLoss) {
  ASSERT_THAT(Submit(Inline("s", std::string(2 * kContentChunkBytesMax, 'x'))), IsOk());
  const KvEntry row = Rows(kContentTable).front();
  v1::ContentRow cut;
  ASSERT_TRUE(cut.ParseFromString(row.value));
  cut.set_size_bytes(kContentChunkBytesMax);
  for (const uint64_t last_offset : {uint64_t{0}, uint64_t{kContentChunkBytesMax}, uint64_t{9}}) {
    cut.set_last_offset(last_offset);
    WriteBatch damage;
    damage.Put(kContentTable, row.key, cut.SerializeAsString());
    Write(damage);
    EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kDataLoss)) << last_offset;
  }
}

TEST_F(ContentTest, ADamagedKeyIsRefusedNotReplaced) {
  ASSERT_THAT(Submit(Inline("s", "content")), IsOk());
  const KvEntry row = Rows(kContentKeyTable).front();
  v1::ContentKeyRow key;
  ASSERT_TRUE(key.ParseFromString(row.value));
  std::string wrapped = key.wrapped_key();
  wrapped.back() ^= 1;
  key.set_wrapped_key(wrapped);
  WriteBatch damage;
  damage.Put(kContentKeyTable, row.key, key.SerializeAsString());
  Write(damage);
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kDataLoss));
  v1::SubmitRequest request = Inline("t", "content 2");
  request.mutable_documents(0)->set_unique_id("doc2");
  EXPECT_THAT(Submit(request), StatusIs(absl::StatusCode::kDataLoss));
  role_.reset();
  EXPECT_THAT(RegistryRole::Open(Options()), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(ContentTest, AKeyOfAnotherPatientOpensNothing) {
  ASSERT_THAT(Submit(Inline("s", "content")), IsOk());
  const KvEntry of_a = Rows(kContentKeyTable).front();
  v1::SubmitRequest request = Inline("t", "content of b");
  request.mutable_documents(0)->set_unique_id("doc2");
  *request.mutable_documents(0)->mutable_patient() = Patient("b");
  ASSERT_THAT(Submit(request), IsOk());
  WriteBatch damage;
  damage.Put(kContentKeyTable, of_a.key, Rows(kContentKeyTable).back().value);
  Write(damage);
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(ContentTest, AMissingKeyEncryptionKeyStopsTheRole) {
  ASSERT_THAT(Submit(Inline("s", "content")), IsOk());
  role_.reset();
  ASSERT_THAT(disk_.Remove("data/registry.kek"), IsOk());
  EXPECT_THAT(RegistryRole::Open(Options()), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(ContentTest, TwoFirstContentsOfAPatientAgreeOnOneKey) {
  const std::shared_ptr<const KvReader> before = store_.Snapshot();
  const v1::SubmitRequest late = Inline("t", "late");
  v1::RegistryCommand command;
  *command.mutable_submit() = CommandOf(late);
  ASSERT_THAT(SealContents(late, *role_->vault(), *before, *command.mutable_submit()), IsOk());
  v1::SubmitRequest early = Inline("s", "early");
  early.mutable_documents(0)->set_unique_id("doc2");
  ASSERT_THAT(Submit(early), IsOk());
  EXPECT_THAT(ProposeAndWait(role_->journal(), command.SerializeAsString()),
              StatusIs(absl::StatusCode::kAborted));
  ASSERT_THAT(Submit(late), IsOk());
  EXPECT_EQ(Rows(kContentKeyTable).size(), 1u);
  EXPECT_EQ(*Get(), "late");
}

TEST_F(ContentTest, AServerStreamsAContentToItsReader) {
  const std::string data(900'000, 'x');
  ASSERT_THAT(Submit(Inline("s", data)), IsOk());
  rpc::Server::Options options;
  options.name = "registry";
  options.access = std::make_shared<rpc::RoleAccessPolicy>("credential");
  options.in_process_credential = "credential";
  const SystemClock clock;
  options.clock = &clock;
  auto server = rpc::Server::Create(std::move(options));
  ASSERT_THAT(server, IsOk());
  role_->Serve(**server);
  ASSERT_THAT((*server)->Start(), IsOk());
  const std::shared_ptr<rpc::Channel> channel = (*server)->InProcessChannel("gateway");
  v1::GetContentRequest request;
  request.set_document_id(EntryId(MemberId("north"), "doc"));
  request.set_offset(10);
  rpc::CallOptions call;
  call.deadline = clock.Now() + absl::Seconds(30);
  std::string got;
  std::promise<absl::Status> done;
  channel->Stream<v1::RegistryService::GetContent>(
      call, request,
      [&](const v1::GetContentResponse& response) {
        got += response.data();
        return true;
      },
      [&](absl::Status status) { done.set_value(std::move(status)); });
  EXPECT_THAT(done.get_future().get(), IsOk());
  EXPECT_EQ(got, data.substr(10));
}

TEST_F(ContentTest, ARoleWithoutAKeyKeepsNone) {
  EXPECT_THAT(HandleSubmit(Inline("s", "content"), nullptr, role_->journal()),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(HandleSubmit(Request("s"), nullptr, role_->journal()), IsOk());
  EXPECT_THAT(Get(), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(ContentTest, MalformedContentsNameTheFieldAndNeverTheBytes) {
  v1::SubmitRequest twice = Inline("s", kCanary);
  *twice.add_contents() = twice.contents(0);
  v1::SubmitRequest of_none = Inline("s", kCanary);
  of_none.mutable_contents(0)->set_document(1);
  v1::SubmitRequest large = Inline("s", std::string(kInlineContentBytesMax + 1, 'x'));
  v1::SubmitRequest staged_too = Inline("s", kCanary);
  staged_too.mutable_documents(0)->set_content_id(kStaged);
  for (const v1::SubmitRequest& request : {twice, of_none, large, staged_too}) {
    const absl::Status status = Submit(request).status();
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, StartsWith("contents[")));
    EXPECT_EQ(std::string(status.message()).find(kCanary), std::string::npos);
  }
  EXPECT_THAT(Put(0, "", false), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Put(0, std::string(kContentPartBytesMax + 1, 'x'), false),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Put(kContentBytesMax, "x", false), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace hie::registry

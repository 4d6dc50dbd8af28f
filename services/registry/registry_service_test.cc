#include "services/registry/registry_service.h"

#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "hie/audit/v1/audit.pb.h"
#include "services/common/base/clock.h"
#include "services/common/outbox/outbox.h"
#include "services/common/storage/memory_kv_store.h"
#include "services/registry/registry_role.h"
#include "services/registry/registry_store.h"
#include "services/registry/submission_events.h"

namespace hie::registry {
namespace {

constexpr char kCanary[] = "MRN-CANARY";

void FillPatient(common::v1::LocalPatient& patient, const std::string& id) {
  patient.set_assigning_authority("2.999.1");
  patient.set_id(id);
  patient.set_incarnation(1);
}

v1::SubmitRequest Request(const std::string& submission_id, int documents) {
  v1::SubmitRequest request;
  request.mutable_actor()->set_member("north");
  request.set_submission_id(submission_id);
  for (int i = 0; i < documents; ++i) {
    v1::DocumentEntry* document = request.add_documents();
    document->set_unique_id(std::to_string(i));
    FillPatient(*document->mutable_patient(), kCanary);
    document->set_member("north");
    document->set_created_micros(i + 1);
    document->set_title("title");
  }
  return request;
}

v1::FindRequest FindAll() {
  v1::FindRequest request;
  FillPatient(*request.add_patients(), kCanary);
  return request;
}

class RegistryServiceTest : public testing::Test {
 protected:
  RegistryServiceTest()
      : store_(RegistryRole::Tables()), clock_(absl::FromUnixSeconds(1'700'000'000)) {
    RegistryRole::Options options;
    options.store = &store_;
    options.clock = &clock_;
    auto role = RegistryRole::Open(options);
    EXPECT_TRUE(role.ok()) << role.status();
    role_ = *std::move(role);
  }

  absl::StatusOr<v1::SubmitResponse> Submit(const v1::SubmitRequest& request) {
    return HandleSubmit(request, nullptr, role_->journal());
  }

  MemoryKvStore store_;
  SimulatedClock clock_;
  std::unique_ptr<RegistryRole> role_;
};

TEST_F(RegistryServiceTest, WhatIsSubmittedIsFoundAndRead) {
  const auto submitted = Submit(Request("s", 3));
  ASSERT_TRUE(submitted.ok()) << submitted.status();
  ASSERT_EQ(submitted->document_ids_size(), 3);
  const auto found = HandleFind(FindAll(), role_->journal());
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->documents_size(), 3);
  EXPECT_EQ(found->documents(0).unique_id(), "2");
  EXPECT_FALSE(found->truncated());
  ASSERT_EQ(found->locators_size(), 1);
  EXPECT_EQ(found->locators(0).state(), v1::LOCATOR_STATE_VERIFIED);
  v1::GetDocumentRequest get;
  get.set_id(submitted->document_ids(0));
  const auto document = HandleGetDocument(get, role_->journal());
  ASSERT_TRUE(document.ok()) << document.status();
  EXPECT_EQ(document->document().DebugString(), found->documents(2).DebugString());
}

TEST_F(RegistryServiceTest, TheSameSubmissionAgainIsTheFirstAnswerAndWritesNothing) {
  v1::SubmitRequest request = Request("s", 2);
  const auto first = Submit(request);
  const size_t rows = store_.Snapshot()->ScanPrefix(outbox::kTable, "")->size();
  request.mutable_actor()->set_request_id("another attempt");
  const auto second = Submit(request);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(first->DebugString(), second->DebugString());
  EXPECT_EQ(store_.Snapshot()->ScanPrefix(outbox::kTable, "")->size(), rows);
}

TEST_F(RegistryServiceTest, AnotherBodyUnderASubmissionIdIsRefused) {
  ASSERT_TRUE(Submit(Request("s", 2)).ok());
  EXPECT_EQ(Submit(Request("s", 3)).status().code(), absl::StatusCode::kAlreadyExists);
  v1::SubmitRequest of_another_member = Request("s", 3);
  of_another_member.mutable_actor()->set_member("south");
  EXPECT_TRUE(Submit(of_another_member).ok());
}

TEST_F(RegistryServiceTest, ARefusedSubmissionLeavesNothingBehind) {
  v1::SubmitRequest request = Request("s", 3);
  request.mutable_documents(2)->set_unique_id("0");
  request.mutable_documents(2)->set_sha256(std::string(32, 'x'));
  EXPECT_EQ(Submit(request).status().code(), absl::StatusCode::kAlreadyExists);
  for (const std::string& table : RegistryMachine::Tables()) {
    EXPECT_TRUE(store_.Snapshot()->ScanPrefix(table, "")->empty()) << table;
  }
  EXPECT_TRUE(Submit(Request("s", 1)).ok());
}

TEST_F(RegistryServiceTest, MalformedRequestsNameTheFieldAndNeverThePatient) {
  v1::SubmitRequest no_actor = Request("s", 1);
  no_actor.clear_actor();
  EXPECT_EQ(Submit(no_actor).status().code(), absl::StatusCode::kInvalidArgument);
  v1::SubmitRequest no_incarnation = Request("s", 1);
  no_incarnation.mutable_documents(0)->mutable_patient()->set_incarnation(0);
  const absl::Status status = Submit(no_incarnation).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(std::string(status.message()).find("documents[0].patient.incarnation"),
            std::string::npos);
  EXPECT_EQ(std::string(status.message()).find(kCanary), std::string::npos);
  EXPECT_EQ(HandleFind(v1::FindRequest(), role_->journal()).status().code(),
            absl::StatusCode::kInvalidArgument);
  v1::FindRequest many = FindAll();
  many.set_limit(kFindLimitMax + 1);
  EXPECT_EQ(HandleFind(many, role_->journal()).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(RegistryServiceTest, AnUnknownDocumentIsNotFound) {
  v1::GetDocumentRequest get;
  get.set_id("nothing");
  EXPECT_EQ(HandleGetDocument(get, role_->journal()).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(RegistryServiceTest, TheLimitKeepsTheNewest) {
  ASSERT_TRUE(Submit(Request("s", 5)).ok());
  v1::FindRequest request = FindAll();
  request.set_limit(2);
  const auto found = HandleFind(request, role_->journal());
  ASSERT_EQ(found->documents_size(), 2);
  EXPECT_EQ(found->documents(0).unique_id(), "4");
  EXPECT_EQ(found->documents(1).unique_id(), "3");
  EXPECT_TRUE(found->truncated());
}

TEST_F(RegistryServiceTest, ADamagedRowIsDataLossAndNotAnEmptyAnswer) {
  const auto submitted = Submit(Request("s", 1));
  WriteBatch damage;
  damage.Put(kDocumentTable, submitted->document_ids(0), "\xff\xff");
  ASSERT_TRUE(store_.Write(damage, Durability::kBuffered).ok());
  EXPECT_EQ(HandleFind(FindAll(), role_->journal()).status().code(), absl::StatusCode::kDataLoss);
}

// Every field of an entry, so that none is lost on its way through value and row.
v1::DocumentEntry FullEntry() {
  v1::DocumentEntry entry;
  entry.set_unique_id("full");
  FillPatient(*entry.mutable_patient(), kCanary);
  entry.set_member("north");
  entry.set_facility("clinic");
  entry.set_unit("ward");
  entry.set_type_code("18842-5");
  entry.set_title("title");
  entry.set_media_type("text/plain");
  entry.set_size_bytes(7);
  entry.set_sha256(std::string(32, 'h'));
  entry.set_sha1(std::string(20, 's'));
  entry.set_created_micros(1);
  entry.set_author("author");
  for (auto* codes :
       {entry.mutable_types(), entry.mutable_categories(), entry.mutable_facility_types(),
        entry.mutable_practice_settings(), entry.mutable_events()}) {
    v1::Code* code = codes->Add();
    code->set_system("http://loinc.org");
    code->set_code("18842-5");
    code->set_display("Discharge summary");
  }
  *entry.mutable_format() = entry.types(0);
  entry.set_language("en-US");
  for (auto* ids : {entry.mutable_identifiers(), entry.mutable_related()}) {
    v1::DocumentReferenceId* id = ids->Add();
    id->set_system("urn:ietf:rfc:3986");
    id->set_value("urn:uuid:1");
  }
  entry.set_indexed_micros(2);
  entry.set_resource("{" + std::string(2 * kRowResourceBytesMax, 'r') + "}");
  common::v1::HumanName* name = entry.add_author_names();
  name->set_family("Moreau");
  name->add_given("Ana");
  entry.set_file_name("a.txt");
  v1::DocumentRelation* relation = entry.add_relations();
  relation->set_kind(v1::RELATION_KIND_SIGNS);
  relation->set_target_unique_id("0");
  return entry;
}

TEST_F(RegistryServiceTest, EveryFieldOfAnEntryIsKeptAcrossAChangeOfStatus) {
  v1::SubmitRequest request = Request("s", 1);
  *request.add_documents() = FullEntry();
  const auto submitted = Submit(request);
  ASSERT_TRUE(submitted.ok()) << submitted.status();
  v1::SetDocumentStatusRequest status;
  status.mutable_actor()->set_member("north");
  status.set_member("north");
  status.set_unique_id("full");
  status.set_status(v1::DOCUMENT_STATUS_ENTERED_IN_ERROR);
  const auto changed = HandleSetDocumentStatus(status, role_->journal());
  ASSERT_TRUE(changed.ok()) << changed.status();
  v1::DocumentEntry want = FullEntry();
  want.set_id(submitted->document_ids(1));
  want.set_status(v1::DOCUMENT_STATUS_ENTERED_IN_ERROR);
  want.set_version(2);
  want.set_recorded_micros(changed->document().recorded_micros());
  want.mutable_service();
  want.mutable_labels();
  EXPECT_GT(want.recorded_micros(), submitted->recorded_micros());
  EXPECT_EQ(changed->document().SerializeAsString(), want.SerializeAsString());
  v1::GetDocumentRequest get;
  get.set_id(want.id());
  EXPECT_EQ(HandleGetDocument(get, role_->journal())->document().SerializeAsString(),
            want.SerializeAsString());
  const auto found = HandleFind(FindAll(), role_->journal());
  EXPECT_EQ(found->documents(1).SerializeAsString(), want.SerializeAsString());
}

TEST_F(RegistryServiceTest, ResourcesBeyondTheirLimitAreLeftOutOfLists) {
  v1::SubmitRequest request = Request("s", 10);
  for (v1::DocumentEntry& document : *request.mutable_documents()) {
    document.set_resource("{" + std::string(200'000, 'r') + "}");
  }
  ASSERT_TRUE(Submit(request).ok());
  const auto found = HandleFind(FindAll(), role_->journal());
  ASSERT_EQ(found->documents_size(), 10);
  size_t bytes = 0;
  for (const v1::DocumentEntry& document : found->documents()) bytes += document.resource().size();
  EXPECT_LE(bytes, kFindResourceBytesMax);
  EXPECT_FALSE(found->documents(0).resource().empty());
  EXPECT_TRUE(found->documents(9).resource().empty());
}

v1::SubmitRequest SetRequest(const std::string& submission_id) {
  v1::SubmitRequest request = Request(submission_id, 2);
  v1::SubmissionSet& set = *request.mutable_submission_set();
  set.set_unique_id("urn:oid:2.999.9");
  set.set_member("north");
  FillPatient(*set.mutable_patient(), kCanary);
  set.set_submitted_micros(5);
  set.set_resource("{\"id\":\"" + submission_id + "\"}");
  return request;
}

TEST_F(RegistryServiceTest, ASubmissionSetAgainIsTheFirstAnswerWhateverTheSubmissionId) {
  const auto first = Submit(SetRequest("s"));
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = Submit(SetRequest("t"));
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(first->DebugString(), second->DebugString());
  v1::SubmitRequest other = SetRequest("u");
  other.mutable_submission_set()->set_title("other");
  const absl::Status status = Submit(other).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(std::string(status.message()).rfind("XDSDuplicateUniqueIdInRegistry: ", 0), 0u);
}

TEST_F(RegistryServiceTest, SubmissionSetsAreFoundByPatientAndById) {
  const auto submitted = Submit(SetRequest("s"));
  ASSERT_TRUE(submitted.ok()) << submitted.status();
  v1::FindSubmissionSetsRequest request;
  request.set_id(submitted->submission_set_id());
  const auto by_id = HandleFindSubmissionSets(request, role_->journal());
  ASSERT_TRUE(by_id.ok()) << by_id.status();
  ASSERT_EQ(by_id->sets_size(), 1);
  EXPECT_EQ(by_id->sets(0).document_ids_size(), 2);
  EXPECT_EQ(by_id->sets(0).document_ids(1), submitted->document_ids(1));
  request.set_id("unknown");
  EXPECT_EQ(HandleFindSubmissionSets(request, role_->journal())->sets_size(), 0);
  FillPatient(*request.add_patients(), kCanary);
  EXPECT_EQ(HandleFindSubmissionSets(request, role_->journal()).status().code(),
            absl::StatusCode::kInvalidArgument);
  request.clear_id();
  const auto by_patient = HandleFindSubmissionSets(request, role_->journal());
  ASSERT_EQ(by_patient->sets_size(), 1);
  EXPECT_EQ(by_patient->sets(0).DebugString(), by_id->sets(0).DebugString());
}

TEST_F(RegistryServiceTest, AMalformedChangeOfStatusNamesTheField) {
  v1::SetDocumentStatusRequest request;
  request.mutable_actor()->set_member("north");
  request.set_member("north");
  request.set_unique_id("0");
  for (const int status : {0, 17}) {
    request.set_status(static_cast<v1::DocumentStatus>(status));
    EXPECT_EQ(HandleSetDocumentStatus(request, role_->journal()).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

TEST(SubmissionEventsTest, EveryPatientAndDocumentIsToldWithinTheLimits) {
  constexpr int kPatients = 600;
  Filing filing;
  for (int i = 0; i < kPatients; ++i) {
    const LocalPatient patient{"2.999.1", Phi<std::string>(std::to_string(i)), 1};
    DocumentEntry document;
    document.id = std::to_string(i);
    document.patient = patient;
    document.member = MemberId(i % 2 == 0 ? "north" : "south");
    filing.documents[document.id] = document;
    filing.locators[{patient, document.member}] = {};
  }
  int patients = 0;
  int items = 0;
  for (const audit::v1::Event& event : FilingEvents(common::v1::Actor(), "submission", filing)) {
    EXPECT_EQ(event.type(), audit::v1::EVENT_TYPE_CHANGE);
    EXPECT_LE(event.patients_size(), kEventPatientsMax);
    EXPECT_LE(event.item_ids_size(), kEventItemsMax);
    EXPECT_GT(event.patients_size(), 0);
    patients += event.patients_size();
    items += event.item_ids_size();
  }
  EXPECT_EQ(patients, kPatients);
  EXPECT_EQ(items, kPatients);
}

}  // namespace
}  // namespace hie::registry

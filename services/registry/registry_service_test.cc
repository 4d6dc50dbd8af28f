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

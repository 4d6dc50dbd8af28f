#include "services/audit/audit_role.h"

#include <algorithm>
#include <future>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/audit/event_draft.h"
#include "services/common/base/clock.h"
#include "services/common/storage/memory_kv_store.h"
#include "tests/support/simulated_disk.h"
#include "tests/support/status_matchers.h"

namespace hie::audit {
namespace {

using ::hie::testing::IsOk;
using ::hie::testing::StatusIs;

constexpr char kCanary[] = "MRN-CANARY";

v1::Event Event(const std::string& id, const std::vector<std::string>& patients,
                v1::EventType type = v1::EVENT_TYPE_INTENT) {
  v1::Event event;
  event.set_type(type);
  event.set_event_id(id);
  event.mutable_actor()->set_member("north");
  event.mutable_actor()->set_purpose(common::v1::PURPOSE_TREAT);
  event.set_custodian("south");
  for (const std::string& patient : patients) {
    common::v1::LocalPatient* local = event.add_patients();
    local->set_assigning_authority("2.999.1");
    local->set_id(patient);
    local->set_incarnation(1);
  }
  event.add_item_ids("item");
  event.add_details("detail of DETAIL-CANARY");
  return event;
}

v1::ListRequest OfPatient(const std::string& patient) {
  v1::ListRequest request;
  *request.add_patients() = Event("", {patient}).patients(0);
  return request;
}

class AuditRoleTest : public ::testing::Test {
 protected:
  AuditRoleTest() : clock_(absl::FromUnixSeconds(1'700'000'000)), random_(1) {
    index_ = std::make_unique<MemoryKvStore>(AuditRole::Tables());
    keys_ = std::make_unique<MemoryKvStore>(AuditRole::KeyTables());
  }

  absl::StatusOr<std::unique_ptr<AuditRole>> Open() {
    AuditRole::Options options;
    options.directory = "audit/segments";
    options.mark_path = "audit/segments.mark";
    options.segment_bytes = 4096;
    options.files = &disk_;
    options.index = index_.get();
    options.keys = keys_.get();
    options.keys_mark_path = "audit/keys.mark";
    options.kek_path = "audit/kek";
    options.clock = &clock_;
    options.random = &random_;
    options.on_fatal = [this](const absl::Status&) { ++fatal_; };
    return AuditRole::Open(options);
  }

  static absl::StatusOr<v1::AppendResponse> Append(AuditRole& role,
                                                   const std::vector<v1::Event>& events) {
    v1::AppendRequest request;
    for (const v1::Event& event : events) *request.add_events() = event;
    std::promise<absl::StatusOr<v1::AppendResponse>> answer;
    HandleAppend(request, role.parts(), [&answer](absl::StatusOr<v1::AppendResponse> response) {
      answer.set_value(std::move(response));
    });
    return answer.get_future().get();
  }

  static std::vector<std::string> IdsOf(const v1::ListResponse& response) {
    std::vector<std::string> ids;
    for (const v1::AuditRecord& record : response.records()) {
      ids.push_back(record.leaf().event_id());
    }
    return ids;
  }

  hie::testing::SimulatedDisk disk_{1};
  SimulatedClock clock_;
  SeededRandom random_;
  std::unique_ptr<KvStore> index_;
  std::unique_ptr<KvStore> keys_;
  int fatal_ = 0;
};

TEST_F(AuditRoleTest, WhatIsAppendedIsReadBackByPatientAndByMember) {
  HIE_ASSERT_OK_AND_ASSIGN(auto role, Open());
  HIE_ASSERT_OK_AND_ASSIGN(
      const auto answer,
      Append(*role, {Event("1", {kCanary}), Event("2", {"b"}), Event("3", {"b", kCanary})}));
  ASSERT_EQ(answer.sequences_size(), 3);
  EXPECT_EQ(answer.sequences(2), 3u);
  HIE_ASSERT_OK_AND_ASSIGN(const auto of_patient, HandleList(OfPatient(kCanary), role->parts()));
  EXPECT_EQ(IdsOf(of_patient), (std::vector<std::string>{"3", "1"}));
  EXPECT_EQ(of_patient.records(0).details(0), "detail of DETAIL-CANARY");
  EXPECT_EQ(of_patient.records(0).patients_size(), 2);
  EXPECT_EQ(of_patient.records(0).leaf().patients(1).patient_sequence(), 2u);
  for (const char* member : {"north", "south"}) {
    v1::ListRequest request;
    request.set_member(member);
    HIE_ASSERT_OK_AND_ASSIGN(const auto of_member, HandleList(request, role->parts()));
    EXPECT_EQ(IdsOf(of_member), (std::vector<std::string>{"3", "2", "1"})) << member;
  }
}

TEST_F(AuditRoleTest, PagesFollowEachOtherWithoutGapOrRepetition) {
  HIE_ASSERT_OK_AND_ASSIGN(auto role, Open());
  for (int i = 0; i < 7; ++i) {
    ASSERT_THAT(Append(*role, {Event(absl::StrCat(i), {"a"})}), IsOk());
  }
  v1::ListRequest request = OfPatient("a");
  request.set_limit(3);
  std::vector<std::string> all;
  bool more = true;
  while (more) {
    HIE_ASSERT_OK_AND_ASSIGN(const auto page, HandleList(request, role->parts()));
    for (const std::string& id : IdsOf(page)) all.push_back(id);
    request.set_before_sequence(page.records(page.records_size() - 1).leaf().sequence());
    more = page.truncated();
  }
  EXPECT_EQ(all, (std::vector<std::string>{"6", "5", "4", "3", "2", "1", "0"}));
}

TEST_F(AuditRoleTest, AnEventIdIsRecordedOnceAlsoWithinACallAndAfterARestart) {
  {
    HIE_ASSERT_OK_AND_ASSIGN(auto role, Open());
    HIE_ASSERT_OK_AND_ASSIGN(const auto answer,
                             Append(*role, {Event("1", {"a"}), Event("1", {"a"})}));
    EXPECT_EQ(answer.sequences(0), answer.sequences(1));
  }
  HIE_ASSERT_OK_AND_ASSIGN(auto role, Open());
  HIE_ASSERT_OK_AND_ASSIGN(const auto answer, Append(*role, {Event("1", {"a"})}));
  EXPECT_EQ(answer.sequences(0), 1u);
  HIE_ASSERT_OK_AND_ASSIGN(const auto verified, HandleVerify({}, role->parts()));
  EXPECT_EQ(verified.leaves(), 1u);
}

TEST_F(AuditRoleTest, TheIndexIsRebuiltFromTheSegments) {
  v1::ListResponse before;
  {
    HIE_ASSERT_OK_AND_ASSIGN(auto role, Open());
    for (int i = 0; i < 30; ++i) {
      ASSERT_THAT(Append(*role, {Event(absl::StrCat(i), {absl::StrCat(i % 3)})}), IsOk());
    }
    HIE_ASSERT_OK_AND_ASSIGN(before, HandleList(OfPatient("1"), role->parts()));
  }
  index_ = std::make_unique<MemoryKvStore>(AuditRole::Tables());
  HIE_ASSERT_OK_AND_ASSIGN(auto role, Open());
  HIE_ASSERT_OK_AND_ASSIGN(const auto after, HandleList(OfPatient("1"), role->parts()));
  EXPECT_EQ(before.DebugString(), after.DebugString());
  EXPECT_EQ(after.records_size(), 10);
  ASSERT_THAT(Append(*role, {Event("30", {"0"})}), IsOk());
  HIE_ASSERT_OK_AND_ASSIGN(const auto verified, HandleVerify({}, role->parts()));
  EXPECT_EQ(verified.leaves(), 31u);
  EXPECT_EQ(verified.first_bad_sequence(), 0u);
}

TEST_F(AuditRoleTest, SegmentsHoldNoPatientIdAndNoDetail) {
  HIE_ASSERT_OK_AND_ASSIGN(auto role, Open());
  ASSERT_THAT(Append(*role, {Event("1", {kCanary})}), IsOk());
  HIE_ASSERT_OK_AND_ASSIGN(const auto names, disk_.List("audit/segments"));
  for (const std::string& name : names) {
    HIE_ASSERT_OK_AND_ASSIGN(const auto file,
                             disk_.Open("audit/segments/" + name, OpenMode::kRead));
    HIE_ASSERT_OK_AND_ASSIGN(const std::string bytes, file->ReadAt(0, 1 << 20));
    EXPECT_EQ(bytes.find("CANARY"), std::string::npos);
    EXPECT_NE(bytes.find("north"), std::string::npos);
  }
}

TEST_F(AuditRoleTest, AMissingOrForeignKeyEncryptionKeyIsRefused) {
  {
    HIE_ASSERT_OK_AND_ASSIGN(auto role, Open());
    ASSERT_THAT(Append(*role, {Event("1", {"a"})}), IsOk());
  }
  ASSERT_THAT(disk_.Remove("audit/kek"), IsOk());
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kFailedPrecondition));
  ASSERT_THAT(ReplaceFile(disk_, "audit/kek", std::string(64, 'a') + "\n"), IsOk());
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kFailedPrecondition));
  ASSERT_THAT(ReplaceFile(disk_, "audit/kek", "no key"), IsOk());
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(AuditRoleTest, WhenTheDiskFailsNothingIsAcknowledgedAnyMore) {
  HIE_ASSERT_OK_AND_ASSIGN(auto role, Open());
  ASSERT_THAT(Append(*role, {Event("1", {"a"})}), IsOk());
  disk_.FailPowerAt(1);
  EXPECT_THAT(Append(*role, {Event("2", {"a"})}), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_GE(fatal_, 1);
  EXPECT_THAT(Append(*role, {Event("3", {"a"})}), StatusIs(absl::StatusCode::kUnavailable));
  disk_.Crash();
  role.reset();
  HIE_ASSERT_OK_AND_ASSIGN(role, Open());
  HIE_ASSERT_OK_AND_ASSIGN(const auto listed, HandleList(OfPatient("a"), role->parts()));
  EXPECT_EQ(IdsOf(listed).back(), "1");
}

TEST_F(AuditRoleTest, DamageIsReportedByVerifyWhileTheRoleRuns) {
  HIE_ASSERT_OK_AND_ASSIGN(auto role, Open());
  for (int i = 0; i < 40; ++i) {
    ASSERT_THAT(Append(*role, {Event(absl::StrCat(i), {"a"})}), IsOk());
  }
  HIE_ASSERT_OK_AND_ASSIGN(const auto good, HandleVerify({}, role->parts()));
  EXPECT_EQ(good.leaves(), 40u);
  EXPECT_EQ(good.first_bad_sequence(), 0u);
  const std::string first = absl::StrCat("audit/segments/", SegmentName(1));
  HIE_ASSERT_OK_AND_ASSIGN(auto file, disk_.Open(first, OpenMode::kReadWrite));
  ASSERT_THAT(file->PWrite(kHeaderBytes + kRecordOverheadBytes, "?"), IsOk());
  HIE_ASSERT_OK_AND_ASSIGN(const auto bad, HandleVerify({}, role->parts()));
  EXPECT_EQ(bad.first_bad_sequence(), 1u);
  EXPECT_EQ(bad.leaves(), 0u);
}

TEST_F(AuditRoleTest, ManyWritersShareSyncsAndEachGetsItsOwnPlace) {
  constexpr int kThreads = 8;
  constexpr int kEach = 50;
  HIE_ASSERT_OK_AND_ASSIGN(auto role, Open());
  std::vector<std::thread> threads;
  std::vector<std::vector<uint64_t>> sequences(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        // Every thread meets every patient, also for the first time.
        const auto answer = Append(*role, {Event(absl::StrCat(t, "-", i), {absl::StrCat("p", i)})});
        sequences[t].push_back(answer.ok() ? answer->sequences(0) : 0);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<uint64_t> distinct;
  for (const auto& of_thread : sequences) {
    EXPECT_TRUE(std::is_sorted(of_thread.begin(), of_thread.end()));
    distinct.insert(of_thread.begin(), of_thread.end());
  }
  EXPECT_EQ(distinct.size(), static_cast<size_t>(kThreads * kEach));
  EXPECT_EQ(*distinct.rbegin(), static_cast<uint64_t>(kThreads * kEach));
  HIE_ASSERT_OK_AND_ASSIGN(const auto verified, HandleVerify({}, role->parts()));
  EXPECT_EQ(verified.leaves(), distinct.size());
  HIE_ASSERT_OK_AND_ASSIGN(const auto of_patient, HandleList(OfPatient("p7"), role->parts()));
  EXPECT_EQ(of_patient.records_size(), kThreads);
}

TEST_F(AuditRoleTest, MalformedRequestsNameTheFieldAndNeverThePatient) {
  HIE_ASSERT_OK_AND_ASSIGN(auto role, Open());
  std::vector<std::pair<std::string, v1::Event>> cases;
  cases.emplace_back("events[0].type", Event("1", {kCanary}, v1::EVENT_TYPE_UNSPECIFIED));
  cases.emplace_back("events[0].event_id", Event("", {kCanary}));
  cases.emplace_back("events[0].patients", Event("1", {}));
  cases.emplace_back("events[0].patients[0].assigning_authority", Event("1", {kCanary}));
  cases.back().second.mutable_patients(0)->set_assigning_authority(kCanary);
  cases.emplace_back("events[0].actor.member", Event("1", {kCanary}));
  cases.back().second.mutable_actor()->clear_member();
  cases.emplace_back("events[0].outcome", Event("1", {kCanary}, v1::EVENT_TYPE_OUTCOME));
  cases.emplace_back("events[0].item_ids", Event("1", {kCanary}));
  cases.back().second.add_item_ids(std::string(kIdBytesMax + 1, 'x'));
  for (const auto& [field, event] : cases) {
    const absl::Status status = Append(*role, {event}).status();
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument)) << field;
    EXPECT_EQ(std::string(status.message()).rfind(field, 0), 0u) << status;
    EXPECT_EQ(std::string(status.message()).find("CANARY"), std::string::npos);
  }
  EXPECT_THAT(Append(*role, {}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(HandleList({}, role->parts()), StatusIs(absl::StatusCode::kInvalidArgument));
  HIE_ASSERT_OK_AND_ASSIGN(const auto verified, HandleVerify({}, role->parts()));
  EXPECT_EQ(verified.leaves(), 0u);
}

TEST_F(AuditRoleTest, AnIndexThatKnowsMoreThanTheSegmentsIsRefused) {
  {
    HIE_ASSERT_OK_AND_ASSIGN(auto role, Open());
    ASSERT_THAT(Append(*role, {Event("1", {"a"})}), IsOk());
  }
  ASSERT_THAT(disk_.Remove(absl::StrCat("audit/segments/", SegmentName(1))), IsOk());
  ASSERT_THAT(disk_.Remove("audit/segments.mark"), IsOk());
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kDataLoss));
}

}  // namespace
}  // namespace hie::audit

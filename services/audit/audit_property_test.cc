// The audit against a naive one: a list in memory, searched from the back.

#include <algorithm>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/audit/audit_role.h"
#include "services/common/base/clock.h"
#include "services/common/storage/memory_kv_store.h"
#include "tests/support/simulated_disk.h"

namespace hie::audit {
namespace {

class NaiveAudit {
 public:
  uint64_t Append(const v1::Event& event) {
    for (size_t i = 0; i < events_.size(); ++i) {
      if (events_[i].event_id() == event.event_id()) return i + 1;
    }
    events_.push_back(event);
    return events_.size();
  }

  // Event ids with sequences, newest first.
  std::vector<std::string> List(const v1::ListRequest& request, bool& truncated) const {
    std::vector<std::string> found;
    for (size_t sequence = events_.size(); sequence > 0; --sequence) {
      if (request.before_sequence() != 0 && sequence >= request.before_sequence()) continue;
      const v1::Event& event = events_[sequence - 1];
      if (Matches(request, event)) found.push_back(absl::StrCat(sequence, ":", event.event_id()));
    }
    truncated = found.size() > request.limit();
    found.resize(std::min<size_t>(found.size(), request.limit()));
    return found;
  }

  size_t size() const { return events_.size(); }

 private:
  static bool Matches(const v1::ListRequest& request, const v1::Event& event) {
    if (request.patients().empty()) {
      return event.actor().member() == request.member() || event.custodian() == request.member();
    }
    for (const auto& wanted : request.patients()) {
      for (const auto& patient : event.patients()) {
        if (wanted.SerializeAsString() == patient.SerializeAsString()) return true;
      }
    }
    return false;
  }

  std::vector<v1::Event> events_;
};

class EventMaker {
 public:
  explicit EventMaker(uint64_t seed) : random_(seed) {}

  uint64_t Below(uint64_t bound) { return random_.Next() % bound; }

  v1::AppendRequest Events() {
    v1::AppendRequest request;
    for (uint64_t i = 1 + Below(4); i-- > 0;) FillEvent(*request.add_events());
    return request;
  }

  v1::ListRequest List() {
    v1::ListRequest request;
    if (Below(3) == 0) {
      request.set_member(Member());
    } else {
      for (uint64_t i = 1 + Below(3); i-- > 0;) FillPatient(*request.add_patients());
    }
    request.set_limit(static_cast<uint32_t>(1 + Below(10)));
    if (Below(2) == 0) request.set_before_sequence(1 + Below(next_ + 2));
    return request;
  }

 private:
  // One is a prefix of another, so that a sloppy key would show.
  std::string Member() { return std::vector<std::string>{"a", "ab", "b"}[Below(3)]; }

  void FillPatient(common::v1::LocalPatient& patient) {
    patient.set_assigning_authority(Below(2) == 0 ? "2.999.1" : "2.999.10");
    patient.set_id(absl::StrCat(Below(3)));
    patient.set_incarnation(static_cast<uint32_t>(Below(2)));
  }

  void FillEvent(v1::Event& event) {
    event.set_type(v1::EVENT_TYPE_QUERY);
    event.set_event_id(absl::StrCat(Below(6) == 0 ? Below(next_ + 1) : next_++));
    event.mutable_actor()->set_member(Member());
    if (Below(2) == 0) event.set_custodian(Member());
    for (uint64_t i = Below(4); i-- > 0;) FillPatient(*event.add_patients());
    if (Below(2) == 0) event.add_details("a detail");
  }

  SeededRandom random_;
  uint64_t next_ = 0;
};

// A role that can be closed and opened again, its index kept, lost, or set back.
class Restartable {
 public:
  explicit Restartable(uint64_t seed) : disk_(seed), random_(seed), keys_(AuditRole::KeyTables()) {
    index_ = std::make_unique<MemoryKvStore>(AuditRole::Tables());
    Open();
  }

  AuditRole& role() { return *role_; }

  void Restart(uint64_t kind) {
    role_.reset();
    if (kind == 0) index_ = std::make_unique<MemoryKvStore>(AuditRole::Tables());
    if (kind == 1 && older_ != nullptr) index_ = std::move(older_);
    older_ = CopyOf(*index_);
    Open();
  }

  v1::AppendResponse Append(const v1::AppendRequest& request) {
    std::promise<absl::StatusOr<v1::AppendResponse>> answer;
    HandleAppend(request, role_->parts(), [&answer](absl::StatusOr<v1::AppendResponse> response) {
      answer.set_value(std::move(response));
    });
    absl::StatusOr<v1::AppendResponse> response = answer.get_future().get();
    EXPECT_TRUE(response.ok()) << response.status();
    return response.value_or(v1::AppendResponse());
  }

 private:
  static std::unique_ptr<MemoryKvStore> CopyOf(const MemoryKvStore& store) {
    WriteBatch rows;
    for (const std::string& table : AuditRole::Tables()) {
      const std::vector<KvEntry> entries = *store.Snapshot()->ScanPrefix(table, "");
      for (const KvEntry& row : entries) rows.Put(table, row.key, row.value);
    }
    auto copy = std::make_unique<MemoryKvStore>(AuditRole::Tables());
    EXPECT_TRUE(copy->Write(rows, Durability::kBuffered).ok());
    return copy;
  }

  void Open() {
    AuditRole::Options options;
    options.directory = "audit/segments";
    options.mark_path = "audit/mark";
    options.segment_bytes = 8192;
    options.files = &disk_;
    options.index = index_.get();
    options.keys = &keys_;
    options.keys_mark_path = "audit/keys.mark";
    options.kek_path = "audit/kek";
    options.clock = &clock_;
    options.random = &random_;
    auto role = AuditRole::Open(std::move(options));
    ASSERT_TRUE(role.ok()) << role.status();
    role_ = *std::move(role);
  }

  testing::SimulatedDisk disk_;
  SimulatedClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  SeededRandom random_;
  MemoryKvStore keys_;
  std::unique_ptr<MemoryKvStore> index_;
  std::unique_ptr<MemoryKvStore> older_;
  std::unique_ptr<AuditRole> role_;
};

std::vector<std::string> Shown(const v1::ListResponse& response) {
  std::vector<std::string> shown;
  for (const v1::AuditRecord& record : response.records()) {
    shown.push_back(absl::StrCat(record.leaf().sequence(), ":", record.leaf().event_id()));
  }
  return shown;
}

class AuditPropertyTest : public ::testing::TestWithParam<uint64_t> {};

TEST_P(AuditPropertyTest, EqualsTheNaiveAuditAfterAnyHistoryWithRestarts) {
  SCOPED_TRACE(::testing::Message() << "seed " << GetParam());
  Restartable audit(GetParam());
  NaiveAudit naive;
  EventMaker make(GetParam());
  for (int step = 0; step < 200; ++step) {
    const v1::AppendRequest request = make.Events();
    const v1::AppendResponse response = audit.Append(request);
    ASSERT_EQ(response.sequences_size(), request.events_size());
    for (int i = 0; i < request.events_size(); ++i) {
      ASSERT_EQ(response.sequences(i), naive.Append(request.events(i))) << "step " << step;
    }
    if (make.Below(20) == 0) audit.Restart(make.Below(3));
    const v1::ListRequest list = make.List();
    const auto found = HandleList(list, audit.role().parts());
    ASSERT_TRUE(found.ok()) << found.status();
    bool truncated = false;
    ASSERT_EQ(Shown(*found), naive.List(list, truncated)) << "step " << step;
    ASSERT_EQ(found->truncated(), truncated) << "step " << step;
  }
  const auto verified = HandleVerify({}, audit.role().parts());
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_EQ(verified->first_bad_sequence(), 0u);
  EXPECT_EQ(verified->leaves(), naive.size());
}

INSTANTIATE_TEST_SUITE_P(Seeds, AuditPropertyTest, ::testing::Range<uint64_t>(1, 21));

}  // namespace
}  // namespace hie::audit

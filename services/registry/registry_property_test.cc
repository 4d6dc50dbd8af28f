// The registry against a naive one: an in-memory list of everything that was ever filed, from
// which each answer is computed anew.

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "hie/registry/v1/registry_service.pb.h"
#include "services/common/base/clock.h"
#include "services/common/base/random_source.h"
#include "services/common/base/status_macros.h"
#include "services/common/journal/db_hash.h"
#include "services/common/journal/embedded_journal.h"
#include "services/common/storage/memory_kv_store.h"
#include "services/registry/naive_registry.h"
#include "services/registry/refusal.h"
#include "services/registry/registry_machine.h"
#include "services/registry/registry_role.h"
#include "services/registry/registry_service.h"

namespace hie::registry {
namespace {

// Remembers what it applied, so that it can be applied again.
class RecordingMachine final : public StateMachine {
 public:
  absl::StatusOr<std::string> Apply(absl::string_view command, absl::string_view plan,
                                    const Stamp& stamp, const KvReader& state,
                                    WriteBatch& changes) const override {
    applied.emplace_back(command, stamp);
    return machine_.Apply(command, plan, stamp, state, changes);
  }
  mutable std::vector<std::pair<std::string, Stamp>> applied;

 private:
  RegistryMachine machine_;
};

// Requests over few values, so that they meet.
class RequestMaker {
 public:
  explicit RequestMaker(uint64_t seed) : random_(seed) {}

  uint64_t Below(uint64_t bound) { return random_.Next() % bound; }

  v1::SubmitRequest Submission(uint64_t step) {
    v1::SubmitRequest request;
    request.mutable_actor()->set_member(Member());
    request.mutable_actor()->set_request_id(std::to_string(step));
    request.set_submission_id(std::to_string(Below(4) == 0 ? Below(step + 1) : step));
    for (uint64_t i = Below(4); i-- > 0;) FillDocument(*request.add_documents());
    for (uint64_t i = Below(3); i-- > 0;) FillClaim(*request.add_claims());
    if (request.documents().empty() && request.claims().empty()) FillClaim(*request.add_claims());
    if (Below(3) == 0) request.set_relation_policy(v1::RELATION_POLICY_STORE_UNLINKED);
    if (Below(3) == 0) {
      FillPatient(*request.add_same_person());
      FillPatient(*request.add_same_person());
    }
    if (Below(4) == 0) FillSet(request);
    return request;
  }

  v1::SetDocumentStatusRequest Status() {
    v1::SetDocumentStatusRequest request;
    request.mutable_actor()->set_member("north");
    request.set_member(Member());
    request.set_unique_id(std::to_string(Below(kUniqueIds + 3)));
    request.set_status(static_cast<v1::DocumentStatus>(1 + Below(3)));
    return request;
  }

  v1::FindSubmissionSetsRequest FindSets() {
    v1::FindSubmissionSetsRequest request;
    for (uint64_t i = 1 + Below(3); i-- > 0;) FillPatient(*request.add_patients());
    request.set_limit(static_cast<uint32_t>(1 + Below(5)));
    return request;
  }

  v1::FindRequest Find() {
    v1::FindRequest request;
    for (uint64_t i = 1 + Below(3); i-- > 0;) FillPatient(*request.add_patients());
    request.set_current_only(Below(2) == 0);
    request.set_limit(static_cast<uint32_t>(1 + Below(12)));
    return request;
  }

 private:
  std::string Member() { return Below(3) == 0 ? "south" : "north"; }

  void FillPatient(common::v1::LocalPatient& patient) {
    patient.set_assigning_authority(Below(2) == 0 ? "2.999.1" : "2.999.10");
    patient.set_id(Below(3) == 0 ? "1" : "10");
    patient.set_incarnation(static_cast<uint32_t>(1 + Below(2)));
  }

  void FillDocument(v1::DocumentEntry& document) {
    const uint64_t unique = Below(kUniqueIds);
    document.set_unique_id(std::to_string(unique));
    document.set_member(Member());
    // Mostly a function of the unique id, so that most submissions are accepted.
    RequestMaker of_id(unique);
    (Below(12) == 0 ? *this : of_id).FillPatient(*document.mutable_patient());
    document.set_sha256(std::string(32, Below(8) == 0 ? 'y' : 'x'));
    if (Below(6) == 0) document.set_replaces_unique_id(std::to_string(kUniqueIds + Below(3)));
    if (Below(3) == 0) FillRelation(unique, v1::RELATION_KIND_REPLACES, document);
    if (Below(3) == 0) FillRelation(unique, v1::RELATION_KIND_APPENDS, document);
    if (Below(5) == 0) FillRelation(unique, v1::RELATION_KIND_TRANSFORMS, document);
    if (Below(9) == 0) FillRelation(unique, v1::RELATION_KIND_SIGNS, document);
    document.set_withheld(Below(15) == 0);
    if (Below(4) == 0) document.set_resource("{" + std::string(Below(2) * 5000, 'r') + "}");
    document.set_created_micros(static_cast<int64_t>(Below(5)) * 1'000'000 - 2'000'000);
    if (Below(2) == 0) document.set_facility(std::to_string(Below(3)));
    if (Below(6) == 0) document.set_status(v1::DOCUMENT_STATUS_SUPERSEDED);
    if (Below(20) == 0) document.set_status(v1::DOCUMENT_STATUS_ENTERED_IN_ERROR);
  }

  static std::string PatientOf(uint64_t unique) {
    common::v1::LocalPatient patient;
    RequestMaker(unique).FillPatient(patient);
    return patient.SerializeAsString();
  }

  void FillRelation(uint64_t unique, v1::RelationKind kind, v1::DocumentEntry& document) {
    uint64_t target = Below(kUniqueIds);
    // Mostly of the same patient, so that most relations are taken.
    for (int i = 0; i < 12 && PatientOf(target) != PatientOf(unique); ++i)
      target = Below(kUniqueIds);
    if (target == unique) return;
    v1::DocumentRelation* relation = document.add_relations();
    relation->set_kind(kind);
    relation->set_target_unique_id(std::to_string(target));
  }

  void FillSet(v1::SubmitRequest& request) {
    v1::SubmissionSet& set = *request.mutable_submission_set();
    set.set_unique_id(std::to_string(Below(40)));
    set.set_member(Member());
    FillPatient(*set.mutable_patient());
    if (!request.documents().empty() && Below(8) != 0) {
      *set.mutable_patient() = request.documents(0).patient();
      set.set_member(request.documents(0).member());
    }
    if (Below(5) == 0) {
      set.add_document_ids(EntryId(MemberId(set.member()), std::to_string(Below(kUniqueIds))));
    }
    set.set_submitted_micros(static_cast<int64_t>(Below(3)) * 1'000'000);
  }

  void FillClaim(v1::Claim& claim) {
    FillPatient(*claim.mutable_patient());
    claim.set_member(Member());
    claim.set_state(Below(3) == 0 ? v1::LOCATOR_STATE_VERIFIED : v1::LOCATOR_STATE_CLAIMED);
    if (Below(2) == 0) claim.set_facility(std::to_string(Below(3)));
  }

  static constexpr uint64_t kUniqueIds = 100;

  SeededRandom random_;
};

// Applies a history from nothing.
absl::StatusOr<std::string> HashOfReplay(const std::vector<std::pair<std::string, Stamp>>& history,
                                         const std::vector<std::string>& tables) {
  MemoryKvStore store(tables);
  const RegistryMachine machine;
  for (const auto& [command, stamp] : history) {
    WriteBatch changes;
    if (!machine.Apply(command, "", stamp, *store.Snapshot(), changes).ok()) continue;
    HIE_RETURN_IF_ERROR(store.Write(changes, Durability::kBuffered));
  }
  return DbHash(*store.Snapshot(), tables);
}

// What a refusal begins with, if it has a machine word or a field.
std::string WordOf(const absl::Status& status) {
  const std::string message(status.message());
  return message.substr(0, message.find_first_of(":["));
}

// A registry and the naive one, which are told the same.
class RegistryPropertyTest : public testing::TestWithParam<uint64_t> {
 protected:
  static constexpr int kSteps = 300;

  RegistryPropertyTest()
      : store_(RegistryRole::Tables()),
        clock_(absl::FromUnixSeconds(1'700'000'000)),
        make_(GetParam()) {
    EmbeddedJournal::Options options;
    options.store = &store_;
    options.machine = &machine_;
    options.clock = &clock_;
    auto journal = EmbeddedJournal::Open(options);
    EXPECT_TRUE(journal.ok()) << journal.status();
    journal_ = *std::move(journal);
  }

  template <typename Response>
  void Compare(const absl::StatusOr<Response>& got, const absl::StatusOr<Response>& want,
               const std::string& before) {
    ASSERT_EQ(got.status().code(), want.status().code()) << got.status() << want.status();
    ++outcomes_[WordOf(want.status())];
    if (got.ok()) {
      ASSERT_EQ(got->DebugString(), want->DebugString());
      return;
    }
    ASSERT_EQ(WordOf(got.status()), WordOf(want.status())) << got.status();
    ASSERT_EQ(Hash(), before) << "a refusal left something behind";
  }

  void Change(uint64_t step) {
    const std::string before = Hash();
    if (make_.Below(5) == 0) {
      const v1::SetDocumentStatusRequest request = make_.Status();
      const auto got = HandleSetDocumentStatus(request, *journal_);
      Compare(got, naive_.SetStatus(request, Last()), before);
      return;
    }
    const v1::SubmitRequest request = make_.Submission(step);
    const auto got = HandleSubmit(request, nullptr, *journal_);
    Compare(got, naive_.Submit(request, Last()), before);
  }

  void Look() {
    const v1::FindRequest find = make_.Find();
    const auto found = HandleFind(find, *journal_);
    ASSERT_TRUE(found.ok()) << found.status();
    ASSERT_EQ(found->DebugString(), naive_.Find(find).DebugString());
    const v1::FindSubmissionSetsRequest find_sets = make_.FindSets();
    const auto sets = HandleFindSubmissionSets(find_sets, *journal_);
    ASSERT_TRUE(sets.ok()) << sets.status();
    ASSERT_EQ(sets->DebugString(), naive_.FindSets(find_sets).DebugString());
  }

  absl::Time Last() const { return machine_.applied.back().second.time; }
  std::string Hash() const { return *DbHash(*store_.Snapshot(), RegistryMachine::Tables()); }

  MemoryKvStore store_;
  SimulatedClock clock_;
  const RecordingMachine machine_;
  std::unique_ptr<EmbeddedJournal> journal_;
  NaiveRegistry naive_;
  RequestMaker make_;
  std::map<std::string, int> outcomes_;
};

TEST_P(RegistryPropertyTest, EqualsTheNaiveRegistryAfterAnyHistoryAndReplays) {
  SCOPED_TRACE(testing::Message() << "seed " << GetParam());
  for (int step = 0; step < kSteps; ++step) {
    SCOPED_TRACE(testing::Message() << "step " << step);
    clock_.Advance(absl::Seconds(1));
    ASSERT_NO_FATAL_FAILURE(Change(step));
    ASSERT_NO_FATAL_FAILURE(Look());
  }
  // The history must reach every kind of answer, or the test proves little.
  EXPECT_GT(outcomes_[""], kSteps / 5);
  for (const absl::string_view word :
       {kNonIdenticalHash, kPatientIdDoesNotMatch, kUnresolvedReference, kDeprecatedDocument}) {
    EXPECT_GT(outcomes_[std::string(word)], 0) << word;
  }
  const auto replayed = HashOfReplay(machine_.applied, RegistryMachine::Tables());
  ASSERT_TRUE(replayed.ok()) << replayed.status();
  EXPECT_EQ(*replayed, Hash());
}

INSTANTIATE_TEST_SUITE_P(Seeds, RegistryPropertyTest, testing::Range<uint64_t>(1, 17));

}  // namespace
}  // namespace hie::registry

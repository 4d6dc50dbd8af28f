// The registry against a naive one: an in-memory list of everything that was ever filed, from
// which each answer is computed anew.

#include <algorithm>
#include <iostream>
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
#include "services/registry/file_submission.h"
#include "services/registry/registry_machine.h"
#include "services/registry/registry_role.h"
#include "services/registry/registry_service.h"
#include "services/registry/registry_wire.h"

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

class NaiveRegistry {
 public:
  absl::StatusOr<std::vector<std::string>> Submit(const v1::SubmitRequest& request,
                                                  absl::Time now) {
    v1::SubmitRequest body = request;
    body.mutable_actor()->clear_request_id();
    const std::pair<std::string, std::string> key(request.actor().member(),
                                                  request.submission_id());
    if (const auto it = answered_.find(key); it != answered_.end()) {
      if (it->second.first == body.SerializeAsString()) return it->second.second;
      return absl::AlreadyExistsError("");
    }
    NaiveRegistry next = *this;
    HIE_ASSIGN_OR_RETURN(const Submission submission, FromProto(request));
    std::vector<std::string> ids;
    for (const DocumentEntry& document : submission.documents) {
      HIE_RETURN_IF_ERROR(next.File(document, now));
      ids.push_back(EntryId(document.member, document.unique_id));
    }
    for (const Claim& claim : submission.claims) {
      next.asserted_.push_back(
          {claim.patient, claim.member, claim.state, claim.facility, absl::InfinitePast(), now});
    }
    next.answered_[key] = {body.SerializeAsString(), ids};
    *this = std::move(next);
    return ids;
  }

  v1::FindResponse Find(const v1::FindRequest& request) const {
    std::vector<LocalPatient> patients;
    for (const auto& patient : request.patients()) {
      patients.push_back(
          {patient.assigning_authority(), Phi<std::string>(patient.id()), patient.incarnation()});
    }
    std::vector<DocumentEntry> found;
    for (DocumentEntry document : filed_) {
      if (std::count(patients.begin(), patients.end(), document.patient) == 0) continue;
      document.status = StatusOf(document);
      if (request.current_only() && document.status != DocumentStatus::kCurrent) continue;
      found.push_back(document);
    }
    std::sort(found.begin(), found.end(), [](const DocumentEntry& a, const DocumentEntry& b) {
      return a.created != b.created ? a.created > b.created : a.id < b.id;
    });
    v1::FindResponse response;
    for (const auto& [key, locator] : Locators()) {
      if (std::count(patients.begin(), patients.end(), key.first) == 0) continue;
      *response.add_locators() = ToProto(locator);
    }
    response.set_truncated(found.size() > request.limit());
    found.resize(std::min<size_t>(found.size(), request.limit()));
    for (const DocumentEntry& document : found) *response.add_documents() = ToProto(document);
    return response;
  }

 private:
  struct Asserted {
    LocalPatient patient;
    MemberId member;
    LocatorState state;
    std::string facility;
    absl::Time created;
    absl::Time when;
  };

  const DocumentEntry* FindByUniqueId(const MemberId& member, const std::string& unique_id) const {
    for (const DocumentEntry& document : filed_) {
      if (document.member == member && document.unique_id == unique_id) return &document;
    }
    return nullptr;
  }

  absl::Status File(DocumentEntry document, absl::Time now) {
    document.id = EntryId(document.member, document.unique_id);
    if (const DocumentEntry* existing = FindByUniqueId(document.member, document.unique_id)) {
      if (existing->sha256 != document.sha256 || existing->patient != document.patient) {
        return absl::AlreadyExistsError("");
      }
      auto* mutable_existing = const_cast<DocumentEntry*>(existing);
      mutable_existing->status = std::max(existing->status, document.status);
    } else {
      filed_.push_back(document);
      HIE_RETURN_IF_ERROR(CheckReplaces(document));
    }
    if (document.status != DocumentStatus::kEnteredInError) {
      asserted_.push_back({document.patient, document.member, LocatorState::kVerified,
                           document.facility, document.created, now});
    }
    return absl::OkStatus();
  }

  absl::Status CheckReplaces(const DocumentEntry& document) const {
    const DocumentEntry* next = &document;
    for (size_t steps = 0; next != nullptr && steps <= filed_.size(); ++steps) {
      if (next->replaces_unique_id.empty()) break;
      if (next->replaces_unique_id == document.unique_id) {
        return absl::FailedPreconditionError("");
      }
      next = FindByUniqueId(document.member, next->replaces_unique_id);
    }
    const DocumentEntry* replaced = FindByUniqueId(document.member, document.replaces_unique_id);
    if (replaced != nullptr && replaced->patient != document.patient) {
      return absl::FailedPreconditionError("");
    }
    return absl::OkStatus();
  }

  DocumentStatus StatusOf(const DocumentEntry& document) const {
    for (const DocumentEntry& other : filed_) {
      if (other.member == document.member && other.replaces_unique_id == document.unique_id &&
          other.patient == document.patient) {
        return std::max(document.status, DocumentStatus::kSuperseded);
      }
    }
    return document.status;
  }

  std::map<LocatorKey, LocatorEntry> Locators() const {
    std::map<LocatorKey, LocatorEntry> locators;
    for (const Asserted& asserted : asserted_) {
      LocatorEntry& locator = locators[{asserted.patient, asserted.member}];
      locator.patient = asserted.patient;
      locator.member = asserted.member;
      locator.state = std::max(locator.state, asserted.state);
      locator.newest = std::max(locator.newest, asserted.created);
      locator.asserted = asserted.when;
      if (!asserted.facility.empty()) locator.facilities.insert(asserted.facility);
    }
    for (const DocumentEntry& document : filed_) {
      if (StatusOf(document) != DocumentStatus::kCurrent) continue;
      ++locators[{document.patient, document.member}].documents;
    }
    return locators;
  }

  std::vector<DocumentEntry> filed_;
  std::vector<Asserted> asserted_;
  std::map<std::pair<std::string, std::string>, std::pair<std::string, std::vector<std::string>>>
      answered_;
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
    const uint64_t unique = Below(60);
    document.set_unique_id(std::to_string(unique));
    document.set_member(Member());
    // Mostly a function of the unique id, so that most submissions are accepted.
    RequestMaker of_id(unique);
    (Below(12) == 0 ? *this : of_id).FillPatient(*document.mutable_patient());
    document.set_sha256(std::string(32, Below(15) == 0 ? 'y' : 'x'));
    if (Below(4) == 0) document.set_replaces_unique_id(std::to_string(60 + Below(3)));
    if (Below(3) == 0) {
      const uint64_t replaced = Below(60);
      if (replaced != unique) document.set_replaces_unique_id(std::to_string(replaced));
    }
    document.set_created_micros(static_cast<int64_t>(Below(5)) * 1'000'000 - 2'000'000);
    if (Below(2) == 0) document.set_facility(std::to_string(Below(3)));
    if (Below(20) == 0) document.set_status(v1::DOCUMENT_STATUS_SUPERSEDED);
    if (Below(20) == 0) document.set_status(v1::DOCUMENT_STATUS_ENTERED_IN_ERROR);
  }

  void FillClaim(v1::Claim& claim) {
    FillPatient(*claim.mutable_patient());
    claim.set_member(Member());
    claim.set_state(Below(3) == 0 ? v1::LOCATOR_STATE_VERIFIED : v1::LOCATOR_STATE_CLAIMED);
    if (Below(2) == 0) claim.set_facility(std::to_string(Below(3)));
  }

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

class RegistryPropertyTest : public testing::TestWithParam<uint64_t> {};

TEST_P(RegistryPropertyTest, EqualsTheNaiveRegistryAfterAnyHistoryAndReplays) {
  SCOPED_TRACE(testing::Message() << "seed " << GetParam());
  constexpr int kSteps = 300;
  MemoryKvStore store(RegistryRole::Tables());
  SimulatedClock clock(absl::FromUnixSeconds(1'700'000'000));
  const RecordingMachine machine;
  EmbeddedJournal::Options options;
  options.store = &store;
  options.machine = &machine;
  options.clock = &clock;
  auto journal = EmbeddedJournal::Open(options);
  ASSERT_TRUE(journal.ok()) << journal.status();
  NaiveRegistry naive;
  RequestMaker make(GetParam());
  std::map<absl::StatusCode, int> outcomes;
  for (int step = 0; step < kSteps; ++step) {
    clock.Advance(absl::Seconds(1));
    const v1::SubmitRequest request = make.Submission(step);
    const auto got = HandleSubmit(request, **journal);
    const auto want = naive.Submit(request, machine.applied.back().second.time);
    ASSERT_EQ(got.status().code(), want.status().code()) << "step " << step << got.status();
    ++outcomes[got.status().code()];
    if (got.ok()) {
      const std::vector<std::string> ids(got->document_ids().begin(), got->document_ids().end());
      ASSERT_EQ(ids, *want);
    }
    const v1::FindRequest find = make.Find();
    const auto found = HandleFind(find, **journal);
    ASSERT_TRUE(found.ok()) << found.status();
    ASSERT_EQ(found->DebugString(), naive.Find(find).DebugString()) << "step " << step;
  }
  // The history must reach every kind of answer, or the test proves little.
  EXPECT_GT(outcomes[absl::StatusCode::kOk], kSteps / 4);
  EXPECT_GT(outcomes[absl::StatusCode::kAlreadyExists], 0);
  EXPECT_GT(outcomes[absl::StatusCode::kFailedPrecondition], 0);
  const std::vector<std::string> tables = RegistryMachine::Tables();
  const auto replayed = HashOfReplay(machine.applied, tables);
  ASSERT_TRUE(replayed.ok()) << replayed.status();
  EXPECT_EQ(*replayed, *DbHash(*store.Snapshot(), tables));
}

INSTANTIATE_TEST_SUITE_P(Seeds, RegistryPropertyTest, testing::Range<uint64_t>(1, 17));

}  // namespace
}  // namespace hie::registry

#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mpi/service/mpi_role.h"
#include "mpi/store/invariants.h"
#include "services/common/outbox/outbox.h"
#include "services/common/storage/memory_kv_store.h"
#include "tests/support/status_matchers.h"

// What the tests of the service share.
namespace hie::mpi {

inline constexpr char kLakes[] = "2.999.1";
inline constexpr char kHills[] = "2.999.2";
inline constexpr char kDunes[] = "2.999.3";

inline common::v1::Demographics Person(const char* family, const char* given,
                                       const char* birth_date) {
  common::v1::Demographics d;
  auto& name = *d.add_names();
  name.set_family(family);
  name.add_given(given);
  d.set_birth_date(birth_date);
  d.set_sex(common::v1::ADMINISTRATIVE_SEX_FEMALE);
  return d;
}

inline common::v1::Demographics AtHome(common::v1::Demographics d) {
  auto& address = *d.add_addresses();
  address.add_line("52 Williamson Cir");
  address.set_postal_code("48909");
  d.add_phones("906-389-8576");
  return d;
}

inline common::v1::Demographics WithSsn(common::v1::Demographics d, const char* ssn) {
  auto& identifier = *d.add_identifiers();
  identifier.set_system("http://hl7.org/fhir/sid/us-ssn");
  identifier.set_value(ssn);
  return d;
}

inline common::v1::LocalPatient Key(const char* authority, const char* id,
                                    uint32_t incarnation = 0) {
  common::v1::LocalPatient key;
  key.set_assigning_authority(authority);
  key.set_id(id);
  key.set_incarnation(incarnation);
  return key;
}

// The role over a store in memory; what must always hold is checked at the end.
class ServiceFixture : public ::testing::Test {
 protected:
  ServiceFixture()
      : store_(MpiRole::Tables()),
        clock_(absl::FromUnixSeconds(1'700'000'000)),
        random_(1),
        role_(::hie::testing::ValueOrDie(
            MpiRole::Open({.store = &store_, .clock = &clock_, .random = &random_}))) {}

  ~ServiceFixture() override {
    EXPECT_THAT(::hie::testing::ValueOrDie(CheckInvariants(*role_->journal().Snapshot())),
                ::testing::IsEmpty());
  }

  absl::StatusOr<v1::RegisterRecordResponse> TryRegister(const common::v1::LocalPatient& key,
                                                         const common::v1::Demographics& d) {
    clock_.Advance(absl::Seconds(1));
    v1::RegisterRecordRequest request;
    request.mutable_actor()->set_member("lakes");
    *request.mutable_patient() = key;
    *request.mutable_demographics() = d;
    return role_->service().RegisterRecord(request);
  }
  v1::RegisterRecordResponse Register(const common::v1::LocalPatient& key,
                                      const common::v1::Demographics& d) {
    return ::hie::testing::ValueOrDie(TryRegister(key, d));
  }

  absl::StatusOr<v1::Person> Resolve(const common::v1::LocalPatient& key) {
    v1::ResolvePersonRequest request;
    *request.mutable_patient() = key;
    auto response = role_->service().ResolvePerson(request);
    if (!response.ok()) return response.status();
    return response->person();
  }
  absl::StatusOr<v1::Person> Resolve(const std::string& eid) {
    v1::ResolvePersonRequest request;
    request.set_eid(eid);
    auto response = role_->service().ResolvePerson(request);
    if (!response.ok()) return response.status();
    return response->person();
  }

  absl::StatusOr<v1::DecideLinkResponse> Decide(const common::v1::LocalPatient& a,
                                                const common::v1::LocalPatient& b, bool same) {
    clock_.Advance(absl::Seconds(1));
    v1::DecideLinkRequest request;
    request.mutable_actor()->set_member("lakes");
    *request.mutable_first() = a;
    *request.mutable_second() = b;
    request.set_same_person(same);
    request.set_reason("cards compared");
    return role_->service().DecideLink(request);
  }

  absl::Status Confirm(const std::string& eid, uint64_t link_version) {
    v1::ConfirmLinksRequest request;
    request.set_eid(eid);
    request.set_link_version(link_version);
    return role_->service().ConfirmLinks(request).status();
  }

  absl::StatusOr<v1::SearchPersonsResponse> Search(const common::v1::Demographics& d,
                                                   bool include_protected = false) {
    v1::SearchPersonsRequest request;
    *request.mutable_demographics() = d;
    request.set_include_protected(include_protected);
    return role_->service().SearchPersons(request);
  }

  absl::StatusOr<v1::RegisterRecordResponse> Feed(const common::v1::LocalPatient& key,
                                                  const common::v1::Demographics& d,
                                                  v1::RegisterKind kind, int64_t event_micros = 0) {
    clock_.Advance(absl::Seconds(1));
    v1::RegisterRecordRequest request;
    request.mutable_actor()->set_member("lakes");
    *request.mutable_patient() = key;
    *request.mutable_demographics() = d;
    request.set_kind(kind);
    request.set_event_micros(event_micros);
    return role_->service().RegisterRecord(request);
  }

  // Merges the second id of each pair into the first.
  absl::StatusOr<v1::MergeRecordsResponse> Merge(
      const std::vector<std::pair<common::v1::LocalPatient, common::v1::LocalPatient>>& pairs,
      bool create_tombstone = false) {
    clock_.Advance(absl::Seconds(1));
    v1::MergeRecordsRequest request;
    request.mutable_actor()->set_member("lakes");
    for (const auto& [survivor, subsumed] : pairs) {
      *request.add_pairs()->mutable_survivor() = survivor;
      *request.mutable_pairs()->rbegin()->mutable_subsumed() = subsumed;
    }
    request.set_create_tombstone(create_tombstone);
    return role_->service().MergeRecords(request);
  }

  absl::StatusOr<v1::UnmergeRecordResponse> Unmerge(const common::v1::LocalPatient& key) {
    clock_.Advance(absl::Seconds(1));
    v1::UnmergeRecordRequest request;
    request.mutable_actor()->set_member("lakes");
    *request.mutable_subsumed() = key;
    return role_->service().UnmergeRecord(request);
  }

  absl::Status Remove(const common::v1::LocalPatient& key) {
    clock_.Advance(absl::Seconds(1));
    v1::RemoveRecordRequest request;
    request.mutable_actor()->set_member("lakes");
    *request.mutable_patient() = key;
    return role_->service().RemoveRecord(request).status();
  }

  size_t OutboxRows() {
    return ::hie::testing::ValueOrDie(role_->journal().Snapshot()->ScanPrefix(outbox::kTable, ""))
        .size();
  }

  MemoryKvStore store_;
  SimulatedClock clock_;
  SeededRandom random_;
  std::unique_ptr<MpiRole> role_;
};

}  // namespace hie::mpi

#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "mpi/service/mpi_role.h"
#include "mpi/store/mpi_reader.h"
#include "mpi/store/tables.h"
#include "services/common/storage/key_codec.h"
#include "services/common/storage/memory_kv_store.h"
#include "tests/support/status_matchers.h"

// What the tests of runs over an index share.
namespace hie::mpi {

// The registrations of a generated region, in order; the same each time (defined in
// train_model_region_test.cc).
std::vector<v1::RegisterRecordRequest> RegionRequests(uint64_t records);

// An index into which a generated region was registered, record by record.
class RegionIndex {
 public:
  explicit RegionIndex(uint64_t records)
      : store_(MpiRole::Tables()),
        clock_(absl::FromUnixSeconds(1'700'000'000)),
        random_(1),
        role_(::hie::testing::ValueOrDie(
            MpiRole::Open({.store = &store_, .clock = &clock_, .random = &random_}))) {
    for (const v1::RegisterRecordRequest& request : RegionRequests(records)) {
      clock_.Advance(absl::Seconds(1));
      EXPECT_THAT(role_->service().RegisterRecord(request), ::hie::testing::IsOk());
    }
  }

  std::shared_ptr<const KvReader> Snapshot() const { return store_.Snapshot(); }
  MpiRole& role() { return *role_; }
  MemoryKvStore& store() { return store_; }
  SimulatedClock& clock() { return clock_; }

 private:
  MemoryKvStore store_;
  SimulatedClock clock_;
  SeededRandom random_;
  std::unique_ptr<MpiRole> role_;
};

// Rewrites whose the compared records are: `groups` names the group of each, by rising number.
// Persons of before stay as empty rows would; for tests that read features and persons only.
inline void Regroup(const std::vector<uint32_t>& groups, MemoryKvStore& store) {
  WriteBatch changes;
  std::map<uint32_t, v1::PersonRow> persons;
  size_t row = 0;
  const auto snapshot = store.Snapshot();
  for (const KvEntry& entry :
       ::hie::testing::ValueOrDie(snapshot->ScanPrefix(kFeaturesTable, ""))) {
    const uint32_t group = groups[row++];
    const std::string eid = absl::StrFormat("0190ffff-7000-8000-8000-%012x", group);
    const auto view = ::hie::testing::ValueOrDie(ReadFeatureRow(entry.value));
    changes.Put(kFeaturesTable, entry.key, FeatureRow(PersonKey(eid), view.compact));
    persons[group].set_state(v1::PERSON_STATE_ACTIVE);
    persons[group].add_record_numbers(::hie::testing::ValueOrDie(KeyReader(entry.key).U64()));
  }
  for (const auto& [group, person] : persons) {
    const std::string eid = absl::StrFormat("0190ffff-7000-8000-8000-%012x", group);
    changes.Put(kPersonsTable, PersonKey(eid), person.SerializeAsString());
  }
  EXPECT_THAT(store.Write(changes, Durability::kBuffered), ::hie::testing::IsOk());
}

}  // namespace hie::mpi

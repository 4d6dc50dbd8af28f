// Many at once, the same twice, and clocks that jump: one person where one is right, and never the
// effect of a thing twice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <iostream>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "mpi/service/local_load.h"
#include "mpi/service/mpi_role.h"
#include "mpi/store/invariants.h"
#include "mpi/store/link_hash.h"
#include "mpi/store/mpi_reader.h"
#include "mpi/store/random_people.h"
#include "mpi/store/tables.h"
#include "services/common/journal/db_hash.h"
#include "services/common/outbox/outbox.h"
#include "services/common/storage/memory_kv_store.h"
#include "tests/fault/mpi_lines.h"
#include "tests/support/status_matchers.h"

namespace hie::fault {
namespace {

using ::hie::testing::IsOk;
using ::hie::testing::ValueOrDie;
using ::testing::IsEmpty;

constexpr int kClients = 200;
constexpr int kPeople = 20;   // Each known to every domain below.
constexpr int kDomains = 10;  // Hence kPeople * kDomains = kClients records.

// A clock that somebody sets, also backwards.
class SetClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::FromUnixSeconds(seconds_.load()); }
  void Move(int64_t seconds) { seconds_ += seconds; }

 private:
  std::atomic<int64_t> seconds_ = 1'700'000'000;
};

class Index {
 public:
  Index()
      : store_(mpi::MpiRole::Tables()),
        random_(1),
        role_(ValueOrDie(
            mpi::MpiRole::Open({.store = &store_, .clock = &clock_, .random = &random_}))) {}

  mpi::MpiRole& role() { return *role_; }
  SetClock& clock() { return clock_; }
  std::shared_ptr<const KvReader> state() { return role_->journal().Snapshot(); }
  std::vector<std::string> Faults() { return ValueOrDie(mpi::CheckInvariants(*state())); }

 private:
  MemoryKvStore store_;
  SetClock clock_;
  SeededRandom random_;
  std::unique_ptr<mpi::MpiRole> role_;
};

common::v1::LocalPatient Key(int domain, const std::string& id) {
  common::v1::LocalPatient key;
  key.set_assigning_authority(absl::StrCat("2.999.", domain));
  key.set_id(id);
  return key;
}

// Somebody of whom everything is known; nobody else is like them but their twin.
common::v1::Demographics Somebody(int who, int twin) {
  static const char* const kFamilies[] = {"Larssen", "Quimby",  "Okonkwo", "Fitzroy", "Vanterpool",
                                          "Ulyanov", "Zdanski", "Ibarra",  "Nakata",  "Thibault"};
  static const char* const kGivens[] = {"Fyodor", "Olga", "Isai", "Beatrix"};
  static const char* const kTwins[] = {"Wilhelmina", "Gus", "Priscilla", "Hank"};
  common::v1::Demographics d;
  auto& name = *d.add_names();
  name.set_family(absl::StrCat(kFamilies[who % 10], who >= 10 ? "son" : ""));
  name.add_given(twin == 0 ? kGivens[who % 4] : kTwins[who % 4]);
  d.set_birth_date(absl::StrCat(1940 + 3 * who, "-0", 1 + who % 9, "-1", who % 10));
  d.set_sex(twin == 0 ? common::v1::ADMINISTRATIVE_SEX_MALE
                      : common::v1::ADMINISTRATIVE_SEX_FEMALE);
  d.set_multiple_birth(true);
  d.set_birth_order(static_cast<uint32_t>(twin + 1));
  auto& address = *d.add_addresses();
  address.add_line(absl::StrCat(100 + 7 * who, " Williamson Cir"));
  address.set_city("Lansing");
  address.set_postal_code(absl::StrCat(48900 + who));
  d.add_phones(absl::StrCat("90638", 10000 + 13 * who));
  auto& ssn = *d.add_identifiers();
  ssn.set_system("http://hl7.org/fhir/sid/us-ssn");
  ssn.set_value(absl::StrCat(twin == 0 ? 212 : 487, 34 + who, 5678 + who));
  return d;
}

absl::StatusOr<mpi::v1::RegisterRecordResponse> Register(Index& index,
                                                         const common::v1::LocalPatient& key,
                                                         const common::v1::Demographics& d) {
  mpi::v1::RegisterRecordRequest request;
  request.mutable_actor()->set_member("lakes");
  *request.mutable_patient() = key;
  *request.mutable_demographics() = d;
  return index.role().service().RegisterRecord(request);
}

absl::StatusOr<mpi::v1::MergeRecordsResponse> Merge(Index& index, const std::string& survivor,
                                                    const std::string& subsumed, int domain) {
  mpi::v1::MergeRecordsRequest request;
  request.mutable_actor()->set_member("lakes");
  *request.add_pairs()->mutable_survivor() = Key(domain, survivor);
  *request.mutable_pairs(0)->mutable_subsumed() = Key(domain, subsumed);
  return index.role().service().MergeRecords(request);
}

// The EID of a record's person.
std::string EidOf(Index& index, const common::v1::LocalPatient& key) {
  mpi::v1::ResolvePersonRequest request;
  *request.mutable_patient() = key;
  const auto response = index.role().service().ResolvePerson(request);
  EXPECT_THAT(response, IsOk());
  return response.ok() ? response->person().eid() : "";
}

// Every client starts at the same moment.
template <typename Work>
void AllAtOnce(int clients, const Work& work) {
  std::atomic<int> ready = 0;
  std::vector<std::thread> threads;
  for (int client = 0; client < clients; ++client) {
    threads.emplace_back([&, client] {
      ready.fetch_add(1);
      while (ready.load() < clients) std::this_thread::yield();
      work(client);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// Each client registers one person at one domain, their twin there, the person again, and merges a
// second id of the person at that domain into the first.
TEST(MpiClientsTest, TwoHundredAtOnceMakeOnePersonOfEachAndKeepTwinsApart) {
  Index index;
  std::atomic<int> merged = 0;
  AllAtOnce(kClients, [&](int client) {
    const int who = client % kPeople;
    const int domain = 1 + client / kPeople;
    const std::string id = absl::StrCat("MRN-", who);
    EXPECT_THAT(Register(index, Key(domain, id), Somebody(who, 0)), IsOk());
    EXPECT_THAT(Register(index, Key(domain, "T" + id), Somebody(who, 1)), IsOk());
    EXPECT_THAT(Register(index, Key(domain, "X" + id), Somebody(who, 0)), IsOk());
    EXPECT_THAT(Register(index, Key(domain, id), Somebody(who, 0)), IsOk());
    const auto merge = Merge(index, id, "X" + id, domain);
    EXPECT_THAT(merge, IsOk());
    if (merge.ok() && merge->outcomes(0) == mpi::v1::MERGE_OUTCOME_MERGED) ++merged;
  });
  EXPECT_THAT(index.Faults(), IsEmpty());
  EXPECT_EQ(merged, kClients);
  std::set<std::string> persons;
  for (int who = 0; who < kPeople; ++who) {
    std::set<std::string> eids[2];
    for (int domain = 1; domain <= kDomains; ++domain) {
      eids[0].insert(EidOf(index, Key(domain, absl::StrCat("MRN-", who))));
      eids[1].insert(EidOf(index, Key(domain, absl::StrCat("TMRN-", who))));
    }
    for (const auto& of_one : eids) {
      EXPECT_EQ(of_one.size(), 1u) << "person " << who;
      persons.insert(of_one.begin(), of_one.end());
    }
  }
  EXPECT_EQ(persons.size(), 2u * kPeople);
  const uint64_t records = ValueOrDie(mpi::MpiReader(*index.state()).LastRecord());
  EXPECT_EQ(records, 3u * kClients);
  std::cout << "clients " << kClients << ", records " << records << ", persons " << persons.size()
            << ", merges " << merged << "\n";
}

// Two hundred say the same of one new person: one record, one person.
TEST(MpiClientsTest, TheSameNewcomerFromAllAtOnceIsOneRecord) {
  Index index;
  std::atomic<int> created = 0;
  AllAtOnce(kClients, [&](int) {
    const auto registered = Register(index, Key(1, "MRN-1"), Somebody(1, 0));
    EXPECT_THAT(registered, IsOk());
    created += registered.ok() && registered->created();
  });
  EXPECT_EQ(created, 1);
  EXPECT_EQ(ValueOrDie(mpi::MpiReader(*index.state()).LastRecord()), 1u);
  EXPECT_THAT(index.Faults(), IsEmpty());
}

// The rows that a second word of the same may not touch: all but the count of commands.
std::string StateHash(Index& index) {
  std::vector<std::string> tables = mpi::StateTables();
  tables.emplace_back(outbox::kTable);
  return ValueOrDie(DbHash(*index.state(), tables));
}

TEST(MpiClientsTest, ARecordRegisteredTwiceHasOneEffect) {
  Index index;
  for (const mpi::v1::LoadLine& line : GeneratedLines(3, 400)) {
    ASSERT_THAT(Register(index, line.patient(), line.demographics()), IsOk());
    const std::string once = StateHash(index);
    index.clock().Move(3600);
    const auto again = Register(index, line.patient(), line.demographics());
    ASSERT_THAT(again, IsOk());
    EXPECT_FALSE(again->created());
    ASSERT_EQ(StateHash(index), once) << "line " << line.line_number();
  }
}

// A history of everything, proposed while the clock does what it likes.
std::string LinksUnder(uint64_t seed, const std::function<void(SetClock&)>& tick) {
  Index index;
  mpi::RandomPeople people(seed);
  for (int i = 0; i < 300; ++i) {
    tick(index.clock());
    ProposeAndWait(index.role().journal(), people.Command().SerializeAsString())
        .status()
        .IgnoreError();
  }
  EXPECT_THAT(index.Faults(), IsEmpty());
  return ValueOrDie(mpi::LinkHash(*index.state()));
}

TEST(MpiClientsTest, ClockJumpsChangeNothing) {
  constexpr int64_t kYear = 365 * 86400;
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    const std::string steady = LinksUnder(seed, [](SetClock& clock) { clock.Move(1); });
    std::mt19937_64 dice(seed);
    EXPECT_EQ(LinksUnder(seed,
                         [&](SetClock& clock) {
                           clock.Move(static_cast<int64_t>(dice() % (2 * kYear)) - kYear);
                         }),
              steady);
    EXPECT_EQ(LinksUnder(seed, [](SetClock& clock) { clock.Move(-1); }), steady);
  }
}

}  // namespace
}  // namespace hie::fault

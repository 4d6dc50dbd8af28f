#include "mpi/store/load_progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_cat.h"
#include "mpi/store/derived_eid.h"
#include "mpi/store/link_hash.h"
#include "mpi/store/mpi_machine.h"
#include "mpi/store/random_people.h"
#include "mpi/store/tables.h"
#include "services/common/outbox/outbox.h"
#include "services/common/storage/memory_kv_store.h"
#include "tests/support/status_matchers.h"

namespace hie::mpi {
namespace {

using ::hie::testing::IsOk;
using ::hie::testing::ValueOrDie;

TEST(DerivedEidTest, IsAUuidV7WhoseTextOrderIsLineOrder) {
  const uint64_t millis = 1'700'000'000'000;
  std::string before;
  for (const uint64_t line : {1ull, 2ull, 255ull, 256ull, 4095ull, 4096ull, 9'999'999ull}) {
    const std::string eid = DerivedEid(millis, "lakes/a", line, 0);
    EXPECT_TRUE(IsUuidV7(eid)) << eid;
    EXPECT_LT(before, eid);
    EXPECT_EQ(MillisOfUuidV7(eid), millis + line / 4096);
    before = eid;
  }
}

TEST(DerivedEidTest, DiffersByEachOfItsPartsAndRepeats) {
  std::set<std::string> eids;
  for (const char* seed : {"lakes/a", "lakes/b", "lakes/a1"}) {
    for (uint64_t line = 1; line <= 100; ++line) {
      for (uint32_t index = 0; index < 3; ++index) {
        EXPECT_TRUE(eids.insert(DerivedEid(5, seed, line, index)).second);
      }
    }
  }
  EXPECT_EQ(DerivedEid(5, "lakes/a", 7, 1), DerivedEid(5, "lakes/a", 7, 1));
  EXPECT_EQ(DerivedEid(0, "s", 1, 0).substr(0, 18), "00000000-0000-7001");
}

TEST(DerivedEidTest, KnowsAUuidV7) {
  EXPECT_TRUE(IsUuidV7("018bcfe5-6800-7000-8000-00000000abcd"));
  EXPECT_FALSE(IsUuidV7("018bcfe5-6800-4000-8000-00000000abcd"));
  EXPECT_FALSE(IsUuidV7("818bcfe5-6800-7000-8000-00000000abcd"));
  EXPECT_FALSE(IsUuidV7("018bcfe5"));
}

TEST(ProblemOfTest, TakesTheFieldOffAMessage) {
  EXPECT_EQ(ProblemOf(3, "patient.id: want 1 to 64 bytes").field(), "patient.id");
  EXPECT_EQ(ProblemOf(3, "names[2].family: want text").reason(), "want text");
  EXPECT_EQ(ProblemOf(3, "The member: no").field(), "");
  EXPECT_EQ(ProblemOf(3, "plain").reason(), "plain");
  EXPECT_EQ(ProblemOf(3, "plain").line_number(), 3u);
}

// One index that takes commands of a load.
class LoadLineTest : public ::testing::Test {
 protected:
  LoadLineTest() : machine_(DefaultModel()), store_(Tables()) {
    v1::MpiCommand begin;
    begin.mutable_load()->mutable_actor()->set_member("lakes");
    begin.mutable_load()->set_load_id(kLoad);
    begin.mutable_load()->mutable_begin()->set_input_sha256(std::string(32, 'x'));
    Apply(begin);
  }

  static std::vector<std::string> Tables() {
    std::vector<std::string> tables = StateTables();
    tables.emplace_back(outbox::kTable);
    return tables;
  }

  v1::LoadLineReply Apply(const v1::MpiCommand& command) {
    WriteBatch changes;
    const Stamp stamp{++sequence_, absl::FromUnixSeconds(1'700'000'000)};
    const auto bytes =
        machine_.Apply(command.SerializeAsString(), "", stamp, *store_.Snapshot(), changes);
    EXPECT_THAT(bytes, IsOk());
    EXPECT_THAT(store_.Write(changes, Durability::kBuffered), IsOk());
    v1::LoadLineReply reply;
    EXPECT_TRUE(!bytes.ok() || reply.ParseFromString(*bytes));
    return reply;
  }

  // A line of the load about MRN-1; line 0: no line of it.
  static v1::MpiCommand Line(uint64_t line, const std::string& family, const std::string& born) {
    v1::MpiCommand command;
    v1::RegisterCommand& part = *command.mutable_register_();
    part.mutable_actor()->set_member("lakes");
    part.mutable_patient()->set_assigning_authority("2.999.1");
    part.mutable_patient()->set_id("MRN-1");
    part.mutable_demographics()->add_names()->set_family(family);
    part.mutable_demographics()->mutable_names(0)->add_given(family + "a");
    part.mutable_demographics()->set_birth_date(born);
    if (line != 0) part.set_load_id(kLoad);
    part.set_load_line(line);
    for (uint32_t i = 0; i < 3; ++i) {
      command.add_eid_candidates(DerivedEid(1'700'000'000'000, family + born, line, i));
    }
    return command;
  }

  void Remove() {
    v1::MpiCommand command;
    command.mutable_remove()->mutable_actor()->set_member("lakes");
    *command.mutable_remove()->mutable_patient() = Line(0, "", "").register_().patient();
    Apply(command);
  }

  static constexpr char kLoad[] = "018bcfe5-6800-7000-8000-00000000abcd";
  const MpiMachine machine_;
  MemoryKvStore store_;
  uint64_t sequence_ = 0;
};

TEST_F(LoadLineTest, ALineThatIsSentAgainNamesTheIncarnationThatHoldsIt) {
  const v1::MpiCommand first = Line(1, "Quimby", "1961-02-03");
  const v1::MpiCommand second = Line(2, "Larssen", "1998-11-12");
  EXPECT_EQ(Apply(first).incarnation(), 1u);
  EXPECT_EQ(Apply(first).incarnation(), 1u);
  EXPECT_EQ(Apply(second).incarnation(), 2u) << "a suspected overlay";
  EXPECT_EQ(Apply(first).incarnation(), 1u);
  EXPECT_EQ(Apply(second).incarnation(), 2u);
}

TEST_F(LoadLineTest, ALineIsNotItsIdsNextHolders) {
  const v1::MpiCommand first = Line(1, "Quimby", "1961-02-03");
  EXPECT_EQ(Apply(first).incarnation(), 1u);
  Remove();
  EXPECT_EQ(Apply(Line(2, "Larssen", "1998-11-12")).incarnation(), 2u);
  EXPECT_EQ(Apply(first).incarnation(), 1u);
  // What no holder says can be told of none.
  const v1::LoadLineReply unknown = Apply(Line(1, "Vega", "1971-01-01"));
  EXPECT_EQ(unknown.incarnation(), 0u);
  EXPECT_FALSE(unknown.has_problem());
}

// A history of random commands, begun at a number and a time that are its own.
std::string HashAfter(uint64_t seed, int commands, uint64_t first, int skipped = -1) {
  const MpiMachine machine(DefaultModel());
  std::vector<std::string> tables = StateTables();
  tables.emplace_back(outbox::kTable);
  MemoryKvStore store(tables);
  RandomPeople people(seed);
  for (int i = 0; i < commands; ++i) {
    const std::string command = people.Command().SerializeAsString();
    if (i == skipped) continue;
    const uint64_t sequence = first + static_cast<uint64_t>(i);
    WriteBatch changes;
    const auto reply =
        machine.Apply(command, "", Stamp{sequence, absl::UnixEpoch() + absl::Hours(sequence)},
                      *store.Snapshot(), changes);
    if (!reply.ok()) continue;
    EXPECT_THAT(store.Write(changes, Durability::kBuffered), IsOk());
  }
  return ValueOrDie(LinkHash(*store.Snapshot()));
}

TEST(LinkHashTest, KnowsNoTimesAndNoSequences) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    EXPECT_EQ(HashAfter(seed, 60, 1), HashAfter(seed, 60, 1000));
  }
}

TEST(LinkHashTest, DiffersWhereAHistoryDoes) {
  std::set<std::string> hashes;
  for (uint64_t seed = 1; seed <= 20; ++seed) hashes.insert(HashAfter(seed, 60, 1));
  EXPECT_EQ(hashes.size(), 20u);
  EXPECT_NE(HashAfter(1, 60, 1), HashAfter(1, 60, 1, 0));
}

// Who is who does not depend on the numbers that records were given.
TEST(LinkHashTest, IsOfKeysAndNotOfRecordNumbers) {
  std::string hashes[2];
  for (const int first : {0, 1}) {
    const MpiMachine machine(DefaultModel());
    std::vector<std::string> tables = StateTables();
    tables.emplace_back(outbox::kTable);
    MemoryKvStore store(tables);
    for (const int who : {first, 1 - first}) {
      v1::MpiCommand command;
      command.mutable_register_()->mutable_actor()->set_member("lakes");
      command.mutable_register_()->mutable_patient()->set_assigning_authority("2.999.1");
      command.mutable_register_()->mutable_patient()->set_id(absl::StrCat("MRN-", who));
      auto& name = *command.mutable_register_()->mutable_demographics()->add_names();
      name.set_family(who == 0 ? "Quimby" : "Larssen");
      for (uint32_t i = 0; i < 3; ++i) {
        command.add_eid_candidates(DerivedEid(1, "seed", static_cast<uint64_t>(1 + who), i));
      }
      WriteBatch changes;
      const Stamp stamp{static_cast<uint64_t>(who == first ? 1 : 2), absl::UnixEpoch()};
      EXPECT_THAT(machine.Apply(command.SerializeAsString(), "", stamp, *store.Snapshot(), changes),
                  IsOk());
      EXPECT_THAT(store.Write(changes, Durability::kBuffered), IsOk());
    }
    hashes[first] = ValueOrDie(LinkHash(*store.Snapshot()));
  }
  EXPECT_EQ(hashes[0], hashes[1]);
}

}  // namespace
}  // namespace hie::mpi

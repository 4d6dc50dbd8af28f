#include "mpi/store/relink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "mpi/store/invariants.h"
#include "mpi/store/mpi_machine.h"
#include "mpi/store/person_pairs.h"
#include "mpi/store/tables.h"
#include "services/common/outbox/outbox.h"
#include "services/common/storage/memory_kv_store.h"
#include "tests/support/status_matchers.h"

namespace hie::mpi {
namespace {

using ::hie::testing::IsOk;
using ::hie::testing::ValueOrDie;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kSsnSystem[] = "http://hl7.org/fhir/sid/us-ssn";
constexpr char kLicenceSystem[] = "2.16.840.1.113883.4.3.26";

// What a member knows of one person; what it does not know stays out.
struct Word {
  std::string given = "Fyodor";
  std::string birth_date = "";
  std::string ssn = "";
  std::string phone = "";
  std::string street = "";
  std::string suffix = "";
  std::string licence = "";
};

common::v1::Demographics Says(const Word& word) {
  common::v1::Demographics d;
  auto& name = *d.add_names();
  name.set_family("Larssen");
  name.add_given(word.given);
  name.set_suffix(word.suffix);
  d.set_birth_date(word.birth_date);
  d.set_sex(common::v1::ADMINISTRATIVE_SEX_MALE);
  const auto add = [&d](const char* system, const std::string& value) {
    if (value.empty()) return;
    auto& identifier = *d.add_identifiers();
    identifier.set_system(system);
    identifier.set_value(value);
  };
  add(kSsnSystem, word.ssn);
  add(kLicenceSystem, word.licence);
  if (!word.phone.empty()) d.add_phones(word.phone);
  if (!word.street.empty()) {
    auto& address = *d.add_addresses();
    address.add_line(word.street);
    address.set_postal_code("48909");
  }
  return d;
}

class RelinkTest : public ::testing::Test {
 protected:
  RelinkTest() : machine_(DefaultModel()), store_(Tables()) {}

  v1::RegisterReply Register(const std::string& id, const Word& word) {
    v1::MpiCommand command;
    ++sequence_;
    for (int i = 0; i < 3; ++i) {
      command.add_eid_candidates(absl::StrFormat("%08x-0000-7000-8000-%012d", sequence_, i));
    }
    auto& part = *command.mutable_register_();
    part.mutable_actor()->set_member("lakes");
    part.mutable_patient()->set_assigning_authority("2.999.1");
    part.mutable_patient()->set_id(id);
    *part.mutable_demographics() = Says(word);
    WriteBatch changes;
    const auto bytes = machine_.Apply(command.SerializeAsString(), "",
                                      {sequence_, absl::UnixEpoch() + absl::Seconds(sequence_)},
                                      *store_.Snapshot(), changes);
    EXPECT_THAT(bytes, IsOk());
    EXPECT_THAT(store_.Write(changes, Durability::kBuffered), IsOk());
    EXPECT_THAT(ValueOrDie(CheckInvariants(*store_.Snapshot())), IsEmpty());
    v1::RegisterReply reply;
    EXPECT_TRUE(reply.ParseFromString(bytes.value_or("")));
    return reply;
  }

  v1::PersonRow Person(const std::string& eid) const {
    return ValueOrDie(MpiReader(*store_.Snapshot()).Person(eid));
  }

  std::vector<RecordNumber> PossibleLinks(RecordNumber record) const {
    std::vector<RecordNumber> others;
    for (const auto& [other, weight] :
         ValueOrDie(MpiReader(*store_.Snapshot()).PossibleLinksOf(record))) {
      others.push_back(other);
    }
    return others;
  }

  MemoryKvStore& store() { return store_; }

 private:
  static std::vector<std::string> Tables() {
    std::vector<std::string> tables = StateTables();
    tables.emplace_back(outbox::kTable);
    return tables;
  }

  MpiMachine machine_;
  MemoryKvStore store_;
  uint64_t sequence_ = 0;
};

const Word kByNumber{.ssn = "657680341", .phone = "9063898571"};
const Word kByDate{.birth_date = "1980-03-05", .street = "12 Pierce St"};
const Word kKnowsAll{.birth_date = "1980-03-05",
                     .ssn = "657680341",
                     .phone = "9063898571",
                     .street = "12 Pierce St"};

TEST_F(RelinkTest, ARecordThatKnowsBothMakesTwoPoorOnesOnePerson) {
  const std::string first = Register("1", kByNumber).eid();
  const std::string second = Register("2", kByDate).eid();
  ASSERT_NE(first, second);
  const v1::RegisterReply reply = Register("3", kKnowsAll);
  EXPECT_EQ(reply.outcome(), v1::LINK_OUTCOME_LINKED);
  EXPECT_EQ(reply.eid(), first) << "the oldest EID stays";
  EXPECT_THAT(Person(first).record_numbers(), ElementsAre(1, 2, 3));
  EXPECT_EQ(Person(second).redirect_to(), first);
}

TEST_F(RelinkTest, ARecordMayBeTheBridgeBetweenThree) {
  const std::string first = Register("1", {.ssn = "657680341"}).eid();
  const std::string second = Register("2", {.licence = "L123456789"}).eid();
  const std::string third = Register("3", kByDate).eid();
  ASSERT_NE(second, third);
  Word bridge = kKnowsAll;
  bridge.licence = "L123456789";
  const v1::RegisterReply reply = Register("4", bridge);
  EXPECT_EQ(reply.eid(), first);
  for (const std::string& gone : {second, third}) EXPECT_EQ(Person(gone).redirect_to(), first);
  EXPECT_THAT(Person(first).aliases(), ElementsAre(second, third));
}

TEST_F(RelinkTest, ARecordThatFitsTwinsMergesNobody) {
  Word twin = kByDate;
  twin.given = "Jayden";
  const std::string first = Register("1", twin).eid();
  twin.given = "Jaylen";
  const std::string second = Register("2", twin).eid();
  ASSERT_NE(first, second);
  twin.given = "J";
  const v1::RegisterReply reply = Register("3", twin);
  EXPECT_EQ(reply.outcome(), v1::LINK_OUTCOME_REVIEW);
  EXPECT_THAT(PossibleLinks(3), ElementsAre(1, 2));
  for (const std::string& eid : {first, second}) EXPECT_EQ(Person(eid).record_numbers_size(), 1);
}

TEST_F(RelinkTest, AnUpdateThatOnlyAPersonCanJudgeLeavesTheRecordWhereItIs) {
  Word senior = kKnowsAll;
  senior.suffix = "SR";
  const std::string eid = Register("1", senior).eid();
  EXPECT_EQ(Register("2", kKnowsAll).eid(), eid);
  Word junior = kKnowsAll;
  junior.suffix = "JR";
  const v1::RegisterReply reply = Register("2", junior);
  EXPECT_EQ(reply.eid(), eid);
  EXPECT_THAT(Person(eid).record_numbers(), ElementsAre(1, 2));
}

TEST_F(RelinkTest, AnUpdateMayBeTheBridgeAndBringsCompanyAlong) {
  const std::string first = Register("1", kByNumber).eid();
  const std::string second = Register("2", kByDate).eid();
  EXPECT_EQ(Register("3", kByDate).eid(), second);
  EXPECT_EQ(Register("3", kKnowsAll).eid(), first);
  EXPECT_THAT(Person(first).record_numbers(), ElementsAre(1, 2, 3));
}

TEST_F(RelinkTest, WhateverTheOrderPoorAndRichRecordsEndAsOnePerson) {
  const std::vector<Word> words = {kByNumber, kByDate, kKnowsAll, {.ssn = "657680341"}};
  std::vector<size_t> order = {0, 1, 2, 3};
  int round = 0;
  do {
    ++round;
    // Names of their own, so that rounds do not meet.
    std::string eid;
    for (const size_t i : order) {
      Word word = words[i];
      word.given = absl::StrCat("Fyodor", std::string(1, static_cast<char>('A' + round)));
      const auto again = [round](std::string& digits) {
        if (!digits.empty()) digits = absl::StrCat(std::stoull(digits) + 1'000ULL * round);
      };
      again(word.ssn);
      again(word.phone);
      if (!word.birth_date.empty()) word.birth_date = absl::StrFormat("19%02d-03-05", 30 + round);
      if (!word.street.empty()) word.street = absl::StrCat(round, "7 Pierce St");
      eid = Register(absl::StrCat(round, "-", i), word).eid();
    }
    EXPECT_EQ(Person(eid).record_numbers_size(), 4) << "round " << round;
  } while (std::next_permutation(order.begin(), order.end()));
  EXPECT_EQ(round, 24);
}

TEST_F(RelinkTest, EvidenceBetweenPersonsIsThatOfAllTheirPairs) {
  const std::string first = Register("1", kByNumber).eid();
  const std::string second = Register("2", kByDate).eid();
  Register("3", kByDate);
  const auto snapshot = store().Snapshot();
  const MpiReader reader(*snapshot);
  StoredPersonPairs pairs(reader, 3, DefaultModel());
  const GroupEvidence between = pairs.Between(EnterpriseId(first), EnterpriseId(second));
  EXPECT_EQ(between.pairs(), 2);
  EXPECT_EQ(between, pairs.Between(EnterpriseId(second), EnterpriseId(first)));
  EXPECT_FALSE(between.Forbidden());
  // The third record is of the second person: nobody counts twice.
  EXPECT_EQ(pairs.Together({{EnterpriseId(second)}}, EnterpriseId(first)),
            pairs.Together({{EnterpriseId(second), EnterpriseId(second)}}, EnterpriseId(first)));
  EXPECT_THAT(pairs.status(), IsOk());
  EXPECT_TRUE(pairs.Between(EnterpriseId(first), EnterpriseId("nobody")).Forbidden());
  EXPECT_FALSE(pairs.status().ok());
}

}  // namespace
}  // namespace hie::mpi

#include "mpi/batch/link_batch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <random>
#include <set>

#include "mpi/score/model_file.h"
#include "services/hiectl/region/people.h"
#include "tests/support/status_matchers.h"

namespace hie::mpi {
namespace {

using ::hie::testing::StatusIs;
using ::hie::testing::ValueOrDie;

constexpr uint64_t kSeed = region::kTuningSeed;

struct Row {
  Features features;
  uint64_t entity = 0;
};

std::vector<Row> Generated(uint64_t records) {
  std::vector<Row> rows;
  region::PeopleOptions options;
  options.records = records;
  options.seed = kSeed;
  const auto counts = region::GeneratePeople(options, [&](const region::GeneratedRecord& record) {
    rows.push_back({Normalize(record.demographics), record.entity});
  });
  EXPECT_TRUE(counts.ok());
  return rows;
}

RecordTable TableOf(const std::vector<Row>& rows) {
  RecordTable table;
  for (const Row& row : rows) table.Add(row.features, 0);
  return table;
}

BatchResult Link(const std::vector<Row>& rows, const BatchOptions& options = {},
                 const Model& model = DefaultModel()) {
  RecordTable table = TableOf(rows);
  return ValueOrDie(LinkBatch(table, model, options));
}

// Of each row the first row of its cluster: the partition without its numbers.
std::vector<size_t> Partition(const std::vector<uint32_t>& cluster) {
  std::map<uint32_t, size_t> first;
  std::vector<size_t> partition;
  for (size_t row = 0; row < cluster.size(); ++row) {
    partition.push_back(first.try_emplace(cluster[row], row).first->second);
  }
  return partition;
}

using Task = std::tuple<uint32_t, uint32_t, Millibits, VetoSet, bool>;
std::vector<Task> Queue(const BatchResult& result) {
  std::vector<Task> queue;
  for (const ReviewTask& t : result.queue) {
    queue.emplace_back(t.a, t.b, t.weight, t.vetoes, t.ambiguous);
  }
  return queue;
}

// The rows in another order, and where each one went.
std::vector<Row> Shuffled(const std::vector<Row>& rows, std::vector<size_t>& order) {
  order.resize(rows.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::shuffle(order.begin(), order.end(), std::mt19937_64(kSeed));
  std::vector<Row> shuffled;
  for (const size_t row : order) shuffled.push_back(rows[row]);
  return shuffled;
}

class LinkBatchTrainingTest : public ::testing::TestWithParam<BatchTraining> {};

TEST_P(LinkBatchTrainingTest, ThreadsAndTheOrderOfRowsDoNotMatter) {
  SCOPED_TRACE(kSeed);
  const std::vector<Row> rows = Generated(3'000);
  BatchOptions options;
  options.training = GetParam();
  options.threads = 1;
  const BatchResult one = Link(rows, options);
  EXPECT_LT(one.cluster_count, rows.size());
  for (const size_t threads : {size_t{2}, size_t{5}}) {
    options.threads = threads;
    const BatchResult many = Link(rows, options);
    EXPECT_EQ(one.cluster, many.cluster) << threads;
    EXPECT_EQ(one.pairs_compared, many.pairs_compared) << threads;
    EXPECT_EQ(Queue(one), Queue(many)) << threads;
    EXPECT_TRUE(WriteModel(one.model) == WriteModel(many.model)) << threads;
  }
  std::vector<size_t> order;
  const BatchResult shuffled = Link(Shuffled(rows, order), options);
  std::vector<uint32_t> back(rows.size());
  for (size_t i = 0; i < order.size(); ++i) back[order[i]] = shuffled.cluster[i];
  EXPECT_EQ(Partition(one.cluster), Partition(back));
  EXPECT_EQ(one.queue.size(), shuffled.queue.size());
  EXPECT_TRUE(WriteModel(one.model) == WriteModel(shuffled.model));
}

TEST_P(LinkBatchTrainingTest, LinksAreRight) {
  SCOPED_TRACE(kSeed);
  const std::vector<Row> rows = Generated(3'000);
  BatchOptions options;
  options.training = GetParam();
  const BatchResult result = Link(rows, options);
  uint64_t right = 0, wrong = 0, missed = 0;
  for (size_t a = 0; a < rows.size(); ++a) {
    for (size_t b = a + 1; b < rows.size(); ++b) {
      const bool linked = result.cluster[a] == result.cluster[b];
      const bool same = rows[a].entity == rows[b].entity;
      right += linked && same ? 1 : 0;
      wrong += linked && !same ? 1 : 0;
      missed += !linked && same ? 1 : 0;
    }
  }
  RecordProperty("right", std::to_string(right));
  RecordProperty("wrong", std::to_string(wrong));
  RecordProperty("missed", std::to_string(missed));
  EXPECT_LE(wrong * 200, right) << right << " right, " << missed << " missed";
  EXPECT_LE(missed * 5, right);
}

// A run with the model of another run, as a file keeps it.
TEST_P(LinkBatchTrainingTest, AFrozenModelGivesTheSameAgain) {
  SCOPED_TRACE(kSeed);
  const std::vector<Row> rows = Generated(3'000);
  BatchOptions options;
  options.training = GetParam();
  const BatchResult first = Link(rows, options);
  const std::string file = WriteModel(first.model);
  const Model model = ValueOrDie(ReadModel(file));
  options.training = BatchTraining::kAsShipped;
  const BatchResult second = Link(rows, options, model);
  const BatchResult third = Link(rows, options, ValueOrDie(ReadModel(WriteModel(second.model))));
  EXPECT_TRUE(WriteModel(second.model) == file);
  EXPECT_EQ(first.cluster, second.cluster);
  EXPECT_EQ(second.cluster, third.cluster);
  EXPECT_EQ(Queue(second), Queue(third));
}

INSTANTIATE_TEST_SUITE_P(Trainings, LinkBatchTrainingTest,
                         ::testing::Values(BatchTraining::kAsShipped, BatchTraining::kTrain),
                         [](const auto& info) {
                           return info.param == BatchTraining::kTrain ? "Trained" : "AsShipped";
                         });

TEST(LinkBatchTest, AModelOfASmallFileIsNotBoldInALargeOne) {
  const Model small = Link(Generated(500)).model;
  EXPECT_LT(small.thresholds.link, DefaultModel().thresholds.link);
  const BatchResult same = Link(Generated(500), {}, small);
  EXPECT_EQ(same.model.thresholds.link, small.thresholds.link);
  const BatchResult large = Link(Generated(3'000), {}, small);
  EXPECT_GT(large.model.population, 2 * small.population);
  EXPECT_LT(large.model.prior_stranger, small.prior_stranger - 2'000);
  EXPECT_GE(large.model.thresholds.link, DefaultModel().thresholds.link);
}

Demographics Larssen() {
  Demographics d;
  d.names = {{"official", "Larssen", {"Fyodor"}, ""}};
  d.birth_date = CivilDate{2007, 12, 5};
  d.sex = AdministrativeSex::kMale;
  d.addresses = {{{"52 Williamson Cir"}, "Lansing", "MI", "48909"}};
  d.phones = {"(906)389-8576"};
  return d;
}

TEST(LinkBatchTest, ThousandsOfIdenticalRowsAreOnePerson) {
  std::vector<Row> rows = Generated(500);
  rows.insert(rows.end(), 5'000, {Normalize(Larssen()), 0});
  const BatchResult result = Link(rows);
  for (size_t row = 500; row < rows.size(); ++row) {
    ASSERT_EQ(result.cluster[row], result.cluster[500]);
  }
  EXPECT_LT(result.pairs_compared, 100'000u);
  rows.erase(rows.begin(), rows.begin() + 500);
  EXPECT_EQ(Link(rows).cluster.size(), 5'000u);  // And nothing else in the file.
}

TEST(LinkBatchTest, ThousandsOfRowsThatSayLittleAreNobody) {
  Demographics smith;
  smith.names = {{"official", "Smith", {"John"}, ""}};
  for (const uint64_t others : {500, 3'000}) {
    std::vector<Row> rows = Generated(others);
    rows.insert(rows.end(), 5'000, {Normalize(smith), 0});
    const BatchResult result = Link(rows);
    const auto first = result.cluster.begin() + static_cast<std::ptrdiff_t>(others);
    EXPECT_EQ(std::set<uint32_t>(first, result.cluster.end()).size(), 5'000u);
  }
}

// What stands where nothing is known.
TEST(LinkBatchTest, PlaceholdersLinkNobody) {
  Demographics nobody;
  nobody.names = {{"official", "Unknown", {"Unknown"}, ""}};
  nobody.birth_date = CivilDate{1900, 1, 1};
  nobody.addresses = {{{"Homeless"}, "Unknown", "", "00000"}};
  nobody.phones = {"999-999-9999"};
  nobody.emails = {"none@none.com"};
  nobody.identifiers = {{"SSN", "000-00-0000"}, {"2.999.4", "NONE"}};
  nobody.mother_maiden_name = "Unknown";
  Demographics doe = nobody;
  doe.names = {{"official", "Doe", {"John"}, ""}};
  doe.sex = AdministrativeSex::kMale;
  for (const uint64_t others : {0, 500}) {
    std::vector<Row> rows = Generated(others == 0 ? 1 : others);
    if (others == 0) rows.clear();
    for (int i = 0; i < 100; ++i) {
      rows.push_back({Normalize(nobody), 0});
      rows.push_back({Normalize(doe), 0});
      rows.push_back({Normalize(Demographics()), 0});
      rows.push_back({Features(), 0});
    }
    const BatchResult result = Link(rows);
    std::map<uint32_t, int> sizes;
    for (const uint32_t cluster : result.cluster) ++sizes[cluster];
    for (size_t row = others; row < rows.size(); ++row) {
      ASSERT_EQ(sizes[result.cluster[row]], 1) << row;
    }
  }
}

TEST(LinkBatchTest, FilesOfAFewRowsAreLinked) {
  const std::vector<Row> people = Generated(6);
  for (size_t rows = 1; rows <= people.size(); ++rows) {
    const std::vector<Row> some(people.begin(), people.begin() + static_cast<std::ptrdiff_t>(rows));
    for (const auto training : {BatchTraining::kAsShipped, BatchTraining::kTrain}) {
      for (const auto scope : {BatchScope::kDedupe, BatchScope::kAcross}) {
        BatchOptions options;
        options.training = training;
        options.scope = scope;
        EXPECT_EQ(Link(some, options).cluster.size(), rows);
      }
    }
  }
  Demographics moved = Larssen();
  moved.addresses = {{{"9 Pierce St"}, "Hubbell", "MI", "49934"}};
  for (const auto training : {BatchTraining::kAsShipped, BatchTraining::kTrain}) {
    BatchOptions options;
    options.training = training;
    const BatchResult pair = Link({{Normalize(Larssen()), 0}, {Normalize(moved), 0}}, options);
    EXPECT_EQ(pair.cluster_count, 1u);
    EXPECT_GE(pair.training.expected_matches, 0);
    EXPECT_LE(pair.training.expected_matches, 1);
  }
}

TEST(LinkBatchTest, NoRecordsAreAnError) {
  RecordTable table;
  EXPECT_THAT(LinkBatch(table, DefaultModel(), {}), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(LinkBatchTest, AcrossInputsOnlyPairsOfBothAreLookedAt) {
  RecordTable table;
  Demographics moved = Larssen();
  moved.addresses = {{{"9 Pierce St"}, "Hubbell", "MI", "49934"}};
  for (const Row& row : Generated(300)) table.Add(row.features, 1);
  table.Add(Normalize(Larssen()), 0);
  table.Add(Normalize(moved), 0);
  BatchOptions options;
  options.scope = BatchScope::kAcross;
  BatchResult result = ValueOrDie(LinkBatch(table, DefaultModel(), options));
  EXPECT_NE(result.cluster[300], result.cluster[301]);
  table.Add(Normalize(Larssen()), 1);
  result = ValueOrDie(LinkBatch(table, DefaultModel(), options));
  EXPECT_EQ(result.cluster[300], result.cluster[302]);
}

// Two people of one household, in a file with others.
struct Kin {
  const char* who;
  Demographics a, b;
};

std::vector<Kin> KinWhoLookAlike() {
  std::vector<Kin> kin;
  Kin father{"father and son", Larssen(), Larssen()};
  father.a.birth_date = CivilDate{1975, 3, 19};
  kin.push_back(father);
  Kin named{"senior and junior, one birth date", Larssen(), Larssen()};
  named.a.names[0].suffix = "Sr";
  named.b.names[0].suffix = "Jr";
  kin.push_back(named);
  Kin twins{"twins", Larssen(), Larssen()};
  twins.b.names[0].given = {"Magnus"};
  kin.push_back(twins);
  Kin alike{"twins of like names, said to be", Larssen(), Larssen()};
  alike.a.names[0].given = {"Jayden"};
  alike.b.names[0].given = {"Hayden"};
  alike.a.multiple_birth = alike.b.multiple_birth = true;
  kin.push_back(alike);
  Kin sisters{"twin sisters of like names", Larssen(), Larssen()};
  sisters.a.names[0].given = {"Mia"};
  sisters.b.names[0].given = {"Mya"};
  sisters.a.sex = sisters.b.sex = AdministrativeSex::kFemale;
  kin.push_back(sisters);
  Kin ordered{"twins by order", Larssen(), Larssen()};
  ordered.a.birth_order = 1;
  ordered.b.birth_order = 2;
  kin.push_back(ordered);
  Kin newborns{"newborns without a name", Larssen(), Larssen()};
  newborns.a.names[0].given = newborns.b.names[0].given = {"BABY BOY"};
  newborns.b.phones = {"906-389-0001"};
  kin.push_back(newborns);
  Kin named_later{"a newborn and its brother", Larssen(), Larssen()};
  named_later.a.names[0].given = {"BABY BOY"};
  kin.push_back(named_later);
  Kin couple{"a couple", Larssen(), Larssen()};
  couple.b.names[0].given = {"Ingeborg"};
  couple.b.sex = AdministrativeSex::kFemale;
  couple.b.birth_date = CivilDate{2006, 4, 1};
  kin.push_back(couple);
  return kin;
}

// Gives both a family name, a home and a telephone of their own.
void Settle(size_t number, Kin& kin) {
  constexpr std::array<const char*, 9> kFamilies = {"Larssen",    "Quimby",   "Oyelaran",
                                                    "Brzezinski", "Haddad",   "Castellanos",
                                                    "Whitlock",   "Nakagawa", "Ferraro"};
  for (Demographics* d : {&kin.a, &kin.b}) {
    d->names[0].family = kFamilies.at(number);
    d->addresses[0].lines[0] = std::to_string(52 + number * 31) + " Williamson Cir";
    d->phones[0][d->phones[0].size() - 1] = static_cast<char>('0' + number);
    d->birth_date->month = static_cast<int>(1 + number);
  }
}

TEST(LinkBatchTest, HouseholdMembersAreNotLinked) {
  std::vector<Row> rows = Generated(3'000);
  std::vector<Kin> kin = KinWhoLookAlike();
  for (size_t i = 0; i < kin.size(); ++i) {
    Settle(i, kin[i]);
    rows.push_back({Normalize(kin[i].a), 0});
    rows.push_back({Normalize(kin[i].b), 0});
  }
  for (const auto training : {BatchTraining::kAsShipped, BatchTraining::kTrain}) {
    BatchOptions options;
    options.training = training;
    const BatchResult result = Link(rows, options);
    for (size_t i = 0; i < kin.size(); ++i) {
      EXPECT_NE(result.cluster[3'000 + 2 * i], result.cluster[3'001 + 2 * i])
          << kin[i].who << ", link at " << result.model.thresholds.link;
    }
  }
}

TEST(LinkBatchTest, RowsOfNewbornsThatLookTheSameStayApart) {
  Demographics baby = Larssen();
  baby.names[0].given = {"BABY BOY"};
  std::vector<Row> rows = Generated(1'000);
  rows.insert(rows.end(), 4, {Normalize(baby), 0});
  const BatchResult result = Link(rows);
  const std::set<uint32_t> clusters(result.cluster.begin() + 1'000, result.cluster.end());
  EXPECT_EQ(clusters.size(), 4u);
}

}  // namespace
}  // namespace hie::mpi

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <numeric>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "mpi/batch/link_batch.h"
#include "mpi/score/score.h"
#include "mpi/store/mpi_machine.h"
#include "mpi/store/mpi_reader.h"
#include "mpi/store/tables.h"
#include "services/common/outbox/outbox.h"
#include "services/common/patient/demographics.h"
#include "services/common/storage/memory_kv_store.h"
#include "services/common/wire/wire.h"
#include "tests/support/status_matchers.h"

// How the index does on labelled public data, with the shipped model and with one that was fitted
// without labels.  A sanity check on parts of the sets, not the benchmark.  Skipped, loudly, where
// the data are absent.
namespace hie::mpi {
namespace {

using ::hie::testing::IsOk;
using ::hie::testing::ValueOrDie;

using Row = std::map<std::string, std::string>;

std::string DataPath(const std::string& file) {
  const char* source = std::getenv("HIE_SOURCE_DIR");
  return absl::StrCat(source == nullptr ? "." : source, "/../shared/data/matching/", file);
}

// Reads a comma-separated file without quotes; empty where it is absent.
std::vector<Row> ReadCsv(const std::string& file) {
  std::ifstream in(DataPath(file));
  std::vector<Row> rows;
  std::string line;
  if (!std::getline(in, line)) return rows;
  const std::vector<std::string> names = absl::StrSplit(line, ',');
  while (std::getline(in, line)) {
    const std::vector<std::string> cells = absl::StrSplit(line, ',');
    Row& row = rows.emplace_back();
    for (size_t i = 0; i < names.size() && i < cells.size(); ++i) row[names[i]] = cells[i];
  }
  return rows;
}

std::optional<CivilDate> Date(const std::string& text) {
  const auto date = ParseCivilDate(text);
  return date.ok() ? std::optional<CivilDate>(*date) : std::nullopt;
}

// FEBRL's "social security id" has seven digits: one person's own, but no SSN.
Demographics FromFebrl(const Row& row) {
  Demographics d;
  d.names = {{"", row.at("surname"), {row.at("given_name")}, ""}};
  d.birth_date = Date(row.at("date_of_birth"));
  d.addresses = {{{absl::StrCat(row.at("street_number"), " ", row.at("address_1"))},
                  row.at("suburb"),
                  row.at("state"),
                  row.at("postcode")}};
  d.identifiers = {{"2.16.840.1.113883.4.3.99", row.at("soc_sec_id")}};
  return d;
}

struct Labelled {
  std::string entity;
  Demographics demographics;
};

// How partitions of records compare over pairs, in 1/10000.
struct Quality {
  int64_t wrong = 0;
  int precision = 0;
  int recall = 0;
  int f1 = 0;
};

int64_t PairsOf(int64_t count) { return count * (count - 1) / 2; }

template <typename Group>
Quality QualityOf(const std::vector<Group>& groups, const std::vector<Labelled>& records) {
  std::map<Group, std::map<std::string, int64_t>> persons;
  std::map<std::string, int64_t> entities;
  for (size_t i = 0; i < records.size(); ++i) {
    ++persons[groups[i]][records[i].entity];
    ++entities[records[i].entity];
  }
  int64_t linked = 0, right = 0, wanted = 0;
  for (const auto& [group, members] : persons) {
    int64_t size = 0;
    for (const auto& [entity, count] : members) {
      size += count;
      right += PairsOf(count);
    }
    linked += PairsOf(size);
  }
  for (const auto& [entity, count] : entities) wanted += PairsOf(count);
  Quality quality;
  quality.wrong = linked - right;
  quality.precision = static_cast<int>(linked == 0 ? 10000 : right * 10000 / linked);
  quality.recall = static_cast<int>(right * 10000 / std::max<int64_t>(wanted, 1));
  quality.f1 = static_cast<int>(right * 20000 / std::max<int64_t>(linked + wanted, 1));
  return quality;
}

void Print(const std::string& name, size_t records, const Quality& quality) {
  std::cout << name << ": " << records << " records, " << quality.wrong
            << " pairs wrong; precision " << quality.precision << "/10000, recall "
            << quality.recall << "/10000, F1 " << quality.f1 << "/10000\n";
}

// An index to which records come one by one.
class Arrivals {
 public:
  explicit Arrivals(const Model& model) : machine_(model), store_(Tables()) {}

  void Register(size_t record, const Demographics& demographics) {
    v1::MpiCommand command;
    ++sequence_;
    for (int i = 0; i < 3; ++i) {
      command.add_eid_candidates(absl::StrFormat("%08x-0000-7000-8000-%012d", sequence_, i));
    }
    auto& part = *command.mutable_register_();
    part.mutable_actor()->set_member("trial");
    *part.mutable_patient() = Key(record);
    *part.mutable_demographics() = wire::ToProto(demographics);
    WriteBatch changes;
    const auto reply = machine_.Apply(command.SerializeAsString(), "",
                                      {sequence_, absl::UnixEpoch() + absl::Seconds(sequence_)},
                                      *store_.Snapshot(), changes);
    ASSERT_THAT(reply, IsOk());
    ASSERT_THAT(store_.Write(changes, Durability::kBuffered), IsOk());
  }

  // Of each record the EID of its person.
  std::vector<std::string> Persons(size_t records) const {
    const auto snapshot = store_.Snapshot();
    const MpiReader reader(*snapshot);
    std::vector<std::string> eids;
    for (size_t record = 0; record < records; ++record) {
      const RecordNumber number = ValueOrDie(reader.FindRecord(Key(record)));
      eids.push_back(ValueOrDie(reader.Record(number)).eid());
    }
    return eids;
  }

 private:
  static std::vector<std::string> Tables() {
    std::vector<std::string> tables = StateTables();
    tables.emplace_back(outbox::kTable);
    return tables;
  }
  static common::v1::LocalPatient Key(size_t record) {
    common::v1::LocalPatient patient;
    patient.set_assigning_authority("2.999.1");
    patient.set_id(absl::StrCat(record));
    return patient;
  }

  MpiMachine machine_;
  MemoryKvStore store_;
  uint64_t sequence_ = 0;
};

// What the index makes of the records with the shipped model, in the order of the file.
Quality RegisterAsShipped(const std::string& name, const std::vector<Labelled>& records) {
  Arrivals arrivals(DefaultModel());
  for (size_t i = 0; i < records.size(); ++i) arrivals.Register(i, records[i].demographics);
  const Quality quality = QualityOf(arrivals.Persons(records.size()), records);
  Print(name + ", shipped model", records.size(), quality);
  return quality;
}

// What one run over all records makes of them, and the model that it fitted to them.
BatchResult LinkAsFile(const std::vector<Labelled>& records) {
  RecordTable table;
  for (const Labelled& record : records) table.Add(Normalize(record.demographics), 0);
  return ValueOrDie(LinkBatch(table, DefaultModel(), BatchOptions{}));
}

// Whatever the order of arrival, the index is within one point of F1 of a run over the whole file,
// and links no more wrongly than noise.
void ExpectNearTheFile(const std::string& name, const std::vector<Labelled>& records) {
  constexpr uint64_t kOrders = 4;
  constexpr int kPoint = 100;
  constexpr int kNoise = 20;
  const BatchResult file = LinkAsFile(records);
  const Quality offline = QualityOf(file.cluster, records);
  Print(name + ", as a file", records.size(), offline);
  for (uint64_t seed = 1; seed <= kOrders; ++seed) {
    SCOPED_TRACE(::testing::Message() << name << ", order " << seed);
    std::vector<size_t> order(records.size());
    std::iota(order.begin(), order.end(), 0);
    std::mt19937_64 random(seed);
    std::shuffle(order.begin(), order.end(), random);
    Arrivals arrivals(file.model);
    for (const size_t record : order) arrivals.Register(record, records[record].demographics);
    const Quality online = QualityOf(arrivals.Persons(records.size()), records);
    Print(name + ", order " + std::to_string(seed), records.size(), online);
    EXPECT_GE(online.f1, offline.f1 - kPoint);
    EXPECT_GE(online.precision, offline.precision - kNoise);
  }
}

// Whole persons of the first rows, as long as there are fewer records than `records_max`.
std::vector<Labelled> Febrl(const std::vector<std::string>& files, size_t records_max) {
  std::vector<Labelled> all;
  std::map<std::string, size_t> sizes;
  for (const std::string& file : files) {
    for (const Row& row : ReadCsv(file)) {
      all.push_back({row.at("entity_id"), FromFebrl(row)});
      ++sizes[row.at("entity_id")];
    }
  }
  std::set<std::string> chosen;
  size_t count = 0;
  for (const Labelled& record : all) {
    if (count < records_max && chosen.insert(record.entity).second) count += sizes[record.entity];
  }
  std::vector<Labelled> kept;
  for (const Labelled& record : all) {
    if (chosen.count(record.entity) != 0) kept.push_back(record);
  }
  return kept;
}

std::vector<Labelled> Uganda(size_t records_max) {
  std::vector<Labelled> records;
  for (const Row& row : ReadCsv("opencr_uganda.csv")) {
    if (records.size() == records_max) break;
    Demographics d;
    d.names = {{"", row.at("surname"), {row.at("given_name")}, ""}};
    d.birth_date = Date(row.at("date_of_birth"));
    d.sex = row.at("sex") == "f" ? AdministrativeSex::kFemale : AdministrativeSex::kMale;
    d.phones = {row.at("phone_number")};
    d.identifiers = {{"2.999.50", row.at("uganda_nin")}, {"2.999.51", row.at("art_number")}};
    records.push_back({row.at("entity_id"), d});
  }
  return records;
}

TEST(LabelledTest, Febrl4LinksAreRight) {
  const std::vector<Labelled> records = Febrl({"febrl4a.csv", "febrl4b.csv"}, 1200);
  if (records.empty()) GTEST_SKIP() << "no data at " << DataPath("febrl4a.csv");
  const Quality quality = RegisterAsShipped("febrl4", records);
  EXPECT_EQ(quality.wrong, 0);
  EXPECT_GE(quality.recall, 8083);
  ExpectNearTheFile("febrl4", records);
}

TEST(LabelledTest, Febrl3LinksAreRight) {
  const std::vector<Labelled> records = Febrl({"febrl3.csv"}, 1200);
  if (records.empty()) GTEST_SKIP() << "no data at " << DataPath("febrl3.csv");
  const Quality quality = RegisterAsShipped("febrl3", records);
  EXPECT_EQ(quality.wrong, 0);
  EXPECT_GE(quality.recall, 6979);
  ExpectNearTheFile("febrl3", records);
}

TEST(LabelledTest, UgandaLinksAreRight) {
  const std::vector<Labelled> records = Uganda(1000);
  if (records.empty()) GTEST_SKIP() << "no data at " << DataPath("opencr_uganda.csv");
  const Quality quality = RegisterAsShipped("uganda", records);
  EXPECT_EQ(quality.wrong, 0);
  EXPECT_GE(quality.recall, 6153);
  ExpectNearTheFile("uganda", records);
}

Demographics FromMiis(const Row& row, const std::string& side) {
  const auto cell = [&](const char* name) {
    const auto found = row.find(side + name);
    return found == row.end() ? std::string() : found->second;
  };
  Demographics d;
  d.names = {
      {"official", cell("nameLast"), {cell("nameFirst"), cell("nameMiddle")}, cell("nameSuffix")}};
  if (!cell("nameLastHyph").empty()) {
    d.names.push_back({"", cell("nameLastHyph"), {cell("nameFirst")}, ""});
  }
  if (!cell("nameAlias").empty()) {
    d.names.push_back({"nickname", cell("nameLast"), {cell("nameAlias")}, ""});
  }
  d.birth_date = Date(cell("birthDate"));
  d.sex = cell("gender") == "F"   ? AdministrativeSex::kFemale
          : cell("gender") == "M" ? AdministrativeSex::kMale
                                  : AdministrativeSex::kUnspecified;
  d.phones = {cell("phone")};
  d.addresses = {{{cell("addressStreet1"), cell("addressStreet2")},
                  cell("addressCity"),
                  cell("addressState"),
                  cell("addressZip")}};
  d.identifiers = {{"SSN", cell("ssn")}, {"2.999.60", cell("medicaid")}};
  d.mother_maiden_name = cell("motherMaidenName");
  d.birth_order = static_cast<uint32_t>(std::strtoul(cell("birthOrder").c_str(), nullptr, 10));
  return d;
}

// Adjudicated pairs: twins, hyphens, shared numbers.
TEST(LabelledTest, MiisNonMatchesAreNotLinked) {
  const std::vector<Row> rows = ReadCsv("miis_pairs_E3.csv");
  if (rows.empty()) GTEST_SKIP() << "no data at " << DataPath("miis_pairs_E3.csv");
  std::map<std::string, std::map<std::string, int>> table;
  std::map<std::string, int> wrong_by_scenario;
  for (const Row& row : rows) {
    const PairScore score = Score(
        Compare(Normalize(FromMiis(row, "a_")), Normalize(FromMiis(row, "b_"))), DefaultModel());
    const Thresholds& t = DefaultModel().thresholds;
    const char* outcome = score.vetoes == 0 && score.weight() >= t.link ? "link"
                          : score.weight() >= t.review                  ? "review"
                                                                        : "new";
    ++table[row.at("expect")][outcome];
    if (row.at("expect") == "Not a Match" && std::string(outcome) == "link") {
      ++wrong_by_scenario[row.at("scenario")];
    }
  }
  for (const auto& [expect, outcomes] : table) {
    for (const auto& [outcome, count] : outcomes) {
      std::cout << "miis: " << expect << " -> " << outcome << " " << count << "\n";
    }
  }
  for (const auto& [scenario, count] : wrong_by_scenario) {
    std::cout << "miis: wrongly linked, " << scenario << " " << count << "\n";
  }
  EXPECT_LE(table["Not a Match"]["link"], 7);  // 0.5 % of 1,400.
  EXPECT_GE(table["Match"]["link"], 784);      // 96 % of 817.
}

}  // namespace
}  // namespace hie::mpi

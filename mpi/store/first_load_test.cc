#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "absl/strings/str_cat.h"
#include "hie/mpi/v1/load_service.pb.h"
#include "mpi/compare/compact_record.h"
#include "mpi/score/kinship.h"
#include "mpi/score/score.h"
#include "mpi/store/explanation.h"
#include "mpi/store/first_load_input.h"
#include "mpi/store/first_load_links.h"
#include "mpi/store/first_load_persons.h"
#include "mpi/store/first_load_progress.h"
#include "mpi/store/first_load_tables.h"
#include "mpi/store/invariants.h"
#include "mpi/store/mpi_edit.h"
#include "mpi/store/person_edit.h"
#include "mpi/store/record_edit.h"
#include "mpi/store/tables.h"
#include "mpi/store/task_follow.h"
#include "services/common/base/status_macros.h"
#include "services/common/journal/db_hash.h"
#include "services/common/storage/memory_kv_store.h"
#include "services/common/storage/posix_file_system.h"
#include "services/common/storage/rocksdb_kv_store.h"
#include "services/common/storage/row_sorter.h"
#include "services/common/storage/spool_file.h"
#include "services/common/wire/wire.h"
#include "services/hiectl/region/people.h"
#include "tests/support/status_matchers.h"

namespace hie::mpi {
namespace {

using ::hie::testing::IsOk;
using ::hie::testing::IsOkAndHolds;
using ::hie::testing::StatusIs;
using ::hie::testing::ValueOrDie;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string kInputHash(32, 'h');
const absl::Time kLoaded = absl::FromUnixMicros(1'700'000'000'123'456);
constexpr uint64_t kRecords = 400;

// Lines in parts of a size.
class ListedInput final : public LoadInput {
 public:
  ListedInput(std::vector<LoadLine> lines, size_t part_lines)
      : lines_(std::move(lines)), part_lines_(part_lines) {}

  absl::StatusOr<bool> Read(size_t index, LoadPart& part) override {
    const size_t begin = index * part_lines_;
    if (begin >= lines_.size()) return false;
    for (size_t i = begin; i < std::min(begin + part_lines_, lines_.size()); ++i) {
      if (lines_[i].patient.assigning_authority == "unreadable") {
        part.problems.push_back({0, lines_[i].line, "", "too few cells"});
      } else {
        part.lines.push_back(lines_[i]);
      }
    }
    return true;
  }

 private:
  const std::vector<LoadLine> lines_;
  const size_t part_lines_;
};

struct People {
  std::vector<LoadLine> lines;
  std::vector<uint32_t> cluster;  // The truth, as if it had been found.
};

People Generate(uint64_t records) {
  People people;
  std::map<std::string, uint32_t> domains;
  std::map<uint64_t, uint32_t> clusters;
  region::PeopleOptions options;
  options.records = records;
  const auto made = region::GeneratePeople(options, [&](const region::GeneratedRecord& record) {
    const auto domain = domains.emplace(record.source, domains.size()).first->second;
    LoadLine line;
    line.line = people.lines.size() + 1;
    line.patient.assigning_authority = absl::StrCat("2.999.", domain + 1);
    line.patient.id = Phi<std::string>(record.mrn);
    line.demographics = record.demographics;
    line.event_micros = line.line % 3 == 0 ? static_cast<int64_t>(line.line) : 0;
    people.lines.push_back(std::move(line));
    people.cluster.push_back(clusters.emplace(record.entity, people.cluster.size()).first->second);
  });
  EXPECT_THAT(made, IsOk());
  return people;
}

class FirstLoadTest : public ::testing::Test {
 protected:
  FirstLoadTest() : root_(::testing::TempDir() + "/first_load") {
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_ + "/work");
    RocksDbKvStore::Options options;
    options.path = root_ + "/db";
    options.tables = StateTables();
    store_ = ValueOrDie(RocksDbKvStore::Open(options));
  }
  ~FirstLoadTest() override {
    store_.reset();
    std::filesystem::remove_all(root_);
  }

  // Small memory and files: every table has several runs and files.
  absl::StatusOr<ReadInputResult> ReadLines(const std::vector<LoadLine>& lines, size_t threads,
                                            size_t part_lines) {
    ReadInputOptions options;
    options.files = &files_;
    options.directory = root_ + "/work";
    options.loaded = kLoaded;
    options.threads = threads;
    options.sorter_bytes = 10'000;
    ListedInput input(lines, part_lines);
    return ReadInput(options, input);
  }

  RecordTable ReadTable() {
    RecordTable table;
    const auto spool =
        ValueOrDie(SpoolReader::Open(files_, root_ + "/work/" + std::string(kFeatureSpool)));
    std::string packed;
    while (ValueOrDie(spool->Next())) {
      EXPECT_THAT(ExpandRecord(spool->value(), packed), IsOk());
      table.Add(PackedView(packed.data()), 0);
    }
    return table;
  }

  // All of a load but LinkBatch, under a partition that is given.
  absl::Status Load(const std::vector<LoadLine>& lines, const std::vector<uint32_t>& cluster,
                    const std::vector<LoadedQuestion>& questions, size_t threads) {
    HIE_ASSIGN_OR_RETURN(const ReadInputResult read, ReadLines(lines, threads, 7));
    const LoadedPersons persons(cluster);
    WriteLinksOptions link;
    link.files = &files_;
    link.directory = root_ + "/work";
    link.loaded = kLoaded;
    link.threads = threads;
    link.sorter_bytes = 10'000;
    HIE_ASSIGN_OR_RETURN(const WriteLinksResult links,
                         WriteLinks(link, persons, ReadTable(), questions, DefaultModel()));
    WriteTablesOptions write;
    write.store = store_.get();
    write.files = &files_;
    write.directory = root_ + "/work";
    write.loaded = kLoaded;
    write.input_sha256 = kInputHash;
    write.threads = threads;
    write.file_bytes_max = 20'000;
    LoadedRows rows;
    rows.persons = &persons;
    rows.runs = read.runs;
    rows.runs.insert(rows.runs.end(), links.runs.begin(), links.runs.end());
    const auto count = [&rows](absl::string_view name, uint64_t last) {
      v1::CounterRow row;
      row.set_last(last);
      rows.single.Put(kCountersTable, name, row.SerializeAsString());
    };
    count(kRecordCounter, read.records);
    if (links.tasks != 0) count(kTaskCounter, links.tasks);
    HIE_ASSIGN_OR_RETURN(const auto written, WriteTables(write, rows));
    std::vector<TableFile> files;
    for (const v1::LoadedTableFile& file : written) {
      files.push_back({file.table(), absl::StrCat(root_, "/work/", file.name())});
    }
    return store_->Ingest(files);
  }

  const std::string root_;
  PosixFileSystem files_;
  std::unique_ptr<RocksDbKvStore> store_;
};

// The same by what registration is made of: one record, one person, one task after another.
class NaiveLoad {
 public:
  absl::Status Run(const People& people, const std::vector<LoadedQuestion>& questions) {
    std::map<uint32_t, std::vector<RecordNumber>> persons;  // By cluster, which is by first record.
    HIE_RETURN_IF_ERROR(InOneCommand([&](MpiEdit& edit) { return Add(edit, people, persons); }));
    HIE_RETURN_IF_ERROR(InOneCommand([&](MpiEdit& edit) {
      for (const LoadedQuestion& question : questions) {
        if (!OnePerson(persons, question)) {
          edit.PutPossibleLink(question.first, question.second, question.weight);
        }
      }
      return absl::OkStatus();
    }));
    return AskAll(persons, questions);
  }

  const KvStore& store() const { return store_; }

 private:
  using Persons = std::map<uint32_t, std::vector<RecordNumber>>;

  template <typename Step>
  absl::Status InOneCommand(Step step) {
    const auto state = store_.Snapshot();
    WriteBatch changes;
    std::vector<std::string> eids;
    for (uint64_t i = 0; i < 1000; ++i) eids.push_back(LoadedEid(kLoaded, kInputHash, i));
    MpiEdit edit(*state, stamp_, std::move(eids), changes);
    HIE_RETURN_IF_ERROR(step(edit));
    return store_.Write(changes, Durability::kBuffered);
  }

  static bool OnePerson(const Persons& persons, const LoadedQuestion& question) {
    return std::any_of(persons.begin(), persons.end(), [&](const auto& person) {
      const auto& records = person.second;
      return std::count(records.begin(), records.end(), question.first) != 0 &&
             std::count(records.begin(), records.end(), question.second) != 0;
    });
  }

  static absl::Status Add(MpiEdit& edit, const People& people, Persons& persons) {
    for (size_t i = 0; i < people.lines.size(); ++i) {
      const LoadLine& line = people.lines[i];
      HIE_ASSIGN_OR_RETURN(const common::v1::Demographics demographics, LoadedDemographics(line));
      HIE_ASSIGN_OR_RETURN(const RecordNumber record,
                           AddRecord(edit, wire::ToProto(line.patient),
                                     {demographics, line.event_micros}, Standing::kConfirmed));
      persons[people.cluster[i]].push_back(record);
    }
    for (const auto& [cluster, records] : persons) {
      HIE_RETURN_IF_ERROR(MakePerson(edit, records).status());
      for (size_t i = 1; i < records.size(); ++i) {
        HIE_ASSIGN_OR_RETURN(const RecordNumber best, BestBefore(edit.reader(), records, i));
        HIE_RETURN_IF_ERROR(KeepExplanation(edit, records[i], best, DefaultModel()));
      }
    }
    return absl::OkStatus();
  }

  static absl::StatusOr<Agreement> CompareRecords(const MpiReader& reader, RecordNumber a,
                                                  RecordNumber b) {
    HIE_ASSIGN_OR_RETURN(const std::vector<v1::RecordRow> rows, reader.Records({a, b}));
    HIE_ASSIGN_OR_RETURN(const Features first, FeaturesOf(rows[0].record()));
    HIE_ASSIGN_OR_RETURN(const Features second, FeaturesOf(rows[1].record()));
    return Compare(first, second);
  }

  static absl::StatusOr<RecordNumber> BestBefore(const MpiReader& reader,
                                                 const std::vector<RecordNumber>& records,
                                                 size_t i) {
    RecordNumber best = 0;
    Millibits best_weight = 0;
    for (size_t j = 0; j < std::min(i, kExplainedWithMax); ++j) {
      HIE_ASSIGN_OR_RETURN(const Agreement agreement,
                           CompareRecords(reader, records[i], records[j]));
      const Millibits weight = Score(agreement, DefaultModel()).weight();
      if (best != 0 && weight <= best_weight) continue;
      best = records[j];
      best_weight = weight;
    }
    return best;
  }

  absl::Status AskAll(const Persons& persons, const std::vector<LoadedQuestion>& questions) {
    const auto state = store_.Snapshot();
    WriteBatch changes;
    TaskEdit tasks(*state, stamp_, changes);
    const auto open = [&](v1::TaskKind kind, RecordNumber first, RecordNumber second,
                          Millibits weight) -> absl::Status {
      HIE_ASSIGN_OR_RETURN(NewTask task, AboutPair(*state, kind, first, second));
      task.weight = weight;
      return tasks.Open(task).status();
    };
    for (const LoadedQuestion& question : questions) {
      if (OnePerson(persons, question)) continue;
      HIE_RETURN_IF_ERROR(
          open(v1::TASK_KIND_POSSIBLE_LINK, question.first, question.second, question.weight));
    }
    for (const auto& [cluster, records] : persons) {
      HIE_ASSIGN_OR_RETURN(const LoadedQuestion doubt, DoubtOf(*state, records, questions));
      if (doubt.first == 0) continue;
      HIE_RETURN_IF_ERROR(open(v1::TASK_KIND_PERSON_REVIEW, doubt.first, doubt.second, 0));
    }
    return store_.Write(changes, Durability::kBuffered);
  }

  // None: the first record is 0.
  static absl::StatusOr<LoadedQuestion> DoubtOf(const KvReader& state,
                                                const std::vector<RecordNumber>& records,
                                                const std::vector<LoadedQuestion>& questions) {
    for (const LoadedQuestion& question : questions) {
      if (OnePerson({{0, records}}, question)) return question;
    }
    if (records.size() > 30) return LoadedQuestion{records[0], 0, 0};
    for (const RecordNumber a : records) {
      for (const RecordNumber b : records) {
        if (b <= a) continue;
        HIE_ASSIGN_OR_RETURN(const Agreement agreement, CompareRecords(MpiReader(state), a, b));
        if (Conflicts(agreement)) return LoadedQuestion{a, b, 0};
      }
    }
    return LoadedQuestion();
  }

  MemoryKvStore store_{StateTables()};
  const Stamp stamp_{kFirstLoadSequence, kLoaded};
};

// Every few neighbours, which are often of one household: some of one person, most of two.
std::vector<LoadedQuestion> SomeQuestions(size_t records) {
  std::vector<LoadedQuestion> questions;
  for (RecordNumber record = 1; record + 1 < records; record += 9) {
    questions.push_back({record, record + 1, static_cast<Millibits>(9000 - record)});
    questions.push_back({record, record + 2, static_cast<Millibits>(8999 - record)});
  }
  questions.push_back(questions.front());  // Asked twice is asked once.
  return questions;
}

TEST_F(FirstLoadTest, EqualsWhatOneCommandAfterAnotherLeaves) {
  SCOPED_TRACE(absl::StrCat("seed ", region::kTuningSeed));
  People people = Generate(kRecords);
  // A key that many hold, and a person of more records than people have.
  for (size_t i = 0; i < 50; ++i) people.lines[i].demographics.emails = {"desk@example.org"};
  for (size_t i = 200; i < 240; ++i) people.cluster[i] = people.cluster[200];
  const std::vector<LoadedQuestion> questions = SomeQuestions(people.lines.size());
  NaiveLoad naive;
  ASSERT_THAT(naive.Run(people, questions), IsOk());
  ASSERT_THAT(Load(people.lines, people.cluster, questions, 3), IsOk());
  // Table by table, so that a difference says where it is.
  for (const std::string& table : StateTables()) {
    EXPECT_EQ(ValueOrDie(DbHash(*store_->Snapshot(), {table})),
              ValueOrDie(DbHash(*naive.store().Snapshot(), {table})))
        << table;
  }
  for (const absl::string_view table :
       {kExplanationsTable, kKeyCountsTable, kPossibleLinksTable, kTasksTable}) {
    EXPECT_THAT(ValueOrDie(store_->Snapshot()->ScanPrefix(table, "")), Not(IsEmpty())) << table;
  }
  EXPECT_THAT(CheckInvariants(*store_->Snapshot()), IsOkAndHolds(IsEmpty()));
}

TEST_F(FirstLoadTest, TheNumberOfThreadsAndTheSizeOfPartsChangeNothing) {
  const People people = Generate(150);
  std::string hash;
  for (const auto& [threads, part] : std::vector<std::pair<size_t, size_t>>{{1, 150}, {4, 3}}) {
    HIE_ASSERT_OK_AND_ASSIGN(const ReadInputResult read, ReadLines(people.lines, threads, part));
    EXPECT_EQ(read.records, people.lines.size());
    EXPECT_EQ(read.lines, people.lines.size());
    std::vector<std::string> keys;
    for (const v1::SortedRun& run : read.runs) {
      if (run.table() == kKeysTable) keys.push_back(root_ + "/work/" + run.name());
    }
    std::string all;
    ASSERT_THAT(MergeRuns(files_, keys,
                          [&all](absl::string_view key, absl::string_view) {
                            all.append(key.data(), key.size());
                            return absl::OkStatus();
                          }),
                IsOk());
    if (hash.empty()) hash = all;
    EXPECT_EQ(all, hash);
  }
}

TEST_F(FirstLoadTest, WhatIsNoRecordIsRejectedAndWhatComesAgainIsKeptApart) {
  People people = Generate(20);
  people.lines[3].patient.id = Phi<std::string>("");
  people.lines[5].patient.assigning_authority = "unreadable";
  people.lines[7].patient = people.lines[1].patient;
  people.lines[9].demographics.names.resize(100);
  people.lines[11] = people.lines[10];
  people.lines[13].event_micros = -1;
  HIE_ASSERT_OK_AND_ASSIGN(const ReadInputResult read, ReadLines(people.lines, 2, 4));
  EXPECT_EQ(read.lines, 20u);
  EXPECT_EQ(read.rejected, 4u);
  EXPECT_EQ(read.repeated, 2u);
  EXPECT_EQ(read.records, 14u);
  std::vector<std::pair<uint64_t, std::string>> rejects;
  ASSERT_THAT(VisitRejects(files_, root_ + "/work",
                           [&](const LoadProblem& problem) {
                             rejects.emplace_back(problem.line, problem.field);
                             EXPECT_FALSE(problem.reason.empty());
                             return absl::OkStatus();
                           }),
              IsOk());
  EXPECT_THAT(rejects, ElementsAre(std::pair<uint64_t, std::string>(4, "patient.id"),
                                   std::pair<uint64_t, std::string>(6, ""),
                                   std::pair<uint64_t, std::string>(10, "demographics.names"),
                                   std::pair<uint64_t, std::string>(14, "event_time")));
  HIE_ASSERT_OK_AND_ASSIGN(const auto repeats,
                           SpoolReader::Open(files_, root_ + "/work/" + std::string(kRepeatSpool)));
  v1::LoadLine repeat;
  ASSERT_THAT(repeats->Next(), IsOkAndHolds(true));
  ASSERT_TRUE(repeat.ParseFromString(std::string(repeats->value())));
  EXPECT_EQ(repeat.line_number(), 1u);
  EXPECT_EQ(repeat.patient().id(), people.lines[1].patient.id.value());
  ASSERT_THAT(repeats->Next(), IsOkAndHolds(true));
  ASSERT_THAT(repeats->Next(), IsOkAndHolds(false));
}

// An input that fails at its third part.
class FailingInput final : public LoadInput {
 public:
  absl::StatusOr<bool> Read(size_t index, LoadPart&) override {
    if (index == 2) return absl::DataLossError("input: is damaged");
    return index < 50;
  }
};

TEST_F(FirstLoadTest, AnInputThatFailsEndsTheReading) {
  ReadInputOptions options;
  options.files = &files_;
  options.directory = root_ + "/work";
  for (const size_t threads : {1, 4}) {
    options.threads = threads;
    FailingInput input;
    EXPECT_THAT(ReadInput(options, input).status(), StatusIs(absl::StatusCode::kDataLoss));
  }
}

TEST_F(FirstLoadTest, PersonsAreNumberedByTheirFirstRecord) {
  const LoadedPersons persons({4, 2, 4, 0, 2});
  EXPECT_EQ(persons.size(), 3u);
  EXPECT_THAT(persons.RecordsOf(0), ElementsAre(1u, 3u));
  EXPECT_THAT(persons.RecordsOf(1), ElementsAre(2u, 5u));
  EXPECT_THAT(persons.RecordsOf(2), ElementsAre(4u));
  EXPECT_EQ(persons.PersonOf(5), 1u);
  EXPECT_EQ(LoadedPersons({}).size(), 0u);
  const LoadedPersonKeys keys(persons, kLoaded, kInputHash, 2);
  EXPECT_LT(keys.KeyOf(0), keys.KeyOf(1));
  EXPECT_EQ(keys.KeyOf(1), PersonKey(LoadedEid(kLoaded, kInputHash, 1)));
  ASSERT_THAT(SaveClusters(files_, root_ + "/c", {4, 2, 4, 0, 2}), IsOk());
  EXPECT_THAT(ReadClusters(files_, root_ + "/c"), IsOkAndHolds(ElementsAre(4, 2, 4, 0, 2)));
  ASSERT_THAT(SaveClusters(files_, root_ + "/c", {0, 2}), IsOk());
  EXPECT_THAT(ReadClusters(files_, root_ + "/c"), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(FirstLoadTest, ProgressIsReadBackAndDamageIsFound) {
  EXPECT_FALSE(ValueOrDie(ReadFirstLoadProgress(files_, root_)).has_value());
  v1::FirstLoadProgress progress;
  progress.set_phase(v1::FIRST_LOAD_PHASE_LINKED);
  progress.mutable_load()->set_input_sha256(kInputHash);
  ASSERT_THAT(WriteFirstLoadProgress(files_, root_, progress), IsOk());
  HIE_ASSERT_OK_AND_ASSIGN(const auto read, ReadFirstLoadProgress(files_, root_));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->SerializeAsString(), progress.SerializeAsString());
  HIE_ASSERT_OK_AND_ASSIGN(const auto file, files_.Open(root_ + "/progress", OpenMode::kReadWrite));
  ASSERT_THAT(file->PWrite(10, "#"), IsOk());
  EXPECT_THAT(ReadFirstLoadProgress(files_, root_), StatusIs(absl::StatusCode::kDataLoss));
}

}  // namespace
}  // namespace hie::mpi

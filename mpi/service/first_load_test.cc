#include "mpi/service/first_load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "absl/strings/str_cat.h"
#include "hie/mpi/v1/load_service.pb.h"
#include "mpi/batch/link_batch.h"
#include "mpi/service/first_load_model.h"
#include "mpi/service/mpi_role.h"
#include "mpi/store/event_log.h"
#include "mpi/store/explanation.h"
#include "mpi/store/invariants.h"
#include "mpi/store/model_store.h"
#include "mpi/store/tables.h"
#include "services/common/base/status_macros.h"
#include "services/common/journal/db_hash.h"
#include "services/common/journal/high_water_mark.h"
#include "services/common/storage/posix_file_system.h"
#include "services/common/storage/rocksdb_kv_store.h"
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
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint64_t kRecords = 1'500;
const absl::Time kStarted = absl::FromUnixSeconds(1'700'000'000);

class ListedInput final : public LoadInput {
 public:
  explicit ListedInput(const std::vector<LoadLine>& lines) : lines_(lines) {}

  absl::StatusOr<bool> Read(size_t index, LoadPart& part) override {
    constexpr size_t kLines = 100;
    if (fail_ && index == 3) return absl::UnavailableError("input: gone");
    const size_t begin = index * kLines;
    if (begin >= lines_.size()) return false;
    const size_t end = std::min(begin + kLines, lines_.size());
    part.lines.assign(lines_.begin() + static_cast<ptrdiff_t>(begin),
                      lines_.begin() + static_cast<ptrdiff_t>(end));
    return true;
  }
  void FailOnce() { fail_ = true; }

 private:
  const std::vector<LoadLine>& lines_;
  bool fail_ = false;
};

std::vector<LoadLine> Generate(std::vector<uint64_t>* truth = nullptr) {
  std::vector<LoadLine> lines;
  std::map<std::string, size_t> domains;
  region::PeopleOptions options;
  options.records = kRecords;
  const auto made = region::GeneratePeople(options, [&](const region::GeneratedRecord& record) {
    LoadLine line;
    line.line = lines.size() + 1;
    line.patient.assigning_authority =
        absl::StrCat("2.999.", 1 + domains.emplace(record.source, domains.size()).first->second);
    line.patient.id = Phi<std::string>(record.mrn);
    line.demographics = record.demographics;
    lines.push_back(std::move(line));
    if (truth != nullptr) truth->push_back(record.entity);
  });
  EXPECT_THAT(made, IsOk());
  return lines;
}

// Fails at the n-th call of a kind, as if the process had died there.
class DyingStore final : public TableFileStore {
 public:
  enum class Moment { kSecondFile, kBeforeIngest, kAfterIngest };
  DyingStore(TableFileStore& store, Moment moment) : store_(store), moment_(moment) {}

  absl::StatusOr<std::unique_ptr<TableFileWriter>> NewTableFile(Table table,
                                                                const std::string& path) override {
    if (moment_ == Moment::kSecondFile && ++files_ == 2) return absl::UnavailableError("died");
    return store_.NewTableFile(table, path);
  }
  absl::Status Ingest(const std::vector<TableFile>& files) override {
    if (moment_ == Moment::kAfterIngest) HIE_RETURN_IF_ERROR(store_.Ingest(files));
    return absl::UnavailableError("died");
  }

 private:
  TableFileStore& store_;
  const Moment moment_;
  int files_ = 0;
};

// One index and its work directory.
class Place {
 public:
  explicit Place(const std::string& name)
      : root_(absl::StrCat(::testing::TempDir(), "/first_load_", name)), clock_(kStarted) {
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_);
    RocksDbKvStore::Options options;
    options.path = root_ + "/db";
    options.tables = MpiRole::Tables();
    options.tunings = MpiRole::Tunings();
    store_ = ValueOrDie(RocksDbKvStore::Open(options));
  }
  ~Place() {
    store_.reset();
    std::filesystem::remove_all(root_);
  }

  FirstLoadOptions Options() {
    FirstLoadOptions options;
    options.store = store_.get();
    options.table_files = store_.get();
    options.files = &files_;
    options.mark_path = root_ + "/mark";
    options.work_directory = root_ + "/work";
    options.input_sha256 = std::string(32, 'i');
    options.actor.set_member("lakes");
    options.clock = &clock_;
    options.sorter_bytes = 100'000;
    return options;
  }

  std::unique_ptr<MpiRole> OpenRole() { return ValueOrDie(TryOpenRole()); }
  absl::StatusOr<std::unique_ptr<MpiRole>> TryOpenRole() {
    MpiRole::Options options;
    options.store = store_.get();
    options.mark_path = root_ + "/mark";
    options.clock = &clock_;
    options.random = &random_;
    return MpiRole::Open(options);
  }

  std::string Hash() const { return ValueOrDie(DbHash(*store_->Snapshot(), MpiRole::Tables())); }
  std::shared_ptr<const KvReader> State() const { return store_->Snapshot(); }
  RocksDbKvStore& store() { return *store_; }
  SimulatedClock& clock() { return clock_; }
  PosixFileSystem& files() { return files_; }

 private:
  const std::string root_;
  PosixFileSystem files_;
  SimulatedClock clock_;
  SeededRandom random_{1};
  std::unique_ptr<RocksDbKvStore> store_;
};

// Gives a repeat of a work directory an incarnation that its id never had.
void SpoilRepeat(const std::string& directory, FileSystem& files, uint64_t number) {
  const std::string path = absl::StrCat(directory, "/", kRepeatSpool);
  std::vector<std::pair<std::string, v1::LoadLine>> repeats;
  HIE_ASSERT_OK_AND_ASSIGN(const auto spool, SpoolReader::Open(files, path));
  while (ValueOrDie(spool->Next())) {
    auto& [key, line] = repeats.emplace_back(std::string(spool->key()), v1::LoadLine());
    ASSERT_TRUE(line.ParseFromString(std::string(spool->value())));
    if (line.line_number() == number) line.mutable_patient()->set_incarnation(7);
  }
  HIE_ASSERT_OK_AND_ASSIGN(const auto writer, SpoolWriter::Create(files, path));
  for (const auto& [key, line] : repeats) {
    ASSERT_THAT(writer->Add(key, line.SerializeAsString()), IsOk());
  }
  ASSERT_THAT(writer->Finish(), IsOk());
}

v1::RegisterRecordRequest RequestFor(const LoadLine& line, const std::string& id) {
  v1::RegisterRecordRequest request;
  request.mutable_actor()->set_member("lakes");
  *request.mutable_patient() = wire::ToProto(line.patient);
  request.mutable_patient()->set_id(id);
  *request.mutable_demographics() = wire::ToProto(line.demographics);
  return request;
}

TEST(FirstLoadTest, FillsAnIndexThatGoesOnAsAnyOther) {
  const std::vector<LoadLine> lines = Generate();
  Place place("fills");
  ListedInput input(lines);
  HIE_ASSERT_OK_AND_ASSIGN(const FirstLoadReport report, RunFirstLoad(place.Options(), input));
  EXPECT_EQ(report.load.records(), kRecords);
  EXPECT_GT(report.load.persons(), kRecords / 3);
  EXPECT_LT(report.load.persons(), kRecords);
  EXPECT_EQ(report.phases.size(), 4u);
  EXPECT_THAT(CheckInvariants(*place.State()), IsOkAndHolds(IsEmpty()));
  HIE_ASSERT_OK_AND_ASSIGN(const v1::ActiveModelRow active, ModelStore(*place.State()).Active());
  EXPECT_EQ(active.hash(), report.load.model_hash());
  HIE_ASSERT_OK_AND_ASSIGN(const auto event, EventReader(*place.State()).Find(1));
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->kind(), v1::EVENT_KIND_LOADED);
  // Whoever comes again under another id is known.
  const auto role = place.OpenRole();
  int linked = 0;
  for (size_t i = 0; i < lines.size(); i += 100) {
    HIE_ASSERT_OK_AND_ASSIGN(
        const v1::RegisterRecordResponse again,
        role->service().RegisterRecord(RequestFor(lines[i], absl::StrCat("AGAIN-", i))));
    linked += again.outcome() == v1::LINK_OUTCOME_LINKED ? 1 : 0;
  }
  EXPECT_GE(linked, 12) << "of 15";
  EXPECT_THAT(CheckInvariants(*place.State()), IsOkAndHolds(IsEmpty()));
}

// A record's next update asks whether it still belongs to its person: no person may be one that
// this question would divide at once.
TEST(FirstLoadTest, PersonsCohereUnderTheModelThatIsActive) {
  const std::vector<LoadLine> lines = Generate();
  Place place("coheres");
  ListedInput input(lines);
  ASSERT_THAT(RunFirstLoad(place.Options(), input), IsOk());
  const ActiveModel models(DefaultModel());
  const auto state = place.State();
  HIE_ASSERT_OK_AND_ASSIGN(const auto model, models.In(*state));
  std::vector<std::string> faults;
  ScrubOptions scrub;
  scrub.model = model.get();
  scrub.on_fault = [&](const InvariantFault& fault) { faults.emplace_back(fault.fault); };
  HIE_ASSERT_OK_AND_ASSIGN(const ScrubCounts counts, Scrub(*state, scrub));
  EXPECT_EQ(counts.records, kRecords);
  EXPECT_THAT(faults, IsEmpty());
}

TEST(FirstLoadTest, EveryLinkReplays) {
  const std::vector<LoadLine> lines = Generate();
  Place place("replays");
  ListedInput input(lines);
  ASSERT_THAT(RunFirstLoad(place.Options(), input), IsOk());
  const ActiveModel models(DefaultModel());
  HIE_ASSERT_OK_AND_ASSIGN(const auto model, models.In(*place.State()));
  int explained = 0;
  for (const KvEntry& entry : ValueOrDie(place.State()->ScanPrefix(kExplanationsTable, ""))) {
    v1::ExplanationRow row;
    ASSERT_TRUE(row.ParseFromString(entry.value));
    EXPECT_THAT(Replays(row, *model), IsOkAndHolds(true));
    ++explained;
  }
  EXPECT_GT(explained, 100);
}

TEST(FirstLoadTest, TheSameBytesForAnyNumberOfThreadsAndMemory) {
  const std::vector<LoadLine> lines = Generate();
  std::string hash;
  for (const size_t threads : {1, 3}) {
    Place place(absl::StrCat("threads_", threads));
    FirstLoadOptions options = place.Options();
    options.threads = threads;
    options.sorter_bytes = threads == 1 ? size_t{64} << 20 : 20'000;
    ListedInput input(lines);
    ASSERT_THAT(RunFirstLoad(options, input), IsOk());
    if (hash.empty()) hash = place.Hash();
    EXPECT_EQ(place.Hash(), hash);
  }
}

TEST(FirstLoadTest, ALoadThatIsBrokenOffGoesOnToTheSameBytes) {
  std::vector<LoadLine> lines = Generate();
  for (size_t i = 0; i < 20; ++i) {  // Lines that come again, some about somebody else.
    lines.push_back(lines[i * 7]);
    if (i % 2 == 0) lines.back().demographics = lines[i * 31 + 40].demographics;
    if (i % 3 == 0) lines.back().demographics.phones = {"906-555-0199"};
  }
  Place whole("whole");
  ListedInput input(lines);
  ASSERT_THAT(RunFirstLoad(whole.Options(), input), IsOk());
  EXPECT_THAT(CheckInvariants(*whole.State()), IsOkAndHolds(IsEmpty()));
  Place broken("broken");
  FirstLoadOptions options = broken.Options();
  ListedInput failing(lines);
  failing.FailOnce();
  EXPECT_THAT(RunFirstLoad(options, failing), StatusIs(absl::StatusCode::kUnavailable));
  broken.clock().Advance(absl::Hours(3));
  for (const auto moment : {DyingStore::Moment::kSecondFile, DyingStore::Moment::kBeforeIngest,
                            DyingStore::Moment::kAfterIngest}) {
    DyingStore dying(broken.store(), moment);
    options.table_files = &dying;
    EXPECT_THAT(RunFirstLoad(options, input), StatusIs(absl::StatusCode::kUnavailable));
  }
  options.table_files = &broken.store();
  HIE_ASSERT_OK_AND_ASSIGN(const FirstLoadReport report, RunFirstLoad(options, input));
  EXPECT_EQ(report.load.repeated(), 20u);
  // The clock moved on, so what was registered behind bears another time; links are the same.
  for (const std::string& table : StateTables()) {
    if (table == kRecordsTable || table == kLoadsTable || table == kEventsTable ||
        table == kTasksTable || table == kTaskOrderTable) {
      continue;
    }
    EXPECT_EQ(ValueOrDie(DbHash(*broken.State(), {table})),
              ValueOrDie(DbHash(*whole.State(), {table})))
        << table;
  }
  const std::string hash = broken.Hash();
  EXPECT_THAT(RunFirstLoad(options, input), IsOk()) << "once more: nothing is left to do";
  EXPECT_EQ(broken.Hash(), hash);
  EXPECT_THAT(CheckInvariants(*broken.State()), IsOkAndHolds(IsEmpty()));
}

TEST(FirstLoadTest, LinesAboutAnIdThatWasNamedAreRegisteredByTheRules) {
  std::vector<LoadLine> lines = Generate();
  LoadLine moved = lines[0];
  moved.demographics.phones = {"906-555-0123"};
  LoadLine stranger = lines[1];
  stranger.demographics = lines[700].demographics;
  lines[3].event_micros = 2'000'000;
  LoadLine late = lines[3];
  late.event_micros = 1'000'000;
  late.demographics.phones = {"906-555-0124"};
  LoadLine same = lines[2];
  for (LoadLine line : {moved, stranger, same, late}) {
    line.line = lines.size() + 1;
    lines.push_back(std::move(line));
  }
  Place place("repeats");
  ListedInput input(lines);
  HIE_ASSERT_OK_AND_ASSIGN(const FirstLoadReport report, RunFirstLoad(place.Options(), input));
  EXPECT_EQ(report.load.records(), kRecords);
  EXPECT_EQ(report.load.repeated(), 4u);
  EXPECT_THAT(report.refused_repeats, IsEmpty());
  const auto state = place.State();
  const MpiReader reader(*state);
  EXPECT_EQ(ValueOrDie(reader.Record(1)).record().version(), 2u);
  EXPECT_EQ(ValueOrDie(reader.Record(3)).record().version(), 1u);
  HIE_ASSERT_OK_AND_ASSIGN(const v1::HolderRow holder,
                           reader.Holder(wire::ToProto(lines[1].patient)));
  EXPECT_THAT(holder.record_numbers(), ElementsAre(2u, kRecords + 1));
  EXPECT_TRUE(ValueOrDie(reader.Record(kRecords + 1)).record().provisional());
  EXPECT_EQ(ValueOrDie(reader.Record(4)).record().demographics().SerializeAsString(),
            ValueOrDie(LoadedDemographics(lines[3])).SerializeAsString())
      << "what came late took the place of what is newer";
}

// Stops the load before its repeats, as if the process had died there.
TEST(FirstLoadTest, AnIndexIsNotServedBeforeItsRepeatsAreRegistered) {
  std::vector<LoadLine> lines = Generate();
  lines.push_back(lines[0]);
  lines.back().demographics.phones = {"906-555-0123"};
  lines.back().line = lines.size();
  Place place("unserved");
  ListedInput input(lines);
  DyingStore dying(place.store(), DyingStore::Moment::kAfterIngest);
  FirstLoadOptions options = place.Options();
  options.table_files = &dying;
  EXPECT_THAT(RunFirstLoad(options, input), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(place.TryOpenRole().status(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("hiectl mpi first-load")));
  options.table_files = &place.store();
  EXPECT_THAT(RunFirstLoad(options, input), IsOk());
  EXPECT_THAT(place.TryOpenRole().status(), IsOk());
}

// Nothing that the first phase takes is refused online as things stand; the load files what it
// must.
TEST(FirstLoadTest, ARepeatThatIsRefusedIsToldByFileAndLine) {
  std::vector<LoadLine> lines = Generate();
  for (int i = 0; i < 3; ++i) {
    lines.push_back(lines[static_cast<size_t>(i)]);
    lines.back().file = 1;
    lines.back().line = static_cast<uint64_t>(10 + i);
  }
  Place place("refused");
  ListedInput input(lines);
  FirstLoadOptions options = place.Options();
  DyingStore dying(place.store(), DyingStore::Moment::kAfterIngest);
  options.table_files = &dying;
  EXPECT_THAT(RunFirstLoad(options, input), StatusIs(absl::StatusCode::kUnavailable));
  // The second repeat names an incarnation that never was.
  SpoilRepeat(options.work_directory, place.files(), 2);
  options.table_files = &place.store();
  for (int run = 0; run < 2; ++run) {
    HIE_ASSERT_OK_AND_ASSIGN(const FirstLoadReport report, RunFirstLoad(options, input));
    ASSERT_EQ(report.refused_repeats.size(), 1u);
    EXPECT_EQ(report.refused_repeats[0].file, 1u);
    EXPECT_EQ(report.refused_repeats[0].line, 11u);
    EXPECT_EQ(report.refused_repeats[0].field, "patient.incarnation");
  }
}

TEST(FirstLoadTest, WantsAnEmptyIndexAndItsOwnWorkDirectory) {
  const std::vector<LoadLine> lines = Generate();
  Place place("wants");
  FirstLoadOptions options = place.Options();
  ListedInput input(lines);
  ListedInput failing(lines);
  failing.FailOnce();
  EXPECT_THAT(RunFirstLoad(options, failing), StatusIs(absl::StatusCode::kUnavailable));
  FirstLoadOptions other = options;
  other.input_sha256 = std::string(32, 'o');
  EXPECT_THAT(RunFirstLoad(other, input), StatusIs(absl::StatusCode::kFailedPrecondition));
  other.input_sha256 = "short";
  EXPECT_THAT(RunFirstLoad(other, input), StatusIs(absl::StatusCode::kInvalidArgument));
  const std::vector<LoadLine> none;
  ListedInput nothing(none);
  other = options;
  other.work_directory += "_none";
  EXPECT_THAT(RunFirstLoad(other, nothing), StatusIs(absl::StatusCode::kInvalidArgument));
  ASSERT_THAT(RunFirstLoad(options, input), IsOk());
  HIE_ASSERT_OK_AND_ASSIGN(const std::optional<uint64_t> mark,
                           HighWaterMark::Read(place.files(), options.mark_path));
  EXPECT_EQ(mark, 1u);
  ASSERT_THAT(RemoveFirstLoadFiles(place.files(), options.work_directory), IsOk());
  EXPECT_THAT(RunFirstLoad(options, input), StatusIs(absl::StatusCode::kAlreadyExists));
  options.input_sha256 = std::string(32, 'o');
  EXPECT_THAT(RunFirstLoad(options, input), StatusIs(absl::StatusCode::kFailedPrecondition));
}

// A desk's telephone that a fifth of the people give.
TEST(FirstLoadTest, AValueThatSaysNothingIsCommonInTheStoredModel) {
  RecordTable table;
  std::vector<LoadLine> lines = Generate();
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i % 5 == 0) lines[i].demographics.phones = {"906-389-8000"};
    table.Add(NormalizeRecord(lines[i].patient, lines[i].demographics), 0);
  }
  HIE_ASSERT_OK_AND_ASSIGN(const BatchResult result, LinkBatch(table, DefaultModel(), {}));
  const auto muted =
      std::find_if(result.non_values.begin(), result.non_values.end(),
                   [](const DetectedNonValue& value) { return value.field == "phone"; });
  ASSERT_NE(muted, result.non_values.end());
  const auto key = ValueFrequencies::Key(static_cast<size_t>(Field::kPhone), muted->value_hash);
  EXPECT_EQ(result.model.frequencies->Count(key), 0u);
  const Model counted = WithNonValues(result.model, table, result.non_values);
  EXPECT_EQ(counted.frequencies->Count(key), muted->people);
  EXPECT_GT(muted->people, 50u);
  EXPECT_EQ(WithNonValues(result.model, table, {}).frequencies, result.model.frequencies);
}

}  // namespace
}  // namespace hie::mpi

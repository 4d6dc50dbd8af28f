#include "mpi/service/bulk_load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "absl/strings/str_cat.h"
#include "mpi/service/load_commands.h"
#include "mpi/service/local_load.h"
#include "mpi/service/service_fixture.h"
#include "mpi/store/link_hash.h"
#include "mpi/store/load_progress.h"
#include "mpi/store/mpi_reader.h"
#include "mpi/store/random_people.h"
#include "mpi/store/tables.h"
#include "services/common/journal/db_hash.h"

namespace hie::mpi {
namespace {

using ::hie::testing::IsOk;
using ::hie::testing::StatusIs;
using ::hie::testing::ValueOrDie;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kLoad[] = "018bcfe5-6800-7000-8000-00000000abcd";

v1::BeginLoad Begin(const std::string& member = "lakes", char input = 'x') {
  v1::BeginLoad begin;
  begin.mutable_actor()->set_member(member);
  begin.set_load_id(kLoad);
  begin.set_input_sha256(std::string(32, input));
  return begin;
}

// Registrations that collide: updates, overlays, twins, duplicates across domains.
std::vector<v1::LoadLine> Lines(uint64_t seed, size_t count) {
  RandomPeople people(seed);
  std::vector<v1::LoadLine> lines;
  while (lines.size() < count) {
    const v1::MpiCommand command = people.Command();
    if (!command.has_register_() || command.register_().expected_version() != 0) continue;
    v1::LoadLine& line = lines.emplace_back();
    line.set_line_number(lines.size());
    *line.mutable_patient() = command.register_().patient();
    *line.mutable_demographics() = command.register_().demographics();
    line.set_event_micros(command.register_().event_micros());
    line.set_kind(command.register_().kind());
    if (lines.size() % 40 == 0) line.mutable_patient()->clear_id();
    if (lines.size() % 50 == 0) line.mutable_problem()->set_reason("not a record");
  }
  return lines;
}

// An index in memory.
class Index {
 public:
  Index()
      : store_(MpiRole::Tables()),
        clock_(absl::FromUnixSeconds(1'700'000'000)),
        random_(1),
        role_(ValueOrDie(MpiRole::Open({.store = &store_, .clock = &clock_, .random = &random_}))) {
  }
  MpiRole& role() { return *role_; }
  BulkLoads& loads() { return role_->loads(); }
  std::shared_ptr<const KvReader> state() { return role_->journal().Snapshot(); }
  std::string Links() { return ValueOrDie(LinkHash(*state())); }
  std::string All() { return ValueOrDie(DbHash(*state(), StateTables())); }
  std::vector<std::string> Faults() { return ValueOrDie(CheckInvariants(*state())); }

 private:
  MemoryKvStore store_;
  SimulatedClock clock_;
  SeededRandom random_;
  std::unique_ptr<MpiRole> role_;
};

// One command after the other, each waited for, nothing prepared ahead: what a load must equal.
void LoadNaively(Index& index, const std::vector<v1::LoadLine>& lines) {
  const LoadName name = ValueOrDie(ReadLoadName(Begin()));
  Journal& journal = index.role().journal();
  const auto apply = [&](const v1::MpiCommand& command) {
    EXPECT_THAT(ProposeAndWait(journal, command.SerializeAsString()), IsOk());
  };
  apply(BeginCommand(name, Begin()));
  for (const v1::LoadLine& line : lines) apply(LineCommand(name, line));
  v1::EndLoad end;
  end.set_lines(lines.size());
  apply(EndCommand(name, end));
}

TEST(BulkLoadTest, ALoadEqualsItsLinesOneByOne) {
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE(seed);
    const std::vector<v1::LoadLine> lines = Lines(seed, 700);
    Index naive;
    LoadNaively(naive, lines);
    Index loaded;
    const LocalLoad::Outcome outcome = LocalLoad(loaded.loads()).Run(Begin(), lines);
    EXPECT_THAT(outcome.status, IsOk());
    EXPECT_THAT(outcome.results, SizeIs(lines.size()));
    for (size_t i = 0; i < outcome.results.size(); ++i) {
      EXPECT_EQ(outcome.results[i].line_number(), i + 1);
    }
    EXPECT_EQ(loaded.All(), naive.All());
    EXPECT_EQ(loaded.Links(), naive.Links());
    EXPECT_THAT(loaded.Faults(), IsEmpty());
    ASSERT_TRUE(outcome.ended.has_value());
    EXPECT_EQ(outcome.ended->applied_line(), lines.size());
    EXPECT_EQ(outcome.ended->rejected(),
              lines.size() / 40 + lines.size() / 50 - lines.size() / 200);
    uint64_t registered = 0;
    for (const v1::OutcomeCount& count : outcome.ended->outcomes()) registered += count.lines();
    EXPECT_EQ(registered + outcome.ended->rejected(), lines.size());
  }
}

TEST(BulkLoadTest, ALoadThatBreaksOffAndGoesOnLinksAsOneThatDoesNot) {
  const std::vector<v1::LoadLine> lines = Lines(9, 800);
  Index whole;
  ASSERT_THAT(LocalLoad(whole.loads()).Run(Begin(), lines).status, IsOk());
  RandomPeople dice(77);
  size_t breaks = 0;
  for (int round = 0; round < 5; ++round) {
    Index index;
    std::optional<v1::Load> ended;
    while (!ended) {
      const size_t stop = 1 + dice.Below(250);
      ended = LocalLoad(index.loads())
                  .Run(Begin(), lines, 1 + dice.Below(60),
                       [stop](size_t answered) { return answered < stop; })
                  .ended;
      breaks += !ended;
    }
    EXPECT_EQ(index.Links(), whole.Links());
    EXPECT_THAT(index.Faults(), IsEmpty());
  }
  EXPECT_GE(breaks, 5u);
}

TEST(BulkLoadTest, TwoStreamsOfOneLoadDoNotDisturbEachOther) {
  const std::vector<v1::LoadLine> lines = Lines(3, 400);
  Index whole;
  ASSERT_THAT(LocalLoad(whole.loads()).Run(Begin(), lines).status, IsOk());
  Index index;
  std::vector<std::thread> streams;
  for (int i = 0; i < 4; ++i) {
    streams.emplace_back([&, i] {
      // One that falls behind is told that its lines were applied before.
      const absl::Status status =
          LocalLoad(index.loads()).Run(Begin(), lines, static_cast<size_t>(11 * (i + 1))).status;
      EXPECT_TRUE(status.ok() || absl::IsAborted(status)) << status;
    });
  }
  for (std::thread& stream : streams) stream.join();
  EXPECT_EQ(index.Links(), whole.Links());
  EXPECT_EQ(ValueOrDie(ReadLoad(*index.state(), "lakes", kLoad)).applied_line(), lines.size());
}

TEST(BulkLoadTest, RejectsAreKeptByLineAndFieldAndNeverNameAPatient) {
  std::vector<v1::LoadLine> lines = Lines(5, 30);
  lines[3].mutable_patient()->set_assigning_authority("Zqhospital");
  lines[7].mutable_demographics()->set_birth_date("Zqdate");
  lines[8].mutable_problem()->set_reason(std::string(5000, 'r'));
  lines[9].mutable_patient()->set_incarnation(9);
  Index index;
  const LocalLoad::Outcome outcome = LocalLoad(index.loads()).Run(Begin(), lines);
  ASSERT_THAT(outcome.status, IsOk());
  v1::ListLoadRejectsRequest request;
  request.set_member("lakes");
  request.set_load_id(kLoad);
  const auto listed = index.loads().ListLoadRejects(request);
  ASSERT_THAT(listed, IsOk());
  ASSERT_THAT(listed->problems(), SizeIs(4));
  EXPECT_EQ(outcome.ended->rejected(), 4u);
  EXPECT_EQ(listed->problems(0).line_number(), 4u);
  EXPECT_EQ(listed->problems(0).field(), "patient.assigning_authority");
  EXPECT_THAT(listed->problems(0).reason(), HasSubstr("want"));
  EXPECT_EQ(listed->problems(1).field(), "demographics.birth_date");
  EXPECT_THAT(listed->problems(2).reason(), SizeIs(200));
  EXPECT_EQ(listed->problems(3).field(), "patient.incarnation");
  EXPECT_THAT(listed->ShortDebugString(), ::testing::Not(HasSubstr("Zq")));
  request.set_after_line(4);
  request.set_limit(2);
  EXPECT_THAT(index.loads().ListLoadRejects(request)->problems(), SizeIs(2));
  request.set_limit(1001);
  EXPECT_THAT(index.loads().ListLoadRejects(request), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(outcome.results[3].problem().field(), "patient.assigning_authority");
}

TEST(BulkLoadTest, LinesThatWereAppliedBeforeChangeNothing) {
  const std::vector<v1::LoadLine> lines = Lines(6, 120);
  Index index;
  ASSERT_THAT(LocalLoad(index.loads()).Run(Begin(), lines).status, IsOk());
  const std::string before = index.Links();
  const uint64_t records = ValueOrDie(MpiReader(*index.state()).LastRecord());
  LocalLoad again(index.loads());
  v1::LoadRecordsRequest request;
  *request.mutable_begin() = Begin();
  again.Send(request);
  ASSERT_TRUE(again.answers().Next()->has_began());
  request.Clear();
  for (size_t i = 60; i < 120; ++i) *request.mutable_lines()->add_lines() = lines[i];
  again.Send(request);
  again.Close();
  size_t answered = 0;
  while (const auto message = again.answers().Next()) {
    for (const v1::LineResult& result : message->progress().results()) {
      ++answered;
      EXPECT_EQ(result.outcome(), v1::LINK_OUTCOME_UNSPECIFIED);
      EXPECT_NE(result.has_problem(), result.incarnation() > 0);
    }
  }
  EXPECT_EQ(answered, 60u);
  EXPECT_THAT(again.answers().status(), IsOk());
  EXPECT_EQ(index.Links(), before);
  EXPECT_EQ(ValueOrDie(MpiReader(*index.state()).LastRecord()), records);
}

TEST(BulkLoadTest, AnotherInputAnotherMemberAndAnEndedLoadAreTold) {
  const std::vector<v1::LoadLine> lines = Lines(6, 20);
  Index index;
  ASSERT_THAT(LocalLoad(index.loads()).Run(Begin(), lines).status, IsOk());
  EXPECT_THAT(LocalLoad(index.loads()).Run(Begin("lakes", 'y'), lines).status,
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("another input")));
  v1::GetLoadRequest request;
  request.set_member("harbor");
  request.set_load_id(kLoad);
  EXPECT_THAT(index.loads().GetLoad(request), StatusIs(absl::StatusCode::kNotFound));
  // The same id of another member is another load.
  const std::string before = index.Links();
  EXPECT_THAT(LocalLoad(index.loads()).Run(Begin("harbor", 'y'), {}).status, IsOk());
  EXPECT_EQ(index.Links(), before);
  EXPECT_THAT(LocalLoad(index.loads()).Run(Begin(), Lines(6, 21)).status,
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("ended")));
  request.set_member("lakes");
  EXPECT_GT(index.loads().GetLoad(request)->load().ended_micros(), 0);
}

// What a stream of the wrong shape is told.
struct Shape {
  const char* name;
  std::function<void(LocalLoad&, const std::vector<v1::LoadLine>&)> send;
  absl::StatusCode code;
  const char* says;
};
void PrintTo(const Shape& shape, std::ostream* out) { *out << shape.name; }

class BulkLoadShapeTest : public ::testing::TestWithParam<Shape> {};

v1::LoadRecordsRequest Chunk(const std::vector<v1::LoadLine>& lines, size_t from, size_t to) {
  v1::LoadRecordsRequest request;
  request.mutable_lines();
  for (; from < to; ++from) *request.mutable_lines()->add_lines() = lines[from];
  return request;
}
v1::LoadRecordsRequest BeginStep(const v1::BeginLoad& begin) {
  v1::LoadRecordsRequest request;
  *request.mutable_begin() = begin;
  return request;
}
void SendBegin(LocalLoad& load) {
  load.Send(BeginStep(Begin()));
  load.answers().Next();
}

const Shape kShapes[] = {
    {"NoStep", [](auto& load, auto&) { load.Send({}); }, absl::StatusCode::kInvalidArgument,
     "step"},
    {"LinesFirst", [](auto& load, auto& lines) { load.Send(Chunk(lines, 0, 1)); },
     absl::StatusCode::kInvalidArgument, "begin"},
    {"BeginTwice",
     [](auto& load, auto&) {
       SendBegin(load);
       load.Send(BeginStep(Begin()));
     },
     absl::StatusCode::kInvalidArgument, "once"},
    {"NoLines",
     [](auto& load, auto& lines) {
       SendBegin(load);
       load.Send(Chunk(lines, 0, 0));
     },
     absl::StatusCode::kInvalidArgument, "1..100"},
    {"ManyLines",
     [](auto& load, auto& lines) {
       SendBegin(load);
       load.Send(Chunk(lines, 0, 101));
     },
     absl::StatusCode::kInvalidArgument, "1..100"},
    {"GapInTheStream",
     [](auto& load, auto& lines) {
       SendBegin(load);
       load.Send(Chunk(lines, 0, 2));
       load.Send(Chunk(lines, 3, 5));
     },
     absl::StatusCode::kInvalidArgument, "one after the other"},
    {"GapBehindWhatIsApplied",
     [](auto& load, auto& lines) {
       SendBegin(load);
       load.Send(Chunk(lines, 4, 6));
     },
     absl::StatusCode::kAborted, "want 1"},
    {"EndTooEarly",
     [](auto& load, auto& lines) {
       SendBegin(load);
       load.Send(Chunk(lines, 0, 6));
       v1::LoadRecordsRequest end;
       end.mutable_end()->set_lines(7);
       load.Send(end);
     },
     absl::StatusCode::kAborted, "6 of the load"},
    {"EndFirst",
     [](auto& load, auto&) {
       v1::LoadRecordsRequest end;
       end.mutable_end();
       load.Send(end);
     },
     absl::StatusCode::kInvalidArgument, "after begin"},
    {"NoUuid",
     [](auto& load, auto&) {
       v1::BeginLoad begin = Begin();
       begin.set_load_id("018bcfe5-6800-4000-8000-00000000abcd");
       load.Send(BeginStep(begin));
     },
     absl::StatusCode::kInvalidArgument, "UUIDv7"},
    {"NoMember", [](auto& load, auto&) { load.Send(BeginStep(Begin(""))); },
     absl::StatusCode::kInvalidArgument, "actor"},
    {"NoHash",
     [](auto& load, auto&) {
       v1::BeginLoad begin = Begin();
       begin.set_input_sha256("short");
       load.Send(BeginStep(begin));
     },
     absl::StatusCode::kInvalidArgument, "input_sha256"},
};

TEST_P(BulkLoadShapeTest, IsRefusedWithItsReason) {
  const std::vector<v1::LoadLine> lines = Lines(6, 120);
  Index index;
  LocalLoad load(index.loads());
  GetParam().send(load, lines);
  while (load.answers().Next()) {
  }
  EXPECT_THAT(load.answers().status(), StatusIs(GetParam().code, HasSubstr(GetParam().says)));
}

INSTANTIATE_TEST_SUITE_P(Shapes, BulkLoadShapeTest, ::testing::ValuesIn(kShapes),
                         [](const auto& info) { return info.param.name; });

TEST(BulkLoadTest, WhoSendsMoreThanTheWindowIsRefused) {
  const std::vector<v1::LoadLine> lines = Lines(6, kLoadWindowLines + 100);
  Index index;
  LocalLoad load(index.loads());
  SendBegin(load);
  // The journal is held, so that nothing is answered meanwhile.
  std::promise<void> held;
  std::promise<void> go_on;
  v1::MpiCommand nothing;
  index.role().journal().Propose(nothing.SerializeAsString(), [&](const auto&) {
    held.set_value();
    go_on.get_future().wait();
  });
  held.get_future().wait();
  for (size_t at = 0; at < lines.size(); at += 100) {
    load.Send(Chunk(lines, at, std::min(lines.size(), at + 100)));
  }
  while (load.answers().Next()) {
  }
  EXPECT_THAT(load.answers().status(), StatusIs(absl::StatusCode::kResourceExhausted));
  go_on.set_value();
}

TEST(BulkLoadTest, MoreStreamsThanTheMostAreRefusedUntilOneEnds) {
  Index index;
  std::vector<std::unique_ptr<LocalLoad>> open;
  for (int i = 0; i < kLoadStreamsMax; ++i) {
    open.push_back(std::make_unique<LocalLoad>(index.loads()));
    EXPECT_THAT(open.back()->answers().status(), IsOk());
  }
  EXPECT_THAT(LocalLoad(index.loads()).answers().status(),
              StatusIs(absl::StatusCode::kResourceExhausted));
  open.pop_back();
  EXPECT_THAT(LocalLoad(index.loads()).answers().status(), IsOk());
}

}  // namespace
}  // namespace hie::mpi

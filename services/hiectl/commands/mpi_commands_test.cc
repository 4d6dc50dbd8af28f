// `hiectl mpi`: what is shown, and what is refused before anything is asked.
#include "services/hiectl/commands/mpi_commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "services/hiectl/command_line.h"
#include "services/hiectl/commands/mpi_render.h"

namespace hie::ctl {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

common::v1::LocalPatient Patient(const std::string& id, uint32_t incarnation = 1) {
  common::v1::LocalPatient patient;
  patient.set_assigning_authority("2.999.1");
  patient.set_id(id);
  patient.set_incarnation(incarnation);
  return patient;
}

TEST(MpiRenderTest, AKeySaysWhichHolderOfAReusedId) {
  EXPECT_EQ(PatientKey(Patient("A", 1)), "2.999.1|A");
  EXPECT_EQ(PatientKey(Patient("A", 2)), "2.999.1|A#2");
}

TEST(MpiRenderTest, TasksShowAgeOwnerAndVersions) {
  google::protobuf::RepeatedPtrField<mpi::v1::Task> tasks;
  mpi::v1::Task& task = *tasks.Add();
  task.set_task(7);
  task.set_kind(mpi::v1::TASK_KIND_POSSIBLE_LINK);
  task.set_state(mpi::v1::REVIEW_STATE_LEASED);
  task.set_changed_since_queued(true);
  task.set_weight_millibits(4'200);
  *task.mutable_first() = Patient("A");
  *task.mutable_second() = Patient("B");
  task.set_opened_micros(1'700'000'000'000'000);
  task.mutable_owner()->set_member("hie");
  task.mutable_owner()->set_user("ann");
  task.set_first_version(3);
  task.set_second_version(1);
  const Rows rows = TaskRows(tasks);
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[1].size(), rows[0].size());
  EXPECT_EQ(rows[1][1], "possible-link");
  EXPECT_EQ(rows[1][2], "leased,changed");
  EXPECT_THAT(rows[1], Contains("hie/ann"));
  EXPECT_THAT(rows[1], Contains("3,1"));
  EXPECT_THAT(rows[1], Contains(HasSubstr("2023-11-14")));
}

TEST(MpiRenderTest, AnEventSaysAllItsParts) {
  mpi::v1::LinkEvent event;
  event.set_sequence(12);
  event.set_kind(mpi::v1::EVENT_KIND_LINKED);
  event.set_undone_by(15);
  event.mutable_actor()->set_member("lakes");
  mpi::v1::MovedRecord& moved = *event.add_moved();
  *moved.mutable_patient() = Patient("A");
  moved.set_to_eid("e-1");
  mpi::v1::PossibleLinkChange& possible = *event.add_possible();
  *possible.mutable_first() = Patient("A");
  *possible.mutable_second() = Patient("B");
  possible.set_before(true);
  possible.set_weight_before_millibits(3'000);
  const std::vector<std::string> lines = EventLines(event);
  EXPECT_THAT(lines,
              ElementsAre(HasSubstr("linked  lakes  undone by 15"), "  2.999.1|A: new -> e-1",
                          HasSubstr("possible link ended: 2.999.1|A and 2.999.1|B")));
}

TEST(MpiRenderTest, AWaterfallAddsUpToTheWeight) {
  mpi::v1::ExplainLinkResponse why;
  why.set_weight_millibits(9'000);
  why.set_stranger_millibits(9'000);
  why.set_household_millibits(11'000);
  why.set_replays(true);
  for (const auto& [field, level, weight] :
       {std::tuple("family", "exact", 12'000), {"ssn", "missing", 0}, {"sex", "differs", -3'000}}) {
    mpi::v1::FieldWeight& part = *why.add_fields();
    part.set_field(field);
    part.set_level(level);
    part.set_weight_millibits(weight);
  }
  why.mutable_fields(0)->set_value_chance(1'000'000);
  const matching::Waterfall waterfall = ToWaterfall(why);
  EXPECT_EQ(waterfall.total(), 9'000);
  ASSERT_THAT(waterfall.steps, SizeIs(2));
  EXPECT_EQ(waterfall.steps[0].remark, "1 in 1000");
  EXPECT_THAT(waterfall.subtitle, HasSubstr("two strangers"));
  const Rows rows = WaterfallRows(waterfall);
  EXPECT_EQ(rows.back().back(), "9.0 bit");
  EXPECT_THAT(matching::DrawWaterfall(waterfall), HasSubstr("<svg"));
  why.set_replays(false);
  EXPECT_THAT(ToWaterfall(why).subtitle, HasSubstr("does not give these weights"));
}

TEST(MpiRenderTest, MonitorsShowWhatDiffersFromTheModel) {
  mpi::v1::Monitors monitors;
  mpi::v1::SourceMonitor& source = *monitors.add_sources();
  source.set_assigning_authority("2.999.1");
  const auto add = [&source](const char* level, uint32_t linked, uint32_t m) {
    mpi::v1::LevelRate& rate = *source.add_levels();
    rate.set_field("family");
    rate.set_level(level);
    rate.set_linked_ppm(linked);
    rate.set_model_m_ppm(m);
  };
  add("exact", 900'000, 920'000);
  add("differs", 50'000, 10'000);
  add("swapped", 10, 100);
  const Rows rows = MonitorRows(monitors);
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows[1][3], "differs");
}

TEST(MpiRenderTest, AScrubWithoutFaultsSaysSo) {
  mpi::v1::ScrubResult result;
  EXPECT_THAT(ScrubLines(result), Contains("everything is as it should be"));
  result.add_faults()->set_fault("person without records");
  result.mutable_faults(0)->set_count(2);
  EXPECT_THAT(ScrubLines(result), Contains("2  person without records"));
}

// Runs hiectl; it must not get as far as the exchange.
ExitCode RunArguments(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "hiectl");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  const SimulatedClock clock(absl::UnixEpoch());
  SeededRandom random(1);
  return RunCommandLine(static_cast<int>(argv.size()), argv.data(), clock, random);
}

TEST(MpiCommandLineTest, WhatIsMissingIsRefusedBeforeAnythingIsAsked) {
  EXPECT_EQ(RunArguments({"mpi"}), ExitCode::kUsage);
  EXPECT_EQ(RunArguments({"mpi", "task", "lease"}), ExitCode::kUsage);
  EXPECT_EQ(RunArguments({"mpi", "history"}), ExitCode::kUsage);
  EXPECT_EQ(RunArguments({"mpi", "undo", "--event", "5"}), ExitCode::kUsage);
  EXPECT_EQ(RunArguments({"mpi", "model", "activate", "--hash", "a"}), ExitCode::kUsage);
  EXPECT_EQ(RunArguments({"mpi", "tasks", "--kind", "nonsense"}), ExitCode::kUsage);
  EXPECT_EQ(RunArguments({"match", "monitor"}), ExitCode::kUsage);
  EXPECT_EQ(RunArguments({"match", "monitor", "--index", "--in", "x.csv"}), ExitCode::kUsage);
  EXPECT_EQ(RunArguments({"mpi", "golden", "--file", "/nonexistent.json"}), ExitCode::kNotFound);
  const std::string reason = testing::TempDir() + "/reason.txt";
  std::ofstream(reason) << "cards compared\n";
  EXPECT_EQ(RunArguments({"mpi", "task", "decide", "--task", "1", "--verdict", "maybe",
                          "--reason_file", reason, "--first_version", "1"}),
            ExitCode::kUsage);
}

TEST(MpiCommandLineTest, WhoHasNoKeysIsToldToSignIn) {
  for (const auto& command :
       std::vector<std::vector<std::string>>{{"mpi", "tasks"},
                                             {"mpi", "events", "--follow"},
                                             {"mpi", "model", "list"},
                                             {"mpi", "scrub"},
                                             {"match", "monitor", "--index"}}) {
    std::vector<std::string> arguments = command;
    arguments.insert(arguments.end(), {"--credentials", "/nonexistent"});
    EXPECT_EQ(RunArguments(arguments), ExitCode::kSignIn) << command.back();
  }
}

TEST(MpiCommandLineTest, HelpFitsOnOneScreen) {
  for (const auto& command : std::vector<std::vector<std::string>>{
           {"mpi"}, {"mpi", "model"}, {"mpi", "task", "decide"}}) {
    std::vector<std::string> arguments = command;
    arguments.emplace_back("--help");
    testing::internal::CaptureStdout();
    EXPECT_EQ(RunArguments(arguments), ExitCode::kOk);
    const std::string help = testing::internal::GetCapturedStdout();
    EXPECT_LE(std::count(help.begin(), help.end(), '\n'), 48) << help;
  }
}

}  // namespace
}  // namespace hie::ctl

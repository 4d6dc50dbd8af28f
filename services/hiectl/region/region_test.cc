#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "services/common/json/reader.h"
#include "services/hiectl/region/charts.h"
#include "services/hiectl/region/fhir_bundle.h"
#include "services/hiectl/region/region_writer.h"

namespace hie::region {
namespace {

constexpr uint64_t kSeed = 20261122;

std::map<std::string, std::string> FilesBelow(const std::filesystem::path& root) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    std::stringstream content;
    content << in.rdbuf();
    files[std::filesystem::relative(entry.path(), root)] = content.str();
  }
  return files;
}

TEST(PopulationTest, HoldsTwinsANewbornAndASonNamedAsHisFather) {
  const std::vector<Inhabitant> people = MakePopulation(2000, kSeed);
  ASSERT_EQ(people.size(), 2000u);
  size_t twins = 0, newborns = 0, juniors = 0;
  for (const Inhabitant& person : people) {
    twins += person.birth_order == 2;
    newborns += person.newborn;
    juniors += person.suffix == "JR";
    EXPECT_TRUE(ParseCivilDate(person.birth_date.ToString()).ok());
  }
  EXPECT_GE(twins, 1u);
  EXPECT_EQ(newborns, 1u);
  EXPECT_GE(juniors, 1u);
}

TEST(PopulationTest, DependsOnTheSeedAlone) {
  EXPECT_EQ(MakePopulation(50, 1)[7].given, MakePopulation(50, 1)[7].given);
  std::set<std::string> names;
  for (uint64_t seed = 1; seed <= 20; ++seed) names.insert(MakePopulation(50, seed)[0].family);
  EXPECT_GT(names.size(), 5u);
}

TEST(RegistrationsTest, DemonstrationPatientIsUnknownToTheFirstHospital) {
  const auto hospitals = Hospitals(3);
  std::set<size_t> at;
  for (const Registration& r : Register(MakePopulation(100, kSeed), hospitals, kSeed)) {
    if (r.inhabitant == 0) at.insert(r.hospital);
  }
  EXPECT_EQ(at, (std::set<size_t>{1, 2}));
}

TEST(RegistrationsTest, MrnsAreUniqueAndRegistrationsDiffer) {
  const auto people = MakePopulation(1000, kSeed);
  std::set<std::pair<size_t, std::string>> mrns;
  size_t different = 0;
  const auto registrations = Register(people, Hospitals(3), kSeed);
  for (const Registration& r : registrations) {
    EXPECT_TRUE(mrns.insert({r.hospital, r.mrn}).second);
    different += r.demographics.names[0].given[0] != people[r.inhabitant].given;
  }
  EXPECT_GT(different, registrations.size() / 50);
  EXPECT_LT(different, registrations.size() / 4);
}

TEST(ChartsTest, EveryBundleIsValidJsonWithThePatientFirst) {
  const auto hospitals = Hospitals(3);
  const auto registrations = Register(MakePopulation(200, kSeed), hospitals, kSeed);
  for (const Chart& chart : WriteCharts(registrations, hospitals, kSeed)) {
    const auto bundle = json::Read(ToFhirBundle(chart, hospitals[chart.registration.hospital]));
    ASSERT_TRUE(bundle.ok()) << bundle.status();
    ASSERT_EQ(bundle->Each("entry").size(), chart.entries.size() + 1);
    EXPECT_EQ(bundle->At("/entry/0/resource/resourceType")->text(), "Patient");
  }
}

TEST(ChartsTest, DemonstrationHasConflictSensitiveAndSealed) {
  const auto hospitals = Hospitals(3);
  const auto registrations = Register(MakePopulation(30, kSeed), hospitals, kSeed);
  std::set<std::string> labels, allergies;
  for (const Chart& chart : WriteCharts(registrations, hospitals, kSeed)) {
    if (chart.registration.inhabitant != 0) continue;
    for (const ChartEntry& entry : chart.entries) {
      labels.insert(entry.sensitivity.begin(), entry.sensitivity.end());
      if (entry.clinical_class == ClinicalClass::kAllergy) allergies.insert(entry.display);
    }
  }
  EXPECT_EQ(labels, (std::set<std::string>{"42CFRPart2", "HIV", "OPIOIDUD", "PSY", "PSYTHPN"}));
  EXPECT_EQ(allergies, (std::set<std::string>{"Allergy to penicillin", "No known allergy"}));
}

TEST(RegionWriterTest, SameOptionsGiveTheSameBytes) {
  const std::filesystem::path base =
      std::filesystem::path(testing::TempDir()) / "region_writer_test";
  std::filesystem::remove_all(base);
  const auto none = [](size_t, size_t) {};
  const auto first = WriteRegion({60, 3, 7, base / "a"}, none);
  const auto second = WriteRegion({60, 3, 7, base / "b"}, none);
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(FilesBelow(base / "a"), FilesBelow(base / "b"));
  EXPECT_GT(first->documents, 0u);
  EXPECT_EQ(WriteRegion({60, 3, 7, base / "a"}, none).status().code(),
            absl::StatusCode::kFailedPrecondition);
  std::filesystem::remove_all(base);
}

TEST(RegionWriterTest, RefusesOptionsOutOfRangeByName) {
  const auto none = [](size_t, size_t) {};
  EXPECT_EQ(WriteRegion({0, 3, 1, "/nonexistent/x"}, none).status().message(),
            "people: want 1 to 1000000");
  EXPECT_EQ(WriteRegion({5, 9, 1, "/nonexistent/x"}, none).status().message(),
            "members: want 1 to 6");
}

}  // namespace
}  // namespace hie::region

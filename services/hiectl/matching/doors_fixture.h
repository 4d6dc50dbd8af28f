#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "services/hiectl/matching/link_run.h"
#include "tests/support/status_matchers.h"

// Files of people for the tests of the doors, and the doors in process.  For tests only.
namespace hie::ctl::matching {

inline constexpr char kDoorColumns[] =
    "id = \"id\"\ntruth = \"who\"\ngiven = \"first\"\nfamily = \"last\"\nbirth_date = \"dob\"\n"
    "phone = \"phone\"\nstreet = \"street\"\npostal_code = \"zip\"\n[format]\nbirth_date = "
    "\"ymd\"\n";
inline constexpr char kDoorHead[] = "id,who,first,last,dob,phone,street,zip\n";

inline std::string Write(const std::string& name, const std::string& text) {
  const std::string path = ::testing::TempDir() + "/doors-" + name;
  std::filesystem::remove(path);
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

inline std::string ReadFile(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// People who differ in everything, two records each; every second one has lost his phone.
inline std::vector<std::string> Rows(size_t people) {
  const char* const first[] = {"Anna", "Boris", "Clara", "Dmitri", "Elena", "Farid", "Greta",
                               "Hugo", "Ines",  "Jakob", "Kaori",  "Lars",  "Mona"};
  const char* const last[] = {"Albrecht", "Bertolini", "Czerny",   "Dombrowski", "Eriksson",
                              "Fontaine", "Grimaldi",  "Horvath",  "Ivanov",     "Jansen",
                              "Kowalski", "Lindqvist", "Marchetti"};
  std::vector<std::string> rows;
  for (size_t i = 0; i < people; ++i) {
    for (int copy = 0; copy < 2; ++copy) {
      rows.push_back(absl::StrCat("r", i, "-", copy, ",p", i, ",", first[i % 13], ",",
                                  last[(i / 13 + i * 5) % 13], ",", 1930 + i % 80, "-", 10 + i % 3,
                                  "-", 10 + i % 19, ",",
                                  copy == 1 ? "" : absl::StrCat("312", 2000000 + i * 7919), ",",
                                  100 + i * 3, " ", last[i % 11], " Street,", 60000 + i));
    }
  }
  return rows;
}

inline std::string Csv(const std::vector<std::string>& rows) {
  return absl::StrCat(kDoorHead, absl::StrJoin(rows, "\n"), "\n");
}

// Runs and keeps what was said.
class DoorsTest : public ::testing::Test {
 protected:
  RunOptions Options(const std::string& csv) const {
    RunOptions options;
    options.inputs = {csv};
    options.columns = {Write("columns.toml", kDoorColumns)};
    options.out = ::testing::TempDir() + "/out.csv";
    return options;
  }
  Voice voice() {
    return {[this](absl::string_view text) { said_.emplace_back(text); }, nullptr};
  }
  LinkReport Link(const RunOptions& options) {
    return ::hie::testing::ValueOrDie(RunLink(options, clock_, voice()));
  }
  // The clusters of the last run, as sets of ids.
  std::vector<std::vector<std::string>> Clusters() const {
    std::map<std::string, std::vector<std::string>> by_cluster;
    for (const absl::string_view line :
         absl::StrSplit(ReadFile(::testing::TempDir() + "/out.csv"), '\n', absl::SkipEmpty())) {
      const std::vector<std::string> cells = absl::StrSplit(line, ',');
      if (cells[0] != "row") by_cluster[cells[2]].push_back(cells[1]);
    }
    std::vector<std::vector<std::string>> clusters;
    for (auto& [number, ids] : by_cluster) {
      std::sort(ids.begin(), ids.end());
      clusters.push_back(ids);
    }
    std::sort(clusters.begin(), clusters.end());
    return clusters;
  }

  SimulatedClock clock_{absl::UnixEpoch()};
  std::vector<std::string> said_;
};

}  // namespace hie::ctl::matching

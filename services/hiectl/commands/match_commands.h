#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "services/hiectl/commands/context.h"

namespace hie::ctl {

// Matching of files, offline: no exchange is called.  Rows may be PHI; results hold ids, numbers
// and what was asked for.
struct MatchOptions {
  std::vector<std::string> inputs;
  std::vector<std::string> columns;
  std::string model;
  std::string rules;
  bool train = false;
  size_t threads = 2;
  uint64_t seed = 1;
  std::string truth;
  std::vector<std::string> match_values;
  std::string out;
  std::string review;
  std::string issues;
  bool show_values = false;
  size_t row = 0;            // Of a pair, from 1.
  std::vector<size_t> rows;  // Two rows of inputs, from 1.
  std::string svg;
};

// What `match columns --help` says of column files.
extern const char kColumnFileHelp[];

// `match link`: a cluster for each record of one file, or across two.
ExitCode MatchLink(const Context& context, const MatchOptions& options);

// `match pairs`: link, review or no for each pair of a file.
ExitCode MatchPairs(const Context& context, const MatchOptions& options);

// `match train`: a model learnt from a file, without labels.
ExitCode MatchTrain(const Context& context, const MatchOptions& options);

// `match monitor`: values that say nothing, heavy keys, expected against made matches.
ExitCode MatchMonitor(const Context& context, const MatchOptions& options);

// `match explain`: why a pair has its weight, as a table and a picture.
ExitCode MatchExplain(const Context& context, const MatchOptions& options);

// `match columns`: proposes a column file.
ExitCode MatchColumns(const Context& context, const MatchOptions& options);

}  // namespace hie::ctl

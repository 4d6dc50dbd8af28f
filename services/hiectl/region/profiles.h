#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "services/hiectl/region/people.h"

namespace hie::region {

// Takes the records of a profile and says when there are enough.
class RecordSink {
 public:
  RecordSink(const PeopleOptions& options, const std::function<void(const GeneratedRecord&)>& sink)
      : options_(options), sink_(sink) {}

  // Passes the record on, unless there are enough.
  void Put(const GeneratedRecord& record);
  // Says that all records of one more person, or of several, have been put.
  void PersonDone(uint64_t people = 1) { counts_.people += people; }
  bool full() const;
  const PeopleCounts& counts() const { return counts_; }

 private:
  const PeopleOptions& options_;
  const std::function<void(const GeneratedRecord&)>& sink_;
  PeopleCounts counts_;
};

// Each fills the sink with the records of its profile.  Deterministic in `seed`.
void GenerateRegion(uint64_t seed, RecordSink& sink);
void GenerateFew(uint64_t seed, RecordSink& sink);
void GenerateHistorical(uint64_t seed, RecordSink& sink);
void GenerateHeavy(uint64_t seed, RecordSink& sink);
void GenerateChains(uint64_t seed, RecordSink& sink);

}  // namespace hie::region

#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "hie/mpi/v1/mpi_state.pb.h"
#include "mpi/link/link_plan.h"
#include "mpi/normalize/features.h"
#include "mpi/score/model.h"
#include "mpi/store/mpi_reader.h"

namespace hie::mpi {

// A key that more records hold is walked in its refined form.
inline constexpr size_t kKeyRecordsMax = 200;
// Records that one match reads through keys at most, rarest keys first.
inline constexpr size_t kCandidatesMax = 1000;

// What is matched.
struct Question {
  Features features;
  uint64_t fingerprint = 0;  // Of what the features were made of.
  RecordNumber self = 0;     // A record that is not compared with itself; 0: not registered yet.
};

// Builds the question of a record's demographics.  INVALID_ARGUMENT: they cannot be read.
absl::StatusOr<Question> MakeQuestion(const common::v1::LocalPatient& patient,
                                      const common::v1::Demographics& demographics,
                                      RecordNumber self);

// Compares the question with every record of every person that shares a key with it, and with the
// rest of its own person.
//
// The plan names the versions of everything that was read.  Expensive: a key count per key, a
// scan per key, the rows of all candidates.
absl::StatusOr<v1::MatchPlan> Match(const MpiReader& reader, const Question& question,
                                    const Model& model);

// Match, or `plan` (bytes) where it is of this question and everything that it read is unchanged:
// then nothing is scored.  Gives the same as Match, whatever the bytes of an earlier plan.
absl::StatusOr<v1::MatchPlan> MatchOrReuse(const MpiReader& reader, const Question& question,
                                           const Model& model, absl::string_view plan);

// The persons of a plan who have records to compare with.
std::vector<PersonScore> PersonScores(const v1::MatchPlan& plan);

// The mean weight and the vetoes between all records of two persons.
struct PersonsScore {
  Millibits mean = 0;
  VetoSet vetoes = 0;
};
absl::StatusOr<PersonsScore> ScorePersons(const MpiReader& reader, const v1::PersonRow& a,
                                          const v1::PersonRow& b, const Model& model);

// The weight between two records.
absl::StatusOr<Millibits> WeightBetweenRecords(const MpiReader& reader, RecordNumber a,
                                               RecordNumber b, const Model& model);

}  // namespace hie::mpi

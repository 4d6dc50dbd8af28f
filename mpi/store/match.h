#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "hie/mpi/v1/mpi_state.pb.h"
#include "mpi/block/block_key.h"
#include "mpi/link/link_plan.h"
#include "mpi/score/model.h"
#include "mpi/store/mpi_reader.h"

namespace hie::mpi {

// A fine key that more records hold is walked in its refined form; a broad one from fewer on, and a
// very broad one as soon as it is counted (kCountedByWalking).
inline constexpr size_t kKeyRecordsMax = 200;
inline constexpr size_t kBroadKeyRecordsMax = 60;
// The number of records up to which a key of the type is walked in whole.
uint64_t KeyRecordsCap(KeyType type);
// Records that one match reads through keys at most, rarest keys first.
inline constexpr size_t kCandidatesMax = 1000;
// A person none of whose found records comes within this of the floor is not expanded to the rest.
inline constexpr Millibits kExpandSlack = 8'000;

// What is matched.
struct Question {
  std::string packed;        // See packed_record.h.
  uint64_t fingerprint = 0;  // Of what the features were made of.
  RecordNumber self = 0;     // A record that is not compared with itself; 0: not registered yet.
};

// The hash of what a question is made of.
uint64_t QuestionFingerprint(const common::v1::LocalPatient& patient,
                             const common::v1::Demographics& demographics);

// Builds the question of a record's demographics.  INVALID_ARGUMENT: they cannot be read.
absl::StatusOr<Question> MakeQuestion(const common::v1::LocalPatient& patient,
                                      const common::v1::Demographics& demographics,
                                      RecordNumber self);

// Compares the question with the records that share a key with it, with all records of the persons
// of those who come near `floor`, and with the rest of its own person.
//
// Persons whose best record is below `floor` are watched, not listed.  The plan names all that was
// read.  Expensive: a count and a scan per key, a row per candidate.
absl::StatusOr<v1::MatchPlan> Match(const MpiReader& reader, const Question& question,
                                    const Model& model, Millibits floor);
// The same for linking: the floor is Thresholds::review.
absl::StatusOr<v1::MatchPlan> Match(const MpiReader& reader, const Question& question,
                                    const Model& model);

// Takes over a plan (bytes) of Match that is of this question; its packed record then spares making
// the question.  Nothing: it is not, or cannot be read.
std::optional<v1::MatchPlan> ReadPlan(absl::string_view plan, uint64_t fingerprint,
                                      RecordNumber self, const Model& model);

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

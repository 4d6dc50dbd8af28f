#pragma once

#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "mpi/score/model.h"
#include "mpi/score/score.h"
#include "mpi/score/veto.h"
#include "services/common/base/strong_id.h"

namespace hie::mpi {

// Counts the records of an index; never reused.
using RecordNumber = uint64_t;

// A record opens at most this many possible links: more is noise that nobody reviews.
inline constexpr size_t kPossibleLinksMax = 8;

// One comparison of the record in question.
struct RecordScore {
  RecordNumber record = 0;
  Millibits weight = 0;
  VetoSet vetoes = 0;
  Millibits household = 0;  // The weight against a household member.
  PairSupport support;
  bool may_be_kin = false;  // See kinship.h.
  bool conflict = false;    // What several records of one person should not show.
  friend bool operator==(const RecordScore&, const RecordScore&) = default;
};

// How the record in question compares with all records of one person.
struct PersonScore {
  EnterpriseId eid;
  std::vector<RecordScore> records;  // Not empty.
  bool forbidden = false;            // Decided: never this person.
  // The weight of the strongest level that each field reaches with any of the records, less what
  // the choice among so many is worth; whether that agreement may be kin.
  Millibits together = 0;
  bool together_may_be_kin = false;

  // The mean decides: one good record does not carry a person that it contradicts.
  Millibits mean() const;
  // The strongest record; of equals the lowest number.
  const RecordScore& best() const;
  // The vetoes against any of the records.
  VetoSet vetoes() const;
  friend bool operator==(const PersonScore&, const PersonScore&) = default;
};

// The three outcomes of matching.
enum class Outcome { kLink, kReview, kNew };

// What to do with a record.
struct LinkPlan {
  Outcome outcome = Outcome::kNew;
  // For kLink: the person; two where the record shows that both are one.
  std::vector<EnterpriseId> link;
  // Records to open possible links with, best first; also beside a link.
  std::vector<RecordScore> possible;
  // The strongest weight against anyone who is not forbidden; 0 without candidates.
  Millibits best_weight = 0;
  friend bool operator==(const LinkPlan&, const LinkPlan&) = default;
};

// Tells whether two persons may be merged on a record's evidence: mean weight between all their
// records at or above Thresholds::merge, no veto, no cannot-link.
using MayMerge = absl::FunctionRef<bool(const EnterpriseId&, const EnterpriseId&)>;

// Decides between link, review and new.
//
// Links the one person whose mean weight passes, without veto, and who is Thresholds::margin
// ahead of everyone else in review range; merges two who both pass if `may_merge` says so.
// Deterministic whatever the order of `persons`.
LinkPlan PlanLinks(std::vector<PersonScore> persons, const Thresholds& thresholds,
                   MayMerge may_merge);

}  // namespace hie::mpi

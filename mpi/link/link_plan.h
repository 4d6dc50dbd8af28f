#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "mpi/link/group_evidence.h"
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

  // The strongest record; of equals the lowest number.
  const RecordScore& best() const;
  // The vetoes against any of the records.
  VetoSet vetoes() const;
  friend bool operator==(const PersonScore&, const PersonScore&) = default;
};

// What the records of a person say of the record in question, as groups are judged.
GroupEvidence EvidenceOf(const PersonScore& person, const Model& model);

// The three outcomes of matching.
enum class Outcome { kLink, kReview, kNew };

// What to do with a record.
struct LinkPlan {
  Outcome outcome = Outcome::kNew;
  // For kLink: the person; several where the record shows that all of them are one.
  std::vector<EnterpriseId> link;
  // Records to open possible links with, best first; also beside a link.
  std::vector<RecordScore> possible;
  // The strongest weight against anyone who is not forbidden; 0 without candidates.
  Millibits best_weight = 0;
  friend bool operator==(const LinkPlan&, const LinkPlan&) = default;
};

// What is known of persons beyond the scores of the record in question.
//
// A plan asks for it only where a link depends on it: all of this is expensive.
class PersonPairs {
 public:
  virtual ~PersonPairs() = default;

  // All pairs of records of two persons; forbidden where a decision stands between them.
  virtual GroupEvidence Between(const EnterpriseId& a, const EnterpriseId& b) = 0;

  // The weight of the strongest level that each field reaches between the record in question with
  // all records of `group` on one side and those of `other` on the other, less what the choice
  // among so many is worth; as it counts against Thresholds::link.
  virtual Millibits Together(absl::Span<const EnterpriseId> group, const EnterpriseId& other) = 0;

  // Whether the person is of two records, and these conflict: then nobody else joins.
  virtual bool HasConflict(const EnterpriseId& person) = 0;

  // Persons with whom the person has open possible links, rising.
  virtual std::vector<EnterpriseId> OpenWith(const EnterpriseId& person) = 0;
};

// Decides between link, review and new, for a record that is alone or, with `own`, stands for the
// person that it belongs to with others.  `persons` does not hold `own`.
//
// The record begins as a group of its own and joins one person after another, best mean first, by
// the rules that group whole files: whoever may be one with the group so far (MayBeOne), where
// nobody else fits the group or that person nearly as well (IsNear, IsSomebodyElse).  After the
// first the bar is higher: a pair of records must reach it by itself, but for a person of one
// record, who joins like a record that arrives.  Whoever stays apart and is in review range becomes
// a possible link.
//
// Deterministic whatever the order of `persons`.  Cost: what is asked of `pairs` is little: all
// pairs of two persons only where both are in review range of the record.
LinkPlan PlanLinks(const std::vector<PersonScore>& persons, const std::optional<EnterpriseId>& own,
                   const Model& model, PersonPairs& pairs);

}  // namespace hie::mpi

#include "mpi/store/relink.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "mpi/link/membership.h"
#include "mpi/store/explanation.h"
#include "mpi/store/match.h"
#include "mpi/store/person_edit.h"
#include "mpi/store/person_pairs.h"
#include "services/common/base/status_macros.h"

namespace hie::mpi {
namespace {

// One run of Relink, step by step.
class Relinking {
 public:
  Relinking(MpiEdit& edit, RecordNumber record, const Model& model)
      : edit_(edit), record_(record), model_(model) {}

  absl::StatusOr<Relinked> Run(const v1::MatchPlan& match) {
    HIE_ASSIGN_OR_RETURN(own_, OwnEid());
    if (own_.empty()) result_.outcome = v1::LINK_OUTCOME_NEW;
    std::vector<PersonScore> persons = PersonScores(match);
    const std::optional<PersonScore> others = TakeOwn(persons);
    HIE_RETURN_IF_ERROR(LeaveIfContradicted(others, persons));
    HIE_RETURN_IF_ERROR(Forbid(persons));
    HIE_ASSIGN_OR_RETURN(const LinkPlan plan, Plan(persons));
    result_.best_weight = plan.best_weight;
    HIE_RETURN_IF_ERROR(Link(plan));
    HIE_RETURN_IF_ERROR(Explain(match, plan));
    HIE_RETURN_IF_ERROR(ReplacePossibleLinks(plan));
    return std::move(result_);
  }

 private:
  absl::StatusOr<std::string> OwnEid() const {
    HIE_ASSIGN_OR_RETURN(const v1::RecordRow row, edit_.reader().Record(record_));
    return row.eid();
  }

  // Takes the record's own person out of `persons`: the rest of it, if there is any.
  std::optional<PersonScore> TakeOwn(std::vector<PersonScore>& persons) const {
    const auto own = std::find_if(persons.begin(), persons.end(), [&](const PersonScore& person) {
      return person.eid.value() == own_;
    });
    if (own == persons.end()) return std::nullopt;
    PersonScore taken = std::move(*own);
    persons.erase(own);
    return taken;
  }

  absl::StatusOr<LinkOrigin> OriginOfMembership(const PersonScore& others) const {
    for (const RecordScore& other : others.records) {
      HIE_ASSIGN_OR_RETURN(const auto decision, edit_.reader().Decision(record_, other.record));
      if (decision && decision->same_person()) return LinkOrigin::kDecided;
    }
    return LinkOrigin::kMatched;
  }

  // Splits the record off its person where it contradicts the others; these stay candidates.
  absl::Status LeaveIfContradicted(const std::optional<PersonScore>& others,
                                   std::vector<PersonScore>& persons) {
    if (!others) return absl::OkStatus();
    HIE_ASSIGN_OR_RETURN(const LinkOrigin origin, OriginOfMembership(*others));
    const Membership membership = JudgeMembership(others, origin, model_);
    if (membership == Membership::kContradictsDecision) {
      result_.events.push_back("decision-contradicted");
    } else if (membership == Membership::kDoubtful) {
      result_.events.push_back("membership-doubtful");
    }
    if (membership != Membership::kLeaves) return absl::OkStatus();
    std::vector<RecordNumber> rest;
    for (const RecordScore& other : others->records) rest.push_back(other.record);
    HIE_RETURN_IF_ERROR(SplitPerson(edit_, own_, {record_}, rest));
    HIE_ASSIGN_OR_RETURN(own_, OwnEid());
    HIE_ASSIGN_OR_RETURN(const v1::RecordRow row, edit_.reader().Record(rest.front()));
    PersonScore remaining = *others;
    remaining.eid = EnterpriseId(row.eid());
    persons.push_back(std::move(remaining));
    result_.events.push_back("left-person");
    result_.outcome = v1::LINK_OUTCOME_NEW;
    return absl::OkStatus();
  }

  // A record without a person is new: nobody can have decided about it.
  absl::Status Forbid(std::vector<PersonScore>& persons) const {
    if (own_.empty()) return absl::OkStatus();
    HIE_ASSIGN_OR_RETURN(const v1::PersonRow own, edit_.reader().Person(own_));
    for (PersonScore& person : persons) {
      HIE_ASSIGN_OR_RETURN(const v1::PersonRow other, edit_.reader().Person(person.eid.value()));
      HIE_ASSIGN_OR_RETURN(person.forbidden, CannotLinkBetween(edit_.reader(), own, other));
    }
    return absl::OkStatus();
  }

  // Plans; a record that has company takes it along.
  absl::StatusOr<LinkPlan> Plan(const std::vector<PersonScore>& persons) const {
    StoredPersonPairs pairs(edit_.reader(), record_, model_);
    HIE_ASSIGN_OR_RETURN(const bool alone, Alone());
    const auto own = alone ? std::nullopt : std::optional<EnterpriseId>(EnterpriseId(own_));
    const LinkPlan plan = PlanLinks(persons, own, model_, pairs);
    HIE_RETURN_IF_ERROR(pairs.status());
    return plan;
  }

  absl::StatusOr<bool> Alone() const {
    if (own_.empty()) return true;
    HIE_ASSIGN_OR_RETURN(const v1::PersonRow own, edit_.reader().Person(own_));
    return own.record_numbers_size() == 1;
  }

  // Gives a new record its person: the one it links to, else its own.
  absl::Status Settle(const LinkPlan& plan) {
    if (plan.link.empty()) {
      HIE_ASSIGN_OR_RETURN(own_, MakePerson(edit_, {record_}));
      return absl::OkStatus();
    }
    own_ = plan.link.front().value();
    return AddToPerson(edit_, own_, record_);
  }

  absl::Status Link(const LinkPlan& plan) {
    if (own_.empty()) HIE_RETURN_IF_ERROR(Settle(plan));
    if (plan.outcome == Outcome::kReview) result_.outcome = v1::LINK_OUTCOME_REVIEW;
    if (plan.link.empty()) return absl::OkStatus();
    for (const EnterpriseId& eid : plan.link) {
      HIE_ASSIGN_OR_RETURN(own_, MergePersons(edit_, own_, eid.value()));
    }
    result_.events.push_back(plan.link.size() > 1 ? "persons-merged" : "linked");
    result_.outcome = v1::LINK_OUTCOME_LINKED;
    return absl::OkStatus();
  }

  // Keeps why the record was linked: its strongest pair with the person that it joined.
  absl::Status Explain(const v1::MatchPlan& match, const LinkPlan& plan) {
    if (plan.link.empty()) return absl::OkStatus();
    for (const PersonScore& person : PersonScores(match)) {
      if (person.eid != plan.link.front()) continue;
      return KeepExplanation(edit_, record_, person.best().record, model_);
    }
    return absl::OkStatus();
  }

  absl::Status TouchBoth(RecordNumber other) {
    HIE_ASSIGN_OR_RETURN(const v1::RecordRow row, edit_.reader().Record(other));
    HIE_RETURN_IF_ERROR(edit_.TouchLinks(row.eid()));
    return edit_.TouchLinks(own_);
  }

  // The record's possible links become those of the plan, and nothing is touched where they are
  // already.
  absl::Status ReplacePossibleLinks(const LinkPlan& plan) {
    std::map<RecordNumber, Millibits> wanted;
    for (const RecordScore& score : plan.possible) wanted[score.record] = score.weight;
    HIE_ASSIGN_OR_RETURN(const auto links, edit_.reader().PossibleLinksOf(record_));
    const std::map<RecordNumber, Millibits> present(links.begin(), links.end());
    if (wanted == present && result_.outcome == v1::LINK_OUTCOME_REVIEW) {
      result_.outcome = v1::LINK_OUTCOME_UNCHANGED;
    }
    for (const auto& [other, weight] : present) {
      if (wanted.count(other) != 0) continue;
      edit_.DeletePossibleLink(record_, other);
      HIE_RETURN_IF_ERROR(TouchBoth(other));
    }
    for (const auto& [other, weight] : wanted) {
      const auto found = present.find(other);
      if (found != present.end() && found->second == weight) continue;
      edit_.PutPossibleLink(record_, other, weight);
      HIE_RETURN_IF_ERROR(TouchBoth(other));
    }
    if (!wanted.empty() && wanted != present) result_.events.push_back("possible-link");
    return absl::OkStatus();
  }

  MpiEdit& edit_;
  const RecordNumber record_;
  const Model& model_;
  std::string own_;
  Relinked result_;
};

}  // namespace

absl::StatusOr<Relinked> Relink(MpiEdit& edit, RecordNumber record, const v1::MatchPlan& match,
                                const Model& model) {
  return Relinking(edit, record, model).Run(match);
}

}  // namespace hie::mpi

#include "mpi/link/link_plan.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "mpi/score/kinship.h"

namespace hie::mpi {
namespace {

// A person beside the group that the record is part of.
struct Other {
  EnterpriseId eid;
  const PersonScore* score = nullptr;
  GroupEvidence evidence;  // Between the group and this person.
};

// Grows a group around the record.
class Growth {
 public:
  Growth(const std::vector<PersonScore>& persons, const std::optional<EnterpriseId>& own,
         const Model& model, PersonPairs& pairs)
      : model_(model), pairs_(pairs) {
    if (own) {
      group_.push_back(*own);
      closed_ = pairs_.HasConflict(*own);
    }
    for (const PersonScore& person : persons) {
      if (person.forbidden) continue;
      Other& other = others_.emplace_back(Other{person.eid, &person, EvidenceOf(person, model)});
      if (own && Fits(other)) other.evidence = pairs_.Between(*own, person.eid);
    }
    std::sort(others_.begin(), others_.end(),
              [](const Other& a, const Other& b) { return a.eid < b.eid; });
  }

  // The persons that join, in order.
  std::vector<EnterpriseId> Run() {
    std::vector<EnterpriseId> joined;
    while (const Other* next = FindNext()) {
      const Other joining = *next;
      joined.push_back(joining.eid);
      Join(joining);
    }
    return joined;
  }

 private:
  bool Fits(const Other& other) const {
    return other.evidence.best_weight() >= model_.thresholds.review;
  }

  // What two persons of several records say only together does not make them one.  Who came first
  // must not tell: a record that could have joined the others joins them as a person too.
  Millibits Together(const Other& other) {
    if (group_.empty()) {
      return JudgedWeight(other.score->together, other.score->together_may_be_kin, model_);
    }
    return other.score->records.size() == 1 ? pairs_.Together(group_, other.eid) : kPairWeightMin;
  }

  // Only two are ever joined in spite of a conflict.
  bool HasConflict(const Other& other) {
    constexpr size_t kPair = 2;
    return other.score->records.size() == kPair && FamiliesShow(model_) &&
           pairs_.HasConflict(other.eid);
  }

  bool MayJoin(const Other& other) {
    return MayBeOne(other.evidence, model_.thresholds, [&] { return Together(other); }) &&
           !HasConflict(other);
  }

  // The best who may join and has no rival; null: nobody.
  const Other* FindNext() {
    std::vector<const Other*> attempts;
    if (closed_) return nullptr;
    for (const Other& other : others_) {
      if (MayJoin(other)) attempts.push_back(&other);
    }
    std::sort(attempts.begin(), attempts.end(), [](const Other* a, const Other* b) {
      const auto order = [](const Other* other) {
        return std::make_tuple(-other->evidence.mean_weight(), -other->evidence.best_weight(),
                               other->eid);
      };
      return order(a) < order(b);
    });
    for (const Other* attempt : attempts) {
      if (!HasRival(*attempt)) return attempt;
    }
    return nullptr;
  }

  // Whoever fits the group, or the person who is to join, nearly as well and is somebody else.
  bool HasRival(const Other& next) {
    for (const Other& rival : others_) {
      if (&rival == &next || !IsNear(rival.evidence, next.evidence, model_.thresholds)) continue;
      if (IsSomebodyElse(ToBoth(next, rival), model_.thresholds)) return true;
    }
    return others_.size() > 1 && HasRivalOfItsOwn(next);
  }

  GroupEvidence ToBoth(const Other& next, const Other& rival) {
    GroupEvidence to_both = rival.evidence;
    to_both.Join(pairs_.Between(next.eid, rival.eid));
    return to_both;
  }

  // Who fits the person that is to join stands in its possible links.
  bool HasRivalOfItsOwn(const Other& next) {
    for (const EnterpriseId& eid : pairs_.OpenWith(next.eid)) {
      const Other* rival = Find(eid);
      if (rival == nullptr) continue;
      const GroupEvidence to_next = pairs_.Between(next.eid, eid);
      if (!IsNear(to_next, next.evidence, model_.thresholds)) continue;
      GroupEvidence to_both = to_next;
      to_both.Join(rival->evidence);
      if (IsSomebodyElse(to_both, model_.thresholds)) return true;
    }
    return false;
  }

  const Other* Find(const EnterpriseId& eid) const {
    for (const Other& other : others_) {
      if (other.eid == eid) return &other;
    }
    return nullptr;
  }

  void Join(const Other& joining) {
    closed_ = joining.evidence.conflict();
    group_.push_back(joining.eid);
    others_.erase(std::find_if(others_.begin(), others_.end(),
                               [&](const Other& other) { return other.eid == joining.eid; }));
    for (Other& other : others_) {
      if (Fits(other)) other.evidence.Join(pairs_.Between(joining.eid, other.eid));
    }
  }

  const Model& model_;
  PersonPairs& pairs_;
  std::vector<EnterpriseId> group_;  // Without the record.
  std::vector<Other> others_;        // Rising by EID.
  bool closed_ = false;              // Two that conflict were joined: they take no third.
};

std::vector<RecordScore> ChoosePossible(const std::vector<PersonScore>& persons,
                                        const std::vector<EnterpriseId>& linked,
                                        const Thresholds& thresholds) {
  std::vector<RecordScore> possible;
  for (const PersonScore& person : persons) {
    const bool is_linked = std::find(linked.begin(), linked.end(), person.eid) != linked.end();
    if (!is_linked && !person.forbidden && person.best().weight >= thresholds.review) {
      possible.push_back(person.best());
    }
  }
  std::sort(possible.begin(), possible.end(), [](const RecordScore& a, const RecordScore& b) {
    return a.weight != b.weight ? a.weight > b.weight : a.record < b.record;
  });
  if (possible.size() > kPossibleLinksMax) possible.resize(kPossibleLinksMax);
  return possible;
}

Millibits BestWeight(const std::vector<PersonScore>& persons) {
  std::optional<Millibits> best;
  for (const PersonScore& person : persons) {
    if (person.forbidden) continue;
    best = best ? std::max(*best, person.best().weight) : person.best().weight;
  }
  return best.value_or(0);
}

}  // namespace

const RecordScore& PersonScore::best() const {
  return *std::max_element(
      records.begin(), records.end(), [](const RecordScore& a, const RecordScore& b) {
        return a.weight != b.weight ? a.weight < b.weight : a.record > b.record;
      });
}

VetoSet PersonScore::vetoes() const {
  VetoSet set = 0;
  for (const RecordScore& record : records) set |= record.vetoes;
  return set;
}

GroupEvidence EvidenceOf(const PersonScore& person, const Model& model) {
  const bool families = FamiliesShow(model);
  GroupEvidence evidence;
  for (const RecordScore& score : person.records) {
    evidence.Add({JudgedWeight(score.weight, score.may_be_kin, model), score.household,
                  score.vetoes, score.conflict && families, score.support},
                 score.record, 0);
  }
  return evidence;
}

LinkPlan PlanLinks(const std::vector<PersonScore>& persons, const std::optional<EnterpriseId>& own,
                   const Model& model, PersonPairs& pairs) {
  LinkPlan plan;
  plan.best_weight = BestWeight(persons);
  plan.link = Growth(persons, own, model, pairs).Run();
  plan.possible = ChoosePossible(persons, plan.link, model.thresholds);
  if (!plan.link.empty()) {
    plan.outcome = Outcome::kLink;
  } else if (!plan.possible.empty()) {
    plan.outcome = Outcome::kReview;
  }
  return plan;
}

}  // namespace hie::mpi

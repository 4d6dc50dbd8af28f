#include "mpi/link/link_plan.h"

#include <algorithm>

namespace hie::mpi {
namespace {

bool Passes(const PersonScore& person, const Thresholds& thresholds) {
  return person.vetoes() == 0 && person.mean() >= thresholds.link;
}

// Best first; ties by EID, so that the order in which the index was read does not show.
void SortByMean(std::vector<PersonScore>& persons) {
  std::sort(persons.begin(), persons.end(), [](const PersonScore& a, const PersonScore& b) {
    return a.mean() != b.mean() ? a.mean() > b.mean() : a.eid < b.eid;
  });
}

// Those in review range who are too near to `best` to be passed over.
std::vector<const PersonScore*> Rivals(const std::vector<PersonScore>& persons,
                                       const PersonScore& best, const Thresholds& thresholds) {
  std::vector<const PersonScore*> rivals;
  for (const PersonScore& person : persons) {
    const bool near = person.mean() > best.mean() - thresholds.margin;
    if (&person != &best && near && person.mean() >= thresholds.review) rivals.push_back(&person);
  }
  return rivals;
}

std::vector<EnterpriseId> ChooseLink(const std::vector<PersonScore>& persons,
                                     const Thresholds& thresholds, MayMerge may_merge) {
  const auto best = std::find_if(persons.begin(), persons.end(), [&](const PersonScore& person) {
    return Passes(person, thresholds);
  });
  if (best == persons.end()) return {};
  const std::vector<const PersonScore*> rivals = Rivals(persons, *best, thresholds);
  if (rivals.empty()) return {best->eid};
  const bool one_person =
      rivals.size() == 1 && Passes(*rivals[0], thresholds) && may_merge(best->eid, rivals[0]->eid);
  if (!one_person) return {};
  return {best->eid, rivals[0]->eid};
}

std::vector<RecordScore> ChoosePossible(const std::vector<PersonScore>& persons,
                                        const std::vector<EnterpriseId>& linked,
                                        const Thresholds& thresholds) {
  std::vector<RecordScore> possible;
  for (const PersonScore& person : persons) {
    const bool is_linked = std::find(linked.begin(), linked.end(), person.eid) != linked.end();
    if (!is_linked && person.best().weight >= thresholds.review) {
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
  if (persons.empty()) return 0;
  Millibits best = persons.front().best().weight;
  for (const PersonScore& person : persons) best = std::max(best, person.best().weight);
  return best;
}

}  // namespace

Millibits PersonScore::mean() const {
  int64_t sum = 0;
  for (const RecordScore& record : records) sum += record.weight;
  return static_cast<Millibits>(sum / static_cast<int64_t>(records.size()));
}

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

LinkPlan PlanLinks(std::vector<PersonScore> persons, const Thresholds& thresholds,
                   MayMerge may_merge) {
  persons.erase(std::remove_if(persons.begin(), persons.end(),
                               [](const PersonScore& person) { return person.forbidden; }),
                persons.end());
  SortByMean(persons);
  LinkPlan plan;
  plan.best_weight = BestWeight(persons);
  plan.link = ChooseLink(persons, thresholds, may_merge);
  plan.possible = ChoosePossible(persons, plan.link, thresholds);
  if (!plan.link.empty()) {
    plan.outcome = Outcome::kLink;
  } else if (!plan.possible.empty()) {
    plan.outcome = Outcome::kReview;
  }
  return plan;
}

}  // namespace hie::mpi

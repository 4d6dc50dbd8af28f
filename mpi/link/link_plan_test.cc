#include "mpi/link/link_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>

#include "mpi/score/kinship.h"

namespace hie::mpi {
namespace {

// No two persons are one.
class NoPairs final : public PersonPairs {
 public:
  GroupEvidence Between(const EnterpriseId& /*a*/, const EnterpriseId& /*b*/) override {
    GroupEvidence apart;
    apart.Forbid();
    return apart;
  }
  Millibits Together(absl::Span<const EnterpriseId> /*group*/,
                     const EnterpriseId& /*other*/) override {
    return kPairWeightMin;
  }
  bool HasConflict(const EnterpriseId& /*person*/) override { return false; }
  std::vector<EnterpriseId> OpenWith(const EnterpriseId& /*person*/) override { return {}; }
};

LinkPlan PlanAlone(const std::vector<PersonScore>& persons, const Model& model) {
  NoPairs nobody;
  return PlanLinks(persons, std::nullopt, model, nobody);
}

constexpr VetoSet kBinding = OnlyVeto(Veto::kGeneration);
constexpr VetoSet kOutweighed = OnlyVeto(Veto::kSsnAndGiven);
constexpr RecordNumber kQuestion = 0;

const Thresholds& Bounds() { return DefaultModel().thresholds; }

// A pair whose fields all speak alike for `weight`.
RecordScore Says(RecordNumber record, Millibits weight, VetoSet vetoes = 0) {
  const Millibits said = std::clamp(weight * 2, -kSaidMax, kSaidMax);
  return {record, weight, vetoes, weight, {said, kSaidMax}, false, false};
}

// Persons, and what every two records say of each other.
class Region final : public PersonPairs {
 public:
  void Set(RecordNumber a, RecordNumber b, Millibits weight, VetoSet vetoes = 0) {
    Set(a, b, Says(0, weight, vetoes));
  }
  void Set(RecordNumber a, RecordNumber b, const RecordScore& score) {
    scores_[std::minmax(a, b)] = score;
  }
  void Add(const std::string& eid, std::vector<RecordNumber> records) {
    persons_[EnterpriseId(eid)] = std::move(records);
  }
  void Open(const std::string& a, const std::string& b) {
    open_[EnterpriseId(a)].insert(EnterpriseId(b));
    open_[EnterpriseId(b)].insert(EnterpriseId(a));
  }
  void Decide(const std::string& a, const std::string& b) {
    apart_.insert(std::minmax(EnterpriseId(a), EnterpriseId(b)));
  }

  RecordScore Score(RecordNumber a, RecordNumber b) const {
    const auto found = scores_.find(std::minmax(a, b));
    return found == scores_.end() ? Says(0, -15'000) : found->second;
  }
  GroupEvidence Of(const std::vector<RecordNumber>& a, const std::vector<RecordNumber>& b) const {
    GroupEvidence evidence;
    for (const RecordNumber s : a) {
      for (const RecordNumber t : b) {
        const RecordScore score = Score(s, t);
        evidence.Add({JudgedWeight(score.weight, score.may_be_kin, DefaultModel()), score.household,
                      score.vetoes, score.conflict, score.support},
                     std::min(s, t), std::max(s, t));
      }
    }
    return evidence;
  }
  const std::vector<RecordNumber>& records(const EnterpriseId& eid) const {
    return persons_.at(eid);
  }
  const std::map<EnterpriseId, std::vector<RecordNumber>>& persons() const { return persons_; }

  GroupEvidence Between(const EnterpriseId& a, const EnterpriseId& b) override {
    GroupEvidence evidence = Of(records(a), records(b));
    if (apart_.count(std::minmax(a, b)) != 0) evidence.Forbid();
    return evidence;
  }
  // As much more than the best pair as the record itself has with a person.
  Millibits Together(absl::Span<const EnterpriseId> group, const EnterpriseId& other) override {
    GroupEvidence all = Of({kQuestion}, records(other));
    for (const EnterpriseId& eid : group) all.Join(Of(records(eid), records(other)));
    return all.best_weight() + together_;
  }
  bool HasConflict(const EnterpriseId& person) override {
    const std::vector<RecordNumber>& of = records(person);
    return of.size() == 2 && Score(of[0], of[1]).conflict;
  }
  std::vector<EnterpriseId> OpenWith(const EnterpriseId& person) override {
    return {open_[person].begin(), open_[person].end()};
  }

  // How the question compares with all persons that it shares something with.
  std::vector<PersonScore> Scores(Millibits together) {
    together_ = together;
    std::vector<PersonScore> scores;
    for (const auto& [eid, records] : persons_) {
      PersonScore person{eid, {}};
      for (const RecordNumber record : records) {
        RecordScore score = Score(kQuestion, record);
        score.record = record;
        person.records.push_back(score);
      }
      person.together = person.best().weight + together;
      scores.push_back(person);
    }
    return scores;
  }
  LinkPlan Plan(Millibits together = 0) {
    return PlanLinks(Scores(together), std::nullopt, DefaultModel(), *this);
  }

 private:
  std::map<EnterpriseId, std::vector<RecordNumber>> persons_;
  std::map<std::pair<RecordNumber, RecordNumber>, RecordScore> scores_;
  std::map<EnterpriseId, std::set<EnterpriseId>> open_;
  std::set<std::pair<EnterpriseId, EnterpriseId>> apart_;
  Millibits together_ = 0;
};

std::vector<EnterpriseId> Eids(const std::vector<std::string>& texts) {
  return {texts.begin(), texts.end()};
}

TEST(PlanLinksTest, NobodyNearIsNew) {
  Region region;
  EXPECT_EQ(region.Plan().outcome, Outcome::kNew);
  region.Add("p", {1});
  region.Set(kQuestion, 1, 1'999);
  EXPECT_EQ(region.Plan().outcome, Outcome::kNew);
  EXPECT_EQ(region.Plan().best_weight, 1'999);
}

TEST(PlanLinksTest, ReviewBetweenTheThresholds) {
  Region region;
  region.Add("p", {1});
  region.Set(kQuestion, 1, 9'999);
  const LinkPlan plan = region.Plan();
  EXPECT_EQ(plan.outcome, Outcome::kReview);
  ASSERT_EQ(plan.possible.size(), 1u);
  EXPECT_EQ(plan.possible[0].record, 1u);
}

TEST(PlanLinksTest, LinksTheOneThatPasses) {
  Region region;
  region.Add("p", {1});
  region.Add("q", {2});
  region.Set(kQuestion, 1, 15'000);
  region.Set(kQuestion, 2, 9'000);
  const LinkPlan plan = region.Plan();
  EXPECT_EQ(plan.outcome, Outcome::kLink);
  EXPECT_EQ(plan.link, Eids({"p"}));
  ASSERT_EQ(plan.possible.size(), 1u);
  EXPECT_EQ(plan.possible[0].record, 2u);
}

TEST(PlanLinksTest, KinKeepABarOfTheirOwnWhereItIsLowered) {
  Model model = DefaultModel();
  model.thresholds.link = 6'500;
  model.prior_household = 0;
  PersonScore person{EnterpriseId("p"), {Says(1, 8'000)}};
  EXPECT_EQ(PlanAlone({person}, model).outcome, Outcome::kLink);
  person.records[0].may_be_kin = true;
  EXPECT_EQ(PlanAlone({person}, model).outcome, Outcome::kReview);
}

TEST(PlanLinksTest, AllRecordsOfAPersonMustSupport) {
  Region region;
  region.Add("p", {1, 2});
  region.Set(kQuestion, 1, 19'000);
  EXPECT_EQ(region.Plan().outcome, Outcome::kReview);
  region.Set(kQuestion, 2, 6'000);
  EXPECT_EQ(region.Plan().outcome, Outcome::kLink);
}

TEST(PlanLinksTest, RecordsThatEachKnowAPartAgreeTogether) {
  Region region;
  region.Add("p", {1, 2});
  region.Set(kQuestion, 1, 8'000);
  region.Set(kQuestion, 2, 8'000);
  EXPECT_EQ(region.Plan(1'999).outcome, Outcome::kReview);
  EXPECT_EQ(region.Plan(2'000).outcome, Outcome::kLink);
}

TEST(PlanLinksTest, ABindingVetoAgainstOneRecordHoldsAgainstThePerson) {
  Region region;
  region.Add("p", {1, 2, 3, 4});
  for (RecordNumber record = 1; record <= 4; ++record) region.Set(kQuestion, record, 30'000);
  EXPECT_EQ(region.Plan().outcome, Outcome::kLink);
  region.Set(kQuestion, 4, 30'000, kOutweighed);
  EXPECT_EQ(region.Plan().outcome, Outcome::kLink);
  region.Set(kQuestion, 4, 30'000, kBinding);
  EXPECT_EQ(region.Plan().outcome, Outcome::kReview);
}

TEST(PlanLinksTest, TwoWithinTheMarginWhoAreNotOneGoToReview) {
  Region region;
  region.Add("p", {1});
  region.Add("q", {2});
  region.Set(kQuestion, 1, 15'000);
  region.Set(kQuestion, 2, 12'001);
  const LinkPlan plan = region.Plan();
  EXPECT_EQ(plan.outcome, Outcome::kReview);
  EXPECT_EQ(plan.possible.size(), 2u);
  region.Set(kQuestion, 2, 12'000);
  EXPECT_EQ(region.Plan().link, Eids({"p"}));
}

TEST(PlanLinksTest, AVetoedRivalStillBlocks) {
  Region region;
  region.Add("p", {1});
  region.Add("q", {2});
  region.Set(kQuestion, 1, 15'000);
  region.Set(kQuestion, 2, 15'000, kBinding);
  region.Set(1, 2, 15'000);
  EXPECT_EQ(region.Plan().outcome, Outcome::kReview);
}

TEST(PlanLinksTest, ARecordThatShowsThatTwoAreOneMergesThem) {
  Region region;
  region.Add("p", {1});
  region.Add("q", {2});
  region.Set(kQuestion, 1, 15'000);
  region.Set(kQuestion, 2, 14'000);
  region.Set(1, 2, 6'000);
  EXPECT_EQ(region.Plan().link, Eids({"p", "q"}));
}

TEST(PlanLinksTest, MergingNeedsAPairThatReachesTheBarByItself) {
  Region region;
  region.Add("p", {1});
  region.Add("q", {2, 3});
  region.Set(kQuestion, 1, 15'000);
  region.Set(kQuestion, 2, 9'999);
  region.Set(kQuestion, 3, 9'999);
  for (const RecordNumber record : {2, 3}) region.Set(1, record, 9'999);
  const LinkPlan plan = region.Plan(5'000);
  EXPECT_EQ(plan.link, Eids({"p"}));
  EXPECT_EQ(plan.possible.size(), 1u);
}

TEST(PlanLinksTest, APersonOfOneRecordJoinsLikeARecordThatArrives) {
  Region region;
  region.Add("p", {1});
  region.Add("q", {2});
  region.Set(kQuestion, 1, 15'000);
  region.Set(kQuestion, 2, 9'000);
  region.Set(1, 2, 9'000);
  EXPECT_EQ(region.Plan(999).link, Eids({"p"}));
  EXPECT_EQ(region.Plan(1'000).link, Eids({"p", "q"}));
}

TEST(PlanLinksTest, TwoWhoAreDecidedToBeApartAreNotMerged) {
  Region region;
  region.Add("p", {1});
  region.Add("q", {2});
  for (const RecordNumber record : {1, 2}) region.Set(kQuestion, record, 15'000);
  region.Set(1, 2, 15'000);
  EXPECT_EQ(region.Plan().link.size(), 2u);
  region.Decide("p", "q");
  EXPECT_EQ(region.Plan().outcome, Outcome::kReview);
}

TEST(PlanLinksTest, WhoFitsThePersonThatWouldJoinStandsInTheWay) {
  Region region;
  region.Add("p", {1});
  region.Add("q", {2});
  region.Set(kQuestion, 1, 15'000);
  region.Set(kQuestion, 2, 3'000);
  region.Set(1, 2, 14'000);
  EXPECT_EQ(region.Plan().link, Eids({"p", "q"}));
  region.Set(kQuestion, 2, 3'000, kBinding);
  EXPECT_EQ(region.Plan().link, Eids({"p"}));
  region.Open("p", "q");
  EXPECT_EQ(region.Plan().outcome, Outcome::kReview);
}

TEST(PlanLinksTest, TwoWhoConflictTakeNoThird) {
  Region region;
  region.Add("p", {1, 2});
  for (const RecordNumber record : {1, 2}) region.Set(kQuestion, record, 20'000);
  EXPECT_EQ(region.Plan().outcome, Outcome::kLink);
  RecordScore conflict = Says(0, 20'000);
  conflict.conflict = true;
  region.Set(1, 2, conflict);
  EXPECT_EQ(region.Plan().outcome, Outcome::kReview);
}

TEST(PlanLinksTest, ARecordWithCompanyBringsItAlong) {
  Region region;
  region.Add("own", {kQuestion, 5});
  region.Add("p", {1});
  region.Set(kQuestion, 1, 15'000);
  region.Set(kQuestion, 5, 15'000);
  PersonScore score{EnterpriseId("p"), {Says(1, 15'000)}};
  const auto plan = [&] { return PlanLinks({score}, EnterpriseId("own"), DefaultModel(), region); };
  EXPECT_EQ(plan().outcome, Outcome::kReview);
  region.Set(5, 1, 6'000);
  EXPECT_EQ(plan().link, Eids({"p"}));
}

TEST(PlanLinksTest, AForbiddenPersonDoesNotExist) {
  PersonScore person{EnterpriseId("p"), {Says(1, 30'000)}};
  person.forbidden = true;
  EXPECT_EQ(PlanAlone({person}, DefaultModel()).outcome, Outcome::kNew);
  EXPECT_EQ(PlanAlone({person}, DefaultModel()).best_weight, 0);
}

// Oracle: the contract over sets of records, every sum taken anew.
class NaivePlan {
 public:
  NaivePlan(Region& region, Millibits together) : region_(region), together_(together) {
    while (JoinBest()) {
    }
  }
  std::vector<EnterpriseId> link;

 private:
  // Persons in review range of the record are compared with those who joined it, others are not.
  GroupEvidence Evidence(const EnterpriseId& eid) {
    GroupEvidence evidence = region_.Of({kQuestion}, region_.records(eid));
    if (evidence.best_weight() < Bounds().review) return evidence;
    for (const EnterpriseId& joined : link) evidence.Join(region_.Between(joined, eid));
    return evidence;
  }

  bool Left(const EnterpriseId& eid) const {
    return std::find(link.begin(), link.end(), eid) == link.end();
  }

  bool May(const EnterpriseId& eid) {
    const GroupEvidence e = Evidence(eid);
    const bool reaches = e.best_weight() >= Bounds().link ||
                         ((link.empty() || region_.records(eid).size() == 1) && e.pairs() > 1 &&
                          e.best_weight() + together_ >= Bounds().link);
    return e.best_weight() >= Bounds().review && reaches && !e.Forbidden() &&
           e.Supported(Bounds()) && !region_.HasConflict(eid);
  }

  bool Rival(const EnterpriseId& eid, const EnterpriseId& rival) {
    GroupEvidence both = Evidence(rival);
    const GroupEvidence to_next = region_.Between(eid, rival);
    const GroupEvidence joined = Evidence(eid);
    const std::vector<EnterpriseId> open = region_.OpenWith(eid);
    const bool near = IsNear(both, joined, Bounds()) ||
                      (std::find(open.begin(), open.end(), rival) != open.end() &&
                       IsNear(to_next, joined, Bounds()));
    both.Join(to_next);
    return near && (both.Forbidden() || !both.Supported(Bounds()));
  }

  bool JoinBest() {
    std::vector<std::tuple<Millibits, Millibits, EnterpriseId>> order;
    if (!link.empty() && closed_) return false;
    for (const auto& [eid, records] : region_.persons()) {
      if (!Left(eid) || !May(eid)) continue;
      const GroupEvidence evidence = Evidence(eid);
      order.emplace_back(-evidence.mean_weight(), -evidence.best_weight(), eid);
    }
    std::sort(order.begin(), order.end());
    for (const auto& [mean, best, eid] : order) {
      bool rival = false;
      for (const auto& [other, records] : region_.persons()) {
        rival = rival || (Left(other) && other != eid && Rival(eid, other));
      }
      if (rival) continue;
      closed_ = Evidence(eid).conflict();
      link.push_back(eid);
      return true;
    }
    return false;
  }

  Region& region_;
  const Millibits together_;
  bool closed_ = false;
};

Region RandomRegion(std::mt19937_64& random) {
  Region region;
  RecordNumber next = 1;
  for (char name = 'a'; name < 'f'; ++name) {
    std::vector<RecordNumber> records;
    for (uint64_t i = 0; i < 1 + random() % 3; ++i) records.push_back(next++);
    region.Add(std::string(1, name), records);
  }
  for (RecordNumber a = 0; a < next; ++a) {
    for (RecordNumber b = a + 1; b < next; ++b) {
      RecordScore score = Says(0, static_cast<Millibits>(random() % 10) * 2'500 - 4'000);
      if (random() % 12 == 0) score.vetoes = random() % 2 == 0 ? kBinding : kOutweighed;
      score.conflict = random() % 15 == 0;
      region.Set(a, b, score);
    }
  }
  for (int i = 0; i < 3; ++i) {
    const std::string a(1, static_cast<char>('a' + random() % 5));
    const std::string b(1, static_cast<char>('a' + random() % 5));
    if (a == b) continue;
    random() % 3 == 0 ? region.Decide(a, b) : region.Open(a, b);
  }
  return region;
}

TEST(PlanLinksTest, EqualsTheOracleWhateverTheOrderOfPersons) {
  const uint64_t seed = 3;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  std::map<size_t, int> joined;
  for (int round = 0; round < 20'000; ++round) {
    Region region = RandomRegion(random);
    const Millibits together = static_cast<Millibits>(random() % 3) * 1'500;
    std::vector<PersonScore> persons = region.Scores(together);
    const LinkPlan plan = PlanLinks(persons, std::nullopt, DefaultModel(), region);
    ASSERT_EQ(plan.link, NaivePlan(region, together).link) << "round " << round;
    std::shuffle(persons.begin(), persons.end(), random);
    ASSERT_EQ(PlanLinks(persons, std::nullopt, DefaultModel(), region), plan);
    ++joined[plan.link.size()];
  }
  // A test that never links proves nothing.
  EXPECT_GT(joined[0], 1'000);
  EXPECT_GT(joined[1], 1'000);
  EXPECT_GT(joined[2], 100);
}

}  // namespace
}  // namespace hie::mpi

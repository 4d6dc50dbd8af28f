#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "services/consent/decide.h"

namespace hie::consent {

// A small random world for property tests: few names, so that rules meet items often.
struct RandomCase {
  AccessRequest request;  // One item.
  std::vector<LinkedDirective> directives;
  Session session;
  absl::Time now;
};

// Makes cases from a seed.  Not thread-safe.
class CaseMaker {
 public:
  // How much an item's attributes may be unknown.
  enum class Unknowns { kNone, kSome };

  explicit CaseMaker(uint64_t seed) : random_(seed) {}

  RandomCase Make(Unknowns unknowns);
  // A denial without exceptions and without any permit, in force, of a certain record.
  Directive PlainDenial();
  // Any directive of a record; with `kNone`, its signature time is known and differs from others'.
  Directive AnyDirective(const LocalPatient& subject, Unknowns unknowns);
  Item AnyItem(Unknowns unknowns);

  bool Chance(int percent) { return Below(100) < percent; }
  int Below(int bound) { return static_cast<int>(random_() % static_cast<uint64_t>(bound)); }
  // A record of the person who is asked about, and one that may be.
  static LocalPatient Certain(int which);
  static LocalPatient Possible(int which);

 private:
  RuleNode Rule(Effect effect, int depth, Unknowns unknowns);
  Match AnyMatch(Unknowns unknowns);
  Labels AnyLabels(Unknowns unknowns);
  ServicePeriod AnyService(Unknowns unknowns);
  SensitivitySet AnySensitivities();
  Actor AnyActor();
  Session AnySession(const Actor& actor);

  std::mt19937_64 random_;
  int next_id_ = 0;
};

}  // namespace hie::consent

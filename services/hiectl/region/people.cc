#include "services/hiectl/region/people.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/hiectl/region/household.h"
#include "services/hiectl/region/profiles.h"
#include "services/hiectl/region/sources.h"

namespace hie::region {
namespace {

// Of 1,000 people, how many have at most one, two, ... records: 1.64 on average.
constexpr std::array<size_t, 5> kRecordsAtMost = {600, 840, 940, 980, 1000};
constexpr int kTwiceAtOneSource = 100;
constexpr int kOverlay = 1;

// Registers one household after another at the sources.
class Registry {
 public:
  Registry(uint64_t seed, RecordSink& sink)
      : maker_(families_, givens_, seed), dice_(seed ^ 0x7265636f726473u), sink_(sink) {
    for (const SourceHabits& source : Sources()) visits_ += static_cast<size_t>(source.visits);
    registered_.resize(Sources().size());
    overlaid_.resize(Sources().size());
  }

  void Fill() {
    while (!sink_.full()) {
      for (const Person& person : maker_.Next()) {
        if (sink_.full()) return;
        RegisterPerson(person);
      }
    }
  }

 private:
  void RegisterPerson(const Person& person) {
    const size_t draw = dice_.Below(1000);
    size_t records = 1;
    while (draw >= kRecordsAtMost[records - 1]) ++records;
    size_t before = Sources().size();
    bool put = false;
    for (size_t i = 0; i < records; ++i) {
      const int year = DrawYear(person, i == 0);
      const size_t source = DrawSource(person, year, before);
      put |= RegisterAt(person, source, year, put || i + 1 < records);
      before = source;
    }
    sink_.PersonDone();
  }

  // Recent years are likelier; some children are known from their birth on.
  int DrawYear(const Person& person, bool first) {
    const int from = std::max(kFirstRecordYear, person.birth_date.year);
    if (first && from == person.birth_date.year && dice_.Chance(500)) return from;
    const size_t span = static_cast<size_t>(kThisYear - from + 1);
    return from + static_cast<int>(std::max(dice_.Below(span), dice_.Below(span)));
  }

  size_t DrawSource(const Person& person, int year, size_t before) {
    constexpr int kGrown = 19;
    if (before < Sources().size() && dice_.Chance(kTwiceAtOneSource) &&
        !Sources()[before].children_only) {
      return before;
    }
    for (;;) {
      const size_t source = ByVisits();
      if (source == before) continue;
      if (Sources()[source].children_only && year - person.birth_date.year >= kGrown) continue;
      return source;
    }
  }

  size_t ByVisits() {
    size_t at = dice_.Below(visits_);
    size_t source = 0;
    while (at >= static_cast<size_t>(Sources()[source].visits)) {
      at -= static_cast<size_t>(Sources()[source].visits);
      ++source;
    }
    return source;
  }

  // Returns whether a record of this person came out.
  bool RegisterAt(const Person& person, size_t source, int year, bool has_others) {
    const SourceHabits& habits = Sources()[source];
    GeneratedRecord record;
    record.entity = person.entity;
    record.household = person.household;
    record.source = std::string(habits.id);
    record.mrn = absl::StrFormat("%s%08d", habits.mrn_prefix,
                                 ++registered_[source] * 38'742'049 % 100'000'000);
    record.demographics = WriteDown(person, habits, year, dice_);
    // An overlay: this record's later content is that of the next person who comes to the source.
    const bool overlaid = has_others && dice_.Chance(kOverlay);
    if (overlaid && !overlaid_[source]) {
      overlaid_[source] = std::move(record);
      return false;
    }
    if (overlaid_[source] && overlaid_[source]->household != person.household) {
      Overlay(*overlaid_[source], record);
      overlaid_[source].reset();
    }
    sink_.Put(record);
    return true;
  }

  // What the second person's message left empty is still the first person's.
  static void Overlay(const GeneratedRecord& first, GeneratedRecord& second) {
    const Demographics& old = first.demographics;
    Demographics& now = second.demographics;
    second.mrn = first.mrn;
    if (now.phones.empty()) now.phones = old.phones;
    if (now.emails.empty()) now.emails = old.emails;
    if (now.identifiers.empty()) now.identifiers = old.identifiers;
  }

  const FamilyNameBook families_;
  const GivenNameBook givens_;
  HouseholdMaker maker_;
  Dice dice_;
  RecordSink& sink_;
  size_t visits_ = 0;
  std::vector<uint64_t> registered_;  // Per source.
  std::vector<std::optional<GeneratedRecord>>
      overlaid_;  // Per source: waits for its second person.
};

}  // namespace

void RecordSink::Put(const GeneratedRecord& record) {
  if (full()) return;
  ++counts_.records;
  sink_(record);
}

bool RecordSink::full() const {
  return (options_.people != 0 && counts_.people >= options_.people) ||
         (options_.records != 0 && counts_.records >= options_.records);
}

void GenerateRegion(uint64_t seed, RecordSink& sink) { Registry(seed, sink).Fill(); }

absl::StatusOr<PeopleProfile> ParsePeopleProfile(absl::string_view name) {
  constexpr std::pair<absl::string_view, PeopleProfile> kProfiles[] = {
      {"region", PeopleProfile::kRegion},
      {"few", PeopleProfile::kFew},
      {"historical", PeopleProfile::kHistorical},
      {"heavy", PeopleProfile::kHeavy},
      {"chains", PeopleProfile::kChains}};
  for (const auto& [known, profile] : kProfiles) {
    if (known == name) return profile;
  }
  return absl::InvalidArgumentError("profile: want region, few, historical, heavy or chains");
}

absl::StatusOr<PeopleCounts> GeneratePeople(
    const PeopleOptions& options, const std::function<void(const GeneratedRecord&)>& sink) {
  if (options.people == 0 && options.records == 0) {
    return absl::InvalidArgumentError("people: want people or records, at least 1");
  }
  if (options.people > kGeneratedMax || options.records > kGeneratedMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("people, records: want at most ", kGeneratedMax));
  }
  RecordSink records(options, sink);
  switch (options.profile) {
    case PeopleProfile::kRegion:
      GenerateRegion(options.seed, records);
      break;
    case PeopleProfile::kFew:
      GenerateFew(options.seed, records);
      break;
    case PeopleProfile::kHistorical:
      GenerateHistorical(options.seed, records);
      break;
    case PeopleProfile::kHeavy:
      GenerateHeavy(options.seed, records);
      break;
    case PeopleProfile::kChains:
      GenerateChains(options.seed, records);
      break;
  }
  return records.counts();
}

}  // namespace hie::region

#include "gateway/exchange/places.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/exchange/place_word.h"

namespace hie::exchange {
namespace {

bool KnownAbsent(const std::vector<RegimeAttestation>& attestations, Sensitivity code) {
  return std::any_of(attestations.begin(), attestations.end(), [code](const auto& attested) {
    return attested.code == code && (attested.attestation == Attestation::kNotHeld ||
                                     attested.attestation == Attestation::kLabelledAtSource);
  });
}

// What holds wherever in the member an item comes from.
std::vector<RegimeAttestation> AttestedEverywhere(const MemberView& member) {
  std::vector<RegimeAttestation> everywhere;
  if (member.facilities.empty()) return everywhere;
  for (int bit = 0; bit < kSensitivityCount; ++bit) {
    const auto code = static_cast<Sensitivity>(bit);
    const bool all = std::all_of(
        member.facilities.begin(), member.facilities.end(),
        [code](const FacilityView& facility) { return KnownAbsent(facility.attestations, code); });
    if (all) everywhere.push_back({code, Attestation::kLabelledAtSource});
  }
  return everywhere;
}

// A member whose every facility is of a sensitive kind gives it away by its own name.
SensitivitySet ImpliedByName(const MemberView& member) {
  if (member.facilities.empty()) return SensitivitySet();
  uint64_t bits = SensitivitySet::All().bits();
  for (const FacilityView& facility : member.facilities) bits &= facility.place.bits();
  return SensitivitySet(bits);
}

// Labels of a place, and of what is found there.
Labels LabelAt(const MemberView& member, absl::string_view facility_word, absl::string_view unit_id,
               const SourceLabels& source) {
  const FacilityView* facility = FindFacility(member, facility_word);
  if (facility == nullptr) {
    return LabelItem(source, ImpliedByName(member), AttestedEverywhere(member), {});
  }
  const UnitView* unit = FindUnit(*facility, unit_id);
  if (unit == nullptr) return LabelItem(source, facility->place, facility->attestations, {});
  return LabelItem(source, facility->place.With(unit->place), facility->attestations,
                   unit->attestations);
}

// A member's own word goes to consent and audit, whose limits it must not break: one odd item would
// stop the answers of all.
std::string Cut(absl::string_view word) {
  if (word.size() <= kOwnWordBytesMax) return std::string(word);
  size_t end = kOwnWordBytesMax;
  // Not within a character (UTF-8).
  while (end > 0 && (static_cast<unsigned char>(word[end]) & 0xC0) == 0x80) --end;
  return std::string(word.substr(0, end));
}

std::string FacilityId(const MemberView& member, absl::string_view word) {
  const FacilityView* facility = FindFacility(member, word);
  return facility == nullptr ? Cut(word) : facility->id;
}

// A place is what it is: nothing about it is unknown but a facility that the directory does not
// have, of which nothing is known.
ReleaseEntry MakePlace(const MemberView& member, const std::string& word) {
  const FacilityView* facility = FindFacility(member, word);
  const UnitView* unit = nullptr;
  if (facility == nullptr && !word.empty()) {
    const auto [of, unit_id] = SplitPlaceWord(word);
    facility = unit_id.empty() ? nullptr : FindFacility(member, of);
    unit = facility == nullptr ? nullptr : FindUnit(*facility, unit_id);
    if (unit == nullptr) facility = nullptr;
  }
  Labels labels;
  labels.sensitivity = CloseUpward(facility == nullptr ? ImpliedByName(member)
                                   : unit == nullptr   ? facility->place
                                                       : facility->place.With(unit->place));
  labels.known = facility == nullptr && !word.empty() ? labels.sensitivity : SensitivitySet::All();
  const std::string id = facility == nullptr ? Cut(word) : facility->id;
  const std::string unit_id = unit == nullptr ? "" : unit->id;
  std::string item = absl::StrCat("place/", member.id.value(), "/", id);
  if (unit != nullptr) absl::StrAppend(&item, "/", unit_id);
  return {
      DecisionItem{std::move(item), member.id, id, unit_id, ClinicalClass::kIdentity, {}, labels},
      PlaceEntry{member.id, id, unit_id}};
}

bool Counts(const LocatorEntry& locator, const Person& person) {
  const Record* record = FindRecord(person, locator.patient);
  return locator.state != LocatorState::kSuspected && record != nullptr && InUse(*record);
}

}  // namespace

std::vector<Holding> FindHoldings(const Person& person, const std::vector<LocatorEntry>& locators,
                                  const DirectoryView& directory, const MemberId& requester) {
  std::set<Holding> holdings;
  for (const Record& record : person.records) {
    const MemberView* owner = directory.OwnerOf(record.patient.assigning_authority);
    if (owner != nullptr && InUse(record)) holdings.insert({owner->id, record.patient});
  }
  for (const LocatorEntry& locator : locators) {
    if (Counts(locator, person)) holdings.insert({locator.member, locator.patient});
  }
  std::erase_if(holdings, [&](const Holding& holding) {
    return holding.member == requester || !directory.IsLive(holding.member);
  });
  return {holdings.begin(), holdings.end()};
}

std::vector<ReleaseEntry> GatherPlaces(const std::vector<Holding>& holdings,
                                       const std::vector<LocatorEntry>& locators,
                                       const DirectoryView& directory) {
  std::map<MemberId, std::set<std::string>> words;
  for (const Holding& holding : holdings) {
    std::set<std::string>& facilities = words[holding.member];
    // Ids of a facility of their own tell of it, whatever was said about where the patient was.
    const DomainView* domain = directory.FindDomain(holding.patient.assigning_authority);
    const bool of_facility = domain != nullptr && !domain->facility.empty() &&
                             directory.OwnerOf(domain->oid)->id == holding.member;
    if (of_facility) facilities.insert(domain->facility);
  }
  for (const LocatorEntry& locator : locators) {
    const auto at = words.find(locator.member);
    if (at == words.end() || locator.state == LocatorState::kSuspected) continue;
    at->second.insert(locator.facilities.begin(), locator.facilities.end());
  }
  std::map<std::string, ReleaseEntry> places;
  for (auto& [id, facilities] : words) {
    const MemberView* member = directory.Find(id);
    if (member == nullptr) continue;
    facilities.erase("");
    if (facilities.empty()) facilities.insert("");
    for (const std::string& word : facilities) {
      ReleaseEntry place = MakePlace(*member, word);
      std::string key = place.subject.id;
      places.emplace(std::move(key), std::move(place));
    }
  }
  std::vector<ReleaseEntry> entries;
  for (auto& [id, place] : places) entries.push_back(std::move(place));
  return entries;
}

bool MayBeNamed(const LocalPatient& patient, const std::vector<PlaceEntry>& permitted,
                const DirectoryView& directory, const MemberId& requester) {
  const MemberView* owner = directory.OwnerOf(patient.assigning_authority);
  if (owner == nullptr) return false;
  if (owner->id == requester) return true;
  const std::string& facility = directory.FindDomain(patient.assigning_authority)->facility;
  return std::any_of(permitted.begin(), permitted.end(), [&](const PlaceEntry& place) {
    return place.member == owner->id && (facility.empty() || place.facility == facility);
  });
}

Labels LabelStatement(const MemberView& member, const ClinicalItem& item) {
  return LabelAt(member, item.facility, item.unit, item.source_labels);
}

ReleaseEntry MakeStatement(const MemberView& member, const LocalPatient& patient,
                           ClinicalItem item) {
  DecisionItem subject{item.id,
                       member.id,
                       FacilityId(member, item.facility),
                       Cut(item.unit),
                       item.clinical_class,
                       item.period.from <= item.period.to ? item.period : ServicePeriod{},
                       LabelStatement(member, item)};
  return {std::move(subject), StatementEntry{patient, std::move(item)}};
}

ReleaseEntry MakeIndexEntry(const MemberView& member, IndexEntry entry) {
  const Labels place = LabelAt(member, entry.facility, entry.unit, SourceLabels{});
  Labels labels = entry.labels;
  labels.sensitivity = CloseUpward(labels.sensitivity.With(place.sensitivity));
  // A labelled entry says itself what is known of it; to one that nobody labelled the attestations
  // of its place apply.
  if (labels.ruleset.empty()) labels.known = labels.known.With(place.known);
  labels.known = labels.known.With(labels.sensitivity);
  DecisionItem subject{entry.id,
                       member.id,
                       FacilityId(member, entry.facility),
                       Cut(entry.unit),
                       ClinicalClass::kDocument,
                       entry.period,
                       std::move(labels)};
  return {std::move(subject), std::move(entry)};
}

}  // namespace hie::exchange

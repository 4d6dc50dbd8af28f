#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "gateway/exchange/clinical_item.h"
#include "gateway/exchange/decision.h"
#include "gateway/exchange/directory_view.h"
#include "gateway/exchange/person.h"
#include "gateway/exchange/release_entry.h"

// Where records are said to be, and what that alone gives away (PRACTICE 2, 4).
namespace hie::exchange {

// Of a facility or unit that the directory does not have, as its member calls it; the rest is cut.
inline constexpr size_t kOwnWordBytesMax = 64;

// How sure the locator is of an entry.
enum class LocatorState { kSuspected, kClaimed, kVerified };

// What the registry knows about a member holding records of a patient.
struct LocatorEntry {
  LocalPatient patient;
  MemberId member;
  LocatorState state = LocatorState::kSuspected;
  std::vector<std::string> facilities;
};

// What the registry knows of a person.
struct Located {
  std::vector<LocatorEntry> locators;
  std::vector<IndexEntry> documents;
  bool truncated = false;  // More documents exist.
};

// One local patient at one member who may be asked.
struct Holding {
  MemberId member;
  LocalPatient patient;
  friend bool operator==(const Holding&, const Holding&) = default;
  friend auto operator<=>(const Holding&, const Holding&) = default;
};

// Returns who holds records of the person, before consent: the members of certain records, and
// claimed and verified locator entries of those records; members that are not LIVE, the requester,
// and ids that are not in use any more left out.  Ordered, each once.
std::vector<Holding> FindHoldings(const Person& person, const std::vector<LocatorEntry>& locators,
                                  const DirectoryView& directory, const MemberId& requester);

// Returns what consent must permit before a member may be named: one entry per member and facility
// (or unit: place_word.h) where the locator saw the patient or whose ids the patient has, or per
// member where none is known.  Ordered by id.
std::vector<ReleaseEntry> GatherPlaces(const std::vector<Holding>& holdings,
                                       const std::vector<LocatorEntry>& locators,
                                       const DirectoryView& directory);

// Tells whether the requester may read this id: it is of the requester's own member, or of a place
// among `permitted`, those of a person that consent let be named.
bool MayBeNamed(const LocalPatient& patient, const std::vector<PlaceEntry>& permitted,
                const DirectoryView& directory, const MemberId& requester);

// Labels a statement: its own codes, what its place implies, what is attested there.  Where the
// place is not known, only what every facility of the member attests counts.
Labels LabelStatement(const MemberView& member, const ClinicalItem& item);

// Returns the statement of a record with what consent must know.
ReleaseEntry MakeStatement(const MemberView& member, const LocalPatient& patient,
                           ClinicalItem item);

// Returns the document with what consent must know: labels as registered and what its place adds.
ReleaseEntry MakeIndexEntry(const MemberView& member, IndexEntry entry);

}  // namespace hie::exchange

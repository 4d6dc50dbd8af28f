#include "gateway/exchange/places.h"

#include <gtest/gtest.h>

namespace hie::exchange {
namespace {

const SensitivitySet kPsy = CloseUpward(SensitivitySet::Of(Sensitivity::kPsy));

FacilityView Facility(const std::string& id, SensitivitySet place, Attestation psy) {
  FacilityView facility;
  facility.id = id;
  facility.place = place;
  facility.attestations = {{Sensitivity::kPsy, psy}};
  return facility;
}

// A hospital with a psychiatric clinic, a psychiatric practice, and members that do not take part.
DirectoryView Directory() {
  std::vector<MemberView> members(5);
  const char* ids[] = {"north", "lakes", "quiet", "shadow", "gone"};
  const MemberStanding standings[] = {MemberStanding::kLive, MemberStanding::kLive,
                                      MemberStanding::kLive, MemberStanding::kShadow,
                                      MemberStanding::kSuspended};
  for (size_t i = 0; i < members.size(); ++i) {
    members[i].id = MemberId(ids[i]);
    members[i].standing = standings[i];
    members[i].domains = {{"2.999." + std::to_string(i), false, false}};
  }
  members[1].facilities = {Facility("general", {}, Attestation::kLabelledAtSource),
                           Facility("clinic", kPsy, Attestation::kMixedUnlabelled)};
  members[2].facilities = {Facility("practice", kPsy, Attestation::kLabelledAtSource)};
  members[1].facilities[0].aliases = {"General Hospital"};
  return DirectoryView(std::move(members));
}

LocalPatient PatientOf(int member) {
  return {"2.999." + std::to_string(member), Phi<std::string>("p"), 1};
}

Person PersonAt(std::initializer_list<int> members) {
  Person person;
  for (const int member : members) person.records.push_back({PatientOf(member), {}, {}});
  return person;
}

TEST(FindHoldingsTest, CountsRecordsAndSureLocatorsOfLiveMembersButNotTheRequester) {
  const std::vector<LocatorEntry> locators = {
      {PatientOf(1), MemberId("quiet"), LocatorState::kVerified, {}},
      {PatientOf(1), MemberId("shadow"), LocatorState::kClaimed, {}},
      {PatientOf(0), MemberId("quiet"), LocatorState::kSuspected, {}},
      {PatientOf(4), MemberId("lakes"), LocatorState::kClaimed, {}}};  // Not this person's.
  const std::vector<Holding> holdings =
      FindHoldings(PersonAt({0, 1, 3}), locators, Directory(), MemberId("north"));
  EXPECT_EQ(holdings, (std::vector<Holding>{{MemberId("lakes"), PatientOf(1)},
                                            {MemberId("quiet"), PatientOf(1)}}));
}

TEST(FindHoldingsTest, NobodyIsAskedByAnIdThatIsNotInUse) {
  Person person = PersonAt({1, 2});
  person.records[0].merged_into = PatientOf(2);
  person.records[1].removed = true;
  const std::vector<LocatorEntry> locators = {
      {PatientOf(1), MemberId("quiet"), LocatorState::kVerified, {}}};
  EXPECT_TRUE(FindHoldings(person, locators, Directory(), MemberId("north")).empty());
}

TEST(GatherPlacesTest, AUnitThatGivesMoreAwayIsDecidedApartFromItsFacility) {
  std::vector<MemberView> members(1);
  members[0].id = MemberId("lakes");
  members[0].standing = MemberStanding::kLive;
  members[0].facilities = {Facility("general", {}, Attestation::kLabelledAtSource)};
  members[0].facilities[0].units = {{"ward7", "Ward 7", kPsy, {}}};
  const DirectoryView directory(std::move(members));
  const std::vector<LocatorEntry> locators = {{PatientOf(1),
                                               MemberId("lakes"),
                                               LocatorState::kClaimed,
                                               {"general", "general|ward7", "general|other"}}};
  const auto places = GatherPlaces({{MemberId("lakes"), PatientOf(1)}}, locators, directory);
  ASSERT_EQ(places.size(), 3U);
  EXPECT_EQ(places[0].subject.id, "place/lakes/general");
  EXPECT_EQ(places[0].subject.labels.sensitivity, SensitivitySet());
  EXPECT_EQ(places[1].subject.id, "place/lakes/general/ward7");
  EXPECT_EQ(places[1].subject.unit, "ward7");
  EXPECT_EQ(places[1].subject.labels.sensitivity, kPsy);
  EXPECT_EQ(places[2].subject.id, "place/lakes/general|other");  // Of which nothing is known.
}

TEST(MayBeNamedTest, IdsOfAFacilityOfTheirOwnNeedThatFacility) {
  std::vector<MemberView> members(2);
  members[0].id = MemberId("north");
  members[0].domains = {{"2.999.0", false, false}};
  members[1].id = MemberId("lakes");
  members[1].facilities = {Facility("general", {}, Attestation::kLabelledAtSource),
                           Facility("clinic", kPsy, Attestation::kMixedUnlabelled)};
  members[1].domains = {{"2.999.1", false, false}, {"2.999.2", false, false, "clinic"}};
  const DirectoryView directory(std::move(members));
  const MemberId north("north");
  const std::vector<PlaceEntry> general = {{MemberId("lakes"), "general"}};
  EXPECT_TRUE(MayBeNamed(PatientOf(1), general, directory, north));
  EXPECT_FALSE(MayBeNamed(PatientOf(2), general, directory, north));
  EXPECT_TRUE(MayBeNamed(PatientOf(2), {{MemberId("lakes"), "clinic"}}, directory, north));
  EXPECT_TRUE(MayBeNamed(PatientOf(0), {}, directory, north));  // Its own.
  EXPECT_FALSE(MayBeNamed(PatientOf(7), general, directory, north));
  EXPECT_FALSE(MayBeNamed(PatientOf(1), {}, directory, north));
  // The clinic is asked about because the id is of it, wherever the patient was said to be seen.
  const std::vector<LocatorEntry> locators = {
      {PatientOf(2), MemberId("lakes"), LocatorState::kClaimed, {"general"}}};
  const auto places = GatherPlaces({{MemberId("lakes"), PatientOf(2)}}, locators, directory);
  ASSERT_EQ(places.size(), 2U);
  EXPECT_EQ(places[0].subject.id, "place/lakes/clinic");
}

TEST(GatherPlacesTest, AsksAboutEachFacilityWhereThePatientWasSeen) {
  const std::vector<Holding> holdings = {{MemberId("lakes"), PatientOf(1)}};
  const std::vector<LocatorEntry> locators = {
      {PatientOf(1), MemberId("lakes"), LocatorState::kClaimed, {"clinic", "General Hospital"}}};
  const std::vector<ReleaseEntry> places = GatherPlaces(holdings, locators, Directory());
  ASSERT_EQ(places.size(), 2U);
  EXPECT_EQ(places[0].subject.id, "place/lakes/clinic");
  EXPECT_TRUE(places[0].subject.labels.sensitivity.Has(Sensitivity::kPsy));
  EXPECT_EQ(places[1].subject.id, "place/lakes/general");
  EXPECT_TRUE(places[1].subject.labels.sensitivity.empty());
  EXPECT_EQ(places[1].subject.labels.known, SensitivitySet::All());
}

TEST(GatherPlacesTest, AMemberWhoseEveryFacilityIsSensitiveGivesItAwayByItsName) {
  const auto places = GatherPlaces({{MemberId("quiet"), PatientOf(2)}}, {}, Directory());
  ASSERT_EQ(places.size(), 1U);
  EXPECT_TRUE(places[0].subject.labels.sensitivity.Has(Sensitivity::kPsy));
  const auto mixed = GatherPlaces({{MemberId("lakes"), PatientOf(1)}}, {}, Directory());
  ASSERT_EQ(mixed.size(), 1U);
  EXPECT_TRUE(mixed[0].subject.labels.sensitivity.empty());
}

TEST(GatherPlacesTest, OfAFacilityThatTheDirectoryLacksNothingIsKnown) {
  const std::vector<LocatorEntry> locators = {
      {PatientOf(1), MemberId("lakes"), LocatorState::kClaimed, {"annexe"}}};
  const auto places = GatherPlaces({{MemberId("lakes"), PatientOf(1)}}, locators, Directory());
  ASSERT_EQ(places.size(), 1U);
  EXPECT_TRUE(places[0].subject.labels.known.empty());
}

ClinicalItem ItemAt(const std::string& facility) {
  ClinicalItem item;
  item.id = "i";
  item.facility = facility;
  return item;
}

TEST(LabelStatementTest, TakesPlaceAndAttestationsOfItsFacility) {
  const DirectoryView directory = Directory();
  const MemberView& lakes = *directory.Find(MemberId("lakes"));
  const Labels clinic = LabelStatement(lakes, ItemAt("clinic"));
  EXPECT_TRUE(clinic.sensitivity.Has(Sensitivity::kMh));  // Closed upward.
  const Labels general = LabelStatement(lakes, ItemAt("General Hospital"));
  EXPECT_FALSE(general.sensitivity.Has(Sensitivity::kPsy));
  EXPECT_TRUE(general.known.Has(Sensitivity::kPsy));
  // Nobody says where it is from: the clinic does not label, so nothing is known.
  EXPECT_FALSE(LabelStatement(lakes, ItemAt("")).known.Has(Sensitivity::kPsy));
}

TEST(MakeStatementTest, OddWordsAndPeriodsOfOneItemStopNobody) {
  const DirectoryView directory = Directory();
  ClinicalItem item = ItemAt(std::string(63, 'x') + "\u00e9 and more");
  item.unit = std::string(300, 'u');
  item.period = {absl::FromUnixSeconds(9), absl::FromUnixSeconds(1)};
  const ReleaseEntry entry =
      MakeStatement(*directory.Find(MemberId("lakes")), PatientOf(1), std::move(item));
  EXPECT_EQ(entry.subject.facility, std::string(63, 'x'));  // Not half a character.
  EXPECT_EQ(entry.subject.unit.size(), kOwnWordBytesMax);
  EXPECT_EQ(entry.subject.period, ServicePeriod{});
}

TEST(MakeIndexEntryTest, AnUnlabelledDocumentTakesTheAttestationsOfItsPlace) {
  const DirectoryView directory = Directory();
  const MemberView& lakes = *directory.Find(MemberId("lakes"));
  IndexEntry entry;
  entry.id = "d";
  entry.facility = "general";
  EXPECT_TRUE(MakeIndexEntry(lakes, entry).subject.labels.known.Has(Sensitivity::kPsy));
  entry.labels.ruleset = "r1";
  EXPECT_FALSE(MakeIndexEntry(lakes, entry).subject.labels.known.Has(Sensitivity::kPsy));
  entry.facility = "clinic";
  EXPECT_TRUE(MakeIndexEntry(lakes, entry).subject.labels.sensitivity.Has(Sensitivity::kPsy));
}

}  // namespace
}  // namespace hie::exchange

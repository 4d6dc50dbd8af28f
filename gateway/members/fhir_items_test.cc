#include "gateway/members/fhir_items.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gateway/members/fhir_display.h"
#include "gateway/members/fhir_document.h"
#include "gateway/members/fhir_element.h"
#include "gateway/members/fhir_facts.h"
#include "gateway/members/fhir_patient.h"
#include "gateway/members/fhir_time.h"
#include "services/common/json/reader.h"

namespace hie::members {
namespace {

using exchange::ClinicalItem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const MemberId kNorth("north");
LocalPatient Ann() { return {"2.999.1.10.1", Phi<std::string>("N-1"), 1}; }

ParsedAnswer Parse(const std::vector<std::string>& resources,
                   const std::vector<ClinicalClass>& wanted = {}) {
  std::vector<ReceivedResource> received;
  for (const std::string& json : resources) received.push_back({json, ""});
  return ParseAnswer(kNorth, Ann(), std::move(received), wanted);
}

ClinicalItem ParseOne(const std::string& json) {
  ParsedAnswer answer = Parse({json});
  EXPECT_EQ(answer.items.size(), 1u) << json;
  return answer.items.empty() ? ClinicalItem() : answer.items[0];
}

json::Value Json(const std::string& text) {
  absl::StatusOr<json::Value> value = json::Read(text);
  EXPECT_TRUE(value.ok()) << value.status().message();
  return value.ok() ? *value : json::Value();
}

struct DisplayCase {
  std::string json;
  ClinicalClass clinical_class;
  std::string display;
};
void PrintTo(const DisplayCase& c, std::ostream* out) { *out << c.display; }

class FhirDisplayTest : public testing::TestWithParam<DisplayCase> {};

TEST_P(FhirDisplayTest, SaysInOneLineWhatTheResourceSays) {
  const ClinicalItem item = ParseOne(GetParam().json);
  EXPECT_EQ(item.display, GetParam().display);
  EXPECT_EQ(item.clinical_class, GetParam().clinical_class);
  EXPECT_EQ(item.resource, GetParam().json);
}

INSTANTIATE_TEST_SUITE_P(
    Types, FhirDisplayTest,
    testing::Values(
        DisplayCase{R"({"resourceType":"AllergyIntolerance","code":{"text":"Penicillin V"},)"
                    R"("criticality":"high","reaction":[{"manifestation":[{"text":"Hives"}],)"
                    R"("severity":"severe"},{"description":"wheeze"}]})",
                    ClinicalClass::kAllergy,
                    "Penicillin V (criticality high; reaction: Hives, severe; wheeze)"},
        DisplayCase{R"({"resourceType":"MedicationRequest","medicationCodeableConcept":)"
                    R"({"coding":[{"display":"Warfarin 5 MG"}]},)"
                    R"("dosageInstruction":[{"text":"one daily"}]})",
                    ClinicalClass::kMedication, "Warfarin 5 MG, one daily"},
        DisplayCase{R"({"resourceType":"MedicationStatement","status":"not-taken",)"
                    R"("medicationReference":{"reference":"#m"},"contained":[{"resourceType":)"
                    R"("Medication","id":"m","code":{"text":"Aspirin"}}],"dosage":[{)"
                    R"("timing":{"repeat":{"frequency":2,"period":1,"periodUnit":"d"}},)"
                    R"("doseAndRate":[{"doseQuantity":{"value":1.50,"unit":"g"}}]}]})",
                    ClinicalClass::kMedication, "not taken: Aspirin, 1.50 g, 2 per 1 d"},
        DisplayCase{R"({"resourceType":"MedicationRequest","doNotPerform":true,)"
                    R"("medicationCodeableConcept":{"text":"Aspirin"}})",
                    ClinicalClass::kMedication, "do not give: Aspirin"},
        DisplayCase{R"({"resourceType":"Observation","code":{"text":"Potassium"},)"
                    R"("valueQuantity":{"comparator":"<","value":3.10,"unit":"mmol/L"},)"
                    R"("interpretation":[{"coding":[{"code":"L"}]}]})",
                    ClinicalClass::kObservation, "Potassium: <3.10 mmol/L (L)"},
        DisplayCase{R"({"resourceType":"Observation","code":{"text":"Blood Pressure"},)"
                    R"("component":[{"code":{"text":"Systolic"},"valueQuantity":{"value":120,)"
                    R"("unit":"mm[Hg]"}},{"code":{"text":"Diastolic"},"valueQuantity":)"
                    R"({"value":80,"unit":"mm[Hg]"}}]})",
                    ClinicalClass::kObservation,
                    "Blood Pressure: Systolic 120 mm[Hg], Diastolic 80 mm[Hg]"},
        DisplayCase{R"({"resourceType":"Observation","code":{"coding":[{"system":)"
                    R"("http://loinc.org","code":"882-1","display":"ABO+Rh"}]},)"
                    R"("valueCodeableConcept":{"text":"O negative"}})",
                    ClinicalClass::kBloodGroup, "ABO+Rh: O negative"},
        DisplayCase{R"({"resourceType":"Observation","code":{"coding":[{"system":)"
                    R"("http://loinc.org","code":"100822-6"}],"text":"CPR orders"},)"
                    R"("valueString":"DNR"})",
                    ClinicalClass::kCodeStatus, "CPR orders: DNR"},
        DisplayCase{R"({"resourceType":"Observation","code":{"text":"Weight"},)"
                    R"("dataAbsentReason":{"text":"refused"}})",
                    ClinicalClass::kObservation, "Weight: no value: refused"},
        DisplayCase{R"({"resourceType":"Encounter","type":[{"text":"Emergency visit"}],)"
                    R"("reasonCode":[{"text":"chest pain"}]})",
                    ClinicalClass::kEncounter, "Emergency visit, for chest pain"},
        DisplayCase{R"({"resourceType":"Procedure","status":"not-done",)"
                    R"("code":{"text":"Appendectomy"}})",
                    ClinicalClass::kProcedure, "not done: Appendectomy"},
        DisplayCase{R"({"resourceType":"Immunization","vaccineCode":{"text":"Tetanus"}})",
                    ClinicalClass::kImmunization, "Tetanus"},
        DisplayCase{R"({"resourceType":"Device","type":{"text":"Pacemaker"},)"
                    R"("deviceName":[{"name":"P-100"}]})",
                    ClinicalClass::kImplant, "Pacemaker: P-100"},
        DisplayCase{R"({"resourceType":"CarePlan","title":"Diabetes","activity":[)"
                    R"({"detail":{"code":{"text":"Diet"}}}]})",
                    ClinicalClass::kCarePlan, "Diabetes: Diet"},
        DisplayCase{R"({"resourceType":"DiagnosticReport","code":{"text":"CT head"},)"
                    R"("conclusion":"no bleed"})",
                    ClinicalClass::kDiagnosticReport, "CT head: no bleed"},
        DisplayCase{R"({"resourceType":"DocumentReference","type":{"text":"Discharge"},)"
                    R"("content":[{"attachment":{"title":"Summary\n of  May"}}]})",
                    ClinicalClass::kDocument, "Discharge: Summary of May"},
        DisplayCase{R"({"resourceType":"Condition"})", ClinicalClass::kCondition,
                    "Condition, not described by its source"}));

TEST(FhirItemsTest, NoKnownAllergyIsANegation) {
  for (const char* code : {"716186003", "409137002", "428607008", "160244002"}) {
    const ClinicalItem item =
        ParseOne(absl::StrCat(R"({"resourceType":"AllergyIntolerance","code":{"coding":[{"system":)"
                              R"("http://snomed.info/sct","code":")",
                              code, R"("}]}})"));
    EXPECT_TRUE(item.negation) << code;
    EXPECT_EQ(item.code, absl::StrCat("http://snomed.info/sct|", code));
  }
  EXPECT_FALSE(ParseOne(R"({"resourceType":"AllergyIntolerance","code":{"coding":[{"system":)"
                        R"("urn:other","code":"716186003"}]}})")
                   .negation);
}

TEST(FhirItemsTest, StatusComesFromTheElementOfTheType) {
  const ClinicalItem condition =
      ParseOne(R"({"resourceType":"Condition","clinicalStatus":{"coding":[{"code":"active"}]},)"
               R"("verificationStatus":{"coding":[{"code":"refuted"}]}})");
  EXPECT_EQ(condition.clinical_status, "active");
  EXPECT_EQ(condition.verification_status, "refuted");
  const ClinicalItem observation =
      ParseOne(R"({"resourceType":"Observation","status":"entered-in-error"})");
  EXPECT_EQ(observation.clinical_status, "entered-in-error");
  EXPECT_EQ(observation.verification_status, "entered-in-error");
}

TEST(FhirItemsTest, FacilityComesFromTheEncounterOfTheAnswer) {
  const std::string encounter =
      R"({"resourceType":"Encounter","id":"e1","serviceProvider":{"reference":)"
      R"("urn:uuid:0c3d"},"location":[{"location":{"display":"Ward 7"}}]})";
  const ParsedAnswer answer =
      Parse({R"({"resourceType":"Condition","id":"a","encounter":{"reference":"urn:uuid:e1"}})",
             R"({"resourceType":"Condition","id":"b","encounter":{"reference":"Encounter/e1"}})",
             R"({"resourceType":"Condition","id":"c","encounter":{"reference":"Encounter/x"}})",
             encounter},
            {ClinicalClass::kCondition});
  ASSERT_EQ(answer.items.size(), 3u);
  EXPECT_EQ(answer.items[0].facility, "0c3d");
  EXPECT_EQ(answer.items[1].facility, "0c3d");
  EXPECT_EQ(answer.items[1].unit, "Ward 7");
  EXPECT_EQ(answer.items[2].facility, "");
  EXPECT_EQ(answer.skipped, 1u);  // The encounter served, and was not asked for.
}

TEST(FhirItemsTest, OwnExtensionNamesTheFacilityWhereThereIsNoEncounter) {
  const ClinicalItem item = ParseOne(
      R"({"resourceType":"AllergyIntolerance","extension":[{"url":)"
      R"("https://hie.example/fhir/StructureDefinition/facility","valueString":"clinic-2"}]})");
  EXPECT_EQ(item.facility, "clinic-2");
}

TEST(FhirItemsTest, IdIsStableAndTellsRecordsApart) {
  const std::string json = R"({"resourceType":"Condition","id":"c1"})";
  const auto id = [&](const char* member, const char* mrn, uint32_t incarnation) {
    const LocalPatient patient{"2.999.1.10.1", Phi<std::string>(mrn), incarnation};
    return ParseAnswer(MemberId(member), patient, {{json, ""}}, {}).items[0].id;
  };
  EXPECT_EQ(id("north", "1", 1), id("north", "1", 1));
  EXPECT_EQ(id("north", "1", 1).size(), 32u);
  EXPECT_NE(id("north", "1", 1), id("south", "1", 1));
  EXPECT_NE(id("north", "1", 1), id("north", "2", 1));
  EXPECT_NE(id("north", "1", 1), id("north", "1", 2));
  EXPECT_NE(ParseOne(json).id, ParseOne(R"({"resourceType":"Procedure","id":"c1"})").id);
}

TEST(FhirItemsTest, BadResourcesAreCountedAndHideNothing) {
  const std::string good = R"({"resourceType":"Condition","id":"c1"})";
  const ParsedAnswer answer =
      Parse({"not json", "{}", "[]", good, good, R"({"resourceType":"Condition","id":"c1","x":1})",
             R"({"resourceType":"Claim"})", R"({"resourceType":"Goal"})"});
  EXPECT_EQ(answer.unparsable, 3u);
  EXPECT_EQ(answer.items.size(), 1u);
  EXPECT_EQ(answer.conflicting, 1u);
  EXPECT_EQ(answer.skipped, 2u);
}

TEST(FhirItemsTest, SecurityCodesComeFromEveryPlace) {
  const ClinicalItem item = ParseOne(
      R"({"resourceType":"DocumentReference","meta":{"security":[{"code":"R"},{"code":"PSY"}]},)"
      R"("securityLabel":[{"coding":[{"code":"ETH"}]}],"contained":[{"meta":{"security":)"
      R"([{"code":"HIV"}]}}]})");
  EXPECT_THAT(item.source_labels.security_codes, ElementsAre("R", "PSY", "ETH", "HIV"));
  EXPECT_FALSE(item.source_labels.fully_coded);
}

TEST(FhirItemsTest, ReferencedMedicationNamesTheRequest) {
  const ParsedAnswer answer =
      Parse({R"({"resourceType":"MedicationRequest","id":"r","medicationReference":)"
             R"({"reference":"Medication/m1"}})",
             R"({"resourceType":"Medication","id":"m1","code":{"coding":[{"system":"s","code":"c",)"
             R"("display":"Insulin"}]}})"});
  ASSERT_EQ(answer.items.size(), 1u);
  EXPECT_EQ(answer.items[0].display, "Insulin");
  EXPECT_EQ(answer.items[0].code, "s|c");
}

TEST(FhirPatientTest, DemographicsAreReadAsWritten) {
  const json::Value patient = Json(
      R"({"resourceType":"Patient","id":"p","name":[{"use":"maiden","family":"Old"},)"
      R"({"use":"official","family":"Doe","given":["Ann","B"],"suffix":["Jr"]}],)"
      R"("gender":"female","birthDate":"1980-03-05","telecom":[{"system":"phone",)"
      R"("value":"555"},{"system":"email","value":"a@b"}],"address":[{"use":"old","city":"X"},)"
      R"({"line":["1 Main"],"city":"Y","state":"MA","postalCode":"01234"}],"identifier":[)"
      R"({"system":"urn:oid:2.999.1.10.1","value":"N-1"},{"system":)"
      R"("http://hl7.org/fhir/sid/us-ssn","value":"1"}],"multipleBirthInteger":2,)"
      R"("deceasedDateTime":"2020-01-02T23:30:00-05:00"})");
  const exchange::AnsweredPatient answered = ReadAnsweredPatient(patient, "urn:uuid:u");
  const Demographics& d = answered.demographics;
  EXPECT_EQ(d.names[0].family, "Doe");
  EXPECT_THAT(d.names[0].given, ElementsAre("Ann", "B"));
  EXPECT_EQ(d.names[1].use, "maiden");
  EXPECT_EQ(d.birth_date, (CivilDate{1980, 3, 5}));
  EXPECT_EQ(d.sex, AdministrativeSex::kFemale);
  EXPECT_EQ(d.addresses[0].city, "Y");
  EXPECT_EQ(d.birth_order, 2u);
  EXPECT_TRUE(d.deceased);
  EXPECT_EQ(d.deceased_date, (CivilDate{2020, 1, 2}));  // Not shifted into the 3rd.
  EXPECT_EQ(answered.identifiers[0].system, "2.999.1.10.1");
  EXPECT_THAT(answered.references, ElementsAre("urn:uuid:u", "Patient/p", "urn:uuid:p"));
}

TEST(FhirTimeTest, IntervalsAreAsWideAsTheText) {
  const auto period = [](absl::string_view text) {
    const auto parsed = ParseFhirTime(text);
    if (!parsed) return std::string("none");
    return absl::StrCat(absl::FormatTime(absl::RFC3339_sec, parsed->from, absl::UTCTimeZone()), " ",
                        absl::FormatDuration(parsed->to - parsed->from));
  };
  EXPECT_EQ(period("2015"), "2015-01-01T00:00:00+00:00 8760h");
  EXPECT_EQ(period("2015-12"), "2015-12-01T00:00:00+00:00 744h");
  EXPECT_EQ(period("2015-06-24"), "2015-06-24T00:00:00+00:00 24h");
  EXPECT_EQ(period("2015-06-24T18:45:11+02:00"), "2015-06-24T16:45:11+00:00 1s");
  EXPECT_EQ(period("2012-04-11T18:45:11.300Z"), "2012-04-11T18:45:11+00:00 1s");
  EXPECT_EQ(period("2015-06-24T18:45"), "2015-06-24T18:45:00+00:00 1s");
  for (const char* bad : {"", "soon", "2015-13", "2015-02-30", "2015-06-24T", "2015-06-24Tx",
                          "99999999999999999999999999999999999999999999"}) {
    EXPECT_EQ(period(bad), "none") << bad;
  }
}

TEST(FhirFactsTest, ConditionLastsUntilItAbates) {
  const When open = WhenOf(Json(R"({"resourceType":"Condition","onsetDateTime":"2001"})"));
  EXPECT_EQ(open.date, "2001");
  EXPECT_EQ(open.period.to, absl::InfiniteFuture());
  const When ended = WhenOf(Json(
      R"({"resourceType":"Condition","recordedDate":"2001","abatementDateTime":"2003-01-01"})"));
  EXPECT_EQ(ended.period.to, absl::FromCivil(absl::CivilDay(2003, 1, 2), absl::UTCTimeZone()));
  const When unknown = WhenOf(Json(R"({"resourceType":"Device"})"));
  EXPECT_EQ(unknown.period, ServicePeriod());
}

TEST(FhirDocumentTest, UniqueIdIsReadOrMadeAlikeForEveryIncarnation) {
  const json::Value with = Json(R"({"masterIdentifier":{"value":"urn:oid:2.999.5"}})");
  EXPECT_EQ(ReadDocument(with, Ann()).unique_id, "urn:oid:2.999.5");
  const json::Value without = Json(R"({"resourceType":"DocumentReference","id":"d"})");
  LocalPatient current = Ann();
  current.incarnation = 0;
  EXPECT_EQ(ReadDocument(without, Ann()).unique_id, ReadDocument(without, current).unique_id);
  LocalPatient other = Ann();
  other.id = Phi<std::string>("N-2");
  EXPECT_NE(ReadDocument(without, Ann()).unique_id, ReadDocument(without, other).unique_id);
}

TEST(FhirDocumentTest, InlineContentIsDecodedAndHashed) {
  const DocumentFacts facts = ReadDocument(
      Json(R"({"status":"superseded","type":{"coding":[{"system":"http://loinc.org",)"
           R"("code":"18842-5"}]},"content":[{"attachment":{"contentType":"text/plain",)"
           R"("data":"aGVsbG8="}}],"relatesTo":[{"code":"replaces","target":{"reference":)"
           R"("DocumentReference/d0"}}]})"),
      Ann());
  EXPECT_EQ(facts.inline_content, "hello");
  EXPECT_EQ(facts.size_bytes, 5u);
  EXPECT_EQ(facts.sha256.size(), 32u);
  EXPECT_EQ(facts.type_code, "18842-5");
  EXPECT_EQ(facts.status, "superseded");
  EXPECT_EQ(facts.replaces, "DocumentReference/d0");
}

TEST(FhirElementTest, OneLineCutsBetweenCharacters) {
  EXPECT_EQ(OneLine(" a\n\tb\x01 c ", 100), "a b c");
  EXPECT_EQ(OneLine("\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9", 6), "\xC3\xA9...");
}

// --- Public samples --------------------------------------------------------------------------

std::filesystem::path Samples() {
  const char* source = std::getenv("HIE_SOURCE_DIR");
  return std::filesystem::path(source == nullptr ? "." : source) / "../shared/data";
}

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

// The resources of a bundle, or the one resource of a file.
std::vector<ReceivedResource> ResourcesOf(const std::string& text) {
  const absl::StatusOr<json::Value> value = json::Read(text);
  if (!value.ok()) return {};
  std::vector<ReceivedResource> out;
  const auto add = [&](const json::Value& resource, absl::string_view full_url) {
    out.push_back(
        {text.substr(resource.source_begin(), resource.source_end() - resource.source_begin()),
         std::string(full_url)});
  };
  if (value->Text("resourceType") != "Bundle") add(*value, "");
  for (const json::Value& entry : value->Each("entry")) {
    if (entry.Find("resource") != nullptr) add(*entry.Find("resource"), entry.Text("fullUrl"));
  }
  return out;
}

TEST(FhirCorpusTest, SyntheaPatientsAreReadInFull) {
  const std::filesystem::path folder = Samples() / "synthea-r4";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no public samples at " << folder;
  std::map<ClinicalClass, int> counts;
  int patients = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    const ParsedAnswer answer = ParseAnswer(kNorth, Ann(), ResourcesOf(ReadFile(entry.path())), {});
    EXPECT_EQ(answer.unparsable, 0u) << entry.path();
    EXPECT_EQ(answer.conflicting, 0u) << entry.path();
    patients += static_cast<int>(answer.patients.size());
    for (const ClinicalItem& item : answer.items) {
      ++counts[item.clinical_class];
      EXPECT_FALSE(absl::StrContains(item.display, "not described")) << item.resource;
      EXPECT_FALSE(absl::StrContains(item.display, "not named")) << item.resource;
      EXPECT_NE(item.date, "") << item.resource;
      EXPECT_NE(item.facility, "") << item.resource;
      EXPECT_NE(item.code, "") << item.resource;
      EXPECT_NE(item.period, ServicePeriod()) << item.resource;
      EXPECT_THAT(answer.patients[0].references, testing::Contains(item.subject_reference));
    }
  }
  EXPECT_EQ(patients, 7);
  EXPECT_EQ(counts[ClinicalClass::kObservation], 419);
  EXPECT_EQ(counts[ClinicalClass::kEncounter], 54);
  EXPECT_EQ(counts[ClinicalClass::kImmunization], 43);
  EXPECT_EQ(counts[ClinicalClass::kDiagnosticReport], 27);
  EXPECT_EQ(counts[ClinicalClass::kCondition], 25);
  EXPECT_EQ(counts[ClinicalClass::kProcedure], 14);
  EXPECT_EQ(counts[ClinicalClass::kMedication], 11);
  EXPECT_EQ(counts[ClinicalClass::kCarePlan], 7);
}

TEST(FhirCorpusTest, OfficialExamplesAreReadWithoutFault) {
  if (!std::filesystem::exists(Samples())) GTEST_SKIP() << "no public samples at " << Samples();
  size_t resources = 0;
  size_t patients = 0;
  for (const char* name : {"fhir-r4-examples", "us-core", "handmade", "ihe"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(Samples() / name)) {
      if (entry.path().extension() != ".json") continue;
      std::vector<ReceivedResource> received = ResourcesOf(ReadFile(entry.path()));
      resources += received.size();
      patients += ParseAnswer(kNorth, Ann(), std::move(received), {}).patients.size();
    }
  }
  RecordProperty("resources", static_cast<int>(resources));
  EXPECT_GT(resources, 150u);
  EXPECT_GT(patients, 25u);
}

constexpr uint64_t kSeed = 4711;

TEST(FhirPropertyTest, AnyMutationOfAResourceIsReadOrCounted) {
  const std::string seed_text =
      R"({"resourceType":"Observation","id":"o","code":{"coding":[{"system":"http://loinc.org",)"
      R"("code":"883-9"}]},"effectivePeriod":{"start":"2001","end":"x"},"component":[{"code":)"
      R"({"text":"s"},"valueRatio":{"numerator":{"value":1}}}],"meta":{"security":[{"code":"R"}]}})";
  static const std::string kBytes = "{}[]\",:0123456789.nullteafs\\";
  std::mt19937_64 random(kSeed);
  for (int i = 0; i < 20000; ++i) {
    std::string text = seed_text;
    for (size_t n = 1 + random() % 4; n > 0; --n) {
      text[random() % text.size()] = kBytes[random() % kBytes.size()];
    }
    const ParsedAnswer answer = Parse({text});
    ASSERT_EQ(answer.items.size() + answer.skipped + answer.unparsable, 1u)
        << "seed " << kSeed << " case " << i << ": " << text;
    for (const ClinicalItem& item : answer.items) ASSERT_NE(item.display, "");
  }
}

}  // namespace
}  // namespace hie::members

#include "services/hiectl/region/charts.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/hiectl/region/vocabulary.h"

namespace hie::region {
namespace {

constexpr char kSnomed[] = "http://snomed.info/sct";
constexpr char kRxNorm[] = "http://www.nlm.nih.gov/research/umls/rxnorm";
constexpr char kLoinc[] = "http://loinc.org";
constexpr char kEncounterClass[] = "http://terminology.hl7.org/CodeSystem/v3-ActCode";

constexpr int kNoKnownAllergyPerMille = 250;
constexpr int kAllergyPerMille = 350;
constexpr int kEnteredInErrorPerMille = 40;
constexpr int kSensitivePerMille = 60;
constexpr int kDocumentPerMille = 500;

constexpr Concept kNoKnownAllergy = {kSnomed, "716186003", "No known allergy"};

// A statement that a source labels, with its label.
struct SensitiveConcept {
  ClinicalClass clinical_class;
  Concept concept_of;
  const char* label;
};
constexpr SensitiveConcept kSensitive[] = {
    {ClinicalClass::kCondition, {kSnomed, "370143000", "Major depressive disorder"}, "PSY"},
    {ClinicalClass::kCondition, {kSnomed, "7200002", "Alcoholism"}, "ETHUD"},
    {ClinicalClass::kCondition,
     {kSnomed, "86406008", "Human immunodeficiency virus infection"},
     "HIV"},
    {ClinicalClass::kMedication,
     {kRxNorm, "1010600", "Buprenorphine 2 MG / naloxone 0.5 MG Oral Strip"},
     "OPIOIDUD"},
    {ClinicalClass::kCondition,
     {kSnomed, "8098009", "Sexually transmitted infectious disease"},
     "STD"}};

ChartEntry Entry(ClinicalClass clinical_class, const Concept& what, CivilDate date,
                 absl::string_view clinical, absl::string_view verification) {
  ChartEntry entry;
  entry.clinical_class = clinical_class;
  entry.system = std::string(what.system);
  entry.code = std::string(what.code);
  entry.display = std::string(what.display);
  entry.date = date;
  entry.clinical_status = std::string(clinical);
  entry.verification_status = std::string(verification);
  return entry;
}

ChartEntry Labelled(ChartEntry entry, absl::string_view label) {
  entry.sensitivity.push_back(std::string(label));
  return entry;
}

ChartEntry Result(const Concept& what, CivilDate date, absl::string_view value,
                  absl::string_view unit) {
  ChartEntry entry = Entry(ClinicalClass::kObservation, what, date, "final", "");
  entry.value = std::string(value);
  entry.unit = std::string(unit);
  return entry;
}

ChartEntry Document(absl::string_view title, CivilDate date, absl::string_view content) {
  ChartEntry entry =
      Entry(ClinicalClass::kDocument, {kLoinc, "34133-9", title}, date, "current", "");
  entry.content = std::string(content);
  return entry;
}

CivilDate RecentDate(Dice& dice) {
  return CivilDate{dice.Between(2021, 2026), dice.Between(1, 10), dice.Between(1, 28)};
}

void AddAllergies(Dice& dice, std::vector<ChartEntry>& to) {
  if (dice.Chance(kNoKnownAllergyPerMille)) {
    to.push_back(
        Entry(ClinicalClass::kAllergy, kNoKnownAllergy, RecentDate(dice), "active", "confirmed"));
    return;
  }
  while (dice.Chance(kAllergyPerMille)) {
    const bool error = dice.Chance(kEnteredInErrorPerMille);
    to.push_back(Entry(ClinicalClass::kAllergy, dice.Pick(Allergies()), RecentDate(dice),
                       error ? "" : "active", error ? "entered-in-error" : "confirmed"));
  }
}

void AddSensitive(Dice& dice, std::vector<ChartEntry>& to) {
  if (!dice.Chance(kSensitivePerMille)) return;
  const SensitiveConcept& pick = kSensitive[dice.Below(std::size(kSensitive))];
  to.push_back(
      Labelled(Entry(pick.clinical_class, pick.concept_of, RecentDate(dice), "active", "confirmed"),
               pick.label));
}

std::vector<ChartEntry> RandomChart(Dice& dice) {
  std::vector<ChartEntry> chart;
  AddAllergies(dice, chart);
  for (int i = dice.Between(0, 3); i > 0; --i) {
    chart.push_back(Entry(ClinicalClass::kMedication, dice.Pick(Medicines()), RecentDate(dice),
                          dice.Chance(700) ? "active" : "stopped", ""));
  }
  for (int i = dice.Between(0, 3); i > 0; --i) {
    chart.push_back(Entry(ClinicalClass::kCondition, dice.Pick(Problems()), RecentDate(dice),
                          dice.Chance(800) ? "active" : "resolved", "confirmed"));
  }
  for (int i = dice.Between(1, 3); i > 0; --i) {
    chart.push_back(Entry(ClinicalClass::kEncounter, {kEncounterClass, "AMB", "ambulatory"},
                          RecentDate(dice), "finished", ""));
  }
  for (int i = dice.Between(0, 4); i > 0; --i) {
    const Measurement& m = dice.Pick(Measurements());
    chart.push_back(Result(m.concept_of, RecentDate(dice),
                           absl::StrCat(dice.Between(m.low, m.high), ".", dice.Between(0, 9)),
                           m.unit));
  }
  if (dice.Chance(500)) {
    chart.push_back(Entry(ClinicalClass::kImmunization, dice.Pick(Vaccines()), RecentDate(dice),
                          "completed", ""));
  }
  if (dice.Chance(200)) {
    chart.push_back(Entry(ClinicalClass::kProcedure, dice.Pick(Procedures()), RecentDate(dice),
                          "completed", ""));
  }
  AddSensitive(dice, chart);
  if (dice.Chance(kDocumentPerMille)) {
    chart.push_back(Document("Summary of care", RecentDate(dice),
                             "Summary of care. See the coded entries of this visit.\n"));
  }
  return chart;
}

// The demonstration: what the first of the two hospitals knows.
std::vector<ChartEntry> FirstDemonstrationChart() {
  const CivilDate visit{2026, 11, 3};
  std::vector<ChartEntry> chart = {
      Entry(ClinicalClass::kAllergy, {kSnomed, "91936005", "Allergy to penicillin"}, {2019, 5, 2},
            "active", "confirmed"),
      Entry(ClinicalClass::kMedication, {kRxNorm, "855332", "Warfarin sodium 5 MG Oral Tablet"},
            visit, "active", ""),
      Labelled(Entry(ClinicalClass::kMedication,
                     {kRxNorm, "1010600", "Buprenorphine 2 MG / naloxone 0.5 MG Oral Strip"}, visit,
                     "active", ""),
               "OPIOIDUD"),
      Entry(ClinicalClass::kCondition, {kSnomed, "49436004", "Atrial fibrillation"}, {2020, 1, 15},
            "active", "confirmed"),
      Entry(ClinicalClass::kEncounter, {kEncounterClass, "AMB", "ambulatory"}, visit, "finished",
            ""),
      Result({kLoinc, "6301-6", "INR in Platelet poor plasma by Coagulation assay"}, visit, "2.70",
             "{INR}"),
      Document("Anticoagulation clinic note", visit,
               "Anticoagulation clinic. INR 2.70, target 2.0 to 3.0. Continue warfarin 5 mg.\n")};
  // Of a Part 2 programme: without the patient's grant it takes an emergency to see it.
  chart[2].sensitivity.push_back("42CFRPart2");
  return chart;
}

// And the second: an older statement that conflicts, and what the patient wants kept back.
std::vector<ChartEntry> SecondDemonstrationChart() {
  const CivilDate visit{2024, 6, 20};
  ChartEntry psychotherapy = Document("Psychotherapy session note", {2024, 7, 1},
                                      "Psychotherapy note, kept apart from the record.\n");
  psychotherapy.code = "11488-4";
  psychotherapy.sensitivity = {"PSYTHPN"};
  std::vector<ChartEntry> chart = {
      Entry(ClinicalClass::kAllergy, kNoKnownAllergy, {2017, 3, 8}, "active", "confirmed"),
      Entry(ClinicalClass::kMedication, {kRxNorm, "314076", "Lisinopril 10 MG Oral Tablet"}, visit,
            "active", ""),
      Entry(ClinicalClass::kCondition, {kSnomed, "38341003", "Hypertensive disorder"}, visit,
            "active", "confirmed"),
      Labelled(Entry(ClinicalClass::kCondition, {kSnomed, "370143000", "Major depressive disorder"},
                     visit, "active", "confirmed"),
               "PSY"),
      Labelled(Result({kLoinc, "56888-1", "HIV 1+2 Ab+HIV1 p24 Ag in Serum or Plasma"}, visit,
                      "0.10", "{s_co_ratio}"),
               "HIV"),
      Entry(ClinicalClass::kEncounter, {kEncounterClass, "IMP", "inpatient encounter"}, visit,
            "finished", ""),
      std::move(psychotherapy)};
  return chart;
}

}  // namespace

std::vector<Chart> WriteCharts(const std::vector<Registration>& registrations,
                               const std::vector<Hospital>& hospitals, uint64_t seed) {
  Dice dice(seed ^ 0x436861727473u);
  std::vector<Chart> charts;
  size_t demonstrations = 0;
  for (const Registration& registration : registrations) {
    Chart chart{registration, {}};
    if (registration.inhabitant == 0 && demonstrations < 2) {
      chart.entries = demonstrations == 0 ? FirstDemonstrationChart() : SecondDemonstrationChart();
      ++demonstrations;
    } else {
      chart.entries = RandomChart(dice);
    }
    for (size_t i = 0; i < chart.entries.size(); ++i) {
      chart.entries[i].id =
          absl::StrFormat("%s-%s-%d", hospitals[registration.hospital].id, registration.mrn, i + 1);
    }
    charts.push_back(std::move(chart));
  }
  return charts;
}

}  // namespace hie::region

#include "services/hiectl/region/vocabulary.h"

namespace hie::region {
namespace {

using absl::string_view;

constexpr string_view kFemale[] = {
    "Mary",      "Patricia", "Jennifer", "Linda",    "Elizabeth", "Barbara",  "Susan",   "Jessica",
    "Sarah",     "Karen",    "Lisa",     "Nancy",    "Margaret",  "Sandra",   "Ashley",  "Kimberly",
    "Emily",     "Donna",    "Michelle", "Carol",    "Amanda",    "Dorothy",  "Melissa", "Deborah",
    "Stephanie", "Rebecca",  "Laura",    "Sharon",   "Cynthia",   "Kathleen", "Amy",     "Angela",
    "Olivia",    "Emma",     "Sofia",    "Isabella", "Guadalupe", "Fatima",   "Mei",     "Ingrid"};
constexpr string_view kMale[] = {
    "James",    "Robert",  "John",        "Michael", "William", "David",   "Richard", "Joseph",
    "Thomas",   "Charles", "Christopher", "Daniel",  "Matthew", "Anthony", "Mark",    "Donald",
    "Steven",   "Paul",    "Andrew",      "Joshua",  "Kenneth", "Kevin",   "Brian",   "George",
    "Edward",   "Ronald",  "Timothy",     "Jason",   "Jeffrey", "Ryan",    "Jacob",   "Gary",
    "Nicholas", "Liam",    "Noah",        "Mateo",   "José",    "Ahmed",   "Wei",     "Lars"};
constexpr string_view kFamily[] = {
    "Smith",    "Johnson",   "Williams", "Brown",     "Jones",     "Garcia",     "Miller",
    "Davis",    "Rodriguez", "Martinez", "Hernandez", "Lopez",     "Gonzalez",   "Wilson",
    "Anderson", "Thomas",    "Taylor",   "Moore",     "Jackson",   "Martin",     "Lee",
    "Perez",    "Thompson",  "White",    "Harris",    "Sanchez",   "Clark",      "Ramirez",
    "Lewis",    "Robinson",  "Walker",   "Young",     "Allen",     "King",       "Wright",
    "Scott",    "Torres",    "Nguyen",   "Hill",      "Flores",    "Green",      "Adams",
    "Nelson",   "Baker",     "Hall",     "Rivera",    "Campbell",  "Mitchell",   "Carter",
    "Roberts",  "O'Connor",  "Müller",   "Okafor",    "Petrov",    "Kowalski",   "Haddad",
    "Larsson",  "Yamamoto",  "Singh",    "Chen",      "Delacroix", "McAllister", "Van Dyke",
    "St. James"};
constexpr string_view kStreets[] = {"Main St",   "Oak Ave",      "Maple Dr", "Cedar Ln",
                                    "Park Rd",   "Pine St",      "Elm St",   "Lake Shore Dr",
                                    "Hill Rd",   "Church St",    "River Rd", "Washington Ave",
                                    "Spring St", "Highland Ave", "Mill Rd",  "Franklin St"};
constexpr Town kTowns[] = {{"Northport", "48101"},    {"Lakeside", "48105"},
                           {"Valley Falls", "48110"}, {"Harbor City", "48120"},
                           {"Ridgeview", "48131"},    {"Quayton", "48140"}};
constexpr Nickname kNicknames[] = {
    {"William", "Bill"},      {"Robert", "Bob"},     {"Richard", "Rick"}, {"Elizabeth", "Liz"},
    {"Margaret", "Peggy"},    {"Patricia", "Pat"},   {"Jennifer", "Jen"}, {"Michael", "Mike"},
    {"Christopher", "Chris"}, {"Katherine", "Kate"}, {"James", "Jim"},    {"Joseph", "Joe"},
    {"Thomas", "Tom"},        {"Charles", "Chuck"},  {"Daniel", "Dan"},   {"Matthew", "Matt"},
    {"Anthony", "Tony"},      {"Steven", "Steve"},   {"Andrew", "Andy"},  {"Edward", "Ed"},
    {"Deborah", "Debbie"},    {"Rebecca", "Becky"},  {"Susan", "Sue"},    {"Nicholas", "Nick"}};

constexpr string_view kSnomed = "http://snomed.info/sct";
constexpr string_view kRxNorm = "http://www.nlm.nih.gov/research/umls/rxnorm";
constexpr string_view kLoinc = "http://loinc.org";
constexpr string_view kCvx = "http://hl7.org/fhir/sid/cvx";

constexpr Concept kAllergies[] = {{kSnomed, "91936005", "Allergy to penicillin"},
                                  {kSnomed, "91935009", "Allergy to peanut"},
                                  {kSnomed, "300916003", "Latex allergy"},
                                  {kSnomed, "293586001", "Allergy to aspirin"},
                                  {kSnomed, "91934008", "Allergy to nut"},
                                  {kSnomed, "294505008", "Allergy to amoxicillin"},
                                  {kSnomed, "293963004", "Allergy to cephalosporin"},
                                  {kSnomed, "300913006", "Allergy to shellfish"}};
constexpr Concept kMedicines[] = {{kRxNorm, "855332", "Warfarin sodium 5 MG Oral Tablet"},
                                  {kRxNorm, "860975", "Metformin hydrochloride 500 MG Oral Tablet"},
                                  {kRxNorm, "314076", "Lisinopril 10 MG Oral Tablet"},
                                  {kRxNorm, "617312", "Atorvastatin 20 MG Oral Tablet"},
                                  {kRxNorm, "197361", "Amlodipine 5 MG Oral Tablet"},
                                  {kRxNorm, "866924", "Metoprolol tartrate 25 MG Oral Tablet"},
                                  {kRxNorm, "311036", "Insulin, regular, 100 UNT/ML Injection"},
                                  {kRxNorm, "966222", "Levothyroxine sodium 0.05 MG Oral Tablet"}};
constexpr Concept kProblems[] = {{kSnomed, "38341003", "Hypertensive disorder"},
                                 {kSnomed, "44054006", "Type 2 diabetes mellitus"},
                                 {kSnomed, "195967001", "Asthma"},
                                 {kSnomed, "49436004", "Atrial fibrillation"},
                                 {kSnomed, "40930008", "Hypothyroidism"},
                                 {kSnomed, "13645005", "Chronic obstructive lung disease"},
                                 {kSnomed, "53741008", "Coronary arteriosclerosis"},
                                 {kSnomed, "84757009", "Epilepsy"}};
constexpr Concept kVaccines[] = {
    {kCvx, "140", "Influenza, seasonal, injectable, preservative free"},
    {kCvx, "113", "Td (adult) preservative free"},
    {kCvx, "121", "Zoster vaccine, live"},
    {kCvx, "133", "Pneumococcal conjugate PCV 13"}};
constexpr Concept kProcedures[] = {{kSnomed, "80146002", "Appendectomy"},
                                   {kSnomed, "73761001", "Colonoscopy"},
                                   {kSnomed, "232717009", "Coronary artery bypass grafting"},
                                   {kSnomed, "609588000", "Total knee replacement"}};
constexpr Measurement kMeasurements[] = {
    {{kLoinc, "8480-6", "Systolic blood pressure"}, "mm[Hg]", 100, 165},
    {{kLoinc, "2339-0", "Glucose [Mass/volume] in Blood"}, "mg/dL", 70, 210},
    {{kLoinc, "2160-0", "Creatinine [Mass/volume] in Serum or Plasma"}, "mg/dL", 1, 3},
    {{kLoinc, "718-7", "Hemoglobin [Mass/volume] in Blood"}, "g/dL", 9, 17},
    {{kLoinc, "6301-6", "INR in Platelet poor plasma by Coagulation assay"}, "{INR}", 1, 4}};

}  // namespace

absl::Span<const string_view> FemaleNames() { return kFemale; }
absl::Span<const string_view> MaleNames() { return kMale; }
absl::Span<const string_view> FamilyNames() { return kFamily; }
absl::Span<const string_view> StreetNames() { return kStreets; }
absl::Span<const Town> Towns() { return kTowns; }
absl::Span<const Nickname> Nicknames() { return kNicknames; }
absl::Span<const Concept> Allergies() { return kAllergies; }
absl::Span<const Concept> Medicines() { return kMedicines; }
absl::Span<const Concept> Problems() { return kProblems; }
absl::Span<const Concept> Vaccines() { return kVaccines; }
absl::Span<const Concept> Procedures() { return kProcedures; }
absl::Span<const Measurement> Measurements() { return kMeasurements; }

}  // namespace hie::region

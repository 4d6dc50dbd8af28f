#include "services/hiectl/region/vocabulary.h"

namespace hie::region {
namespace {

using absl::string_view;

constexpr Nickname kNicknames[] = {
    {"William", "Bill"},      {"Robert", "Bob"},      {"Richard", "Rick"},
    {"Elizabeth", "Liz"},     {"Margaret", "Peggy"},  {"Patricia", "Pat"},
    {"Jennifer", "Jen"},      {"Michael", "Mike"},    {"Christopher", "Chris"},
    {"Katherine", "Kate"},    {"James", "Jim"},       {"Joseph", "Joe"},
    {"Thomas", "Tom"},        {"Charles", "Chuck"},   {"Daniel", "Dan"},
    {"Matthew", "Matt"},      {"Anthony", "Tony"},    {"Steven", "Steve"},
    {"Andrew", "Andy"},       {"Edward", "Ed"},       {"Deborah", "Debbie"},
    {"Rebecca", "Becky"},     {"Susan", "Sue"},       {"Nicholas", "Nick"},
    {"David", "Dave"},        {"Benjamin", "Ben"},    {"Samuel", "Sam"},
    {"Alexander", "Alex"},    {"Jonathan", "Jon"},    {"Joshua", "Josh"},
    {"Jacob", "Jake"},        {"Zachary", "Zach"},    {"Timothy", "Tim"},
    {"Gregory", "Greg"},      {"Kenneth", "Ken"},     {"Ronald", "Ron"},
    {"Donald", "Don"},        {"Jeffrey", "Jeff"},    {"Lawrence", "Larry"},
    {"Raymond", "Ray"},       {"Gerald", "Jerry"},    {"Stephen", "Steve"},
    {"Douglas", "Doug"},      {"Patrick", "Pat"},     {"Peter", "Pete"},
    {"Phillip", "Phil"},      {"Frederick", "Fred"},  {"Nathan", "Nate"},
    {"Nathaniel", "Nate"},    {"Gabriel", "Gabe"},    {"Isaac", "Ike"},
    {"Theodore", "Ted"},      {"Henry", "Hank"},      {"John", "Jack"},
    {"Walter", "Walt"},       {"Albert", "Al"},       {"Leonard", "Len"},
    {"Eugene", "Gene"},       {"Francis", "Frank"},   {"Vincent", "Vince"},
    {"Bradley", "Brad"},      {"Francisco", "Paco"},  {"Jose", "Pepe"},
    {"Jesus", "Chuy"},        {"Guadalupe", "Lupe"},  {"Ignacio", "Nacho"},
    {"Kathleen", "Kathy"},    {"Catherine", "Cathy"}, {"Barbara", "Barb"},
    {"Cynthia", "Cindy"},     {"Sandra", "Sandy"},    {"Pamela", "Pam"},
    {"Christine", "Chris"},   {"Christina", "Tina"},  {"Stephanie", "Steph"},
    {"Jessica", "Jess"},      {"Samantha", "Sam"},    {"Alexandra", "Alex"},
    {"Abigail", "Abby"},      {"Victoria", "Vicky"},  {"Kimberly", "Kim"},
    {"Judith", "Judy"},       {"Dorothy", "Dot"},     {"Virginia", "Ginny"},
    {"Frances", "Fran"},      {"Theresa", "Terry"},   {"Teresa", "Terry"},
    {"Jacqueline", "Jackie"}, {"Amanda", "Mandy"},    {"Melissa", "Missy"},
    {"Allison", "Allie"},     {"Danielle", "Dani"},   {"Gabriella", "Gabby"},
    {"Isabella", "Bella"},    {"Madison", "Maddie"},  {"Michelle", "Shelly"},
    {"Angela", "Angie"},      {"Valerie", "Val"},     {"Suzanne", "Sue"},
    {"Josephine", "Josie"},   {"Eleanor", "Ellie"},   {"Florence", "Flo"},
    {"Mohammed", "Mo"}};

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

absl::Span<const Nickname> Nicknames() { return kNicknames; }
absl::Span<const Concept> Allergies() { return kAllergies; }
absl::Span<const Concept> Medicines() { return kMedicines; }
absl::Span<const Concept> Problems() { return kProblems; }
absl::Span<const Concept> Vaccines() { return kVaccines; }
absl::Span<const Concept> Procedures() { return kProcedures; }
absl::Span<const Measurement> Measurements() { return kMeasurements; }

}  // namespace hie::region

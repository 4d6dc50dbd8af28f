#include "gateway/fhir/clinical/consent_codes.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace hie::fhir {
namespace {

using common::v1::ClinicalClass;

constexpr absl::string_view kLoinc = "http://loinc.org";
constexpr absl::string_view kCategorySystem =
    "http://terminology.hl7.org/CodeSystem/consentcategorycodes";
constexpr absl::string_view kInstrumentPrefix = "INSTRUMENT_";
constexpr absl::string_view kClassPrefix = "CLINICAL_CLASS_";

struct CategoryRow {
  absl::string_view system;
  absl::string_view code;
  consent::v1::Instrument instrument;
};

constexpr std::array<CategoryRow, 6> kCategories = {{
    {kLoinc, "59284-0", consent::v1::INSTRUMENT_GENERAL},             // Consent Document
    {kLoinc, "57016-8", consent::v1::INSTRUMENT_GENERAL},             // Privacy policy ack.
    {kActCodeSystem, "INFA", consent::v1::INSTRUMENT_GENERAL},        // Information access
    {kActCodeSystem, "IDSCL", consent::v1::INSTRUMENT_GENERAL},       // Information disclosure
    {kCategorySystem, "42-cfr-2", consent::v1::INSTRUMENT_PART2},     // 42 CFR Part 2
    {kCategorySystem, "research", consent::v1::INSTRUMENT_RESEARCH},  // Research access
}};

constexpr std::array<std::pair<absl::string_view, common::v1::Purpose>, 9> kPurposes = {{
    {"TREAT", common::v1::PURPOSE_TREAT},
    {"ETREAT", common::v1::PURPOSE_ETREAT},
    {"BTG", common::v1::PURPOSE_BTG},
    {"HPAYMT", common::v1::PURPOSE_HPAYMT},
    {"HOPERAT", common::v1::PURPOSE_HOPERAT},
    {"PATRQT", common::v1::PURPOSE_PATRQT},
    {"PUBHLTH", common::v1::PURPOSE_PUBHLTH},
    {"HRESCH", common::v1::PURPOSE_HRESCH},
    {"PATADMIN", common::v1::PURPOSE_PATADMIN},
}};

constexpr std::array<std::pair<absl::string_view, common::v1::Confidentiality>, 6> kLevels = {{
    {"U", common::v1::CONFIDENTIALITY_UNRESTRICTED},
    {"L", common::v1::CONFIDENTIALITY_LOW},
    {"M", common::v1::CONFIDENTIALITY_MODERATE},
    {"N", common::v1::CONFIDENTIALITY_NORMAL},
    {"R", common::v1::CONFIDENTIALITY_RESTRICTED},
    {"V", common::v1::CONFIDENTIALITY_VERY_RESTRICTED},
}};

template <typename Rows>
auto ByWord(const Rows& rows, absl::string_view word) -> std::optional<decltype(rows[0].second)> {
  for (const auto& [name, value] : rows) {
    if (name == word) return value;
  }
  return std::nullopt;
}

template <typename Rows, typename Value>
std::string ByValue(const Rows& rows, Value wanted) {
  for (const auto& [name, value] : rows) {
    if (value == wanted) return std::string(name);
  }
  return "";
}

}  // namespace

std::optional<consent::v1::Instrument> InstrumentOf(absl::string_view system,
                                                    absl::string_view code) {
  if (system == kInstrumentSystem) {
    consent::v1::Instrument instrument = consent::v1::INSTRUMENT_UNSPECIFIED;
    const bool known =
        consent::v1::Instrument_Parse(absl::StrCat(kInstrumentPrefix, code), &instrument) &&
        instrument != consent::v1::INSTRUMENT_UNSPECIFIED;
    return known ? std::optional(instrument) : std::nullopt;
  }
  for (const CategoryRow& row : kCategories) {
    if (row.system == system && row.code == code) return row.instrument;
  }
  return std::nullopt;
}

std::string InstrumentCode(consent::v1::Instrument instrument) {
  return std::string(
      absl::StripPrefix(consent::v1::Instrument_Name(instrument), kInstrumentPrefix));
}

std::optional<common::v1::Purpose> PurposeOf(absl::string_view code) {
  return ByWord(kPurposes, code);
}

std::string PurposeWord(common::v1::Purpose purpose) { return ByValue(kPurposes, purpose); }

std::optional<common::v1::Confidentiality> ConfidentialityOf(absl::string_view code) {
  return ByWord(kLevels, code);
}

std::string ConfidentialityWord(common::v1::Confidentiality confidentiality) {
  return ByValue(kLevels, confidentiality);
}

std::optional<ClinicalClass> ClassOfCode(absl::string_view code) {
  ClinicalClass clinical_class = common::v1::CLINICAL_CLASS_UNSPECIFIED;
  const bool known =
      common::v1::ClinicalClass_Parse(absl::StrCat(kClassPrefix, code), &clinical_class) &&
      clinical_class != common::v1::CLINICAL_CLASS_UNSPECIFIED;
  return known ? std::optional(clinical_class) : std::nullopt;
}

std::string ClassCode(ClinicalClass clinical_class) {
  return std::string(
      absl::StripPrefix(common::v1::ClinicalClass_Name(clinical_class), kClassPrefix));
}

std::optional<ResourceClasses> ClassesOfResource(absl::string_view type) {
  if (type == "AllergyIntolerance") return ResourceClasses{{common::v1::CLINICAL_CLASS_ALLERGY}};
  if (type == "MedicationRequest" || type == "MedicationStatement") {
    return ResourceClasses{{common::v1::CLINICAL_CLASS_MEDICATION}, false};
  }
  // Resuscitation orders are Conditions at some members and Observations at others.
  if (type == "Condition") {
    return ResourceClasses{
        {common::v1::CLINICAL_CLASS_CONDITION, common::v1::CLINICAL_CLASS_CODE_STATUS}, false};
  }
  if (type == "Observation") {
    return ResourceClasses{
        {common::v1::CLINICAL_CLASS_OBSERVATION, common::v1::CLINICAL_CLASS_BLOOD_GROUP,
         common::v1::CLINICAL_CLASS_CODE_STATUS},
        false};
  }
  if (type == "Encounter") return ResourceClasses{{common::v1::CLINICAL_CLASS_ENCOUNTER}};
  if (type == "DiagnosticReport") {
    return ResourceClasses{{common::v1::CLINICAL_CLASS_DIAGNOSTIC_REPORT}};
  }
  if (type == "Immunization") return ResourceClasses{{common::v1::CLINICAL_CLASS_IMMUNIZATION}};
  if (type == "Procedure") return ResourceClasses{{common::v1::CLINICAL_CLASS_PROCEDURE}};
  if (type == "DocumentReference") return ResourceClasses{{common::v1::CLINICAL_CLASS_DOCUMENT}};
  if (type == "Device") return ResourceClasses{{common::v1::CLINICAL_CLASS_IMPLANT}};
  if (type == "CarePlan") return ResourceClasses{{common::v1::CLINICAL_CLASS_CARE_PLAN}};
  return std::nullopt;
}

}  // namespace hie::fhir

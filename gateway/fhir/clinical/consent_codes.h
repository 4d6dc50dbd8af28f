#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "hie/consent/v1/consent.pb.h"

// The words in which a Consent and a directive say the same.
namespace hie::fhir {

inline constexpr char kConsentScope[] = "http://terminology.hl7.org/CodeSystem/consentscope";
inline constexpr char kActReasonSystem[] = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
inline constexpr char kActCodeSystem[] = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
inline constexpr char kConfidentialitySystem[] =
    "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
inline constexpr char kParticipationSystem[] =
    "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
inline constexpr char kConsentAction[] = "http://terminology.hl7.org/CodeSystem/consentaction";
inline constexpr char kResourceTypes[] = "http://hl7.org/fhir/resource-types";
inline constexpr char kInstrumentSystem[] = "https://hie.example/fhir/CodeSystem/instrument";
inline constexpr char kActionSystem[] = "https://hie.example/fhir/CodeSystem/consent-action";
inline constexpr char kClassSystem[] = "https://hie.example/fhir/CodeSystem/clinical-class";
inline constexpr char kRoleSystem[] = "https://hie.example/fhir/CodeSystem/user-role";
inline constexpr char kFacilitySystem[] = "https://hie.example/fhir/CodeSystem/facility";
// On a provision: whether break-glass may override a denial (valueCode allow or forbid).
inline constexpr char kEmergencyExtension[] =
    "https://hie.example/fhir/StructureDefinition/emergency-override";
// On a Consent: it could not be understood in full, and denies within its bounds (valueBoolean).
inline constexpr char kOpaqueExtension[] = "https://hie.example/fhir/StructureDefinition/opaque";

// Consent.category: `system|code` of what the exchange takes.  Nothing: another category.
std::optional<consent::v1::Instrument> InstrumentOf(absl::string_view system,
                                                    absl::string_view code);
// "GENERAL"
std::string InstrumentCode(consent::v1::Instrument instrument);

// v3-ActReason: "TREAT".
std::optional<common::v1::Purpose> PurposeOf(absl::string_view code);
std::string PurposeWord(common::v1::Purpose purpose);

// v3-Confidentiality: "R".
std::optional<common::v1::Confidentiality> ConfidentialityOf(absl::string_view code);
std::string ConfidentialityWord(common::v1::Confidentiality confidentiality);

// Our code of a class ("ALLERGY"), or all classes of a FHIR resource type.
std::optional<common::v1::ClinicalClass> ClassOfCode(absl::string_view code);
std::string ClassCode(common::v1::ClinicalClass clinical_class);

// A FHIR resource type, and what it is here.  `whole`: the classes hold nothing but this type, so
// that a permission for the type may become one for the classes.
struct ResourceClasses {
  std::vector<common::v1::ClinicalClass> classes;
  bool whole = true;
};
std::optional<ResourceClasses> ClassesOfResource(absl::string_view type);

}  // namespace hie::fhir

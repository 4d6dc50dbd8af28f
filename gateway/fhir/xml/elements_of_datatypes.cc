#include "gateway/fhir/xml/element_rows.h"

// Elements of data types (R4 4.0.1); see the README for how this was made.
namespace hie::fhir::xml {
namespace {

// Any data type, as of Extension.value[x].
constexpr char kAnyType[] =
    "base64Binary|boolean|canonical|code|date|dateTime|decimal|id|instant|integer|"
    "markdown|oid|positiveInt|string|time|unsignedInt|uri|url|uuid|Address|Age|"
    "Annotation|Attachment|CodeableConcept|Coding|ContactPoint|Count|Distance|Duration|"
    "HumanName|Identifier|Money|Period|Quantity|Range|Ratio|Reference|SampledData|"
    "Signature|Timing|ContactDetail|Contributor|DataRequirement|Expression|"
    "ParameterDefinition|RelatedArtifact|TriggerDefinition|UsageContext|Dosage|Meta";

constexpr ElementRow kAddress[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"use", "code", false, false, false, true},
    {"type", "code"},
    {"text", "string"},
    {"line", "string", true},
    {"city", "string"},
    {"district", "string"},
    {"state", "string"},
    {"postalCode", "string"},
    {"country", "string"},
    {"period", "Period"},
};
constexpr ElementRow kAge[] = {
    {"id", "string"},     {"extension", "Extension", true},
    {"value", "decimal"}, {"comparator", "code", false, false, false, true},
    {"unit", "string"},   {"system", "uri"},
    {"code", "code"},
};
constexpr ElementRow kAnnotation[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"author", "Reference|string", false, true},
    {"time", "dateTime"},
    {"text", "markdown", false, false, true},
};
constexpr ElementRow kAttachment[] = {
    {"id", "string"},         {"extension", "Extension", true}, {"contentType", "code"},
    {"language", "code"},     {"data", "base64Binary"},         {"url", "url"},
    {"size", "unsignedInt"},  {"hash", "base64Binary"},         {"title", "string"},
    {"creation", "dateTime"},
};
constexpr ElementRow kCodeableConcept[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"coding", "Coding", true},
    {"text", "string"},
};
constexpr ElementRow kCoding[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"system", "uri"},
    {"version", "string"},
    {"code", "code"},
    {"display", "string"},
    {"userSelected", "boolean"},
};
constexpr ElementRow kContactDetail[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"name", "string"},
    {"telecom", "ContactPoint", true},
};
constexpr ElementRow kContactPoint[] = {
    {"id", "string"},     {"extension", "Extension", true},           {"system", "code"},
    {"value", "string"},  {"use", "code", false, false, false, true}, {"rank", "positiveInt"},
    {"period", "Period"},
};
constexpr ElementRow kContributor[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"type", "code", false, false, true},
    {"name", "string", false, false, true},
    {"contact", "ContactDetail", true},
};
constexpr ElementRow kCount[] = {
    {"id", "string"},     {"extension", "Extension", true},
    {"value", "decimal"}, {"comparator", "code", false, false, false, true},
    {"unit", "string"},   {"system", "uri"},
    {"code", "code"},
};
constexpr ElementRow kDataRequirement[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"type", "code", false, false, true},
    {"profile", "canonical", true},
    {"subject", "CodeableConcept|Reference", false, true},
    {"mustSupport", "string", true},
    {"codeFilter", "DataRequirement.codeFilter", true},
    {"dateFilter", "DataRequirement.dateFilter", true},
    {"limit", "positiveInt"},
    {"sort", "DataRequirement.sort", true},
};
constexpr ElementRow kDataRequirementCodeFilter[] = {
    {"id", "string"},          {"extension", "Extension", true}, {"path", "string"},
    {"searchParam", "string"}, {"valueSet", "canonical"},        {"code", "Coding", true},
};
constexpr ElementRow kDataRequirementDateFilter[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"path", "string"},
    {"searchParam", "string"},
    {"value", "dateTime|Period|Duration", false, true},
};
constexpr ElementRow kDataRequirementSort[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"path", "string", false, false, true},
    {"direction", "code", false, false, true},
};
constexpr ElementRow kDistance[] = {
    {"id", "string"},     {"extension", "Extension", true},
    {"value", "decimal"}, {"comparator", "code", false, false, false, true},
    {"unit", "string"},   {"system", "uri"},
    {"code", "code"},
};
constexpr ElementRow kDosage[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"modifierExtension", "Extension", true, false, false, true},
    {"sequence", "integer"},
    {"text", "string"},
    {"additionalInstruction", "CodeableConcept", true},
    {"patientInstruction", "string"},
    {"timing", "Timing"},
    {"asNeeded", "boolean|CodeableConcept", false, true},
    {"site", "CodeableConcept"},
    {"route", "CodeableConcept"},
    {"method", "CodeableConcept"},
    {"doseAndRate", "Dosage.doseAndRate", true},
    {"maxDosePerPeriod", "Ratio"},
    {"maxDosePerAdministration", "Quantity"},
    {"maxDosePerLifetime", "Quantity"},
};
constexpr ElementRow kDosageDoseAndRate[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"type", "CodeableConcept"},
    {"dose", "Range|Quantity", false, true},
    {"rate", "Ratio|Range|Quantity", false, true},
};
constexpr ElementRow kDuration[] = {
    {"id", "string"},     {"extension", "Extension", true},
    {"value", "decimal"}, {"comparator", "code", false, false, false, true},
    {"unit", "string"},   {"system", "uri"},
    {"code", "code"},
};
constexpr ElementRow kExpression[] = {
    {"id", "string"},     {"extension", "Extension", true},         {"description", "string"},
    {"name", "id"},       {"language", "code", false, false, true}, {"expression", "string"},
    {"reference", "uri"},
};
constexpr ElementRow kExtension[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"url", "uri", false, false, true},
    {"value", kAnyType, false, true},
};
constexpr ElementRow kHumanName[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"use", "code", false, false, false, true},
    {"text", "string"},
    {"family", "string"},
    {"given", "string", true},
    {"prefix", "string", true},
    {"suffix", "string", true},
    {"period", "Period"},
};
constexpr ElementRow kIdentifier[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"use", "code", false, false, false, true},
    {"type", "CodeableConcept"},
    {"system", "uri"},
    {"value", "string"},
    {"period", "Period"},
    {"assigner", "Reference"},
};
constexpr ElementRow kMeta[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"versionId", "id"},
    {"lastUpdated", "instant"},
    {"source", "uri"},
    {"profile", "canonical", true},
    {"security", "Coding", true},
    {"tag", "Coding", true},
};
constexpr ElementRow kMoney[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"value", "decimal"},
    {"currency", "code"},
};
constexpr ElementRow kNarrative[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"status", "code", false, false, true},
    {"div", "xhtml", false, false, true},
};
constexpr ElementRow kParameterDefinition[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"name", "code"},
    {"use", "code", false, false, true},
    {"min", "integer"},
    {"max", "string"},
    {"documentation", "string"},
    {"type", "code", false, false, true},
    {"profile", "canonical"},
};
constexpr ElementRow kPeriod[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"start", "dateTime"},
    {"end", "dateTime"},
};
constexpr ElementRow kQuantity[] = {
    {"id", "string"},     {"extension", "Extension", true},
    {"value", "decimal"}, {"comparator", "code", false, false, false, true},
    {"unit", "string"},   {"system", "uri"},
    {"code", "code"},
};
constexpr ElementRow kRange[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"low", "Quantity"},
    {"high", "Quantity"},
};
constexpr ElementRow kRatio[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"numerator", "Quantity"},
    {"denominator", "Quantity"},
};
constexpr ElementRow kReference[] = {
    {"id", "string"}, {"extension", "Extension", true}, {"reference", "string"},
    {"type", "uri"},  {"identifier", "Identifier"},     {"display", "string"},
};
constexpr ElementRow kRelatedArtifact[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"type", "code", false, false, true},
    {"label", "string"},
    {"display", "string"},
    {"citation", "markdown"},
    {"url", "url"},
    {"document", "Attachment"},
    {"resource", "canonical"},
};
constexpr ElementRow kSampledData[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"origin", "Quantity", false, false, true},
    {"period", "decimal", false, false, true},
    {"factor", "decimal"},
    {"lowerLimit", "decimal"},
    {"upperLimit", "decimal"},
    {"dimensions", "positiveInt", false, false, true},
    {"data", "string"},
};
constexpr ElementRow kSignature[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"type", "Coding", true, false, true},
    {"when", "instant", false, false, true},
    {"who", "Reference", false, false, true},
    {"onBehalfOf", "Reference"},
    {"targetFormat", "code"},
    {"sigFormat", "code"},
    {"data", "base64Binary"},
};
constexpr ElementRow kTiming[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"modifierExtension", "Extension", true, false, false, true},
    {"event", "dateTime", true},
    {"repeat", "Timing.repeat"},
    {"code", "CodeableConcept"},
};
constexpr ElementRow kTimingRepeat[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"bounds", "Duration|Range|Period", false, true},
    {"count", "positiveInt"},
    {"countMax", "positiveInt"},
    {"duration", "decimal"},
    {"durationMax", "decimal"},
    {"durationUnit", "code"},
    {"frequency", "positiveInt"},
    {"frequencyMax", "positiveInt"},
    {"period", "decimal"},
    {"periodMax", "decimal"},
    {"periodUnit", "code"},
    {"dayOfWeek", "code", true},
    {"timeOfDay", "time", true},
    {"when", "code", true},
    {"offset", "unsignedInt"},
};
constexpr ElementRow kTriggerDefinition[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"type", "code", false, false, true},
    {"name", "string"},
    {"timing", "Timing|Reference|date|dateTime", false, true},
    {"data", "DataRequirement", true},
    {"condition", "Expression"},
};
constexpr ElementRow kUsageContext[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"code", "Coding", false, false, true},
    {"value", "CodeableConcept|Quantity|Range|Reference", false, true, true},
};

constexpr TypeRow kRows[] = {
    {"Address", TypeKind::kStructure, kAddress},
    {"Age", TypeKind::kStructure, kAge},
    {"Annotation", TypeKind::kStructure, kAnnotation},
    {"Attachment", TypeKind::kStructure, kAttachment},
    {"CodeableConcept", TypeKind::kStructure, kCodeableConcept},
    {"Coding", TypeKind::kStructure, kCoding},
    {"ContactDetail", TypeKind::kStructure, kContactDetail},
    {"ContactPoint", TypeKind::kStructure, kContactPoint},
    {"Contributor", TypeKind::kStructure, kContributor},
    {"Count", TypeKind::kStructure, kCount},
    {"DataRequirement", TypeKind::kStructure, kDataRequirement},
    {"DataRequirement.codeFilter", TypeKind::kStructure, kDataRequirementCodeFilter},
    {"DataRequirement.dateFilter", TypeKind::kStructure, kDataRequirementDateFilter},
    {"DataRequirement.sort", TypeKind::kStructure, kDataRequirementSort},
    {"Distance", TypeKind::kStructure, kDistance},
    {"Dosage", TypeKind::kStructure, kDosage},
    {"Dosage.doseAndRate", TypeKind::kStructure, kDosageDoseAndRate},
    {"Duration", TypeKind::kStructure, kDuration},
    {"Expression", TypeKind::kStructure, kExpression},
    {"Extension", TypeKind::kStructure, kExtension},
    {"HumanName", TypeKind::kStructure, kHumanName},
    {"Identifier", TypeKind::kStructure, kIdentifier},
    {"Meta", TypeKind::kStructure, kMeta},
    {"Money", TypeKind::kStructure, kMoney},
    {"Narrative", TypeKind::kStructure, kNarrative},
    {"ParameterDefinition", TypeKind::kStructure, kParameterDefinition},
    {"Period", TypeKind::kStructure, kPeriod},
    {"Quantity", TypeKind::kStructure, kQuantity},
    {"Range", TypeKind::kStructure, kRange},
    {"Ratio", TypeKind::kStructure, kRatio},
    {"Reference", TypeKind::kStructure, kReference},
    {"RelatedArtifact", TypeKind::kStructure, kRelatedArtifact},
    {"SampledData", TypeKind::kStructure, kSampledData},
    {"Signature", TypeKind::kStructure, kSignature},
    {"Timing", TypeKind::kStructure, kTiming},
    {"Timing.repeat", TypeKind::kStructure, kTimingRepeat},
    {"TriggerDefinition", TypeKind::kStructure, kTriggerDefinition},
    {"UsageContext", TypeKind::kStructure, kUsageContext},
};

}  // namespace

absl::Span<const TypeRow> DatatypeRows() { return kRows; }

}  // namespace hie::fhir::xml

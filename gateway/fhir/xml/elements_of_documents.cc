#include "gateway/fhir/xml/element_rows.h"

// Elements of documents and what carries them (R4 4.0.1); see the README for how this was made.
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

constexpr ElementRow kBinary[] = {
    {"id", "string"},
    {"meta", "Meta"},
    {"implicitRules", "uri", false, false, false, true},
    {"language", "code"},
    {"contentType", "code", false, false, true},
    {"securityContext", "Reference"},
    {"data", "base64Binary"},
};
constexpr ElementRow kBundle[] = {
    {"id", "string"},
    {"meta", "Meta"},
    {"implicitRules", "uri", false, false, false, true},
    {"language", "code"},
    {"identifier", "Identifier"},
    {"type", "code", false, false, true},
    {"timestamp", "instant"},
    {"total", "unsignedInt"},
    {"link", "Bundle.link", true},
    {"entry", "Bundle.entry", true},
    {"signature", "Signature"},
};
constexpr ElementRow kBundleEntry[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"modifierExtension", "Extension", true, false, false, true},
    {"link", "Bundle.link", true},
    {"fullUrl", "uri"},
    {"resource", "Resource"},
    {"search", "Bundle.entry.search"},
    {"request", "Bundle.entry.request"},
    {"response", "Bundle.entry.response"},
};
constexpr ElementRow kBundleEntryRequest[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"modifierExtension", "Extension", true, false, false, true},
    {"method", "code", false, false, true},
    {"url", "uri", false, false, true},
    {"ifNoneMatch", "string"},
    {"ifModifiedSince", "instant"},
    {"ifMatch", "string"},
    {"ifNoneExist", "string"},
};
constexpr ElementRow kBundleEntryResponse[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"modifierExtension", "Extension", true, false, false, true},
    {"status", "string", false, false, true},
    {"location", "uri"},
    {"etag", "string"},
    {"lastModified", "instant"},
    {"outcome", "Resource"},
};
constexpr ElementRow kBundleEntrySearch[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"modifierExtension", "Extension", true, false, false, true},
    {"mode", "code"},
    {"score", "decimal"},
};
constexpr ElementRow kBundleLink[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"modifierExtension", "Extension", true, false, false, true},
    {"relation", "string", false, false, true},
    {"url", "uri", false, false, true},
};
constexpr ElementRow kDocumentReference[] = {
    {"id", "string"},
    {"meta", "Meta"},
    {"implicitRules", "uri", false, false, false, true},
    {"language", "code"},
    {"text", "Narrative"},
    {"contained", "Resource", true},
    {"extension", "Extension", true},
    {"modifierExtension", "Extension", true, false, false, true},
    {"masterIdentifier", "Identifier"},
    {"identifier", "Identifier", true},
    {"status", "code", false, false, true, true},
    {"docStatus", "code"},
    {"type", "CodeableConcept"},
    {"category", "CodeableConcept", true},
    {"subject", "Reference"},
    {"date", "instant"},
    {"author", "Reference", true},
    {"authenticator", "Reference"},
    {"custodian", "Reference"},
    {"relatesTo", "DocumentReference.relatesTo", true},
    {"description", "string"},
    {"securityLabel", "CodeableConcept", true},
    {"content", "DocumentReference.content", true, false, true},
    {"context", "DocumentReference.context"},
};
constexpr ElementRow kDocumentReferenceContent[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"modifierExtension", "Extension", true, false, false, true},
    {"attachment", "Attachment", false, false, true},
    {"format", "Coding"},
};
constexpr ElementRow kDocumentReferenceContext[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"modifierExtension", "Extension", true, false, false, true},
    {"encounter", "Reference", true},
    {"event", "CodeableConcept", true},
    {"period", "Period"},
    {"facilityType", "CodeableConcept"},
    {"practiceSetting", "CodeableConcept"},
    {"sourcePatientInfo", "Reference"},
    {"related", "Reference", true},
};
constexpr ElementRow kDocumentReferenceRelatesTo[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"modifierExtension", "Extension", true, false, false, true},
    {"code", "code", false, false, true},
    {"target", "Reference", false, false, true},
};
constexpr ElementRow kList[] = {
    {"id", "string"},
    {"meta", "Meta"},
    {"implicitRules", "uri", false, false, false, true},
    {"language", "code"},
    {"text", "Narrative"},
    {"contained", "Resource", true},
    {"extension", "Extension", true},
    {"modifierExtension", "Extension", true, false, false, true},
    {"identifier", "Identifier", true},
    {"status", "code", false, false, true, true},
    {"mode", "code", false, false, true, true},
    {"title", "string"},
    {"code", "CodeableConcept"},
    {"subject", "Reference"},
    {"encounter", "Reference"},
    {"date", "dateTime"},
    {"source", "Reference"},
    {"orderedBy", "CodeableConcept"},
    {"note", "Annotation", true},
    {"entry", "List.entry", true},
    {"emptyReason", "CodeableConcept"},
};
constexpr ElementRow kListEntry[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"modifierExtension", "Extension", true, false, false, true},
    {"flag", "CodeableConcept"},
    {"deleted", "boolean", false, false, false, true},
    {"date", "dateTime"},
    {"item", "Reference", false, false, true},
};
constexpr ElementRow kOperationOutcome[] = {
    {"id", "string"},
    {"meta", "Meta"},
    {"implicitRules", "uri", false, false, false, true},
    {"language", "code"},
    {"text", "Narrative"},
    {"contained", "Resource", true},
    {"extension", "Extension", true},
    {"modifierExtension", "Extension", true, false, false, true},
    {"issue", "OperationOutcome.issue", true, false, true},
};
constexpr ElementRow kOperationOutcomeIssue[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"modifierExtension", "Extension", true, false, false, true},
    {"severity", "code", false, false, true},
    {"code", "code", false, false, true},
    {"details", "CodeableConcept"},
    {"diagnostics", "string"},
    {"location", "string", true},
    {"expression", "string", true},
};
constexpr ElementRow kParameters[] = {
    {"id", "string"},
    {"meta", "Meta"},
    {"implicitRules", "uri", false, false, false, true},
    {"language", "code"},
    {"parameter", "Parameters.parameter", true},
};
constexpr ElementRow kParametersParameter[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"modifierExtension", "Extension", true, false, false, true},
    {"name", "string", false, false, true},
    {"value", kAnyType, false, true},
    {"resource", "Resource"},
    {"part", "Parameters.parameter", true},
};
constexpr ElementRow kPatient[] = {
    {"id", "string"},
    {"meta", "Meta"},
    {"implicitRules", "uri", false, false, false, true},
    {"language", "code"},
    {"text", "Narrative"},
    {"contained", "Resource", true},
    {"extension", "Extension", true},
    {"modifierExtension", "Extension", true, false, false, true},
    {"identifier", "Identifier", true},
    {"active", "boolean", false, false, false, true},
    {"name", "HumanName", true},
    {"telecom", "ContactPoint", true},
    {"gender", "code"},
    {"birthDate", "date"},
    {"deceased", "boolean|dateTime", false, true, false, true},
    {"address", "Address", true},
    {"maritalStatus", "CodeableConcept"},
    {"multipleBirth", "boolean|integer", false, true},
    {"photo", "Attachment", true},
    {"contact", "Patient.contact", true},
    {"communication", "Patient.communication", true},
    {"generalPractitioner", "Reference", true},
    {"managingOrganization", "Reference"},
    {"link", "Patient.link", true, false, false, true},
};
constexpr ElementRow kPatientCommunication[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"modifierExtension", "Extension", true, false, false, true},
    {"language", "CodeableConcept", false, false, true},
    {"preferred", "boolean"},
};
constexpr ElementRow kPatientContact[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"modifierExtension", "Extension", true, false, false, true},
    {"relationship", "CodeableConcept", true},
    {"name", "HumanName"},
    {"telecom", "ContactPoint", true},
    {"address", "Address"},
    {"gender", "code"},
    {"organization", "Reference"},
    {"period", "Period"},
};
constexpr ElementRow kPatientLink[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"modifierExtension", "Extension", true, false, false, true},
    {"other", "Reference", false, false, true},
    {"type", "code", false, false, true},
};
constexpr ElementRow kSubscription[] = {
    {"id", "string"},
    {"meta", "Meta"},
    {"implicitRules", "uri", false, false, false, true},
    {"language", "code"},
    {"text", "Narrative"},
    {"contained", "Resource", true},
    {"extension", "Extension", true},
    {"modifierExtension", "Extension", true, false, false, true},
    {"status", "code", false, false, true, true},
    {"contact", "ContactPoint", true},
    {"end", "instant"},
    {"reason", "string", false, false, true},
    {"criteria", "string", false, false, true},
    {"error", "string"},
    {"channel", "Subscription.channel", false, false, true},
};
constexpr ElementRow kSubscriptionChannel[] = {
    {"id", "string"},
    {"extension", "Extension", true},
    {"modifierExtension", "Extension", true, false, false, true},
    {"type", "code", false, false, true},
    {"endpoint", "url"},
    {"payload", "code"},
    {"header", "string", true},
};

constexpr TypeRow kRows[] = {
    {"Binary", TypeKind::kResource, kBinary},
    {"Bundle", TypeKind::kResource, kBundle},
    {"Bundle.entry", TypeKind::kStructure, kBundleEntry},
    {"Bundle.entry.request", TypeKind::kStructure, kBundleEntryRequest},
    {"Bundle.entry.response", TypeKind::kStructure, kBundleEntryResponse},
    {"Bundle.entry.search", TypeKind::kStructure, kBundleEntrySearch},
    {"Bundle.link", TypeKind::kStructure, kBundleLink},
    {"DocumentReference", TypeKind::kResource, kDocumentReference},
    {"DocumentReference.content", TypeKind::kStructure, kDocumentReferenceContent},
    {"DocumentReference.context", TypeKind::kStructure, kDocumentReferenceContext},
    {"DocumentReference.relatesTo", TypeKind::kStructure, kDocumentReferenceRelatesTo},
    {"List", TypeKind::kResource, kList},
    {"List.entry", TypeKind::kStructure, kListEntry},
    {"OperationOutcome", TypeKind::kResource, kOperationOutcome},
    {"OperationOutcome.issue", TypeKind::kStructure, kOperationOutcomeIssue},
    {"Parameters", TypeKind::kResource, kParameters},
    {"Parameters.parameter", TypeKind::kStructure, kParametersParameter},
    {"Patient", TypeKind::kResource, kPatient},
    {"Patient.communication", TypeKind::kStructure, kPatientCommunication},
    {"Patient.contact", TypeKind::kStructure, kPatientContact},
    {"Patient.link", TypeKind::kStructure, kPatientLink},
    {"Subscription", TypeKind::kResource, kSubscription},
    {"Subscription.channel", TypeKind::kStructure, kSubscriptionChannel},
};

}  // namespace

absl::Span<const TypeRow> DocumentRows() { return kRows; }

}  // namespace hie::fhir::xml

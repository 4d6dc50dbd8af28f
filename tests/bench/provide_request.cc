#include "tests/bench/provide_request.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace hie::bench {
namespace {

// What a small clinical text is: half a page.
constexpr char kText[] =
    "Discharge summary. Admitted with chest pain; troponin negative twice, ECG without change. "
    "Stress test without ischaemia. Discharged home in stable condition on aspirin 81 mg daily and "
    "atorvastatin 40 mg at night. Follow-up with the family physician within two weeks; return at "
    "once for pain at rest, shortness of breath or syncope. Document number ";

constexpr char kBundle[] = R"({"resourceType":"Bundle","meta":{"profile":[
"https://profiles.ihe.net/ITI/MHD/StructureDefinition/IHE.MHD.Comprehensive.ProvideBundle"]},
"type":"transaction","entry":[
{"fullUrl":"urn:uuid:7e7fe0a1-0000-4000-8000-000000000001",
 "request":{"method":"POST","url":"List"},"resource":{"resourceType":"List","extension":[
 {"url":"https://profiles.ihe.net/ITI/MHD/StructureDefinition/ihe-sourceId",
  "valueIdentifier":{"value":"urn:oid:2.999.1.7"}},
 {"url":"https://profiles.ihe.net/ITI/MHD/StructureDefinition/ihe-designationType",
  "valueCodeableConcept":{"coding":[{"system":"http://loinc.org","code":"18842-5"}]}}],
 "identifier":[{"use":"usual","system":"urn:ietf:rfc:3986","value":"urn:oid:2.999.1.8.$NUMBER"}],
 "status":"current","mode":"working","code":{"coding":[
 {"system":"https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes","code":"submissionset"}]},
 "subject":{"reference":"Patient/$EID"},"date":"2026-01-12T10:00:00Z",
 "entry":[{"item":{"reference":"urn:uuid:7e7fe0a1-0000-4000-8000-000000000002"}}]}},
{"fullUrl":"urn:uuid:7e7fe0a1-0000-4000-8000-000000000002",
 "request":{"method":"POST","url":"DocumentReference"},
 "resource":{"resourceType":"DocumentReference","contained":[{"resourceType":"Patient","id":"src",
 "identifier":[{"system":"urn:oid:$DOMAIN","value":"$ID"}],
 "name":[{"family":"$FAMILY","given":["$GIVEN"]}]}],
 "masterIdentifier":{"system":"urn:ietf:rfc:3986","value":"urn:oid:2.999.1.9.$NUMBER"},
 "status":"current","type":{"coding":[{"system":"http://loinc.org","code":"18842-5",
 "display":"Discharge summary"}]},
 "category":[{"coding":[{"system":"http://loinc.org","code":"11488-4","display":"Consult note"}]}],
 "subject":{"reference":"Patient/$EID"},"date":"2026-01-12T09:58:00Z",
 "securityLabel":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
 "code":"N"}]}],
 "content":[{"attachment":{"contentType":"text/plain","language":"en-US",
 "url":"urn:uuid:7e7fe0a1-0000-4000-8000-000000000003","title":"Discharge summary",
 "creation":"2026-01-12T09:55:00Z"},
 "format":{"system":"http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode",
 "code":"urn:ihe:iti:xds-sd:text:2008"}}],
 "context":{"period":{"start":"2026-01-10T08:00:00Z","end":"2026-01-12T09:00:00Z"},
 "facilityType":{"coding":[{"system":"http://snomed.info/sct","code":"22232009"}]},
 "practiceSetting":{"coding":[{"system":"http://snomed.info/sct","code":"408443003"}]},
 "sourcePatientInfo":{"reference":"#src"}}}},
{"fullUrl":"urn:uuid:7e7fe0a1-0000-4000-8000-000000000003",
 "request":{"method":"POST","url":"Binary"},
 "resource":{"resourceType":"Binary","contentType":"text/plain","data":"$DATA"}}]})";

}  // namespace

std::string ProvideBundle(const DoorPatient& patient, uint64_t number) {
  return absl::StrReplaceAll(kBundle,
                             {{"$EID", patient.eid},
                              {"$ID", patient.id},
                              {"$DOMAIN", kNorthDomain},
                              {"$FAMILY", patient.family},
                              {"$GIVEN", patient.given},
                              {"$NUMBER", absl::StrCat(number)},
                              {"$DATA", absl::Base64Escape(absl::StrCat(kText, number, ".\n"))}});
}

}  // namespace hie::bench

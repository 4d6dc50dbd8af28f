#include "gateway/members/fhir_patient.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "gateway/members/fhir_element.h"
#include "services/common/base/civil_date.h"

namespace hie::members {
namespace {

constexpr absl::string_view kMothersMaidenName =
    "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName";
constexpr size_t kDateLength = 10;

std::vector<std::string> Texts(absl::Span<const json::Value> items) {
  std::vector<std::string> texts;
  for (const json::Value& item : items) {
    if (!item.text().empty()) texts.emplace_back(item.text());
  }
  return texts;
}

HumanName ReadName(const json::Value& value) {
  HumanName name;
  name.use = std::string(value.Text("use"));
  name.family = std::string(value.Text("family"));
  name.given = Texts(value.Each("given"));
  name.suffix = absl::StrJoin(Texts(value.Each("suffix")), " ");
  return name;
}

PostalAddress ReadAddress(const json::Value& value) {
  PostalAddress address;
  address.lines = Texts(value.Each("line"));
  address.city = std::string(value.Text("city"));
  address.state = std::string(value.Text("state"));
  address.postal_code = std::string(value.Text("postalCode"));
  return address;
}

// The calendar day as written: a dateTime is cut, never shifted by its zone.
std::optional<CivilDate> ReadDay(absl::string_view text) {
  const absl::StatusOr<CivilDate> date = ParseCivilDate(text.substr(0, kDateLength));
  if (!date.ok()) return std::nullopt;
  return *date;
}

AdministrativeSex ReadSex(absl::string_view gender) {
  if (gender == "female") return AdministrativeSex::kFemale;
  if (gender == "male") return AdministrativeSex::kMale;
  if (gender == "other") return AdministrativeSex::kOther;
  if (gender == "unknown") return AdministrativeSex::kUnknown;
  return AdministrativeSex::kUnspecified;
}

void ReadTelecom(const json::Value& patient, Demographics& out) {
  for (const json::Value& telecom : patient.Each("telecom")) {
    if (telecom.Text("value").empty() || telecom.Text("use") == "old") continue;
    if (telecom.Text("system") == "phone") out.phones.emplace_back(telecom.Text("value"));
    if (telecom.Text("system") == "email") out.emails.emplace_back(telecom.Text("value"));
  }
}

void ReadBirthAndDeath(const json::Value& patient, Demographics& out) {
  out.birth_date = ReadDay(patient.Text("birthDate"));
  if (const json::Value* multiple = patient.Find("multipleBirthBoolean")) {
    out.multiple_birth = multiple->boolean().value_or(false);
  }
  if (const json::Value* order = patient.Find("multipleBirthInteger")) {
    out.multiple_birth = true;
    out.birth_order =
        static_cast<uint32_t>(std::clamp<int64_t>(order->integer().value_or(0), 0, 99));
  }
  if (const json::Value* deceased = patient.Find("deceasedBoolean")) {
    out.deceased = deceased->boolean().value_or(false);
  }
  if (!patient.Text("deceasedDateTime").empty()) {
    out.deceased = true;
    out.deceased_date = ReadDay(patient.Text("deceasedDateTime"));
  }
}

// Staff and public figures, as security labels say it.
bool IsProtected(const json::Value& patient) {
  const std::vector<std::string> codes = SecurityCodes(patient);
  return std::any_of(codes.begin(), codes.end(),
                     [](const std::string& code) { return code == "CEL" || code == "EMP"; });
}

}  // namespace

Demographics ReadDemographics(const json::Value& patient) {
  Demographics out;
  for (const json::Value& name : patient.Each("name")) out.names.push_back(ReadName(name));
  std::stable_partition(out.names.begin(), out.names.end(),
                        [](const HumanName& name) { return name.use == "official"; });
  out.sex = ReadSex(patient.Text("gender"));
  std::vector<PostalAddress> former;
  for (const json::Value& address : patient.Each("address")) {
    (address.Text("use") == "old" ? former : out.addresses).push_back(ReadAddress(address));
  }
  out.addresses.insert(out.addresses.end(), former.begin(), former.end());
  ReadTelecom(patient, out);
  for (const json::Value& identifier : patient.Each("identifier")) {
    if (identifier.Text("value").empty() || identifier.Text("use") == "old") continue;
    out.identifiers.push_back(
        {std::string(absl::StripPrefix(identifier.Text("system"), "urn:oid:")),
         std::string(identifier.Text("value"))});
  }
  out.mother_maiden_name = ExtensionText(patient, kMothersMaidenName);
  ReadBirthAndDeath(patient, out);
  out.protected_record = IsProtected(patient);
  return out;
}

std::vector<std::string> ReferencesTo(const json::Value& resource, absl::string_view full_url) {
  std::vector<std::string> references;
  if (!full_url.empty()) references.emplace_back(full_url);
  const absl::string_view id = resource.Text("id");
  if (id.empty()) return references;
  references.push_back(absl::StrCat(resource.Text("resourceType"), "/", id));
  const std::string uuid = absl::StrCat("urn:uuid:", id);
  if (uuid != full_url) references.push_back(uuid);
  return references;
}

exchange::AnsweredPatient ReadAnsweredPatient(const json::Value& patient,
                                              absl::string_view full_url) {
  exchange::AnsweredPatient out;
  out.references = ReferencesTo(patient, full_url);
  out.demographics = ReadDemographics(patient);
  out.identifiers = out.demographics.identifiers;
  return out;
}

}  // namespace hie::members

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gateway/fhir/patients/patient_resource.h"
#include "gateway/fhir/search_query.h"
#include "services/common/base/civil_date.h"

namespace hie::fhir {
namespace {

constexpr absl::string_view kMothersMaidenName =
    "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName";
constexpr absl::string_view kConditionalReference = "Patient?identifier=";
constexpr size_t kRepeatedMax = 32;
constexpr size_t kTextBytesMax = 256;
constexpr size_t kDayBytes = 10;
constexpr int64_t kBirthOrderMax = 99;

// Reads one Patient; the first fault wins.
class Reader {
 public:
  Reader(const json::Value& resource, PatientUse use, absl::string_view path)
      : resource_(resource), use_(use), path_(path) {}

  Reading<PatientContent> Read() {
    if (resource_.Text("resourceType") != "Patient") {
      return Fail(400, "structure", "A Patient is wanted.", path_);
    }
    RefuseModifiers();
    ReadNames();
    ReadIdentifiers();
    ReadTelecom();
    ReadBirth();
    ReadDeath();
    ReadAddresses();
    ReadMeta();
    ReadActive();
    ReadLinks();
    if (failure_) return *std::move(failure_);
    return std::move(out_);
  }

 private:
  std::string At(absl::string_view element) const { return absl::StrCat(path_, ".", element); }
  static std::string Nth(absl::string_view element, size_t i) {
    return absl::StrCat(element, "[", i, "]");
  }

  void Refuse(absl::string_view code, absl::string_view element, std::string text) {
    if (!failure_) failure_ = Fail(400, code, std::move(text), At(element));
  }

  // The text of a string member; refused where it is none, blank or too long.
  std::string Text(const json::Value& object, absl::string_view name, absl::string_view element) {
    const json::Value* value = object.Find(name);
    if (value == nullptr) return "";
    const absl::string_view text = value->text();
    if (!value->IsString() || absl::StripAsciiWhitespace(text).empty() ||
        text.size() > kTextBytesMax) {
      Refuse("value", absl::StrCat(element, ".", name), "A text of a plausible length is wanted.");
    }
    return std::string(text);
  }

  std::vector<std::string> Texts(const json::Value& object, absl::string_view name,
                                 absl::string_view element) {
    std::vector<std::string> out;
    for (const json::Value& item : Items(object, name, absl::StrCat(element, ".", name))) {
      // null stands where only an extension is.
      if (item.IsNull()) continue;
      if (!item.IsString() || item.text().empty() || item.text().size() > kTextBytesMax) {
        Refuse("value", absl::StrCat(element, ".", name),
               "Texts of a plausible length are wanted.");
        continue;
      }
      out.emplace_back(item.text());
    }
    return out;
  }

  absl::Span<const json::Value> Items(const json::Value& object, absl::string_view name,
                                      absl::string_view element) {
    const json::Value* value = object.Find(name);
    if (value == nullptr) return {};
    if (!value->IsArray() || value->items().size() > kRepeatedMax) {
      Refuse("structure", element, "A list of a plausible length is wanted.");
      return {};
    }
    return value->items();
  }

  // They may change what everything else means, and we know none.
  void RefuseModifiers() {
    for (const absl::string_view name : {"modifierExtension", "implicitRules"}) {
      if (resource_.Find(name) != nullptr) {
        Refuse("not-supported", name, "An element that changes the meaning is not understood.");
      }
    }
  }

  void ReadNames() {
    const auto names = Items(resource_, "name", "name");
    std::vector<common::v1::HumanName> others;
    for (size_t i = 0; i < names.size(); ++i) {
      const std::string element = Nth("name", i);
      common::v1::HumanName name;
      name.set_use(Text(names[i], "use", element));
      name.set_family(Text(names[i], "family", element));
      for (std::string& given : Texts(names[i], "given", element)) {
        name.add_given(std::move(given));
      }
      std::string suffix;
      for (const std::string& part : Texts(names[i], "suffix", element)) {
        absl::StrAppend(&suffix, suffix.empty() ? "" : " ", part);
      }
      name.set_suffix(suffix);
      // An alias given on purpose is no name to link by.
      if (name.use() == "anonymous") out_.demographics.set_identity_unknown(true);
      if (name.family().empty() && name.given().empty()) continue;
      if (name.use() == "official") {
        *out_.demographics.add_names() = std::move(name);
      } else {
        others.push_back(std::move(name));
      }
    }
    for (common::v1::HumanName& name : others) *out_.demographics.add_names() = std::move(name);
  }

  common::v1::PatientIdentifier ReadIdentifier(const json::Value& value,
                                               const std::string& element) {
    common::v1::PatientIdentifier identifier;
    const std::string system = Text(value, "system", element);
    const std::optional<std::string> oid = OidOf(system);
    identifier.set_system(oid ? *oid : system);
    identifier.set_value(std::string(absl::StripAsciiWhitespace(Text(value, "value", element))));
    return identifier;
  }

  void ReadIdentifiers() {
    const auto identifiers = Items(resource_, "identifier", "identifier");
    for (size_t i = 0; i < identifiers.size(); ++i) {
      const std::string element = Nth("identifier", i);
      common::v1::PatientIdentifier identifier = ReadIdentifier(identifiers[i], element);
      if (identifier.system().empty() || identifier.value().empty()) {
        if (use_ == PatientUse::kFeed) {
          Refuse("required", element, "An identifier needs a system and a value.");
        }
        continue;
      }
      if (identifiers[i].Text("use") == "old") continue;
      *out_.demographics.add_identifiers() = identifier;
      out_.identifiers.push_back(std::move(identifier));
    }
  }

  void ReadTelecom() {
    const auto contacts = Items(resource_, "telecom", "telecom");
    for (size_t i = 0; i < contacts.size(); ++i) {
      const std::string value = Text(contacts[i], "value", Nth("telecom", i));
      const absl::string_view system = contacts[i].Text("system");
      if (value.empty() || contacts[i].Text("use") == "old") continue;
      if (system == "phone" || system == "sms") out_.demographics.add_phones(value);
      if (system == "email") out_.demographics.add_emails(value);
    }
  }

  // YYYY, YYYY-MM or YYYY-MM-DD; of a dateTime the day as written, never shifted by its zone.
  std::string Day(absl::string_view name, absl::string_view text) {
    const absl::StatusOr<CivilDate> date = ParseCivilDate(text);
    if (!date.ok() || date->ToString() != text) {
      Refuse("value", name, "A date YYYY, YYYY-MM or YYYY-MM-DD is wanted.");
      return "";
    }
    return date->ToString();
  }

  void ReadBirth() {
    if (const json::Value* birth = resource_.Find("birthDate")) {
      out_.demographics.set_birth_date(Day("birthDate", birth->text()));
    }
    if (const json::Value* gender = resource_.Find("gender")) {
      out_.demographics.set_sex(Sex(gender->text()));
    }
    if (const json::Value* multiple = resource_.Find("multipleBirthBoolean")) {
      if (!multiple->boolean()) Refuse("value", "multipleBirth", "A boolean is wanted.");
      out_.demographics.set_multiple_birth(multiple->boolean().value_or(false));
    }
    if (const json::Value* order = resource_.Find("multipleBirthInteger")) {
      const int64_t number = order->integer().value_or(0);
      if (number < 1 || number > kBirthOrderMax) {
        Refuse("value", "multipleBirth", "A birth order from 1 is wanted.");
        return;
      }
      out_.demographics.set_multiple_birth(true);
      out_.demographics.set_birth_order(static_cast<uint32_t>(number));
    }
  }

  common::v1::AdministrativeSex Sex(absl::string_view gender) {
    if (gender == "female") return common::v1::ADMINISTRATIVE_SEX_FEMALE;
    if (gender == "male") return common::v1::ADMINISTRATIVE_SEX_MALE;
    if (gender == "other") return common::v1::ADMINISTRATIVE_SEX_OTHER;
    if (gender == "unknown") return common::v1::ADMINISTRATIVE_SEX_UNKNOWN;
    Refuse("code-invalid", "gender", "One of male, female, other, unknown is wanted.");
    return common::v1::ADMINISTRATIVE_SEX_UNSPECIFIED;
  }

  void ReadDeath() {
    if (const json::Value* deceased = resource_.Find("deceasedBoolean")) {
      if (!deceased->boolean()) Refuse("value", "deceased", "A boolean is wanted.");
      out_.demographics.set_deceased(deceased->boolean().value_or(false));
    }
    if (const json::Value* when = resource_.Find("deceasedDateTime")) {
      out_.demographics.set_deceased(true);
      const std::string day = Day("deceased", when->text().substr(0, kDayBytes));
      // The exchange keeps whole days; a year or month is still a death.
      if (day.size() == kDayBytes) out_.demographics.set_deceased_date(day);
    }
  }

  void ReadAddresses() {
    const auto addresses = Items(resource_, "address", "address");
    std::vector<common::v1::PostalAddress> former;
    for (size_t i = 0; i < addresses.size(); ++i) {
      const std::string element = Nth("address", i);
      common::v1::PostalAddress address;
      for (std::string& line : Texts(addresses[i], "line", element)) {
        address.add_line(std::move(line));
      }
      address.set_city(Text(addresses[i], "city", element));
      address.set_state(Text(addresses[i], "state", element));
      address.set_postal_code(Text(addresses[i], "postalCode", element));
      address.set_country(Text(addresses[i], "country", element));
      if (addresses[i].Text("use") == "old") {
        former.push_back(std::move(address));
      } else {
        *out_.demographics.add_addresses() = std::move(address);
      }
    }
    for (auto& address : former) *out_.demographics.add_addresses() = std::move(address);
  }

  void ReadMeta() {
    for (const json::Value& extension : resource_.Each("extension")) {
      if (extension.Text("url") != kMothersMaidenName) continue;
      out_.demographics.set_mother_maiden_name(Text(extension, "valueString", "extension"));
    }
    const json::Value* meta = resource_.Find("meta");
    if (meta == nullptr) return;
    // Staff and public figures: found by exact identifier or break-glass only (PRACTICE 6).
    for (const json::Value& label : meta->Each("security")) {
      if (label.Text("code") == "CEL" || label.Text("code") == "EMP") {
        out_.demographics.set_protected_record(true);
      }
    }
  }

  void ReadActive() {
    const json::Value* active = resource_.Find("active");
    if (active == nullptr) return;
    out_.active = active->boolean();
    if (!out_.active) Refuse("value", "active", "A boolean is wanted.");
  }

  void ReadLinks() {
    const auto links = Items(resource_, "link", "link");
    for (size_t i = 0; i < links.size(); ++i) {
      if (links[i].Text("type") != "replaced-by") continue;
      const std::string element = Nth("link", i);
      if (out_.replaced) Refuse("value", element, "One link replaced-by is wanted.");
      out_.replaced = true;
      const json::Value* other = links[i].Find("other");
      if (other != nullptr) out_.replaced_by = Survivor(*other, element + ".other");
      if (out_.replaced_by.system().empty() || out_.replaced_by.value().empty()) {
        Refuse("required", element + ".other.identifier",
               "The surviving identifier is wanted, with system and value.");
      }
    }
  }

  // By identifier, or by a conditional reference, which says the same.
  common::v1::PatientIdentifier Survivor(const json::Value& other, const std::string& element) {
    if (const json::Value* identifier = other.Find("identifier")) {
      return ReadIdentifier(*identifier, element + ".identifier");
    }
    absl::string_view reference = other.Text("reference");
    common::v1::PatientIdentifier survivor;
    if (!absl::ConsumePrefix(&reference, kConditionalReference)) return survivor;
    const Token token = ReadToken(reference);
    survivor.set_system(OidOf(token.system).value_or(token.system));
    survivor.set_value(token.code);
    return survivor;
  }

  const json::Value& resource_;
  const PatientUse use_;
  const absl::string_view path_;
  PatientContent out_;
  std::optional<Failure> failure_;
};

}  // namespace

Reading<PatientContent> ReadPatient(const json::Value& resource, PatientUse use,
                                    absl::string_view path) {
  return Reader(resource, use, path).Read();
}

}  // namespace hie::fhir

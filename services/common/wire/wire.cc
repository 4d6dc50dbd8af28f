#include "services/common/wire/wire.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "services/common/base/civil_date.h"
#include "services/common/base/status_macros.h"

namespace hie::wire {
namespace {

absl::Status Want(absl::string_view field, absl::string_view leaf, absl::string_view want) {
  return absl::InvalidArgumentError(absl::StrCat(field, ".", leaf, ": want ", want));
}

// An OID in dotted form (ITU-T X.660): digits and single dots, starting 0, 1 or 2.
bool IsOid(absl::string_view text) {
  if (text.size() < 3 || text.size() > kLocalIdBytesMax) return false;
  if (text[0] < '0' || text[0] > '2' || text[1] != '.') return false;
  char previous = '.';
  for (const char c : text) {
    if (c == '.' ? previous == '.' : c < '0' || c > '9') return false;
    previous = c;
  }
  return previous != '.';
}

bool IsPrintable(absl::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  }
  return true;
}

absl::Status CheckText(absl::string_view text, absl::string_view field, absl::string_view leaf) {
  if (text.size() > kTextBytesMax) {
    return Want(field, leaf, absl::StrCat("at most ", kTextBytesMax, " bytes"));
  }
  if (!IsPrintable(text)) return Want(field, leaf, "no control characters");
  return absl::OkStatus();
}

absl::Status CheckCount(int count, size_t max, absl::string_view field, absl::string_view leaf) {
  if (static_cast<size_t>(count) <= max) return absl::OkStatus();
  return Want(field, leaf, absl::StrCat("at most ", max, " values"));
}

absl::StatusOr<std::optional<CivilDate>> OptionalDate(const std::string& text,
                                                      absl::string_view field,
                                                      absl::string_view leaf) {
  if (text.empty()) return std::nullopt;
  absl::StatusOr<CivilDate> date = ParseCivilDate(text);
  if (!date.ok()) return Want(field, leaf, "YYYY, YYYY-MM or YYYY-MM-DD");
  return std::optional<CivilDate>(*date);
}

absl::StatusOr<std::vector<std::string>> Texts(
    const google::protobuf::RepeatedPtrField<std::string>& from, absl::string_view field,
    absl::string_view leaf) {
  HIE_RETURN_IF_ERROR(CheckCount(from.size(), kRepeatedMax, field, leaf));
  std::vector<std::string> to;
  for (const std::string& text : from) {
    HIE_RETURN_IF_ERROR(CheckText(text, field, leaf));
    to.push_back(text);
  }
  return to;
}

absl::StatusOr<HumanName> FromProto(const common::v1::HumanName& proto, absl::string_view field) {
  HumanName name;
  for (const auto& [text, leaf] :
       {std::pair{&proto.use(), "use"}, std::pair{&proto.family(), "family"},
        std::pair{&proto.suffix(), "suffix"}}) {
    HIE_RETURN_IF_ERROR(CheckText(*text, field, leaf));
  }
  name.use = proto.use();
  name.family = proto.family();
  name.suffix = proto.suffix();
  HIE_ASSIGN_OR_RETURN(name.given, Texts(proto.given(), field, "given"));
  return name;
}

absl::StatusOr<PostalAddress> FromProto(const common::v1::PostalAddress& proto,
                                        absl::string_view field) {
  PostalAddress address;
  for (const auto& [text, leaf] :
       {std::pair{&proto.city(), "city"}, std::pair{&proto.state(), "state"},
        std::pair{&proto.postal_code(), "postal_code"}, std::pair{&proto.country(), "country"}}) {
    HIE_RETURN_IF_ERROR(CheckText(*text, field, leaf));
  }
  HIE_ASSIGN_OR_RETURN(address.lines, Texts(proto.line(), field, "line"));
  address.city = proto.city();
  address.state = proto.state();
  address.postal_code = proto.postal_code();
  address.country = proto.country();
  return address;
}

absl::Status FillIdentifiers(const common::v1::Demographics& proto, absl::string_view field,
                             Demographics& to) {
  HIE_RETURN_IF_ERROR(CheckCount(proto.identifiers_size(), kRepeatedMax, field, "identifiers"));
  for (const common::v1::PatientIdentifier& identifier : proto.identifiers()) {
    HIE_RETURN_IF_ERROR(CheckText(identifier.system(), field, "identifiers.system"));
    HIE_RETURN_IF_ERROR(CheckText(identifier.value(), field, "identifiers.value"));
    to.identifiers.push_back({identifier.system(), identifier.value()});
  }
  return absl::OkStatus();
}

absl::Status FillNamesAndAddresses(const common::v1::Demographics& proto, absl::string_view field,
                                   Demographics& to) {
  HIE_RETURN_IF_ERROR(CheckCount(proto.names_size(), kNamesMax, field, "names"));
  HIE_RETURN_IF_ERROR(CheckCount(proto.addresses_size(), kRepeatedMax, field, "addresses"));
  for (const common::v1::HumanName& name : proto.names()) {
    HIE_ASSIGN_OR_RETURN(HumanName value, FromProto(name, absl::StrCat(field, ".names")));
    to.names.push_back(std::move(value));
  }
  for (const common::v1::PostalAddress& address : proto.addresses()) {
    HIE_ASSIGN_OR_RETURN(PostalAddress value,
                         FromProto(address, absl::StrCat(field, ".addresses")));
    to.addresses.push_back(std::move(value));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<LocalPatient> FromProto(const common::v1::LocalPatient& proto,
                                       absl::string_view field, Incarnation incarnation) {
  if (!IsOid(proto.assigning_authority())) {
    return Want(field, "assigning_authority", "an OID in dotted form");
  }
  if (proto.id().empty() || proto.id().size() > kLocalIdBytesMax || !IsPrintable(proto.id())) {
    return Want(field, "id", absl::StrCat("1 to ", kLocalIdBytesMax, " printable bytes"));
  }
  if (incarnation == Incarnation::kRequired && proto.incarnation() == 0) {
    return Want(field, "incarnation", "1 or more");
  }
  return LocalPatient{proto.assigning_authority(), Phi<std::string>(proto.id()),
                      proto.incarnation()};
}

common::v1::LocalPatient ToProto(const LocalPatient& patient) {
  common::v1::LocalPatient proto;
  proto.set_assigning_authority(patient.assigning_authority);
  proto.set_id(patient.id.value());
  proto.set_incarnation(patient.incarnation);
  return proto;
}

absl::StatusOr<Demographics> FromProto(const common::v1::Demographics& proto,
                                       absl::string_view field) {
  Demographics to;
  HIE_RETURN_IF_ERROR(FillNamesAndAddresses(proto, field, to));
  HIE_RETURN_IF_ERROR(FillIdentifiers(proto, field, to));
  HIE_ASSIGN_OR_RETURN(to.birth_date, OptionalDate(proto.birth_date(), field, "birth_date"));
  HIE_ASSIGN_OR_RETURN(to.deceased_date,
                       OptionalDate(proto.deceased_date(), field, "deceased_date"));
  if (!common::v1::AdministrativeSex_IsValid(proto.sex())) {
    return Want(field, "sex", "an administrative sex of this version");
  }
  to.sex = static_cast<AdministrativeSex>(proto.sex());
  HIE_ASSIGN_OR_RETURN(to.phones, Texts(proto.phones(), field, "phones"));
  HIE_ASSIGN_OR_RETURN(to.emails, Texts(proto.emails(), field, "emails"));
  HIE_RETURN_IF_ERROR(CheckText(proto.mother_maiden_name(), field, "mother_maiden_name"));
  to.mother_maiden_name = proto.mother_maiden_name();
  to.multiple_birth = proto.multiple_birth();
  to.birth_order = proto.birth_order();
  to.deceased = proto.deceased() || to.deceased_date.has_value();
  to.protected_record = proto.protected_record();
  to.identity_unknown = proto.identity_unknown();
  return to;
}

common::v1::Demographics ToProto(const Demographics& from) {
  common::v1::Demographics proto;
  for (const HumanName& name : from.names) {
    common::v1::HumanName* to = proto.add_names();
    to->set_use(name.use);
    to->set_family(name.family);
    to->set_suffix(name.suffix);
    for (const std::string& given : name.given) to->add_given(given);
  }
  for (const PostalAddress& address : from.addresses) {
    common::v1::PostalAddress* to = proto.add_addresses();
    for (const std::string& line : address.lines) to->add_line(line);
    to->set_city(address.city);
    to->set_state(address.state);
    to->set_postal_code(address.postal_code);
    to->set_country(address.country);
  }
  for (const PatientIdentifier& identifier : from.identifiers) {
    common::v1::PatientIdentifier* to = proto.add_identifiers();
    to->set_system(identifier.system);
    to->set_value(identifier.value);
  }
  for (const std::string& phone : from.phones) proto.add_phones(phone);
  for (const std::string& email : from.emails) proto.add_emails(email);
  if (from.birth_date) proto.set_birth_date(from.birth_date->ToString());
  if (from.deceased_date) proto.set_deceased_date(from.deceased_date->ToString());
  proto.set_sex(static_cast<common::v1::AdministrativeSex>(from.sex));
  proto.set_mother_maiden_name(from.mother_maiden_name);
  proto.set_multiple_birth(from.multiple_birth);
  proto.set_birth_order(from.birth_order);
  proto.set_deceased(from.deceased);
  proto.set_protected_record(from.protected_record);
  proto.set_identity_unknown(from.identity_unknown);
  return proto;
}

absl::StatusOr<Actor> FromProto(const common::v1::Actor& proto, absl::string_view field) {
  if (proto.member().empty()) return Want(field, "member", "a member id");
  Actor actor;
  for (const auto& [text, leaf] :
       {std::pair{&proto.member(), "member"}, std::pair{&proto.user(), "user"},
        std::pair{&proto.request_id(), "request_id"},
        std::pair{&proto.client_key(), "client_key"}}) {
    HIE_RETURN_IF_ERROR(CheckText(*text, field, leaf));
  }
  actor.member = MemberId(proto.member());
  actor.user = proto.user();
  HIE_ASSIGN_OR_RETURN(actor.roles, Texts(proto.roles(), field, "roles"));
  if (proto.purpose() != common::v1::PURPOSE_UNSPECIFIED) {
    HIE_ASSIGN_OR_RETURN(actor.purpose,
                         FromProto(proto.purpose(), absl::StrCat(field, ".purpose")));
  }
  actor.request_id = proto.request_id();
  actor.client_key = proto.client_key();
  actor.auth_time = absl::FromUnixMicros(proto.auth_time_micros());
  return actor;
}

common::v1::Actor ToProto(const Actor& actor) {
  common::v1::Actor proto;
  proto.set_member(actor.member.value());
  proto.set_user(actor.user);
  for (const std::string& role : actor.roles) proto.add_roles(role);
  proto.set_purpose(ToProto(actor.purpose));
  proto.set_request_id(actor.request_id);
  proto.set_client_key(actor.client_key);
  proto.set_auth_time_micros(absl::ToUnixMicros(actor.auth_time));
  return proto;
}

absl::StatusOr<Labels> FromProto(const common::v1::Labels& proto, absl::string_view field) {
  if (!common::v1::Confidentiality_IsValid(proto.confidentiality())) {
    return Want(field, "confidentiality", "a confidentiality of this version");
  }
  HIE_RETURN_IF_ERROR(CheckText(proto.ruleset(), field, "ruleset"));
  Labels labels;
  // Bits beyond the vocabulary stay: consent treats them as sensitivities that it cannot name.
  labels.sensitivity = SensitivitySet(proto.sensitivity());
  labels.known = SensitivitySet(proto.known());
  labels.confidentiality = static_cast<Confidentiality>(proto.confidentiality());
  labels.ruleset = proto.ruleset();
  return labels;
}

common::v1::Labels ToProto(const Labels& labels) {
  common::v1::Labels proto;
  proto.set_sensitivity(labels.sensitivity.bits());
  proto.set_known(labels.known.bits());
  proto.set_confidentiality(static_cast<common::v1::Confidentiality>(labels.confidentiality));
  proto.set_ruleset(labels.ruleset);
  return proto;
}

absl::StatusOr<ServicePeriod> FromProto(const common::v1::ServicePeriod& proto,
                                        absl::string_view field) {
  ServicePeriod period;
  period.from = TimeFromMicros(proto.from_micros(), absl::InfinitePast());
  period.to = TimeFromMicros(proto.to_micros(), absl::InfiniteFuture());
  if (period.to < period.from) return Want(field, "to_micros", "not before from_micros");
  return period;
}

common::v1::ServicePeriod ToProto(const ServicePeriod& period) {
  common::v1::ServicePeriod proto;
  proto.set_from_micros(MicrosFromTime(period.from));
  proto.set_to_micros(MicrosFromTime(period.to));
  return proto;
}

absl::StatusOr<Purpose> FromProto(common::v1::Purpose purpose, absl::string_view field) {
  if (purpose == common::v1::PURPOSE_UNSPECIFIED || !common::v1::Purpose_IsValid(purpose)) {
    return absl::InvalidArgumentError(absl::StrCat(field, ": want exactly one purpose of use"));
  }
  return static_cast<Purpose>(purpose);
}

common::v1::Purpose ToProto(Purpose purpose) { return static_cast<common::v1::Purpose>(purpose); }

absl::StatusOr<ClinicalClass> FromProto(common::v1::ClinicalClass clinical_class,
                                        absl::string_view field) {
  if (clinical_class == common::v1::CLINICAL_CLASS_UNSPECIFIED ||
      !common::v1::ClinicalClass_IsValid(clinical_class)) {
    return absl::InvalidArgumentError(absl::StrCat(field, ": want a class of this version"));
  }
  return static_cast<ClinicalClass>(clinical_class);
}

common::v1::ClinicalClass ToProto(ClinicalClass clinical_class) {
  return static_cast<common::v1::ClinicalClass>(clinical_class);
}

absl::Time TimeFromMicros(int64_t micros, absl::Time unknown) {
  return micros == 0 ? unknown : absl::FromUnixMicros(micros);
}

int64_t MicrosFromTime(absl::Time time) {
  const bool open = time == absl::InfinitePast() || time == absl::InfiniteFuture();
  return open ? 0 : absl::ToUnixMicros(time);
}

}  // namespace hie::wire

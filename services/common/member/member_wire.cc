#include "services/common/member/member_wire.h"

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"

namespace hie::wire {
namespace {

namespace v1 = directory::v1;

constexpr int kListMax = 1024;

absl::Status Invalid(absl::string_view field, absl::string_view want) {
  return absl::InvalidArgumentError(absl::StrCat(field, ": want ", want));
}

std::string Element(absl::string_view field, absl::string_view list, int index) {
  return absl::StrCat(field, ".", list, "[", index, "]");
}

// Converts every element of a repeated field, or tells the first that cannot be.
template <typename To, typename List, typename Convert>
absl::StatusOr<std::vector<To>> Each(const List& list, absl::string_view field,
                                     absl::string_view name, Convert convert) {
  if (list.size() > kListMax) {
    return Invalid(absl::StrCat(field, ".", name), "at most 1,024 entries");
  }
  std::vector<To> values;
  values.reserve(static_cast<size_t>(list.size()));
  for (int i = 0; i < list.size(); ++i) {
    absl::StatusOr<To> value = convert(list[i], Element(field, name, i));
    HIE_RETURN_IF_ERROR(value.status());
    values.push_back(*std::move(value));
  }
  return values;
}

absl::StatusOr<SensitivitySet> FromCodes(
    const google::protobuf::RepeatedPtrField<std::string>& codes, absl::string_view field) {
  SensitivitySet set;
  for (int i = 0; i < codes.size(); ++i) {
    const std::optional<Sensitivity> code = ParseSensitivity(codes[i]);
    if (!code) return Invalid(Element(field, "place_sensitivity", i), "a sensitivity code");
    set = set.With(SensitivitySet::Of(*code));
  }
  return set;
}

absl::StatusOr<RegimeAttestation> FromAttestation(const v1::RegimeAttestation& proto,
                                                  const std::string& field) {
  const std::optional<Sensitivity> code = ParseSensitivity(proto.code());
  if (!code) return Invalid(field + ".code", "a sensitivity code");
  switch (proto.attestation()) {
    case v1::ATTESTATION_NOT_HELD:
      return RegimeAttestation{*code, Attestation::kNotHeld};
    case v1::ATTESTATION_LABELLED_AT_SOURCE:
      return RegimeAttestation{*code, Attestation::kLabelledAtSource};
    case v1::ATTESTATION_MIXED_UNLABELLED:
      return RegimeAttestation{*code, Attestation::kMixedUnlabelled};
    default:
      return Invalid(field + ".attestation", "a known value");
  }
}

absl::StatusOr<MemberUnit> FromUnit(const v1::Unit& proto, const std::string& field) {
  MemberUnit unit{.id = proto.id(),
                  .name = proto.name(),
                  .part2 = proto.part2(),
                  .place_sensitivity = {},
                  .attestations = {}};
  HIE_ASSIGN_OR_RETURN(unit.place_sensitivity, FromCodes(proto.place_sensitivity(), field));
  HIE_ASSIGN_OR_RETURN(unit.attestations, Each<RegimeAttestation>(proto.attestations(), field,
                                                                  "attestations", FromAttestation));
  return unit;
}

absl::StatusOr<MemberFacility> FromFacility(const v1::Facility& proto, const std::string& field) {
  MemberFacility facility{.id = proto.id(),
                          .name = proto.name(),
                          .units = {},
                          .attestations = {},
                          .place_sensitivity = {},
                          .aliases = {proto.aliases().begin(), proto.aliases().end()}};
  HIE_ASSIGN_OR_RETURN(facility.units, Each<MemberUnit>(proto.units(), field, "units", FromUnit));
  HIE_ASSIGN_OR_RETURN(
      facility.attestations,
      Each<RegimeAttestation>(proto.attestations(), field, "attestations", FromAttestation));
  HIE_ASSIGN_OR_RETURN(facility.place_sensitivity, FromCodes(proto.place_sensitivity(), field));
  return facility;
}

absl::StatusOr<PatientIdDomain> FromDomain(const v1::PatientIdDomain& proto,
                                           const std::string& field) {
  if (!v1::IdReuse_IsValid(proto.reuse())) return Invalid(field + ".reuse", "a known value");
  return PatientIdDomain{
      .oid = proto.oid(),
      .namespace_aliases = {proto.namespace_aliases().begin(), proto.namespace_aliases().end()},
      .strip_leading_zeros = proto.strip_leading_zeros(),
      .fold_case = proto.fold_case(),
      .reuse = static_cast<IdReuse>(proto.reuse()),
      .time_zone = proto.time_zone(),
      .facility = proto.facility()};
}

absl::StatusOr<MemberKey> FromKey(const v1::MemberKey& proto, const std::string& field) {
  if (!v1::KeyUse_IsValid(proto.use())) return Invalid(field + ".use", "a known value");
  return MemberKey{.id = proto.id(),
                   .use = static_cast<KeyUse>(proto.use()),
                   .public_key = proto.public_key(),
                   .revoked = proto.revoked()};
}

FhirSignIn FromSignIn(const v1::FhirSignIn& proto) {
  return {.token_url = proto.token_url(),
          .client_id = proto.client_id(),
          .scope = proto.scope(),
          .key_id = proto.key_id()};
}

FhirQuirks FromQuirks(const v1::FhirQuirks& proto) {
  return {
      .page_size = proto.page_size(),
      .concurrency = proto.concurrency(),
      .unsupported_types = {proto.unsupported_types().begin(), proto.unsupported_types().end()},
      .patient_parameter = proto.patient_parameter(),
      .resolves_patient_first = proto.resolves_patient_first(),
      .clock_skew_seconds = proto.clock_skew_seconds(),
      .refused_parameters = {proto.refused_parameters().begin(), proto.refused_parameters().end()}};
}

absl::StatusOr<MemberEndpoint> FromEndpoint(const v1::Endpoint& proto, const std::string& field) {
  if (!v1::EndpointKind_IsValid(proto.kind())) return Invalid(field + ".kind", "a known value");
  return MemberEndpoint{.kind = static_cast<EndpointKind>(proto.kind()),
                        .address = proto.address(),
                        .sign_in = FromSignIn(proto.sign_in()),
                        .quirks = FromQuirks(proto.quirks()),
                        .allow_private_address = proto.allow_private_address()};
}

absl::StatusOr<ApiClient> FromClient(const v1::ApiClient& proto, const std::string& field) {
  ApiClient client{.id = proto.id(),
                   .name = proto.name(),
                   .jwks = proto.jwks(),
                   .jwks_url = proto.jwks_url(),
                   .scopes = {proto.scopes().begin(), proto.scopes().end()},
                   .purposes = {},
                   .certificate_sha256 = proto.certificate_sha256(),
                   .revoked = proto.revoked()};
  for (int i = 0; i < proto.purposes_size(); ++i) {
    if (!common::v1::Purpose_IsValid(proto.purposes(i))) {
      return Invalid(Element(field, "purposes", i), "a known value");
    }
    client.purposes.push_back(static_cast<Purpose>(proto.purposes(i)));
  }
  return client;
}

absl::StatusOr<Hl7Source> FromSource(const v1::Hl7Source& proto, const std::string& field) {
  if (!v1::AckMode_IsValid(proto.ack_mode())) return Invalid(field + ".ack_mode", "a known value");
  return Hl7Source{.sending_application = proto.sending_application(),
                   .sending_facility = proto.sending_facility(),
                   .default_domain = proto.default_domain(),
                   .charset = proto.charset(),
                   .time_zone = proto.time_zone(),
                   .ack_mode = static_cast<AckMode>(proto.ack_mode()),
                   .authority_holds_type = proto.authority_holds_type(),
                   .processing_id = proto.processing_id(),
                   .peers = {proto.peers().begin(), proto.peers().end()},
                   .takes_ssn = proto.takes_ssn()};
}

absl::StatusOr<std::string> FromRole(const v1::UserRole& proto, const std::string& /*field*/) {
  return proto.name();
}

void SetCodes(SensitivitySet set, google::protobuf::RepeatedPtrField<std::string>* codes) {
  for (int i = 0; i < kSensitivityCount; ++i) {
    const auto code = static_cast<Sensitivity>(i);
    if (set.Has(code)) *codes->Add() = std::string(SensitivityCode(code));
  }
}

void SetAttestations(const std::vector<RegimeAttestation>& attestations,
                     google::protobuf::RepeatedPtrField<v1::RegimeAttestation>* protos) {
  for (const RegimeAttestation& attestation : attestations) {
    v1::RegimeAttestation* proto = protos->Add();
    proto->set_code(std::string(SensitivityCode(attestation.code)));
    proto->set_attestation(static_cast<v1::Attestation>(attestation.attestation));
  }
}

void SetUnit(const MemberUnit& unit, v1::Unit* proto) {
  proto->set_id(unit.id);
  proto->set_name(unit.name);
  proto->set_part2(unit.part2);
  SetCodes(unit.place_sensitivity, proto->mutable_place_sensitivity());
  SetAttestations(unit.attestations, proto->mutable_attestations());
}

void SetFacility(const MemberFacility& facility, v1::Facility* proto) {
  proto->set_id(facility.id);
  proto->set_name(facility.name);
  for (const MemberUnit& unit : facility.units) SetUnit(unit, proto->add_units());
  SetAttestations(facility.attestations, proto->mutable_attestations());
  SetCodes(facility.place_sensitivity, proto->mutable_place_sensitivity());
  for (const std::string& alias : facility.aliases) proto->add_aliases(alias);
}

void SetDomain(const PatientIdDomain& domain, v1::PatientIdDomain* proto) {
  proto->set_oid(domain.oid);
  for (const std::string& alias : domain.namespace_aliases) proto->add_namespace_aliases(alias);
  proto->set_strip_leading_zeros(domain.strip_leading_zeros);
  proto->set_fold_case(domain.fold_case);
  proto->set_reuse(static_cast<v1::IdReuse>(domain.reuse));
  proto->set_time_zone(domain.time_zone);
  proto->set_facility(domain.facility);
}

void SetKey(const MemberKey& key, v1::MemberKey* proto) {
  proto->set_id(key.id);
  proto->set_use(static_cast<v1::KeyUse>(key.use));
  proto->set_public_key(key.public_key);
  proto->set_revoked(key.revoked);
}

void SetSignIn(const FhirSignIn& sign_in, v1::FhirSignIn* proto) {
  proto->set_token_url(sign_in.token_url);
  proto->set_client_id(sign_in.client_id);
  proto->set_scope(sign_in.scope);
  proto->set_key_id(sign_in.key_id);
}

void SetQuirks(const FhirQuirks& quirks, v1::FhirQuirks* proto) {
  proto->set_page_size(quirks.page_size);
  proto->set_concurrency(quirks.concurrency);
  for (const std::string& type : quirks.unsupported_types) proto->add_unsupported_types(type);
  proto->set_patient_parameter(quirks.patient_parameter);
  proto->set_resolves_patient_first(quirks.resolves_patient_first);
  proto->set_clock_skew_seconds(quirks.clock_skew_seconds);
  for (const std::string& name : quirks.refused_parameters) proto->add_refused_parameters(name);
}

// Sign-in and quirks are written for FHIR servers only: other endpoints have the rows they had.
void SetEndpoint(const MemberEndpoint& endpoint, v1::Endpoint* proto) {
  proto->set_kind(static_cast<v1::EndpointKind>(endpoint.kind));
  proto->set_address(endpoint.address);
  proto->set_allow_private_address(endpoint.allow_private_address);
  if (endpoint.kind != EndpointKind::kFhirR4) return;
  SetSignIn(endpoint.sign_in, proto->mutable_sign_in());
  SetQuirks(endpoint.quirks, proto->mutable_quirks());
}

void SetClient(const ApiClient& client, v1::ApiClient* proto) {
  proto->set_id(client.id);
  proto->set_name(client.name);
  proto->set_jwks(client.jwks);
  proto->set_jwks_url(client.jwks_url);
  for (const std::string& scope : client.scopes) proto->add_scopes(scope);
  for (const Purpose purpose : client.purposes) {
    proto->add_purposes(static_cast<common::v1::Purpose>(purpose));
  }
  proto->set_certificate_sha256(client.certificate_sha256);
  proto->set_revoked(client.revoked);
}

void SetSource(const Hl7Source& source, v1::Hl7Source* proto) {
  proto->set_sending_application(source.sending_application);
  proto->set_sending_facility(source.sending_facility);
  proto->set_default_domain(source.default_domain);
  proto->set_charset(source.charset);
  proto->set_time_zone(source.time_zone);
  proto->set_ack_mode(static_cast<v1::AckMode>(source.ack_mode));
  proto->set_authority_holds_type(source.authority_holds_type);
  proto->set_processing_id(source.processing_id);
  for (const std::string& peer : source.peers) proto->add_peers(peer);
  proto->set_takes_ssn(source.takes_ssn);
}

}  // namespace

absl::StatusOr<Member> FromProto(const v1::Member& proto, absl::string_view field) {
  Member member;
  member.id = MemberId(proto.id());
  member.name = proto.name();
  member.home_community = proto.home_community();
  if (!v1::MemberState_IsValid(proto.state())) {
    return Invalid(absl::StrCat(field, ".state"), "a known value");
  }
  member.state = static_cast<MemberState>(proto.state());
  HIE_ASSIGN_OR_RETURN(member.facilities,
                       Each<MemberFacility>(proto.facilities(), field, "facilities", FromFacility));
  HIE_ASSIGN_OR_RETURN(member.domains,
                       Each<PatientIdDomain>(proto.domains(), field, "domains", FromDomain));
  HIE_ASSIGN_OR_RETURN(member.endpoints,
                       Each<MemberEndpoint>(proto.endpoints(), field, "endpoints", FromEndpoint));
  HIE_ASSIGN_OR_RETURN(member.keys, Each<MemberKey>(proto.keys(), field, "keys", FromKey));
  HIE_ASSIGN_OR_RETURN(member.roles, Each<std::string>(proto.roles(), field, "roles", FromRole));
  HIE_ASSIGN_OR_RETURN(member.clients,
                       Each<ApiClient>(proto.clients(), field, "clients", FromClient));
  HIE_ASSIGN_OR_RETURN(member.hl7_sources,
                       Each<Hl7Source>(proto.hl7_sources(), field, "hl7_sources", FromSource));
  member.is_operator = proto.operator_();
  member.version = proto.version();
  return member;
}

v1::Member ToProto(const Member& member) {
  v1::Member proto;
  proto.set_id(member.id.value());
  proto.set_name(member.name);
  proto.set_home_community(member.home_community);
  proto.set_state(static_cast<v1::MemberState>(member.state));
  for (const MemberFacility& facility : member.facilities) {
    SetFacility(facility, proto.add_facilities());
  }
  for (const PatientIdDomain& domain : member.domains) SetDomain(domain, proto.add_domains());
  for (const MemberEndpoint& endpoint : member.endpoints) {
    SetEndpoint(endpoint, proto.add_endpoints());
  }
  for (const MemberKey& key : member.keys) SetKey(key, proto.add_keys());
  for (const std::string& role : member.roles) proto.add_roles()->set_name(role);
  for (const ApiClient& client : member.clients) SetClient(client, proto.add_clients());
  for (const Hl7Source& source : member.hl7_sources) SetSource(source, proto.add_hl7_sources());
  proto.set_operator_(member.is_operator);
  proto.set_version(member.version);
  return proto;
}

}  // namespace hie::wire

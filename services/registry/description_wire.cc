#include "services/registry/description_wire.h"

#include "services/common/wire/wire.h"

namespace hie::registry {
namespace {

using google::protobuf::RepeatedPtrField;

Code FromProto(const v1::Code& proto) {
  return {proto.system(), Phi<std::string>(proto.code()), Phi<std::string>(proto.display())};
}

void ToProto(const Code& code, v1::Code& proto) {
  proto.set_system(code.system);
  proto.set_code(code.code.value());
  proto.set_display(code.display.value());
}

std::vector<ReferenceId> IdsFromProto(const RepeatedPtrField<v1::DocumentReferenceId>& protos) {
  std::vector<ReferenceId> ids;
  for (const v1::DocumentReferenceId& proto : protos) {
    ids.push_back({proto.system(), Phi<std::string>(proto.value())});
  }
  return ids;
}

void IdsToProto(const std::vector<ReferenceId>& ids,
                RepeatedPtrField<v1::DocumentReferenceId>& protos) {
  for (const ReferenceId& id : ids) {
    v1::DocumentReferenceId& proto = *protos.Add();
    proto.set_system(id.system);
    proto.set_value(id.value.value());
  }
}

}  // namespace

std::vector<Code> CodesFromProto(const RepeatedPtrField<v1::Code>& protos) {
  std::vector<Code> codes;
  for (const v1::Code& proto : protos) codes.push_back(FromProto(proto));
  return codes;
}

void CodesToProto(const std::vector<Code>& codes, RepeatedPtrField<v1::Code>& protos) {
  for (const Code& code : codes) ToProto(code, *protos.Add());
}

std::vector<Phi<HumanName>> NamesFromProto(const RepeatedPtrField<common::v1::HumanName>& protos) {
  std::vector<Phi<HumanName>> names;
  for (const common::v1::HumanName& proto : protos) {
    names.emplace_back(HumanName{
        proto.use(), proto.family(), {proto.given().begin(), proto.given().end()}, proto.suffix()});
  }
  return names;
}

void NamesToProto(const std::vector<Phi<HumanName>>& names,
                  RepeatedPtrField<common::v1::HumanName>& protos) {
  for (const Phi<HumanName>& name : names) {
    common::v1::HumanName& proto = *protos.Add();
    proto.set_use(name.value().use);
    proto.set_family(name.value().family);
    for (const std::string& given : name.value().given) proto.add_given(given);
    proto.set_suffix(name.value().suffix);
  }
}

Description DescriptionFromProto(const v1::DocumentEntry& proto) {
  Description description;
  description.types = CodesFromProto(proto.types());
  description.categories = CodesFromProto(proto.categories());
  description.format = FromProto(proto.format());
  description.facility_types = CodesFromProto(proto.facility_types());
  description.practice_settings = CodesFromProto(proto.practice_settings());
  description.events = CodesFromProto(proto.events());
  description.language = proto.language();
  description.identifiers = IdsFromProto(proto.identifiers());
  description.related = IdsFromProto(proto.related());
  description.indexed = wire::TimeFromMicros(proto.indexed_micros(), absl::InfinitePast());
  description.resource = Phi<std::string>(proto.resource());
  description.author_names = NamesFromProto(proto.author_names());
  description.file_name = Phi<std::string>(proto.file_name());
  return description;
}

void DescriptionToProto(const Description& description, v1::DocumentEntry& proto) {
  CodesToProto(description.types, *proto.mutable_types());
  CodesToProto(description.categories, *proto.mutable_categories());
  if (description.format != Code()) ToProto(description.format, *proto.mutable_format());
  CodesToProto(description.facility_types, *proto.mutable_facility_types());
  CodesToProto(description.practice_settings, *proto.mutable_practice_settings());
  CodesToProto(description.events, *proto.mutable_events());
  proto.set_language(description.language);
  IdsToProto(description.identifiers, *proto.mutable_identifiers());
  IdsToProto(description.related, *proto.mutable_related());
  proto.set_indexed_micros(wire::MicrosFromTime(description.indexed));
  proto.set_resource(description.resource.value());
  NamesToProto(description.author_names, *proto.mutable_author_names());
  proto.set_file_name(description.file_name.value());
}

}  // namespace hie::registry

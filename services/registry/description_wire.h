#pragma once

#include <vector>

#include "google/protobuf/repeated_field.h"
#include "hie/registry/v1/registry.pb.h"
#include "services/registry/document_entry.h"

// The parts that describe documents and sets, between messages and values.  No shape to check.
namespace hie::registry {

std::vector<Code> CodesFromProto(const google::protobuf::RepeatedPtrField<v1::Code>& protos);
void CodesToProto(const std::vector<Code>& codes,
                  google::protobuf::RepeatedPtrField<v1::Code>& protos);

std::vector<Phi<HumanName>> NamesFromProto(
    const google::protobuf::RepeatedPtrField<common::v1::HumanName>& protos);
void NamesToProto(const std::vector<Phi<HumanName>>& names,
                  google::protobuf::RepeatedPtrField<common::v1::HumanName>& protos);

Description DescriptionFromProto(const v1::DocumentEntry& proto);
void DescriptionToProto(const Description& description, v1::DocumentEntry& proto);

}  // namespace hie::registry

#include "services/hiectl/onboarding/toml_message.h"

#include <toml++/toml.h>

#include <limits>
#include <sstream>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "services/common/base/status_macros.h"

namespace hie::ctl {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Where a value stands: for messages about it.
struct Place {
  const std::string& source;
  const toml::node& node;
  const FieldDescriptor* field;
};

absl::Status Want(const Place& place, absl::string_view want) {
  return absl::InvalidArgumentError(absl::StrCat(place.source, ":", place.node.source().begin.line,
                                                 ": ", place.field->name(), ": want ", want));
}

// The value that ends with `word`: names of one enum share what stands before.
const EnumValueDescriptor* FindEnum(const EnumDescriptor& type, absl::string_view word) {
  const std::string name =
      absl::AsciiStrToUpper(absl::StrReplaceAll(word, {{"-", "_"}, {" ", "_"}}));
  if (const EnumValueDescriptor* exact = type.FindValueByName(name)) return exact;
  // The zero value is `<PREFIX>_UNSPECIFIED`.
  const std::string zero = type.value(0)->name();
  const size_t end = zero.rfind("UNSPECIFIED");
  if (end == std::string::npos) return nullptr;
  return type.FindValueByName(zero.substr(0, end) + name);
}

absl::Status SetMessage(const toml::table& table, const std::string& source, Message& message);

absl::Status SetNested(const Place& place, Message& nested) {
  if (const toml::table* table = place.node.as_table()) {
    return SetMessage(*table, place.source, nested);
  }
  const google::protobuf::Descriptor& type = *nested.GetDescriptor();
  const auto text = place.node.value<std::string>();
  if (!text || type.field_count() != 1 || type.field(0)->type() != FieldDescriptor::TYPE_STRING) {
    return Want(place, "a table");
  }
  nested.GetReflection()->SetString(&nested, type.field(0), *text);
  return absl::OkStatus();
}

// Sets a field or adds to it, by whichever of reflection's pairs fits.
template <typename Set, typename Add, typename Value>
absl::Status Put(Set set, Add add, Message& message, const FieldDescriptor* field,
                 const Value& value) {
  const google::protobuf::Reflection* reflection = message.GetReflection();
  if (field->is_repeated()) {
    (reflection->*add)(&message, field, value);
  } else {
    (reflection->*set)(&message, field, value);
  }
  return absl::OkStatus();
}

absl::Status SetWhole(const Place& place, Message& message) {
  using google::protobuf::Reflection;
  const auto number = place.node.value_exact<int64_t>();
  if (!number || *number < 0) return Want(place, "a whole number from 0");
  if (place.field->cpp_type() == FieldDescriptor::CPPTYPE_UINT32) {
    if (*number > std::numeric_limits<uint32_t>::max()) return Want(place, "a smaller number");
    return Put(&Reflection::SetUInt32, &Reflection::AddUInt32, message, place.field,
               static_cast<uint32_t>(*number));
  }
  if (place.field->cpp_type() == FieldDescriptor::CPPTYPE_UINT64) {
    return Put(&Reflection::SetUInt64, &Reflection::AddUInt64, message, place.field,
               static_cast<uint64_t>(*number));
  }
  return Want(place, "a field that this file can hold");
}

absl::Status SetOne(const Place& place, Message& message) {
  using google::protobuf::Reflection;
  const FieldDescriptor* field = place.field;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      const Reflection* reflection = message.GetReflection();
      return SetNested(place,
                       *(field->is_repeated() ? reflection->AddMessage(&message, field)
                                              : reflection->MutableMessage(&message, field)));
    }
    case FieldDescriptor::CPPTYPE_STRING: {
      const auto text = place.node.value_exact<std::string>();
      if (!text) return Want(place, "text in quotes");
      void (Reflection::*set)(Message*, const FieldDescriptor*, std::string) const =
          &Reflection::SetString;
      void (Reflection::*add)(Message*, const FieldDescriptor*, std::string) const =
          &Reflection::AddString;
      return Put(set, add, message, field, *text);
    }
    case FieldDescriptor::CPPTYPE_BOOL: {
      const auto flag = place.node.value_exact<bool>();
      if (!flag) return Want(place, "true or false");
      return Put(&Reflection::SetBool, &Reflection::AddBool, message, field, *flag);
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
      const auto word = place.node.value_exact<std::string>();
      const EnumValueDescriptor* value = word ? FindEnum(*field->enum_type(), *word) : nullptr;
      if (value == nullptr) return Want(place, "one of the list's words");
      return Put(&Reflection::SetEnum, &Reflection::AddEnum, message, field, value);
    }
    default:
      return SetWhole(place, message);
  }
}

absl::Status SetField(const Place& place, Message& message) {
  if (!place.field->is_repeated()) return SetOne(place, message);
  const toml::array* array = place.node.as_array();
  if (array == nullptr) return Want(place, "a list");
  for (const toml::node& item : *array) {
    HIE_RETURN_IF_ERROR(SetOne({place.source, item, place.field}, message));
  }
  return absl::OkStatus();
}

absl::Status SetMessage(const toml::table& table, const std::string& source, Message& message) {
  for (const auto& [key, node] : table) {
    const std::string name(key.str());
    const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
    if (field == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat(source, ":", node.source().begin.line, ": ",
                                                     name, ": want a field of ",
                                                     message.GetDescriptor()->name()));
    }
    HIE_RETURN_IF_ERROR(SetField({source, node, field}, message));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ReadToml(absl::string_view text, const std::string& source, Message& message) {
  try {
    const toml::table table = toml::parse(std::string_view(text.data(), text.size()));
    return SetMessage(table, source, message);
  } catch (const toml::parse_error& error) {
    return absl::InvalidArgumentError(
        absl::StrCat(source, ":", error.source().begin.line, ": want TOML"));
  }
}

}  // namespace hie::ctl

#include "services/common/log/redacted_text.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/text_format.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "hie/options/v1/options.pb.h"

namespace hie::log {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::TextFormat;

void AppendMessage(const Message& message, std::string& out);

void AppendValue(const Message& message, const FieldDescriptor& field, int index,
                 std::string& out) {
  absl::StrAppend(&out, out.empty() ? "" : " ", field.name());
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    const Reflection& reflection = *message.GetReflection();
    std::string inner;
    AppendMessage(index < 0 ? reflection.GetMessage(message, &field)
                            : reflection.GetRepeatedMessage(message, &field, index),
                  inner);
    absl::StrAppend(&out, " {", inner.empty() ? "" : " ", inner, " }");
    return;
  }
  std::string text;
  TextFormat::PrintFieldValueToString(message, &field, index, &text);
  absl::StrAppend(&out, ": ", text);
}

void AppendField(const Message& message, const FieldDescriptor& field, std::string& out) {
  if (field.options().GetExtension(hie::options::v1::phi)) {
    absl::StrAppend(&out, out.empty() ? "" : " ", field.name(), ": [phi]");
    return;
  }
  if (!field.is_repeated()) return AppendValue(message, field, -1, out);
  const int size = message.GetReflection()->FieldSize(message, &field);
  for (int i = 0; i < size; ++i) AppendValue(message, field, i, out);
}

void AppendMessage(const Message& message, std::string& out) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) AppendField(message, *field, out);
}

}  // namespace

std::string RedactedText(const Message& message) {
  std::string out;
  AppendMessage(message, out);
  return out;
}

}  // namespace hie::log

#include "services/hiectl/message_file.h"

#include <google/protobuf/text_format.h>
#include <google/protobuf/util/json_util.h>

#include <fstream>
#include <iostream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"

namespace hie::ctl {
namespace {

absl::StatusOr<std::string> Drain(std::istream& in, const std::string& name) {
  std::string content;
  char block[64 << 10];
  while (in.read(block, sizeof(block)) || in.gcount() > 0) {
    content.append(block, static_cast<size_t>(in.gcount()));
    if (content.size() > kInputBytesMax) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, ": want at most ", kInputBytesMax, " bytes"));
    }
  }
  return content;
}

}  // namespace

absl::StatusOr<std::string> ReadInput(const std::string& path) {
  if (path == "-") return Drain(std::cin, "standard input");
  std::ifstream in(path, std::ios::binary);
  if (!in) return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  return Drain(in, path);
}

absl::Status ReadMessage(const std::string& path, google::protobuf::Message& message) {
  HIE_ASSIGN_OR_RETURN(const std::string text, ReadInput(path));
  if (google::protobuf::util::JsonStringToMessage(text, &message).ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": want a ", message.GetDescriptor()->name(), " as JSON"));
}

absl::Status ReadTextMessage(const std::string& path, google::protobuf::Message& message) {
  HIE_ASSIGN_OR_RETURN(const std::string text, ReadInput(path));
  if (google::protobuf::TextFormat::ParseFromString(text, &message)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": want a ", message.GetDescriptor()->name(), " in text form"));
}

}  // namespace hie::ctl

#pragma once

#include <string>

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace hie::log {

// Renders `message` for a log line: every field that carries the option `(hie.options.v1.phi)` is
// printed as `[phi]`, whatever it holds; unknown fields are left out.
//
// The form is `name: value name { ... }`, fields in declaration order.  Cost: reflection; not for
// hot paths.
std::string RedactedText(const google::protobuf::Message& message);

}  // namespace hie::log

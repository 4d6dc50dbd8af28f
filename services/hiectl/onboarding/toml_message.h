#pragma once

#include <google/protobuf/message.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace hie::ctl {

// Reads a message from TOML, as people write it.
//
// Keys are the fields' names.  An enum value may leave its prefix out and be in small letters
// ("agent" for ENDPOINT_KIND_AGENT).  A message whose only field is a name may be that name's text
// (roles = ["physician"]).  INVALID_ARGUMENT, `<source>:<line>: <field>: want ...`: not TOML, an
// unknown key, a value of another type.  The message repeats keys, never values.
absl::Status ReadToml(absl::string_view text, const std::string& source,
                      google::protobuf::Message& message);

}  // namespace hie::ctl

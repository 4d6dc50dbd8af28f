#include "gateway/agent/fault.h"

#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"

namespace hie::agent {

absl::StatusOr<Fault> ParseFault(absl::string_view text) {
  if (text.empty()) return Fault{};
  if (text == "wrong-patient") return Fault{Fault::Kind::kWrongPatient, {}};
  if (text == "silent") return Fault{Fault::Kind::kSilent, {}};
  if (text == "garbage") return Fault{Fault::Kind::kGarbage, {}};
  int64_t millis = 0;
  if (absl::ConsumePrefix(&text, "slow:") && absl::SimpleAtoi(text, &millis) && millis >= 0) {
    return Fault{Fault::Kind::kSlow, absl::Milliseconds(millis)};
  }
  return absl::InvalidArgumentError("fault: want wrong-patient, silent, slow:MS or garbage");
}

}  // namespace hie::agent

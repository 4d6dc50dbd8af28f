#include "services/hiectl/commands/render.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"

namespace hie::ctl {

std::string Bits(int32_t millibits) {
  return absl::StrFormat("%.1f bit", static_cast<double>(millibits) / 1000);
}

std::string PersonLine(const common::v1::Demographics& demographics) {
  std::string line;
  if (!demographics.names().empty()) {
    const common::v1::HumanName& name = demographics.names(0);
    line = absl::StrJoin(name.given(), " ");
    absl::StrAppend(&line, line.empty() ? "" : " ", name.family());
    if (!name.suffix().empty()) absl::StrAppend(&line, " ", name.suffix());
  }
  if (demographics.sex() != common::v1::ADMINISTRATIVE_SEX_UNSPECIFIED) {
    absl::StrAppend(
        &line, ", ",
        ShortName(common::v1::AdministrativeSex_Name(demographics.sex()), "ADMINISTRATIVE_SEX_"));
  }
  if (!demographics.birth_date().empty()) {
    absl::StrAppend(&line, ", born ", demographics.birth_date());
  }
  return line;
}

std::string WhyLine(const google::protobuf::RepeatedPtrField<mpi::v1::FieldWeight>& fields) {
  std::vector<mpi::v1::FieldWeight> sorted(fields.begin(), fields.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return std::abs(a.weight_millibits()) > std::abs(b.weight_millibits());
  });
  std::vector<std::string> parts;
  for (const mpi::v1::FieldWeight& field : sorted) {
    if (field.weight_millibits() == 0) continue;
    parts.push_back(absl::StrFormat("%s %s %+.1f", field.field(), field.level(),
                                    static_cast<double>(field.weight_millibits()) / 1000));
  }
  return absl::StrJoin(parts, ", ");
}

std::string Moment(int64_t micros) {
  if (micros == 0) return "";
  return absl::FormatTime("%Y-%m-%d %H:%M:%S", absl::FromUnixMicros(micros), absl::UTCTimeZone());
}

std::string ShortName(const std::string& value_name, const std::string& prefix) {
  const absl::string_view rest = absl::StripPrefix(value_name, prefix);
  return absl::AsciiStrToLower(absl::StrReplaceAll(rest, {{"_", "-"}}));
}

}  // namespace hie::ctl

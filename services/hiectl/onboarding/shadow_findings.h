#pragma once

#include <string>
#include <vector>

#include "hie/exchange/v1/intake_service.pb.h"

namespace hie::ctl {

// More overlays than these in a thousand patients: ids are reused, or a domain is mapped wrongly.
inline constexpr uint64_t kOverlaysPerThousandMax = 5;

// What of a SHADOW report stands in the way of LIVE, each with what to do about it.
std::vector<std::string> ShadowFindings(const exchange::v1::GetShadowReportResponse& report);

}  // namespace hie::ctl

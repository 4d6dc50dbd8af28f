#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "gateway/hl7v2/intake_plan.h"
#include "hie/exchange/v1/exchange_service.pb.h"

namespace hie::hl7v2 {

// Content up to this size goes with the submission; larger content is staged.
inline constexpr size_t kInlineBytesMax = size_t{1} << 20;

// Id under which the content of `message` is staged: the same for the same bytes.
std::string ContentIdOf(absl::string_view message);

// A planned document as the exchange takes it; content beyond kInlineBytesMax is named by
// `content_id`.
exchange::v1::SubmittedDocument ToSubmittedDocument(const DocumentPlan& plan,
                                                    const std::string& content_id);

}  // namespace hie::hl7v2

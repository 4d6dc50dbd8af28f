#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "services/hiectl/commands/context.h"

namespace hie::ctl {

// `query run`: everything that other members hold about a person and the caller may see.
struct QueryRunOptions {
  std::string subject;               // File of a hie.exchange.v1.PatientSubject, or
  std::string demographics;          // of a hie.common.v1.Demographics.
  std::vector<std::string> classes;  // allergy, medication, condition, ...; none: all.
  uint32_t budget_millis = 0;        // 0: the exchange's default.
  std::string session_id;            // Break-glass.
};
ExitCode QueryRun(const Context& context, const QueryRunOptions& options);

// `document get`: the content of one document, checked against its hash.
struct DocumentGetOptions {
  std::string subject;  // File of a hie.exchange.v1.PatientSubject.
  std::string document_id;
  std::string session_id;
  std::string out;  // File; written whole or not at all.
};
ExitCode DocumentGet(const Context& context, const DocumentGetOptions& options);

}  // namespace hie::ctl

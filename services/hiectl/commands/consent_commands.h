#pragma once

#include <string>

#include "services/hiectl/commands/context.h"

namespace hie::ctl {

// `consent put`: records a directive, read as hie.consent.v1.Directive in JSON.
ExitCode ConsentPut(const Context& context, const std::string& directive_file);

// `consent list`: a person's directives; `subject_file` is a hie.exchange.v1.PatientSubject.
ExitCode ConsentList(const Context& context, const std::string& subject_file);

// `consent revoke`: revokes a directive of the record in `subject_file`
// (hie.common.v1.LocalPatient).
ExitCode ConsentRevoke(const Context& context, const std::string& directive_id,
                       const std::string& subject_file);

}  // namespace hie::ctl

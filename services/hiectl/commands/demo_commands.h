#pragma once

#include <string>

#include "services/hiectl/commands/context.h"

namespace hie::ctl {

// `demo run`: an emergency physician of the first hospital asks about a person whom only the
// others know, breaks the glass, and reads the audit of it.
struct DemoOptions {
  std::string region;  // As `gen region` writes it.
  std::string pki;     // As `pki init` writes it.
};

// Prints each step, and checks it against <region>/demo/expected.tsv: exactly the items that may
// be seen at once, then those of the first tier, then those of the second, and never the sealed.
//
// kOk: the answer was right and complete.  kCheckFailed: an item was missing or one too many, or
// the audit lacks an entry; each is named.
ExitCode DemoRun(const Context& context, const DemoOptions& options);

}  // namespace hie::ctl

#pragma once

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "services/common/base/clock.h"
#include "services/common/base/random_source.h"
#include "services/hiectl/output.h"
#include "services/hiectl/session.h"

namespace hie::ctl {

// What every command is given.  Borrows; outlives the command.
struct Context {
  Output& output;
  const Clock& clock;
  RandomSource& random;
  SessionOptions session;

  // Signs in; each command that calls the exchange does it once.
  absl::StatusOr<std::unique_ptr<Session>> SignIn() const {
    return Session::Open(session, clock, random);
  }
};

}  // namespace hie::ctl

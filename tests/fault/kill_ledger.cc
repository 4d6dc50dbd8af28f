#include "tests/fault/kill_ledger.h"

namespace hie::testing {

void KillLedger::Registered(Registration registration) {
  const MutexLock lock(mutex_);
  registrations_.push_back(std::move(registration));
}

void KillLedger::DirectiveAsked(const std::string& id, const exchange::v1::PatientSubject& subject,
                                const DirectiveState& state) {
  const MutexLock lock(mutex_);
  Directive& directive = directives_[id];
  directive.subject = subject;
  directive.last_asked = state;
}

void KillLedger::DirectiveAcknowledged(const std::string& id, const DirectiveState& state) {
  const MutexLock lock(mutex_);
  directives_.at(id).acknowledged = state;
}

void KillLedger::ItemsReceived(Received received) {
  const MutexLock lock(mutex_);
  received_.push_back(std::move(received));
}

std::vector<KillLedger::Registration> KillLedger::registrations() const {
  const MutexLock lock(mutex_);
  return registrations_;
}

std::map<std::string, KillLedger::Directive> KillLedger::directives() const {
  const MutexLock lock(mutex_);
  return directives_;
}

std::vector<KillLedger::Received> KillLedger::received() const {
  const MutexLock lock(mutex_);
  return received_;
}

}  // namespace hie::testing

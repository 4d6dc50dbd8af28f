#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "hie/exchange/v1/exchange_service.pb.h"
#include "services/common/base/mutex.h"

namespace hie::testing {

// What clients of the exchange were told, kept where no kill reaches it.  Thread-safe.
class KillLedger {
 public:
  // A patient whose registration was acknowledged.
  struct Registration {
    exchange::v1::PatientSubject subject;
    std::string member;
    std::string eid;
  };
  // A directive, as its last acknowledgement has it.  A request that was never answered may have
  // been carried out: `last_asked` is then the one state beyond `acknowledged` that may be found.
  struct DirectiveState {
    uint64_t version = 0;
    consent::v1::DirectiveStatus status = consent::v1::DIRECTIVE_STATUS_UNSPECIFIED;
    friend bool operator==(const DirectiveState&, const DirectiveState&) = default;
  };
  struct Directive {
    exchange::v1::PatientSubject subject;
    DirectiveState acknowledged;
    DirectiveState last_asked;
  };
  // What one query received until it ended or broke.
  struct Received {
    exchange::v1::PatientSubject subject;
    std::string query_id;
    std::set<std::string> item_ids;  // Clinical items and documents.
    size_t clinical = 0;             // Items among them.
    bool whole = false;              // It ended well.
  };

  void Registered(Registration registration) HIE_EXCLUDES(mutex_);
  void DirectiveAsked(const std::string& id, const exchange::v1::PatientSubject& subject,
                      const DirectiveState& state) HIE_EXCLUDES(mutex_);
  void DirectiveAcknowledged(const std::string& id, const DirectiveState& state)
      HIE_EXCLUDES(mutex_);
  void ItemsReceived(Received received) HIE_EXCLUDES(mutex_);

  std::vector<Registration> registrations() const HIE_EXCLUDES(mutex_);
  std::map<std::string, Directive> directives() const HIE_EXCLUDES(mutex_);
  std::vector<Received> received() const HIE_EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  std::vector<Registration> registrations_ HIE_GUARDED_BY(mutex_);
  std::map<std::string, Directive> directives_ HIE_GUARDED_BY(mutex_);
  std::vector<Received> received_ HIE_GUARDED_BY(mutex_);
};

}  // namespace hie::testing

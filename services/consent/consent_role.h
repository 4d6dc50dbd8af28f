#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/base/clock.h"
#include "services/common/base/random_source.h"
#include "services/common/journal/embedded_journal.h"
#include "services/common/rpc/server.h"
#include "services/common/storage/kv_store.h"
#include "services/consent/consent_machine.h"
#include "services/consent/consent_service.h"
#include "services/consent/policy.h"

namespace hie::consent {

// The consent role: its state machine over an embedded journal, its policy and its service.
// Thread-safe.
class ConsentRole {
 public:
  struct Options {
    KvStore* store = nullptr;        // Holds Tables(); must outlive the role.
    std::string mark_path = "";      // See EmbeddedJournal::Options::mark_path.
    FileSystem* files = nullptr;     // See EmbeddedJournal::Options::files.
    const Clock* clock = nullptr;    // Must outlive the role.
    RandomSource* random = nullptr;  // Ids of sessions and decisions; must outlive the role.
    std::string policy_path = "";    // deploy/config/policies/us-optout.toml, for one.
  };

  // INVALID_ARGUMENT: an option is missing, or the policy is not valid.  NOT_FOUND: no policy.
  // Else as EmbeddedJournal::Open.
  static absl::StatusOr<std::unique_ptr<ConsentRole>> Open(Options options);

  // Registers every method of hie.consent.v1.ConsentService.  The role must outlive `server`.
  void Serve(rpc::Server& server);

  Journal& journal() { return *journal_; }
  const Policy& policy() const { return policy_; }
  // What the handlers work with; lives as long as the role.
  const ConsentContext& context() const { return *context_; }

  // Every table that the role's store must have.
  static std::vector<std::string> Tables();

 private:
  explicit ConsentRole(Policy policy) : policy_(std::move(policy)) {}

  const Policy policy_;
  ConsentMachine machine_;
  std::unique_ptr<EmbeddedJournal> journal_;
  std::unique_ptr<ConsentContext> context_;
};

}  // namespace hie::consent

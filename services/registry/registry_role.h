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
#include "services/registry/content_vault.h"
#include "services/registry/registry_machine.h"
#include "services/registry/staged_sweeper.h"

namespace hie::registry {

// The registry role: its state machine over an embedded journal, and its service.  Thread-safe.
class RegistryRole {
 public:
  struct Options {
    KvStore* store = nullptr;        // Holds Tables(); must outlive the role.
    std::string mark_path = "";      // See EmbeddedJournal::Options::mark_path.
    FileSystem* files = nullptr;     // See EmbeddedJournal::Options::files.
    const Clock* clock = nullptr;    // Must outlive the role.
    RandomSource* random = nullptr;  // Fit for keys; must outlive the role.
    // The key-encryption key of contents, see ContentVault; needs `files` and `random`.  Empty: the
    // registry keeps no content.
    std::string content_kek_path = "";
  };

  // INVALID_ARGUMENT: an option is missing.  Else as EmbeddedJournal::Open and ContentVault::Open.
  static absl::StatusOr<std::unique_ptr<RegistryRole>> Open(Options options);

  // Registers every method of hie.registry.v1.RegistryService.  The role must outlive `server`.
  void Serve(rpc::Server& server);

  Journal& journal() { return *journal_; }
  const ContentVault* vault() const { return vault_.get(); }  // Null: keeps no content.

  // Every table that the role's store must have.
  static std::vector<std::string> Tables();

 private:
  RegistryRole() = default;

  RegistryMachine machine_;
  std::unique_ptr<ContentVault> vault_;
  std::unique_ptr<EmbeddedJournal> journal_;
  std::unique_ptr<StagedSweeper> sweeper_;  // Null: keeps no content.
};

}  // namespace hie::registry

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
#include "services/directory/directory_machine.h"

namespace hie::directory {

// The directory role: its state machine over an embedded journal, and its service.  Thread-safe.
class DirectoryRole {
 public:
  struct Options {
    KvStore* store = nullptr;        // Holds Tables(); must outlive the role.
    std::string mark_path = "";      // See EmbeddedJournal::Options::mark_path.
    FileSystem* files = nullptr;     // See EmbeddedJournal::Options::files.
    const Clock* clock = nullptr;    // Must outlive the role.
    RandomSource* random = nullptr;  // Not used: nothing here is drawn.
    // Content of a directory seed.  Taken up, through the journal and audited, where the directory
    // is empty; else checked and left.  Empty: none.
    std::string bootstrap = "";
  };

  // INVALID_ARGUMENT: an option is missing.  Else as EmbeddedJournal::Open and SeedDirectory.
  static absl::StatusOr<std::unique_ptr<DirectoryRole>> Open(Options options);

  // Registers every method of hie.directory.v1.DirectoryService.  The role must outlive `server`.
  void Serve(rpc::Server& server);

  Journal& journal() { return *journal_; }

  // Every table that the role's store must have.
  static std::vector<std::string> Tables();

 private:
  DirectoryRole() = default;

  DirectoryMachine machine_;
  std::unique_ptr<EmbeddedJournal> journal_;
};

}  // namespace hie::directory

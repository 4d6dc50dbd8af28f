#include "services/directory/directory_role.h"

#include <utility>

#include "absl/memory/memory.h"
#include "absl/status/status.h"
#include "services/common/base/status_macros.h"
#include "services/directory/directory_service.h"

namespace hie::directory {

absl::StatusOr<std::unique_ptr<DirectoryRole>> DirectoryRole::Open(Options options) {
  if (options.store == nullptr || options.clock == nullptr) {
    return absl::InvalidArgumentError("directory: want a store and a clock");
  }
  std::unique_ptr<DirectoryRole> role = absl::WrapUnique(new DirectoryRole());
  EmbeddedJournal::Options journal;
  journal.store = options.store;
  journal.machine = &role->machine_;
  journal.clock = options.clock;
  journal.mark_path = std::move(options.mark_path);
  journal.files = options.files;
  HIE_ASSIGN_OR_RETURN(role->journal_, EmbeddedJournal::Open(std::move(journal)));
  HIE_RETURN_IF_ERROR(SeedDirectory(options.bootstrap, *role->journal_).status());
  return role;
}

void DirectoryRole::Serve(rpc::Server& server) { ServeDirectory(server, *journal_); }

std::vector<std::string> DirectoryRole::Tables() {
  std::vector<std::string> tables = DirectoryMachine::Tables();
  tables.emplace_back(kJournalTable);
  return tables;
}

}  // namespace hie::directory

#include "services/registry/registry_role.h"

#include <utility>

#include "absl/memory/memory.h"
#include "absl/status/status.h"
#include "services/common/base/status_macros.h"
#include "services/registry/registry_service.h"

namespace hie::registry {
namespace {

constexpr absl::Duration kSweepPeriod = absl::Hours(1);

}  // namespace

absl::StatusOr<std::unique_ptr<RegistryRole>> RegistryRole::Open(Options options) {
  if (options.store == nullptr || options.clock == nullptr) {
    return absl::InvalidArgumentError("registry: want a store and a clock");
  }
  std::unique_ptr<RegistryRole> role = absl::WrapUnique(new RegistryRole());
  if (!options.content_kek_path.empty()) {
    HIE_ASSIGN_OR_RETURN(
        role->vault_, ContentVault::Open({options.content_kek_path, options.files, options.random},
                                         *options.store->Snapshot()));
  }
  EmbeddedJournal::Options journal;
  journal.store = options.store;
  journal.machine = &role->machine_;
  journal.clock = options.clock;
  journal.mark_path = std::move(options.mark_path);
  journal.files = options.files;
  HIE_ASSIGN_OR_RETURN(role->journal_, EmbeddedJournal::Open(std::move(journal)));
  if (role->vault_ != nullptr) {
    role->sweeper_ = StagedSweeper::Start(*role->journal_, *options.clock, kSweepPeriod);
  }
  return role;
}

void RegistryRole::Serve(rpc::Server& server) { ServeRegistry(server, vault_.get(), *journal_); }

std::vector<std::string> RegistryRole::Tables() {
  std::vector<std::string> tables = RegistryMachine::Tables();
  tables.emplace_back(kJournalTable);
  return tables;
}

}  // namespace hie::registry

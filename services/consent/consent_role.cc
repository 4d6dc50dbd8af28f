#include "services/consent/consent_role.h"

#include <utility>

#include "absl/memory/memory.h"
#include "absl/status/status.h"
#include "services/common/base/status_macros.h"
#include "services/consent/policy_file.h"

namespace hie::consent {

absl::StatusOr<std::unique_ptr<ConsentRole>> ConsentRole::Open(Options options) {
  if (options.store == nullptr || options.clock == nullptr || options.random == nullptr) {
    return absl::InvalidArgumentError("consent: want a store, a clock and a random source");
  }
  HIE_ASSIGN_OR_RETURN(Policy policy, LoadPolicy(options.policy_path));
  std::unique_ptr<ConsentRole> role = absl::WrapUnique(new ConsentRole(std::move(policy)));
  EmbeddedJournal::Options journal;
  journal.store = options.store;
  journal.machine = &role->machine_;
  journal.clock = options.clock;
  journal.mark_path = std::move(options.mark_path);
  journal.files = options.files;
  HIE_ASSIGN_OR_RETURN(role->journal_, EmbeddedJournal::Open(std::move(journal)));
  role->context_ = std::make_unique<ConsentContext>(
      ConsentContext{*role->journal_, role->policy_, *options.clock, *options.random});
  return role;
}

void ConsentRole::Serve(rpc::Server& server) { ServeConsent(server, *context_); }

std::vector<std::string> ConsentRole::Tables() {
  std::vector<std::string> tables = ConsentMachine::Tables();
  tables.emplace_back(kJournalTable);
  return tables;
}

}  // namespace hie::consent

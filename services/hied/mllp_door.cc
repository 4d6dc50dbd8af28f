#include "services/hied/mllp_door.h"

#include <utility>

#include "services/common/base/status_macros.h"

namespace hie::hied {

absl::StatusOr<std::unique_ptr<MllpDoor>> MllpDoor::Open(
    const Process& process, edge::ExchangeCalls& exchange,
    const members::MemberDirectorySource& directory, std::shared_ptr<rpc::Channel> audit) {
  auto mllp = std::make_unique<MllpDoor>();
  HIE_ASSIGN_OR_RETURN(const std::string folder, RoleDirectory(process, "gateway"));
  HIE_ASSIGN_OR_RETURN(mllp->store_, OpenRoleStore(folder + "/db", hl7v2::Hl7v2Door::Tables()));
  hl7v2::Hl7v2Door::Options options;
  options.exchange = &exchange;
  options.directory = &directory;
  options.clock = &process.clock;
  options.random = &process.random;
  options.store = mllp->store_.get();
  options.mark_path = folder + "/mark";
  options.key_path = process.options.data_dir + "/gateway.kek";
  options.listen = process.options.mllp;
  options.listen_tls = process.options.mllp_tls;
  if (!options.listen_tls.empty()) options.tls = RoleTls(process.options, "gateway");
  options.deliver_audit = DeliverTo(std::move(audit), process.clock);
  options.log = std::make_shared<log::Logger>(
      log::Logger::Options{"hl7v2", &process.clock, process.log_sink});
  options.metrics = process.metrics;
  HIE_ASSIGN_OR_RETURN(mllp->door_, hl7v2::Hl7v2Door::Open(std::move(options)));
  return mllp;
}

}  // namespace hie::hied

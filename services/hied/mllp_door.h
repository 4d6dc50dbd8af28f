#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "gateway/edge/exchange_calls.h"
#include "gateway/hl7v2/hl7v2_door.h"
#include "gateway/members/member_directory.h"
#include "services/common/storage/kv_store.h"
#include "services/hied/role_host.h"

namespace hie::hied {

// HL7 v2 over MLLP with its inbox, <data_dir>/gateway.  The inbox and its exception queue are there
// also where no port is served, so that what was accepted is still applied and repaired.
class MllpDoor {
 public:
  // `exchange` and `directory` must outlive it.  Errors as hl7v2::Hl7v2Door::Open.
  static absl::StatusOr<std::unique_ptr<MllpDoor>> Open(
      const Process& process, edge::ExchangeCalls& exchange,
      const members::MemberDirectorySource& directory, std::shared_ptr<rpc::Channel> audit);

  hl7v2::Hl7v2Door& door() { return *door_; }
  absl::Status Checkpoint(const std::string& directory) const {
    return store_->Checkpoint(directory);
  }

 private:
  std::unique_ptr<KvStore> store_;
  std::unique_ptr<hl7v2::Hl7v2Door> door_;
};

}  // namespace hie::hied

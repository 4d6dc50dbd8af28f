#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/audit/audit_log.h"
#include "services/audit/audit_service.h"
#include "services/audit/patient_key_ring.h"
#include "services/common/base/clock.h"
#include "services/common/base/random_source.h"
#include "services/common/rpc/server.h"
#include "services/common/storage/file_system.h"
#include "services/common/storage/kv_store.h"

namespace hie::audit {

// The audit role: segments, index, patient keys, and its service.  Thread-safe.
class AuditRole {
 public:
  struct Options {
    std::string directory;  // Of the segments; nothing else lives there.
    std::string mark_path;  // High-water mark of the segments, outside `directory`.
    uint64_t segment_bytes = kSegmentBytes;
    FileSystem* files = nullptr;  // Holds segments, marks and the key-encryption key.
    KvStore* index = nullptr;     // Holds Tables(); may be deleted while the role is down.
    KvStore* keys = nullptr;      // Holds KeyTables(); back it up apart from the KEK.
    std::string keys_mark_path;   // High-water mark of `keys`.
    std::string kek_path;         // Made, mode 0600, at the first start.
    const Clock* clock = nullptr;
    RandomSource* random = nullptr;  // Fit for keys.
    // Called when it is not known what is on disk.  Null: exits with status 70.
    std::function<void(const absl::Status&)> on_fatal = nullptr;
  };

  // All pointers are required and must outlive the role.  Errors: as AuditLog::Open and
  // PatientKeyRing::Open; INVALID_ARGUMENT: an option is missing.
  static absl::StatusOr<std::unique_ptr<AuditRole>> Open(Options options);

  // Registers every method of hie.audit.v1.AuditService.  The role must outlive `server`.
  void Serve(rpc::Server& server);

  // The same handlers without a server.
  AuditParts parts() { return {log_.get(), keys_.get(), random_}; }

  // Tables of the index, and of the keys' store.
  static std::vector<std::string> Tables();
  static std::vector<std::string> KeyTables();

 private:
  explicit AuditRole(RandomSource* random) : random_(random) {}

  RandomSource* const random_;
  std::unique_ptr<PatientKeyRing> keys_;
  std::unique_ptr<AuditLog> log_;
};

}  // namespace hie::audit

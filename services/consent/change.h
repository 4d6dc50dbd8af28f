#pragma once

#include <string>
#include <vector>

#include "hie/audit/v1/audit.pb.h"
#include "hie/consent/v1/consent.pb.h"
#include "services/common/journal/journal.h"
#include "services/consent/consent_store.h"

namespace hie::consent {

// One command at work: the state that it found, and what it writes.  Not thread-safe.
class Change {
 public:
  // All are borrowed.
  Change(const Stamp& stamp, const KvReader& state, WriteBatch& changes)
      : stamp_(stamp), store_(state), changes_(changes) {}

  const ConsentStore& store() const { return store_; }
  WriteBatch& batch() { return changes_; }
  absl::Time now() const { return stamp_.time; }
  int64_t now_micros() const { return absl::ToUnixMicros(stamp_.time); }

  // Writes an audit event into the outbox.  Words are details: machine words, no PHI in the clear.
  void Audit(audit::v1::EventType type, const common::v1::Actor& actor,
             const google::protobuf::RepeatedPtrField<common::v1::LocalPatient>& patients,
             const std::string& session_id, const std::vector<std::string>& words);

  // Files a notice for a member's privacy officer.
  void Notify(const std::string& member, const std::string& session_id, const std::string& kind);

 private:
  const Stamp& stamp_;
  const ConsentStore store_;
  WriteBatch& changes_;
  uint32_t next_event_ = 0;
  uint32_t next_notice_ = 0;
};

}  // namespace hie::consent

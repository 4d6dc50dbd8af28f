#include "services/registry/apply_content.h"

#include <optional>

#include "absl/status/status.h"
#include "services/common/base/status_macros.h"
#include "services/common/wire/wire.h"
#include "services/registry/content_store.h"

namespace hie::registry {
namespace {

absl::Status Changed() {
  return absl::AbortedError("content_id: want the content as it was when the part was sealed");
}

// The key that sealed the part must be the patient's.
absl::Status KeepKey(const v1::StageContentCommand& command, const LocalPatient& patient,
                     const KvReader& state, WriteBatch& changes) {
  HIE_ASSIGN_OR_RETURN(const std::optional<v1::ContentKeyRow> key,
                       ContentStore(state).Key(patient));
  if (key) return key->key_id() == command.row().key_id() ? absl::OkStatus() : Changed();
  if (command.new_key().key_id() != command.row().key_id()) return Changed();
  ContentStore::WriteKey(patient, command.new_key(), changes);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> ApplyStageContent(const v1::StageContentCommand& command,
                                              const Stamp& stamp, const KvReader& state,
                                              WriteBatch& changes) {
  HIE_ASSIGN_OR_RETURN(const KeptContent content, KeptFromRow(command.row()));
  HIE_ASSIGN_OR_RETURN(const std::optional<v1::ContentRow> existing,
                       ContentStore(state).Row(command.content_id()));
  v1::ContentRow row = command.row();
  if (existing) {
    HIE_ASSIGN_OR_RETURN(const KeptContent held, KeptFromRow(*existing));
    if (existing->complete() || existing->size_bytes() != command.offset() ||
        held.patient != content.patient) {
      return Changed();
    }
    row.set_staged_micros(existing->staged_micros());
  } else {
    if (command.offset() != 0) return Changed();
    row.set_staged_micros(wire::MicrosFromTime(stamp.time));
    ContentStore::WriteStaged(command.content_id(), stamp.time, changes);
  }
  HIE_RETURN_IF_ERROR(KeepKey(command, content.patient, state, changes));
  const std::string& authority = content.patient.assigning_authority;
  if (row.size_bytes() < command.offset()) return Changed();
  const uint64_t more = row.size_bytes() - command.offset();
  HIE_RETURN_IF_ERROR(ContentStore(state).CheckStagedRoom(authority, more));
  HIE_ASSIGN_OR_RETURN(const uint64_t staged, ContentStore(state).StagedBytes(authority));
  ContentStore::WriteStagedBytes(authority, staged + more, changes);
  ContentStore::Write(command.content_id(), row, command.chunks(), changes);
  v1::PutContentResponse response;
  response.set_size_bytes(row.size_bytes());
  return response.SerializeAsString();
}

absl::StatusOr<std::string> ApplyRemoveStaged(const v1::RemoveStagedCommand& command,
                                              const KvReader& state, WriteBatch& changes) {
  HIE_ASSIGN_OR_RETURN(const uint32_t count,
                       ContentStore(state).RemoveStaged(
                           wire::TimeFromMicros(command.before_micros(), absl::InfinitePast()),
                           command.count_max(), changes));
  v1::RemoveStagedReply reply;
  reply.set_count(count);
  return reply.SerializeAsString();
}

}  // namespace hie::registry

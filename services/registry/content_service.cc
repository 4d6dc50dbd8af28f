#include "services/registry/content_service.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "hie/registry/v1/registry_service.methods.h"
#include "hie/registry/v1/registry_state.pb.h"
#include "services/common/base/status_macros.h"
#include "services/common/base/uuid.h"
#include "services/common/crypto/hash.h"
#include "services/common/crypto/sha1.h"
#include "services/common/wire/wire.h"
#include "services/registry/content_store.h"
#include "services/registry/propose.h"
#include "services/registry/registry_store.h"

namespace hie::registry {
namespace {

absl::Status KeepsNoContent() {
  return absl::FailedPreconditionError("content: want none: this registry keeps no content");
}

// One part of a content, against what is held of it.
class PartStager {
 public:
  PartStager(const v1::PutContentRequest& request, const ContentVault& vault, Journal& journal)
      : request_(request), vault_(vault), journal_(journal) {}

  absl::Status Check();
  absl::StatusOr<v1::PutContentResponse> Stage();

 private:
  absl::Status Load();
  absl::StatusOr<v1::RegistryCommand> Seal() const;
  absl::Status CheckRepeated() const;
  absl::Status AddHashes(v1::ContentRow& row) const;
  uint64_t end() const { return request_.offset() + request_.data().size(); }
  bool IsRepeated() const {
    return held_ && (request_.offset() < held_->size_bytes() || held_->complete());
  }

  const v1::PutContentRequest& request_;
  const ContentVault& vault_;
  Journal& journal_;
  LocalPatient patient_;
  std::optional<v1::ContentRow> held_;
};

absl::Status PartStager::Check() {
  if (!IsUuid(request_.content_id())) {
    return absl::InvalidArgumentError("content_id: want a UUID");
  }
  HIE_ASSIGN_OR_RETURN(
      patient_, wire::FromProto(request_.patient(), "patient", wire::Incarnation::kRequired));
  if (request_.data().size() > kContentPartBytesMax ||
      (request_.data().empty() && !request_.last())) {
    return absl::InvalidArgumentError("data: want 1 byte to 1 MiB");
  }
  if (request_.offset() > kContentBytesMax || end() > kContentBytesMax) {
    return absl::InvalidArgumentError("offset: want a content of at most 1 GiB");
  }
  return absl::OkStatus();
}

// Reads what is held; refuses a part that does not follow it.
absl::Status PartStager::Load() {
  const std::shared_ptr<const KvReader> state = journal_.Snapshot();
  HIE_ASSIGN_OR_RETURN(held_, ContentStore(*state).Row(request_.content_id()));
  const uint64_t size = held_ ? held_->size_bytes() : 0;
  if (held_) {
    HIE_ASSIGN_OR_RETURN(const KeptContent content, KeptFromRow(*held_));
    if (content.patient != patient_) {
      return absl::AlreadyExistsError("content_id: want one of no other content");
    }
  }
  if (IsRepeated()) return absl::OkStatus();
  // Also here, so that what is refused is not journaled.
  if (request_.offset() == size) {
    return ContentStore(*state).CheckStagedRoom(patient_.assigning_authority,
                                                request_.data().size());
  }
  return absl::FailedPreconditionError(absl::StrCat("offset: want ", size));
}

// The same part again changes nothing; other bytes in its place must not pass for it.
absl::Status PartStager::CheckRepeated() const {
  const bool ends = held_->complete() && end() == held_->size_bytes();
  if (end() > held_->size_bytes() || request_.last() != ends) {
    return absl::FailedPreconditionError("offset: want a part as it was before, or the next one");
  }
  if (request_.data().empty()) return absl::OkStatus();
  HIE_ASSIGN_OR_RETURN(
      const std::unique_ptr<ContentReader> reader,
      ContentReader::Open(request_.content_id(), *held_,
                          {request_.offset(), request_.data().size()}, vault_, journal_));
  absl::string_view rest = request_.data();
  while (true) {
    HIE_ASSIGN_OR_RETURN(const std::optional<std::string> data, reader->Next());
    if (!data) return absl::OkStatus();
    if (rest.substr(0, data->size()) != *data) {
      return absl::AlreadyExistsError("data: want the bytes that are held at this offset");
    }
    rest.remove_prefix(data->size());
  }
}

// Hashes what is held and this part, which ends it.
absl::Status PartStager::AddHashes(v1::ContentRow& row) const {
  crypto::Sha256Hasher sha256;
  crypto::Sha1Hasher sha1;
  if (held_) {
    HIE_ASSIGN_OR_RETURN(
        const std::unique_ptr<ContentReader> reader,
        ContentReader::Open(request_.content_id(), *held_, ByteRange(), vault_, journal_));
    while (true) {
      HIE_ASSIGN_OR_RETURN(const std::optional<std::string> data, reader->Next());
      if (!data) break;
      sha256.Update(*data);
      sha1.Update(*data);
    }
  }
  sha256.Update(request_.data());
  sha1.Update(request_.data());
  row.set_sha256(sha256.Finish());
  row.set_sha1(sha1.Finish());
  return absl::OkStatus();
}

absl::StatusOr<v1::RegistryCommand> PartStager::Seal() const {
  const std::shared_ptr<const KvReader> state = journal_.Snapshot();
  HIE_ASSIGN_OR_RETURN(const ContentKey key, vault_.KeyFor(patient_, *state));
  v1::RegistryCommand command;
  v1::StageContentCommand& stage = *command.mutable_stage_content();
  stage.set_content_id(request_.content_id());
  stage.set_offset(request_.offset());
  if (key.new_row) *stage.mutable_new_key() = *key.new_row;
  *stage.mutable_chunks() =
      vault_.Seal(key, request_.content_id(), request_.offset(), request_.data(),
                  request_.last() ? ChunkPlace::kLast : ChunkPlace::kWithin);
  v1::ContentRow& row = *stage.mutable_row();
  *row.mutable_patient() = request_.patient();
  row.set_key_id(key.id);
  row.set_size_bytes(end());
  if (!request_.last()) return command;
  row.set_complete(true);
  row.set_last_offset(stage.chunks(stage.chunks_size() - 1).offset());
  HIE_RETURN_IF_ERROR(AddHashes(row));
  return command;
}

absl::StatusOr<v1::PutContentResponse> PartStager::Stage() {
  absl::StatusOr<v1::PutContentResponse> response = absl::AbortedError("registry: not tried");
  for (int i = 0; i < kTriesMax && absl::IsAborted(response.status()); ++i) {
    HIE_RETURN_IF_ERROR(Load());
    if (IsRepeated()) {
      HIE_RETURN_IF_ERROR(CheckRepeated());
      v1::PutContentResponse held;
      held.set_size_bytes(held_->size_bytes());
      return held;
    }
    HIE_ASSIGN_OR_RETURN(const v1::RegistryCommand command, Seal());
    response = Propose<v1::PutContentResponse>(journal_, command);
  }
  return response;
}

// Sends a content chunk by chunk: the next one is read when the reader has taken the last.  That
// reads and opens 256 KiB on an RPC thread, a fraction of a millisecond; a pool thread that waited
// for a slow reader would be lost to everybody else.
class ContentPump : public std::enable_shared_from_this<ContentPump> {
 public:
  ContentPump(std::unique_ptr<ContentReader> reader, rpc::ServerWriter<v1::GetContentResponse> to)
      : reader_(std::move(reader)), to_(std::move(to)) {}

  void SendNext() {
    absl::StatusOr<std::optional<std::string>> data = reader_->Next();
    if (!data.ok()) return to_.Finish(data.status());
    if (!*data) return to_.Finish(absl::OkStatus());
    v1::GetContentResponse response;
    response.set_data(**std::move(data));
    to_.Write(response, [self = shared_from_this()](bool ok) {
      if (ok) self->SendNext();
    });
  }

 private:
  const std::unique_ptr<ContentReader> reader_;
  const rpc::ServerWriter<v1::GetContentResponse> to_;
};

}  // namespace

absl::StatusOr<v1::PutContentResponse> HandlePutContent(const v1::PutContentRequest& request,
                                                        const ContentVault* vault,
                                                        Journal& journal) {
  if (vault == nullptr) return KeepsNoContent();
  PartStager stager(request, *vault, journal);
  HIE_RETURN_IF_ERROR(stager.Check());
  return stager.Stage();
}

absl::StatusOr<std::unique_ptr<ContentReader>> HandleGetContent(
    const v1::GetContentRequest& request, const ContentVault* vault, const Journal& journal) {
  if (vault == nullptr) return KeepsNoContent();
  const std::shared_ptr<const KvReader> state = journal.Snapshot();
  HIE_ASSIGN_OR_RETURN(const std::optional<DocumentEntry> document,
                       RegistryStore(*state).Document(request.document_id()));
  if (!document || document->content_id.empty()) {
    return absl::NotFoundError("document_id: want a document whose content is kept here");
  }
  HIE_ASSIGN_OR_RETURN(const std::optional<v1::ContentRow> row,
                       ContentStore(*state).Row(document->content_id));
  if (!row || !row->complete()) {
    return absl::DataLossError("registry: the content of a document is gone");
  }
  return ContentReader::Open(document->content_id, *row, {request.offset(), request.length()},
                             *vault, journal);
}

absl::StatusOr<uint32_t> RemoveStagedContents(absl::Time before, Journal& journal) {
  constexpr uint32_t kAtOnceMax = 16;  // A content of 1 GiB has 4096 rows.
  uint32_t removed = 0;
  // Where there is nothing to remove, nothing is written.
  while (true) {
    WriteBatch unused;
    HIE_ASSIGN_OR_RETURN(const uint32_t waiting,
                         ContentStore(*journal.Snapshot()).RemoveStaged(before, 1, unused));
    if (waiting == 0) return removed;
    v1::RegistryCommand command;
    command.mutable_remove_staged()->set_before_micros(wire::MicrosFromTime(before));
    command.mutable_remove_staged()->set_count_max(kAtOnceMax);
    HIE_ASSIGN_OR_RETURN(const v1::RemoveStagedReply reply,
                         Propose<v1::RemoveStagedReply>(journal, command));
    removed += reply.count();
  }
}

void ServeContents(rpc::Server& server, const ContentVault* vault, Journal& journal) {
  using Service = v1::RegistryService;
  server.Serve<Service::PutContent>(
      [&journal, vault](const rpc::CallContext&, const v1::PutContentRequest& request) {
        return HandlePutContent(request, vault, journal);
      });
  server.ServeStream<Service::GetContent>(
      [&journal, vault](std::shared_ptr<rpc::CallContext>, const v1::GetContentRequest& request,
                        rpc::ServerWriter<v1::GetContentResponse> writer) {
        absl::StatusOr<std::unique_ptr<ContentReader>> reader =
            HandleGetContent(request, vault, journal);
        if (!reader.ok()) return writer.Finish(reader.status());
        std::make_shared<ContentPump>(*std::move(reader), std::move(writer))->SendNext();
      });
}

}  // namespace hie::registry

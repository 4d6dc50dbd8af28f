#include "services/registry/apply_submission.h"

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "services/common/base/status_macros.h"
#include "services/common/outbox/outbox.h"
#include "services/common/wire/wire.h"
#include "services/registry/content_store.h"
#include "services/registry/file_submission.h"
#include "services/registry/refusal.h"
#include "services/registry/registry_machine.h"
#include "services/registry/registry_store.h"
#include "services/registry/registry_wire.h"
#include "services/registry/row_codec.h"
#include "services/registry/set_store.h"
#include "services/registry/submission_events.h"

namespace hie::registry {
namespace {

// What is filed, with the contents that come with a submission.
class SubmissionState final : public FiledDocuments {
 public:
  SubmissionState(const KvReader& state, const v1::SubmitCommand& command) : store_(state) {
    for (const v1::SealedContent& content : command.contents()) {
      contents_[content.content_id()] = &content;
    }
  }

  absl::StatusOr<std::optional<DocumentEntry>> Document(const std::string& id) const override {
    return store_.Document(id);
  }
  absl::StatusOr<std::optional<LocatorEntry>> Locator(const LocatorKey& key) const override {
    return store_.Locator(key);
  }
  absl::StatusOr<std::vector<std::string>> Relating(const std::string& id) const override {
    return store_.Relating(id);
  }
  absl::StatusOr<std::optional<KeptContent>> Content(const std::string& id) const override {
    const auto sealed = contents_.find(id);
    if (sealed == contents_.end()) return store_.Content(id);
    HIE_ASSIGN_OR_RETURN(KeptContent content, KeptFromRow(sealed->second->row()));
    return std::optional<KeptContent>(std::move(content));
  }
  absl::StatusOr<absl::Time> Newest(
      const LocatorKey& key, absl::FunctionRef<bool(const std::string& id)> skip) const override {
    return store_.Newest(key, skip);
  }

 private:
  const RegistryStore store_;
  std::map<std::string, const v1::SealedContent*> contents_;
};

// Returns the first answer where the submission was filed before, else nothing.
absl::StatusOr<std::optional<std::string>> FirstAnswer(const v1::SubmitCommand& command,
                                                       const std::string& key,
                                                       const KvReader& state) {
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> stored, state.Get(kSubmissionTable, key));
  if (!stored) return std::optional<std::string>();
  HIE_ASSIGN_OR_RETURN(const v1::SubmissionRow row,
                       ParseRow<v1::SubmissionRow>(*stored, kSubmissionTable));
  if (row.body_sha256() != command.body_sha256()) {
    return absl::AlreadyExistsError("submission_id: want one that does not stand for another body");
  }
  return std::optional<std::string>(row.response().SerializeAsString());
}

// Returns the first answer where the submission set was filed before, else nothing.
absl::StatusOr<std::optional<std::string>> FirstAnswerOfSet(const v1::SubmitCommand& command,
                                                            const KvReader& state) {
  if (!command.request().has_submission_set()) return std::optional<std::string>();
  const v1::SubmissionSet& set = command.request().submission_set();
  HIE_ASSIGN_OR_RETURN(
      const std::optional<v1::SubmissionSetRow> row,
      SetStore(state).Row(SubmissionSetId(MemberId(set.member()), set.unique_id())));
  if (!row) return std::optional<std::string>();
  if (row->set_sha256() != command.set_sha256()) {
    return Refusal(absl::StatusCode::kAlreadyExists, kDuplicateUniqueId, "submission_set.unique_id",
                   "one that does not stand for another content");
  }
  return std::optional<std::string>(row->response().SerializeAsString());
}

v1::SubmitResponse Answer(const Filing& filing, const Stamp& stamp) {
  v1::SubmitResponse response;
  for (const std::string& id : filing.document_ids) response.add_document_ids(id);
  for (const Novelty novelty : filing.novelties) {
    response.add_existed(novelty == Novelty::kExisted);
  }
  if (filing.set) response.set_submission_set_id(filing.set->id);
  response.set_recorded_micros(wire::MicrosFromTime(stamp.time));
  for (const std::string& warning : filing.warnings) response.add_warnings(warning);
  return response;
}

// Writes the key that sealed a content, where the patient has none.  Another submission may have
// made one since this one was sealed.
absl::Status KeepKey(const v1::SubmitCommand& command, const v1::ContentRow& row,
                     const LocalPatient& patient, const KvReader& state, WriteBatch& changes) {
  HIE_ASSIGN_OR_RETURN(const std::optional<v1::ContentKeyRow> key,
                       ContentStore(state).Key(patient));
  if (key) {
    if (key->key_id() == row.key_id()) return absl::OkStatus();
    return absl::AbortedError("contents: want them sealed with the patient's key");
  }
  for (const v1::ContentKeyRow& fresh : command.new_keys()) {
    if (fresh.key_id() != row.key_id()) continue;
    ContentStore::WriteKey(patient, fresh, changes);
    return absl::OkStatus();
  }
  return absl::AbortedError("contents: want them sealed with the patient's key");
}

// Writes the contents that documents took: those that came along, and those that were staged.
absl::Status KeepContents(const v1::SubmitCommand& command, const Filing& filing,
                          const KvReader& state, WriteBatch& changes) {
  std::set<std::string> came_along;
  for (const v1::SealedContent& content : command.contents()) {
    came_along.insert(content.content_id());
    const auto taken = filing.contents.find(content.content_id());
    if (taken == filing.contents.end()) continue;  // Its document existed.
    v1::ContentRow row = content.row();
    row.set_document_id(taken->second);
    HIE_RETURN_IF_ERROR(
        KeepKey(command, row, filing.documents.at(taken->second).patient, state, changes));
    ContentStore::Write(content.content_id(), row, content.chunks(), changes);
  }
  std::map<std::string, uint64_t> named;  // No longer staged, by authority.
  for (const auto& [content_id, document_id] : filing.contents) {
    if (came_along.count(content_id) != 0) continue;
    HIE_ASSIGN_OR_RETURN(std::optional<v1::ContentRow> row, ContentStore(state).Row(content_id));
    if (!row) return BadRow(kContentTable);
    row->set_document_id(document_id);
    ContentStore::Write(content_id, *row, {}, changes);
    ContentStore::DeleteStaged(
        content_id, wire::TimeFromMicros(row->staged_micros(), absl::UnixEpoch()), changes);
    named[row->patient().assigning_authority()] += row->size_bytes();
  }
  return ContentStore(state).SubtractStaged(named, changes);
}

void Tell(const common::v1::Actor& actor, absl::string_view detail, const Filing& filing,
          const Stamp& stamp, WriteBatch& changes) {
  uint32_t index = 0;
  for (audit::v1::Event& event : FilingEvents(actor, detail, filing)) {
    outbox::Put(kRoleName, stamp, index++, std::move(event), changes);
  }
}

}  // namespace

absl::StatusOr<std::string> ApplySubmission(const v1::SubmitCommand& command, const Stamp& stamp,
                                            const KvReader& state, WriteBatch& changes) {
  const v1::SubmitRequest& request = command.request();
  const std::string key =
      RegistryStore::SubmissionKey(MemberId(request.actor().member()), request.submission_id());
  HIE_ASSIGN_OR_RETURN(std::optional<std::string> answer, FirstAnswer(command, key, state));
  if (answer) return *std::move(answer);
  HIE_ASSIGN_OR_RETURN(answer, FirstAnswerOfSet(command, state));
  if (answer) return *std::move(answer);
  HIE_ASSIGN_OR_RETURN(Submission submission, FromProto(request));
  HIE_ASSIGN_OR_RETURN(submission.same_person, FromProto(command.same_person(), "same_person"));
  HIE_ASSIGN_OR_RETURN(const Filing filing,
                       FileSubmission(submission, SubmissionState(state, command), stamp.time));
  HIE_RETURN_IF_ERROR(KeepContents(command, filing, state, changes));
  RegistryStore::Write(filing, changes);
  v1::SubmissionRow row;
  row.set_body_sha256(command.body_sha256());
  *row.mutable_response() = Answer(filing, stamp);
  if (filing.set) SetStore::Write(*filing.set, command.set_sha256(), row.response(), changes);
  changes.Put(kSubmissionTable, key, row.SerializeAsString());
  Tell(request.actor(), "submission", filing, stamp, changes);
  return row.response().SerializeAsString();
}

absl::StatusOr<std::string> ApplySetStatus(const v1::SetStatusCommand& command, const Stamp& stamp,
                                           const KvReader& state, WriteBatch& changes) {
  const v1::SetDocumentStatusRequest& request = command.request();
  const RegistryStore store(state);
  HIE_ASSIGN_OR_RETURN(
      const Filing filing,
      ChangeStatus(MemberId(request.member()), request.unique_id(),
                   static_cast<DocumentStatus>(request.status()), store, stamp.time));
  RegistryStore::Write(filing, changes);
  Tell(request.actor(), "status", filing, stamp, changes);
  const std::string& id = filing.document_ids.front();
  HIE_ASSIGN_OR_RETURN(std::optional<DocumentEntry> document, store.WholeDocument(id));
  if (const auto changed = filing.documents.find(id); changed != filing.documents.end()) {
    const Phi<std::string> resource = document->description.resource;
    document = changed->second;
    document->description.resource = resource;
  }
  v1::SetDocumentStatusResponse response;
  *response.mutable_document() = ToProto(*document);
  return response.SerializeAsString();
}

}  // namespace hie::registry

#include "services/registry/registry_machine.h"

#include <utility>

#include "absl/status/status.h"
#include "hie/registry/v1/registry_state.pb.h"
#include "services/common/base/status_macros.h"
#include "services/common/outbox/outbox.h"
#include "services/registry/file_submission.h"
#include "services/registry/registry_store.h"
#include "services/registry/registry_wire.h"
#include "services/registry/submission_events.h"

namespace hie::registry {
namespace {

// Returns the first answer where the submission was filed before, else nothing.
absl::StatusOr<std::optional<std::string>> FirstAnswer(const v1::SubmitCommand& command,
                                                       const std::string& key,
                                                       const KvReader& state) {
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> stored, state.Get(kSubmissionTable, key));
  if (!stored) return std::optional<std::string>();
  v1::SubmissionRow row;
  if (!row.ParseFromString(*stored)) {
    return absl::DataLossError("registry table submission: a row is not readable");
  }
  if (row.body_sha256() != command.body_sha256()) {
    return absl::AlreadyExistsError("submission_id: want one that does not stand for another body");
  }
  return std::optional<std::string>(row.response().SerializeAsString());
}

absl::StatusOr<std::string> ApplySubmit(const v1::SubmitCommand& command, const Stamp& stamp,
                                        const KvReader& state, WriteBatch& changes) {
  const v1::SubmitRequest& request = command.request();
  const std::string key =
      RegistryStore::SubmissionKey(MemberId(request.actor().member()), request.submission_id());
  HIE_ASSIGN_OR_RETURN(std::optional<std::string> answer, FirstAnswer(command, key, state));
  if (answer) return *std::move(answer);
  HIE_ASSIGN_OR_RETURN(const Submission submission, FromProto(request));
  HIE_ASSIGN_OR_RETURN(const Filing filing,
                       FileSubmission(submission, RegistryStore(state), stamp.time));
  RegistryStore::Write(filing, changes);
  v1::SubmissionRow row;
  row.set_body_sha256(command.body_sha256());
  for (const std::string& id : filing.document_ids) row.mutable_response()->add_document_ids(id);
  changes.Put(kSubmissionTable, key, row.SerializeAsString());
  uint32_t index = 0;
  for (audit::v1::Event& event : SubmissionEvents(request.actor(), filing)) {
    outbox::Put(kRoleName, stamp, index++, std::move(event), changes);
  }
  return row.response().SerializeAsString();
}

}  // namespace

absl::StatusOr<std::string> RegistryMachine::Apply(absl::string_view command, absl::string_view,
                                                   const Stamp& stamp, const KvReader& state,
                                                   WriteBatch& changes) const {
  v1::RegistryCommand parsed;
  if (!parsed.ParseFromArray(command.data(), static_cast<int>(command.size())) ||
      !parsed.has_submit()) {
    return absl::InternalError("registry: not a command of this version");
  }
  return ApplySubmit(parsed.submit(), stamp, state, changes);
}

std::vector<std::string> RegistryMachine::Tables() {
  return {std::string(kDocumentTable),    std::string(kByPatientTable),
          std::string(kReplacementTable), std::string(kLocatorTable),
          std::string(kSubmissionTable),  std::string(outbox::kTable)};
}

}  // namespace hie::registry

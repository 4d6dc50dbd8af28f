#include "services/consent/apply_directive.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/wire/wire.h"

namespace hie::consent {
namespace {

std::string VersionWord(const char* word, const v1::Directive& directive) {
  return absl::StrCat(word, ":", directive.id(), "@", directive.version());
}

// What the patient said, without what the role adds.
std::string Content(v1::Directive directive) {
  directive.clear_version();
  directive.clear_recorded_micros();
  if (directive.status() == v1::DIRECTIVE_STATUS_UNSPECIFIED) {
    directive.set_status(v1::DIRECTIVE_STATUS_ACTIVE);
  }
  return directive.SerializeAsString();
}

// The changes to one patient's directives by one command.
class Filing {
 public:
  static absl::StatusOr<Filing> For(const common::v1::LocalPatient& subject, Change& change) {
    HIE_ASSIGN_OR_RETURN(LocalPatient patient,
                         wire::FromProto(subject, "subject", wire::Incarnation::kRequired));
    return Filing(std::move(patient), change);
  }

  const LocalPatient& patient() const { return patient_; }
  absl::StatusOr<std::optional<v1::Directive>> Current(const std::string& id) const {
    return change_.store().Current(patient_, id);
  }

  // Records the next version.
  v1::Directive Write(v1::Directive directive, uint64_t version, const char* word) {
    directive.set_version(version);
    directive.set_recorded_micros(change_.now_micros());
    ConsentStore::PutDirective(patient_, directive, change_.batch());
    words_.push_back(VersionWord(word, directive));
    return directive;
  }

  // Raises the sequence and writes the event.
  absl::Status Finish(const common::v1::Actor& actor) {
    HIE_ASSIGN_OR_RETURN(const uint64_t sequence, change_.store().Sequence(patient_));
    ConsentStore::PutSequence(patient_, sequence + 1, change_.batch());
    google::protobuf::RepeatedPtrField<common::v1::LocalPatient> patients;
    *patients.Add() = wire::ToProto(patient_);
    change_.Audit(audit::v1::EVENT_TYPE_CHANGE, actor, patients, "", words_);
    return absl::OkStatus();
  }

 private:
  Filing(LocalPatient patient, Change& change) : patient_(std::move(patient)), change_(change) {}

  LocalPatient patient_;
  Change& change_;
  std::vector<std::string> words_;
};

absl::Status CheckAmendment(const std::optional<v1::Directive>& current,
                            const v1::Directive& wanted) {
  if (wanted.version() != (current ? current->version() : 0)) {
    return absl::AbortedError("directive.version: want the latest version");
  }
  const bool in_error = wanted.status() == v1::DIRECTIVE_STATUS_ENTERED_IN_ERROR;
  if (current ? current->status() != v1::DIRECTIVE_STATUS_ACTIVE : in_error) {
    return absl::FailedPreconditionError("directive.id: want a directive that is in force");
  }
  return absl::OkStatus();
}

absl::Status Supersede(const v1::Directive& by, const Change& change, Filing& filing) {
  if (by.supersedes().empty()) return absl::OkStatus();
  // Otherwise nothing would hold until that day.
  if (by.valid_from_micros() > change.now_micros()) {
    return absl::FailedPreconditionError(
        "directive.supersedes: want none where valid_from_micros is in the future");
  }
  for (const std::string& id : by.supersedes()) {
    HIE_ASSIGN_OR_RETURN(std::optional<v1::Directive> old, filing.Current(id));
    if (!old) {
      return absl::FailedPreconditionError(
          "directive.supersedes: want recorded directives of the same subject");
    }
    if (old->status() != v1::DIRECTIVE_STATUS_ACTIVE) continue;
    old->set_status(v1::DIRECTIVE_STATUS_SUPERSEDED);
    const uint64_t version = old->version() + 1;
    filing.Write(*std::move(old), version, "directive-superseded");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::Directive> RecordDirective(const v1::RecordDirective& command, Change& change) {
  v1::Directive wanted = command.directive();
  HIE_ASSIGN_OR_RETURN(Filing filing, Filing::For(wanted.subject(), change));
  HIE_ASSIGN_OR_RETURN(const bool taken,
                       change.store().TakenByAnother(filing.patient(), wanted.id()));
  if (taken) {
    return absl::FailedPreconditionError("directive.id: want an id that is not taken");
  }
  HIE_ASSIGN_OR_RETURN(const std::optional<v1::Directive> current, filing.Current(wanted.id()));
  // The same again, as after an answer that was lost.
  if (current && Content(*current) == Content(wanted)) return *current;
  HIE_RETURN_IF_ERROR(CheckAmendment(current, wanted));
  if (wanted.status() == v1::DIRECTIVE_STATUS_UNSPECIFIED) {
    wanted.set_status(v1::DIRECTIVE_STATUS_ACTIVE);
  }
  HIE_RETURN_IF_ERROR(Supersede(wanted, change, filing));
  const uint64_t version = wanted.version() + 1;
  wanted = filing.Write(std::move(wanted), version,
                        command.opaque() ? "directive-recorded-opaque" : "directive-recorded");
  if (command.opaque()) change.Notify(command.actor().member(), "", "directive-opaque");
  HIE_RETURN_IF_ERROR(filing.Finish(command.actor()));
  return wanted;
}

absl::StatusOr<v1::Directive> WithdrawDirective(const v1::WithdrawDirective& command,
                                                Change& change) {
  HIE_ASSIGN_OR_RETURN(Filing filing, Filing::For(command.subject(), change));
  HIE_ASSIGN_OR_RETURN(std::optional<v1::Directive> current, filing.Current(command.id()));
  if (!current) return absl::NotFoundError("id: no such directive of this subject");
  if (current->status() == v1::DIRECTIVE_STATUS_REVOKED) return *current;
  if (current->status() != v1::DIRECTIVE_STATUS_ACTIVE) {
    return absl::FailedPreconditionError("id: want a directive that is in force");
  }
  current->set_status(v1::DIRECTIVE_STATUS_REVOKED);
  const uint64_t version = current->version() + 1;
  v1::Directive revoked = filing.Write(*std::move(current), version, "directive-revoked");
  HIE_RETURN_IF_ERROR(filing.Finish(command.actor()));
  return revoked;
}

}  // namespace hie::consent

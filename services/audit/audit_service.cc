#include "services/audit/audit_service.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "hie/audit/v1/audit_service.methods.h"
#include "services/audit/event_draft.h"
#include "services/common/base/status_macros.h"
#include "services/common/wire/wire.h"

namespace hie::audit {
namespace {

// A refusal of what was sent stays one; every inability is UNAVAILABLE: release nothing.
absl::Status AppendStatus(const absl::Status& status) {
  if (absl::IsInvalidArgument(status)) return status;
  return absl::UnavailableError("audit: events cannot be made durable");
}

absl::StatusOr<std::vector<AuditLog::Draft>> Drafts(const v1::AppendRequest& request,
                                                    const AuditParts& parts) {
  if (request.events().empty() || request.events_size() > kAppendEventsMax) {
    return absl::InvalidArgumentError("events: want 1 to 256");
  }
  // All are checked before a key is made for any, and all keys are made at once.
  std::vector<std::vector<LocalPatient>> patients;
  std::set<LocalPatient> distinct;
  for (int i = 0; i < request.events_size(); ++i) {
    HIE_ASSIGN_OR_RETURN(std::vector<LocalPatient> of_event,
                         CheckEvent(request.events(i), absl::StrCat("events[", i, "]")));
    distinct.insert(of_event.begin(), of_event.end());
    patients.push_back(std::move(of_event));
  }
  HIE_ASSIGN_OR_RETURN(const std::vector<PatientSecrets> secrets,
                       parts.keys->Ensure({distinct.begin(), distinct.end()}));
  std::map<LocalPatient, const PatientSecrets*> of_patient;
  for (const PatientSecrets& secret : secrets) of_patient[secret.patient] = &secret;
  std::vector<AuditLog::Draft> drafts;
  for (int i = 0; i < request.events_size(); ++i) {
    std::vector<PatientSecrets> of_event;
    for (const LocalPatient& patient : patients[static_cast<size_t>(i)]) {
      of_event.push_back(*of_patient.at(patient));
    }
    drafts.push_back(DraftLeaf(request.events(i), of_event, *parts.random));
  }
  return drafts;
}

// The leaves that are asked for, newest first, at most `limit`.
absl::StatusOr<std::vector<uint64_t>> Sequences(const v1::ListRequest& request,
                                                const AuditParts& parts, size_t limit) {
  const AuditIndex& index = parts.log->index();
  if (request.patients().empty()) {
    if (request.member().empty()) {
      return absl::InvalidArgumentError("patients: want patients or a member");
    }
    return index.ByMember(request.member(), request.before_sequence(), limit);
  }
  if (request.patients_size() > kListPatientsMax) {
    return absl::InvalidArgumentError("patients: want at most 256");
  }
  std::vector<LocalPatient> patients;
  for (int i = 0; i < request.patients_size(); ++i) {
    HIE_ASSIGN_OR_RETURN(LocalPatient patient,
                         wire::FromProto(request.patients(i), absl::StrCat("patients[", i, "]"),
                                         wire::Incarnation::kMayBeCurrent));
    patients.push_back(std::move(patient));
  }
  HIE_ASSIGN_OR_RETURN(const std::vector<PatientSecrets> known, parts.keys->Find(patients));
  std::vector<std::string> tags;
  for (const PatientSecrets& secrets : known) tags.push_back(secrets.tag);
  return index.ByTags(tags, request.before_sequence(), limit);
}

absl::StatusOr<v1::AuditRecord> ReadRecord(uint64_t sequence, const AuditParts& parts) {
  HIE_ASSIGN_OR_RETURN(AuditLog::Stored stored, parts.log->Read(sequence));
  v1::AuditRecord record;
  std::vector<std::string> details(stored.leaf.details_plain().begin(),
                                   stored.leaf.details_plain().end());
  for (int i = 0; i < stored.leaf.patients_size(); ++i) {
    HIE_ASSIGN_OR_RETURN(const std::optional<PatientSecrets> secrets,
                         parts.keys->OfTag(stored.leaf.patients(i).tag()));
    if (!secrets) continue;
    *record.add_patients() = wire::ToProto(secrets->patient);
    // Details are sealed with the first patient's key.
    if (i > 0) continue;
    HIE_ASSIGN_OR_RETURN(details, OpenDetails(stored.leaf, secrets->details));
  }
  *record.mutable_leaf() = std::move(stored.leaf);
  record.set_chain_hash(std::move(stored.chain_hash));
  for (std::string& detail : details) record.add_details(std::move(detail));
  return record;
}

}  // namespace

void HandleAppend(const v1::AppendRequest& request, const AuditParts& parts, AppendDone done) {
  absl::StatusOr<std::vector<AuditLog::Draft>> drafts = Drafts(request, parts);
  if (!drafts.ok()) return done(AppendStatus(drafts.status()));
  parts.log->Append(*std::move(drafts),
                    [done = std::move(done)](absl::StatusOr<std::vector<uint64_t>> sequences) {
                      if (!sequences.ok()) return done(AppendStatus(sequences.status()));
                      v1::AppendResponse response;
                      response.mutable_sequences()->Add(sequences->begin(), sequences->end());
                      done(std::move(response));
                    });
}

absl::StatusOr<v1::ListResponse> HandleList(const v1::ListRequest& request,
                                            const AuditParts& parts) {
  if (request.limit() > kListLimitMax) {
    return absl::InvalidArgumentError("limit: want at most 1000");
  }
  const size_t limit = request.limit() == 0 ? kListLimitDefault : request.limit();
  HIE_ASSIGN_OR_RETURN(std::vector<uint64_t> sequences, Sequences(request, parts, limit + 1));
  v1::ListResponse response;
  response.set_truncated(sequences.size() > limit);
  sequences.resize(std::min(sequences.size(), limit));
  for (const uint64_t sequence : sequences) {
    HIE_ASSIGN_OR_RETURN(*response.add_records(), ReadRecord(sequence, parts));
  }
  return response;
}

absl::StatusOr<v1::VerifyResponse> HandleVerify(const v1::VerifyRequest&, const AuditParts& parts) {
  HIE_ASSIGN_OR_RETURN(const VerifyReport report, parts.log->Verify());
  v1::VerifyResponse response;
  response.set_leaves(report.leaves);
  response.set_head_hash(report.head_hash);
  response.set_first_bad_sequence(report.first_bad_sequence);
  return response;
}

void ServeAudit(rpc::Server& server, const AuditParts& parts) {
  using Service = v1::AuditService;
  server.ServeAsync<Service::Append>(
      [parts](const std::shared_ptr<rpc::CallContext>&, const v1::AppendRequest& request,
              AppendDone done) { HandleAppend(request, parts, std::move(done)); });
  server.Serve<Service::List>([parts](const rpc::CallContext&, const v1::ListRequest& request) {
    return HandleList(request, parts);
  });
  server.Serve<Service::Verify>([parts](const rpc::CallContext&, const v1::VerifyRequest& request) {
    return HandleVerify(request, parts);
  });
}

}  // namespace hie::audit

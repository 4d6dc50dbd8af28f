#include "gateway/edge/submit_handlers.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gateway/edge/subject.h"
#include "gateway/feed/admission.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "hie/registry/v1/registry_service.methods.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/hash.h"
#include "services/common/wire/wire.h"

namespace hie::edge {
namespace {

using exchange::v1::ExchangeService;
using exchange::v1::SubmitDocumentsRequest;
using exchange::v1::SubmitDocumentsResponse;
using registry::v1::RegistryService;

constexpr absl::string_view kRegistry = "the registry";
constexpr int kDocumentsMax = 100;
constexpr size_t kInlineBytesMax = size_t{1} << 20;
constexpr size_t kSubmissionIdBytesMax = 256;
constexpr int kMergesMax = 16;  // Of one id into the next; more is a circle.

// The record of the person that has this key, or the one that replaced it; null: none.
const exchange::Record* HolderOf(const exchange::Person& person,
                                 const common::v1::LocalPatient& key) {
  std::string authority = key.assigning_authority();
  std::string id = key.id();
  uint32_t incarnation = key.incarnation();
  for (int hop = 0; hop < kMergesMax; ++hop) {
    const exchange::Record* found = nullptr;
    for (const exchange::Record& record : person.records) {
      const LocalPatient& patient = record.patient;
      const bool same = patient.assigning_authority == authority && patient.id.value() == id &&
                        (incarnation == 0 || patient.incarnation == incarnation);
      // Of an id without an incarnation its present holder is meant: the latest one.
      if (same && (found == nullptr || found->patient.incarnation < patient.incarnation)) {
        found = &record;
      }
    }
    if (found == nullptr || !found->merged_into) return found;
    authority = found->merged_into->assigning_authority;
    id = found->merged_into->id.value();
    incarnation = found->merged_into->incarnation;
  }
  return nullptr;
}

// The one record in use that the caller's member has of the person; null: none, or several.
const exchange::Record* OnlyOwnRecord(const exchange::Person& person,
                                      const exchange::DirectoryView& view, const MemberId& member) {
  const exchange::Record* own = nullptr;
  for (const exchange::Record& record : person.records) {
    const exchange::MemberView* owner = view.OwnerOf(record.patient.assigning_authority);
    if (owner == nullptr || owner->id != member || !exchange::InUse(record)) continue;
    if (own != nullptr) return nullptr;
    own = &record;
  }
  return own;
}

bool HasRecord(const exchange::Person& person, const exchange::DirectoryView& view,
               const MemberId& member) {
  return std::any_of(person.records.begin(), person.records.end(), [&](const auto& record) {
    const exchange::MemberView* owner = view.OwnerOf(record.patient.assigning_authority);
    return owner != nullptr && owner->id == member;
  });
}

// One submission on its way.
struct Submission {
  SubmitDocumentsRequest request;
  std::shared_ptr<const members::MemberDirectory> directory;
  std::shared_ptr<const exchange::DirectoryView> view;
  Actor actor;
};

absl::Status CheckShape(const SubmitDocumentsRequest& request) {
  if (request.documents_size() > kDocumentsMax) {
    return absl::InvalidArgumentError("documents: want at most 100");
  }
  if (request.documents().empty() && !request.has_submission_set()) {
    return absl::InvalidArgumentError("documents: want at least one, or a submission set");
  }
  if (request.submission_id().size() > kSubmissionIdBytesMax) {
    return absl::InvalidArgumentError("submission_id: want at most 256 bytes");
  }
  const auto kind = request.subject().subject_case();
  if (kind != exchange::v1::PatientSubject::kPatient &&
      kind != exchange::v1::PatientSubject::kEid) {
    return absl::InvalidArgumentError("subject: want a record of your member, or an eid");
  }
  for (int at = 0; at < request.documents_size(); ++at) {
    if (request.documents(at).content().size() > kInlineBytesMax) {
      return absl::InvalidArgumentError(
          absl::StrCat("documents[", at, "].content: want at most 1 MiB; stage larger ones"));
    }
  }
  return absl::OkStatus();
}

// Whose a document is: as it says, else the subject's.  Nobody else's but the subject's person.
absl::StatusOr<common::v1::LocalPatient> PatientOf(const Submission& submission,
                                                   const exchange::Person& person,
                                                   const common::v1::LocalPatient& subject,
                                                   common::v1::LocalPatient named,
                                                   const std::string& field) {
  if (named.id().empty() && named.assigning_authority().empty()) return subject;
  HIE_RETURN_IF_ERROR(feed::Admit(submission.actor, *submission.directory, field,
                                  feed::Effect::kContribute, named));
  const exchange::Record* holder = HolderOf(person, named);
  if (holder == nullptr || !exchange::InUse(*holder)) {
    return absl::FailedPreconditionError(
        absl::StrCat(field, ": want a record of the subject that is in use"));
  }
  return wire::ToProto(holder->patient);
}

absl::StatusOr<common::v1::LocalPatient> SubjectRecord(const Submission& submission,
                                                       const exchange::Person& person) {
  const exchange::v1::PatientSubject& subject = submission.request.subject();
  const exchange::Record* record = nullptr;
  if (subject.has_patient()) {
    common::v1::LocalPatient named = subject.patient();
    HIE_RETURN_IF_ERROR(feed::Admit(submission.actor, *submission.directory, "subject.patient",
                                    feed::Effect::kContribute, named));
    record = HolderOf(person, named);
  }
  // By eid; or an id that was merged away and whose record the index does not show any more.
  if (record == nullptr) {
    record = OnlyOwnRecord(person, *submission.view, submission.actor.member);
  }
  // Of a person of whom the caller has no record it is told nothing.
  if (subject.has_eid() && !HasRecord(person, *submission.view, submission.actor.member)) {
    return absl::NotFoundError("subject: unknown");
  }
  if (record == nullptr || !exchange::InUse(*record)) {
    return absl::FailedPreconditionError("subject: want exactly one record of your member in use");
  }
  return wire::ToProto(record->patient);
}

// A claim per patient and place, each once.
void AddClaims(const Submission& submission, registry::v1::SubmitRequest& submit) {
  std::set<std::string> seen;
  for (const registry::v1::DocumentEntry& entry : submit.documents()) {
    registry::v1::Claim claim;
    *claim.mutable_patient() = entry.patient();
    claim.set_member(submission.actor.member.value());
    claim.set_state(registry::v1::LOCATOR_STATE_CLAIMED);
    claim.set_facility(feed::ClaimedPlace(*submission.directory, submission.actor.member,
                                          entry.facility(), entry.unit()));
    if (seen.insert(claim.SerializeAsString()).second) *submit.add_claims() = std::move(claim);
  }
}

// Ids of submissions are the caller's own: the same word of another member is another one.
std::string SubmissionId(const Submission& submission, const registry::v1::SubmitRequest& submit) {
  const std::string& wanted = submission.request.submission_id();
  const std::string text = wanted.empty()
                               ? submit.SerializeAsString()
                               : absl::StrCat(submission.actor.member.value(), "\n", wanted);
  return absl::BytesToHexString(crypto::Sha256(text));
}

absl::Status AddDocument(const Submission& submission, const exchange::Person& person,
                         const common::v1::LocalPatient& subject, int at,
                         registry::v1::SubmitRequest& submit) {
  const exchange::v1::SubmittedDocument& document = submission.request.documents(at);
  HIE_ASSIGN_OR_RETURN(const common::v1::LocalPatient patient,
                       PatientOf(submission, person, subject, document.entry().patient(),
                                 absl::StrCat("documents[", at, "].entry.patient")));
  registry::v1::DocumentEntry* entry = submit.add_documents();
  *entry = document.entry();
  feed::CompleteDocument({document.security_codes().begin(), document.security_codes().end()},
                         *submission.directory, submission.actor.member, patient, *entry);
  if (document.content().empty()) return absl::OkStatus();
  registry::v1::InlineContent* content = submit.add_contents();
  content->set_document(static_cast<uint32_t>(at));
  content->set_data(document.content());
  return absl::OkStatus();
}

absl::StatusOr<registry::v1::SubmitRequest> MakeSubmit(const Submission& submission,
                                                       const exchange::Person& person) {
  HIE_ASSIGN_OR_RETURN(const common::v1::LocalPatient subject, SubjectRecord(submission, person));
  registry::v1::SubmitRequest submit;
  for (int at = 0; at < submission.request.documents_size(); ++at) {
    HIE_RETURN_IF_ERROR(AddDocument(submission, person, subject, at, submit));
  }
  if (submission.request.has_submission_set()) {
    registry::v1::SubmissionSet& set = *submit.mutable_submission_set();
    set = submission.request.submission_set();
    HIE_ASSIGN_OR_RETURN(
        *set.mutable_patient(),
        PatientOf(submission, person, subject, set.patient(), "submission_set.patient"));
    set.set_member(submission.actor.member.value());
  }
  submit.set_relation_policy(submission.request.relation_policy());
  *submit.mutable_superseded_ids() = submission.request.superseded_ids();
  AddClaims(submission, submit);
  submit.set_submission_id(SubmissionId(submission, submit));
  // Not part of what is submitted: who is the same person may change between two tries.
  for (const exchange::Record& record : person.records) {
    *submit.add_same_person() = wire::ToProto(record.patient);
  }
  *submit.mutable_actor() = wire::ToProto(submission.actor);
  return submit;
}

void File(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
          const std::shared_ptr<const Submission>& submission, const exchange::Person& person,
          Answer<SubmitDocumentsResponse> answer) {
  const auto submit = MakeSubmit(*submission, person);
  if (!submit.ok()) return answer(submit.status());
  CallRole<RegistryService::Submit>(
      *services.roles().registry, kRegistry, *context, *submit,
      [eid = person.eid,
       answer = std::move(answer)](absl::StatusOr<registry::v1::SubmitResponse> submitted) {
        if (!submitted.ok()) return answer(submitted.status());
        SubmitDocumentsResponse response;
        *response.mutable_document_ids() = std::move(*submitted->mutable_document_ids());
        response.set_submission_set_id(submitted->submission_set_id());
        *response.mutable_existed() = submitted->existed();
        response.set_recorded_micros(submitted->recorded_micros());
        *response.mutable_warnings() = std::move(*submitted->mutable_warnings());
        response.set_eid(eid.value());
        answer(std::move(response));
      });
}

// All roles keep their own record of a change: the registry's outbox tells the audit.
void SubmitDocuments(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
                     SubmitDocumentsRequest request, Answer<SubmitDocumentsResponse> answer) {
  const absl::Status shape = CheckShape(request);
  if (!shape.ok()) return answer(shape);
  const auto directory = services.Directory();
  const auto view = services.View();
  if (!directory.ok()) return answer(directory.status());
  if (!view.ok()) return answer(view.status());
  const Actor& actor = context->caller().actor;
  const absl::Status admitted = feed::AdmitMember(actor, **directory, feed::Effect::kContribute);
  if (!admitted.ok()) return answer(admitted);
  const auto submission =
      std::make_shared<const Submission>(Submission{std::move(request), *directory, *view, actor});
  ResolveSubject(services, context, submission->request.subject(), IdScope::kOwnMember,
                 [&services, context, submission,
                  answer = std::move(answer)](absl::StatusOr<exchange::Person> person) {
                   if (!person.ok()) return answer(person.status());
                   File(services, context, submission, *person, answer);
                 });
}

// The content is sealed for the patient as the index has it, so that it fits the document's.
void PutDocumentContent(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
                        exchange::v1::PutDocumentContentRequest request,
                        Answer<exchange::v1::PutDocumentContentResponse> answer) {
  const auto directory = services.Directory();
  if (!directory.ok()) return answer(directory.status());
  const absl::Status admitted = feed::Admit(context->caller().actor, **directory, "patient",
                                            feed::Effect::kContribute, *request.mutable_patient());
  if (!admitted.ok()) return answer(admitted);
  if (request.data().size() > kInlineBytesMax) {
    return answer(absl::InvalidArgumentError("data: want at most 1 MiB"));
  }
  const auto key = wire::FromProto(request.patient(), "patient", wire::Incarnation::kMayBeCurrent);
  const auto part = std::make_shared<exchange::v1::PutDocumentContentRequest>(std::move(request));
  ResolveRecord(services, *context, *key,
                [&services, context, part,
                 answer = std::move(answer)](absl::StatusOr<exchange::Person> person) {
                  if (!person.ok()) return answer(person.status());
                  const exchange::Record* holder = HolderOf(*person, part->patient());
                  if (holder == nullptr || !exchange::InUse(*holder)) {
                    return answer(absl::FailedPreconditionError("patient: want a record in use"));
                  }
                  registry::v1::PutContentRequest put;
                  put.set_content_id(part->content_id());
                  *put.mutable_patient() = wire::ToProto(holder->patient);
                  put.set_offset(part->offset());
                  put.set_data(std::move(*part->mutable_data()));
                  put.set_last(part->last());
                  CallRole<RegistryService::PutContent>(
                      *services.roles().registry, kRegistry, *context, put,
                      [answer](absl::StatusOr<registry::v1::PutContentResponse> held) {
                        if (!held.ok()) return answer(held.status());
                        exchange::v1::PutDocumentContentResponse response;
                        response.set_size_bytes(held->size_bytes());
                        answer(std::move(response));
                      });
                });
}

void SetDocumentStatus(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
                       const exchange::v1::SetDocumentStatusRequest& request,
                       Answer<exchange::v1::SetDocumentStatusResponse> answer) {
  const auto directory = services.Directory();
  if (!directory.ok()) return answer(directory.status());
  const Actor& actor = context->caller().actor;
  const absl::Status admitted = feed::AdmitMember(actor, **directory, feed::Effect::kContribute);
  if (!admitted.ok()) return answer(admitted);
  registry::v1::SetDocumentStatusRequest set;
  *set.mutable_actor() = wire::ToProto(actor);
  set.set_member(actor.member.value());
  set.set_unique_id(request.unique_id());
  set.set_status(request.status());
  CallRole<RegistryService::SetDocumentStatus>(
      *services.roles().registry, kRegistry, *context, set,
      [answer = std::move(answer)](absl::StatusOr<registry::v1::SetDocumentStatusResponse> done) {
        if (!done.ok()) return answer(done.status());
        exchange::v1::SetDocumentStatusResponse response;
        response.set_document_id(done->document().id());
        answer(std::move(response));
      });
}

}  // namespace

void ServeSubmissions(EdgeServices& services, rpc::MethodRegistrar& server) {
  ServeCounted<ExchangeService::SubmitDocuments>(server, services, SubmitDocuments);
  ServeCounted<ExchangeService::PutDocumentContent>(server, services, PutDocumentContent);
  ServeCounted<ExchangeService::SetDocumentStatus>(server, services, SetDocumentStatus);
}

}  // namespace hie::edge

#include "gateway/fhir/documents/provide_document_bundle.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gateway/cda/record_target.h"
#include "gateway/exchange/directory_reading.h"
#include "gateway/fhir/documents/provide_answer.h"
#include "gateway/fhir/documents/provide_bundle_reader.h"
#include "gateway/fhir/documents/provide_rules.h"
#include "gateway/fhir/documents/provide_subject.h"
#include "gateway/fhir/documents/provide_submission.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/common/wire/wire.h"

namespace hie::fhir {
namespace {

using exchange::v1::ExchangeService;

bool IsXml(absl::string_view media_type) {
  return absl::StrContains(media_type, "xml") || absl::StrContains(media_type, "cda");
}

// One submission on its way.  Its steps come one after the other; no lock.
class Submission : public std::enable_shared_from_this<Submission> {
 public:
  explicit Submission(std::shared_ptr<Call> call) : call_(std::move(call)) {}

  void Start() {
    if (call_->body() == nullptr) {
      return call_->Fail(FailXds(400, "structure", "InvalidJson", "A Bundle is wanted."));
    }
    Reading<ProvideBundle> bundle = ReadProvideBundle(*call_->body());
    if (!bundle.ok()) return call_->Fail(*std::move(bundle.failure));
    bundle_ = std::move(bundle.value);
    const MemberId& member = call_->caller().caller.actor.member;
    Reading<ClaimedSubjects> subjects =
        ReadSubjects(bundle_, call_->services().base_url, call_->directory(), member);
    if (!subjects.ok()) return call_->Fail(*std::move(subjects.failure));
    subjects_ = std::move(subjects.value);
    if (auto failure = CheckHeldElsewhere()) return call_->Fail(*std::move(failure));
    if (auto failure = ReadDocuments()) return call_->Fail(*std::move(failure));
    request_ = MakeSubmission(bundle_, subjects_, member.value(), call_->services().base_url);
    if (NeedsPatient()) return FindPatient();
    ResolveRelation(0, 0);
  }

 private:
  const std::string* ContentOf(const ProvidedDocument& document) const {
    return document.binary ? &bundle_.binaries[*document.binary].content : nullptr;
  }

  // Content at a URL stays with a member that the exchange can ask for it.
  std::optional<Failure> CheckHeldElsewhere() const {
    const Member* member = call_->directory().FindMember(call_->caller().caller.actor.member);
    const bool reachable =
        member != nullptr &&
        std::any_of(member->endpoints.begin(), member->endpoints.end(), [](const auto& endpoint) {
          return endpoint.kind == EndpointKind::kAgent || endpoint.kind == EndpointKind::kFhirR4;
        });
    for (const ProvidedDocument& document : bundle_.documents) {
      if (document.binary) continue;
      const absl::string_view url = document.resource->At("/content/0/attachment/url")->text();
      if (!reachable || absl::StartsWith(url, call_->services().base_url)) {
        return MissingDocument(
            absl::StrCat(EntryPath(document.entry), ".content[0].attachment.url"));
      }
    }
    return std::nullopt;
  }

  // Reads the headers of CDA documents.  What claims to be XML of a clinical document and cannot be
  // read could be about anybody.
  std::optional<Failure> ReadDocuments() {
    for (size_t i = 0; i < bundle_.documents.size(); ++i) {
      const std::string* content = ContentOf(bundle_.documents[i]);
      if (content == nullptr || !cda::LooksLikeClinicalDocument(*content)) continue;
      absl::StatusOr<cda::ClinicalDocument> header = cda::ReadClinicalDocument(*content);
      if (absl::IsNotFound(header.status())) continue;
      if (!header.ok()) {
        const absl::string_view media =
            bundle_.documents[i].resource->At("/content/0/attachment/contentType")->text();
        if (!IsXml(media)) continue;
        return FailXds(400, "structure", "InvalidDocumentContent",
                       "The content of a document is not what its media type says.",
                       EntryPath(bundle_.binaries[*bundle_.documents[i].binary].entry));
      }
      if (header->record_targets != 1) return WrongTarget(i);
      targets_.emplace_back(i, std::move(header->record_target));
    }
    return std::nullopt;
  }

  Failure WrongTarget(size_t document) const {
    return PatientDoesNotMatch(
        EntryPath(bundle_.binaries[*bundle_.documents[document].binary].entry));
  }

  bool HasStaged() const {
    return std::any_of(request_.documents().begin(), request_.documents().end(),
                       [](const auto& document) { return !document.entry().content_id().empty(); });
  }

  // Where a document says whose it is, and where content is kept under a record not yet known.
  bool NeedsPatient() const { return !targets_.empty() || (!subjects_.local && HasStaged()); }

  void FindPatient() {
    exchange::v1::SearchPatientsRequest search;
    mpi::v1::PersonCondition& condition = *search.add_conditions();
    condition.set_match(mpi::v1::TEXT_MATCH_EXACT);
    if (!subjects_.eid.empty()) {
      condition.set_field(mpi::v1::PERSON_FIELD_EID);
      condition.add_values(subjects_.eid);
    } else {
      condition.set_field(mpi::v1::PERSON_FIELD_IDENTIFIER);
      condition.add_values(
          absl::StrCat(subjects_.local->assigning_authority, "|", subjects_.local->id.value()));
    }
    search.set_include_replaced(true);
    call_->Ask<ExchangeService::SearchPatients>(
        search,
        [self = shared_from_this()](absl::StatusOr<exchange::v1::SearchPatientsResponse> found) {
          self->PatientFound(std::move(found));
        });
  }

  void PatientFound(absl::StatusOr<exchange::v1::SearchPatientsResponse> found) {
    // A system that only feeds may not search: its own word about the patient is what there is.
    if (absl::IsPermissionDenied(found.status()) && subjects_.local) return ClaimedTargets();
    if (absl::IsPermissionDenied(found.status()) && !HasStaged() && SaysWho()) {
      return ClaimedTargets();
    }
    if (absl::IsPermissionDenied(found.status()) || absl::IsNotFound(found.status())) {
      return call_->Fail(UnknownPatient(subjects_.path));
    }
    if (!found.ok()) return call_->Fail(found.status());
    if (found->patients_size() != 1) return call_->Fail(UnknownPatient(subjects_.path));
    const exchange::v1::PatientView& view = found->patients(0);
    if (!view.active() || !view.replaced_by_eid().empty() || view.has_replaced_by()) {
      return call_->Fail(UnknownPatient(subjects_.path));
    }
    if (auto failure = TakeRecord(view)) return call_->Fail(*std::move(failure));
    const auto demographics = wire::FromProto(view.demographics(), "demographics");
    if (!demographics.ok()) return call_->Fail(absl::InternalError("demographics: bad shape"));
    CheckTargets([&](size_t) { return *demographics; });
  }

  // Without a record, and without a name beside the exchange's own id, there is nothing that a
  // document about somebody else could contradict.
  bool SaysWho() const {
    return std::all_of(targets_.begin(), targets_.end(), [this](const auto& target) {
      const Demographics& claimed = subjects_.documents[target.first].demographics;
      return !claimed.names.empty() && claimed.birth_date.has_value();
    });
  }

  // The record that is named must be one of the person's; where none is named, the only one is.
  std::optional<Failure> TakeRecord(const exchange::v1::PatientView& view) {
    std::vector<LocalPatient> own;
    for (const common::v1::LocalPatient& id : view.identifiers()) {
      const Member* owner = call_->directory().FindByDomain(id.assigning_authority());
      if (owner == nullptr || owner->id != call_->caller().caller.actor.member) continue;
      own.push_back({id.assigning_authority(), Phi<std::string>(id.id()), 0});
    }
    if (subjects_.local) {
      const bool is_theirs = std::find(own.begin(), own.end(), *subjects_.local) != own.end();
      if (!is_theirs) return PatientDoesNotMatch(subjects_.path);
      return std::nullopt;
    }
    if (own.size() != 1) return UnknownPatient(subjects_.path);
    subjects_.local = own.front();
    request_ = MakeSubmission(bundle_, subjects_, call_->caller().caller.actor.member.value(),
                              call_->services().base_url);
    return std::nullopt;
  }

  void ClaimedTargets() {
    CheckTargets([&](size_t document) { return subjects_.documents[document].demographics; });
  }

  template <typename DemographicsOf>
  void CheckTargets(DemographicsOf demographics_of) {
    const exchange::DirectoryView view = exchange::ReadDirectory(call_->directory().members());
    for (const auto& [document, target] : targets_) {
      exchange::Record claimed;
      if (subjects_.local) claimed.patient = *subjects_.local;
      claimed.demographics = demographics_of(document);
      if (!cda::RecordTargetAgrees(target, claimed, view)) {
        return call_->Fail(WrongTarget(document));
      }
    }
    ResolveRelation(0, 0);
  }

  // Relations name registered documents by entry id; the registry relates by unique id.
  void ResolveRelation(int document, int relation) {
    for (; document < request_.documents_size(); ++document, relation = 0) {
      const auto& entry = request_.documents(document).entry();
      for (; relation < entry.relations_size(); ++relation) {
        const std::string id = RelationEntryId(entry.relations(relation));
        if (!id.empty()) return LookUpTarget(document, relation, id);
      }
    }
    Stage(0, 0);
  }

  void LookUpTarget(int document, int relation, const std::string& id) {
    exchange::v1::GetDocumentRequest get;
    get.set_document_id(id);
    call_->Ask<ExchangeService::GetDocument>(
        get, [self = shared_from_this(), document, relation,
              id](absl::StatusOr<exchange::v1::GetDocumentResponse> found) {
          self->TargetFound(document, relation, id, std::move(found));
        });
  }

  void TargetFound(int document, int relation, const std::string& id,
                   absl::StatusOr<exchange::v1::GetDocumentResponse> found) {
    if (absl::IsNotFound(found.status())) {
      const size_t entry = bundle_.documents[static_cast<size_t>(document)].entry;
      return call_->Fail(
          UnresolvedReference(absl::StrCat(EntryPath(entry), ".relatesTo[", relation, "].target")));
    }
    if (!found.ok() && !absl::IsPermissionDenied(found.status())) {
      return call_->Fail(found.status());
    }
    // Who only feeds may not read: the registry knows its own entries by id.
    request_.mutable_documents(document)
        ->mutable_entry()
        ->mutable_relations(relation)
        ->set_target_unique_id(found.ok() ? found->document().unique_id() : id);
    ResolveRelation(document, relation + 1);
  }

  void Stage(int document, size_t offset) {
    while (document < request_.documents_size() &&
           request_.documents(document).entry().content_id().empty()) {
      ++document;
    }
    if (document == request_.documents_size()) return Submit();
    const std::string& content = *ContentOf(bundle_.documents[static_cast<size_t>(document)]);
    exchange::v1::PutDocumentContentRequest put;
    put.set_content_id(request_.documents(document).entry().content_id());
    *put.mutable_patient() = request_.documents(document).entry().patient();
    put.set_offset(offset);
    put.set_data(content.substr(offset, kInlineContentMax));
    const size_t next = offset + put.data().size();
    put.set_last(next == content.size());
    call_->Ask<ExchangeService::PutDocumentContent>(
        put, [self = shared_from_this(), document, next, last = put.last()](
                 const absl::StatusOr<exchange::v1::PutDocumentContentResponse>& put_done) {
          if (!put_done.ok()) return self->Refuse(put_done.status());
          self->Stage(last ? document + 1 : document, last ? 0 : next);
        });
  }

  void Submit() {
    call_->Ask<ExchangeService::SubmitDocuments>(
        request_, [self = shared_from_this()](
                      const absl::StatusOr<exchange::v1::SubmitDocumentsResponse>& filed) {
          if (!filed.ok()) return self->Refuse(filed.status());
          self->call_->Respond(ProvideAnswer(*self->call_, self->bundle_, self->request_, *filed));
        });
  }

  void Refuse(const absl::Status& status) {
    call_->Fail(ProvideFailure(status, bundle_, subjects_.path));
  }

  const std::shared_ptr<Call> call_;  // Owns the JSON that bundle_ points into.
  ProvideBundle bundle_;
  ClaimedSubjects subjects_;
  std::vector<std::pair<size_t, cda::RecordTarget>> targets_;  // By document.
  exchange::v1::SubmitDocumentsRequest request_;
};

}  // namespace

void ProvideDocumentBundle(std::shared_ptr<Call> call) {
  std::make_shared<Submission>(std::move(call))->Start();
}

}  // namespace hie::fhir

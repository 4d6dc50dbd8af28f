#include "gateway/edge/document_handlers.h"

#include <algorithm>
#include <utility>

#include "gateway/edge/document_release.h"
#include "gateway/edge/session.h"
#include "gateway/edge/subject.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "hie/registry/v1/registry_service.methods.h"
#include "services/common/wire/wire.h"

namespace hie::edge {
namespace {

using exchange::v1::ExchangeService;
using exchange::v1::FindSubmissionSetsResponse;
using exchange::v1::GetDocumentResponse;
using registry::v1::RegistryService;

constexpr absl::string_view kRegistry = "the registry";
// Documents of one person that a set's are looked for among, and that are looked at one by one
// where there are more.
constexpr uint32_t kDocumentsMax = 1000;

absl::Status NoSuchDocument() { return absl::NotFoundError("document_id: unknown"); }

// Goes on with the person of a record; nobody, where nothing may be said of it.
void PersonOf(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
              const common::v1::LocalPatient& proto, Answer<exchange::Person> next) {
  const auto patient = wire::FromProto(proto, "patient", wire::Incarnation::kRequired);
  if (!patient.ok()) {
    return next(absl::UnavailableError("the registry answers in another shape"));
  }
  ResolveRecord(services, *context, *patient,
                [next = std::move(next)](absl::StatusOr<exchange::Person> person) {
                  const bool unknown = absl::IsNotFound(person.status()) ||
                                       absl::IsFailedPrecondition(person.status());
                  next(unknown ? exchange::Person() : std::move(person));
                });
}

// One document on its way.
struct Wanted {
  exchange::v1::GetDocumentRequest request;
  registry::v1::DocumentEntry document;
  GetDocumentResponse response;
};

void Describe(EdgeServices& services, const registry::v1::DocumentEntry& document,
              const exchange::Person& person, GetDocumentResponse& response) {
  *response.mutable_document() = document;
  response.set_eid(person.eid.value());
  response.set_holder(document.content_id().empty() ? exchange::v1::DOCUMENT_HOLDER_MEMBER
                                                    : exchange::v1::DOCUMENT_HOLDER_EXCHANGE);
  const auto view = services.View();
  const exchange::MemberView* member =
      view.ok() ? (*view)->Find(MemberId(document.member())) : nullptr;
  if (member != nullptr) response.set_member_name(member->name);
}

void Release(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
             const std::shared_ptr<Wanted>& wanted, exchange::Person person,
             Answer<GetDocumentResponse> answer) {
  DocumentRelease::Options options{
      std::move(context),           wanted->request.session_id(), "document", person, {},
      wanted->request.document_id()};
  if (!wanted->document.id().empty()) options.documents.push_back(wanted->document);
  DocumentRelease::Start(
      services, std::move(options),
      [&services, wanted, person](const std::set<std::string>&) {
        Describe(services, wanted->document, person, wanted->response);
        return wanted->response.SerializeAsString();
      },
      [wanted, answer = std::move(answer)](const absl::Status& status) {
        if (!status.ok()) return answer(status);
        if (!wanted->response.has_document()) return answer(NoSuchDocument());
        answer(std::move(wanted->response));
      });
}

void GetDocument(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                 exchange::v1::GetDocumentRequest request, Answer<GetDocumentResponse> answer) {
  const absl::Status session = CheckSession(context->caller().actor, request.session_id());
  if (!session.ok()) return answer(session);
  if (request.document_id().empty() || request.document_id().size() > wire::kTextBytesMax) {
    return answer(absl::InvalidArgumentError("document_id: want an id from an answer"));
  }
  registry::v1::GetDocumentRequest get;
  get.set_id(request.document_id());
  const auto wanted = std::make_shared<Wanted>(Wanted{std::move(request), {}, {}});
  CallRole<RegistryService::GetDocument>(
      *services.roles().registry, kRegistry, *context, get,
      [&services, context, wanted,
       answer = std::move(answer)](absl::StatusOr<registry::v1::GetDocumentResponse> response) {
        // What does not exist takes the same way as what may not be seen: both are on record.
        if (absl::IsNotFound(response.status())) {
          return Release(services, context, wanted, {}, answer);
        }
        if (!response.ok()) return answer(response.status());
        wanted->document = std::move(*response->mutable_document());
        PersonOf(services, context, wanted->document.patient(),
                 [&services, context, wanted, answer](absl::StatusOr<exchange::Person> person) {
                   if (!person.ok()) return answer(person.status());
                   Release(services, context, wanted, *std::move(person), answer);
                 });
      });
}

// A search for sets on its way.
struct SetSearch {
  exchange::v1::FindSubmissionSetsRequest request;
  exchange::Person person;
  registry::v1::FindSubmissionSetsResponse found;
  std::set<std::string> permitted;
  std::shared_ptr<rpc::CallContext> context;
  Answer<FindSubmissionSetsResponse> answer;
};

// Sets keep those of their documents that may be seen; one without any is left out.
FindSubmissionSetsResponse ShowSets(SetSearch& search) {
  FindSubmissionSetsResponse response;
  for (registry::v1::SubmissionSet& set : *search.found.mutable_sets()) {
    const auto patient =
        wire::FromProto(set.patient(), "set.patient", wire::Incarnation::kRequired);
    if (!patient.ok() || exchange::FindRecord(search.person, *patient) == nullptr) continue;
    google::protobuf::RepeatedPtrField<std::string> ids;
    ids.Swap(set.mutable_document_ids());
    const int all = ids.size();
    for (std::string& id : ids) {
      if (search.permitted.count(id) != 0) set.add_document_ids(std::move(id));
    }
    if (set.document_ids().empty()) continue;
    // As received, the set names all of its documents.
    if (set.document_ids_size() < all) set.clear_resource();
    *response.add_sets() = std::move(set);
  }
  response.set_truncated(search.found.truncated() && !response.sets().empty());
  if (!response.sets().empty()) response.set_eid(search.person.eid.value());
  return response;
}

void ReleaseSets(EdgeServices& services, const std::shared_ptr<SetSearch>& search,
                 std::vector<registry::v1::DocumentEntry> documents) {
  DocumentRelease::Options options{search->context,      search->request.session_id(),
                                   "submission-sets",    search->person,
                                   std::move(documents), search->request.id()};
  DocumentRelease::Start(
      services, std::move(options),
      [search](const std::set<std::string>& permitted) {
        search->permitted.insert(permitted.begin(), permitted.end());
        std::string shown;
        for (const std::string& id : permitted) shown += id;
        return shown;
      },
      [search](const absl::Status& status) {
        if (!status.ok()) return search->answer(status);
        search->answer(ShowSets(*search));
      });
}

// Documents of the sets that were not among the person's first.
struct Unlisted {
  std::vector<std::string> ids;
  std::vector<registry::v1::DocumentEntry> documents;  // Of all sets, as far as they are read.
};

// Reads the last of those that are left, then the others.
void ReadUnlisted(EdgeServices& services, const std::shared_ptr<SetSearch>& search,
                  const std::shared_ptr<Unlisted>& unlisted) {
  if (unlisted->ids.empty()) return ReleaseSets(services, search, std::move(unlisted->documents));
  registry::v1::GetDocumentRequest get;
  get.set_id(unlisted->ids.back());
  unlisted->ids.pop_back();
  CallRole<RegistryService::GetDocument>(
      *services.roles().registry, kRegistry, *search->context, get,
      [&services, search, unlisted](absl::StatusOr<registry::v1::GetDocumentResponse> response) {
        if (response.ok()) {
          unlisted->documents.push_back(std::move(*response->mutable_document()));
        } else if (!absl::IsNotFound(response.status())) {
          return search->answer(response.status());
        }
        ReadUnlisted(services, search, unlisted);
      });
}

// The documents of the sets, and of nothing else: what is asked is what is decided and recorded.
void FindDocuments(EdgeServices& services, const std::shared_ptr<SetSearch>& search) {
  registry::v1::FindRequest find;
  for (const exchange::Record& record : search->person.records) {
    *find.add_patients() = wire::ToProto(record.patient);
  }
  find.set_limit(kDocumentsMax);
  if (search->found.sets().empty() || find.patients().empty()) {
    return ReleaseSets(services, search, {});
  }
  CallRole<RegistryService::Find>(
      *services.roles().registry, kRegistry, *search->context, find,
      [&services, search](absl::StatusOr<registry::v1::FindResponse> response) {
        if (!response.ok()) return search->answer(response.status());
        std::set<std::string> wanted;
        for (const auto& set : search->found.sets()) {
          wanted.insert(set.document_ids().begin(), set.document_ids().end());
        }
        const auto unlisted = std::make_shared<Unlisted>();
        for (registry::v1::DocumentEntry& document : *response->mutable_documents()) {
          if (wanted.erase(document.id()) == 0) continue;
          unlisted->documents.push_back(std::move(document));
        }
        if (response->truncated()) unlisted->ids.assign(wanted.begin(), wanted.end());
        // More than can be decided at once: refused, not left out in silence.
        if (unlisted->documents.size() + unlisted->ids.size() > kDocumentsMax) {
          return search->answer(absl::UnavailableError("the sets have too many documents"));
        }
        ReadUnlisted(services, search, unlisted);
      });
}

void FindSets(EdgeServices& services, const std::shared_ptr<SetSearch>& search,
              std::function<void()> next) {
  registry::v1::FindSubmissionSetsRequest find;
  if (search->request.has_subject()) {
    for (const exchange::Record& record : search->person.records) {
      *find.add_patients() = wire::ToProto(record.patient);
    }
  } else {
    find.set_id(search->request.id());
  }
  CallRole<RegistryService::FindSubmissionSets>(
      *services.roles().registry, kRegistry, *search->context, find,
      [search,
       next = std::move(next)](absl::StatusOr<registry::v1::FindSubmissionSetsResponse> response) {
        if (!response.ok() && !absl::IsNotFound(response.status())) {
          return search->answer(response.status());
        }
        if (response.ok()) search->found = *std::move(response);
        next();
      });
}

void FindById(EdgeServices& services, const std::shared_ptr<SetSearch>& search) {
  FindSets(services, search, [&services, search] {
    if (search->found.sets().empty()) return ReleaseSets(services, search, {});
    PersonOf(services, search->context, search->found.sets(0).patient(),
             [&services, search](absl::StatusOr<exchange::Person> person) {
               if (!person.ok()) return search->answer(person.status());
               search->person = *std::move(person);
               FindDocuments(services, search);
             });
  });
}

void FindSubmissionSets(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                        exchange::v1::FindSubmissionSetsRequest request,
                        Answer<FindSubmissionSetsResponse> answer) {
  const absl::Status session = CheckSession(context->caller().actor, request.session_id());
  if (!session.ok()) return answer(session);
  if (request.has_subject() == !request.id().empty() || request.id().size() > wire::kTextBytesMax) {
    return answer(absl::InvalidArgumentError("id: want a subject, or an id from an answer"));
  }
  const auto search = std::make_shared<SetSearch>(
      SetSearch{std::move(request), {}, {}, {}, std::move(context), std::move(answer)});
  if (!search->request.has_subject()) return FindById(services, search);
  ResolveSubject(
      services, search->context, search->request.subject(), IdScope::kOwnMember,
      [&services, search](absl::StatusOr<exchange::Person> person) {
        // Of ids of other members, and of EIDs, nobody and one of whom nothing may be
        // seen have the same sets: none.
        const bool unknown =
            absl::IsNotFound(person.status()) || absl::IsFailedPrecondition(person.status());
        if (unknown && !search->request.subject().has_patient()) {
          return ReleaseSets(services, search, {});
        }
        if (!person.ok()) return search->answer(person.status());
        search->person = *std::move(person);
        FindSets(services, search, [&services, search] { FindDocuments(services, search); });
      });
}

}  // namespace

void ServeDocuments(EdgeServices& services, rpc::MethodRegistrar& server) {
  ServeCounted<ExchangeService::GetDocument>(server, services, GetDocument);
  ServeCounted<ExchangeService::FindSubmissionSets>(server, services, FindSubmissionSets);
}

}  // namespace hie::edge

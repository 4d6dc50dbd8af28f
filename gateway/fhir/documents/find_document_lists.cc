#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/fhir/bundle.h"
#include "gateway/fhir/clinical/patient_parameter.h"
#include "gateway/fhir/documents/document_codes.h"
#include "gateway/fhir/documents/document_filter.h"
#include "gateway/fhir/documents/document_reference_view.h"
#include "gateway/fhir/documents/document_rows.h"
#include "gateway/fhir/frozen_pages.h"
#include "gateway/fhir/patients/page_binding.h"
#include "hie/exchange/v1/exchange_service.methods.h"

namespace hie::fhir {
namespace {

using exchange::v1::ExchangeService;

// One submission set that fits.
struct FoundList {
  std::string id;
  int64_t micros = 0;
  json::Value resource;
};

// ITI-66: submission sets are the registry's own, so that this search is not federated.
class ListSearch : public std::enable_shared_from_this<ListSearch> {
 public:
  ListSearch(std::shared_ptr<Call> call, DocumentSessions sessions)
      : call_(std::move(call)), sessions_(std::move(sessions)) {}

  void Start() {
    Reading<std::optional<NamedPatient>> patient = ReadPatientParameter(*call_);
    if (!patient.ok()) return call_->Fail(*std::move(patient.failure));
    if (!patient.value) {
      return call_->Fail(FailXds(400, "required", "XDSStoredQueryMissingParam",
                                 "Parameters patient, code and status are required.",
                                 "http.patient"));
    }
    patient_ = *std::move(patient.value);
    Reading<ResourceFilter> filter = ReadListFilter(call_->query(), call_->services().base_url);
    if (!filter.ok()) return call_->Fail(*std::move(filter.failure));
    filter_ = std::move(filter.value);
    if (patient_.nobody) return Nobody();
    sessions_->With(call_, patient_.subject,
                    [self = shared_from_this()](absl::StatusOr<std::string> session) {
                      if (!session.ok()) return self->Refused(session.status());
                      self->Ask(*std::move(session));
                    });
  }

 private:
  void Ask(std::string session) {
    exchange::v1::FindSubmissionSetsRequest request;
    *request.mutable_subject() = patient_.subject;
    request.set_session_id(std::move(session));
    call_->Ask<ExchangeService::FindSubmissionSets>(
        request, [self = shared_from_this()](
                     const absl::StatusOr<exchange::v1::FindSubmissionSetsResponse>& found) {
          if (!found.ok()) return self->Refused(found.status());
          self->Found(*found);
        });
  }

  void Refused(const absl::Status& status) {
    if (!absl::IsNotFound(status)) return call_->Fail(status);
    if (patient_.own) return call_->Fail(status);
    Nobody();
  }

  void Nobody() { Respond({}, false); }

  // Sets of members of other communities than those asked for.
  bool OfCommunity(const registry::v1::SubmissionSet& set) const {
    const std::vector<const SearchTerm*> terms = call_->query().All("targetCommunityIdList");
    const Member* member = call_->directory().FindMember(MemberId(set.member()));
    for (const SearchTerm* term : terms) {
      for (const std::string& value : term->values) {
        if (member != nullptr && Unescape(value) == OidUrn(member->home_community)) return true;
      }
    }
    return terms.empty();
  }

  void Found(const exchange::v1::FindSubmissionSetsResponse& response) {
    std::vector<FoundList> found;
    for (const registry::v1::SubmissionSet& set : response.sets()) {
      FoundList list{set.id(), set.submitted_micros(), SubmissionSetOf(set, response.eid())};
      if (OfCommunity(set) && filter_(list.resource)) found.push_back(std::move(list));
    }
    const auto& sort = call_->query().sort;
    const bool oldest_first =
        !sort.empty() && sort.front() == std::make_pair(std::string("date"), false);
    std::sort(found.begin(), found.end(), [&](const FoundList& a, const FoundList& b) {
      if (a.micros != b.micros) return oldest_first ? a.micros < b.micros : a.micros > b.micros;
      return a.id < b.id;
    });
    if (!call_->query().page.empty()) return RespondPage(std::move(found));
    Respond(std::move(found), response.truncated());
  }

  void Respond(std::vector<FoundList> found, bool truncated) {
    SearchSet set;
    if (call_->query().total_wanted || call_->query().count_only) set.total = found.size();
    const size_t size = static_cast<size_t>(std::max(call_->query().count, 1));
    if (!call_->query().count_only) {
      if (found.size() > size) {
        std::vector<std::string> ids;
        for (const FoundList& list : found) ids.push_back(list.id);
        set.next_page =
            call_->services().pages->Freeze(PageBinding(*call_), "", std::move(ids), size);
        found.resize(size);
      }
      AddEntries(std::move(found), set);
    }
    if (truncated) {
      Issue issue;
      issue.severity = Severity::kWarning;
      issue.code = "too-long";
      issue.text = "There are more submissions than are returned; narrow the search.";
      set.issues.push_back(std::move(issue));
    }
    Finish(std::move(set));
  }

  void RespondPage(std::vector<FoundList> found) {
    absl::StatusOr<FrozenPage> page =
        call_->services().pages->Open(PageBinding(*call_), call_->query().page);
    if (absl::IsNotFound(page.status())) {
      return call_->Fail(
          Fail(410, "expired", "This page has expired; search again.", "http._page"));
    }
    if (!page.ok()) {
      return call_->Fail(Fail(400, "value", "This is not a page of this search.", "http._page"));
    }
    std::vector<FoundList> ordered;
    for (const std::string& id : page->ids) {
      for (FoundList& list : found) {
        if (list.id == id) ordered.push_back(std::move(list));
      }
    }
    SearchSet set;
    if (call_->query().total_wanted) set.total = page->total;
    set.next_page = page->next;
    AddEntries(std::move(ordered), set);
    Finish(std::move(set));
  }

  void AddEntries(std::vector<FoundList> found, SearchSet& set) const {
    for (FoundList& list : found) {
      BundleEntry entry;
      entry.full_url = call_->Url(absl::StrCat("List/", list.id));
      entry.resource = std::move(list.resource);
      set.entries.push_back(std::move(entry));
    }
  }

  void Finish(SearchSet set) {
    Answer answer;
    answer.resource = SearchSetBundle(*call_, std::move(set));
    call_->Respond(std::move(answer));
  }

  const std::shared_ptr<Call> call_;
  const DocumentSessions sessions_;
  NamedPatient patient_;
  ResourceFilter filter_;
};

Interaction Row(http::Method method, const DocumentSessions& sessions) {
  Interaction row;
  row.kind = InteractionKind::kSearch;
  row.method = method;
  row.path = method == http::Method::kPost ? "/List/_search" : "/List";
  row.resource = "List";
  row.parameters = ListParameters();
  row.access = Access::kPatientData;
  row.scopes = {{"List", 's', "ITI-66"}};
  row.run = [sessions](std::shared_ptr<Call> call) {
    std::make_shared<ListSearch>(std::move(call), sessions)->Start();
  };
  return row;
}

}  // namespace

std::vector<Interaction> FindDocumentListsRows(const DocumentSessions& sessions) {
  return {Row(http::Method::kGet, sessions), Row(http::Method::kPost, sessions)};
}

}  // namespace hie::fhir

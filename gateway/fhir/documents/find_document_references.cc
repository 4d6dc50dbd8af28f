#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "gateway/exchange/outcome.h"
#include "gateway/fhir/bundle.h"
#include "gateway/fhir/clinical/patient_parameter.h"
#include "gateway/fhir/documents/document_filter.h"
#include "gateway/fhir/documents/document_reference_view.h"
#include "gateway/fhir/documents/document_rows.h"
#include "gateway/fhir/documents/found_documents.h"
#include "gateway/fhir/federated_answer.h"
#include "gateway/fhir/frozen_pages.h"
#include "gateway/fhir/member_outcome.h"
#include "gateway/fhir/patients/page_binding.h"

namespace hie::fhir {
namespace {

constexpr size_t kOnlyMembersMax = 64;   // QueryRequest.only_members
constexpr size_t kOnlyItemsMax = 1'000;  // QueryRequest.only_items
constexpr absl::string_view kSortKeys[] = {"date", "creation", "_lastUpdated", "_id"};

// ITI-67: one search on its way.
class DocumentSearch : public std::enable_shared_from_this<DocumentSearch> {
 public:
  DocumentSearch(std::shared_ptr<Call> call, DocumentSessions sessions)
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
    Reading<ResourceFilter> filter = ReadDocumentFilter(call_->query(), call_->services().base_url);
    if (!filter.ok()) return call_->Fail(*std::move(filter.failure));
    filter_ = std::move(filter.value);
    if (!ReadSort() || !MakeRequest()) return;
    if (call_->query().page.empty()) return Ask();
    OpenPage(call_->query().page);
  }

 private:
  // Keys that a document can be sorted by; others are refused when strict and named when lenient.
  bool ReadSort() {
    for (const auto& key : call_->query().sort) {
      if (std::find(std::begin(kSortKeys), std::end(kSortKeys), key.first) != std::end(kSortKeys)) {
        sort_.push_back(key);
      } else if (call_->strict()) {
        call_->Fail(Fail(400, "not-supported", "This order is not offered.", "http._sort"));
        return false;
      } else {
        Issue issue;
        issue.severity = Severity::kInformation;
        issue.code = "not-supported";
        issue.text = "An order that was asked for is not offered and was ignored.";
        issue.expression = {"http._sort"};
        issues_.push_back(std::move(issue));
      }
    }
    return true;
  }

  // False: answered already.
  bool MakeRequest() {
    if (patient_.nobody || !ReadCommunities()) {
      AnswerNobody();
      return false;
    }
    *request_.mutable_subject() = patient_.subject;
    request_.add_classes(common::v1::CLINICAL_CLASS_DOCUMENT);
    request_.set_budget_millis(static_cast<uint32_t>(absl::ToInt64Milliseconds(call_->budget())));
    for (const std::string& status : WantedStatuses(call_->query())) {
      if (status != "current") request_.set_include_superseded(true);
    }
    return true;
  }

  // False: communities are named and none of them is here, so that nothing can be found.
  bool ReadCommunities() {
    const std::vector<const SearchTerm*> terms = call_->query().All("targetCommunityIdList");
    std::set<std::string> named;
    for (const SearchTerm* term : terms) {
      for (const std::string& value : term->values) named.insert(Unescape(value));
    }
    if (terms.empty()) return true;
    for (const Member& member : call_->directory().members()) {
      const bool wanted =
          named.contains(OidUrn(member.home_community)) || named.contains(member.home_community);
      if (!member.home_community.empty() && wanted) request_.add_only_members(member.id.value());
    }
    return request_.only_members_size() > 0 &&
           static_cast<size_t>(request_.only_members_size()) <= kOnlyMembersMax;
  }

  // The ids of a page, frozen when the first was made; what is on it is asked for anew.
  void OpenPage(const std::string& cursor) {
    absl::StatusOr<FrozenPage> page = call_->services().pages->Open(PageBinding(*call_), cursor);
    if (!page.ok()) return FailPage(page.status());
    page_ = *std::move(page);
    request_.clear_only_items();
    std::vector<std::string> later;
    for (const std::string& frozen : page_->ids) {
      const std::vector<std::string> ids = absl::StrSplit(frozen, '\n');
      // Of each document first what it stands on, then its duplicates, as far as there is room.
      if (ids.size() > 1) request_.add_only_items(ids[1]);
      for (size_t i = 2; i < ids.size(); ++i) later.push_back(ids[i]);
    }
    for (std::string& id : later) {
      if (static_cast<size_t>(request_.only_items_size()) < kOnlyItemsMax) {
        request_.add_only_items(std::move(id));
      }
    }
    Ask();
  }

  void FailPage(const absl::Status& status) {
    if (absl::IsNotFound(status)) {
      return call_->Fail(
          Fail(410, "expired", "This page has expired; search again.", "http._page"));
    }
    call_->Fail(Fail(400, "value", "This is not a page of this search.", "http._page"));
  }

  void Ask() {
    sessions_->With(call_, patient_.subject,
                    [self = shared_from_this()](absl::StatusOr<std::string> session) {
                      if (!session.ok()) return self->Refused(session.status());
                      self->request_.set_session_id(*std::move(session));
                      self->Query();
                    });
  }

  void Refused(const absl::Status& status) {
    if (absl::IsNotFound(status) && !patient_.own) return AnswerNobody();
    call_->Fail(status);
  }

  // Whoever is unknown is answered like one of whom nothing may be seen: by the same steps, so that
  // nothing tells them apart.
  void AnswerNobody() {
    FederatedAnswer nobody;
    nobody.end.set_completeness(exchange::v1::COMPLETENESS_NO_KNOWN_SOURCE);
    nobody.end.set_notice(std::string(exchange::kNotice));
    page_.reset();
    Gathered(nobody);
  }

  void Query() {
    if (call_->wants_ndjson()) return StreamQuery(call_, request_, Views());
    GatherQuery(call_, request_,
                [self = shared_from_this()](const absl::StatusOr<FederatedAnswer>& answer) {
                  if (!answer.ok()) return self->Refused(answer.status());
                  self->Gathered(*answer);
                });
  }

  // Line by line there is no later line that could take an earlier one back: each source's word
  // stands by itself.
  ItemViews Views() const {
    ItemViews views;
    const auto one = [call = call_, filter = filter_](const FederatedAnswer& answer) {
      if (HoldsUnreadable(answer)) return OutcomeResource({UnreadableItem()}, "");
      std::vector<FoundDocument> found = FindDocuments(*call, answer);
      if (found.empty() || !filter(found.front().resource)) return json::Value();
      return std::move(found.front().resource);
    };
    views.item = [one](const exchange::v1::ClinicalItem& item, const std::string& eid) {
      FederatedAnswer answer;
      answer.begin.set_eid(eid);
      answer.items.push_back(item);
      return one(answer);
    };
    views.entry = [one](const registry::v1::DocumentEntry& entry, const std::string& eid) {
      FederatedAnswer answer;
      answer.begin.set_eid(eid);
      answer.index.push_back(entry);
      return one(answer);
    };
    return views;
  }

  void Gathered(const FederatedAnswer& answer) {
    if (auto failure = TotalFailure(*call_, answer)) return call_->Fail(*std::move(failure));
    std::vector<FoundDocument> found = FindDocuments(*call_, answer);
    std::erase_if(found,
                  [&](const FoundDocument& document) { return !filter_(document.resource); });
    if (page_) return RespondPage(answer, std::move(found));
    const SearchTerm* latest = call_->query().First("HIE-latest");
    if (latest != nullptr && latest->text == "true") KeepLatest(found);
    SortDocuments(sort_, found);
    RespondFirst(answer, std::move(found));
  }

  void RespondFirst(const FederatedAnswer& answer, std::vector<FoundDocument> found) {
    SearchSet set;
    if (!call_->query().count_only) {
      // What no page can hold is not counted, so that each page names the same total.
      if (found.size() > kFrozenIdsMax) {
        found.resize(kFrozenIdsMax);
        issues_.push_back(TooMany());
      }
      if (call_->query().total_wanted) set.total = found.size();
      const size_t size = static_cast<size_t>(std::max(call_->query().count, 1));
      set.next_page = Freeze(answer.begin.eid(), found, size);
      if (found.size() > size) found.resize(size);
      AddEntries(std::move(found), set);
    } else {
      set.total = found.size();
    }
    Respond(answer, std::move(set));
  }

  static Issue TooMany() {
    Issue issue;
    issue.severity = Severity::kWarning;
    issue.code = "too-long";
    issue.text = "More documents exist than one answer can hold; narrow the search.";
    return issue;
  }

  std::string Freeze(const std::string& eid, const std::vector<FoundDocument>& found,
                     size_t size) const {
    if (found.size() <= size) return "";
    std::vector<std::string> ids;
    for (const FoundDocument& document : found) {
      ids.push_back(absl::StrCat(document.id, "\n", absl::StrJoin(document.release_ids, "\n")));
    }
    return call_->services().pages->Freeze(PageBinding(*call_), eid, std::move(ids), size);
  }

  // What may no longer be seen is missing; a page that lost everything is passed over, since an
  // empty one would look like the end.
  void RespondPage(const FederatedAnswer& answer, std::vector<FoundDocument> found) {
    std::map<std::string, FoundDocument*> by_id;
    for (FoundDocument& document : found) by_id[document.id] = &document;
    std::vector<FoundDocument> ordered;
    for (const std::string& frozen : page_->ids) {
      const auto at = by_id.find(frozen.substr(0, frozen.find('\n')));
      if (at != by_id.end()) ordered.push_back(std::move(*at->second));
    }
    if (ordered.empty() && !page_->next.empty()) return OpenPage(std::string(page_->next));
    SearchSet set;
    if (call_->query().total_wanted) set.total = page_->total;
    set.next_page = page_->next;
    AddEntries(std::move(ordered), set);
    Respond(answer, std::move(set));
  }

  void AddEntries(std::vector<FoundDocument> found, SearchSet& set) const {
    for (FoundDocument& document : found) {
      BundleEntry entry;
      entry.full_url = call_->Url(absl::StrCat("DocumentReference/", document.id));
      entry.resource = std::move(document.resource);
      set.entries.push_back(std::move(entry));
    }
  }

  void Respond(const FederatedAnswer& answer, SearchSet set) {
    set.issues = OutcomeIssues(*call_, answer, Severity::kWarning);
    set.issues.insert(set.issues.end(), issues_.begin(), issues_.end());
    if (HoldsUnreadable(answer)) set.issues.push_back(UnreadableItem());
    set.completeness = CompletenessCode(answer.end.completeness());
    Answer out;
    out.headers.Set("HIE-Completeness", CompletenessHeader(answer));
    out.resource = SearchSetBundle(*call_, std::move(set));
    call_->Respond(std::move(out));
  }

  const std::shared_ptr<Call> call_;
  const DocumentSessions sessions_;
  NamedPatient patient_;
  ResourceFilter filter_;
  std::vector<std::pair<std::string, bool>> sort_;
  std::vector<Issue> issues_;
  exchange::v1::QueryRequest request_;
  std::optional<FrozenPage> page_;  // Nothing: the first.
};

Interaction Row(http::Method method, const DocumentSessions& sessions) {
  Interaction row;
  row.kind = InteractionKind::kSearch;
  row.method = method;
  row.path = method == http::Method::kPost ? "/DocumentReference/_search" : "/DocumentReference";
  row.resource = "DocumentReference";
  row.profile = "https://profiles.ihe.net/ITI/MHD/CapabilityStatement/IHE.MHD.DocumentResponder";
  row.parameters = DocumentParameters();
  row.access = Access::kPatientData;
  row.scopes = {{"DocumentReference", 's', "ITI-67"}};
  row.run = [sessions](std::shared_ptr<Call> call) {
    std::make_shared<DocumentSearch>(std::move(call), sessions)->Start();
  };
  return row;
}

}  // namespace

std::vector<Interaction> FindDocumentReferencesRows(const DocumentSessions& sessions) {
  return {Row(http::Method::kGet, sessions), Row(http::Method::kPost, sessions)};
}

}  // namespace hie::fhir

#include "gateway/fhir/clinical/statement_answer.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/fhir/clinical/statement_issues.h"
#include "gateway/fhir/federated_answer.h"
#include "gateway/fhir/frozen_pages.h"
#include "gateway/fhir/member_outcome.h"
#include "gateway/fhir/patients/page_binding.h"

namespace hie::fhir {
namespace {

// Statements of an answer as far as they could be read.
struct Readings {
  std::vector<ClinicalStatement> statements;
  StatementReferences references;
  size_t unreadable = 0;
};

Readings ReadAll(const FederatedAnswer& answer) {
  Readings readings;
  for (const exchange::v1::ClinicalItem& item : answer.items) {
    std::optional<ClinicalStatement> statement = ReadStatement(item);
    if (!statement) {
      ++readings.unreadable;
      continue;
    }
    readings.references.Add(*statement);
    readings.statements.push_back(*std::move(statement));
  }
  return readings;
}

class Answering : public std::enable_shared_from_this<Answering> {
 public:
  Answering(std::shared_ptr<Call> call, std::shared_ptr<BreakGlassSessions> sessions,
            StatementSearch search)
      : call_(std::move(call)), sessions_(std::move(sessions)), search_(std::move(search)) {}

  void Run() {
    request_.mutable_classes()->Add(search_.classes.begin(), search_.classes.end());
    request_.set_budget_millis(static_cast<uint32_t>(absl::ToInt64Milliseconds(call_->budget())));
    *request_.mutable_subject() = search_.patient.subject;
    if (!call_->query().page.empty()) return RunPage(call_->query().page);
    if (search_.patient.nobody) return search_.unknown();
    WithSession([](Answering& self) {
      if (self.call_->wants_ndjson()) return self.Stream();
      self.Gather([](Answering& gathered, FederatedAnswer answer) {
        gathered.AnswerFirst(std::move(answer));
      });
    });
  }

 private:
  void WithSession(std::function<void(Answering&)> then) {
    sessions_->With(
        call_, search_.patient.subject,
        [self = shared_from_this(), then = std::move(then)](absl::StatusOr<std::string> session) {
          if (absl::IsNotFound(session.status())) return self->search_.unknown();
          if (!session.ok()) return self->call_->Fail(session.status());
          self->request_.set_session_id(*session);
          then(*self);
        });
  }

  void Gather(std::function<void(Answering&, FederatedAnswer)> then) {
    GatherQuery(call_, request_,
                [self = shared_from_this(),
                 then = std::move(then)](absl::StatusOr<FederatedAnswer> answer) {
                  if (absl::IsNotFound(answer.status())) return self->search_.unknown();
                  if (!answer.ok()) return self->call_->Fail(answer.status());
                  if (std::optional<Failure> failure = TotalFailure(*self->call_, *answer)) {
                    return self->call_->Fail(*std::move(failure));
                  }
                  then(*self, *std::move(answer));
                });
  }

  // Line by line, as members answer: each for itself, so references lead to the source's ids.
  void Stream() {
    ItemViews views;
    views.item = [self = shared_from_this()](const exchange::v1::ClinicalItem& item,
                                             const std::string& eid) {
      const std::optional<ClinicalStatement> statement = ReadStatement(item);
      if (!statement) return OutcomeResource({UnreadableItem()}, "");
      if (!self->search_.matches(*statement)) return json::Value();
      return StatementResource(*self->call_, *statement, eid, StatementReferences());
    };
    StreamQuery(call_, request_, std::move(views));
  }

  void AnswerFirst(FederatedAnswer answer) {
    Readings readings = ReadAll(answer);
    std::erase_if(readings.statements, [this](const ClinicalStatement& statement) {
      return !search_.matches(statement);
    });
    search_.sort(readings.statements);
    // What no page can hold is not counted, so that each page names the same total.
    if (readings.statements.size() > kFrozenIdsMax && !call_->query().count_only) {
      readings.statements.resize(kFrozenIdsMax);
      search_.issues.push_back(TooMany());
    }
    total_ = readings.statements.size();
    if (readings.statements.size() > search_.page_size && !call_->query().count_only) {
      next_ = Freeze(answer.begin.eid(), readings.statements);
      readings.statements.resize(search_.page_size);
    }
    Respond(answer, readings, std::move(search_.leading));
  }

  static Issue TooMany() {
    Issue issue;
    issue.severity = Severity::kWarning;
    issue.code = "too-long";
    issue.text = "More statements exist than one answer can hold; narrow the search.";
    return issue;
  }

  std::string Freeze(const std::string& eid, const std::vector<ClinicalStatement>& statements) {
    std::vector<std::string> ids;
    ids.reserve(statements.size());
    for (const ClinicalStatement& statement : statements) ids.push_back(statement.item.id());
    return call_->services().pages->Freeze(PageBinding(*call_), eid, std::move(ids),
                                           search_.page_size);
  }

  // A later page: exactly these statements, asked for again, so that consent holds now.
  void RunPage(const std::string& cursor) {
    absl::StatusOr<FrozenPage> page = call_->services().pages->Open(PageBinding(*call_), cursor);
    if (!page.ok()) return call_->Fail(PageFailure(page.status()));
    frozen_ = page->ids;
    next_ = page->next;
    total_ = page->total;
    request_.mutable_subject()->set_eid(page->subject);
    request_.mutable_only_items()->Assign(frozen_.begin(), frozen_.end());
    WithSession([](Answering& self) {
      self.Gather([](Answering& gathered, FederatedAnswer answer) { gathered.AnswerPage(answer); });
    });
  }

  void AnswerPage(const FederatedAnswer& answer) {
    Readings readings = ReadAll(answer);
    std::map<std::string, size_t> order;
    for (const std::string& id : frozen_) order.emplace(id, order.size());
    std::erase_if(readings.statements, [&order](const ClinicalStatement& statement) {
      return !order.contains(statement.item.id());
    });
    std::sort(readings.statements.begin(), readings.statements.end(),
              [&order](const ClinicalStatement& a, const ClinicalStatement& b) {
                return order[a.item.id()] < order[b.item.id()];
              });
    // Never an empty page in front of another one.
    if (readings.statements.empty() && !next_.empty()) return RunPage(next_);
    Respond(answer, readings, {});
  }

  void Respond(const FederatedAnswer& answer, const Readings& readings,
               std::vector<BundleEntry> entries) {
    SearchSet set;
    set.entries = std::move(entries);
    for (const ClinicalStatement& statement : readings.statements) {
      AddEntry(statement, answer.begin.eid(), readings.references, set);
    }
    set.issues = StatementIssues(*call_, answer, search_.classes, readings.unreadable);
    set.issues.insert(set.issues.end(), search_.issues.begin(), search_.issues.end());
    if (search_.total) set.total = total_;
    set.completeness = CompletenessCode(answer.end.completeness());
    set.next_page = next_;
    Answer out;
    out.headers.Set("HIE-Completeness", CompletenessHeader(answer));
    out.resource = SearchSetBundle(*call_, std::move(set));
    call_->Respond(std::move(out));
  }

  void AddEntry(const ClinicalStatement& statement, const std::string& eid,
                const StatementReferences& references, SearchSet& set) {
    BundleEntry entry;
    entry.full_url =
        call_->Url(absl::StrCat(statement.received.Text("resourceType"), "/", statement.id));
    entry.resource = StatementResource(*call_, statement, eid, references);
    set.entries.push_back(std::move(entry));
    if (!search_.provenance) return;
    BundleEntry provenance;
    provenance.resource = StatementProvenance(*call_, statement);
    provenance.full_url = call_->Url(absl::StrCat("Provenance/", provenance.resource.Text("id")));
    provenance.include = true;
    set.entries.push_back(std::move(provenance));
  }

  const std::shared_ptr<Call> call_;
  const std::shared_ptr<BreakGlassSessions> sessions_;
  StatementSearch search_;
  exchange::v1::QueryRequest request_;
  std::vector<std::string> frozen_;
  std::string next_;
  uint64_t total_ = 0;
};

}  // namespace

void AnswerStatements(const std::shared_ptr<Call>& call,
                      const std::shared_ptr<BreakGlassSessions>& sessions, StatementSearch search) {
  std::make_shared<Answering>(call, sessions, std::move(search))->Run();
}

}  // namespace hie::fhir

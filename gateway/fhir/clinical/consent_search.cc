#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/fhir/bundle.h"
#include "gateway/fhir/clinical/clinical_rows.h"
#include "gateway/fhir/clinical/consent_codes.h"
#include "gateway/fhir/clinical/consent_directive.h"
#include "gateway/fhir/clinical/patient_parameter.h"
#include "gateway/fhir/frozen_pages.h"
#include "gateway/fhir/patients/page_binding.h"
#include "hie/exchange/v1/exchange_service.methods.h"

namespace hie::fhir {
namespace {

using consent::v1::Directive;
using exchange::v1::ExchangeService;
using DirectiveFilter = std::function<bool(const Directive&)>;

absl::string_view StatusOf(const Directive& directive) {
  switch (directive.status()) {
    case consent::v1::DIRECTIVE_STATUS_ACTIVE:
      return "active";
    case consent::v1::DIRECTIVE_STATUS_ENTERED_IN_ERROR:
      return "entered-in-error";
    default:
      return "inactive";
  }
}

bool HasCategory(const Directive& directive, const Token& token) {
  const auto& present = directive.instruments();
  return std::any_of(present.begin(), present.end(), [&token](int number) {
    const auto instrument = static_cast<consent::v1::Instrument>(number);
    if (TokenMatches(token, kInstrumentSystem, InstrumentCode(instrument))) return true;
    return token.has_system && InstrumentOf(token.system, token.code) == instrument;
  });
}

DirectiveFilter TokenFilter(const SearchTerm& term) {
  std::vector<Token> tokens;
  for (const std::string& value : term.values) tokens.push_back(ReadToken(value));
  return [name = term.name, tokens = std::move(tokens)](const Directive& directive) {
    return std::any_of(tokens.begin(), tokens.end(), [&](const Token& token) {
      if (name == "_id") return token.code == directive.id();
      if (name == "status") return token.code == StatusOf(directive);
      return HasCategory(directive, token);
    });
  };
}

Reading<DirectiveFilter> DateFilter(const SearchTerm& term) {
  std::vector<DateTerm> dates;
  for (const std::string& value : term.values) {
    const absl::StatusOr<DateTerm> date = ReadDate(value);
    if (!date.ok()) {
      return Fail(400, "value", "A FHIR date with an optional prefix is wanted.",
                  absl::StrCat("http.", term.name));
    }
    dates.push_back(*date);
  }
  return DirectiveFilter([dates, updated = term.name == "_lastUpdated"](const Directive& each) {
    const int64_t micros = updated ? each.recorded_micros() : each.signed_micros();
    if (micros == 0) return false;
    const absl::Time when = absl::FromUnixMicros(micros);
    return std::any_of(dates.begin(), dates.end(), [when](const DateTerm& date) {
      return DateMatches(date, when, when + absl::Microseconds(1));
    });
  });
}

Reading<std::vector<DirectiveFilter>> ReadFilters(const SearchQuery& query) {
  std::vector<DirectiveFilter> filters;
  for (const SearchTerm& term : query.terms) {
    if (term.name == "_id" || term.name == "status" || term.name == "category") {
      filters.push_back(TokenFilter(term));
    }
    if (term.name != "date" && term.name != "_lastUpdated") continue;
    Reading<DirectiveFilter> filter = DateFilter(term);
    if (!filter.ok()) return *std::move(filter.failure);
    filters.push_back(std::move(filter.value));
  }
  return filters;
}

// The latest version of each, the one that was signed last first.
std::vector<Directive> Latest(exchange::v1::ListDirectivesResponse listed) {
  std::map<std::string, Directive> by_id;
  for (Directive& directive : *listed.mutable_directives()) {
    Directive& latest = by_id[directive.id()];
    if (directive.version() >= latest.version()) latest = std::move(directive);
  }
  std::vector<Directive> directives;
  for (auto& [id, directive] : by_id) directives.push_back(std::move(directive));
  std::stable_sort(
      directives.begin(), directives.end(),
      [](const Directive& a, const Directive& b) { return a.signed_micros() > b.signed_micros(); });
  return directives;
}

class ConsentSearching : public std::enable_shared_from_this<ConsentSearching> {
 public:
  explicit ConsentSearching(std::shared_ptr<Call> call) : call_(std::move(call)) {}

  void Run() {
    Reading<NamedPatient> patient = RequirePatientParameter(*call_);
    if (!patient.ok()) return call_->Fail(*std::move(patient.failure));
    patient_ = std::move(patient.value);
    Reading<std::vector<DirectiveFilter>> filters = ReadFilters(call_->query());
    if (!filters.ok()) return call_->Fail(*std::move(filters.failure));
    filters_ = std::move(filters.value);
    if (!call_->query().page.empty()) {
      absl::StatusOr<FrozenPage> page =
          call_->services().pages->Open(PageBinding(*call_), call_->query().page);
      if (!page.ok()) return call_->Fail(PageFailure(page.status()));
      page_ = *std::move(page);
    }
    if (patient_.nobody) return AnswerUnknownPatient(*call_, patient_);
    exchange::v1::ListDirectivesRequest request;
    *request.mutable_subject() = patient_.subject;
    call_->Ask<ExchangeService::ListDirectives>(
        request,
        [self = shared_from_this()](absl::StatusOr<exchange::v1::ListDirectivesResponse> listed) {
          if (absl::IsNotFound(listed.status())) {
            return AnswerUnknownPatient(*self->call_, self->patient_);
          }
          if (!listed.ok()) return self->call_->Fail(listed.status());
          self->Take(Latest(*std::move(listed)));
        });
  }

 private:
  void Take(std::vector<Directive> directives) {
    SearchSet set;
    if (page_) {
      directives = OnPage(std::move(directives));
      set.total = page_->total;
      set.next_page = page_->next;
    } else {
      std::erase_if(directives, [this](const Directive& directive) {
        return !std::all_of(filters_.begin(), filters_.end(),
                            [&](const DirectiveFilter& filter) { return filter(directive); });
      });
      set.total = directives.size();
      set.next_page = Freeze(directives);
    }
    for (const Directive& directive : directives) {
      BundleEntry entry;
      entry.full_url = call_->Url(absl::StrCat("Consent/", directive.id()));
      entry.resource = ConsentResource(*call_, directive);
      set.entries.push_back(std::move(entry));
    }
    call_->Respond({.http_status = 200, .resource = SearchSetBundle(*call_, std::move(set))});
  }

  // What was frozen, in its order, as it stands now.
  std::vector<Directive> OnPage(std::vector<Directive> directives) const {
    std::vector<Directive> ordered;
    for (const std::string& id : page_->ids) {
      for (Directive& directive : directives) {
        if (directive.id() != id) continue;
        ordered.push_back(std::move(directive));
        break;
      }
    }
    return ordered;
  }

  // Cuts `directives` to the first page; returns the cursor of the second.
  std::string Freeze(std::vector<Directive>& directives) const {
    const auto page_size = static_cast<size_t>(std::max(call_->query().count, 1));
    if (directives.size() <= page_size || call_->query().count_only) return "";
    std::vector<std::string> ids;
    for (const Directive& directive : directives) ids.push_back(directive.id());
    directives.resize(page_size);
    return call_->services().pages->Freeze(PageBinding(*call_), "", std::move(ids), page_size);
  }

  const std::shared_ptr<Call> call_;
  NamedPatient patient_;
  std::vector<DirectiveFilter> filters_;
  std::optional<FrozenPage> page_;
};

Interaction Row(http::Method method, std::string path) {
  Interaction row;
  row.kind = InteractionKind::kSearch;
  row.method = method;
  row.path = std::move(path);
  row.resource = "Consent";
  row.parameters = {
      {"_id", ParameterType::kToken},         {"_lastUpdated", ParameterType::kDate},
      {"patient", ParameterType::kReference}, {"patient.identifier", ParameterType::kToken},
      {"status", ParameterType::kToken},      {"category", ParameterType::kToken},
      {"date", ParameterType::kDate}};
  row.access = Access::kAdministration;
  row.scopes = {{"Consent", 's', "ITI-108"}};
  row.run = [](std::shared_ptr<Call> call) {
    std::make_shared<ConsentSearching>(std::move(call))->Run();
  };
  return row;
}

}  // namespace

std::vector<Interaction> ConsentSearchRows() {
  return {Row(http::Method::kGet, "/Consent"), Row(http::Method::kPost, "/Consent/_search")};
}

}  // namespace hie::fhir

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "gateway/fhir/bundle.h"
#include "gateway/fhir/frozen_pages.h"
#include "gateway/fhir/patients/page_binding.h"
#include "gateway/fhir/patients/patient_conditions.h"
#include "gateway/fhir/patients/patient_resource.h"
#include "gateway/fhir/patients/patient_rows.h"
#include "gateway/fhir/patients/person_lookup.h"
#include "hie/exchange/v1/exchange_service.methods.h"

namespace hie::fhir {
namespace {

using exchange::v1::ExchangeService;
using exchange::v1::PatientView;

bool IsReplaced(const PatientView& view) {
  return !view.replaced_by_eid().empty() && view.replaced_by_eid() != view.eid();
}

// One search, from its first page on.
class PatientSearching : public std::enable_shared_from_this<PatientSearching> {
 public:
  explicit PatientSearching(std::shared_ptr<Call> call) : call_(std::move(call)) {}

  void Run() {
    if (!call_->query().page.empty()) return RunPage();
    Reading<PatientSearch> search = ReadPatientSearch(call_->query(), call_->directory());
    if (!search.ok()) return call_->Fail(*std::move(search.failure));
    search_ = std::move(search.value);
    if (search_.nothing) return Answer({}, {});
    if (search_.request.conditions().empty()) return call_->Fail(TooLittle());
    call_->Ask<ExchangeService::SearchPatients>(
        search_.request,
        [self = shared_from_this()](absl::StatusOr<exchange::v1::SearchPatientsResponse> found) {
          // The only thing that a search names and nobody may have is a domain.
          if (absl::IsNotFound(found.status())) return self->call_->Fail(TargetSystemNotFound());
          if (!found.ok()) return self->call_->Fail(found.status());
          self->Take(*std::move(found));
        });
  }

 private:
  static Failure TooLittle() {
    return fhir::Fail(400, "too-costly",
                      "Too little to search on: give an identifier, or two of family name, given "
                      "name, birth date and the like.");
  }

  void Take(exchange::v1::SearchPatientsResponse found) {
    if (found.too_costly()) return call_->Fail(TooLittle());
    std::vector<Issue> issues;
    if (found.too_many()) {
      issues.push_back({Severity::kWarning, "too-costly", "", "",
                        "More persons fit than may be shown; ask for more detail."});
    }
    std::vector<PatientView> views;
    for (PatientView& view : *found.mutable_patients()) {
      if (view.has_replaced_by()) {
        // An id that was merged away: shown on the person who has the surviving one.
        merged_away_[view.eid()].push_back(view.identifiers(0));
      } else if (!IsNamed(view.eid())) {
        replacing_.push_back(std::move(view));
      } else if (Fits(view)) {
        views.push_back(std::move(view));
      }
    }
    Sort(views);
    const size_t total = views.size();
    const auto page_size = static_cast<size_t>(std::max(call_->query().count, 1));
    if (total > page_size && !call_->query().count_only) {
      next_ = Freeze(views, page_size);
      views.resize(page_size);
    }
    total_ = total;
    AddReplacing(std::move(views), std::move(issues));
  }

  // A search by _id matches the ids that it names; who replaces one of them comes along.
  bool IsNamed(const std::string& eid) const {
    const auto& conditions = search_.request.conditions();
    return std::all_of(conditions.begin(), conditions.end(), [&eid](const auto& condition) {
      const auto& values = condition.values();
      return condition.field() != mpi::v1::PERSON_FIELD_EID ||
             std::find(values.begin(), values.end(), eid) != values.end();
    });
  }

  bool Fits(const PatientView& view) const {
    return std::all_of(search_.active.begin(), search_.active.end(), [&view](bool wanted) {
      return wanted == (view.active() && !IsReplaced(view));
    });
  }

  // Ordered by EID already; a stable sort by the keys in reverse leaves the first key on top.
  void Sort(std::vector<PatientView>& views) const {
    const auto& keys = call_->query().sort;
    for (auto key = keys.rbegin(); key != keys.rend(); ++key) {
      std::stable_sort(views.begin(), views.end(), [&](const PatientView& a, const PatientView& b) {
        const std::string left = SortValue(a, key->first);
        const std::string right = SortValue(b, key->first);
        return key->second ? right < left : left < right;
      });
    }
  }

  static std::string SortValue(const PatientView& view, const std::string& name) {
    const common::v1::Demographics& demographics = view.demographics();
    const bool named = !demographics.names().empty();
    if (name == "family") return named ? demographics.names(0).family() : "";
    if (name == "given") return named ? absl::StrJoin(demographics.names(0).given(), " ") : "";
    if (name == "birthdate") return demographics.birth_date();
    if (name == "gender") return absl::StrCat(demographics.sex());
    if (name == "_lastUpdated")
      return absl::StrCat(absl::Dec(view.changed_micros(), absl::kZeroPad20));
    return name == "_id" ? view.eid() : "";
  }

  std::string Freeze(const std::vector<PatientView>& views, size_t page_size) const {
    std::vector<std::string> ids;
    for (const PatientView& view : views) ids.push_back(view.eid());
    return call_->services().pages->Freeze(PageBinding(*call_),
                                           absl::StrJoin(search_.request.domains(), ","),
                                           std::move(ids), page_size);
  }

  // A later page: the same persons, asked for again, so that what may not be seen any more is not.
  void RunPage() {
    absl::StatusOr<FrozenPage> page =
        call_->services().pages->Open(PageBinding(*call_), call_->query().page);
    if (!page.ok()) return call_->Fail(PageFailure(page.status()));
    next_ = page->next;
    total_ = page->total;
    const std::vector<std::string> domains = absl::StrSplit(page->subject, ',', absl::SkipEmpty());
    FindPersons(call_, page->ids, domains,
                [self = shared_from_this(),
                 ids = page->ids](absl::StatusOr<std::vector<PatientView>> found) {
                  if (!found.ok()) return self->call_->Fail(found.status());
                  self->AddReplacing(InOrder(ids, *std::move(found)), {});
                });
  }

  static std::vector<PatientView> InOrder(const std::vector<std::string>& ids,
                                          std::vector<PatientView> found) {
    std::vector<PatientView> ordered;
    for (const std::string& id : ids) {
      for (PatientView& view : found) {
        if (view.eid() != id) continue;
        ordered.push_back(std::move(view));
        break;
      }
    }
    return ordered;
  }

  // Who replaces a replaced person comes along (PDQm 3.78.4.1.3, third form).
  void AddReplacing(std::vector<PatientView> views, std::vector<Issue> issues) {
    issues_ = std::move(issues);
    const auto has = [](const std::vector<PatientView>& among, const std::string& eid) {
      return std::any_of(among.begin(), among.end(),
                         [&eid](const PatientView& view) { return view.eid() == eid; });
    };
    std::vector<std::string> wanted;
    std::vector<PatientView> included;
    for (const PatientView& view : views) {
      const std::string& eid = view.replaced_by_eid();
      if (!IsReplaced(view) || has(views, eid) || has(included, eid)) continue;
      const auto known =
          std::find_if(replacing_.begin(), replacing_.end(),
                       [&eid](const PatientView& other) { return other.eid() == eid; });
      if (known != replacing_.end()) {
        included.push_back(*known);
      } else if (std::find(wanted.begin(), wanted.end(), eid) == wanted.end()) {
        wanted.push_back(eid);
      }
    }
    if (wanted.empty() || call_->query().count_only) return Answer(views, included);
    FindPersons(
        call_, wanted, {},
        [self = shared_from_this(), views = std::move(views),
         included = std::move(included)](absl::StatusOr<std::vector<PatientView>> found) mutable {
          if (!found.ok()) return self->call_->Fail(found.status());
          included.insert(included.end(), found->begin(), found->end());
          self->Answer(views, included);
        });
  }

  void Answer(const std::vector<PatientView>& matches, const std::vector<PatientView>& included) {
    SearchSet set;
    const auto add = [&](const PatientView& view, bool include) {
      BundleEntry entry;
      entry.full_url = call_->Url(absl::StrCat("Patient/", view.eid()));
      entry.resource = PatientResource(*call_, view);
      for (const common::v1::LocalPatient& id : merged_away_[view.eid()]) {
        AddMergedAwayId(id, entry.resource);
      }
      entry.include = include;
      set.entries.push_back(std::move(entry));
    };
    if (!call_->query().count_only) {
      for (const PatientView& view : matches) add(view, false);
      for (const PatientView& view : included) add(view, true);
    }
    // PDQm wants the total whatever _total says.
    set.total = total_;
    set.issues = issues_;
    set.next_page = next_;
    call_->Respond({.http_status = 200, .resource = SearchSetBundle(*call_, std::move(set))});
  }

  const std::shared_ptr<Call> call_;
  PatientSearch search_;
  std::map<std::string, std::vector<common::v1::LocalPatient>> merged_away_;  // By EID.
  std::vector<PatientView> replacing_;
  std::string next_;
  uint64_t total_ = 0;
  std::vector<Issue> issues_;
};

Interaction Row(http::Method method, std::string path) {
  Interaction row;
  row.kind = InteractionKind::kSearch;
  row.method = method;
  row.path = std::move(path);
  row.resource = "Patient";
  row.profile =
      "https://profiles.ihe.net/ITI/PDQm/CapabilityStatement/IHE.PDQm.PatientDemographicsSupplier";
  row.parameters = {
      {"_id", ParameterType::kToken},
      {"_lastUpdated", ParameterType::kDate},
      {"active", ParameterType::kToken},
      {"family", ParameterType::kString},
      {"given", ParameterType::kString},
      {"name", ParameterType::kString},
      {"identifier", ParameterType::kToken},
      {"telecom", ParameterType::kToken},
      {"birthdate", ParameterType::kDate},
      {"address", ParameterType::kString},
      {"address-city", ParameterType::kString},
      {"address-country", ParameterType::kString},
      {"address-postalcode", ParameterType::kString},
      {"address-state", ParameterType::kString},
      {"gender", ParameterType::kToken},
      {"mothersMaidenName", ParameterType::kString,
       "http://hl7.org/fhir/SearchParameter/patient-extensions-Patient-mothersMaidenName"},
  };
  row.access = Access::kPatientData;
  row.scopes = {{"Patient", 's', "ITI-78"}};
  row.run = [](std::shared_ptr<Call> call) {
    std::make_shared<PatientSearching>(std::move(call))->Run();
  };
  return row;
}

}  // namespace

std::vector<Interaction> PatientSearchRows() {
  return {Row(http::Method::kGet, "/Patient"), Row(http::Method::kPost, "/Patient/_search")};
}

}  // namespace hie::fhir

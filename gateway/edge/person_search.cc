// SearchPatients (ITI-78).
#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gateway/edge/identity_split.h"
#include "gateway/edge/person_finder.h"
#include "gateway/edge/person_release.h"
#include "hie/mpi/v1/mpi_service.methods.h"
#include "services/common/wire/wire.h"

namespace hie::edge {
namespace {

using exchange::v1::PatientView;
using exchange::v1::SearchPatientsRequest;
using exchange::v1::SearchPatientsResponse;
using mpi::v1::MpiService;

constexpr int kConditionsMax = 200;
constexpr int kDomainsMax = 64;

// A search by EID or by whole identifiers names whom it means.
bool NamesPersons(const mpi::v1::PersonCondition& condition) {
  if (condition.field() == mpi::v1::PERSON_FIELD_EID) return true;
  return condition.field() == mpi::v1::PERSON_FIELD_IDENTIFIER && !condition.values().empty() &&
         std::none_of(condition.values().begin(), condition.values().end(),
                      [](const std::string& value) { return value.ends_with('|'); });
}

// Identifiers as their domains' rules write them.
void Normalise(const exchange::DirectoryView& view, mpi::v1::PersonCondition& condition) {
  if (condition.field() != mpi::v1::PERSON_FIELD_IDENTIFIER) return;
  for (std::string& value : *condition.mutable_values()) {
    const std::vector<std::string> parts = absl::StrSplit(value, absl::MaxSplits('|', 1));
    if (parts.size() != 2 || parts[1].empty()) continue;
    const LocalPatient patient =
        view.Normalise(LocalPatient{parts[0], Phi<std::string>(parts[1]), 0});
    value = absl::StrCat(parts[0], "|", patient.id.value());
  }
}

absl::Status Check(const SearchPatientsRequest& request, const exchange::DirectoryView& view) {
  if (request.conditions().empty() || request.conditions_size() > kConditionsMax) {
    return absl::InvalidArgumentError("conditions: want 1..200");
  }
  if (request.domains_size() > kDomainsMax) {
    return absl::InvalidArgumentError("domains: want at most 64");
  }
  for (const std::string& domain : request.domains()) {
    if (view.OwnerOf(domain) == nullptr) return absl::NotFoundError("domains: unknown");
  }
  return absl::OkStatus();
}

// One search, while its persons are on their way.
struct Search {
  SearchPatientsRequest request;
  mpi::v1::QueryPersonsResponse found;
  std::shared_ptr<const exchange::DirectoryView> view;
  MemberId caller;
  SearchPatientsResponse response;
};

bool NamesEid(const SearchPatientsRequest& request, const std::string& eid) {
  for (const mpi::v1::PersonCondition& condition : request.conditions()) {
    if (condition.field() != mpi::v1::PERSON_FIELD_EID) continue;
    const auto& values = condition.values();
    if (std::find(values.begin(), values.end(), eid) != values.end()) return true;
  }
  return false;
}

// Every condition is an EID: such a search is about the person, not about one of its records.
bool OnlyEids(const SearchPatientsRequest& request) {
  return std::all_of(
      request.conditions().begin(), request.conditions().end(),
      [](const auto& condition) { return condition.field() == mpi::v1::PERSON_FIELD_EID; });
}

bool Same(const LocalPatient& patient, const common::v1::LocalPatient& proto) {
  return patient.assigning_authority == proto.assigning_authority() &&
         patient.id.value() == proto.id() && patient.incarnation == proto.incarnation();
}

// Records that meet the conditions and whose ids the caller may read.
std::vector<const exchange::Record*> VisibleMatches(const Search& search,
                                                    const VisiblePerson& visible) {
  if (OnlyEids(search.request)) return visible.records;
  const auto& matched = search.found.matches(static_cast<int>(visible.at)).matched();
  std::vector<const exchange::Record*> matches;
  std::copy_if(visible.records.begin(), visible.records.end(), std::back_inserter(matches),
               [&matched](const exchange::Record* record) {
                 return std::any_of(matched.begin(), matched.end(), [record](const auto& proto) {
                   return Same(record->patient, proto);
                 });
               });
  return matches;
}

// EIDs that the search names and that redirect to the person.
std::vector<PatientView> ReplacedEids(const Search& search, const exchange::Person& person) {
  std::vector<PatientView> views;
  for (const EnterpriseId& alias : person.aliases) {
    if (!NamesEid(search.request, alias.value())) continue;
    PatientView& view = views.emplace_back();
    view.set_eid(alias.value());
    view.set_version(1);
    view.set_replaced_by_eid(person.eid.value());
  }
  return views;
}

std::vector<PatientView> ReplacedIds(const std::vector<const exchange::Record*>& matches,
                                     const exchange::Person& person) {
  std::vector<PatientView> views;
  for (const exchange::Record* record : matches) {
    if (!record->merged_into || record->removed) continue;
    PatientView& view = views.emplace_back();
    view.set_eid(person.eid.value());
    view.set_changed_micros(absl::ToUnixMicros(record->recorded));
    view.set_version(static_cast<uint64_t>(view.changed_micros()));
    *view.add_identifiers() = wire::ToProto(record->patient);
    *view.mutable_replaced_by() = wire::ToProto(*record->merged_into);
  }
  return views;
}

// What the search shows of one person; empty: nothing.
std::vector<PatientView> ShowMatch(const Search& search, const VisiblePerson& visible) {
  const exchange::Person& person = *visible.person;
  const std::vector<const exchange::Record*> matches = VisibleMatches(search, visible);
  const bool in_use = std::any_of(matches.begin(), matches.end(),
                                  [](const auto* record) { return exchange::InUse(*record); });
  std::vector<PatientView> replaced = ReplacedEids(search, person);
  // Found by an EID that redirects, and by nothing of its own.
  const bool by_alias = !replaced.empty() && !NamesEid(search.request, person.eid.value());
  if (!OnlyEids(search.request)) {
    for (PatientView& view : ReplacedIds(matches, person)) replaced.push_back(std::move(view));
  }
  if (!search.request.include_replaced()) {
    replaced.clear();
    if (by_alias || !in_use) return {};
  }
  if (matches.empty()) return {};
  const std::vector<std::string> domains(search.request.domains().begin(),
                                         search.request.domains().end());
  PatientView current = ShowPatient(visible, *search.view, search.caller, domains);
  const bool left = domains.empty() ? current.active() : !current.identifiers().empty();
  if (left && (in_use || !replaced.empty())) replaced.push_back(std::move(current));
  return replaced;
}

std::optional<std::string> Show(Search& search, const VisiblePerson& visible) {
  std::string bytes;
  for (PatientView& view : ShowMatch(search, visible)) {
    bytes += view.SerializeAsString();
    *search.response.add_patients() = std::move(view);
  }
  if (bytes.empty()) return std::nullopt;
  return bytes;
}

// The one EID that the search is about, where it may be one that a split retired; else empty.
std::string LostEid(const Search& search) {
  const SearchPatientsRequest& request = search.request;
  const bool one = request.include_replaced() && request.conditions_size() == 1 &&
                   OnlyEids(request) && request.conditions(0).values_size() == 1;
  return one && search.found.matches().empty() ? request.conditions(0).values(0) : "";
}

void Conclude(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
              const std::shared_ptr<Search>& search, Answer<SearchPatientsResponse> answer) {
  auto* patients = search->response.mutable_patients();
  std::stable_sort(patients->begin(), patients->end(),
                   [](const auto& a, const auto& b) { return a.eid() < b.eid(); });
  const std::string lost = LostEid(*search);
  if (lost.empty()) return answer(std::move(search->response));
  FindSplit(services, std::move(context), search->view, lost,
            [search, lost, answer = std::move(answer)](absl::StatusOr<bool> split) {
              if (!split.ok()) return answer(split.status());
              if (*split) search->response.add_split_eids(lost);
              answer(std::move(search->response));
            });
}

void Take(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
          const std::shared_ptr<Search>& search, Answer<SearchPatientsResponse> answer) {
  PersonRelease::Options options{context, search->view, "search", search->found.too_many(), {}};
  for (const mpi::v1::PersonMatch& match : search->found.matches()) {
    absl::StatusOr<exchange::Person> person = exchange::FromProto(match.person());
    if (!person.ok()) return answer(absl::InternalError("person: bad shape"));
    options.persons.push_back(*std::move(person));
  }
  search->response.set_too_many(search->found.too_many());
  search->response.set_too_costly(search->found.too_costly());
  PersonRelease::Start(
      services, std::move(options),
      [search](const VisiblePerson& visible) { return Show(*search, visible); },
      [&services, context, search, answer = std::move(answer)](const absl::Status& status) {
        if (!status.ok()) return answer(status);
        Conclude(services, context, search, answer);
      });
}

}  // namespace

void SearchPatients(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                    SearchPatientsRequest request, Answer<SearchPatientsResponse> answer) {
  auto view = services.View();
  if (!view.ok()) return answer(view.status());
  const absl::Status checked = Check(request, **view);
  if (!checked.ok()) return answer(checked);
  mpi::v1::QueryPersonsRequest query;
  query.set_limit(kPersonsFoundMax);
  for (mpi::v1::PersonCondition& condition : *request.mutable_conditions()) {
    Normalise(**view, condition);
    *query.add_conditions() = condition;
    // Protected persons are found by whoever names them (PRACTICE 6).
    if (NamesPersons(condition)) query.set_include_protected(true);
  }
  const auto search = std::make_shared<Search>(
      Search{std::move(request), {}, *std::move(view), context->caller().actor.member, {}});
  CallRole<MpiService::QueryPersons>(*services.roles().mpi, "the patient index", *context, query,
                                     [&services, context, search, answer = std::move(answer)](
                                         absl::StatusOr<mpi::v1::QueryPersonsResponse> response) {
                                       if (!response.ok()) return answer(response.status());
                                       search->found = *std::move(response);
                                       Take(services, context, search, answer);
                                     });
}

}  // namespace hie::edge

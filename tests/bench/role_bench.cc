#include "tests/bench/role_bench.h"

#include <atomic>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "hie/consent/v1/consent_service.methods.h"
#include "hie/mpi/v1/mpi_service.methods.h"
#include "hie/registry/v1/registry_service.methods.h"
#include "services/common/base/random_source.h"
#include "services/common/base/status_macros.h"
#include "services/common/base/uuid.h"
#include "services/common/labels/sensitivity.h"
#include "services/common/wire/wire.h"
#include "tests/bench/echo.h"
#include "tests/bench/load.h"

namespace hie::bench {
namespace {

using consent::v1::ConsentService;
using mpi::v1::MpiService;
using registry::v1::RegistryService;

constexpr int kInFlight = 16;
constexpr size_t kPersons = 256;
constexpr size_t kDirectiveEvery = 4;  // One person in four has a directive.
constexpr int kDecideItems = 10;
constexpr absl::Duration kCallTime = absl::Seconds(10);

rpc::CallOptions NextCall() {
  rpc::CallOptions call;
  call.deadline = absl::Now() + kCallTime;
  call.request_id = "bench";
  return call;
}

// What is called in turn with others.
struct Candidate {
  std::string name;
  pid_t server = 0;
  StartCall start;
  Rounds rounds;
};

// Calls `Method` with the requests one after the other; `good` looks at the answer.
template <typename Method>
StartCall CallInTurn(std::shared_ptr<rpc::Channel> channel,
                     std::vector<typename Method::Request> requests,
                     bool (*good)(const typename Method::Response&)) {
  struct State {
    std::shared_ptr<rpc::Channel> channel;
    std::vector<typename Method::Request> requests;
    std::atomic<size_t> next = 0;
  };
  auto state = std::make_shared<State>();
  state->channel = std::move(channel);
  state->requests = std::move(requests);
  return [state, good](std::function<void(absl::Status)> done) {
    const size_t at = state->next.fetch_add(1) % state->requests.size();
    state->channel->template Call<Method>(
        NextCall(), state->requests[at],
        [good, done = std::move(done)](absl::StatusOr<typename Method::Response> response) {
          if (!response.ok()) return done(response.status());
          done(good(*response) ? absl::OkStatus() : absl::InternalError("a wrong answer"));
        });
  };
}

std::vector<mpi::v1::ResolvePersonRequest> ResolveRequests(
    const std::vector<KnownPerson>& persons) {
  std::vector<mpi::v1::ResolvePersonRequest> requests;
  for (const KnownPerson& person : persons) {
    *requests.emplace_back().mutable_patient() = person.records.front();
  }
  return requests;
}

std::vector<registry::v1::FindRequest> LocateRequests(const std::vector<KnownPerson>& persons) {
  std::vector<registry::v1::FindRequest> requests;
  for (const KnownPerson& person : persons) {
    registry::v1::FindRequest& request = requests.emplace_back();
    request.mutable_patients()->Assign(person.records.begin(), person.records.end());
    request.set_current_only(true);
  }
  return requests;
}

common::v1::Actor Physician(const std::string& member, common::v1::Purpose purpose) {
  common::v1::Actor actor;
  actor.set_member(member);
  actor.set_user("bench");
  actor.add_roles("physician");
  actor.set_purpose(purpose);
  return actor;
}

// Ten items of the person's members, one of them psychiatric.
consent::v1::DecideRequest DecideRequestOf(const KnownPerson& person, const std::string& asker) {
  consent::v1::DecideRequest request;
  *request.mutable_actor() = Physician(asker, common::v1::PURPOSE_TREAT);
  request.set_action(consent::v1::ACTION_RETRIEVE);
  request.mutable_certain()->Assign(person.records.begin(), person.records.end());
  Labels labels;
  labels.known = SensitivitySet::All();
  labels.ruleset = std::string(kLabelRuleset);
  for (int i = 0; i < kDecideItems; ++i) {
    consent::v1::Item& item = *request.add_items();
    item.set_id(absl::StrCat("item-", i));
    item.set_custodian(*person.members.begin());
    item.set_clinical_class(static_cast<common::v1::ClinicalClass>(1 + i % 9));
    labels.sensitivity =
        CloseUpward(i == 0 ? SensitivitySet::Of(Sensitivity::kPsy) : SensitivitySet());
    *item.mutable_labels() = wire::ToProto(labels);
    *item.mutable_service() = wire::ToProto(ServicePeriod());
  }
  return request;
}

// No psychiatric information to anybody.
absl::Status FileDirective(rpc::Channel& consent, const KnownPerson& person, RandomSource& random) {
  consent::v1::PutDirectiveRequest request;
  *request.mutable_actor() = Physician(*person.members.begin(), common::v1::PURPOSE_PATADMIN);
  consent::v1::Directive& directive = *request.mutable_directive();
  directive.set_id(MakeUuidV7(absl::Now(), random));
  *directive.mutable_subject() = person.records.front();
  directive.add_instruments(consent::v1::INSTRUMENT_GENERAL);
  directive.set_signed_micros(absl::ToUnixMicros(absl::Now()));
  directive.set_emergency(consent::v1::EMERGENCY_ALLOW_OVERRIDE);
  consent::v1::RuleNode& rule = *directive.add_rules();
  rule.add_sensitivities("PSY");
  rule.set_effect(consent::v1::EFFECT_DENY);
  return consent.CallAndWait<ConsentService::PutDirective>(NextCall(), request).status();
}

absl::StatusOr<std::vector<consent::v1::DecideRequest>> DecideRequests(
    const std::vector<KnownPerson>& persons, const Region& region, rpc::Channel& consent,
    uint64_t seed) {
  SeededRandom random(seed);
  std::vector<consent::v1::DecideRequest> requests;
  for (size_t i = 0; i < persons.size(); ++i) {
    if (i % kDirectiveEvery == 0) {
      HIE_RETURN_IF_ERROR(FileDirective(consent, persons[i], random));
    }
    requests.push_back(DecideRequestOf(persons[i], region.StrangerTo(persons[i])));
  }
  return requests;
}

// Fences of decisions that still hold: the lightest call that a release makes.
absl::StatusOr<std::vector<consent::v1::ConfirmFenceRequest>> FenceRequests(
    const std::vector<consent::v1::DecideRequest>& decide, rpc::Channel& consent) {
  std::vector<consent::v1::ConfirmFenceRequest> requests;
  for (const consent::v1::DecideRequest& request : decide) {
    HIE_ASSIGN_OR_RETURN(consent::v1::DecideResponse decided,
                         consent.CallAndWait<ConsentService::Decide>(NextCall(), request));
    requests.emplace_back().mutable_token()->Swap(decided.mutable_token());
  }
  return requests;
}

absl::StatusOr<std::vector<Candidate>> Candidates(const BenchOptions& options, Region& region) {
  HIE_ASSIGN_OR_RETURN(auto mpi, region.Dial("mpi"));
  HIE_ASSIGN_OR_RETURN(auto registry, region.Dial("registry"));
  HIE_ASSIGN_OR_RETURN(auto consent, region.Dial("consent"));
  HIE_ASSIGN_OR_RETURN(const std::vector<KnownPerson> persons,
                       region.FindPersons(*mpi, kPersons, 0));
  HIE_ASSIGN_OR_RETURN(auto decide, DecideRequests(persons, region, *consent, options.seed));
  HIE_ASSIGN_OR_RETURN(auto fence, FenceRequests(decide, *consent));
  testing::ExchangeStack& stack = region.stack();
  std::vector<Candidate> candidates;
  candidates.push_back(
      {"locate (registry Find)",
       stack.Hied("registry").pid(),
       CallInTurn<RegistryService::Find>(registry, LocateRequests(persons),
                                         [](const auto& r) { return r.locators_size() > 0; }),
       {}});
  candidates.push_back(
      {"resolve (mpi ResolvePerson)",
       stack.Hied("mpi").pid(),
       CallInTurn<MpiService::ResolvePerson>(
           mpi, ResolveRequests(persons), [](const auto& r) { return !r.person().eid().empty(); }),
       {}});
  candidates.push_back({absl::StrCat("decide (consent Decide, ", kDecideItems, " items)"),
                        stack.Hied("consent").pid(),
                        CallInTurn<ConsentService::Decide>(
                            consent, std::move(decide),
                            [](const auto& r) { return r.decisions_size() == kDecideItems; }),
                        {}});
  candidates.push_back({"fence (consent ConfirmFence)",
                        stack.Hied("consent").pid(),
                        CallInTurn<ConsentService::ConfirmFence>(consent, std::move(fence),
                                                                 [](const auto&) { return true; }),
                        {}});
  return candidates;
}

std::vector<std::string> RowOf(const Candidate& candidate, const Rounds& echo) {
  const Rounds& rounds = candidate.rounds;
  return {candidate.name,
          Digits(MedianOf(rounds, &Load::per_second)),
          Digits(MedianOf(rounds, &Load::p50)),
          Digits(MedianOf(rounds, &Load::p99)),
          Digits(MedianOf(rounds, &Load::server_micros)),
          absl::StrCat(Digits(MedianRatio(rounds, echo, &Load::p50)), " x"),
          absl::StrCat(Digits(MedianRatio(rounds, echo, &Load::server_micros)), " x")};
}

}  // namespace

absl::StatusOr<Report> MeasureRoles(const BenchOptions& options, Region& region) {
  HIE_ASSIGN_OR_RETURN(const std::unique_ptr<Echo> echo,
                       Echo::Start(options.directory, region.stack().pki()));
  HIE_ASSIGN_OR_RETURN(std::vector<Candidate> candidates, Candidates(options, region));
  const std::string echo_name = absl::StrCat("bare gRPC echo, ", kEchoBytes, " bytes");
  candidates.insert(
      candidates.begin(),
      {echo_name, echo->server_pid(), [&echo](auto done) { echo->Call(std::move(done)); }, {}});
  for (const Candidate& candidate : candidates) {
    LoadInFlight(kInFlight, options.warm_up, candidate.server, candidate.start);
  }
  for (int round = 0; round < options.rounds; ++round) {
    for (Candidate& candidate : candidates) {
      candidate.rounds.push_back(
          LoadInFlight(kInFlight, options.slice, candidate.server, candidate.start));
    }
  }
  Report report;
  report.title = absl::StrCat("Roles over gRPC at ", kInFlight, " in flight");
  report.columns = {"call",
                    "calls/s",
                    "p50, us",
                    "p99, us",
                    "server CPU, us/call",
                    "p50 to echo (<= 3 x)",
                    "CPU to echo (<= 3 x)"};
  for (const Candidate& candidate : candidates) {
    if (Failures(candidate.rounds) > 0 || Calls(candidate.rounds) == 0) {
      return absl::InternalError(candidate.name + ": a call failed");
    }
    report.rows.push_back(RowOf(candidate, candidates.front().rounds));
  }
  report.notes = {absl::StrCat(
      "Mutual TLS, each server a process of its own, client on the same cores; figures are medians "
      "of rounds, ratios medians of the ratios within a round. ",
      region.registrations(), " registrations at ", kHospitals,
      " hospitals (taken from their agents in ",
      absl::StrFormat("%.1f s), one person in %d has a directive.",
                      absl::ToDoubleSeconds(region.announced_in()), kDirectiveEvery))};
  return report;
}

}  // namespace hie::bench

#include "tests/fault/kill_check.h"

#include <cstdlib>
#include <functional>
#include <iostream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "tests/support/region/audit_reading.h"

namespace hie::testing {
namespace {

using exchange::v1::ExchangeService;

// What a role apart may need to be reached again after it was started again.
constexpr absl::Duration kPatience = absl::Seconds(20);
constexpr absl::Duration kRest = absl::Milliseconds(50);

// Calls until the answer is another than UNAVAILABLE: nothing happened, ask again.
template <typename Answer>
Answer Persist(const std::function<Answer()>& call) {
  const absl::Time end = absl::Now() + kPatience;
  while (true) {
    Answer answer = call();
    if (!absl::IsUnavailable(answer.status()) || absl::Now() > end) return answer;
    absl::SleepFor(kRest);
  }
}

}  // namespace

ctl::Session& KillCheck::SignIn(const std::string& member, const std::string& role,
                                const std::string& purpose) {
  std::unique_ptr<ctl::Session>& session = sessions_[absl::StrCat(member, "/", role)];
  if (session == nullptr) {
    auto opened = region_.exchange().SignIn(member, "check-" + role, role, purpose);
    if (!opened.ok()) {
      std::cerr << "sign in: " << opened.status() << "\n";
      std::abort();
    }
    session = *std::move(opened);
  }
  return *session;
}

std::vector<std::string> KillCheck::FindLosses(const Since& since) {
  losses_.clear();
  counts_ = {};
  CheckRegistrations(since.registrations);
  CheckDirectives();
  CheckIntents(since.received);
  CheckChain();
  return losses_;
}

absl::StatusOr<std::string> KillCheck::EidOf(ctl::Session& session,
                                             const exchange::v1::PatientSubject& subject) {
  exchange::v1::QueryRequest request;
  *request.mutable_subject() = subject;
  request.add_classes(common::v1::CLINICAL_CLASS_ALLERGY);
  return Persist<absl::StatusOr<std::string>>([&]() -> absl::StatusOr<std::string> {
    std::string eid;
    const absl::Status status = session.Stream<ExchangeService::Query>(
        request, [&eid](const exchange::v1::QueryResponse& message) {
          if (message.has_begin()) eid = message.begin().eid();
          return true;
        });
    if (!status.ok()) return status;
    return eid;
  });
}

// Known by its own id; and the EID that was told still names the same person.
void KillCheck::CheckRegistrations(size_t from) {
  const std::vector<KillLedger::Registration> all = ledger_.registrations();
  for (size_t i = from; i < all.size(); ++i) {
    ctl::Session& physician = SignIn(all[i].member, "ed_physician", "ETREAT");
    const absl::StatusOr<std::string> by_id = EidOf(physician, all[i].subject);
    exchange::v1::PatientSubject told;
    told.set_eid(all[i].eid);
    const absl::StatusOr<std::string> by_eid = EidOf(physician, told);
    if (!by_id.ok() || !by_eid.ok() || *by_id != *by_eid) {
      Lose(absl::StrCat("registration ", i, " at ", all[i].member, ": by id ",
                        by_id.status().ToString(), ", by EID ", by_eid.status().ToString()));
      continue;
    }
    ++counts_.registrations;
  }
}

void KillCheck::CheckDirectives() {
  std::map<std::string, std::map<std::string, KillLedger::Directive>> by_subject;
  for (const auto& [id, directive] : ledger_.directives()) {
    by_subject[directive.subject.SerializeAsString()][id] = directive;
  }
  ctl::Session& officer = SignIn("hie", "privacy_officer", "PATADMIN");
  for (const auto& [key, wanted] : by_subject) {
    exchange::v1::ListDirectivesRequest request;
    *request.mutable_subject() = wanted.begin()->second.subject;
    const auto listed = Persist<absl::StatusOr<exchange::v1::ListDirectivesResponse>>(
        [&] { return officer.Call<ExchangeService::ListDirectives>(request); });
    std::map<std::string, KillLedger::DirectiveState> found;
    if (listed.ok()) {
      for (const consent::v1::Directive& directive : listed->directives()) {
        found[directive.id()] = {directive.version(), directive.status()};
      }
    }
    for (const auto& [id, directive] : wanted) {
      if (directive.acknowledged.version == 0) continue;  // Never acknowledged.
      const auto at = found.find(id);
      const bool there = at != found.end() && (at->second == directive.acknowledged ||
                                               at->second == directive.last_asked);
      if (there) {
        ++counts_.directives;
      } else {
        Lose(absl::StrCat("directive ", id, " version ", directive.acknowledged.version, ": ",
                          listed.ok() ? "not as acknowledged" : listed.status().message()));
      }
    }
  }
}

// An intent's event id begins with its query's.
KillCheck::Intents KillCheck::ReadIntents(const exchange::v1::PatientSubject& subject) {
  ctl::Session& officer = SignIn("hie", "privacy_officer", "PATADMIN");
  const auto records = Persist<absl::StatusOr<std::vector<audit::v1::AuditRecord>>>(
      [&] { return ReadAuditOf(officer, subject); });
  Intents intents;
  if (!records.ok()) {
    Lose(absl::StrCat("audit of a patient: ", records.status().message()));
    return intents;
  }
  for (const audit::v1::AuditRecord& record : *records) {
    if (record.leaf().type() != audit::v1::EVENT_TYPE_INTENT) continue;
    const std::pair<std::string, std::string> id =
        absl::StrSplit(record.leaf().event_id(), absl::MaxSplits('/', 1));
    intents[id.first].insert(record.leaf().item_ids().begin(), record.leaf().item_ids().end());
  }
  return intents;
}

void KillCheck::CheckIntents(size_t from) {
  const std::vector<KillLedger::Received> all = ledger_.received();
  std::map<std::string, Intents> by_subject;
  for (size_t i = from; i < all.size(); ++i) {
    const std::string key = all[i].subject.SerializeAsString();
    if (by_subject.count(key) == 0) by_subject[key] = ReadIntents(all[i].subject);
    const std::set<std::string>& intended = by_subject[key][all[i].query_id];
    counts_.intents += intended.size();
    counts_.clinical += all[i].clinical;
    for (const std::string& item : all[i].item_ids) {
      if (intended.count(item) == 0) {
        Lose(absl::StrCat("query ", all[i].query_id, " received an item without an intent"));
      }
      ++counts_.items;
    }
  }
}

void KillCheck::CheckChain() {
  ctl::Session& officer = SignIn("hie", "privacy_officer", "PATADMIN");
  const auto verified = Persist<absl::StatusOr<exchange::v1::VerifyAuditResponse>>(
      [&] { return officer.Call<ExchangeService::VerifyAudit>({}); });
  if (!verified.ok()) return Lose(absl::StrCat("audit: ", verified.status().message()));
  counts_.leaves = verified->leaves();
  if (verified->first_bad_sequence() != 0) {
    Lose(absl::StrCat("audit: bad at sequence ", verified->first_bad_sequence()));
  }
}

}  // namespace hie::testing

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gateway/exchange/query_reducer.h"

// A region in virtual time, for tests: roles, members with faults, a caller; and what must hold of
// every query, checked as it runs.
namespace hie::exchange {

// What a simulated member does wrong.
enum class MemberFault {
  kNone,
  kSilent,   // Accepts and never answers; nor does its port.
  kTimeout,  // The port says so at the end of the budget, with what came by then.
  kUnreachable,
  kWrongId,            // Another patient's chart, under that patient's id.
  kWrongDemographics,  // Another patient's chart, under the asked id.
  kMixedChart,         // The right patient's, with items of another.
  kNoSubject,          // Items that name nobody.
  kEmpty,
  kNoPatient,
  kUnknown,
  kTooLarge,
  kPartial,
  kRepeats,  // Every item twice.
};
inline constexpr int kMemberFaultCount = 14;

// What happens in one run.
struct Scenario {
  uint64_t seed = 0;
  int members = 3;
  int items_per_member = 6;
  int documents_per_member = 2;
  std::map<std::string, MemberFault> faults;  // By member.
  bool sensitive_member_withheld = false;     // m1 may not be named.
  bool own_record = true;
  int consent_changes = 0;  // At random moments.
  int link_changes = 0;
  std::optional<absl::Duration> audit_fails_at;
  std::optional<absl::Duration> consent_fails_at;
  std::optional<absl::Duration> caller_goes_at;
  absl::Duration role_delay_max = absl::Milliseconds(3);
  absl::Duration member_delay_max = absl::Milliseconds(120);
  absl::Duration write_delay_max = absl::Milliseconds(1);
  absl::Duration budget = absl::Seconds(1);
  std::set<std::string> only_items = {};
  std::set<std::string> only_members = {};
  bool include_superseded = false;  // Every second document is superseded.
  std::string index_only = {};      // This member pushes documents and cannot be asked.
  size_t document_bytes = 0;        // Of m2's first index entry, more than the others have.
  std::optional<LocalPatient> any_member_patient = std::nullopt;  // Is asked about, where set.
};

// What came of it.
struct Answer {
  std::optional<QueryHead> head;
  std::set<std::string> items;
  std::set<std::string> documents;
  std::map<std::string, MemberOutcome> outcomes;
  std::optional<QueryEnd> end;
  std::optional<absl::Status> status;
  absl::Duration took;
  std::vector<std::string> violations;  // Of what must always hold.
  std::vector<AuditEvent> audited;
  std::set<std::string> permitted_items;  // Right and permitted at the start.
  bool finished = false;
};

// Runs one query.
class QuerySimulator {
 public:
  explicit QuerySimulator(Scenario scenario);
  Answer Run();

 private:
  struct Due {
    absl::Time at;
    uint64_t order;
    std::function<void()> run;
    bool operator<(const Due& other) const {
      return std::pair(other.at, other.order) < std::pair(at, order);
    }
  };
  // When an item was denied and permitted, oldest first.
  using History = std::vector<std::pair<absl::Time, bool>>;

  void Build();
  void After(absl::Duration delay, std::function<void()> run);
  absl::Duration Random(absl::Duration max);
  void Tell(QueryEvent event);
  void Do(action::ResolvePerson action);
  void Do(action::SearchPersons action);
  void Do(action::LocateRecords action);
  void Do(action::DecideBatch action);
  void Do(action::AppendEvents action);
  void Do(action::ConfirmLinks action);
  void Do(action::ConfirmConsent action);
  void Do(action::AskMember action);
  void Do(action::CancelQuestion action);
  void Do(action::WriteBatch action);
  void Do(action::WriteOutcome action);
  void Do(action::WriteEnd action);
  void Do(action::NoteDisclosure action);
  void Do(action::SetTimer action);
  void Do(action::Finish action);

  void ChangeConsent();
  void ChangeLinks();
  void CheckWanted(const DecisionItem& item);
  bool Denied(const std::string& item, absl::Time at) const;
  bool AuditDown() const;
  MemberAnswer MakeAnswer(const MemberQuestion& question);
  ClinicalItem MakeItem(const std::string& id, const std::string& subject, int at) const;
  void CheckWrite(const Batch<Audited>& batch, absl::Time not_after);
  void CheckEnd();
  void Violation(const std::string& what) { answer_.violations.push_back(what); }
  void TakeWrite(std::function<void()> seen);

  Scenario scenario_;
  std::mt19937_64 random_;
  absl::Time start_ = absl::UnixEpoch() + absl::Hours(500000);
  absl::Time now_ = start_;
  uint64_t order_ = 0;
  std::priority_queue<Due> due_;
  std::shared_ptr<const DirectoryView> directory_;
  Person person_;
  Located located_;
  std::map<std::string, History> denials_;  // By item id.
  uint64_t consent_sequence_ = 1;
  uint64_t decisions_ = 0;
  std::map<std::string, std::set<std::string>> permitted_by_decision_;
  std::map<std::string, absl::Time> durable_intents_;
  std::map<std::string, std::vector<std::string>> intent_items_;
  std::map<std::string, std::pair<absl::Time, absl::Time>> fenced_;  // Token: evaluated, answered.
  std::map<LocalPatient, absl::Time> unlinked_;                      // When.
  std::set<QuestionNumber> cancelled_;
  bool caller_gone_ = false;
  bool writing_ = false;
  std::unique_ptr<QueryReducer> reducer_;
  Answer answer_;
};

}  // namespace hie::exchange

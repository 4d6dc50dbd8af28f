#include "gateway/exchange/query_simulator.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace hie::exchange {
namespace {

Demographics MakePersonDemographics(const std::string& given) {
  Demographics demographics;
  demographics.names = {{"official", "Zzyzx", {given}, ""}};
  demographics.birth_date = CivilDate{1961, 4, 2};
  demographics.sex = AdministrativeSex::kFemale;
  return demographics;
}

LocalPatient PatientAt(const std::string& authority, const std::string& id) {
  return {authority, Phi<std::string>(id), 1};
}

std::string MemberName(int i) { return absl::StrCat("m", i); }

}  // namespace

QuerySimulator::QuerySimulator(Scenario scenario)
    : scenario_(std::move(scenario)), random_(scenario_.seed) {
  Build();
}

void QuerySimulator::Build() {
  std::vector<MemberView> members;
  person_.eid = EnterpriseId("0190-person");
  person_.link_version = 1;
  for (int i = 0; i <= scenario_.members; ++i) {
    MemberView member;
    member.id = MemberId(i == 0 ? "north" : MemberName(i));
    member.name = absl::StrCat("Member ", i);
    member.standing = MemberStanding::kLive;
    FacilityView facility;
    facility.id = absl::StrCat("f", i);
    member.facilities = {facility};
    if (member.id.value() == scenario_.index_only) member.reach = MemberReach::kIndexOnly;
    const std::string authority = absl::StrCat("2.999.", i);
    member.domains = {{authority, false, false}};
    const LocalPatient patient = PatientAt(authority, absl::StrCat("p", i));
    if (i > 0 || scenario_.own_record) {
      person_.records.push_back({patient, MakePersonDemographics("Quasqueton"), {}});
    }
    if (i > 0) {
      located_.locators.push_back({patient, member.id, LocatorState::kClaimed, {facility.id}});
      for (int d = 0; d < scenario_.documents_per_member; ++d) {
        IndexEntry entry;
        entry.id = absl::StrCat("doc-", i, "-", d);
        entry.member = member.id;
        entry.patient = patient;
        entry.superseded = scenario_.include_superseded && d % 2 == 1;
        if (i == 2 && d == 0 && scenario_.document_bytes > 0) {
          entry.wire = Phi<std::string>(std::string(scenario_.document_bytes, 'x'));
        }
        located_.documents.push_back(entry);
      }
      for (int n = 0; n < scenario_.items_per_member; ++n) {
        const std::string id = absl::StrCat("item-", i, "-", n);
        if (random_() % 4 == 0) denials_[id].push_back({start_ - absl::Hours(1), true});
        if (!Denied(id, start_)) answer_.permitted_items.insert(id);
      }
    }
    members.push_back(std::move(member));
  }
  if (scenario_.sensitive_member_withheld) {
    denials_["place/m1/f1"].push_back({start_ - absl::Hours(1), true});
    denials_["doc-1-0"].push_back({start_ - absl::Hours(1), true});
    denials_["doc-1-1"].push_back({start_ - absl::Hours(1), true});
  }
  directory_ = std::make_shared<DirectoryView>(std::move(members));
}

Answer QuerySimulator::Run() {
  Query query;
  query.query_id = "q";
  query.actor.member = MemberId("north");
  query.actor.purpose = Purpose::kEtreat;
  query.budget = scenario_.budget;
  query.directory = directory_;
  if (scenario_.own_record) {
    query.subject = PatientAt("2.999.0", "p0");
  } else {
    query.subject = MakePersonDemographics("Quasqueton");
  }
  if (scenario_.any_member_patient) query.subject = AnyMemberPatient{*scenario_.any_member_patient};
  query.only_items = scenario_.only_items;
  for (const std::string& member : scenario_.only_members) query.only_members.emplace(member);
  query.include_superseded = scenario_.include_superseded;
  reducer_ = std::make_unique<QueryReducer>(std::move(query));
  for (int i = 0; i < scenario_.consent_changes; ++i) {
    After(Random(scenario_.budget / 4), [this] { ChangeConsent(); });
  }
  for (int i = 0; i < scenario_.link_changes; ++i) {
    After(Random(scenario_.budget / 4), [this] { ChangeLinks(); });
  }
  if (scenario_.caller_goes_at) {
    After(*scenario_.caller_goes_at, [this] {
      caller_gone_ = true;
      Tell(event::CallerGone{});
    });
  }
  Tell(event::Begun{});
  while (!due_.empty()) {
    Due due = due_.top();
    due_.pop();
    now_ = due.at;
    due.run();
  }
  answer_.finished = reducer_->finished();
  CheckEnd();
  return std::move(answer_);
}

void QuerySimulator::After(absl::Duration delay, std::function<void()> run) {
  due_.push({now_ + delay, ++order_, std::move(run)});
}

absl::Duration QuerySimulator::Random(absl::Duration max) {
  return absl::Microseconds(
      static_cast<int64_t>(random_() % static_cast<uint64_t>(max / absl::Microseconds(1) + 1)));
}

void QuerySimulator::Tell(QueryEvent event) {
  for (QueryAction& action : reducer_->Step(now_, std::move(event))) {
    std::visit([this](auto&& wanted) { Do(std::move(wanted)); }, std::move(action));
  }
}

void QuerySimulator::Do(action::ResolvePerson) {
  After(Random(scenario_.role_delay_max), [this] {
    Person person = person_;
    After(Random(scenario_.role_delay_max),
          [this, person] { Tell(event::PersonResolved{person}); });
  });
}

void QuerySimulator::Do(action::SearchPersons) {
  After(Random(scenario_.role_delay_max), [this] {
    SearchResult result;
    result.candidates.push_back({person_, 21000, true, {{"family", "exact", 9000}}});
    Tell(event::PersonsFound{std::move(result)});
  });
}

void QuerySimulator::Do(action::LocateRecords) {
  After(Random(scenario_.role_delay_max), [this] { Tell(event::RecordsLocated{located_}); });
}

void QuerySimulator::Do(action::DecideBatch action) {
  After(Random(scenario_.role_delay_max), [this, action = std::move(action)] {
    if (scenario_.consent_fails_at && now_ > start_ + *scenario_.consent_fails_at) {
      return Tell(event::BatchDecided{action.batch, absl::UnavailableError("down")});
    }
    DecisionSet decisions;
    decisions.decision_id = absl::StrCat("d", ++decisions_);
    decisions.token.opaque = absl::StrCat(consent_sequence_, "/", decisions_);
    std::set<std::string>& permitted = permitted_by_decision_[decisions.decision_id];
    for (const DecisionItem& item : action.items) {
      CheckWanted(item);
      if (Denied(item.id, now_)) continue;
      decisions.permits[item.id] = {};
      permitted.insert(item.id);
    }
    After(Random(scenario_.role_delay_max), [this, batch = action.batch, decisions] {
      Tell(event::BatchDecided{batch, decisions});
    });
  });
}

// What is not wanted is not decided; places are, since whether the person may be known rests on
// them.
void QuerySimulator::CheckWanted(const DecisionItem& item) {
  if (absl::StartsWith(item.id, "place/")) return;
  const auto missing = [](const std::set<std::string>& wanted, const std::string& word) {
    return !wanted.empty() && wanted.count(word) == 0;
  };
  if (missing(scenario_.only_items, item.id) ||
      missing(scenario_.only_members, item.custodian.value())) {
    Violation(absl::StrCat("decided what nobody wanted: ", item.id));
  }
}

bool QuerySimulator::AuditDown() const {
  return scenario_.audit_fails_at && now_ > start_ + *scenario_.audit_fails_at;
}

void QuerySimulator::Do(action::AppendEvents action) {
  After(Random(scenario_.role_delay_max), [this, action = std::move(action)] {
    absl::Status status;
    if (AuditDown()) status = absl::UnavailableError("disk");
    for (const AuditEvent& event : action.events) {
      if (!status.ok()) break;
      answer_.audited.push_back(event);
      if (event.kind != AuditKind::kIntent) continue;
      durable_intents_[event.event_id] = now_;
      intent_items_[event.event_id] = event.item_ids;
    }
    After(Random(scenario_.role_delay_max), [this, number = action.append, status] {
      Tell(event::EventsAppended{number, status});
    });
  });
}

void QuerySimulator::Do(action::ConfirmLinks action) {
  After(Random(scenario_.role_delay_max), [this, action] {
    const bool same = action.link_version == person_.link_version;
    After(Random(scenario_.role_delay_max), [this, action, same] {
      Tell(event::LinksConfirmed{action.batch,
                                 same ? absl::OkStatus() : absl::AbortedError("moved")});
    });
  });
}

void QuerySimulator::Do(action::ConfirmConsent action) {
  After(Random(scenario_.role_delay_max), [this, action] {
    const std::string now_token = absl::StrCat(consent_sequence_, "/");
    const bool same = absl::StartsWith(action.token.opaque, now_token);
    const absl::Time evaluated = now_;
    After(Random(scenario_.role_delay_max), [this, action, same, evaluated] {
      if (same) fenced_[action.token.opaque] = {evaluated, now_};
      Tell(event::ConsentConfirmed{action.batch,
                                   same ? absl::OkStatus() : absl::AbortedError("moved")});
    });
  });
}

ClinicalItem QuerySimulator::MakeItem(const std::string& id, const std::string& subject,
                                      int at) const {
  ClinicalItem item;
  item.id = id;
  item.subject_reference = subject;
  item.resource_type = "Condition";
  item.clinical_class = static_cast<ClinicalClass>(1 + at % 9);
  item.resource = R"({"resourceType":"Condition"})";
  return item;
}

MemberAnswer QuerySimulator::MakeAnswer(const MemberQuestion& question) {
  const auto fault = scenario_.faults.find(question.member.value());
  const MemberFault kind = fault == scenario_.faults.end() ? MemberFault::kNone : fault->second;
  const std::string number = question.member.value().substr(1);
  MemberAnswer answer;
  answer.status = MemberAnswerStatus::kComplete;
  AnsweredPatient patient;
  patient.references = {"Patient/1"};
  patient.identifiers = {{absl::StrCat("urn:oid:", question.patient.assigning_authority),
                          question.patient.id.value()}};
  patient.demographics = MakePersonDemographics("Quasqueton");
  const bool other = kind == MemberFault::kWrongId || kind == MemberFault::kWrongDemographics;
  if (kind == MemberFault::kWrongId) patient.identifiers.front().value = "other";
  if (kind == MemberFault::kWrongDemographics) {
    patient.demographics.birth_date = CivilDate{1994, 11, 27};
  }
  answer.patients = {patient};
  for (int n = 0; n < scenario_.items_per_member; ++n) {
    const std::string id = absl::StrCat(other ? "wrong-" : "item-", number, "-", n);
    answer.items.push_back(MakeItem(id, "Patient/1", n));
  }
  switch (kind) {
    case MemberFault::kMixedChart: {
      AnsweredPatient second = patient;
      second.references = {"Patient/2"};
      second.identifiers.front().value = "other";
      answer.patients.push_back(second);
      answer.items.push_back(MakeItem(absl::StrCat("wrong-", number), "Patient/2", 0));
      break;
    }
    case MemberFault::kNoSubject:
      answer.items.push_back(MakeItem(absl::StrCat("wrong-", number), "", 0));
      break;
    case MemberFault::kEmpty:
      answer.items.clear();
      break;
    case MemberFault::kNoPatient:
      answer.patients.clear();
      break;
    case MemberFault::kRepeats:
      answer.items.insert(answer.items.end(), answer.items.begin(), answer.items.end());
      break;
    case MemberFault::kUnknown:
      return {MemberAnswerStatus::kPatientUnknown, {}, {}};
    case MemberFault::kUnreachable:
      return {MemberAnswerStatus::kUnreachable, {}, {}};
    case MemberFault::kTooLarge:
      answer.status = MemberAnswerStatus::kTooLarge;
      break;
    case MemberFault::kPartial:
      answer.status = MemberAnswerStatus::kPartial;
      break;
    case MemberFault::kTimeout:
      answer.status = MemberAnswerStatus::kTimeout;
      break;
    default:
      break;
  }
  return answer;
}

void QuerySimulator::Do(action::AskMember action) {
  const MemberQuestion& question = action.member_question;
  if (scenario_.sensitive_member_withheld && scenario_.consent_changes == 0 &&
      question.member == MemberId("m1")) {
    Violation("a member that may not be named was asked");
  }
  const auto fault = scenario_.faults.find(question.member.value());
  const MemberFault kind = fault == scenario_.faults.end() ? MemberFault::kNone : fault->second;
  if (kind == MemberFault::kSilent) return;
  const absl::Duration delay =
      kind == MemberFault::kTimeout ? question.budget : Random(scenario_.member_delay_max);
  After(delay, [this, number = action.question, answer = MakeAnswer(question)] {
    // Cancelling is advice: half the ports still answer.
    if (cancelled_.count(number) != 0 && number % 2 == 0) return;
    Tell(event::MemberAnswered{number, answer});
  });
}

void QuerySimulator::Do(action::CancelQuestion action) { cancelled_.insert(action.question); }

void QuerySimulator::TakeWrite(std::function<void()> seen) {
  if (writing_) Violation("two writes at a time");
  if (answer_.status) Violation("a write after the end");
  writing_ = true;
  After(Random(scenario_.write_delay_max), [this, seen = std::move(seen)] {
    writing_ = false;
    const bool taken = !caller_gone_ && !answer_.status;
    if (taken) seen();
    Tell(event::Written{taken, 1, "sha"});
  });
}

void QuerySimulator::Do(action::WriteBatch action) {
  if (now_ > action.not_after) {
    return After(absl::ZeroDuration(), [this] { Tell(event::WriteTooLate{}); });
  }
  CheckWrite(*action.batch, action.not_after);
  if (action.head) {
    if (answer_.head) Violation("two beginnings");
    answer_.head = action.head;
  } else if (!answer_.head) {
    Violation("something before the beginning");
  }
  std::vector<std::string> items;
  std::vector<std::string> documents;
  for (const PermittedEntry& permitted : action.batch->Permitted()) {
    if (action.batch->kind() == BatchKind::kItems) items.push_back(permitted.entry->subject.id);
    if (action.batch->kind() == BatchKind::kIndex) documents.push_back(permitted.entry->subject.id);
  }
  TakeWrite([this, items, documents] {
    for (const std::string& id : items) {
      if (!answer_.items.insert(id).second) Violation("an item twice");
    }
    answer_.documents.insert(documents.begin(), documents.end());
  });
}

void QuerySimulator::Do(action::WriteOutcome action) {
  TakeWrite([this, outcome = std::move(action.outcome)] {
    if (answer_.end) Violation("an outcome after the end");
    if (!answer_.outcomes.emplace(outcome.member.value(), outcome).second) {
      Violation("two outcomes of one member");
    }
  });
}

void QuerySimulator::Do(action::WriteEnd action) {
  TakeWrite([this, end = action.end] { answer_.end = end; });
}

void QuerySimulator::Do(action::NoteDisclosure) {}

void QuerySimulator::Do(action::SetTimer action) {
  After(action.at - now_, [this, timer = action.timer] { Tell(event::TimerFired{timer}); });
}

void QuerySimulator::Do(action::Finish action) {
  if (answer_.status) Violation("two ends of the stream");
  answer_.status = action.status;
  answer_.took = now_ - start_;
}

bool QuerySimulator::Denied(const std::string& item, absl::Time at) const {
  const auto history = denials_.find(item);
  bool denied = false;
  if (history == denials_.end()) return denied;
  for (const auto& [when, state] : history->second) {
    if (when <= at) denied = state;
  }
  return denied;
}

void QuerySimulator::ChangeConsent() {
  const int member = 1 + static_cast<int>(random_() % static_cast<uint64_t>(scenario_.members));
  const std::string item =
      random_() % 5 == 0
          ? absl::StrCat("place/m", member, "/f", member)
          : absl::StrCat("item-", member, "-",
                         random_() % static_cast<uint64_t>(scenario_.items_per_member));
  denials_[item].push_back({now_, !Denied(item, now_)});
  ++consent_sequence_;
}

void QuerySimulator::ChangeLinks() {
  ++person_.link_version;
  if (random_() % 2 != 0 || person_.records.size() <= 2) return;
  unlinked_[person_.records.back().patient] = now_;
  person_.records.pop_back();
}

// What must hold of everything that leaves.
void QuerySimulator::CheckWrite(const Batch<Audited>& batch, absl::Time not_after) {
  const auto intent = durable_intents_.find(batch.intent_event_id());
  if (intent == durable_intents_.end()) return Violation("a write without a durable intent");
  std::vector<std::string> ids;
  for (const PermittedEntry& permitted : batch.Permitted()) {
    ids.push_back(permitted.entry->subject.id);
  }
  if (ids != intent_items_[batch.intent_event_id()]) Violation("a write that is not the intent's");
  const bool named =
      batch.kind() != BatchKind::kItems ||
      (answer_.head && std::count(answer_.head->expected.begin(), answer_.head->expected.end(),
                                  batch.source().member) == 1);
  if (!named) Violation("items of a member that was not named");
  if (batch.token().opaque.empty()) return;
  const auto fence = fenced_.find(batch.token().opaque);
  if (fence == fenced_.end()) return Violation("a write without a fence");
  const auto [evaluated, answered] = fence->second;
  if (evaluated < intent->second) Violation("a fence before its intent");
  if (not_after > answered + kFenceLife || now_ > not_after) Violation("a write after its fence");
  for (const LocalPatient& patient : batch.source().patients) {
    // Links were confirmed before consent was, by an answer and a question at most.
    const auto unlinked = unlinked_.find(patient);
    if (unlinked != unlinked_.end() && batch.kind() != BatchKind::kBegin &&
        unlinked->second < evaluated - 2 * scenario_.role_delay_max) {
      Violation("something of a record that is another person's by now");
    }
  }
  for (const std::string& id : ids) {
    if (absl::StartsWith(id, "wrong")) Violation("another patient's item left");
    if (permitted_by_decision_[batch.decision_id()].count(id) == 0) {
      Violation("an item without a permit left");
    }
    if (Denied(id, evaluated)) Violation("a release began after a revocation was acknowledged");
  }
}

// What must hold of every answer as a whole.
void QuerySimulator::CheckEnd() {
  if (!answer_.status) return Violation("no end of the stream");
  if (!answer_.finished) Violation("not finished though nothing is under way");
  if (answer_.took > scenario_.budget + absl::Milliseconds(50)) Violation("later than the budget");
  if (answer_.status->ok() != answer_.end.has_value())
    Violation("an end without OK, or OK without");
  if (answer_.end) {
    std::set<std::string> expected;
    for (const MemberId& member : answer_.head->expected) expected.insert(member.value());
    std::set<std::string> told;
    for (const auto& [member, outcome] : answer_.outcomes) told.insert(member);
    if (expected != told) Violation("not one outcome per expected member");
  }
  if (scenario_.audit_fails_at) return;
  std::map<std::string, int> outcomes;
  for (const AuditEvent& event : answer_.audited) {
    if (event.kind == AuditKind::kOutcome) ++outcomes[event.intent_event_id];
  }
  for (const auto& [intent, when] : durable_intents_) {
    if (outcomes[intent] != 1) Violation("an intent without exactly one outcome");
  }
}

}  // namespace hie::exchange

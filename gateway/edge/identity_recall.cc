#include "gateway/edge/identity_recall.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "services/common/crypto/hash.h"

namespace hie::edge {
namespace {

constexpr absl::string_view kNotice = "recall";
constexpr absl::string_view kAcknowledged = "recalled";
constexpr size_t kMemberDigits = 24;
constexpr int kItemsShownMax = 1000;

// A member's name may be longer than an event id.
std::string EventId(absl::string_view kind, uint64_t sequence, const std::string& member) {
  return absl::StrCat(kind, "/", sequence, "/", crypto::Sha256Hex(member).substr(0, kMemberDigits));
}

uint64_t SequenceOf(absl::string_view kind, absl::string_view event_id) {
  const std::vector<absl::string_view> parts = absl::StrSplit(event_id, '/');
  uint64_t sequence = 0;
  if (parts.size() != 3 || parts[0] != kind || !absl::SimpleAtoi(parts[1], &sequence)) return 0;
  return sequence;
}

bool IsHolder(const common::v1::LocalPatient& wanted, const common::v1::LocalPatient& held) {
  return wanted.assigning_authority() == held.assigning_authority() && wanted.id() == held.id() &&
         (wanted.incarnation() == 0 || wanted.incarnation() == held.incarnation());
}

}  // namespace

std::string RecallEventId(uint64_t sequence, const std::string& member) {
  return EventId(kNotice, sequence, member);
}

std::string RecallAcknowledgedEventId(uint64_t sequence, const std::string& member) {
  return EventId(kAcknowledged, sequence, member);
}

uint64_t RecallOf(const audit::v1::Leaf& leaf) { return SequenceOf(kNotice, leaf.event_id()); }

uint64_t RecallAcknowledgedOf(const audit::v1::Leaf& leaf) {
  return SequenceOf(kAcknowledged, leaf.event_id());
}

std::vector<mpi::v1::MovedRecord> PartedBy(const mpi::v1::LinkEvent& event) {
  std::set<std::string> retired;
  for (const mpi::v1::PersonChange& person : event.persons()) {
    if (person.fate() == mpi::v1::PERSON_FATE_RETIRED) retired.insert(person.eid());
  }
  std::map<std::string, std::set<std::string>> went;
  for (const mpi::v1::MovedRecord& moved : event.moved()) {
    went[moved.from_eid()].insert(moved.to_eid());
  }
  std::vector<mpi::v1::MovedRecord> parted;
  for (const mpi::v1::MovedRecord& moved : event.moved()) {
    const std::string& from = moved.from_eid();
    if (from.empty()) continue;  // A new record was with nobody.
    if (retired.count(from) > 0 || went[from].size() > 1) parted.push_back(moved);
  }
  return parted;
}

bool DecidedDifferent(const mpi::v1::LinkEvent& event, const common::v1::LocalPatient& first,
                      const common::v1::LocalPatient& second) {
  return std::any_of(event.decisions().begin(), event.decisions().end(), [&](const auto& change) {
    const bool pair = (IsHolder(first, change.first()) && IsHolder(second, change.second())) ||
                      (IsHolder(first, change.second()) && IsHolder(second, change.first()));
    return pair && change.has_after() && !change.after().same_person();
  });
}

bool Unmerged(const mpi::v1::LinkEvent& event, const common::v1::LocalPatient& patient) {
  return std::any_of(event.standings().begin(), event.standings().end(), [&](const auto& change) {
    return change.kind() == mpi::v1::STANDING_KIND_UNMERGED && IsHolder(patient, change.patient());
  });
}

int64_t TogetherSince(const mpi::v1::LinkEvent& event, const mpi::v1::LinkEvent* undone,
                      const std::vector<mpi::v1::LinkEvent>& history) {
  if (undone != nullptr) return undone->micros();
  // By the person that each part went to: when the first of its records had come.
  std::map<std::string, int64_t> came;
  for (const mpi::v1::MovedRecord& moved : event.moved()) {
    if (moved.from_eid().empty()) continue;
    int64_t last = 0;
    for (const mpi::v1::LinkEvent& earlier : history) {
      if (earlier.sequence() >= event.sequence()) continue;
      for (const mpi::v1::MovedRecord& joined : earlier.moved()) {
        const bool same =
            joined.patient().assigning_authority() == moved.patient().assigning_authority() &&
            joined.patient().id() == moved.patient().id() &&
            joined.patient().incarnation() == moved.patient().incarnation();
        if (same && joined.to_eid() == moved.from_eid()) last = std::max(last, earlier.micros());
      }
    }
    const auto [at, added] = came.emplace(moved.to_eid(), last);
    if (!added) at->second = std::min(at->second, last);
  }
  std::vector<int64_t> times;
  for (const auto& [eid, micros] : came) times.push_back(micros);
  std::sort(times.begin(), times.end());
  if (times.empty() || times.front() == 0) return 0;
  return times.size() == 1 ? times[0] : times[1];
}

void RecallFinder::Take(const audit::v1::Leaf& leaf) {
  if (RecallOf(leaf) == sequence_) noticed_.insert(leaf.custodian());
  if (RecallAcknowledgedOf(leaf) == sequence_) {
    acknowledged_[leaf.member()] = {leaf.time_micros(), leaf.user()};
  }
  if (leaf.time_micros() < since_micros_) return;
  if (leaf.type() == audit::v1::EVENT_TYPE_INTENT) intents_.emplace(leaf.event_id(), leaf);
  if (leaf.type() == audit::v1::EVENT_TYPE_OUTCOME &&
      leaf.outcome() == audit::v1::RELEASE_OUTCOME_NOT_RELEASED) {
    not_released_.insert(leaf.intent_event_id());
  }
}

std::vector<exchange::v1::Recall> RecallFinder::Recalls() const {
  std::map<std::string, exchange::v1::Recall> by_member;
  std::map<std::string, std::set<std::string>> items;
  for (const auto& [event_id, leaf] : intents_) {
    if (not_released_.count(event_id) > 0) continue;
    exchange::v1::Recall& recall = by_member[leaf.member()];
    recall.set_member(leaf.member());
    recall.set_last_release_micros(std::max(recall.last_release_micros(), leaf.time_micros()));
    items[leaf.member()].insert(leaf.item_ids().begin(), leaf.item_ids().end());
  }
  std::vector<exchange::v1::Recall> recalls;
  for (auto& [member, recall] : by_member) {
    for (const std::string& item : items[member]) {
      if (recall.item_ids_size() < kItemsShownMax) recall.add_item_ids(item);
    }
    const auto at = acknowledged_.find(member);
    if (at != acknowledged_.end()) {
      recall.set_acknowledged_micros(at->second.micros);
      recall.set_acknowledged_by(at->second.user);
    }
    recalls.push_back(std::move(recall));
  }
  return recalls;
}

}  // namespace hie::edge

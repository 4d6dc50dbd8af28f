#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "hie/audit/v1/audit.pb.h"
#include "hie/exchange/v1/identity.pb.h"
#include "hie/mpi/v1/review.pb.h"

// Recalls as the audit keeps them: a notice is a safety leaf whose custodian is the member that
// received, its acknowledgement a leaf of that member.  The event's sequence and the member stand
// in their event ids, so that neither is recorded twice.
namespace hie::edge {

// Items that a notice names at most.
inline constexpr int kRecallItemsMax = 256;

std::string RecallEventId(uint64_t sequence, const std::string& member);
std::string RecallAcknowledgedEventId(uint64_t sequence, const std::string& member);

// The event of a notice, or of an acknowledgement; 0: the leaf is none.
uint64_t RecallOf(const audit::v1::Leaf& leaf);
uint64_t RecallAcknowledgedOf(const audit::v1::Leaf& leaf);

// Returns the moves by which an event parted records: those out of a person that it retired, or
// whose records went to two or more persons.  None: it parted nobody, as a mere link or merge.
std::vector<mpi::v1::MovedRecord> PartedBy(const mpi::v1::LinkEvent& event);

// Tells whether an event decided that two records are of different persons.  A patient without
// incarnation is any holder of the id.
bool DecidedDifferent(const mpi::v1::LinkEvent& event, const common::v1::LocalPatient& first,
                      const common::v1::LocalPatient& second);

// Tells whether an event took back that `patient` was merged by its source.
bool Unmerged(const mpi::v1::LinkEvent& event, const common::v1::LocalPatient& patient);

// Finds since when the records that an event moved had been together: where it took back another
// event, `undone` says when that was.  Else the time at which the second of the parts came to the
// person that the event divided; `history` are the earlier events about that person.  Where neither
// tells it is 0: since ever.
int64_t TogetherSince(const mpi::v1::LinkEvent& event, const mpi::v1::LinkEvent* undone,
                      const std::vector<mpi::v1::LinkEvent>& history);

// Finds who received items of the affected records since.
class RecallFinder {
 public:
  RecallFinder(uint64_t sequence, int64_t since_micros)
      : sequence_(sequence), since_micros_(since_micros) {}

  // Takes a leaf that concerns an affected record; in any order, also several times.
  void Take(const audit::v1::Leaf& leaf);

  // By member.  An intent without an outcome counts as a release.
  std::vector<exchange::v1::Recall> Recalls() const;
  bool Noticed(const std::string& member) const { return noticed_.count(member) > 0; }

 private:
  struct Acknowledged {
    int64_t micros = 0;
    std::string user;
  };

  const uint64_t sequence_;
  const int64_t since_micros_;
  std::map<std::string, audit::v1::Leaf> intents_;  // By event id.
  std::set<std::string> not_released_;              // Event ids of intents.
  std::set<std::string> noticed_;                   // Members.
  std::map<std::string, Acknowledged> acknowledged_;
};

}  // namespace hie::edge

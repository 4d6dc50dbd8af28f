#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/edge/edge_services.h"
#include "hie/exchange/v1/identity.pb.h"
#include "hie/mpi/v1/review.pb.h"

namespace hie::edge {

// Who is told what was gathered.
enum class Told {
  kCaller,  // Whose reading is on record first.
  kNobody,  // Notices alone are given.
};

// Records that an event parted, and since when they had been together.
struct Parting {
  uint64_t sequence = 0;
  int64_t since_micros = 0;
  std::vector<common::v1::LocalPatient> affected;
  Told told = Told::kCaller;
};

// The event to which somebody's word led.
struct CausedEvent {
  uint64_t sequence = 0;  // 0: the index did not say.
  // Then: the last event that names `eid`, a person afterwards, and that fits.
  std::string eid = {};
  std::function<bool(const mpi::v1::LinkEvent&)> fits = nullptr;
};

// Gathers what is to be looked at after `parting`: what was filed since (registry), and who
// received items of these records since (audit).  Each of these members that has no notice yet is
// given one, in the operator's name; notices and the reading are durable before the answer.
//
// UNAVAILABLE: a role does not answer.
void GatherFallout(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                   Parting parting, Answer<exchange::v1::IdentityFallout> answer);

// Finds what the event `sequence` parted and gathers what is to be looked at after it.
//
// INVALID_ARGUMENT: `sequence` is 0.  NOT_FOUND: no such event.  FAILED_PRECONDITION: it parted
// nobody; no notice is given.  UNAVAILABLE: a role does not answer.
void GatherFalloutOf(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                     uint64_t sequence, Answer<exchange::v1::IdentityFallout> answer);

// Gives the notices that follow from an event, where it parted anybody, once its cause is durable.
// Returns at once, to be called before the cause is answered, and never fails: what keeps it from
// that is logged as `fallout-not-gathered` with the event's sequence (0: it was not found) and the
// request's id, for GetFallout to be asked.  Works within the call's time.
void GiveNoticeAfter(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                     CausedEvent caused);

}  // namespace hie::edge

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "gateway/edge/edge_services.h"
#include "hie/exchange/v1/identity.pb.h"

namespace hie::edge {

// Records that an event parted, and since when they had been together.
struct Parting {
  uint64_t sequence = 0;
  int64_t since_micros = 0;
  std::vector<common::v1::LocalPatient> affected;
};

// Gathers what is to be looked at after `parting`: what was filed since (registry), and who
// received items of these records since (audit).  Each of these members that has no notice yet is
// given one; notices and the reading are durable before the answer.
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

}  // namespace hie::edge

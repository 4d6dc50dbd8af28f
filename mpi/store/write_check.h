#pragma once

#include "absl/status/status.h"
#include "services/common/storage/kv_store.h"

namespace hie::mpi {

// Checks that the changes of one command keep what must hold of persons, before they are written.
//
// Every record that is written, or that a written person gains or loses, is listed by exactly the
// person that its row names, among the tombstones if it is one; persons that are active have
// records, others have none; redirects take one step, to a row that lists them; no cannot-link is
// inside a person that grew.  `state` must be sound: what the changes leave alone is not looked at
// (CheckInvariants looks at all).
//
// INTERNAL: they break it, named without patient data; nothing may be written then.  DATA_LOSS:
// stored bytes are bad.  Deterministic.  Cost: a point read for each written person and record, two
// where a person is not written with its record, and a scan of the decisions of each record that
// joins others.
absl::Status CheckWrite(const KvReader& state, const WriteBatch& changes);

}  // namespace hie::mpi

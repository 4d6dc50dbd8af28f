#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "mpi/score/model.h"
#include "mpi/store/mpi_edit.h"

// Changes of persons that keep every invariant of `invariants.h`.
namespace hie::mpi {

// Makes a person of a fresh EID hold `records`, whose rows exist.  Returns the EID.
absl::StatusOr<std::string> MakePerson(MpiEdit& edit, const std::vector<RecordNumber>& records);

// Adds a record without a person to an active person.
absl::Status AddToPerson(MpiEdit& edit, const std::string& eid, RecordNumber record);

// Merges two active persons: the older EID survives, the other and its aliases redirect to it.
// Possible links within the merged person end.  Returns the surviving EID; equal EIDs: nothing is
// done.
absl::StatusOr<std::string> MergePersons(MpiEdit& edit, const std::string& a, const std::string& b);

// Retires an active person: its records go to two persons of fresh EIDs, `first` to the first.
absl::Status SplitPerson(MpiEdit& edit, const std::string& eid,
                         const std::vector<RecordNumber>& first,
                         const std::vector<RecordNumber>& second);

// Tells whether a cannot-link decision stands between records of the two persons.
absl::StatusOr<bool> CannotLinkBetween(const MpiReader& reader, const v1::PersonRow& a,
                                       const v1::PersonRow& b);

// Tells whether the two may merge by themselves: Thresholds::merge, no veto, no cannot-link.
absl::StatusOr<bool> MayMergePersons(const MpiReader& reader, const std::string& a,
                                     const std::string& b, const Model& model);

// Ends every possible link between records of the two persons and touches both, if any ended.
absl::Status EndPossibleLinksBetween(MpiEdit& edit, const std::string& a, const std::string& b);

}  // namespace hie::mpi

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "hie/registry/v1/registry_state.pb.h"
#include "services/common/patient/local_patient.h"
#include "services/common/storage/kv_store.h"
#include "services/registry/registry_store.h"
#include "services/registry/submission.h"

namespace hie::registry {

// Tables, and what their keys are made of.
inline constexpr absl::string_view kSetTable = "set";                      // set id
inline constexpr absl::string_view kSetByPatientTable = "set_by_patient";  // patient, newest, id

// Submission sets, newest first.
struct FoundSets {
  std::vector<SubmissionSet> sets;
  Completeness completeness = Completeness::kAll;
};

// Rows of submission sets, over one state of the store.  Borrows `state`.  Every read: DATA_LOSS
// where stored bytes are bad.
class SetStore {
 public:
  explicit SetStore(const KvReader& state) : state_(state) {}

  // The row without a resource that stands apart.
  absl::StatusOr<std::optional<v1::SubmissionSetRow>> Row(const std::string& id) const;

  // The set with its resource.
  absl::StatusOr<std::optional<SubmissionSet>> WholeSet(const std::string& id) const;

  // Returns the newest `limit` sets of the patients: by time of submission, then by id.  Resources
  // as in RegistryStore::FindDocuments.
  absl::StatusOr<FoundSets> FindSets(const std::vector<LocalPatient>& patients, size_t limit) const;

  // Writes a set that was filed.
  static void Write(const SubmissionSet& set, const std::string& set_sha256,
                    const v1::SubmitResponse& response, WriteBatch& changes);

 private:
  const KvReader& state_;
};

}  // namespace hie::registry

#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "hie/registry/v1/registry_service.pb.h"
#include "services/registry/filing.h"
#include "services/registry/submission.h"

namespace hie::registry {

// The registry as a list of everything that was ever filed, from which each answer is computed
// anew: the oracle of the property test.  Refusals have the right code, and begin with the word.
class NaiveRegistry {
 public:
  absl::StatusOr<v1::SubmitResponse> Submit(const v1::SubmitRequest& request, absl::Time now);
  absl::StatusOr<v1::SetDocumentStatusResponse> SetStatus(
      const v1::SetDocumentStatusRequest& request, absl::Time now);
  v1::FindResponse Find(const v1::FindRequest& request) const;
  v1::FindSubmissionSetsResponse FindSets(const v1::FindSubmissionSetsRequest& request) const;

 private:
  struct Asserted {
    LocatorKey key;
    LocatorState state;
    std::string facility;
    absl::Time when;
  };
  struct Answered {
    std::string body;
    v1::SubmitResponse response;
  };
  using Key = std::pair<std::string, std::string>;  // Member, and an id within it.

  static Key KeyOf(const DocumentEntry& document) {
    return {document.member.value(), document.unique_id};
  }

  absl::Status FileDocument(const Submission& submission, DocumentEntry document, absl::Time now,
                            v1::SubmitResponse& response);
  absl::Status Relate(const Submission& submission, const Key& key, v1::SubmitResponse& response);
  void LinkEarlier(const Submission& submission, const Key& key);
  absl::Status FileSet(const Submission& submission, SubmissionSet set, absl::Time now,
                       v1::SubmitResponse& response);
  bool IsOnACircle(const Key& key) const;
  bool IsReplaced(const Key& key) const;
  DocumentStatus StatusOf(const Key& key) const;
  // Says what each document looks like now; what changed is a new version.
  void Publish(absl::Time now);
  std::map<LocatorKey, LocatorEntry> Locators() const;

  std::map<Key, DocumentEntry> said_;    // As filed; status and availability as last said.
  std::set<Key> related_;                // Whose relations are taken.
  std::set<std::pair<Key, Key>> links_;  // From, to.
  std::map<Key, DocumentEntry> shown_;
  std::vector<Asserted> asserted_;
  std::map<Key, Answered> answered_;
  std::map<Key, Answered> answered_sets_;
  std::vector<SubmissionSet> sets_;
};

}  // namespace hie::registry

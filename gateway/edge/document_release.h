#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "gateway/edge/edge_services.h"
#include "gateway/exchange/batch.h"
#include "gateway/exchange/person.h"
#include "gateway/exchange/query_wire.h"
#include "hie/registry/v1/registry.pb.h"

namespace hie::edge {

// The document may be shown to anybody: its custodian takes part, it is not withdrawn, and it is of
// a record of the person.
bool MayBeShown(const registry::v1::DocumentEntry& document, const exchange::Person& person,
                const exchange::DirectoryView& view);

// Releases metadata of documents of one person as a query releases them: decided with RETRIEVE per
// custodian, the intent durable, links and then consent fenced, the outcome recorded.
class DocumentRelease : public std::enable_shared_from_this<DocumentRelease> {
 public:
  // Given the entry ids that may leave, adds them to the answer and returns what was added,
  // serialised: the whole answer, or its part of one custodian.
  using Show = std::function<std::string(const std::set<std::string>& permitted)>;

  struct Options {
    std::shared_ptr<rpc::CallContext> context;
    std::string session_id;
    std::string word;  // What was done, for the audit: document, submission-sets.
    exchange::Person person;
    std::vector<registry::v1::DocumentEntry> documents;  // At most 1,000.
    std::string asked_id;  // What was asked for by id, for the audit; empty: nothing was.
  };

  // `done` once: OK after Show was called for each custodian of which anything is permitted (none:
  // not at all); ABORTED: consent or identity moved, nothing was shown of it.  What was asked is on
  // record, a refusal too.
  static void Start(EdgeServices& services, Options options, Show show,
                    std::function<void(absl::Status)> done);

 private:
  // The documents of one record at one custodian.
  struct Part {
    std::optional<exchange::Batch<exchange::Undecided>> undecided;
    std::optional<exchange::Batch<exchange::Decided>> decided;
    std::optional<exchange::Batch<exchange::Audited>> audited;
    std::string intent_id;
    bool fenced = false;
  };

  DocumentRelease(EdgeServices& services, Options options, Show show,
                  std::function<void(absl::Status)> done);

  absl::Status Gather(const exchange::DirectoryView& view,
                      const std::vector<registry::v1::DocumentEntry>& documents);
  void DecideAll();
  void Decide(size_t at);
  void RecordAll();
  exchange::AuditEvent IntentOf(const Part& part) const;
  void FenceAll();
  void Fence();
  void ConfirmConsent(size_t at);
  void Respond();
  void NoteDisclosure(const std::set<std::string>& custodians);
  void StepDone(const absl::Status& status, void (DocumentRelease::*next)());

  EdgeServices& services_;
  const std::shared_ptr<rpc::CallContext> context_;
  const exchange::Asker asker_;
  const std::string word_;
  const exchange::Person person_;
  const Show show_;
  const std::function<void(absl::Status)> done_;
  const std::string id_;
  const std::string asked_id_;
  // Each is touched by its own step only, until the last step of a stage is done.
  std::vector<Part> parts_;
  Mutex mutex_;
  size_t pending_ HIE_GUARDED_BY(mutex_) = 0;
  absl::Status failure_ HIE_GUARDED_BY(mutex_);
};

}  // namespace hie::edge

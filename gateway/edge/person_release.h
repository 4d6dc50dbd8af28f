#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/edge/edge_services.h"
#include "gateway/exchange/batch.h"
#include "gateway/exchange/person.h"
#include "gateway/exchange/query_wire.h"

namespace hie::edge {

// A person whose release has begun: what of it the caller may know.
struct VisiblePerson {
  size_t at = 0;  // Its place among the persons that were given.
  const exchange::Person* person = nullptr;
  std::vector<const exchange::Record*> records;  // Whose ids the caller may read; in use or not.
  bool all_places = false;                       // Every place that holds records may be named.
};

// Releases persons that a search found.  What is shown of them is released like anything else: per
// person the places are decided with LOCATE, the intent is durable, the fence confirmed, the
// outcome recorded.
//
// A person of whom no place may be named, and of whom the caller's member has no record, is left
// out.  One who moves between decision and fence ends all with ABORTED: left out in silence it
// would look as if nobody had been found.
class PersonRelease : public std::enable_shared_from_this<PersonRelease> {
 public:
  // Adds the person to the answer and returns what was added, serialised; nullopt: nothing of it
  // is told.  Called for each visible person in the order given, one at a time.
  using Show = std::function<std::optional<std::string>(const VisiblePerson&)>;

  // Reads what Show needs of a visible person, before anything is on record; it may be called for
  // several at a time.
  using Prepare =
      std::function<void(const VisiblePerson& visible, std::function<void(absl::Status)> next)>;

  struct Options {
    std::shared_ptr<rpc::CallContext> context;
    std::shared_ptr<const exchange::DirectoryView> view;
    std::string word;       // What was done, for the audit: find, search, cross-reference.
    bool too_many = false;  // Said in the audit; nobody is given then.
    std::vector<exchange::Person> persons;
    Prepare prepare = nullptr;  // Null: nothing is read.
  };

  // `done` once: OK after every Show; else nothing was shown.  The search is on record either way.
  static void Start(EdgeServices& services, Options options, Show show,
                    std::function<void(absl::Status)> done);

 private:
  // One person on its way.
  struct Found {
    size_t at = 0;
    exchange::Person person;
    size_t places = 0;
    std::vector<exchange::PlaceEntry> permitted;
    std::optional<exchange::Batch<exchange::Decided>> decided;
    std::optional<exchange::Batch<exchange::Audited>> audited;
    std::string intent_id;
    bool fenced = false;
  };

  PersonRelease(EdgeServices& services, Options options, Show show,
                std::function<void(absl::Status)> done);

  void LocateAll();
  void Locate(size_t at);
  void Decide(size_t at, const exchange::Located& located);
  void PrepareAll();
  void RecordAll();
  void FenceAll();
  void ConfirmConsent(size_t at);
  void Respond();
  // One of the steps that run beside one another is done; the last one goes on with `next`.
  void StepDone(const absl::Status& status, void (PersonRelease::*next)());
  VisiblePerson Visible(const Found& found) const;

  EdgeServices& services_;
  const std::shared_ptr<rpc::CallContext> context_;
  const std::shared_ptr<const exchange::DirectoryView> view_;
  const exchange::Asker asker_;
  const std::string word_;
  const bool too_many_;
  const Prepare prepare_;
  const Show show_;
  const std::function<void(absl::Status)> done_;
  const std::string id_;
  // Each is touched by its own step only, until the last step of a stage is done.
  std::vector<Found> found_;
  Mutex mutex_;
  size_t pending_ HIE_GUARDED_BY(mutex_) = 0;
  absl::Status failure_ HIE_GUARDED_BY(mutex_);
};

// The record of which names and birth date are shown: the caller's own, else the first that the
// caller may read, ids in use before others; null: none.
const exchange::Record* BestRecord(const VisiblePerson& visible,
                                   const exchange::DirectoryView& view, const MemberId& caller);

// The person as the caller may see it, ids of `domains` only (empty: of all).
exchange::v1::PatientView ShowPatient(const VisiblePerson& visible,
                                      const exchange::DirectoryView& view, const MemberId& caller,
                                      const std::vector<std::string>& domains);

}  // namespace hie::edge

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/fhir/call.h"
#include "gateway/fhir/reading.h"
#include "hie/exchange/v1/exchange_service.pb.h"
#include "services/common/base/mutex.h"

namespace hie::fhir {

inline constexpr size_t kSessionsRememberedMax = 10'000;

// The break-glass sessions that FHIR clients have declared (PRACTICE 6).
//
// A client declares an emergency in its signed assertion, once; its requests then share one
// session per person.  Nothing is decided here: the exchange opens the session or refuses, and
// looks at it again at every release.  What is remembered is only which session a declaration
// opened, until it expires.  Thread-safe; held by shared_ptr.
class BreakGlassSessions : public std::enable_shared_from_this<BreakGlassSessions> {
 public:
  using Done = std::function<void(absl::StatusOr<std::string>)>;

  // Gives the session under which `call` asks about `subject`; empty where the caller declared no
  // emergency, or asks for another purpose than BTG and ETREAT.  A session that the assertion
  // names is used as it is.  Otherwise the exchange's refusals; INVALID_ARGUMENT: a reason that is
  // none.  `done` once, on any thread.
  void With(const std::shared_ptr<Call>& call, const exchange::v1::PatientSubject& subject,
            Done done);

  // The session under which `call` reads one thing by its id, which does not name the person: what
  // the assertion names, else the one that the same declaration opened last, by a search.  Opens
  // none; 400 where there is none yet.  Empty as above.
  Reading<std::string> Known(const Call& call);

 private:
  struct Session {
    std::string id;           // Empty: being opened.
    std::string declaration;  // Who declared what, whoever it is about.
    absl::Time expires = absl::InfiniteFuture();
    std::vector<Done> waiting;
  };
  bool Remembered(const std::string& key, const std::string& declaration, absl::Time now,
                  Done& done);
  void Opened(const std::string& key,
              absl::StatusOr<exchange::v1::OpenBreakGlassResponse> response);
  void Forget(absl::Time now) HIE_REQUIRES(mutex_);

  Mutex mutex_;
  absl::flat_hash_map<std::string, Session> sessions_ HIE_GUARDED_BY(mutex_);
};

}  // namespace hie::fhir

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "services/common/base/mutex.h"
#include "tests/bench/door_region.h"

namespace hie::testing {

// What clients of the HL7 v2 and FHIR doors were told, kept where no kill reaches it.  Thread-safe.
class DoorLedger {
 public:
  // A patient of north, as the last acknowledged message has them.
  struct FedPatient {
    bench::DoorPatient patient;
    size_t messages = 0;  // Acknowledged; the first is the arrival.
    bool enhanced = false;
  };
  // An acknowledged document.
  struct Submitted {
    bench::DoorPatient patient;
    uint64_t number = 0;  // Of its bundle.
    std::string answer;   // The resources that the acknowledgement named.
  };

  void Fed(FedPatient patient) HIE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    patients_.push_back(std::move(patient));
  }
  void Provided(Submitted document) HIE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    documents_.push_back(std::move(document));
  }
  // An answer that no retry should get, in words without patients.
  void Refused(std::string what) HIE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    refusals_.push_back(std::move(what));
  }

  std::vector<FedPatient> patients() const HIE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return patients_;
  }
  std::vector<Submitted> documents() const HIE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return documents_;
  }
  std::vector<std::string> refusals() const HIE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return refusals_;
  }

 private:
  mutable Mutex mutex_;
  std::vector<FedPatient> patients_ HIE_GUARDED_BY(mutex_);
  std::vector<Submitted> documents_ HIE_GUARDED_BY(mutex_);
  std::vector<std::string> refusals_ HIE_GUARDED_BY(mutex_);
};

}  // namespace hie::testing

#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/agent/record_index.h"
#include "hie/agent/v1/agent_service.pb.h"

namespace hie::agent {

// One message holds at most so much; a patient with more documents than fit is cut.
inline constexpr size_t kAnnouncedPatientsMax = 100;
inline constexpr size_t kAnnouncementBytesMax = 1 << 20;
inline constexpr size_t kAnnouncedDocumentsMax = 1000;

// Returns what is announced of one patient.  Texts and lists beyond what the exchange takes are
// cut, since one long address must not keep a person out of it.
v1::AnnouncedPatient AnnouncedPatientOf(const std::string& domain, const std::string& id,
                                        const PatientRecord& record);

// Which patients the exchange has in which version, and what is still to be announced.
//
// A patient is announced again when anything that is announced of them changed; what vanished
// from the source is not withdrawn (README).  Not thread-safe.
class AnnouncementBook {
 public:
  explicit AnnouncementBook(std::string domain) : domain_(std::move(domain)) {}

  // Takes a new index: what differs from what was taken is to be announced.
  void Load(std::shared_ptr<const RecordIndex> index);

  // The next announcement, or nothing; then the one before must have been taken.
  std::optional<v1::Announcement> Next();
  // The announcement under way was taken.
  void Taken(uint64_t sequence);
  // The stream was lost: what was under way is to be announced again; sequences begin at 1.
  void StreamLost();

  // Nothing is left to announce, and nothing under way.
  bool Done() const { return waiting_.empty() && under_way_.empty(); }
  size_t waiting() const { return waiting_.size(); }

 private:
  const std::string domain_;
  std::shared_ptr<const RecordIndex> index_;
  std::map<std::string, std::string> taken_;  // Local id to fingerprint.
  std::deque<std::string> waiting_;           // Local ids.
  std::vector<std::pair<std::string, std::string>> under_way_;
  uint64_t sequence_ = 0;
};

}  // namespace hie::agent

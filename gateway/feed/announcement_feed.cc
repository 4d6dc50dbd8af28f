#include "gateway/feed/announcement_feed.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "services/common/base/mutex.h"
#include "services/common/base/uuid.h"

namespace hie::feed {
namespace {

using Problems = std::vector<members::AnnouncementProblem>;

// Whether trying again may help: then nothing may be said of the announcement yet.  What is said
// of one patient for good must not hold up all the others that wait behind it.
bool IsPassing(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kPermissionDenied:
      return false;
    default:
      return true;
  }
}

// Gathers what became of each patient; answers with the last one.
class Gathering {
 public:
  Gathering(int patients, std::function<void(absl::StatusOr<Problems>)> done)
      : open_(patients), done_(std::move(done)) {}

  void Note(int index, const absl::Status& status) HIE_EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      if (!status.ok() && IsPassing(status)) {
        passing_ = status;
      } else if (!status.ok()) {
        problems_.push_back({index, std::string(status.message())});
      }
      if (--open_ > 0) return;
    }
    Answer();
  }

 private:
  void Answer() HIE_NO_THREAD_SAFETY_ANALYSIS {  // Nobody else is left.
    if (!passing_.ok()) return done_(passing_);
    std::sort(problems_.begin(), problems_.end(),
              [](const auto& a, const auto& b) { return a.index < b.index; });
    done_(std::move(problems_));
  }

  Mutex mutex_;
  int open_ HIE_GUARDED_BY(mutex_);
  absl::Status passing_ HIE_GUARDED_BY(mutex_);
  Problems problems_ HIE_GUARDED_BY(mutex_);
  const std::function<void(absl::StatusOr<Problems>)> done_;
};

FedPatient ToFed(const agent::v1::AnnouncedPatient& announced) {
  FedPatient fed;
  fed.patient = announced.patient();
  fed.demographics = announced.demographics();
  fed.facilities = {announced.facilities().begin(), announced.facilities().end()};
  for (const agent::v1::AnnouncedDocument& document : announced.documents()) {
    fed.documents.push_back(
        {document.entry(), {document.security_codes().begin(), document.security_codes().end()}});
  }
  return fed;
}

}  // namespace

members::AnnouncementSink RegisterAnnouncements(const PatientFeed& feed, const Clock& clock,
                                                RandomSource& random) {
  return [&feed, &clock, &random](const MemberId& member,
                                  const agent::v1::Announcement& announcement,
                                  std::function<void(absl::StatusOr<Problems>)> done) {
    if (announcement.patients().empty()) return done(Problems());
    // Not a fault of any patient: all are announced again until the member is LIVE.
    if (!feed.MayContribute(member)) {
      return done(absl::UnavailableError("the member is not LIVE yet"));
    }
    Actor actor;
    actor.member = member;
    actor.purpose = Purpose::kPatientAdministration;
    actor.request_id = MakeUuidV7(clock.Now(), random);
    const auto gathering =
        std::make_shared<Gathering>(announcement.patients_size(), std::move(done));
    for (int i = 0; i < announcement.patients_size(); ++i) {
      feed.Register(actor, ToFed(announcement.patients(i)),
                    [gathering, i](const absl::StatusOr<mpi::v1::RegisterRecordResponse>& made) {
                      gathering->Note(i, made.status());
                    });
    }
  };
}

}  // namespace hie::feed

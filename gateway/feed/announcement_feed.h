#pragma once

#include <memory>

#include "gateway/feed/patient_feed.h"
#include "gateway/members/hub_services.h"
#include "services/common/base/random_source.h"

namespace hie::feed {

// Returns the sink that registers what agents announce.  `feed`, `clock` and `random` must outlive
// it.  Patients of an announcement are registered beside one another; what is wrong with a patient
// is reported for that patient, and what is unavailable makes the hub announce all again.
members::AnnouncementSink RegisterAnnouncements(const PatientFeed& feed, const Clock& clock,
                                                RandomSource& random);

}  // namespace hie::feed

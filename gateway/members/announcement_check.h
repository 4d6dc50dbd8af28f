#pragma once

#include <string>
#include <vector>

#include "gateway/members/hub_services.h"
#include "hie/agent/v1/agent_service.pb.h"

namespace hie::members {

// An announcement of which only what the member may say is left.
struct CheckedAnnouncement {
  agent::v1::Announcement accepted;   // Members and patients of documents set.
  std::vector<int> indexes;           // Of accepted patients, in the announcement as received.
  std::vector<std::string> problems;  // Of the others: `<index>: <what to mend>`.
};

// Leaves out patients without an id or of a domain that is not the member's, and documents
// without a unique id.  What the agent says about whose document it is, is overwritten: a member
// can speak for itself and for the patient in hand only.
CheckedAnnouncement CheckAnnouncement(const MemberId& member,
                                      const agent::v1::Announcement& announcement,
                                      const DomainOwner& owns_domain);

}  // namespace hie::members

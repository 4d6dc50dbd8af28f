#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "gateway/members/member_directory.h"
#include "hie/common/v1/patient.pb.h"
#include "hie/registry/v1/registry.pb.h"
#include "services/common/labels/access.h"

// What a member may feed, and how it is written.
namespace hie::feed {

// What is done with what a member sends.
enum class Effect {
  kContribute,  // It is registered: LIVE only.
  kPreview,     // Nothing changes: any member that is not suspended.
};

// Checks that the actor's member may feed this patient, and writes its id as its domain's rules
// want it.  `field` names the patient in messages.
//
// INVALID_ARGUMENT: shape.  PERMISSION_DENIED: another member's domain.  FAILED_PRECONDITION: the
// member's state does not allow it.
absl::Status Admit(const Actor& actor, const members::MemberDirectory& directory,
                   absl::string_view field, Effect effect, common::v1::LocalPatient& patient);

// The state alone; FAILED_PRECONDITION as above.
absl::Status AdmitMember(const Actor& actor, const members::MemberDirectory& directory,
                         Effect effect);

// The directory's id of a facility; an unknown one stays as the member calls it.
std::string FacilityId(const members::MemberDirectory& directory, const MemberId& member,
                       const std::string& name);

// Where a patient was seen, as a locator claim says it: the facility; with the unit where presence
// there gives away more than the facility does.  Empty: not said.
std::string ClaimedPlace(const members::MemberDirectory& directory, const MemberId& member,
                         const std::string& facility, const std::string& unit);

// Writes whose the document is, and what it is labelled: the source's codes, and what its place
// implies and attests.  A member cannot label its own records harmless.
void CompleteDocument(const std::vector<std::string>& security_codes,
                      const members::MemberDirectory& directory, const MemberId& member,
                      const common::v1::LocalPatient& patient, registry::v1::DocumentEntry& entry);

}  // namespace hie::feed

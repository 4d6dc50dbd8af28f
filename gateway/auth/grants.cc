#include "gateway/auth/grants.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace hie::auth {
namespace {

namespace opt = options::v1;

constexpr absl::string_view kSystem = "";
constexpr PurposeSet kCare = {Purpose::kTreat, Purpose::kEtreat, Purpose::kBtg};
constexpr PurposeSet kEmergency = {Purpose::kEtreat, Purpose::kBtg};
constexpr PurposeSet kAdministration = {Purpose::kPatientAdministration};
constexpr PurposeSet kOversight = {Purpose::kOperations, Purpose::kPatientAdministration,
                                   Purpose::kPatientRequest};
// Directives are read at the bedside and at the desk, written at the desk or with the patient.
constexpr PurposeSet kConsentRead = {
    Purpose::kTreat,          Purpose::kEtreat,    Purpose::kBtg, Purpose::kPatientAdministration,
    Purpose::kPatientRequest, Purpose::kOperations};
constexpr PurposeSet kConsentWrite = {Purpose::kPatientAdministration, Purpose::kPatientRequest};

constexpr Grant kGrants[] = {
    {kSystem, opt::PERMISSION_AGENT_ATTACH, kAdministration},
    {kSystem, opt::PERMISSION_PATIENT_FEED, kAdministration},

    {"physician", opt::PERMISSION_PATIENT_QUERY, kCare},
    {"physician", opt::PERMISSION_BREAK_GLASS, kEmergency},
    {"physician", opt::PERMISSION_CONSENT_READ, kConsentRead},
    {"physician", opt::PERMISSION_DIRECTORY_READ, PurposeSet::Any()},

    {"ed_physician", opt::PERMISSION_PATIENT_QUERY, kCare},
    {"ed_physician", opt::PERMISSION_BREAK_GLASS, kEmergency},
    {"ed_physician", opt::PERMISSION_CONSENT_READ, kConsentRead},
    {"ed_physician", opt::PERMISSION_DIRECTORY_READ, PurposeSet::Any()},

    {"registrar", opt::PERMISSION_PATIENT_FEED, kAdministration},
    {"registrar", opt::PERMISSION_CONSENT_READ, kConsentRead},
    {"registrar", opt::PERMISSION_CONSENT_WRITE, kConsentWrite},
    {"registrar", opt::PERMISSION_DIRECTORY_READ, PurposeSet::Any()},

    {"steward", opt::PERMISSION_IDENTITY_STEWARD, kAdministration},
    {"steward", opt::PERMISSION_DIRECTORY_READ, PurposeSet::Any()},

    {"privacy_officer", opt::PERMISSION_CONSENT_READ, kConsentRead},
    {"privacy_officer", opt::PERMISSION_CONSENT_WRITE, kConsentWrite},
    {"privacy_officer", opt::PERMISSION_AUDIT_READ, kOversight},
    {"privacy_officer", opt::PERMISSION_DIRECTORY_READ, PurposeSet::Any()},

    {"patient_advocate", opt::PERMISSION_CONSENT_READ, kConsentRead},
    {"patient_advocate", opt::PERMISSION_CONSENT_WRITE, kConsentWrite},
    // No query and no audit: the exchange cannot yet bind an advocate to the one patient for whom
    // they speak, and an unbound one could ask about anybody.
    {"patient_advocate", opt::PERMISSION_DIRECTORY_READ, PurposeSet::Any()},

    {"hie_admin", opt::PERMISSION_DIRECTORY_READ, PurposeSet::Any()},
    {"hie_admin", opt::PERMISSION_DIRECTORY_ADMIN, PurposeSet::Any()},
};

// Acts of the operator itself: another member's hie_admin looks after that member only.
bool ForOperatorOnly(opt::Permission permission) {
  return permission == opt::PERMISSION_DIRECTORY_ADMIN;
}

bool HasRole(const Actor& actor, absl::string_view role) {
  if (role == kSystem || actor.user.empty()) return role == kSystem && actor.user.empty();
  return std::find(actor.roles.begin(), actor.roles.end(), role) != actor.roles.end();
}

absl::Status Denied(absl::string_view why) { return absl::PermissionDeniedError(std::string(why)); }

}  // namespace

absl::Span<const Grant> AllGrants() { return kGrants; }

bool StateAllows(MemberState state, opt::Permission permission) {
  switch (state) {
    case MemberState::kTest:
      return permission == opt::PERMISSION_AGENT_ATTACH ||
             permission == opt::PERMISSION_DIRECTORY_READ;
    case MemberState::kShadow:
      return permission == opt::PERMISSION_AGENT_ATTACH ||
             permission == opt::PERMISSION_DIRECTORY_READ ||
             permission == opt::PERMISSION_PATIENT_FEED ||
             permission == opt::PERMISSION_CONSENT_WRITE ||
             permission == opt::PERMISSION_AUDIT_READ;
    case MemberState::kLive:
      return true;
    case MemberState::kSuspended:
    case MemberState::kUnspecified:
      return false;
  }
  return false;
}

absl::Status DecideAccess(const Member& member, const Actor& actor, opt::Permission permission) {
  if (!StateAllows(member.state, permission)) {
    return Denied(absl::StrCat("the member is ", MemberStateName(member.state)));
  }
  if (ForOperatorOnly(permission) && !member.is_operator) {
    return Denied("only the operator of the exchange may do this");
  }
  bool granted = false;
  for (const Grant& grant : kGrants) {
    if (grant.permission != permission || !HasRole(actor, grant.role)) continue;
    if (grant.purposes.Has(actor.purpose)) return absl::OkStatus();
    granted = true;
  }
  if (!granted) return Denied("none of the caller's roles allows this");
  return Denied(actor.purpose == Purpose::kUnspecified ? "purpose of use is needed"
                                                       : "the purpose of use does not allow this");
}

}  // namespace hie::auth

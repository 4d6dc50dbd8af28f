#include "gateway/auth/grants.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>

#include "absl/strings/str_cat.h"
#include "services/common/member/api_scope.h"

namespace hie::auth {
namespace {

namespace opt = options::v1;

constexpr absl::string_view kSystem = "";
constexpr absl::string_view kBackendRoles[] = {kBackendQuery, kBackendFeed, kBackendConsentRead,
                                               kBackendConsentWrite, kBackendAudit};
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

// A system reads for care only: what it asks for in an emergency a person declares.
constexpr PurposeSet kSystemCare = {Purpose::kTreat, Purpose::kEtreat};
// Feeding reads nobody: a client registered for treatment feeds under that purpose, and one that
// says none does administration.
constexpr PurposeSet kFeeding = {Purpose::kUnspecified, Purpose::kPatientAdministration,
                                 Purpose::kTreat, Purpose::kEtreat};

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
    {"registrar", opt::PERMISSION_INTAKE_REPAIR, kAdministration},

    {"steward", opt::PERMISSION_IDENTITY_STEWARD, kAdministration},
    {"steward", opt::PERMISSION_DIRECTORY_READ, PurposeSet::Any()},
    {"steward", opt::PERMISSION_INTAKE_REPAIR, kAdministration},

    {"privacy_officer", opt::PERMISSION_CONSENT_READ, kConsentRead},
    {"privacy_officer", opt::PERMISSION_CONSENT_WRITE, kConsentWrite},
    {"privacy_officer", opt::PERMISSION_AUDIT_READ, kOversight},
    {"privacy_officer", opt::PERMISSION_DIRECTORY_READ, PurposeSet::Any()},
    {"privacy_officer", opt::PERMISSION_INTAKE_REPAIR, kAdministration},

    {"patient_advocate", opt::PERMISSION_CONSENT_READ, kConsentRead},
    {"patient_advocate", opt::PERMISSION_CONSENT_WRITE, kConsentWrite},
    // No query and no audit: the exchange cannot yet bind an advocate to the one patient for whom
    // they speak, and an unbound one could ask about anybody.
    {"patient_advocate", opt::PERMISSION_DIRECTORY_READ, PurposeSet::Any()},

    {"hie_admin", opt::PERMISSION_DIRECTORY_READ, PurposeSet::Any()},
    {"hie_admin", opt::PERMISSION_DIRECTORY_ADMIN, PurposeSet::Any()},
    {"hie_admin", opt::PERMISSION_INTAKE_REPAIR, kAdministration},

    {kBackendQuery, opt::PERMISSION_PATIENT_QUERY, kSystemCare},
    {kBackendQuery, opt::PERMISSION_DIRECTORY_READ, PurposeSet::Any()},
    {kBackendFeed, opt::PERMISSION_PATIENT_FEED, kFeeding},
    {kBackendConsentRead, opt::PERMISSION_CONSENT_READ, kConsentRead},
    {kBackendConsentWrite, opt::PERMISSION_CONSENT_WRITE, kConsentWrite},
    {kBackendAudit, opt::PERMISSION_AUDIT_READ, kOversight},
};

// What a scope opens.  Resource types that are not listed are patient data to be read.
struct ScopeRow {
  absl::string_view resource;
  absl::string_view reader;
  absl::string_view writer;
};
constexpr ScopeRow kScopeRows[] = {
    {"Consent", kBackendConsentRead, kBackendConsentWrite},
    {"AuditEvent", kBackendAudit, ""},
    {"Patient", kBackendQuery, kBackendFeed},
    {"DocumentReference", kBackendQuery, kBackendFeed},
    {"Binary", kBackendQuery, kBackendFeed},
    {"List", kBackendQuery, kBackendFeed},
};
constexpr ScopeRow kAnyOther = {"", kBackendQuery, ""};

struct TransactionRow {
  absl::string_view transaction;
  absl::string_view role;
};
constexpr TransactionRow kTransactionRows[] = {
    {"ITI-65", kBackendFeed},         {"ITI-93", kBackendFeed},          {"ITI-104", kBackendFeed},
    {"ITI-105", kBackendFeed},        {"ITI-106", kBackendFeed},         {"ITI-66", kBackendQuery},
    {"ITI-67", kBackendQuery},        {"ITI-68", kBackendQuery},         {"ITI-78", kBackendQuery},
    {"ITI-83", kBackendQuery},        {"ITI-119", kBackendQuery},        {"ITI-81", kBackendAudit},
    {"ITI-108", kBackendConsentRead}, {"ITI-108", kBackendConsentWrite},
};

using RoleSet = std::set<absl::string_view>;

void AddRow(const ScopeRow& row, absl::string_view actions, RoleSet& roles) {
  if (actions.find_first_of("rs") != absl::string_view::npos) roles.insert(row.reader);
  if (actions.find_first_of("cud") != absl::string_view::npos) roles.insert(row.writer);
}

void AddScope(const SystemScope& scope, RoleSet& roles) {
  bool listed = false;
  for (const ScopeRow& row : kScopeRows) {
    if (scope.resource != "*" && scope.resource != row.resource) continue;
    AddRow(row, scope.actions, roles);
    listed = true;
  }
  if (!listed) AddRow(kAnyOther, scope.actions, roles);
}

// Acts of the operator itself: another member's hie_admin looks after that member only.
bool ForOperatorOnly(opt::Permission permission) {
  return permission == opt::PERMISSION_DIRECTORY_ADMIN;
}

// A person's role needs a person; a system has neither a user nor any role.
bool HasRole(const Actor& actor, absl::string_view role) {
  if (role == kSystem) return actor.user.empty() && actor.roles.empty();
  if (actor.user.empty() && !IsBackendRole(role)) return false;
  return std::find(actor.roles.begin(), actor.roles.end(), role) != actor.roles.end();
}

absl::Status Denied(absl::string_view why) { return absl::PermissionDeniedError(std::string(why)); }

}  // namespace

bool IsBackendRole(absl::string_view role) {
  return std::find(std::begin(kBackendRoles), std::end(kBackendRoles), role) !=
         std::end(kBackendRoles);
}

std::vector<std::string> BackendRoles(const std::vector<std::string>& scopes) {
  RoleSet held;
  for (const std::string& scope : scopes) {
    if (const std::optional<SystemScope> system = ParseSystemScope(scope)) AddScope(*system, held);
    for (const TransactionRow& row : kTransactionRows) {
      if (row.transaction == scope) held.insert(row.role);
    }
  }
  std::vector<std::string> roles;
  for (const absl::string_view role : kBackendRoles) {
    if (held.contains(role)) roles.emplace_back(role);
  }
  return roles;
}

absl::Span<const Grant> AllGrants() { return kGrants; }

bool StateAllows(MemberState state, opt::Permission permission) {
  switch (state) {
    case MemberState::kTest:
      return permission == opt::PERMISSION_AGENT_ATTACH ||
             permission == opt::PERMISSION_DIRECTORY_READ ||
             permission == opt::PERMISSION_PATIENT_FEED ||
             permission == opt::PERMISSION_INTAKE_REPAIR;
    case MemberState::kShadow:
      return permission == opt::PERMISSION_AGENT_ATTACH ||
             permission == opt::PERMISSION_DIRECTORY_READ ||
             permission == opt::PERMISSION_PATIENT_FEED ||
             permission == opt::PERMISSION_INTAKE_REPAIR ||
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

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/directory/validate_member.h"

namespace hie::directory {
namespace {

absl::Status Refuse(absl::string_view field, absl::string_view why) {
  return absl::FailedPreconditionError(absl::StrCat("member.", field, ": ", why));
}

bool MayFollow(MemberState before, MemberState after) {
  if (before == after) return true;
  switch (before) {
    case MemberState::kTest:
      return after == MemberState::kShadow;
    case MemberState::kShadow:
      return after == MemberState::kTest || after == MemberState::kLive;
    case MemberState::kLive:
      return after == MemberState::kSuspended;
    case MemberState::kSuspended:
      return after == MemberState::kLive;
    case MemberState::kUnspecified:
      return false;
  }
  return false;
}

// The element of `list` with this key, or null.
template <typename T, typename Key>
const T* Find(const std::vector<T>& list, Key T::*field, const Key& wanted) {
  const auto found =
      std::find_if(list.begin(), list.end(), [&](const T& t) { return t.*field == wanted; });
  return found == list.end() ? nullptr : &*found;
}

absl::Status ValidateState(const Member& before, const Member& after) {
  if (before.is_operator != after.is_operator) return Refuse("operator", "never changes");
  if (after.is_operator && after.state == MemberState::kSuspended) {
    return Refuse("state", "the operator cannot be suspended");
  }
  if (MayFollow(before.state, after.state)) return absl::OkStatus();
  return Refuse("state", absl::StrCat("cannot go from ", MemberStateName(before.state), " to ",
                                      MemberStateName(after.state)));
}

absl::Status ValidateKeys(const Member& before, const Member& after) {
  for (const MemberKey& key : before.keys) {
    const MemberKey* now = Find(after.keys, &MemberKey::id, key.id);
    if (now == nullptr) return Refuse("keys", "a key is revoked, never removed");
    if (now->use != key.use || now->public_key != key.public_key) {
      return Refuse("keys", "another key wants another id");
    }
    if (key.revoked && !now->revoked) return Refuse("keys", "a revoked key stays revoked");
  }
  return absl::OkStatus();
}

// A client id stands in the audit: it never comes to mean another system, and a revoked one never
// comes back.
absl::Status ValidateClientsKept(const Member& before, const Member& after) {
  for (const ApiClient& client : before.clients) {
    const ApiClient* now = Find(after.clients, &ApiClient::id, client.id);
    if (now == nullptr) return Refuse("clients", "a client is revoked, never removed");
    if (client.revoked && !now->revoked) return Refuse("clients", "a revoked client stays revoked");
  }
  return absl::OkStatus();
}

absl::Status ValidateFacilities(const Member& before, const Member& after) {
  for (const MemberFacility& facility : before.facilities) {
    const MemberFacility* now = Find(after.facilities, &MemberFacility::id, facility.id);
    if (now == nullptr) return Refuse("facilities", "none is removed after TEST");
    for (const MemberUnit& unit : facility.units) {
      if (Find(now->units, &MemberUnit::id, unit.id) == nullptr) {
        return Refuse("facilities.units", "none is removed after TEST");
      }
    }
  }
  return absl::OkStatus();
}

absl::Status ValidateDomains(const Member& before, const Member& after) {
  for (const PatientIdDomain& domain : before.domains) {
    const PatientIdDomain* now = Find(after.domains, &PatientIdDomain::oid, domain.oid);
    if (now == nullptr) return Refuse("domains", "none is removed after TEST");
    if (now->strip_leading_zeros != domain.strip_leading_zeros ||
        now->fold_case != domain.fold_case) {
      return Refuse("domains", "normalisation is fixed after TEST");
    }
  }
  return absl::OkStatus();
}

absl::Status Taken(absl::string_view field) {
  return absl::AlreadyExistsError(
      absl::StrCat("member.", field, ": belongs to another member of the exchange"));
}

// A message names its source by application and facility: it must lead to one member.  A facility
// that one member claims as a whole is not shared with another's application.
bool HasSource(const Member& member, const Hl7Source& source) {
  return std::any_of(
      member.hl7_sources.begin(), member.hl7_sources.end(), [&](const Hl7Source& other) {
        return other.sending_facility == source.sending_facility &&
               (other.sending_application == source.sending_application ||
                other.sending_application.empty() || source.sending_application.empty());
      });
}

absl::Status ValidateBeside(const Member& member, const Member& other) {
  if (member.is_operator && other.is_operator) return Taken("operator");
  if (!member.home_community.empty() && member.home_community == other.home_community) {
    return Taken("home_community");
  }
  for (const MemberFacility& facility : member.facilities) {
    if (Find(other.facilities, &MemberFacility::id, facility.id) != nullptr) {
      return Taken("facilities");
    }
  }
  for (const PatientIdDomain& domain : member.domains) {
    if (Find(other.domains, &PatientIdDomain::oid, domain.oid) != nullptr) return Taken("domains");
  }
  for (const MemberKey& key : member.keys) {
    if (Find(other.keys, &MemberKey::public_key, key.public_key) != nullptr) return Taken("keys");
  }
  for (const ApiClient& client : member.clients) {
    if (Find(other.clients, &ApiClient::id, client.id) != nullptr) return Taken("clients");
  }
  for (const Hl7Source& source : member.hl7_sources) {
    if (HasSource(other, source)) return Taken("hl7_sources");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ValidateChange(const Member& before, const Member& after) {
  HIE_RETURN_IF_ERROR(ValidateState(before, after));
  HIE_RETURN_IF_ERROR(ValidateKeys(before, after));
  HIE_RETURN_IF_ERROR(ValidateClientsKept(before, after));
  // In TEST nothing hangs on them yet, and onboarding is where mistakes are mended.
  if (before.state == MemberState::kTest) return absl::OkStatus();
  HIE_RETURN_IF_ERROR(ValidateFacilities(before, after));
  return ValidateDomains(before, after);
}

absl::Status ValidateNew(const Member& member) {
  if (member.is_operator) return Refuse("operator", "comes from the seed");
  if (member.state != MemberState::kTest) return Refuse("state", "a new member starts in TEST");
  return absl::OkStatus();
}

absl::Status ValidateAmong(const Member& member, const std::vector<Member>& others) {
  for (const Member& other : others) {
    if (other.id != member.id) HIE_RETURN_IF_ERROR(ValidateBeside(member, other));
  }
  return absl::OkStatus();
}

}  // namespace hie::directory

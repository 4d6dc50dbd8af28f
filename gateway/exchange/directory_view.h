#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/common/base/strong_id.h"
#include "services/common/labels/sensitivity.h"
#include "services/common/patient/local_patient.h"

namespace hie::exchange {

// A ward, clinic or programme, as far as a query must know it.
struct UnitView {
  std::string id;
  std::string name;
  SensitivitySet place;  // What presence there implies.
  std::vector<RegimeAttestation> attestations;
};

// A site of a member.
struct FacilityView {
  std::string id;
  std::string name;
  std::vector<std::string> aliases;  // As the member's records call it.
  SensitivitySet place;
  std::vector<RegimeAttestation> attestations;
  std::vector<UnitView> units;
};

// A patient-id domain.
struct DomainView {
  std::string oid;
  bool strip_leading_zeros = false;
  bool fold_case = false;
  std::string facility = {};  // Whose ids they are; empty: the whole member's.
};

// Whether a member takes part: only kLive contributes and receives.
enum class MemberStanding { kTest, kShadow, kLive, kSuspended };

// How a member answers.
enum class MemberReach {
  kAsked,      // It is asked.
  kIndexOnly,  // It pushes documents; the index answers for it.
};

// A member.
struct MemberView {
  MemberId id;
  std::string name;
  MemberStanding standing = MemberStanding::kTest;
  MemberReach reach = MemberReach::kAsked;
  std::vector<FacilityView> facilities;
  std::vector<DomainView> domains;
};

// The directory at one moment: what one query holds on to from its start to its end.
//
// Immutable after construction, so threads may share it.
class DirectoryView {
 public:
  DirectoryView() = default;
  explicit DirectoryView(std::vector<MemberView> members);

  // Returns the member, or null.
  const MemberView* Find(const MemberId& member) const;
  // Returns the member that owns a patient-id domain, or null.
  const MemberView* OwnerOf(absl::string_view authority) const;
  // Returns the domain, or null.
  const DomainView* FindDomain(absl::string_view authority) const;
  // The member exists and takes part.
  bool IsLive(const MemberId& member) const;
  // Returns the key with its id in the form that the domain's rules give; unchanged where the
  // domain is unknown.
  LocalPatient Normalise(LocalPatient patient) const;

 private:
  std::map<MemberId, MemberView> members_;
  std::map<std::string, MemberId, std::less<>> owners_;
};

// Returns the facility that a member's own word (id, name or alias) means, or null.  An empty word
// means the only facility, where there is only one.
const FacilityView* FindFacility(const MemberView& member, absl::string_view word);

// Returns the unit, or null.
const UnitView* FindUnit(const FacilityView& facility, absl::string_view id);

}  // namespace hie::exchange

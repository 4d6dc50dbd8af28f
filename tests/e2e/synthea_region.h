#pragma once

#include <cstdint>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "hie/common/v1/patient.pb.h"
#include "services/common/json/value.h"
#include "services/common/member/member.h"

// The seven Synthea patients, split between three hospitals as if each had been to all of them.
namespace hie::testing {

// A resource by who holds it: member, resource type, resource id.
struct ResourceKey {
  std::string member;
  std::string type;
  std::string id;
  friend bool operator==(const ResourceKey&, const ResourceKey&) = default;
  friend auto operator<=>(const ResourceKey&, const ResourceKey&) = default;
};

// Prints `member type/id`.
inline void PrintTo(const ResourceKey& key, std::ostream* out) {
  *out << key.member << " " << key.type << "/" << key.id;
}

// One patient as the three hospitals hold them.
struct SyntheaPatient {
  std::string name;                          // Of the sample file, for test output.
  std::map<std::string, std::string> mrn;    // By member.
  std::map<ResourceKey, json::Value> items;  // Served resources, as written.
  std::set<ResourceKey> labelled;            // Those that got a sensitivity label.
  std::string family;
  std::string given;
  std::string birth_date;
  std::string ssn;

  // The member that holds least of this patient.
  std::string LeastMember() const;
  // What others than `member` hold.
  std::set<ResourceKey> HeldByOthers(const std::string& member) const;
};

// The hospitals of the tests: north, lakes, valley; each labels at the source.
std::vector<Member> SyntheaMembers();

// What to write.
struct SyntheaOptions {
  std::string samples;  // ../shared/data
  // By member: the agent's folder.
  std::map<std::string, std::string> sources;
  // Sensitivity code put on every Condition and on every second Observation of one member.
  std::string label = "PSY";
  std::string label_member = "valley";
};

// Splits each patient's bundle by service provider (patients with one provider: by encounter),
// writes one bundle per patient and hospital, and registers with realistic variation: nickname,
// missing SSN, typing error, former address.  NOT_FOUND: a sample is missing.
absl::StatusOr<std::vector<SyntheaPatient>> WriteSyntheaRegion(const SyntheaOptions& options);

// OID of a member's patient-id domain.
std::string DomainOf(const std::string& member);

}  // namespace hie::testing

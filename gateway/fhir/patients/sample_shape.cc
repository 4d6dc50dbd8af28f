#include "gateway/fhir/patients/sample_shape.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "services/common/json/reader.h"

namespace hie::fhir::testing {
namespace {

Member MakeMember(const std::string& id, const std::string& name, const std::string& community) {
  Member member;
  member.id = MemberId(id);
  member.name = name;
  member.home_community = community;
  member.state = MemberState::kLive;
  PatientIdDomain domain;
  domain.oid = community + ".1";
  member.domains.push_back(std::move(domain));
  return member;
}

bool Has(const json::Value& sample, const json::Value& answer,
         const std::vector<std::string>& by_kind) {
  return Missing(sample, answer, by_kind).empty();
}

void Compare(const json::Value& sample, const json::Value& answer, const std::string& path,
             const std::vector<std::string>& by_kind, std::vector<std::string>& missing) {
  if (sample.kind() != answer.kind()) {
    missing.push_back(path);
    return;
  }
  for (const json::Member& member : sample.members()) {
    const std::string at = absl::StrCat(path, "/", member.name);
    const json::Value* theirs = answer.Find(member.name);
    const bool kind_only = std::find(by_kind.begin(), by_kind.end(), member.name) != by_kind.end();
    if (theirs == nullptr || (kind_only && theirs->kind() != member.value.kind())) {
      missing.push_back(at);
    } else if (!kind_only) {
      Compare(member.value, *theirs, at, by_kind, missing);
    }
  }
  for (size_t i = 0; i < sample.items().size(); ++i) {
    const bool there =
        std::any_of(answer.items().begin(), answer.items().end(),
                    [&](const json::Value& item) { return Has(sample.items()[i], item, by_kind); });
    if (!there) missing.push_back(absl::StrCat(path, "/", i));
  }
  if (!sample.IsObject() && !sample.IsArray() && !(sample == answer)) missing.push_back(path);
}

}  // namespace

json::Value Sample(absl::string_view file) {
  const char* source = std::getenv("HIE_SOURCE_DIR");
  const std::filesystem::path path = std::filesystem::path(source == nullptr ? "." : source) /
                                     "../shared/data/handmade" / std::string(file);
  std::ifstream in(path, std::ios::binary);
  std::stringstream bytes;
  bytes << in.rdbuf();
  const absl::StatusOr<json::Value> value = json::Read(bytes.str());
  return value.ok() ? *value : json::Value();
}

std::vector<std::string> Missing(const json::Value& sample, const json::Value& answer,
                                 const std::vector<std::string>& by_kind) {
  std::vector<std::string> missing;
  Compare(sample, answer, "", by_kind, missing);
  return missing;
}

std::vector<Member> SampleMembers() {
  return {MakeMember("lakes", "Lakes Clinic", "2.999.1.20"),
          MakeMember("north", "North Hospital", "2.999.1.10")};
}

}  // namespace hie::fhir::testing

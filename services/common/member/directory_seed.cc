#include "services/common/member/directory_seed.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "hie/directory/v1/directory_service.pb.h"
#include "services/common/base/status_macros.h"
#include "services/common/member/member_wire.h"

namespace hie {
namespace {

// Keeps the place of the first error; the library would write it to standard error.
class FirstError final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, google::protobuf::io::ColumnNumber column,
                const std::string& message) override {
    if (text_.empty()) text_ = absl::StrCat(line + 1, ":", column + 1, ": ", message);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::vector<RegimeAttestation> EverythingLabelledAtSource() {
  std::vector<RegimeAttestation> attestations;
  for (int i = 0; i < kSensitivityCount; ++i) {
    attestations.push_back({static_cast<Sensitivity>(i), Attestation::kLabelledAtSource});
  }
  return attestations;
}

void AddKey(MemberKey key, Member& member) {
  const bool known = std::any_of(member.keys.begin(), member.keys.end(),
                                 [&](const MemberKey& k) { return k.id == key.id; });
  if (!known) member.keys.push_back(std::move(key));
}

}  // namespace

absl::StatusOr<std::vector<Member>> ParseDirectorySeed(absl::string_view text) {
  directory::v1::GetSnapshotResponse snapshot;
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  if (!parser.ParseFromString(std::string(text), &snapshot)) {
    return absl::InvalidArgumentError(absl::StrCat("directory seed: ", error.text()));
  }
  std::vector<Member> members;
  for (int i = 0; i < snapshot.members_size(); ++i) {
    HIE_ASSIGN_OR_RETURN(Member member,
                         wire::FromProto(snapshot.members(i), absl::StrCat("members[", i, "]")));
    members.push_back(std::move(member));
  }
  return members;
}

std::string DirectorySeedText(const std::vector<Member>& members) {
  directory::v1::GetSnapshotResponse snapshot;
  for (const Member& member : members) {
    *snapshot.add_members() = wire::ToProto(member);
    snapshot.mutable_members()->rbegin()->clear_version();
  }
  std::string text;
  google::protobuf::TextFormat::PrintToString(snapshot, &text);
  return text;
}

void AddIssuedKeys(const crypto::IssuedMember& issued, Member& member) {
  AddKey({.id = issued.certificate_key_id,
          .use = KeyUse::kClientCertificate,
          .public_key = issued.certificate_sha256},
         member);
  AddKey({.id = issued.token_key_id,
          .use = KeyUse::kTokenSigning,
          .public_key = issued.token_public_key_pem},
         member);
}

Member DemoOperator() {
  Member member;
  member.id = MemberId("hie");
  member.name = "Exchange operator";
  member.home_community = "2.999.0";
  member.state = MemberState::kLive;
  for (const absl::string_view role : kUserRoles) member.roles.emplace_back(role);
  member.is_operator = true;
  return member;
}

Member DemoMember(absl::string_view id, int number) {
  Member member;
  member.id = MemberId(id);
  member.name = absl::StrCat(id, " hospital");
  member.home_community = absl::StrCat("2.999.", number);
  member.state = MemberState::kLive;
  MemberFacility facility;
  facility.id = absl::StrCat(id, "-main");
  facility.name = member.name;
  facility.attestations = EverythingLabelledAtSource();
  member.facilities.push_back(std::move(facility));
  PatientIdDomain domain;
  domain.oid = absl::StrCat("2.999.", number, ".1");
  domain.reuse = IdReuse::kPossible;
  member.domains.push_back(std::move(domain));
  member.endpoints.push_back({EndpointKind::kAgent, ""});
  for (const char* role :
       {"physician", "ed_physician", "registrar", "steward", "privacy_officer"}) {
    member.roles.emplace_back(role);
  }
  return member;
}

}  // namespace hie

#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/crypto/pki.h"
#include "services/common/member/member.h"

// The directory's first content, as a file: hie.directory.v1.GetSnapshotResponse in protobuf's text
// format, of which only `members` counts.  hiectl writes it, the directory role takes it up when
// it is empty.
namespace hie {

inline constexpr char kDirectorySeedFile[] = "directory.textproto";

// Reads a seed.  INVALID_ARGUMENT: not text of that message (with line and column), or a member
// that wire::FromProto refuses.
absl::StatusOr<std::vector<Member>> ParseDirectorySeed(absl::string_view text);

// Writes a seed; ParseDirectorySeed reads it back.  Versions are left out.
std::string DirectorySeedText(const std::vector<Member>& members);

// Registers what InitPki issued for `member`: its client certificate and its token key.  A key that
// is registered already stays as it is.
void AddIssuedKeys(const crypto::IssuedMember& issued, Member& member);

// The operator of a demonstration: member `hie`, LIVE, every role, no patients.
Member DemoOperator();

// A hospital of a demonstration, LIVE: one facility `<id>-main` that attests for every sensitivity
// that it labels at the source, one patient-id domain 2.999.<number>.1, reached by an agent.
// `number` >= 1 must differ between the members of a region.
Member DemoMember(absl::string_view id, int number);

}  // namespace hie

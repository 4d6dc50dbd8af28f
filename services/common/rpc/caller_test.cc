#include "services/common/rpc/caller.h"

#include <gtest/gtest.h>

#include <ostream>

namespace hie::rpc {
namespace {

constexpr char kCredential[] = "0123456789abcdef";

struct PeerCase {
  const char* name;
  bool in_process;
  std::string uri_san;
  std::string role_credential;
  std::string role;  // Empty: refused.
};

void PrintTo(const PeerCase& c, std::ostream* out) { *out << c.name; }

class RoleAccessPolicyTest : public testing::TestWithParam<PeerCase> {};

INSTANTIATE_TEST_SUITE_P(
    Peers, RoleAccessPolicyTest,
    testing::Values(
        PeerCase{"role certificate", false, "urn:hie:role:mpi", "", "mpi"},
        PeerCase{"gateway certificate", false, "urn:hie:role:gateway", "", "gateway"},
        PeerCase{"member certificate", false, "urn:hie:member:mercy", "", ""},
        PeerCase{"no such role", false, "urn:hie:role:root", "", ""},
        PeerCase{"role with a tail", false, "urn:hie:role:mpi/x", "", ""},
        PeerCase{"other case", false, "urn:hie:role:MPI", "", ""},
        PeerCase{"no certificate name", false, "", "", ""},
        PeerCase{"credential in process", true, "", "consent:0123456789abcdef", "consent"},
        PeerCase{"credential without role", true, "", "0123456789abcdef", ""},
        PeerCase{"credential with no such role", true, "", "root:0123456789abcdef", ""},
        PeerCase{"wrong credential", true, "", "mpi:0123456789abcdee", ""},
        PeerCase{"prefix of the credential", true, "", "mpi:0123456789abcde", ""},
        PeerCase{"empty credential", true, "", "mpi:", ""},
        PeerCase{"credential over a port", false, "", "mpi:0123456789abcdef", ""},
        PeerCase{"both over a port", false, "urn:hie:role:mpi", "mpi:0123456789abcdef", ""},
        PeerCase{"a name that in process nobody verified", true, "urn:hie:role:mpi", "", ""}));

TEST_P(RoleAccessPolicyTest, RecognisesRolesOnly) {
  Peer peer;
  peer.in_process = GetParam().in_process;
  peer.uri_san = GetParam().uri_san;
  peer.role_credential = GetParam().role_credential;
  const absl::StatusOr<Caller> caller = RoleAccessPolicy(kCredential).Authenticate(peer);
  if (GetParam().role.empty()) {
    EXPECT_EQ(caller.status().code(), absl::StatusCode::kUnauthenticated);
    EXPECT_EQ(caller.status().message().find("0123"), absl::string_view::npos);
    return;
  }
  ASSERT_TRUE(caller.ok()) << caller.status();
  EXPECT_EQ(caller->kind, CallerKind::kRole);
  EXPECT_EQ(caller->role, GetParam().role);
}

TEST(CallerTest, WithoutACredentialNobodyIsAdmittedInProcess) {
  Peer peer;
  peer.in_process = true;
  peer.role_credential = "mpi:";
  EXPECT_FALSE(RoleAccessPolicy("").Authenticate(peer).ok());
}

TEST(CallerTest, ARoleHoldsTheInternalPermissionAlone) {
  const RoleAccessPolicy policy(kCredential);
  Caller role;
  role.kind = CallerKind::kRole;
  role.role = "gateway";
  Caller member;
  member.kind = CallerKind::kMember;
  using namespace hie::options::v1;  // NOLINT: the enum's values.
  for (int p = Permission_MIN; p <= Permission_MAX; ++p) {
    const auto permission = static_cast<Permission>(p);
    EXPECT_EQ(policy.Authorize(role, permission).ok(), permission == PERMISSION_INTERNAL_ROLE);
    EXPECT_EQ(policy.Authorize(member, permission).code(), absl::StatusCode::kPermissionDenied);
    EXPECT_EQ(policy.Authorize(Caller{}, permission).code(), absl::StatusCode::kPermissionDenied);
  }
}

TEST(CallerTest, SecretsAreComparedWhole) {
  EXPECT_TRUE(SecretsEqual("abc", "abc"));
  EXPECT_FALSE(SecretsEqual("abc", "abd"));
  EXPECT_FALSE(SecretsEqual("abc", "ab"));
  EXPECT_TRUE(SecretsEqual("", ""));
}

}  // namespace
}  // namespace hie::rpc

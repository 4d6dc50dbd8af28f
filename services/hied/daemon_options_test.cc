#include "services/hied/daemon_options.h"

#include <gtest/gtest.h>

namespace hie::hied {
namespace {

TEST(DaemonOptionsTest, AllIsEveryRole) {
  const auto roles = ParseRoles("all");
  ASSERT_TRUE(roles.ok());
  EXPECT_EQ(roles->size(), std::size(kRoles));
}

TEST(DaemonOptionsTest, UnknownAndMissingRolesAreRefusedByName) {
  EXPECT_EQ(ParseRoles("mpi,mip").status().message(),
            "--roles: mip is none of audit, directory, consent, registry, mpi, gateway");
  EXPECT_FALSE(ParseRoles("").ok());
}

TEST(DaemonOptionsTest, AddressesAreRoleAndHostAndPort) {
  const auto addresses = ParseAddresses("mpi=127.0.0.1:7401,audit=[::1]:7402");
  ASSERT_TRUE(addresses.ok());
  EXPECT_EQ(addresses->at("mpi"), "127.0.0.1:7401");
  EXPECT_EQ(addresses->at("audit"), "[::1]:7402");
  EXPECT_FALSE(ParseAddresses("mpi").ok());
  EXPECT_FALSE(ParseAddresses("mip=127.0.0.1:1").ok());
}

}  // namespace
}  // namespace hie::hied

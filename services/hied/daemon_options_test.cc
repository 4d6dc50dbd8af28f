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

TEST(DaemonOptionsTest, ThePublicBaseIsWhereHttpsListensUnlessItIsSaid) {
  DaemonOptions options;
  options.https = "127.0.0.1:7443";
  auto urls = ReadPublicUrls(options);
  ASSERT_TRUE(urls.ok()) << urls.status();
  EXPECT_EQ(urls->base, "https://127.0.0.1:7443/fhir");
  options.base_url = "https://gw.hie.example/r4/";
  urls = ReadPublicUrls(options);
  ASSERT_TRUE(urls.ok()) << urls.status();
  EXPECT_EQ(urls->base, "https://gw.hie.example/r4");
  EXPECT_EQ(urls->issuer, "https://gw.hie.example");
  EXPECT_EQ(urls->path, "/r4");
  for (const char* bad : {"http://gw/fhir", "https://gw", "https:///fhir", "https://gw/fhir?a=1"}) {
    options.base_url = bad;
    EXPECT_TRUE(absl::IsInvalidArgument(ReadPublicUrls(options).status())) << bad;
  }
  options.base_url = "";
  options.https = "127.0.0.1:0";
  EXPECT_TRUE(absl::IsInvalidArgument(ReadPublicUrls(options).status()));
}

}  // namespace
}  // namespace hie::hied

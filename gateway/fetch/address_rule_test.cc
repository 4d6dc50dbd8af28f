#include "gateway/fetch/address_rule.h"

#include <gtest/gtest.h>

namespace hie::fetch {
namespace {

TEST(AddressRuleTest, JudgesEveryKindOfAddress) {
  const struct {
    const char* address;
    bool when_public;
    bool when_private_too;
  } cases[] = {
      {"8.8.8.8", true, true},
      {"2a00:1450:4001:81b::200e", true, true},
      {"127.0.0.1", false, true},
      {"10.1.2.3", false, true},
      {"172.16.0.1", false, true},
      {"172.32.0.1", true, true},
      {"192.168.1.1", false, true},
      {"100.64.0.1", false, true},
      {"169.254.169.254", false, false},  // Where clouds hand out credentials.
      {"0.0.0.0", false, false},
      {"224.0.0.1", false, false},
      {"255.255.255.255", false, false},
      {"192.0.2.1", false, false},
      {"::", false, false},
      {"::1", false, true},
      {"fd00::1", false, true},
      {"fe80::1", false, false},
      {"ff02::1", false, false},
      {"2001:db8::1", false, false},
      {"2001:0:1::1", false, false},
      {"::ffff:127.0.0.1", false, true},
      {"::ffff:169.254.169.254", false, false},
      {"::ffff:8.8.8.8", true, true},
      {"2002:7f00:0001::", false, true},
      {"64:ff9b::a00:1", false, true},
      {"64:ff9b::808:808", true, true},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.address);
    const auto address = boost::asio::ip::make_address(c.address);
    EXPECT_EQ(MayDial(address, AddressRule::kPublic), c.when_public);
    EXPECT_EQ(MayDial(address, AddressRule::kPrivateToo), c.when_private_too);
  }
}

}  // namespace
}  // namespace hie::fetch

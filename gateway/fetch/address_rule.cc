#include "gateway/fetch/address_rule.h"

#include <cstdint>

namespace hie::fetch {
namespace {

using boost::asio::ip::address_v4;
using boost::asio::ip::address_v6;

enum class Range { kPrivate, kNever };

struct Block4 {
  uint32_t network;
  int bits;
  Range range;
};

constexpr int kIpv4Bits = 32;

constexpr Block4 kBlocks4[] = {
    {0x00000000, 8, Range::kNever},     // 0.0.0.0/8
    {0x0A000000, 8, Range::kPrivate},   // 10.0.0.0/8
    {0x64400000, 10, Range::kPrivate},  // 100.64.0.0/10, shared
    {0x7F000000, 8, Range::kPrivate},   // 127.0.0.0/8
    {0xA9FE0000, 16, Range::kNever},    // 169.254.0.0/16: link-local, metadata services
    {0xAC100000, 12, Range::kPrivate},  // 172.16.0.0/12
    {0xC0000000, 24, Range::kNever},    // 192.0.0.0/24
    {0xC0000200, 24, Range::kNever},    // 192.0.2.0/24
    {0xC0586300, 24, Range::kNever},    // 192.88.99.0/24
    {0xC0A80000, 16, Range::kPrivate},  // 192.168.0.0/16
    {0xC6120000, 15, Range::kNever},    // 198.18.0.0/15
    {0xC6336400, 24, Range::kNever},    // 198.51.100.0/24
    {0xCB007100, 24, Range::kNever},    // 203.0.113.0/24
    {0xE0000000, 3, Range::kNever},     // 224.0.0.0/4, 240.0.0.0/4
};

bool MayDial4(uint32_t address, AddressRule rule) {
  for (const Block4& block : kBlocks4) {
    if ((address ^ block.network) >> (kIpv4Bits - block.bits) == 0) {
      return block.range == Range::kPrivate && rule == AddressRule::kPrivateToo;
    }
  }
  return true;
}

uint32_t Ipv4At(const address_v6::bytes_type& bytes, size_t at) {
  return (uint32_t{bytes[at]} << 24) | (uint32_t{bytes[at + 1]} << 16) |
         (uint32_t{bytes[at + 2]} << 8) | bytes[at + 3];
}

bool MayDial6(const address_v6& address, AddressRule rule) {
  const auto bytes = address.to_bytes();
  if (address.is_v4_mapped()) return MayDial4(Ipv4At(bytes, 12), rule);
  if (bytes[0] == 0x20 && bytes[1] == 0x02) return MayDial4(Ipv4At(bytes, 2), rule);  // 6to4
  if (bytes[0] == 0x00 && bytes[1] == 0x64 && bytes[2] == 0xFF && bytes[3] == 0x9B) {
    return MayDial4(Ipv4At(bytes, 12), rule);  // NAT64
  }
  if (address.is_loopback() || (bytes[0] & 0xFE) == 0xFC) return rule == AddressRule::kPrivateToo;
  // Global unicast is 2000::/3; of it, Teredo and the documentation's are no hosts.
  if ((bytes[0] & 0xE0) != 0x20) return false;
  const bool teredo = bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] == 0 && bytes[3] == 0;
  const bool documentation =
      bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] == 0x0D && bytes[3] == 0xB8;
  return !teredo && !documentation;
}

}  // namespace

bool MayDial(const boost::asio::ip::address& address, AddressRule rule) {
  return address.is_v4() ? MayDial4(address.to_v4().to_uint(), rule)
                         : MayDial6(address.to_v6(), rule);
}

}  // namespace hie::fetch

#include "gateway/hl7v2/source_finder.h"

#include <arpa/inet.h>

#include <array>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"

namespace hie::hl7v2 {
namespace {

// 16 bytes, IPv4 as mapped: ::ffff:a.b.c.d.
using Ip = std::array<unsigned char, 16>;

std::optional<Ip> ParseIp(const std::string& text, int& bits) {
  Ip ip = {};
  if (inet_pton(AF_INET6, text.c_str(), ip.data()) == 1) return ip;
  ip = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (inet_pton(AF_INET, text.c_str(), ip.data() + 12) != 1) return std::nullopt;
  bits += 96;
  return ip;
}

bool SamePrefix(const Ip& a, const Ip& b, int bits) {
  for (int bit = 0; bit < bits; ++bit) {
    const int mask = 0x80 >> (bit % 8);
    if ((a[static_cast<size_t>(bit) / 8] ^ b[static_cast<size_t>(bit) / 8]) & mask) return false;
  }
  return true;
}

// `peer` is 10.0.0.0/8, or one address.
bool InPrefix(absl::string_view peer, const std::string& address) {
  const size_t slash = peer.find('/');
  int bits = -1;
  if (slash != absl::string_view::npos && !absl::SimpleAtoi(peer.substr(slash + 1), &bits)) {
    return false;
  }
  int offset = 0;
  const std::optional<Ip> prefix = ParseIp(std::string(peer.substr(0, slash)), offset);
  int ignored = 0;
  const std::optional<Ip> ip = ParseIp(address, ignored);
  if (!prefix || !ip) return false;
  bits = bits < 0 ? 128 : bits + offset;
  return bits <= 128 && SamePrefix(*prefix, *ip, bits);
}

bool Names(absl::string_view configured, const Authority& party) {
  return configured == party.name ||
         (!party.universal_id.empty() && configured == party.universal_id);
}

}  // namespace

bool AdmitsPeer(const std::vector<std::string>& peers, const SenderAddress& address) {
  if (peers.empty() || address.admitted) return true;
  for (const std::string& peer : peers) {
    if (!address.certificate_sha256.empty() &&
        absl::EqualsIgnoreCase(peer, address.certificate_sha256)) {
      return true;
    }
    if (InPrefix(peer, address.ip)) return true;
  }
  return false;
}

FoundSource FindSource(const members::MemberDirectory& directory, const MessageHeader& header,
                       const SenderAddress& address) {
  FoundSource by_application;
  FoundSource by_facility;
  int applications = 0;
  int facilities = 0;
  for (const Member& member : directory.members()) {
    for (const Hl7Source& source : member.hl7_sources) {
      if (!Names(source.sending_facility, header.facility) || !AdmitsPeer(source.peers, address)) {
        continue;
      }
      if (source.sending_application.empty()) {
        by_facility = {&member, &source};
        ++facilities;
      } else if (Names(source.sending_application, header.application)) {
        by_application = {&member, &source};
        ++applications;
      }
    }
  }
  if (applications > 0) return applications == 1 ? by_application : FoundSource{};
  return facilities == 1 ? by_facility : FoundSource{};
}

absl::TimeZone SourceZone(const members::MemberDirectory& directory, const Hl7Source& source) {
  absl::TimeZone zone = absl::UTCTimeZone();
  if (!source.time_zone.empty() && absl::LoadTimeZone(source.time_zone, &zone)) return zone;
  const PatientIdDomain* domain = directory.FindDomain(source.default_domain);
  if (domain != nullptr && absl::LoadTimeZone(domain->time_zone, &zone)) return zone;
  return absl::UTCTimeZone();
}

}  // namespace hie::hl7v2

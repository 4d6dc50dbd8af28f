#pragma once

#include "absl/strings/string_view.h"

// The shapes of what stands in a member.  Total.
namespace hie::directory {

// 1..32 lower-case letters, digits and hyphens; a hyphen neither first nor last.
bool IsMemberId(absl::string_view text);

// 1..64 letters, digits, '.', '_', '-': ids of facilities, units and keys.
bool IsShortId(absl::string_view text);

// An OID in dotted form (X.660): first arc 0..2, second <= 39 under 0 and 1, no leading zeros, at
// least two arcs, at most 128 bytes.
bool IsOid(absl::string_view text);

// At most 256 bytes of UTF-8-looking text without control characters; may be empty.
bool IsText(absl::string_view text);

// An IANA zone name by shape: `Area/City`, `UTC`; whether the zone exists is not known here.
bool IsZoneName(absl::string_view text);

// 64 lower-case hexadecimal digits.
bool IsSha256Hex(absl::string_view text);

// An `https://host...` address without user information, spaces or fragment.
bool IsHttpsAddress(absl::string_view text);

// 1..64 lower-case letters, digits, hyphens and dots, the first a letter or digit.
bool IsClientId(absl::string_view text);

// An `http://` address of the loopback: 127.0.0.1, [::1] or localhost, as IsHttpsAddress otherwise.
bool IsLoopbackAddress(absl::string_view text);

// 1..64 letters, digits, '_', '-', '.', ':': a resource type or a search parameter.
bool IsParameterName(absl::string_view text);

// 1..256 printable bytes without the separators | ^ ~ \ & of HL7 v2.
bool IsHdComponent(absl::string_view text);

// An IPv4 or IPv6 prefix, `10.0.0.0/8`, `fd00::/8`, in which all bits behind its length are zero.
bool IsIpPrefix(absl::string_view text);

}  // namespace hie::directory

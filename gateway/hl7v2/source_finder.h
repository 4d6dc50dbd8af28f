#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/hl7v2/segments/msh.h"
#include "gateway/members/member_directory.h"

namespace hie::hl7v2 {

// Who is at the other end of a connection.
struct SenderAddress {
  std::string ip;                  // Numeric.
  std::string certificate_sha256;  // SPKI, lower-case hex; empty: plain.
  bool admitted = false;           // The message was taken before: peers are not compared again.

  static SenderAddress Admitted() { return {"", "", true}; }
};

// A configured source of messages.
struct FoundSource {
  const Member* member = nullptr;  // Null: nobody is configured for this sender.
  const Hl7Source* source = nullptr;
};

// Finds who sends, by MSH-3 and MSH-4, among sources that admit the address.
//
// A source that names the application wins over one that takes any of the facility's.  Two members
// that claim the same sender are a fault of the directory: nobody is found.  Linear in sources.
FoundSource FindSource(const members::MemberDirectory& directory, const MessageHeader& header,
                       const SenderAddress& address);

// Tells whether `address` is one of `peers` (SPKI SHA-256 or IP prefix); empty: any is.
bool AdmitsPeer(const std::vector<std::string>& peers, const SenderAddress& address);

// Times without an offset are of this zone: the source's, the default domain's, or UTC.
absl::TimeZone SourceZone(const members::MemberDirectory& directory, const Hl7Source& source);

}  // namespace hie::hl7v2

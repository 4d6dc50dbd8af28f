#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace hie::ctl {

// Splits the bytes of a file into HL7 v2 messages: one, many behind one another, or MLLP frames.
// Views into `bytes`.
std::vector<absl::string_view> SplitMessages(absl::string_view bytes);

// The shape of an id without the id: digits become 9, letters A, the rest stays: "MRN-0042" is
// "AAA-9999".  At most 24 characters.
std::string ShapeOf(absl::string_view id);

// What a sample of a feed says about who sends it and whose ids it carries.
//
// Counts and shapes only: no id, no name and no date stays behind.  Not thread-safe.
class FeedSurvey {
 public:
  // An assigning authority as the feed writes it (CX-4).
  struct Authority {
    std::string name;          // CX-4.1: the namespace.
    std::string universal_id;  // CX-4.2.
    friend auto operator<=>(const Authority&, const Authority&) = default;
  };
  struct AuthorityUse {
    uint64_t ids = 0;
    uint64_t with_leading_zeros = 0;
    uint64_t with_small_letters = 0;
    std::map<std::string, uint64_t> types;   // CX-5.
    std::map<std::string, uint64_t> shapes;  // At most 8.
  };
  // A sender: MSH-3.1 and MSH-4.1.
  struct Sender {
    std::string application;
    std::string facility;
    friend auto operator<=>(const Sender&, const Sender&) = default;
  };
  struct SenderUse {
    uint64_t messages = 0;
    uint64_t ids_without_authority = 0;
    std::map<std::string, uint64_t> charsets;        // MSH-18.
    std::map<std::string, uint64_t> processing_ids;  // MSH-11.
    std::map<std::string, uint64_t> types;           // MSH-9, as ADT^A08.
    std::map<Authority, uint64_t> authorities;
  };

  // Looks at one message.
  void Add(absl::string_view message);

  uint64_t messages() const { return messages_; }
  uint64_t unreadable() const { return unreadable_; }
  const std::map<Authority, AuthorityUse>& authorities() const { return authorities_; }
  const std::map<Sender, SenderUse>& senders() const { return senders_; }
  const std::map<std::string, uint64_t>& facilities() const { return facilities_; }  // PV1-3.4.

  // The [[domains]] and [[hl7_sources]] of a member's TOML file, with what was seen as comments; an
  // OID that the feed does not say is left empty for the administrator.
  std::string Proposal() const;

 private:
  uint64_t messages_ = 0;
  uint64_t unreadable_ = 0;
  std::map<Authority, AuthorityUse> authorities_;
  std::map<Sender, SenderUse> senders_;
  std::map<std::string, uint64_t> facilities_;
};

}  // namespace hie::ctl

#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "gateway/hl7v2/acknowledgement.h"
#include "gateway/hl7v2/finding.h"
#include "gateway/hl7v2/message.h"
#include "gateway/hl7v2/segments/msh.h"
#include "gateway/hl7v2/source_finder.h"
#include "gateway/members/member_directory.h"

namespace hie::hl7v2 {

// One message as it was received, read as far as its header: who sends it, and whether it is taken.
//
// Owns the bytes that its parts view; immutable.  Keeps the directory that it was read with.
class Reception {
 public:
  // Total on any bytes.
  static std::unique_ptr<const Reception> Read(
      std::string raw, std::shared_ptr<const members::MemberDirectory> directory,
      const SenderAddress& address);
  Reception(const Reception&) = delete;
  Reception& operator=(const Reception&) = delete;

  // The bytes as received.
  const std::string& raw() const { return raw_; }
  // Nothing: the bytes are no message.
  const std::optional<Message>& message() const { return message_; }
  const MessageHeader& header() const { return header_; }
  const ReplyHeader& reply() const { return reply_; }
  const members::MemberDirectory& directory() const { return *directory_; }
  // Set where `refused` is not.
  const Member& member() const { return *found_.member; }
  const Hl7Source& source() const { return *found_.source; }

  // Why the message is not taken in at all; it is answered so in both modes, and nothing is kept.
  const std::optional<Finding>& refused() const { return refused_; }

  // MSH-3|MSH-4: names the sender in rows, reports and for repetitions.
  std::string SourceName() const;

 private:
  Reception(std::string raw, std::shared_ptr<const members::MemberDirectory> directory);
  std::optional<Finding> Decode(const SenderAddress& address);
  std::optional<Finding> Admit() const;

  const std::string raw_;
  const std::shared_ptr<const members::MemberDirectory> directory_;
  std::string converted_;
  std::optional<Message> message_;
  MessageHeader header_;
  ReplyHeader reply_;
  FoundSource found_;
  std::optional<Finding> refused_;
};

}  // namespace hie::hl7v2

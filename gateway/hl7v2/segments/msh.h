#pragma once

#include <string>

#include "gateway/hl7v2/segments/data_types.h"

namespace hie::hl7v2 {

// How a sender wants to be answered (MSH-15, MSH-16; table 0155).
enum class AckCondition { kUnsaid, kAlways, kNever, kErrorOnly, kSuccessOnly };

// MSH: who sends what.
struct MessageHeader {
  Authority application;      // MSH-3.
  Authority facility;         // MSH-4.
  std::string time;           // MSH-7, as written.
  std::string code;           // MSH-9.1: ADT.
  std::string trigger;        // MSH-9.2: A08.  MSH-9.3 says nothing that is relied on.
  std::string control_id;     // MSH-10.
  std::string processing_id;  // MSH-11.1: P, T, D.
  std::string version;        // MSH-12.1.
  AckCondition accept = AckCondition::kUnsaid;           // MSH-15.
  AckCondition application_ack = AckCondition::kUnsaid;  // MSH-16.

  // Enhanced mode (chapter 2.9.3): either condition is valued.
  bool enhanced() const {
    return accept != AckCondition::kUnsaid || application_ack != AckCondition::kUnsaid;
  }
  // ADT^A08.
  std::string Type() const;
};

// Reads MSH.  Total.
MessageHeader ReadHeader(const Message& message);

}  // namespace hie::hl7v2

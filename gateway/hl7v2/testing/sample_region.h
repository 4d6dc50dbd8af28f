#pragma once

#include <map>
#include <memory>
#include <string>

#include "gateway/members/member_directory.h"

// For tests: a directory with the senders of the public sample messages.
namespace hie::hl7v2 {

// Member `north` (LIVE) with the handmade messages' sender, and `samples` with those of the public
// ones, which takes ids of domain 2.999.9.1 under the names that they write.
std::shared_ptr<const members::MemberDirectory> SampleDirectory(
    AckMode mode, MemberState state = MemberState::kLive);

// Files of the shared folder `name`, by file name; empty where it is absent.
std::map<std::string, std::string> SampleFiles(const std::string& name);

// The handmade messages of the interface description, with CR.
extern const char kAdtA01[];
extern const char kAdtA08DeletePhone[];
extern const char kAdtA40[];
extern const char kMdmT02[];

}  // namespace hie::hl7v2

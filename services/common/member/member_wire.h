#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "hie/directory/v1/directory.pb.h"
#include "services/common/member/member.h"

// Between hie.directory.v1 and member.h.
namespace hie::wire {

// INVALID_ARGUMENT, `<field>.<path>: want ...`: an enum value or a sensitivity code that is not
// known, or a list with more than 1,024 entries.  Everything else is the directory's to check.
absl::StatusOr<Member> FromProto(const directory::v1::Member& proto, absl::string_view field);
directory::v1::Member ToProto(const Member& member);

}  // namespace hie::wire

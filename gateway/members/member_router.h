#pragma once

#include <functional>
#include <memory>
#include <string>

#include "gateway/exchange/member_port.h"
#include "gateway/members/member_directory.h"

namespace hie::members {

// The exchange's way to every member: to its agent, to its FHIR server, or to neither, as the
// directory says.  The first endpoint of a kind that can be dialled counts.  Thread-safe.
//
// A member that only registers documents is not asked: the index is its answer, so it answers at
// once, complete and with nothing of its own.
class MemberRouter final : public exchange::MemberPort {
 public:
  // All must outlive the router.  `fhir` may be null: such members are unreachable.
  MemberRouter(const MemberDirectorySource* directory, exchange::MemberPort* agents,
               exchange::MemberPort* fhir)
      : directory_(directory), agents_(agents), fhir_(fhir) {}

  std::shared_ptr<exchange::MemberCall> Ask(
      const exchange::MemberQuestion& question,
      std::function<void(exchange::MemberAnswer)> done) override;
  std::shared_ptr<exchange::MemberCall> Fetch(const exchange::ContentRequest& request,
                                              std::function<bool(absl::string_view)> on_chunk,
                                              std::function<void(absl::Status)> done) override;
  bool Reachable(const MemberId& member) const override;

 private:
  enum class Way { kAgent, kFhir, kIndexOnly };
  Way WayTo(const MemberId& member) const;

  const MemberDirectorySource* const directory_;
  exchange::MemberPort* const agents_;
  exchange::MemberPort* const fhir_;
};

}  // namespace hie::members

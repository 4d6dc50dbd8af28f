#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/members/member_directory.h"
#include "hie/common/v1/patient.pb.h"
#include "hie/mpi/v1/mpi_service.pb.h"
#include "hie/registry/v1/registry.pb.h"
#include "services/common/base/clock.h"
#include "services/common/labels/access.h"
#include "services/common/rpc/channel.h"

namespace hie::feed {

// A document with the label codes of its source.
struct FedDocument {
  registry::v1::DocumentEntry entry;  // Patient, member and labels are set by the feed.
  std::vector<std::string> security_codes;
};

// One patient that a member holds.
struct FedPatient {
  common::v1::LocalPatient patient;
  common::v1::Demographics demographics;
  std::vector<std::string> facilities;  // Where the patient was seen, in the member's words.
  std::vector<FedDocument> documents;
  std::string unit = {};  // Of the facilities, where there is one; in the member's words.
  // See hie.exchange.v1.RegisterPatient.
  int64_t event_micros = 0;
  mpi::v1::RegisterKind kind = mpi::v1::REGISTER_KIND_UNSPECIFIED;
  uint64_t expected_version = 0;
};

// Registers what members say they hold: identity in the index, then claim and documents in the
// registry.  Thread-safe.
//
// OK means durable in both; a repetition changes nothing.  A failure between the two leaves a
// record without a claim, which the next try completes: callers repeat until OK.
class PatientFeed {
 public:
  using Registered = std::function<void(absl::StatusOr<mpi::v1::RegisterRecordResponse>)>;
  using Previewed = std::function<void(absl::StatusOr<mpi::v1::PreviewRecordResponse>)>;

  struct Options {
    std::shared_ptr<rpc::Channel> mpi;
    std::shared_ptr<rpc::Channel> registry;
    const members::MemberDirectorySource* directory = nullptr;  // Must outlive the feed.
    const Clock* clock = nullptr;                               // Must outlive the feed.
    absl::Duration timeout = absl::Seconds(10);                 // Of each of the two calls.
  };

  explicit PatientFeed(Options options) : options_(std::move(options)) {}

  // Registers one patient on behalf of `actor`, whose member must own the patient's domain.
  //
  // `registered` is called once, on an RPC thread or on the caller's; must not block.
  // INVALID_ARGUMENT names the field.  PERMISSION_DENIED: another member's domain.
  // FAILED_PRECONDITION: the member is not LIVE and contributes nothing yet, or a document replaces
  // what it may not.  ABORTED: the record has another version than the expected one.
  // ALREADY_EXISTS: a document's id is registered with another content.  Where a document is
  // refused, none of the patient's is filed, but the claim is.  UNAVAILABLE: try again.
  void Register(const Actor& actor, FedPatient patient, Registered registered) const;

  // Tells what Register would do; changes nothing, and looks at no document.  Also for members in
  // TEST and SHADOW.  Refusals as Register's.
  void Preview(const Actor& actor, FedPatient patient, Previewed previewed) const;

  // The member is LIVE: what it feeds is taken.
  bool MayContribute(const MemberId& member) const;

 private:
  const Options options_;
};

}  // namespace hie::feed

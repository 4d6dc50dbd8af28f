#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "hie/consent/v1/consent.pb.h"
#include "hie/consent/v1/consent_service.pb.h"
#include "services/consent/access_request.h"
#include "services/consent/directive.h"
#include "services/consent/session.h"

// Between the consent messages and the values that decisions are made over.  Every error is
// INVALID_ARGUMENT, `<field>: want ...`, and repeats no value.
namespace hie::consent {

inline constexpr int kRulesMax = 64;       // Roots of a directive.
inline constexpr int kRuleDepthMax = 4;    // Exceptions to exceptions.
inline constexpr int kRuleNodesMax = 256;  // Of a directive, all told.
inline constexpr int kCriterionMax = 64;   // Values of one criterion.
inline constexpr int kSupersedesMax = 32;
inline constexpr int kItemsMax = 256;
inline constexpr int kRecordsMax = 256;  // Certain, and as many possible.

// Reads a directive in full.  A sensitivity code that is not in the vocabulary is no error: it
// makes the directive opaque.  Everything else that is not understood is refused.
absl::StatusOr<Directive> FromProto(const v1::Directive& proto, absl::string_view field);

// Reads who asks for what about whom; the ids of the items are distinct.
absl::StatusOr<AccessRequest> FromProto(const v1::DecideRequest& proto);

// Reads a stored session as far as decisions see it.
absl::StatusOr<Session> FromProto(const v1::BreakGlassSession& proto, absl::string_view field);

// Reads 1 (or `least`) to kRecordsMax local patients, each with its incarnation.
absl::StatusOr<std::vector<LocalPatient>> FromProto(
    const google::protobuf::RepeatedPtrField<common::v1::LocalPatient>& protos,
    absl::string_view field, int least);

v1::ItemDecision ToProto(const std::string& item_id, const Decision& decision);

}  // namespace hie::consent

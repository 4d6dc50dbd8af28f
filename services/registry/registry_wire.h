#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/repeated_field.h"
#include "hie/registry/v1/registry.pb.h"
#include "hie/registry/v1/registry_service.pb.h"
#include "services/registry/document_entry.h"
#include "services/registry/submission.h"

// Between the registry's messages and its values: shape is checked here.
namespace hie::registry {

// INVALID_ARGUMENT: `<field>: want ...`; repeats no value.  An unspecified status is CURRENT.
// `replaces_unique_id` is one of the relations.
absl::StatusOr<DocumentEntry> FromProto(const v1::DocumentEntry& proto, absl::string_view field);
absl::StatusOr<Claim> FromProto(const v1::Claim& proto, absl::string_view field);
absl::StatusOr<LocatorEntry> FromProto(const v1::LocatorEntry& proto, absl::string_view field);
absl::StatusOr<SubmissionSet> FromProto(const v1::SubmissionSet& proto, absl::string_view field);

// Also checks the counts, before it converts anything.  Contents are not looked at.
absl::StatusOr<Submission> FromProto(const v1::SubmitRequest& proto);

absl::StatusOr<std::vector<LocalPatient>> FromProto(
    const google::protobuf::RepeatedPtrField<common::v1::LocalPatient>& protos,
    absl::string_view field);

v1::DocumentEntry ToProto(const DocumentEntry& document);
v1::LocatorEntry ToProto(const LocatorEntry& locator);
v1::SubmissionSet ToProto(const SubmissionSet& set);

}  // namespace hie::registry

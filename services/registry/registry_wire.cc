#include "services/registry/registry_wire.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/wire/wire.h"
#include "services/registry/validate_submission.h"

namespace hie::registry {

absl::StatusOr<DocumentEntry> FromProto(const v1::DocumentEntry& proto, absl::string_view field) {
  if (!v1::DocumentStatus_IsValid(proto.status())) {
    return absl::InvalidArgumentError(
        absl::StrCat(field, ".status: want a status of this version"));
  }
  DocumentEntry document;
  document.id = proto.id();
  document.unique_id = proto.unique_id();
  HIE_ASSIGN_OR_RETURN(document.patient,
                       wire::FromProto(proto.patient(), absl::StrCat(field, ".patient"),
                                       wire::Incarnation::kRequired));
  document.member = MemberId(proto.member());
  document.facility = proto.facility();
  document.unit = proto.unit();
  document.type_code = Phi<std::string>(proto.type_code());
  document.title = Phi<std::string>(proto.title());
  document.media_type = proto.media_type();
  document.size_bytes = proto.size_bytes();
  document.sha256 = proto.sha256();
  document.created = wire::TimeFromMicros(proto.created_micros(), absl::InfinitePast());
  HIE_ASSIGN_OR_RETURN(document.service,
                       wire::FromProto(proto.service(), absl::StrCat(field, ".service")));
  HIE_ASSIGN_OR_RETURN(document.labels,
                       wire::FromProto(proto.labels(), absl::StrCat(field, ".labels")));
  document.author = Phi<std::string>(proto.author());
  document.status = proto.status() == v1::DOCUMENT_STATUS_UNSPECIFIED
                        ? DocumentStatus::kCurrent
                        : static_cast<DocumentStatus>(proto.status());
  document.replaces_unique_id = proto.replaces_unique_id();
  return document;
}

v1::DocumentEntry ToProto(const DocumentEntry& document) {
  v1::DocumentEntry proto;
  proto.set_id(document.id);
  proto.set_unique_id(document.unique_id);
  *proto.mutable_patient() = wire::ToProto(document.patient);
  proto.set_member(document.member.value());
  proto.set_facility(document.facility);
  proto.set_unit(document.unit);
  proto.set_type_code(document.type_code.value());
  proto.set_title(document.title.value());
  proto.set_media_type(document.media_type);
  proto.set_size_bytes(document.size_bytes);
  proto.set_sha256(document.sha256);
  proto.set_created_micros(wire::MicrosFromTime(document.created));
  *proto.mutable_service() = wire::ToProto(document.service);
  *proto.mutable_labels() = wire::ToProto(document.labels);
  proto.set_author(document.author.value());
  proto.set_status(static_cast<v1::DocumentStatus>(document.status));
  proto.set_replaces_unique_id(document.replaces_unique_id);
  return proto;
}

absl::StatusOr<Claim> FromProto(const v1::Claim& proto, absl::string_view field) {
  if (!v1::LocatorState_IsValid(proto.state())) {
    return absl::InvalidArgumentError(absl::StrCat(field, ".state: want CLAIMED or VERIFIED"));
  }
  Claim claim;
  HIE_ASSIGN_OR_RETURN(claim.patient,
                       wire::FromProto(proto.patient(), absl::StrCat(field, ".patient"),
                                       wire::Incarnation::kRequired));
  claim.member = MemberId(proto.member());
  claim.state = static_cast<LocatorState>(proto.state());
  claim.facility = proto.facility();
  return claim;
}

absl::StatusOr<LocatorEntry> FromProto(const v1::LocatorEntry& proto, absl::string_view field) {
  LocatorEntry locator;
  HIE_ASSIGN_OR_RETURN(locator.patient,
                       wire::FromProto(proto.patient(), absl::StrCat(field, ".patient"),
                                       wire::Incarnation::kRequired));
  locator.member = MemberId(proto.member());
  locator.state = static_cast<LocatorState>(proto.state());
  locator.documents = proto.documents();
  locator.newest = wire::TimeFromMicros(proto.newest_micros(), absl::InfinitePast());
  locator.asserted = wire::TimeFromMicros(proto.asserted_micros(), absl::InfinitePast());
  locator.facilities.insert(proto.facilities().begin(), proto.facilities().end());
  return locator;
}

v1::LocatorEntry ToProto(const LocatorEntry& locator) {
  v1::LocatorEntry proto;
  *proto.mutable_patient() = wire::ToProto(locator.patient);
  proto.set_member(locator.member.value());
  proto.set_state(static_cast<v1::LocatorState>(locator.state));
  proto.set_documents(locator.documents);
  proto.set_newest_micros(wire::MicrosFromTime(locator.newest));
  proto.set_asserted_micros(wire::MicrosFromTime(locator.asserted));
  for (const std::string& facility : locator.facilities) proto.add_facilities(facility);
  return proto;
}

absl::StatusOr<Submission> FromProto(const v1::SubmitRequest& proto) {
  if (static_cast<size_t>(proto.documents_size()) > kDocumentsMax) {
    return absl::InvalidArgumentError("documents: want at most 1000");
  }
  if (static_cast<size_t>(proto.claims_size()) > kClaimsMax) {
    return absl::InvalidArgumentError("claims: want at most 1000");
  }
  Submission submission;
  submission.submission_id = proto.submission_id();
  for (int i = 0; i < proto.documents_size(); ++i) {
    HIE_ASSIGN_OR_RETURN(DocumentEntry document,
                         FromProto(proto.documents(i), absl::StrCat("documents[", i, "]")));
    submission.documents.push_back(std::move(document));
  }
  for (int i = 0; i < proto.claims_size(); ++i) {
    HIE_ASSIGN_OR_RETURN(Claim claim, FromProto(proto.claims(i), absl::StrCat("claims[", i, "]")));
    submission.claims.push_back(std::move(claim));
  }
  return submission;
}

}  // namespace hie::registry

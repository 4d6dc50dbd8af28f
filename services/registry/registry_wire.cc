#include "services/registry/registry_wire.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/wire/wire.h"
#include "services/registry/description_wire.h"
#include "services/registry/validate_submission.h"

namespace hie::registry {
namespace {

using google::protobuf::RepeatedPtrField;

absl::StatusOr<std::vector<Relation>> RelationsFromProto(const v1::DocumentEntry& proto,
                                                         absl::string_view field) {
  std::vector<Relation> relations;
  for (const v1::DocumentRelation& relation : proto.relations()) {
    if (!v1::RelationKind_IsValid(relation.kind()) ||
        relation.kind() == v1::RELATION_KIND_UNSPECIFIED) {
      return absl::InvalidArgumentError(
          absl::StrCat(field, ".relations: want a kind of this version"));
    }
    relations.push_back({static_cast<RelationKind>(relation.kind()), relation.target_unique_id(),
                         relation.unlinked() ? Linkage::kUnlinked : Linkage::kLinked});
  }
  const std::string& replaces = proto.replaces_unique_id();
  const bool is_named = std::any_of(relations.begin(), relations.end(), [&](const Relation& r) {
    return r.kind == RelationKind::kReplaces && r.target_unique_id == replaces;
  });
  if (!replaces.empty() && !is_named) {
    relations.insert(relations.begin(), {RelationKind::kReplaces, replaces});
  }
  return relations;
}

void RelationsToProto(const DocumentEntry& document, v1::DocumentEntry& proto) {
  for (const Relation& relation : document.relations) {
    v1::DocumentRelation& to = *proto.add_relations();
    to.set_kind(static_cast<v1::RelationKind>(relation.kind));
    to.set_target_unique_id(relation.target_unique_id);
    to.set_unlinked(relation.linkage == Linkage::kUnlinked);
  }
  proto.set_replaces_unique_id(ReplacedUniqueId(document));
}

absl::Status CheckCounts(const v1::SubmitRequest& proto) {
  for (const auto& [field, count, max] :
       {std::tuple{"documents", proto.documents_size(), kDocumentsMax},
        std::tuple{"claims", proto.claims_size(), kClaimsMax},
        std::tuple{"same_person", proto.same_person_size(), kSamePersonMax},
        std::tuple{"superseded_ids", proto.superseded_ids_size(), kDocumentsMax}}) {
    if (static_cast<size_t>(count) <= max) continue;
    return absl::InvalidArgumentError(absl::StrCat(field, ": want at most ", max));
  }
  return absl::OkStatus();
}

absl::StatusOr<RelationPolicy> PolicyFromProto(v1::RelationPolicy policy) {
  switch (policy) {
    case v1::RELATION_POLICY_UNSPECIFIED:
      return RelationPolicy::kRefuse;
    case v1::RELATION_POLICY_STORE_UNLINKED:
      return RelationPolicy::kStoreUnlinked;
    default:
      return absl::InvalidArgumentError("relation_policy: want a policy of this version");
  }
}

}  // namespace

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
  document.sha1 = proto.sha1();
  document.created = wire::TimeFromMicros(proto.created_micros(), absl::InfinitePast());
  HIE_ASSIGN_OR_RETURN(document.service,
                       wire::FromProto(proto.service(), absl::StrCat(field, ".service")));
  HIE_ASSIGN_OR_RETURN(document.labels,
                       wire::FromProto(proto.labels(), absl::StrCat(field, ".labels")));
  document.author = Phi<std::string>(proto.author());
  document.status = proto.status() == v1::DOCUMENT_STATUS_UNSPECIFIED
                        ? DocumentStatus::kCurrent
                        : static_cast<DocumentStatus>(proto.status());
  document.availability = proto.withheld() ? Availability::kWithheld : Availability::kListed;
  HIE_ASSIGN_OR_RETURN(document.relations, RelationsFromProto(proto, field));
  document.content_id = proto.content_id();
  document.description = DescriptionFromProto(proto);
  document.version = std::max(proto.version(), 1u);
  document.recorded = wire::TimeFromMicros(proto.recorded_micros(), absl::InfinitePast());
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
  proto.set_sha1(document.sha1);
  proto.set_created_micros(wire::MicrosFromTime(document.created));
  *proto.mutable_service() = wire::ToProto(document.service);
  *proto.mutable_labels() = wire::ToProto(document.labels);
  proto.set_author(document.author.value());
  proto.set_status(static_cast<v1::DocumentStatus>(document.status));
  proto.set_withheld(document.availability == Availability::kWithheld);
  RelationsToProto(document, proto);
  proto.set_content_id(document.content_id);
  DescriptionToProto(document.description, proto);
  proto.set_version(document.version);
  proto.set_recorded_micros(wire::MicrosFromTime(document.recorded));
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

absl::StatusOr<SubmissionSet> FromProto(const v1::SubmissionSet& proto, absl::string_view field) {
  SubmissionSet set;
  HIE_ASSIGN_OR_RETURN(set.patient,
                       wire::FromProto(proto.patient(), absl::StrCat(field, ".patient"),
                                       wire::Incarnation::kRequired));
  set.id = proto.id();
  set.unique_id = proto.unique_id();
  set.member = MemberId(proto.member());
  set.source_id = proto.source_id();
  set.submitted = wire::TimeFromMicros(proto.submitted_micros(), absl::InfinitePast());
  set.designations = CodesFromProto(proto.designations());
  set.title = Phi<std::string>(proto.title());
  set.source_names = NamesFromProto(proto.source_names());
  set.document_ids.assign(proto.document_ids().begin(), proto.document_ids().end());
  set.resource = Phi<std::string>(proto.resource());
  set.recipients.assign(proto.recipients().begin(), proto.recipients().end());
  set.recorded = wire::TimeFromMicros(proto.recorded_micros(), absl::InfinitePast());
  return set;
}

v1::SubmissionSet ToProto(const SubmissionSet& set) {
  v1::SubmissionSet proto;
  proto.set_id(set.id);
  proto.set_unique_id(set.unique_id);
  *proto.mutable_patient() = wire::ToProto(set.patient);
  proto.set_member(set.member.value());
  proto.set_source_id(set.source_id);
  proto.set_submitted_micros(wire::MicrosFromTime(set.submitted));
  CodesToProto(set.designations, *proto.mutable_designations());
  proto.set_title(set.title.value());
  NamesToProto(set.source_names, *proto.mutable_source_names());
  for (const std::string& id : set.document_ids) proto.add_document_ids(id);
  proto.set_resource(set.resource.value());
  for (const std::string& recipient : set.recipients) proto.add_recipients(recipient);
  proto.set_recorded_micros(wire::MicrosFromTime(set.recorded));
  return proto;
}

absl::StatusOr<std::vector<LocalPatient>> FromProto(
    const RepeatedPtrField<common::v1::LocalPatient>& protos, absl::string_view field) {
  std::vector<LocalPatient> patients;
  for (int i = 0; i < protos.size(); ++i) {
    HIE_ASSIGN_OR_RETURN(
        LocalPatient patient,
        wire::FromProto(protos[i], absl::StrCat(field, "[", i, "]"), wire::Incarnation::kRequired));
    patients.push_back(std::move(patient));
  }
  return patients;
}

absl::StatusOr<Submission> FromProto(const v1::SubmitRequest& proto) {
  HIE_RETURN_IF_ERROR(CheckCounts(proto));
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
  if (proto.has_submission_set()) {
    HIE_ASSIGN_OR_RETURN(SubmissionSet set, FromProto(proto.submission_set(), "submission_set"));
    submission.sets.push_back(std::move(set));
  }
  HIE_ASSIGN_OR_RETURN(submission.relation_policy, PolicyFromProto(proto.relation_policy()));
  submission.superseded_ids.assign(proto.superseded_ids().begin(), proto.superseded_ids().end());
  HIE_ASSIGN_OR_RETURN(submission.same_person, FromProto(proto.same_person(), "same_person"));
  return submission;
}

}  // namespace hie::registry

#include "gateway/exchange/query_wire.h"

#include <set>
#include <utility>

#include "services/common/base/status_macros.h"
#include "services/common/crypto/hash.h"
#include "services/common/wire/wire.h"

namespace hie::exchange {
namespace {

absl::StatusOr<Record> RecordFromProto(const mpi::v1::Record& proto) {
  Record record;
  HIE_ASSIGN_OR_RETURN(record.patient, wire::FromProto(proto.patient(), "record.patient",
                                                       wire::Incarnation::kRequired));
  HIE_ASSIGN_OR_RETURN(record.demographics,
                       wire::FromProto(proto.demographics(), "record.demographics"));
  for (const auto& version : proto.history()) {
    HIE_ASSIGN_OR_RETURN(Demographics demographics, wire::FromProto(version, "record.history"));
    record.history.push_back(std::move(demographics));
  }
  if (proto.has_merged_into()) {
    HIE_ASSIGN_OR_RETURN(record.merged_into,
                         wire::FromProto(proto.merged_into(), "record.merged_into",
                                         wire::Incarnation::kMayBeCurrent));
  }
  record.removed = proto.removed();
  record.recorded = absl::FromUnixMicros(proto.recorded_micros());
  return record;
}

std::vector<FieldWeight> FieldsFromProto(
    const google::protobuf::RepeatedPtrField<mpi::v1::FieldWeight>& protos) {
  std::vector<FieldWeight> fields;
  for (const auto& proto : protos) {
    fields.push_back({proto.field(), proto.level(), proto.weight_millibits()});
  }
  return fields;
}

LocatorState StateFromProto(registry::v1::LocatorState state) {
  switch (state) {
    case registry::v1::LOCATOR_STATE_CLAIMED:
      return LocatorState::kClaimed;
    case registry::v1::LOCATOR_STATE_VERIFIED:
      return LocatorState::kVerified;
    default:
      return LocatorState::kSuspected;
  }
}

absl::StatusOr<LocatorEntry> LocatorFromProto(const registry::v1::LocatorEntry& proto) {
  LocatorEntry entry;
  HIE_ASSIGN_OR_RETURN(entry.patient, wire::FromProto(proto.patient(), "locator.patient",
                                                      wire::Incarnation::kRequired));
  entry.member = MemberId(proto.member());
  entry.state = StateFromProto(proto.state());
  entry.facilities.assign(proto.facilities().begin(), proto.facilities().end());
  return entry;
}

consent::v1::Item ItemToProto(const DecisionItem& item) {
  consent::v1::Item proto;
  proto.set_id(item.id);
  proto.set_custodian(item.custodian.value());
  proto.set_facility(item.facility);
  proto.set_unit(item.unit);
  proto.set_clinical_class(wire::ToProto(item.clinical_class));
  *proto.mutable_service() = wire::ToProto(item.period);
  *proto.mutable_labels() = wire::ToProto(item.labels);
  return proto;
}

audit::v1::EventType TypeOf(AuditKind kind) {
  switch (kind) {
    case AuditKind::kQuery:
      return audit::v1::EVENT_TYPE_QUERY;
    case AuditKind::kIntent:
      return audit::v1::EVENT_TYPE_INTENT;
    case AuditKind::kOutcome:
      return audit::v1::EVENT_TYPE_OUTCOME;
    case AuditKind::kSafety:
      return audit::v1::EVENT_TYPE_SAFETY;
  }
  return audit::v1::EVENT_TYPE_UNSPECIFIED;
}

v1::ClinicalItem StatementToProto(const PermittedEntry& permitted, const MemberId& member,
                                  const DirectoryView& directory) {
  const auto& statement = std::get<StatementEntry>(permitted.entry->content);
  const ClinicalItem& item = statement.item;
  v1::ClinicalItem proto;
  proto.set_id(item.id);
  v1::Source* source = proto.mutable_source();
  source->set_member(member.value());
  if (const MemberView* view = directory.Find(member)) {
    source->set_member_name(view->name);
    const FacilityView* facility = FindFacility(*view, permitted.entry->subject.facility);
    source->set_facility_name(facility == nullptr ? item.facility : facility->name);
  }
  *source->mutable_patient() = wire::ToProto(statement.patient);
  proto.set_clinical_class(wire::ToProto(item.clinical_class));
  proto.set_resource_type(item.resource_type);
  proto.set_display(item.display);
  proto.set_code(item.code);
  proto.set_date(item.date);
  proto.set_clinical_status(item.clinical_status);
  proto.set_verification_status(item.verification_status);
  proto.set_negation(item.negation);
  proto.set_resource(item.resource);
  proto.set_master_identifier(item.master_identifier);
  proto.set_content_sha256(item.content_sha256);
  proto.set_opened_by_break_glass(permitted.permit->opened_by_break_glass);
  for (const std::string& word : permitted.permit->obligations) proto.add_obligations(word);
  return proto;
}

v1::Begin HeadToProto(const QueryHead& head) {
  v1::Begin proto;
  proto.set_query_id(head.query_id);
  proto.set_eid(head.eid.value());
  *proto.mutable_demographics() = wire::ToProto(head.demographics);
  proto.set_weight_millibits(head.weight_millibits);
  for (const FieldWeight& field : head.fields) {
    mpi::v1::FieldWeight* weight = proto.add_fields();
    weight->set_field(field.field);
    weight->set_level(field.level);
    weight->set_weight_millibits(field.weight_millibits);
  }
  for (const MemberId& member : head.expected) proto.add_expected_members(member.value());
  proto.set_budget_millis(static_cast<uint32_t>(absl::ToInt64Milliseconds(head.budget)));
  return proto;
}

}  // namespace

absl::StatusOr<Person> FromProto(const mpi::v1::Person& proto) {
  Person person;
  person.eid = EnterpriseId(proto.eid());
  person.link_version = proto.link_version();
  for (const auto& record : proto.records()) {
    // Filed, and released to nobody until a steward decides.
    if (record.provisional()) continue;
    HIE_ASSIGN_OR_RETURN(Record converted, RecordFromProto(record));
    person.records.push_back(std::move(converted));
  }
  for (const auto& link : proto.possible()) {
    HIE_ASSIGN_OR_RETURN(LocalPatient patient, wire::FromProto(link.patient(), "possible.patient",
                                                               wire::Incarnation::kRequired));
    person.possible.push_back(std::move(patient));
  }
  for (const std::string& alias : proto.aliases()) person.aliases.emplace_back(alias);
  return person;
}

absl::StatusOr<SearchResult> FromProto(const mpi::v1::SearchPersonsResponse& proto) {
  SearchResult result;
  result.too_many = proto.too_many();
  for (const auto& found : proto.candidates()) {
    Candidate candidate;
    HIE_ASSIGN_OR_RETURN(candidate.person, FromProto(found.person()));
    candidate.weight_millibits = found.weight_millibits();
    candidate.certain = found.certain();
    candidate.fields = FieldsFromProto(found.fields());
    result.candidates.push_back(std::move(candidate));
  }
  return result;
}

absl::StatusOr<IndexEntry> FromProto(const registry::v1::DocumentEntry& proto) {
  IndexEntry entry;
  entry.id = proto.id();
  entry.unique_id = proto.unique_id();
  entry.member = MemberId(proto.member());
  HIE_ASSIGN_OR_RETURN(entry.patient, wire::FromProto(proto.patient(), "document.patient",
                                                      wire::Incarnation::kRequired));
  entry.facility = proto.facility();
  entry.unit = proto.unit();
  HIE_ASSIGN_OR_RETURN(entry.period, wire::FromProto(proto.service(), "document.service"));
  HIE_ASSIGN_OR_RETURN(entry.labels, wire::FromProto(proto.labels(), "document.labels"));
  entry.superseded = proto.status() == registry::v1::DOCUMENT_STATUS_SUPERSEDED;
  entry.withdrawn =
      proto.withheld() || proto.status() == registry::v1::DOCUMENT_STATUS_ENTERED_IN_ERROR;
  entry.kept_here = !proto.content_id().empty();
  entry.wire = Phi<std::string>(proto.SerializeAsString());
  return entry;
}

absl::StatusOr<Located> FromProto(const registry::v1::FindResponse& proto) {
  Located located;
  located.truncated = proto.truncated();
  for (const auto& locator : proto.locators()) {
    HIE_ASSIGN_OR_RETURN(LocatorEntry entry, LocatorFromProto(locator));
    located.locators.push_back(std::move(entry));
  }
  for (const auto& document : proto.documents()) {
    HIE_ASSIGN_OR_RETURN(IndexEntry entry, FromProto(document));
    located.documents.push_back(std::move(entry));
  }
  return located;
}

DecisionSet FromProto(const consent::v1::DecideResponse& proto) {
  DecisionSet set;
  set.decision_id = proto.decision_id();
  if (proto.has_token()) set.token.opaque = proto.token().SerializeAsString();
  std::set<std::string> seen;
  for (const auto& decision : proto.decisions()) {
    if (!seen.insert(decision.item_id()).second) {
      set.permits.erase(decision.item_id());
      continue;
    }
    if (decision.verdict() != consent::v1::VERDICT_PERMIT) continue;
    Permit& permit = set.permits[decision.item_id()];
    permit.obligations.assign(decision.obligations().begin(), decision.obligations().end());
    permit.opened_by_break_glass = decision.opened_by_break_glass();
  }
  return set;
}

consent::v1::DecideRequest ToProto(const action::DecideBatch& action, const Asker& asker) {
  consent::v1::DecideRequest request;
  *request.mutable_actor() = wire::ToProto(asker.actor);
  request.set_action(action.action == DecisionAction::kLocate ? consent::v1::ACTION_LOCATE
                                                              : consent::v1::ACTION_RETRIEVE);
  for (const LocalPatient& patient : action.certain) {
    *request.add_certain() = wire::ToProto(patient);
  }
  for (const LocalPatient& patient : action.possible) {
    *request.add_possible() = wire::ToProto(patient);
  }
  for (const DecisionItem& item : action.items) *request.add_items() = ItemToProto(item);
  request.set_session_id(asker.session_id);
  return request;
}

audit::v1::Event ToProto(const AuditEvent& event, const Asker& asker) {
  audit::v1::Event proto;
  proto.set_type(TypeOf(event.kind));
  proto.set_event_id(event.event_id);
  *proto.mutable_actor() = wire::ToProto(asker.actor);
  for (const LocalPatient& patient : event.patients) {
    *proto.add_patients() = wire::ToProto(patient);
  }
  proto.set_custodian(event.custodian.value());
  proto.set_decision_id(event.decision_id);
  for (const std::string& id : event.item_ids) proto.add_item_ids(id);
  proto.set_session_id(asker.session_id);
  proto.set_intent_event_id(event.intent_event_id);
  proto.set_outcome(static_cast<audit::v1::ReleaseOutcome>(event.outcome));
  proto.set_released_bytes(event.released_bytes);
  proto.set_released_sha256(event.released_sha256);
  for (const std::string& word : event.details) proto.add_details(word);
  return proto;
}

absl::StatusOr<consent::v1::ConfirmFenceRequest> ToProto(const FenceToken& token) {
  consent::v1::ConfirmFenceRequest request;
  if (!request.mutable_token()->ParseFromString(token.opaque)) {
    return absl::InvalidArgumentError("token: want one that consent gave");
  }
  return request;
}

WireBatch ToWire(const Batch<Audited>& batch, const std::optional<QueryHead>& head,
                 const DirectoryView& directory) {
  WireBatch wire;
  crypto::Sha256Hasher hasher;
  const auto count = [&wire, &hasher](const std::string& bytes) {
    hasher.Update(bytes);
    wire.bytes += bytes.size();
  };
  if (batch.kind() == BatchKind::kBegin) {
    if (head) *wire.response.mutable_begin() = HeadToProto(*head);
    count(wire.response.begin().SerializeAsString());
  }
  for (const PermittedEntry& permitted : batch.Permitted()) {
    if (batch.kind() == BatchKind::kIndex) {
      const std::string& bytes = std::get<IndexEntry>(permitted.entry->content).wire.value();
      wire.response.mutable_index_batch()->add_documents()->ParseFromString(bytes);
      count(bytes);
    } else if (batch.kind() == BatchKind::kItems) {
      v1::ClinicalItem* item = wire.response.mutable_item_batch()->add_items();
      *item = StatementToProto(permitted, batch.source().member, directory);
      count(item->SerializeAsString());
    }
  }
  wire.sha256 = hasher.Finish();
  return wire;
}

v1::QueryResponse ToWire(const MemberOutcome& outcome) {
  v1::QueryResponse response;
  v1::MemberOutcome* proto = response.mutable_member_outcome();
  proto->set_member(outcome.member.value());
  proto->set_member_name(outcome.member_name);
  proto->set_code(static_cast<v1::MemberOutcomeCode>(outcome.code));
  proto->set_items(outcome.items);
  proto->set_elapsed_millis(static_cast<uint32_t>(absl::ToInt64Milliseconds(outcome.elapsed)));
  for (const ClinicalClass empty : outcome.empty_classes) {
    proto->add_empty_classes(wire::ToProto(empty));
  }
  proto->set_index_entries(outcome.index_entries);
  return response;
}

v1::QueryResponse ToWire(const QueryEnd& end) {
  v1::QueryResponse response;
  v1::End* proto = response.mutable_end();
  proto->set_completeness(static_cast<v1::Completeness>(end.completeness));
  proto->set_notice(std::string(kNotice));
  proto->set_answered(end.answered);
  proto->set_expected(end.expected);
  proto->set_items(end.items);
  return response;
}

}  // namespace hie::exchange

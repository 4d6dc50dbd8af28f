#include "services/audit/event_draft.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "hie/audit/v1/audit_state.pb.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/hash.h"
#include "services/common/wire/wire.h"

namespace hie::audit {
namespace {

absl::Status Want(absl::string_view field, absl::string_view leaf, absl::string_view want) {
  return absl::InvalidArgumentError(absl::StrCat(field, ".", leaf, ": want ", want));
}

absl::Status CheckSize(absl::string_view field, absl::string_view leaf, const std::string& text,
                       size_t bytes_max) {
  if (text.size() <= bytes_max) return absl::OkStatus();
  return Want(field, leaf, absl::StrCat("at most ", bytes_max, " bytes"));
}

absl::Status CheckTexts(absl::string_view field, absl::string_view leaf,
                        const google::protobuf::RepeatedPtrField<std::string>& texts, int count_max,
                        size_t bytes_max) {
  if (texts.size() > count_max) return Want(field, leaf, absl::StrCat("at most ", count_max));
  for (const std::string& text : texts) {
    HIE_RETURN_IF_ERROR(CheckSize(field, leaf, text, bytes_max));
  }
  return absl::OkStatus();
}

absl::Status CheckTexts(const v1::Event& event, absl::string_view field) {
  for (const auto& [leaf, text] :
       {std::pair{"custodian", &event.custodian()}, std::pair{"decision_id", &event.decision_id()},
        std::pair{"session_id", &event.session_id()},
        std::pair{"intent_event_id", &event.intent_event_id()}, std::pair{"role", &event.role()}}) {
    HIE_RETURN_IF_ERROR(CheckSize(field, leaf, *text, kIdBytesMax));
  }
  HIE_RETURN_IF_ERROR(CheckTexts(field, "item_ids", event.item_ids(), kItemsMax, kIdBytesMax));
  return CheckTexts(field, "details", event.details(), kDetailsMax, kDetailBytesMax);
}

// A role's own change may have no member behind it; everything else has somebody who acts.
absl::Status CheckActor(const v1::Event& event, absl::string_view field) {
  if (event.type() == v1::EVENT_TYPE_CHANGE && event.actor().member().empty()) {
    return absl::OkStatus();
  }
  return wire::FromProto(event.actor(), absl::StrCat(field, ".actor")).status();
}

absl::Status CheckOutcome(const v1::Event& event, absl::string_view field) {
  const bool is_outcome = event.type() == v1::EVENT_TYPE_OUTCOME;
  const bool valid = v1::ReleaseOutcome_IsValid(event.outcome());
  if (is_outcome != (event.outcome() != v1::RELEASE_OUTCOME_UNSPECIFIED) || !valid) {
    return Want(field, "outcome", "one for OUTCOME events, none for others");
  }
  if (is_outcome && event.intent_event_id().empty()) {
    return Want(field, "intent_event_id", "the intent of this outcome");
  }
  if (!event.released_sha256().empty() && event.released_sha256().size() != crypto::kSha256Bytes) {
    return Want(field, "released_sha256", "32 bytes, or nothing");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<LocalPatient>> CheckEvent(const v1::Event& event,
                                                     absl::string_view field) {
  if (event.type() == v1::EVENT_TYPE_UNSPECIFIED || !v1::EventType_IsValid(event.type())) {
    return Want(field, "type", "a type of this version");
  }
  if (event.event_id().empty() || event.event_id().size() > kEventIdBytesMax) {
    return Want(field, "event_id", "1 to 64 bytes");
  }
  HIE_RETURN_IF_ERROR(CheckActor(event, field));
  HIE_RETURN_IF_ERROR(CheckTexts(event, field));
  HIE_RETURN_IF_ERROR(CheckOutcome(event, field));
  if (event.patients_size() > kPatientsMax) return Want(field, "patients", "at most 256");
  if (event.type() == v1::EVENT_TYPE_INTENT && event.patients().empty()) {
    return Want(field, "patients", "whose items are released");
  }
  std::vector<LocalPatient> patients;
  absl::flat_hash_set<LocalPatient> seen;
  for (int i = 0; i < event.patients_size(); ++i) {
    HIE_ASSIGN_OR_RETURN(
        LocalPatient patient,
        wire::FromProto(event.patients(i), absl::StrCat(field, ".patients[", i, "]"),
                        wire::Incarnation::kMayBeCurrent));
    if (seen.insert(patient).second) patients.push_back(std::move(patient));
  }
  return patients;
}

v1::Leaf DraftLeaf(const v1::Event& event, const std::vector<PatientSecrets>& patients,
                   RandomSource& random) {
  v1::Leaf leaf;
  leaf.set_type(event.type());
  leaf.set_event_id(event.event_id());
  leaf.set_member(event.actor().member());
  leaf.set_user(event.actor().user());
  *leaf.mutable_roles() = event.actor().roles();
  leaf.set_purpose(event.actor().purpose());
  leaf.set_request_id(event.actor().request_id());
  for (const PatientSecrets& patient : patients) leaf.add_patients()->set_tag(patient.tag);
  leaf.set_custodian(event.custodian());
  leaf.set_decision_id(event.decision_id());
  *leaf.mutable_item_ids() = event.item_ids();
  leaf.set_session_id(event.session_id());
  leaf.set_intent_event_id(event.intent_event_id());
  leaf.set_outcome(event.outcome());
  leaf.set_released_bytes(event.released_bytes());
  leaf.set_released_sha256(event.released_sha256());
  leaf.set_role(event.role());
  leaf.set_role_sequence(event.role_sequence());
  if (patients.empty()) {
    *leaf.mutable_details_plain() = event.details();
  } else if (!event.details().empty()) {
    v1::LeafDetails details;
    *details.mutable_details() = event.details();
    leaf.set_details_sealed(
        patients[0].details.Seal(details.SerializeAsString(), event.event_id(), random));
  }
  return leaf;
}

absl::StatusOr<std::vector<std::string>> OpenDetails(const v1::Leaf& leaf,
                                                     const crypto::AeadKey& key) {
  if (leaf.details_sealed().empty()) {
    return std::vector<std::string>(leaf.details_plain().begin(), leaf.details_plain().end());
  }
  HIE_ASSIGN_OR_RETURN(const std::string bytes, key.Open(leaf.details_sealed(), leaf.event_id()));
  v1::LeafDetails details;
  if (!details.ParseFromString(bytes)) {
    return absl::DataLossError("audit: details are not readable");
  }
  return std::vector<std::string>(details.details().begin(), details.details().end());
}

}  // namespace hie::audit

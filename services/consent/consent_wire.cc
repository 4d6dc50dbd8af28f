#include "services/consent/consent_wire.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/wire/wire.h"

namespace hie::consent {
namespace {

static_assert(static_cast<int>(SessionState::kEnded) == v1::SESSION_STATE_ENDED);

absl::Status Want(absl::string_view field, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(field, ": want ", what));
}

v1::Verdict ToProto(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPermit:
      return v1::VERDICT_PERMIT;
    case Verdict::kDenyOverridable:
      return v1::VERDICT_DENY_OVERRIDABLE;
    case Verdict::kDenySealed:
      break;
  }
  return v1::VERDICT_DENY_SEALED;
}

absl::StatusOr<Item> ItemFromProto(const v1::Item& proto, const std::string& field) {
  Item item;
  if (proto.id().empty() || proto.id().size() > wire::kTextBytesMax) {
    return Want(absl::StrCat(field, ".id"), "an id of at most 256 bytes");
  }
  if (proto.custodian().empty()) return Want(absl::StrCat(field, ".custodian"), "a member id");
  for (const std::string* text : {&proto.custodian(), &proto.facility(), &proto.unit()}) {
    if (text->size() > wire::kTextBytesMax) {
      return Want(absl::StrCat(field, ".custodian"), "names of at most 256 bytes");
    }
  }
  item.id = proto.id();
  item.custodian = proto.custodian();
  item.facility = proto.facility();
  item.unit = proto.unit();
  HIE_ASSIGN_OR_RETURN(
      item.clinical_class,
      wire::FromProto(proto.clinical_class(), absl::StrCat(field, ".clinical_class")));
  HIE_ASSIGN_OR_RETURN(item.service,
                       wire::FromProto(proto.service(), absl::StrCat(field, ".service")));
  HIE_ASSIGN_OR_RETURN(item.labels,
                       wire::FromProto(proto.labels(), absl::StrCat(field, ".labels")));
  return item;
}

}  // namespace

absl::StatusOr<std::vector<LocalPatient>> FromProto(
    const google::protobuf::RepeatedPtrField<common::v1::LocalPatient>& protos,
    absl::string_view field, int least) {
  if (protos.size() < least || protos.size() > kRecordsMax) {
    return Want(field, absl::StrCat(least, " to ", kRecordsMax, " records"));
  }
  std::vector<LocalPatient> patients;
  patients.reserve(static_cast<size_t>(protos.size()));
  for (int i = 0; i < protos.size(); ++i) {
    HIE_ASSIGN_OR_RETURN(
        LocalPatient patient,
        wire::FromProto(protos[i], absl::StrCat(field, "[", i, "]"), wire::Incarnation::kRequired));
    patients.push_back(std::move(patient));
  }
  return patients;
}

absl::StatusOr<AccessRequest> FromProto(const v1::DecideRequest& proto) {
  AccessRequest request;
  HIE_ASSIGN_OR_RETURN(request.actor, wire::FromProto(proto.actor(), "actor"));
  if (request.actor.purpose == Purpose::kUnspecified) {
    return Want("actor.purpose", "exactly one purpose of use");
  }
  if (proto.action() == v1::ACTION_UNSPECIFIED || !v1::Action_IsValid(proto.action())) {
    return Want("action", "LOCATE or RETRIEVE");
  }
  request.action = static_cast<Action>(proto.action());
  HIE_ASSIGN_OR_RETURN(request.certain, FromProto(proto.certain(), "certain", 1));
  if (proto.items_size() > kItemsMax) return Want("items", absl::StrCat("at most ", kItemsMax));
  std::set<std::string> ids;
  for (int i = 0; i < proto.items_size(); ++i) {
    const std::string field = absl::StrCat("items[", i, "]");
    HIE_ASSIGN_OR_RETURN(Item item, ItemFromProto(proto.items(i), field));
    if (!ids.insert(item.id).second) return Want(absl::StrCat(field, ".id"), "distinct ids");
    request.items.push_back(std::move(item));
  }
  return request;
}

absl::StatusOr<Session> FromProto(const v1::BreakGlassSession& proto, absl::string_view field) {
  Session session;
  session.id = proto.id();
  HIE_ASSIGN_OR_RETURN(session.actor,
                       wire::FromProto(proto.actor(), absl::StrCat(field, ".actor")));
  HIE_ASSIGN_OR_RETURN(session.patients,
                       FromProto(proto.patients(), absl::StrCat(field, ".patients"), 1));
  if (proto.state() == v1::SESSION_STATE_UNSPECIFIED || !v1::SessionState_IsValid(proto.state())) {
    return Want(absl::StrCat(field, ".state"), "a state of this version");
  }
  session.state = static_cast<SessionState>(proto.state());
  session.expires = absl::FromUnixMicros(proto.expires_micros());
  return session;
}

v1::ItemDecision ToProto(const std::string& item_id, const Decision& decision) {
  v1::ItemDecision proto;
  proto.set_item_id(item_id);
  proto.set_verdict(ToProto(decision.verdict));
  for (const std::string& reason : decision.reasons) proto.add_reasons(reason);
  for (const std::string& obligation : decision.obligations) proto.add_obligations(obligation);
  proto.set_opened_by_break_glass(decision.opened_by_break_glass);
  return proto;
}

}  // namespace hie::consent

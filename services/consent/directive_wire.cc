#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/base/uuid.h"
#include "services/common/wire/wire.h"
#include "services/consent/consent_wire.h"

namespace hie::consent {
namespace {

static_assert(static_cast<int>(Regime::kResearch) == v1::INSTRUMENT_RESEARCH);
static_assert(static_cast<int>(Action::kRetrieve) == v1::ACTION_RETRIEVE);
static_assert(static_cast<int>(DirectiveStatus::kEnteredInError) ==
              v1::DIRECTIVE_STATUS_ENTERED_IN_ERROR);

constexpr size_t kSha256Bytes = 32;

absl::Status Want(absl::string_view field, absl::string_view leaf, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(field, ".", leaf, ": want ", what));
}

template <typename List>
absl::Status CheckCount(const List& list, absl::string_view field, absl::string_view leaf) {
  if (list.size() <= kCriterionMax) return absl::OkStatus();
  return Want(field, leaf, absl::StrCat("at most ", kCriterionMax));
}

absl::StatusOr<std::vector<std::string>> Words(
    const google::protobuf::RepeatedPtrField<std::string>& protos, absl::string_view field,
    absl::string_view leaf) {
  HIE_RETURN_IF_ERROR(CheckCount(protos, field, leaf));
  for (const std::string& word : protos) {
    if (word.empty() || word.size() > wire::kTextBytesMax) {
      return Want(field, leaf, "names of a plausible length");
    }
  }
  return std::vector<std::string>(protos.begin(), protos.end());
}

absl::StatusOr<Effect> ReadEffect(v1::Effect effect, absl::string_view field,
                                  absl::string_view leaf) {
  switch (effect) {
    case v1::EFFECT_UNSPECIFIED:
      return Effect::kNone;
    case v1::EFFECT_PERMIT:
      return Effect::kPermit;
    case v1::EFFECT_DENY:
      return Effect::kDeny;
    default:
      return Want(field, leaf, "PERMIT or DENY");
  }
}

absl::StatusOr<Emergency> ReadEmergency(v1::Emergency emergency, absl::string_view field) {
  switch (emergency) {
    case v1::EMERGENCY_UNSPECIFIED:
      return Emergency::kInherit;
    case v1::EMERGENCY_ALLOW_OVERRIDE:
      return Emergency::kAllowOverride;
    case v1::EMERGENCY_FORBID_OVERRIDE:
      return Emergency::kForbidOverride;
    default:
      return Want(field, "emergency", "ALLOW_OVERRIDE or FORBID_OVERRIDE");
  }
}

absl::Status ReadRecipients(const v1::RuleNode& proto, absl::string_view field, Match& match) {
  HIE_RETURN_IF_ERROR(CheckCount(proto.recipients(), field, "recipients"));
  for (const v1::Recipient& each : proto.recipients()) {
    if (each.member().empty() && each.role().empty()) {
      return Want(field, "recipients", "a member or a role");
    }
    for (const std::string* part : {&each.member(), &each.user(), &each.role()}) {
      if (part->size() > wire::kTextBytesMax) {
        return Want(field, "recipients", "names of a plausible length");
      }
    }
    match.recipients.push_back({each.member(), each.user(), each.role()});
  }
  return absl::OkStatus();
}

absl::Status ReadEnums(const v1::RuleNode& proto, absl::string_view field, Match& match) {
  HIE_RETURN_IF_ERROR(CheckCount(proto.purposes(), field, "purposes"));
  for (const int each : proto.purposes()) {
    HIE_ASSIGN_OR_RETURN(
        const Purpose purpose,
        wire::FromProto(static_cast<common::v1::Purpose>(each), absl::StrCat(field, ".purposes")));
    match.purposes.push_back(purpose);
  }
  HIE_RETURN_IF_ERROR(CheckCount(proto.actions(), field, "actions"));
  for (const int each : proto.actions()) {
    if (each == v1::ACTION_UNSPECIFIED || !v1::Action_IsValid(each)) {
      return Want(field, "actions", "LOCATE or RETRIEVE");
    }
    match.actions.push_back(static_cast<Action>(each));
  }
  HIE_RETURN_IF_ERROR(CheckCount(proto.classes(), field, "classes"));
  for (const int each : proto.classes()) {
    HIE_ASSIGN_OR_RETURN(const ClinicalClass clinical_class,
                         wire::FromProto(static_cast<common::v1::ClinicalClass>(each),
                                         absl::StrCat(field, ".classes")));
    match.classes.push_back(clinical_class);
  }
  if (!common::v1::Confidentiality_IsValid(proto.confidentiality_min())) {
    return Want(field, "confidentiality_min", "a confidentiality of this version");
  }
  match.confidentiality_min = static_cast<Confidentiality>(proto.confidentiality_min());
  return absl::OkStatus();
}

absl::Status ReadSensitivities(const v1::RuleNode& proto, absl::string_view field, Match& match) {
  HIE_RETURN_IF_ERROR(CheckCount(proto.sensitivities(), field, "sensitivities"));
  for (const std::string& code : proto.sensitivities()) {
    if (code.size() > wire::kTextBytesMax) {
      return Want(field, "sensitivities", "codes of a plausible length");
    }
    const std::optional<Sensitivity> sensitivity = ParseSensitivity(code);
    if (sensitivity) {
      match.sensitivities = match.sensitivities.With(SensitivitySet::Of(*sensitivity));
    } else {
      match.unreadable_sensitivity = true;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Match> ReadMatch(const v1::RuleNode& proto, absl::string_view field) {
  Match match;
  HIE_RETURN_IF_ERROR(ReadEnums(proto, field, match));
  HIE_RETURN_IF_ERROR(ReadRecipients(proto, field, match));
  HIE_RETURN_IF_ERROR(ReadSensitivities(proto, field, match));
  HIE_ASSIGN_OR_RETURN(match.custodians, Words(proto.custodians(), field, "custodians"));
  HIE_ASSIGN_OR_RETURN(match.facilities, Words(proto.facilities(), field, "facilities"));
  if (proto.has_period()) {
    HIE_ASSIGN_OR_RETURN(match.period,
                         wire::FromProto(proto.period(), absl::StrCat(field, ".period")));
    if (match.period->from >= match.period->to) {
      return Want(field, "period", "a start before its end");
    }
  }
  return match;
}

// Reads a node and its exceptions; `nodes_left` and `depth_left` bound the tree.
absl::StatusOr<RuleNode> ReadNode(const v1::RuleNode& proto, const std::string& field,
                                  int depth_left, int& nodes_left) {
  if (--nodes_left < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(field, ": want at most ", kRuleNodesMax, " nodes in a directive"));
  }
  RuleNode node;
  HIE_ASSIGN_OR_RETURN(node.match, ReadMatch(proto, field));
  HIE_ASSIGN_OR_RETURN(node.effect, ReadEffect(proto.effect(), field, "effect"));
  if (node.effect == Effect::kNone) return Want(field, "effect", "PERMIT or DENY");
  HIE_ASSIGN_OR_RETURN(node.emergency, ReadEmergency(proto.emergency(), field));
  if (proto.exceptions_size() > 0 && depth_left == 0) {
    return Want(field, "exceptions", absl::StrCat("a depth of at most ", kRuleDepthMax));
  }
  for (int i = 0; i < proto.exceptions_size(); ++i) {
    const std::string child = absl::StrCat(field, ".exceptions[", i, "]");
    HIE_ASSIGN_OR_RETURN(RuleNode exception,
                         ReadNode(proto.exceptions(i), child, depth_left - 1, nodes_left));
    if (exception.effect == node.effect) {
      return Want(child, "effect", "the opposite of what it is an exception to");
    }
    node.exceptions.push_back(std::move(exception));
  }
  return node;
}

absl::Status ReadRules(const v1::Directive& proto, absl::string_view field, Directive& directive) {
  if (proto.rules_size() > kRulesMax) {
    return Want(field, "rules", absl::StrCat("at most ", kRulesMax));
  }
  int nodes_left = kRuleNodesMax;
  for (int i = 0; i < proto.rules_size(); ++i) {
    HIE_ASSIGN_OR_RETURN(RuleNode rule,
                         ReadNode(proto.rules(i), absl::StrCat(field, ".rules[", i, "]"),
                                  kRuleDepthMax - 1, nodes_left));
    directive.rules.push_back(std::move(rule));
  }
  HIE_ASSIGN_OR_RETURN(directive.base, ReadEffect(proto.base(), field, "base"));
  HIE_ASSIGN_OR_RETURN(directive.emergency, ReadEmergency(proto.emergency(), field));
  directive.declared_opaque = proto.opaque();
  if (directive.base == Effect::kNone && directive.rules.empty() && !proto.opaque()) {
    return Want(field, "rules", "a base or a rule");
  }
  return absl::OkStatus();
}

absl::Status ReadTimes(const v1::Directive& proto, absl::string_view field, Directive& directive) {
  directive.valid_from = wire::TimeFromMicros(proto.valid_from_micros(), absl::InfinitePast());
  directive.valid_to = wire::TimeFromMicros(proto.valid_to_micros(), absl::InfiniteFuture());
  if (directive.valid_from >= directive.valid_to) {
    return Want(field, "valid_to_micros", "a time after valid_from_micros");
  }
  if (proto.signed_micros() != 0) {
    directive.signed_at = absl::FromUnixMicros(proto.signed_micros());
  }
  return absl::OkStatus();
}

absl::Status ReadInstruments(const v1::Directive& proto, absl::string_view field,
                             Directive& directive) {
  if (proto.instruments().empty()) return Want(field, "instruments", "at least one");
  HIE_RETURN_IF_ERROR(CheckCount(proto.instruments(), field, "instruments"));
  for (const int each : proto.instruments()) {
    if (each == v1::INSTRUMENT_UNSPECIFIED || !v1::Instrument_IsValid(each)) {
      return Want(field, "instruments", "instruments of this version");
    }
    directive.instruments.push_back(static_cast<Regime>(each));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Directive> FromProto(const v1::Directive& proto, absl::string_view field) {
  Directive directive;
  if (!IsUuid(proto.id())) return Want(field, "id", "a UUID in lower case");
  directive.id = proto.id();
  directive.version = proto.version();
  HIE_ASSIGN_OR_RETURN(directive.subject,
                       wire::FromProto(proto.subject(), absl::StrCat(field, ".subject"),
                                       wire::Incarnation::kRequired));
  HIE_RETURN_IF_ERROR(ReadInstruments(proto, field, directive));
  if (!v1::DirectiveStatus_IsValid(proto.status())) {
    return Want(field, "status", "a status of this version");
  }
  directive.status = proto.status() == v1::DIRECTIVE_STATUS_UNSPECIFIED
                         ? DirectiveStatus::kActive
                         : static_cast<DirectiveStatus>(proto.status());
  HIE_RETURN_IF_ERROR(ReadTimes(proto, field, directive));
  HIE_RETURN_IF_ERROR(ReadRules(proto, field, directive));
  if (proto.supersedes_size() > kSupersedesMax) {
    return Want(field, "supersedes", absl::StrCat("at most ", kSupersedesMax));
  }
  for (const std::string& id : proto.supersedes()) {
    if (!IsUuid(id) || id == proto.id()) {
      return Want(field, "supersedes", "ids of other directives");
    }
  }
  if (!proto.evidence_sha256().empty() && proto.evidence_sha256().size() != kSha256Bytes) {
    return Want(field, "evidence_sha256", "32 bytes or none");
  }
  return directive;
}

}  // namespace hie::consent

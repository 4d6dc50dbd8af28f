#include "gateway/fhir/clinical/audit_event.h"

#include <array>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gateway/fhir/patients/element.h"
#include "gateway/fhir/search_query.h"

namespace hie::fhir {
namespace {

constexpr char kEventTypeSystem[] = "http://terminology.hl7.org/CodeSystem/audit-event-type";
constexpr char kRestful[] = "http://hl7.org/fhir/restful-interaction";
constexpr char kDicom[] = "http://dicom.nema.org/resources/ontology/DCM";
constexpr char kLifecycle[] = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle";
constexpr char kEntityType[] = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
constexpr char kObjectRole[] = "http://terminology.hl7.org/CodeSystem/object-role";
constexpr char kParticipation[] = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
constexpr char kActReason[] = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
constexpr char kBalpEntity[] = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType";
constexpr char kOwnSubtype[] = "https://hie.example/fhir/CodeSystem/audit-subtype";
constexpr char kOwnEntity[] = "https://hie.example/fhir/CodeSystem/audit-entity";

// Type, first subtype and action of each kind of leaf.
struct EventWords {
  absl::string_view type_system, type, type_display;
  absl::string_view subtype_system, subtype;
  absl::string_view action;
};

constexpr EventWords kQuery = {kEventTypeSystem, "rest",   "RESTful Operation",
                               kRestful,         "search", "E"};
constexpr EventWords kRelease = {kEventTypeSystem, "rest",     "RESTful Operation",
                                 kLifecycle,       "disclose", "R"};
constexpr EventWords kBreakGlass = {kDicom, "110113", "Security Alert", kDicom, "110127", "E"};
constexpr EventWords kChange = {kEventTypeSystem, "rest",   "RESTful Operation",
                                kRestful,         "update", "U"};
constexpr EventWords kSafety = {kDicom, "110113", "Security Alert", kOwnSubtype, "safety", "E"};

const EventWords& WordsOf(audit::v1::EventType type) {
  switch (type) {
    case audit::v1::EVENT_TYPE_INTENT:
    case audit::v1::EVENT_TYPE_OUTCOME:
      return kRelease;
    case audit::v1::EVENT_TYPE_BREAK_GLASS:
      return kBreakGlass;
    case audit::v1::EVENT_TYPE_CHANGE:
      return kChange;
    case audit::v1::EVENT_TYPE_SAFETY:
      return kSafety;
    default:
      return kQuery;
  }
}

absl::string_view PurposeCode(common::v1::Purpose purpose) {
  constexpr std::array<absl::string_view, 10> kCodes = {
      "", "TREAT", "ETREAT", "BTG", "HPAYMT", "HOPERAT", "PATRQT", "PUBHLTH", "HRESCH", "PATADMIN"};
  const auto number = static_cast<size_t>(purpose);
  return number < kCodes.size() ? kCodes[number] : "";
}

bool Refused(const audit::v1::AuditRecord& record) {
  for (const std::string& word : record.details()) {
    if (absl::StartsWith(word, "refused")) return true;
  }
  return false;
}

std::string OutcomeCode(const audit::v1::AuditRecord& record) {
  switch (record.leaf().outcome()) {
    case audit::v1::RELEASE_OUTCOME_NOT_RELEASED:
      return "4";
    case audit::v1::RELEASE_OUTCOME_BROKEN:
      return "8";
    default:
      break;
  }
  if (record.leaf().type() == audit::v1::EVENT_TYPE_SAFETY) return "8";
  return Refused(record) ? "4" : "0";
}

// Writes one leaf.
class Event {
 public:
  Event(const Call& call, const audit::v1::AuditRecord& record, const std::string& eid)
      : call_(call), record_(record), leaf_(record.leaf()), eid_(eid) {}

  json::Value Resource() {
    const EventWords& words = WordsOf(leaf_.type());
    const AuditCodes codes = CodesOf(record_);
    Set("resourceType", json::Value::String("AuditEvent"));
    Set("id", json::Value::String(absl::StrCat(leaf_.sequence())));
    Set("type", CodingElement(words.type_system, words.type, words.type_display));
    AppendTo(out_, "subtype", CodingElement(words.subtype_system, words.subtype));
    Set("action", json::Value::String(codes.action));
    Set("recorded", json::Value::String(InstantText(absl::FromUnixMicros(leaf_.time_micros()))));
    Set("outcome", json::Value::String(codes.outcome));
    if (!codes.purpose.empty()) {
      AppendTo(out_, "purposeOfEvent", ConceptElement(kActReason, codes.purpose));
    }
    AddAgents();
    AddSource();
    AddPatients();
    AddQuery();
    AddItems();
    AddIdentified(kBalpEntity, "XrequestId", leaf_.request_id());
    AddIdentified(kOwnEntity, "break-glass-session", leaf_.session_id());
    AddIdentified(kOwnEntity, "decision", leaf_.decision_id());
    return std::move(out_);
  }

 private:
  void Set(absl::string_view name, json::Value value) { out_.Set(name, std::move(value)); }

  json::Value MemberElement(const std::string& id) const {
    const Member* member = call_.directory().FindMember(MemberId(id));
    if (member != nullptr) return MemberReference(*member);
    json::Value who = json::Value::Object();
    SetText(who, "display", id);
    return who;
  }

  void AddAgent(json::Value type, json::Value who, bool requestor) {
    json::Value agent = json::Value::Object();
    agent.Set("type", std::move(type));
    agent.Set("who", std::move(who));
    agent.Set("requestor", json::Value::Boolean(requestor));
    AppendTo(out_, "agent", std::move(agent));
  }

  static json::Value Gateway() {
    json::Value who = json::Value::Object();
    who.Set("display", json::Value::String("hie-gateway"));
    return who;
  }

  void AddAgents() {
    const bool person = !leaf_.user().empty();
    if (!leaf_.member().empty()) {
      AddAgent(ConceptElement(kDicom, "110153"), MemberElement(leaf_.member()), !person);
    }
    AddAgent(ConceptElement(kDicom, "110152"), Gateway(), leaf_.member().empty() && !person);
    if (person) {
      json::Value who = json::Value::Object();
      who.Set("identifier", IdentifierElement("", leaf_.user()));
      AddAgent(ConceptElement(kParticipation, "IRCP"), std::move(who), true);
    }
    if (!leaf_.custodian().empty()) {
      AddAgent(ConceptElement(kParticipation, "CST"), MemberElement(leaf_.custodian()), false);
    }
  }

  void AddSource() {
    json::Value source = json::Value::Object();
    source.Set("observer", Gateway());
    Set("source", std::move(source));
  }

  // A person's records are one patient here: by reference, with the first local id.
  void AddPatients() {
    for (const common::v1::LocalPatient& patient : record_.patients()) {
      json::Value what = json::Value::Object();
      if (!eid_.empty()) what = ReferenceElement(absl::StrCat("Patient/", eid_));
      what.Set("identifier",
               IdentifierElement(OidUrn(patient.assigning_authority()), patient.id()));
      AddEntity(std::move(what), CodingElement(kEntityType, "1"), CodingElement(kObjectRole, "1"));
      if (!eid_.empty()) return;
    }
    if (!eid_.empty()) {
      AddEntity(ReferenceElement(absl::StrCat("Patient/", eid_)), CodingElement(kEntityType, "1"),
                CodingElement(kObjectRole, "1"));
    }
  }

  // The words that the log keeps of what was asked.
  void AddQuery() {
    if (record_.details().empty()) return;
    json::Value entity = json::Value::Object();
    entity.Set("type", CodingElement(kEntityType, "2"));
    entity.Set("role", CodingElement(kObjectRole, "24"));
    entity.Set("query",
               json::Value::String(absl::Base64Escape(absl::StrJoin(record_.details(), "\n"))));
    AppendTo(out_, "entity", std::move(entity));
  }

  void AddItems() {
    for (const std::string& id : leaf_.item_ids()) {
      json::Value what = json::Value::Object();
      what.Set("identifier", IdentifierElement("", id));
      AddEntity(std::move(what), CodingElement(kEntityType, "2"), CodingElement(kObjectRole, "4"));
    }
  }

  void AddIdentified(absl::string_view system, absl::string_view code, const std::string& id) {
    if (id.empty()) return;
    json::Value what = json::Value::Object();
    what.Set("identifier", IdentifierElement("", id));
    json::Value entity = json::Value::Object();
    entity.Set("what", std::move(what));
    entity.Set("type", CodingElement(system, code));
    AppendTo(out_, "entity", std::move(entity));
  }

  void AddEntity(json::Value what, json::Value type, json::Value role) {
    json::Value entity = json::Value::Object();
    entity.Set("what", std::move(what));
    entity.Set("type", std::move(type));
    entity.Set("role", std::move(role));
    AppendTo(out_, "entity", std::move(entity));
  }

  const Call& call_;
  const audit::v1::AuditRecord& record_;
  const audit::v1::Leaf& leaf_;
  const std::string& eid_;
  json::Value out_ = json::Value::Object();
};

}  // namespace

AuditCodes CodesOf(const audit::v1::AuditRecord& record) {
  const EventWords& words = WordsOf(record.leaf().type());
  AuditCodes codes;
  codes.action = std::string(words.action);
  codes.outcome = OutcomeCode(record);
  codes.purpose = std::string(PurposeCode(record.leaf().purpose()));
  codes.type = std::string(words.type);
  codes.subtype = std::string(words.subtype);
  return codes;
}

json::Value AuditEventResource(const Call& call, const audit::v1::AuditRecord& record,
                               const std::string& eid) {
  return Event(call, record, eid).Resource();
}

}  // namespace hie::fhir

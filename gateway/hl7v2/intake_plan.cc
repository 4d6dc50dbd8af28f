#include "gateway/hl7v2/intake_plan.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gateway/cda/clinical_document.h"
#include "gateway/cda/record_target.h"
#include "gateway/exchange/directory_reading.h"
#include "gateway/hl7v2/patient_ids.h"
#include "gateway/hl7v2/segments/evn.h"
#include "gateway/hl7v2/segments/mrg.h"
#include "gateway/hl7v2/segments/pv1.h"
#include "gateway/hl7v2/source_finder.h"
#include "gateway/hl7v2/triggers.h"

namespace hie::hl7v2 {
namespace {

// MergePatients takes so many.
constexpr size_t kPairsMax = 16;
// Clocks of senders may be ahead by so much.
constexpr absl::Duration kFutureMax = absl::Hours(24);
constexpr absl::string_view kLoincOid = "2.16.840.1.113883.6.1";

Finding MissingSegment(absl::string_view id) {
  return Finding{"missing-segment", Location{std::string(id), 1, 0}, ErrorCode::kSegmentSequence,
                 Verdict::kError, absl::StrCat("want a segment ", id)};
}

Finding MissingField(Location where, absl::string_view want) {
  return Finding{"missing-field", std::move(where), ErrorCode::kRequiredFieldMissing,
                 Verdict::kError, std::string(want)};
}

// Reads one message with what is known of its source.
class Planner {
 public:
  Planner(const Message& message, const MessageHeader& header, const IntakeContext& context)
      : message_(message),
        header_(header),
        context_(context),
        zone_(SourceZone(context.directory, context.source)) {}

  IntakePlan Plan() {
    plan_.event = EventTime();
    plan_.effect = Decide();
    return std::move(plan_);
  }

 private:
  // EVN-2, else MSH-7.  A time that has not come would make every later message stale.
  absl::Time EventTime() const {
    for (const std::string& text : {ReadEvent(message_).recorded, header_.time}) {
      const std::optional<Timestamp> time = ParseTimestamp(text, zone_);
      if (time && time->instant > absl::UnixEpoch() && time->instant <= context_.now + kFutureMax) {
        return time->instant;
      }
    }
    return absl::InfinitePast();
  }

  Effect Decide() {
    switch (UseOf(header_.code, header_.trigger)) {
      case TriggerUse::kUnknownType:
      case TriggerUse::kUnknownEvent:
      case TriggerUse::kUnused:
        return IgnorePlan{header_.Type()};
      case TriggerUse::kHeld:
        return HoldPlan{Finding{"held-move", Location{"MSH", 1, 9, 1, 2},
                                ErrorCode::kUnsupportedEvent, Verdict::kReject,
                                "visits move between patients: want a person to decide"}};
      case TriggerUse::kArrival:
        return Register(Arrival::kArrival);
      case TriggerUse::kUpdate:
        return Register(Arrival::kUpdate);
      case TriggerUse::kRemove:
        return Remove();
      case TriggerUse::kMerge:
        return Merge();
      case TriggerUse::kDocument:
        return Document(DraftRelation::kNone);
      case TriggerUse::kAppend:
        return Document(DraftRelation::kAppends);
      case TriggerUse::kReplace:
        return Document(DraftRelation::kReplaces);
      case TriggerUse::kStatus:
      case TriggerUse::kWithdraw:
        return Status();
    }
    return IgnorePlan{header_.Type()};
  }

  IdentifiedPatient Identify(const std::vector<ExtendedId>& ids) {
    IdentifiedPatient found =
        IdentifyPatient(ids, context_.directory, context_.member, context_.source);
    plan_.unmapped.insert(plan_.unmapped.end(), found.unmapped.begin(), found.unmapped.end());
    return found;
  }

  // Why `ids` hold no key, at `segment`-`field`.
  static Finding NoKey(const std::vector<ExtendedId>& ids, const IdentifiedPatient& found,
                       absl::string_view segment, int field) {
    const Location where{std::string(segment), 1, field};
    if (ids.empty()) return MissingField(where, "want a patient id");
    if (found.malformed) {
      return Finding{"bad-id", where, ErrorCode::kDataType, Verdict::kError,
                     "want an id of at most 64 bytes"};
    }
    return Finding{"unmapped-authority", where, ErrorCode::kUnknownKey, Verdict::kError,
                   "want an id whose authority is a domain of the sending member"};
  }

  // PID's key and what it says.
  struct Person {
    LocalPatient key;
    PatientChange change;
    bool named = false;
  };

  std::variant<Person, Finding> ReadPerson(const Segment* pid) {
    if (pid == nullptr) return MissingSegment("PID");
    const PatientSegment segment = ReadPatient(message_, *pid);
    const IdentifiedPatient found = Identify(segment.ids);
    if (!found.key) return NoKey(segment.ids, found, "PID", 3);
    Person person;
    person.key = *found.key;
    person.change = ChangeOf(segment, found.identifiers,
                             context_.source.takes_ssn ? SsnUse::kTaken : SsnUse::kIgnored);
    person.named = person.change.names.said();
    if (segment.birth_date_malformed) {
      return Finding{"bad-date", Location{"PID", 1, 7}, ErrorCode::kDataType, Verdict::kError,
                     "want YYYY[MM[DD]]"};
    }
    return person;
  }

  // PV1-3.4 names the place; without it, the sender's facility where the directory knows it, or
  // that of the id domain.
  std::string Facility(const VisitSegment& visit, const LocalPatient& patient) const {
    const auto known = [this](const std::string& name) {
      return !name.empty() && context_.directory.FindFacility(context_.member.id, name) != nullptr;
    };
    for (const std::string& name : {visit.facility.universal_id, visit.facility.name}) {
      if (known(name)) return name;
    }
    // A place that is not registered is told as it is: its labels are then unknown, not absent.
    if (!visit.facility.name.empty()) return visit.facility.name;
    const PatientIdDomain* domain = context_.directory.FindDomain(patient.assigning_authority);
    if (domain != nullptr && !domain->facility.empty()) return domain->facility;
    for (const std::string& name : {header_.facility.universal_id, header_.facility.name}) {
      if (known(name)) return name;
    }
    return "";
  }

  Effect Register(Arrival kind) {
    std::variant<Person, Finding> read = ReadPerson(message_.Find("PID"));
    if (auto* finding = std::get_if<Finding>(&read)) return RefusePlan{std::move(*finding)};
    Person& person = std::get<Person>(read);
    if (kind == Arrival::kArrival && !person.named) {
      return RefusePlan{MissingField(Location{"PID", 1, 5}, "want a name")};
    }
    const VisitSegment visit = ReadVisit(message_);
    RegisterPlan plan;
    plan.kind = kind;
    plan.facility = Facility(visit, person.key);
    plan.unit = visit.unit;
    plan.patient = std::move(person.key);
    plan.change = std::move(person.change);
    return plan;
  }

  Effect Remove() {
    std::variant<Person, Finding> read = ReadPerson(message_.Find("PID"));
    if (auto* finding = std::get_if<Finding>(&read)) return RefusePlan{std::move(*finding)};
    return RemovePlan{std::get<Person>(read).key};
  }

  // Each MRG goes with the PID before it.
  Effect Merge() {
    MergePlan plan;
    std::optional<Person> survivor;
    for (const Segment& segment : message_.segments()) {
      if (segment.id() == "PID") {
        std::variant<Person, Finding> read = ReadPerson(&segment);
        if (auto* finding = std::get_if<Finding>(&read)) return RefusePlan{std::move(*finding)};
        survivor = std::move(std::get<Person>(read));
      } else if (segment.id() == "MRG") {
        if (!survivor) return RefusePlan{MissingSegment("PID")};
        if (std::optional<Finding> finding = AddPair(*survivor, segment, plan)) {
          return RefusePlan{*std::move(finding)};
        }
      }
    }
    if (!survivor) return RefusePlan{MissingSegment("PID")};
    if (plan.pairs.empty()) return RefusePlan{MissingSegment("MRG")};
    return plan;
  }

  std::optional<Finding> AddPair(const Person& survivor, const Segment& mrg, MergePlan& plan) {
    const std::vector<ExtendedId> ids = ReadMerge(message_, mrg).prior_ids;
    const IdentifiedPatient found = Identify(InDomain(ids, survivor.key.assigning_authority));
    if (!found.key) return NoKey(ids, found, "MRG", 1);
    if (found.key->assigning_authority != survivor.key.assigning_authority) {
      return Finding{"merge-refused", Location{"MRG", 1, 1}, ErrorCode::kDataType, Verdict::kError,
                     "want both ids of the same authority"};
    }
    if (*found.key == survivor.key) {
      return Finding{"merge-refused", Location{"MRG", 1, 1}, ErrorCode::kDuplicateKey,
                     Verdict::kError, "surviving and subsumed id are the same"};
    }
    if (plan.pairs.size() == kPairsMax) {
      return Finding{"merge-refused", Location{"MRG", 1, 0}, ErrorCode::kDataType, Verdict::kError,
                     absl::StrCat("want at most ", kPairsMax, " pairs")};
    }
    plan.pairs.push_back({survivor.key, *found.key, survivor.change, survivor.named});
    return std::nullopt;
  }

  // Of several prior ids the one of the survivor's domain is meant, where there is one.
  std::vector<ExtendedId> InDomain(const std::vector<ExtendedId>& ids, const std::string& domain) {
    for (const ExtendedId& id : ids) {
      const IdentifiedPatient found =
          IdentifyPatient({id}, context_.directory, context_.member, context_.source);
      if (found.key && found.key->assigning_authority == domain) return {id};
    }
    return ids;
  }

  // For numbers without an authority: the same sender counts for itself.
  std::string SourceName() const {
    return absl::StrCat(context_.member.id.value(), "|", header_.application.ForPeople(), "|",
                        header_.facility.ForPeople());
  }

  Effect Document(DraftRelation relation) {
    std::variant<Person, Finding> read = ReadPerson(message_.Find("PID"));
    if (auto* finding = std::get_if<Finding>(&read)) return RefusePlan{std::move(*finding)};
    const Segment* txa = message_.Find("TXA");
    if (txa == nullptr) return RefusePlan{MissingSegment("TXA")};
    const DocumentSegment segment = ReadDocument(message_, *txa);
    if (!IsFinal(segment)) return IgnorePlan{absl::StrCat(header_.Type(), ":not-final")};
    std::variant<DocumentDraft, Finding> draft =
        DraftDocument(segment, ReadDocumentParts(message_), relation, SourceName(), zone_);
    if (auto* finding = std::get_if<Finding>(&draft)) return RefusePlan{std::move(*finding)};
    if (std::optional<Finding> wrong =
            CheckClinicalDocument(std::get<Person>(read), std::get<DocumentDraft>(draft))) {
      return RefusePlan{*std::move(wrong)};
    }
    const VisitSegment visit = ReadVisit(message_);
    DocumentPlan plan;
    plan.patient = std::get<Person>(read).key;
    plan.facility = Facility(visit, plan.patient);
    plan.unit = visit.unit;
    plan.draft = std::move(std::get<DocumentDraft>(draft));
    return plan;
  }

  // A C-CDA says itself whose it is and what it is.  One about somebody else than PID names is
  // never filed; one that cannot be read is filed on the sender's word, like any other content.
  std::optional<Finding> CheckClinicalDocument(const Person& person, DocumentDraft& draft) const {
    if (!draft.has_content || !cda::LooksLikeClinicalDocument(draft.content)) return std::nullopt;
    const absl::StatusOr<cda::ClinicalDocument> document = cda::ReadClinicalDocument(draft.content);
    if (!document.ok()) return std::nullopt;
    exchange::Record claimed;
    claimed.patient = person.key;
    claimed.patient.incarnation = 1;
    claimed.demographics = ToDemographics(hl7v2::Apply(FieldState{}, person.change));
    if (!cda::RecordTargetAgrees(document->record_target, claimed,
                                 exchange::ReadDirectory(context_.directory.members()))) {
      return Finding{"wrong-patient", Location{"OBX", 1, 5}, ErrorCode::kUnknownKey,
                     Verdict::kError, "the document's recordTarget is not the patient of PID"};
    }
    if (draft.type_code.empty() && document->code.code_system == kLoincOid) {
      draft.type_code = document->code.code;
      draft.types.push_back({"http://loinc.org", document->code.code, document->code.display});
    }
    if (draft.title.empty()) draft.title = document->title;
    return std::nullopt;
  }

  // T11 withdraws; T03 and T04 say something that is kept only where the document became obsolete.
  Effect Status() {
    std::variant<Person, Finding> read = ReadPerson(message_.Find("PID"));
    if (auto* finding = std::get_if<Finding>(&read)) return RefusePlan{std::move(*finding)};
    const Segment* txa = message_.Find("TXA");
    if (txa == nullptr) return RefusePlan{MissingSegment("TXA")};
    const DocumentSegment segment = ReadDocument(message_, *txa);
    if (segment.unique_number.id.empty()) {
      return RefusePlan{MissingField(Location{"TXA", 1, 12}, "want the document's unique number")};
    }
    StatusPlan plan;
    plan.patient = std::get<Person>(read).key;
    plan.unique_id = DocumentUniqueId(segment.unique_number, SourceName());
    if (UseOf(header_.code, header_.trigger) == TriggerUse::kStatus) {
      if (segment.availability != "OB") return IgnorePlan{header_.Type()};
      plan.status = NewStatus::kSuperseded;
    }
    return plan;
  }

  const Message& message_;
  const MessageHeader& header_;
  const IntakeContext& context_;
  const absl::TimeZone zone_;
  IntakePlan plan_{IgnorePlan{}, absl::InfinitePast(), {}};
};

struct KeysOf {
  std::vector<LocalPatient> operator()(const RegisterPlan& plan) const { return {plan.patient}; }
  std::vector<LocalPatient> operator()(const RemovePlan& plan) const { return {plan.patient}; }
  std::vector<LocalPatient> operator()(const DocumentPlan& plan) const { return {plan.patient}; }
  std::vector<LocalPatient> operator()(const StatusPlan& plan) const { return {plan.patient}; }
  std::vector<LocalPatient> operator()(const IgnorePlan&) const { return {}; }
  std::vector<LocalPatient> operator()(const HoldPlan&) const { return {}; }
  std::vector<LocalPatient> operator()(const RefusePlan&) const { return {}; }
  std::vector<LocalPatient> operator()(const MergePlan& plan) const {
    std::vector<LocalPatient> keys;
    for (const MergePlanPair& pair : plan.pairs) {
      keys.push_back(pair.survivor);
      keys.push_back(pair.subsumed);
    }
    return keys;
  }
};

Finding Rejected(ErrorCode code, int field, int component, absl::string_view reason,
                 absl::string_view explanation) {
  return Finding{std::string(reason), Location{"MSH", 1, field, component > 0 ? 1 : 0, component},
                 code, Verdict::kReject, std::string(explanation)};
}

}  // namespace

std::vector<LocalPatient> IntakePlan::Keys() const {
  std::vector<LocalPatient> keys = std::visit(KeysOf(), effect);
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

IntakePlan PlanIntake(const Message& message, const MessageHeader& header,
                      const IntakeContext& context) {
  return Planner(message, header, context).Plan();
}

std::optional<Finding> CheckHeader(const MessageHeader& header, const Hl7Source& source) {
  if (!absl::StartsWith(header.version, "2.")) {
    return Rejected(ErrorCode::kUnsupportedVersion, 12, 0, "unsupported-version", "");
  }
  const std::string wanted = source.processing_id.empty() ? "P" : source.processing_id;
  if (!header.processing_id.empty() && header.processing_id != absl::AsciiStrToUpper(wanted)) {
    return Rejected(ErrorCode::kUnsupportedProcessingId, 11, 0, "unsupported-processing-id", "");
  }
  switch (UseOf(header.code, header.trigger)) {
    case TriggerUse::kUnknownType:
      return Rejected(ErrorCode::kUnsupportedMessageType, 9, 1, "unsupported-type", "");
    case TriggerUse::kUnknownEvent:
      return Rejected(ErrorCode::kUnsupportedEvent, 9, 2, "unsupported-event", "");
    case TriggerUse::kUnused:
      if (source.ack_mode == AckMode::kStrict) {
        return Rejected(ErrorCode::kUnsupportedEvent, 9, 2, "unsupported-event", "");
      }
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

}  // namespace hie::hl7v2

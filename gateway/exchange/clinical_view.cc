#include "gateway/exchange/clinical_view.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"

namespace hie::exchange {
namespace {

constexpr std::array<ClinicalClass, 14> kOrder = {
    ClinicalClass::kAllergy,     ClinicalClass::kMedication,       ClinicalClass::kCondition,
    ClinicalClass::kCodeStatus,  ClinicalClass::kBloodGroup,       ClinicalClass::kImplant,
    ClinicalClass::kEncounter,   ClinicalClass::kProcedure,        ClinicalClass::kImmunization,
    ClinicalClass::kObservation, ClinicalClass::kDiagnosticReport, ClinicalClass::kCarePlan,
    ClinicalClass::kDocument,    ClinicalClass::kIdentity};

bool AnyOf(const std::string& word, std::initializer_list<absl::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// What makes two statements the same line.  Statements without a code never collapse.
using LineKey = std::tuple<Standing, std::string, std::string, std::string, std::string>;

LineKey KeyOf(const ShownItem& item) {
  if (item.clinical_class == ClinicalClass::kDocument) {
    if (item.master_identifier.empty() || item.content_sha256.empty()) {
      return {StandingOf(item), "id", item.member.value(), item.id, ""};
    }
    return {StandingOf(item), "document", item.master_identifier, item.content_sha256,
            absl::StrCat(item.patient.assigning_authority, "|", item.patient.id.value(), "|",
                         item.patient.incarnation)};
  }
  if (item.code.empty()) return {StandingOf(item), "id", item.member.value(), item.id, ""};
  return {StandingOf(item), "code", item.code, item.display, ""};
}

const std::string& NewestDate(const ViewLine& line) {
  return std::max_element(line.sources.begin(), line.sources.end(),
                          [](const ShownItem& a, const ShownItem& b) { return a.date < b.date; })
      ->date;
}

bool ShownBefore(const ViewLine& a, const ViewLine& b) {
  return std::forward_as_tuple(a.standing, NewestDate(b), a.display, a.sources.front().id) <
         std::forward_as_tuple(b.standing, NewestDate(a), b.display, b.sources.front().id);
}

// A negation conflicts with every active statement of its class; a code in two standings with
// itself.
void MarkConflicts(ViewSection& section) {
  const auto has = [&section](Standing standing) {
    return std::any_of(section.lines.begin(), section.lines.end(),
                       [standing](const ViewLine& line) { return line.standing == standing; });
  };
  const bool denied = has(Standing::kActive) && has(Standing::kNegative);
  std::map<std::string, std::set<Standing>> standings;
  for (const ViewLine& line : section.lines) {
    const std::string& code = line.sources.front().code;
    if (!code.empty()) standings[code].insert(line.standing);
  }
  for (ViewLine& line : section.lines) {
    const std::string& code = line.sources.front().code;
    line.conflicting =
        (denied && (line.standing == Standing::kActive || line.standing == Standing::kNegative)) ||
        (!code.empty() && standings[code].size() > 1);
  }
}

std::vector<ViewLine> MakeLines(const std::vector<const ShownItem*>& items) {
  std::map<LineKey, ViewLine> lines;
  std::set<std::string> ids;
  for (const ShownItem* item : items) {
    if (!ids.insert(item->id).second) continue;  // The same statement twice: a repeated query.
    ViewLine& line = lines[KeyOf(*item)];
    line.standing = StandingOf(*item);
    line.display = item->display;
    line.sources.push_back(*item);
  }
  std::vector<ViewLine> ordered;
  for (auto& [key, line] : lines) ordered.push_back(std::move(line));
  std::sort(ordered.begin(), ordered.end(), ShownBefore);
  return ordered;
}

std::string NameOf(const MemberOutcome& outcome) {
  return outcome.member_name.empty() ? outcome.member.value() : outcome.member_name;
}

// "None" is said only where every expected member answered and every one had nothing.
void AddSilence(const std::vector<MemberOutcome>& outcomes, ViewSection& section) {
  size_t empty = 0;
  for (const MemberOutcome& outcome : outcomes) {
    if (outcome.code != OutcomeCode::kOk) {
      section.unanswered.push_back(absl::StrCat(NameOf(outcome), ": ", OutcomeWord(outcome.code)));
    } else if (std::find(outcome.empty_classes.begin(), outcome.empty_classes.end(),
                         section.clinical_class) != outcome.empty_classes.end()) {
      ++empty;
      section.silent.push_back(absl::StrCat("no ", ClassWord(section.clinical_class),
                                            " information received from ", NameOf(outcome)));
    }
  }
  section.none_anywhere = section.lines.empty() && !outcomes.empty() && empty == outcomes.size();
}

}  // namespace

int DisplayRank(ClinicalClass clinical_class) {
  const auto at = std::find(kOrder.begin(), kOrder.end(), clinical_class);
  return static_cast<int>(at - kOrder.begin());
}

Standing StandingOf(const ShownItem& item) {
  if (AnyOf(item.verification_status, {"entered-in-error", "refuted"}) ||
      AnyOf(item.clinical_status, {"entered-in-error", "not-taken"})) {
    return Standing::kWithdrawn;
  }
  if (item.negation) return Standing::kNegative;
  if (AnyOf(item.clinical_status, {"inactive", "resolved", "remission", "stopped", "completed",
                                   "cancelled", "finished", "superseded"})) {
    return Standing::kPast;
  }
  return Standing::kActive;
}

std::vector<ViewSection> MakeClinicalView(const std::vector<ShownItem>& items,
                                          const std::vector<MemberOutcome>& outcomes) {
  std::vector<ViewSection> sections;
  for (const ClinicalClass clinical_class : kOrder) {
    std::vector<const ShownItem*> of_class;
    for (const ShownItem& item : items) {
      if (item.clinical_class == clinical_class) of_class.push_back(&item);
    }
    ViewSection section;
    section.clinical_class = clinical_class;
    section.lines = MakeLines(of_class);
    MarkConflicts(section);
    AddSilence(outcomes, section);
    const bool headline = DisplayRank(clinical_class) <= DisplayRank(ClinicalClass::kCondition);
    const bool said = !section.lines.empty() || !section.silent.empty() ||
                      (headline && !section.unanswered.empty());
    if (said) sections.push_back(std::move(section));
  }
  return sections;
}

absl::string_view ClassWord(ClinicalClass clinical_class) {
  switch (clinical_class) {
    case ClinicalClass::kAllergy:
      return "allergy";
    case ClinicalClass::kMedication:
      return "medicine";
    case ClinicalClass::kCondition:
      return "problem";
    case ClinicalClass::kEncounter:
      return "encounter";
    case ClinicalClass::kObservation:
      return "observation";
    case ClinicalClass::kDiagnosticReport:
      return "report";
    case ClinicalClass::kImmunization:
      return "immunization";
    case ClinicalClass::kProcedure:
      return "procedure";
    case ClinicalClass::kDocument:
      return "document";
    case ClinicalClass::kImplant:
      return "implant";
    case ClinicalClass::kBloodGroup:
      return "blood group";
    case ClinicalClass::kCodeStatus:
      return "code status";
    case ClinicalClass::kCarePlan:
      return "care plan";
    case ClinicalClass::kIdentity:
      return "identity";
    case ClinicalClass::kUnspecified:
      break;
  }
  return "other";
}

absl::string_view OutcomeWord(OutcomeCode code) {
  switch (code) {
    case OutcomeCode::kOk:
      return "answered";
    case OutcomeCode::kPatientUnknown:
      return "no record";
    case OutcomeCode::kTimeout:
      return "timed out";
    case OutcomeCode::kUnreachable:
      return "not connected";
    case OutcomeCode::kCircuitOpen:
      return "not asked: known to be down";
    case OutcomeCode::kShed:
    case OutcomeCode::kThrottled:
      return "not asked: too busy";
    case OutcomeCode::kWrongPatient:
      return "answered with another patient's data, which was dropped";
    case OutcomeCode::kTooLarge:
    case OutcomeCode::kPartialUpstream:
      return "answered in part";
    case OutcomeCode::kStaleIndex:
      return "not asked: from the index only";
    case OutcomeCode::kUnspecified:
    case OutcomeCode::kRefused:
    case OutcomeCode::kAuthFailed:
    case OutcomeCode::kBadResponse:
    case OutcomeCode::kProtocolError:
      break;
  }
  return "failed";
}

}  // namespace hie::exchange

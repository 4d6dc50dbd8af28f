#include "services/consent/policy_file.h"

#include <toml++/toml.h>

#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/consent/regime.h"

namespace hie::consent {
namespace {

template <typename T>
struct Word {
  absl::string_view word;
  T value;
};

constexpr Word<Purpose> kPurposes[] = {{"TREAT", Purpose::kTreat},
                                       {"ETREAT", Purpose::kEtreat},
                                       {"BTG", Purpose::kBtg},
                                       {"HPAYMT", Purpose::kPayment},
                                       {"HOPERAT", Purpose::kOperations},
                                       {"PATRQT", Purpose::kPatientRequest},
                                       {"PUBHLTH", Purpose::kPublicHealth},
                                       {"HRESCH", Purpose::kResearch},
                                       {"PATADMIN", Purpose::kPatientAdministration}};

constexpr Word<ClinicalClass> kClasses[] = {{"ALLERGY", ClinicalClass::kAllergy},
                                            {"MEDICATION", ClinicalClass::kMedication},
                                            {"CONDITION", ClinicalClass::kCondition},
                                            {"ENCOUNTER", ClinicalClass::kEncounter},
                                            {"OBSERVATION", ClinicalClass::kObservation},
                                            {"DIAGNOSTIC_REPORT", ClinicalClass::kDiagnosticReport},
                                            {"IMMUNIZATION", ClinicalClass::kImmunization},
                                            {"PROCEDURE", ClinicalClass::kProcedure},
                                            {"DOCUMENT", ClinicalClass::kDocument},
                                            {"IMPLANT", ClinicalClass::kImplant},
                                            {"BLOOD_GROUP", ClinicalClass::kBloodGroup},
                                            {"CODE_STATUS", ClinicalClass::kCodeStatus},
                                            {"CARE_PLAN", ClinicalClass::kCarePlan},
                                            {"IDENTITY", ClinicalClass::kIdentity}};

constexpr Word<Default> kDefaults[] = {{"deny", Default::kDeny},
                                       {"permit", Default::kPermit},
                                       {"grant", Default::kGrant},
                                       {"sealed", Default::kSealed}};

constexpr Word<PatientDenials> kPatientDenials[] = {
    {"unless-forbidden", PatientDenials::kUnlessForbidden}, {"stand", PatientDenials::kStand}};

template <typename T, size_t N>
std::optional<T> Find(const Word<T> (&words)[N], absl::string_view text) {
  for (const Word<T>& each : words) {
    if (each.word == text) return each.value;
  }
  return std::nullopt;
}

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

absl::Status Wrong(const std::string& path, absl::string_view want) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": want ", want));
}

// One table of the file: hands out its keys and remembers which were asked for.
class Section {
 public:
  Section(const toml::table& table, std::string path) : table_(table), path_(std::move(path)) {}

  std::string PathOf(absl::string_view key) const {
    return path_.empty() ? std::string(key) : absl::StrCat(path_, ".", key);
  }

  absl::StatusOr<Section> Child(const std::string& key) {
    asked_.insert(key);
    const toml::table* child = table_.get_as<toml::table>(key);
    if (child == nullptr) return Wrong(PathOf(key), "a table");
    return Section(*child, PathOf(key));
  }

  absl::StatusOr<std::string> Text(const std::string& key) {
    asked_.insert(key);
    const auto* value = table_.get_as<std::string>(key);
    if (value == nullptr || value->get().empty()) return Wrong(PathOf(key), "a text");
    return value->get();
  }

  absl::StatusOr<int64_t> Number(const std::string& key, int64_t least, int64_t most) {
    asked_.insert(key);
    const auto* value = table_.get_as<int64_t>(key);
    if (value == nullptr || value->get() < least || value->get() > most) {
      return Wrong(PathOf(key), absl::StrCat("a whole number from ", least, " to ", most));
    }
    return value->get();
  }

  absl::StatusOr<std::vector<std::string>> Texts(const std::string& key) {
    asked_.insert(key);
    const toml::array* array = table_.get_as<toml::array>(key);
    if (array == nullptr) return Wrong(PathOf(key), "a list of texts");
    std::vector<std::string> texts;
    for (const toml::node& node : *array) {
      const auto* text = node.as_string();
      if (text == nullptr) return Wrong(PathOf(key), "a list of texts");
      texts.push_back(text->get());
    }
    return texts;
  }

  template <typename T, size_t N>
  absl::StatusOr<T> OneOf(const std::string& key, const Word<T> (&words)[N]) {
    HIE_ASSIGN_OR_RETURN(const std::string text, Text(key));
    const std::optional<T> value = Find(words, text);
    if (!value) return Wrong(PathOf(key), "a known word");
    return *value;
  }

  template <typename T, size_t N>
  absl::StatusOr<std::set<T>> SetOf(const std::string& key, const Word<T> (&words)[N]) {
    HIE_ASSIGN_OR_RETURN(const std::vector<std::string> texts, Texts(key));
    std::set<T> values;
    for (const std::string& text : texts) {
      const std::optional<T> value = Find(words, text);
      if (!value) return Wrong(PathOf(key), "known words");
      values.insert(*value);
    }
    return values;
  }

  bool Has(const std::string& key) const { return table_.contains(key); }

  // INVALID_ARGUMENT names a key that nobody asked for.
  absl::Status NothingElse() const {
    for (const auto& [key, node] : table_) {
      if (asked_.count(std::string(key.str())) == 0) {
        return absl::InvalidArgumentError(
            absl::StrCat(PathOf(View(key.str())), ": this key is not known"));
      }
    }
    return absl::OkStatus();
  }

 private:
  const toml::table& table_;
  std::string path_;
  std::set<std::string> asked_;
};

absl::StatusOr<DefaultRow> ReadRow(Section row) {
  DefaultRow defaults;
  HIE_ASSIGN_OR_RETURN(defaults.otherwise, row.OneOf("otherwise", kDefaults));
  for (const Word<Purpose>& purpose : kPurposes) {
    const std::string key(purpose.word);
    if (!row.Has(key)) continue;
    HIE_ASSIGN_OR_RETURN(defaults.by_purpose[purpose.value], row.OneOf(key, kDefaults));
  }
  HIE_RETURN_IF_ERROR(row.NothingElse());
  return defaults;
}

absl::StatusOr<std::map<Regime, DefaultRow>> ReadRows(Section& table) {
  std::map<Regime, DefaultRow> rows;
  for (const Regime regime : kRegimes) {
    HIE_ASSIGN_OR_RETURN(Section row, table.Child(std::string(RegimeWord(regime))));
    HIE_ASSIGN_OR_RETURN(rows[regime], ReadRow(std::move(row)));
  }
  return rows;
}

absl::StatusOr<SensitivitySet> ReadSensitivities(Section& table, const std::string& key) {
  HIE_ASSIGN_OR_RETURN(const std::vector<std::string> codes, table.Texts(key));
  SensitivitySet set;
  for (const std::string& code : codes) {
    const std::optional<Sensitivity> sensitivity = ParseSensitivity(code);
    if (!sensitivity) return Wrong(table.PathOf(key), "codes of the vocabulary");
    set = set.With(SensitivitySet::Of(*sensitivity));
  }
  return set;
}

absl::StatusOr<BreakGlassRules> ReadBreakGlass(Section table) {
  BreakGlassRules rules;
  HIE_ASSIGN_OR_RETURN(rules.patient_denials, table.OneOf("patient_denials", kPatientDenials));
  HIE_ASSIGN_OR_RETURN(const int64_t tiers, table.Number("tiers", 1, 2));
  rules.tiers = static_cast<int>(tiers);
  HIE_ASSIGN_OR_RETURN(rules.tier1_retrieve, table.SetOf("tier1_retrieve", kClasses));
  HIE_ASSIGN_OR_RETURN(rules.tier1_locate, table.SetOf("tier1_locate", kClasses));
  HIE_ASSIGN_OR_RETURN(const int64_t hours, table.Number("tier1_encounter_hours", 0, 720));
  rules.tier1_encounters_of = absl::Hours(hours);
  HIE_ASSIGN_OR_RETURN(const std::vector<std::string> roles, table.Texts("roles"));
  rules.roles.insert(roles.begin(), roles.end());
  HIE_ASSIGN_OR_RETURN(const int64_t step_up, table.Number("step_up_minutes", 1, 60));
  rules.step_up_max = absl::Minutes(step_up);
  HIE_ASSIGN_OR_RETURN(const int64_t length, table.Number("session_minutes", 1, 1440));
  rules.session_length = absl::Minutes(length);
  HIE_ASSIGN_OR_RETURN(const int64_t per_hour, table.Number("sessions_per_hour", 1, 10000));
  rules.sessions_per_hour = static_cast<int>(per_hour);
  HIE_ASSIGN_OR_RETURN(const int64_t per_day, table.Number("sessions_per_day", 1, 10000));
  rules.sessions_per_day = static_cast<int>(per_day);
  HIE_RETURN_IF_ERROR(table.NothingElse());
  return rules;
}

absl::StatusOr<Policy> ReadPolicy(Section root) {
  Policy policy;
  HIE_ASSIGN_OR_RETURN(policy.profile, root.Text("profile"));
  HIE_ASSIGN_OR_RETURN(const int64_t epoch, root.Number("epoch", 1, INT64_MAX));
  policy.epoch = static_cast<uint64_t>(epoch);
  HIE_ASSIGN_OR_RETURN(policy.choice_purposes, root.SetOf("choice_purposes", kPurposes));
  HIE_ASSIGN_OR_RETURN(policy.locate_withheld, ReadSensitivities(root, "locate_withheld"));
  HIE_ASSIGN_OR_RETURN(Section retrieve, root.Child("retrieve"));
  HIE_ASSIGN_OR_RETURN(policy.retrieve, ReadRows(retrieve));
  HIE_RETURN_IF_ERROR(retrieve.NothingElse());
  HIE_ASSIGN_OR_RETURN(Section locate, root.Child("locate"));
  HIE_ASSIGN_OR_RETURN(policy.locate, ReadRows(locate));
  HIE_RETURN_IF_ERROR(locate.NothingElse());
  HIE_ASSIGN_OR_RETURN(Section break_glass, root.Child("break_glass"));
  HIE_ASSIGN_OR_RETURN(policy.break_glass, ReadBreakGlass(std::move(break_glass)));
  HIE_RETURN_IF_ERROR(root.NothingElse());
  return policy;
}

}  // namespace

absl::StatusOr<Policy> ParsePolicy(absl::string_view text) {
  try {
    const toml::table table = toml::parse(std::string_view(text.data(), text.size()));
    return ReadPolicy(Section(table, ""));
  } catch (const toml::parse_error& error) {
    return absl::InvalidArgumentError(absl::StrCat("line ", error.source().begin.line,
                                                   ": not TOML: ", View(error.description())));
  }
}

absl::StatusOr<Policy> LoadPolicy(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat(path, ": cannot be opened"));
  std::ostringstream text;
  text << file.rdbuf();
  absl::StatusOr<Policy> policy = ParsePolicy(text.str());
  if (policy.ok()) return policy;
  return absl::Status(policy.status().code(), absl::StrCat(path, ": ", policy.status().message()));
}

}  // namespace hie::consent

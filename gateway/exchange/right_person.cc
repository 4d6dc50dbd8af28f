#include "gateway/exchange/right_person.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace hie::exchange {
namespace {

// Shorter names carry too little for a wrong letter to be a typing error.
constexpr size_t kTypoLengthMin = 5;

// Letters only, lower case.  Bytes beyond ASCII are kept: both sides come from the same member.
std::string Letters(absl::string_view name) {
  std::string letters;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 || absl::ascii_isalpha(byte)) letters.push_back(absl::ascii_tolower(byte));
  }
  return letters;
}

// One letter inserted, removed or changed, or two neighbours swapped.
bool WithinOneEdit(absl::string_view a, absl::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > 1) return false;
  size_t same = 0;
  while (same < a.size() && a[same] == b[same]) ++same;
  if (a.size() < b.size()) return a.substr(same) == b.substr(same + 1);
  if (same == a.size() || a.substr(same + 1) == b.substr(same + 1)) return true;
  return same + 1 < a.size() && a[same] == b[same + 1] && a[same + 1] == b[same] &&
         a.substr(same + 2) == b.substr(same + 2);
}

bool SimilarName(const std::string& a, const std::string& b) {
  if (a == b) return true;
  if (a.size() >= kTypoLengthMin && b.size() >= kTypoLengthMin && WithinOneEdit(a, b)) return true;
  const bool short_form = a.size() == 1 || b.size() == 1 || std::min(a.size(), b.size()) >= 3;
  return short_form && (absl::StartsWith(a, b) || absl::StartsWith(b, a));
}

// The given names that a person may be called by: the first, and all run together.
std::vector<std::string> CallNames(const HumanName& name) {
  std::vector<std::string> names;
  if (name.given.empty()) return names;
  names.push_back(Letters(name.given.front()));
  names.push_back(Letters(absl::StrCat(name.given.front(), name.given.back())));
  std::erase_if(names, [](const std::string& n) { return n.empty(); });
  return names;
}

bool GivenAgrees(const HumanName& a, const HumanName& b) {
  const std::vector<std::string> left = CallNames(a);
  const std::vector<std::string> right = CallNames(b);
  if (left.empty() || right.empty()) return true;  // Nothing said is no contradiction.
  for (const std::string& l : left) {
    for (const std::string& r : right) {
      if (SimilarName(l, r)) return true;
    }
  }
  return false;
}

enum class Strictness { kNoContradiction, kExact };

// A family name alone changes by marriage: with the same given name, birth date, sex and id it is
// no contradiction.  A given name alone does not change: twins differ in nothing else.
bool NamesAgree(const Demographics& a, const Demographics& b, Strictness strictness) {
  if (a.names.empty() || b.names.empty()) return strictness == Strictness::kNoContradiction;
  for (const HumanName& left : a.names) {
    for (const HumanName& right : b.names) {
      if (strictness == Strictness::kNoContradiction) {
        if (GivenAgrees(left, right)) return true;
      } else if (!left.given.empty() && !right.given.empty() && !left.family.empty() &&
                 Letters(left.family) == Letters(right.family) &&
                 Letters(left.given.front()) == Letters(right.given.front())) {
        return true;
      }
    }
  }
  return false;
}

bool OneDigitOff(const CivilDate& a, const CivilDate& b) {
  const std::string left = a.ToString();
  const std::string right = b.ToString();
  if (left.size() != right.size()) return false;
  int different = 0;
  for (size_t i = 0; i < left.size(); ++i) different += left[i] != right[i] ? 1 : 0;
  return different <= 1;
}

bool BirthDatesAgree(const std::optional<CivilDate>& a, const std::optional<CivilDate>& b,
                     Strictness strictness) {
  if (strictness == Strictness::kExact) return a && b && a->day != 0 && *a == *b;
  if (!a || !b) return true;
  if (a->day != 0 && b->day != 0) {
    const bool swapped = a->year == b->year && a->month == b->day && a->day == b->month;
    return swapped || OneDigitOff(*a, *b);
  }
  return a->year == b->year && (a->month == 0 || b->month == 0 || a->month == b->month);
}

bool SexesAgree(AdministrativeSex a, AdministrativeSex b) {
  const auto stated = [](AdministrativeSex sex) {
    return sex == AdministrativeSex::kFemale || sex == AdministrativeSex::kMale;
  };
  return !stated(a) || !stated(b) || a == b;
}

bool Agrees(const Demographics& answered, const Demographics& version, Strictness strictness) {
  return NamesAgree(answered, version, strictness) &&
         BirthDatesAgree(answered.birth_date, version.birth_date, strictness) &&
         SexesAgree(answered.sex, version.sex);
}

bool AgreesWithAnyVersion(const Demographics& answered, const Record& record,
                          Strictness strictness) {
  return Agrees(answered, record.demographics, strictness) ||
         std::any_of(record.history.begin(), record.history.end(),
                     [&](const Demographics& v) { return Agrees(answered, v, strictness); });
}

// "Patient/12", "https://x/Patient/12/_history/3" and "12" all mean 12 of one answer.
absl::string_view ReferenceKey(absl::string_view reference) {
  const size_t history = reference.find("/_history/");
  if (history != absl::string_view::npos) reference = reference.substr(0, history);
  const size_t type = reference.rfind("Patient/");
  return type == absl::string_view::npos ? reference : reference.substr(type + 8);
}

enum class IdCheck { kSame, kOther, kAbsent };

IdCheck CheckId(const AnsweredPatient& answered, const LocalPatient& asked,
                const DirectoryView& directory) {
  IdCheck result = IdCheck::kAbsent;
  for (const PatientIdentifier& identifier : answered.identifiers) {
    const absl::string_view system = absl::StripPrefix(identifier.system, "urn:oid:");
    if (system != asked.assigning_authority) continue;
    const LocalPatient given = directory.Normalise(
        {std::string(system), Phi<std::string>(identifier.value), asked.incarnation});
    // A member may list a merged-away id beside the current one: one match is enough.
    if (given.id == directory.Normalise(asked).id) return IdCheck::kSame;
    result = IdCheck::kOther;
  }
  return result;
}

}  // namespace

PersonCheck CheckPerson(const AnsweredPatient& answered, const Record& record,
                        const DirectoryView& directory) {
  switch (CheckId(answered, record.patient, directory)) {
    case IdCheck::kOther:
      return PersonCheck::kOtherId;
    case IdCheck::kSame:
      return AgreesWithAnyVersion(answered.demographics, record, Strictness::kNoContradiction)
                 ? PersonCheck::kRight
                 : PersonCheck::kOtherDemographics;
    case IdCheck::kAbsent:
      break;
  }
  if (AgreesWithAnyVersion(answered.demographics, record, Strictness::kExact)) {
    return PersonCheck::kRight;
  }
  return AgreesWithAnyVersion(answered.demographics, record, Strictness::kNoContradiction)
             ? PersonCheck::kUnproven
             : PersonCheck::kOtherDemographics;
}

CheckedItems CheckItems(const std::vector<AnsweredPatient>& patients,
                        std::vector<ClinicalItem> items, const Record& record,
                        const DirectoryView& directory) {
  CheckedItems checked;
  std::map<std::string, PersonCheck> by_reference;
  for (const AnsweredPatient& patient : patients) {
    const PersonCheck check = CheckPerson(patient, record, directory);
    if (check == PersonCheck::kRight) ++checked.right_patients;
    if (check == PersonCheck::kOtherId || check == PersonCheck::kOtherDemographics) {
      ++checked.wrong_patients;
    }
    for (const std::string& reference : patient.references) {
      if (reference.empty()) continue;
      const auto [at, fresh] = by_reference.emplace(std::string(ReferenceKey(reference)), check);
      // One reference, two persons: it proves nothing about either.
      if (!fresh && at->second != check) at->second = PersonCheck::kOtherId;
    }
  }
  for (ClinicalItem& item : items) {
    const auto subject = by_reference.find(std::string(ReferenceKey(item.subject_reference)));
    if (item.subject_reference.empty() || subject == by_reference.end() ||
        subject->second == PersonCheck::kUnproven) {
      checked.unproven_ids.push_back(item.id);
    } else if (subject->second == PersonCheck::kRight) {
      checked.right.push_back(std::move(item));
    } else {
      checked.wrong_ids.push_back(item.id);
    }
  }
  return checked;
}

}  // namespace hie::exchange

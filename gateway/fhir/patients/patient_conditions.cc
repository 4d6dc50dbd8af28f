#include "gateway/fhir/patients/patient_conditions.h"

#include <array>
#include <functional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace hie::fhir {
namespace {

using mpi::v1::PersonCondition;
using mpi::v1::PersonField;

constexpr absl::string_view kGenderSystem = "http://hl7.org/fhir/administrative-gender";
constexpr absl::string_view kDay = "%Y-%m-%d";

struct StringParameter {
  absl::string_view name;
  PersonField field;
};

constexpr std::array<StringParameter, 9> kStrings = {{
    {"family", mpi::v1::PERSON_FIELD_FAMILY},
    {"given", mpi::v1::PERSON_FIELD_GIVEN},
    {"name", mpi::v1::PERSON_FIELD_NAME},
    {"address", mpi::v1::PERSON_FIELD_ADDRESS},
    {"address-city", mpi::v1::PERSON_FIELD_CITY},
    {"address-state", mpi::v1::PERSON_FIELD_STATE},
    {"address-postalcode", mpi::v1::PERSON_FIELD_POSTAL_CODE},
    {"address-country", mpi::v1::PERSON_FIELD_COUNTRY},
    {"mothersMaidenName", mpi::v1::PERSON_FIELD_MOTHER_MAIDEN_NAME},
}};

std::string Parameter(const SearchTerm& term) { return absl::StrCat("http.", term.name); }

// A range of `condition`; an empty side is open.
void AddRange(PersonCondition& condition, std::string from, std::string to) {
  mpi::v1::PersonRange* range = condition.add_ranges();
  range->set_from(std::move(from));
  range->set_to(std::move(to));
}

// The values that fulfil one date term, where stored values are points written by `write`.
void AddRanges(const DateTerm& date, const std::function<std::string(absl::Time)>& write,
               PersonCondition& condition) {
  switch (date.prefix) {
    case DatePrefix::kEq:
      return AddRange(condition, write(date.from), write(date.to));
    case DatePrefix::kNe:
      AddRange(condition, "", write(date.from));
      return AddRange(condition, write(date.to), "");
    case DatePrefix::kLt:
    case DatePrefix::kEb:
      return AddRange(condition, "", write(date.from));
    case DatePrefix::kLe:
      return AddRange(condition, "", write(date.to));
    case DatePrefix::kGt:
    case DatePrefix::kSa:
      return AddRange(condition, write(date.to), "");
    case DatePrefix::kGe:
      return AddRange(condition, write(date.from), "");
  }
}

class Translator {
 public:
  Translator(const SearchQuery& query, const members::MemberDirectory& directory)
      : query_(query), directory_(directory) {}

  Reading<PatientSearch> Translate() {
    for (const SearchTerm& term : query_.terms) {
      Take(term);
      if (failure_) return *std::move(failure_);
    }
    return std::move(out_);
  }

 private:
  void Take(const SearchTerm& term) {
    for (const StringParameter& parameter : kStrings) {
      if (term.name == parameter.name) return TakeString(term, parameter.field);
    }
    const bool known = term.name == "identifier" || term.name == "_id" || term.name == "telecom" ||
                       term.name == "gender" || term.name == "active" || term.name == "birthdate" ||
                       term.name == "_lastUpdated";
    if (!known) return;
    if (!term.modifier.empty()) return Refuse(term, "not-supported", "The modifier is not known.");
    if (term.name == "identifier") return TakeIdentifier(term);
    if (term.name == "_id") return TakeId(term);
    if (term.name == "telecom") return TakeTelecom(term);
    if (term.name == "gender") return TakeGender(term);
    if (term.name == "active") return TakeActive(term);
    TakeDate(term);
  }

  void Refuse(const SearchTerm& term, absl::string_view code, std::string text) {
    failure_ = Fail(400, code, std::move(text), Parameter(term));
  }

  PersonCondition& Add(PersonField field) {
    PersonCondition& condition = *out_.request.add_conditions();
    condition.set_field(field);
    return condition;
  }

  void TakeString(const SearchTerm& term, PersonField field) {
    PersonCondition& condition = Add(field);
    if (term.modifier == "exact") {
      condition.set_match(mpi::v1::TEXT_MATCH_EXACT);
    } else if (term.modifier == "contains") {
      condition.set_match(mpi::v1::TEXT_MATCH_CONTAINS);
    } else if (!term.modifier.empty()) {
      return Refuse(term, "not-supported", "The modifier is not known.");
    }
    for (const std::string& value : term.values) condition.add_values(Unescape(value));
  }

  // "urn:oid:A|,urn:oid:B|" restricts what is shown; anything else must be an id of the person.
  void TakeIdentifier(const SearchTerm& term) {
    std::vector<Token> ids, domains;
    for (const std::string& value : term.values) {
      Token token = ReadToken(value);
      (token.has_system && token.code.empty() ? domains : ids).push_back(std::move(token));
    }
    if (!ids.empty() && !domains.empty()) {
      return Refuse(term, "value", "Identifiers and domains cannot be mixed in one parameter.");
    }
    for (const Token& domain : domains) TakeDomain(domain);
    if (!ids.empty()) TakeIds(term, ids);
  }

  void TakeDomain(const Token& domain) {
    const std::optional<std::string> oid = OidOf(domain.system);
    if (!oid || directory_.FindDomain(*oid) == nullptr) {
      failure_ = TargetSystemNotFound();
      return;
    }
    out_.request.add_domains(*oid);
  }

  void TakeIds(const SearchTerm& term, const std::vector<Token>& ids) {
    out_.request.set_include_replaced(true);
    PersonCondition condition;
    condition.set_field(mpi::v1::PERSON_FIELD_IDENTIFIER);
    for (const Token& id : ids) {
      if (!id.has_system) {
        // An id of any domain: each that there is.
        for (const Member& member : directory_.members()) {
          for (const PatientIdDomain& domain : member.domains) {
            AddId(domain.oid, id.code, condition);
          }
        }
      } else if (!id.system.empty()) {
        AddId(OidOf(id.system).value_or(id.system), id.code, condition);
      }
    }
    if (static_cast<size_t>(condition.values_size()) > kValuesMax) {
      return Refuse(term, "too-costly", "An identifier needs its system here.");
    }
    // "|x": an id without a system; nobody has one here.
    if (condition.values().empty()) {
      out_.nothing = true;
      return;
    }
    *out_.request.add_conditions() = std::move(condition);
  }

  void AddId(const std::string& system, const std::string& value, PersonCondition& condition) {
    const absl::StatusOr<std::string> normal = directory_.NormaliseLocalId(system, value);
    condition.add_values(absl::StrCat(system, "|", normal.ok() ? *normal : value));
  }

  void TakeId(const SearchTerm& term) {
    out_.request.set_include_replaced(true);
    PersonCondition& condition = Add(mpi::v1::PERSON_FIELD_EID);
    for (const std::string& value : term.values) condition.add_values(ReadToken(value).code);
  }

  void TakeTelecom(const SearchTerm& term) {
    PersonCondition& condition = Add(mpi::v1::PERSON_FIELD_TELECOM);
    for (const std::string& value : term.values) condition.add_values(ReadToken(value).code);
  }

  void TakeGender(const SearchTerm& term) {
    PersonCondition& condition = Add(mpi::v1::PERSON_FIELD_SEX);
    for (const std::string& value : term.values) {
      const Token token = ReadToken(value);
      const bool known = token.code == "female" || token.code == "male" || token.code == "other" ||
                         token.code == "unknown";
      if (!known || (token.has_system && token.system != kGenderSystem)) {
        return Refuse(term, "code-invalid", "One of male, female, other, unknown is wanted.");
      }
      condition.add_values(token.code);
    }
  }

  void TakeActive(const SearchTerm& term) {
    const std::string code = term.values.size() == 1 ? ReadToken(term.values.front()).code : "";
    if (code != "true" && code != "false") {
      return Refuse(term, "value", "One of true, false is wanted.");
    }
    out_.active.push_back(code == "true");
  }

  void TakeDate(const SearchTerm& term) {
    const bool birth = term.name == "birthdate";
    PersonCondition& condition =
        Add(birth ? mpi::v1::PERSON_FIELD_BIRTH_DATE : mpi::v1::PERSON_FIELD_CHANGED);
    const auto write = [birth](absl::Time time) {
      return birth ? absl::FormatTime(kDay, time, absl::UTCTimeZone())
                   : absl::StrCat(absl::ToUnixMicros(time));
    };
    for (const std::string& value : term.values) {
      const absl::StatusOr<DateTerm> date = ReadDate(Unescape(value));
      // A birth date is a day: with a time of day it would shift between zones.
      if (!date.ok() || (birth && absl::StrContains(value, "T"))) {
        return Refuse(term, "value", "A FHIR date with an optional prefix is wanted.");
      }
      AddRanges(*date, write, condition);
    }
  }

  const SearchQuery& query_;
  const members::MemberDirectory& directory_;
  PatientSearch out_;
  std::optional<Failure> failure_;
};

}  // namespace

Failure TargetSystemNotFound() {
  Failure failure = Fail(404, "not-found", "targetSystem not found");
  failure.issues.front().severity = Severity::kWarning;
  return failure;
}

Reading<PatientSearch> ReadPatientSearch(const SearchQuery& query,
                                         const members::MemberDirectory& directory) {
  return Translator(query, directory).Translate();
}

}  // namespace hie::fhir

#include "mpi/service/query_persons.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "mpi/normalize/text.h"
#include "mpi/store/person_view.h"
#include "services/common/base/status_macros.h"

namespace hie::mpi {
namespace {

using Numbers = std::vector<RecordNumber>;

absl::Status Bad(int index, absl::string_view want) {
  return absl::InvalidArgumentError(absl::StrCat("conditions[", index, "]", want));
}

std::optional<QueryField> FieldOf(v1::PersonField field) {
  switch (field) {
    case v1::PERSON_FIELD_EID:
      return QueryField::kEid;
    case v1::PERSON_FIELD_IDENTIFIER:
      return QueryField::kIdentifier;
    case v1::PERSON_FIELD_FAMILY:
      return QueryField::kFamily;
    case v1::PERSON_FIELD_GIVEN:
      return QueryField::kGiven;
    case v1::PERSON_FIELD_BIRTH_DATE:
      return QueryField::kBirthDate;
    case v1::PERSON_FIELD_SEX:
      return QueryField::kSex;
    case v1::PERSON_FIELD_ADDRESS:
      return QueryField::kAddress;
    case v1::PERSON_FIELD_CITY:
      return QueryField::kCity;
    case v1::PERSON_FIELD_STATE:
      return QueryField::kState;
    case v1::PERSON_FIELD_POSTAL_CODE:
      return QueryField::kPostalCode;
    case v1::PERSON_FIELD_COUNTRY:
      return QueryField::kCountry;
    case v1::PERSON_FIELD_TELECOM:
      return QueryField::kTelecom;
    case v1::PERSON_FIELD_MOTHER_MAIDEN_NAME:
      return QueryField::kMotherMaidenName;
    case v1::PERSON_FIELD_CHANGED:
      return QueryField::kChanged;
    case v1::PERSON_FIELD_NAME:
      return QueryField::kName;
    default:
      return std::nullopt;
  }
}

std::optional<AdministrativeSex> SexOf(absl::string_view code) {
  if (code == "female") return AdministrativeSex::kFemale;
  if (code == "male") return AdministrativeSex::kMale;
  if (code == "other") return AdministrativeSex::kOther;
  if (code == "unknown") return AdministrativeSex::kUnknown;
  return std::nullopt;
}

absl::Status ReadValue(const std::string& value, int index, Condition& condition) {
  if (value.empty()) return Bad(index, ".values: want no empty value");
  if (condition.field == QueryField::kIdentifier) {
    const auto sought = ParseSoughtIdentifier(value);
    if (!sought) return Bad(index, ".values: want system|value, system| or a value");
    condition.identifiers.push_back(*sought);
  } else if (condition.field == QueryField::kSex) {
    const auto sex = SexOf(value);
    if (!sex) return Bad(index, ".values: want female, male, other or unknown");
    condition.sexes.push_back(*sex);
  } else {
    condition.values.push_back(value);
    condition.folded.push_back(FoldText(value));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<CivilDate>> ReadDay(const std::string& text, int index) {
  if (text.empty()) return std::optional<CivilDate>();
  const absl::StatusOr<CivilDate> day = ParseCivilDate(text);
  if (!day.ok() || day->precision() != DatePrecision::kDay) {
    return Bad(index, ".ranges: want YYYY-MM-DD");
  }
  return std::optional<CivilDate>(*day);
}

absl::StatusOr<std::optional<int64_t>> ReadMicros(const std::string& text, int index) {
  if (text.empty()) return std::optional<int64_t>();
  int64_t micros = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, micros);
  if (error != std::errc() || at != end) return Bad(index, ".ranges: want microseconds");
  return std::optional<int64_t>(micros);
}

absl::Status ReadRange(const v1::PersonRange& range, int index, Condition& condition) {
  if (condition.field == QueryField::kBirthDate) {
    DayRange days;
    HIE_ASSIGN_OR_RETURN(days.from, ReadDay(range.from(), index));
    HIE_ASSIGN_OR_RETURN(days.to, ReadDay(range.to(), index));
    condition.days.push_back(days);
  } else {
    InstantRange instants;
    HIE_ASSIGN_OR_RETURN(instants.from, ReadMicros(range.from(), index));
    HIE_ASSIGN_OR_RETURN(instants.to, ReadMicros(range.to(), index));
    condition.instants.push_back(instants);
  }
  return absl::OkStatus();
}

absl::StatusOr<Condition> ReadCondition(const v1::PersonCondition& from, int index) {
  Condition condition;
  const std::optional<QueryField> field = FieldOf(from.field());
  if (!field) return Bad(index, ".field: want a field of this version");
  condition.field = *field;
  if (!v1::TextMatch_IsValid(from.match())) {
    return Bad(index, ".match: want a match of this version");
  }
  if (from.match() == v1::TEXT_MATCH_EXACT) condition.match = TextMatch::kExact;
  if (from.match() == v1::TEXT_MATCH_CONTAINS) condition.match = TextMatch::kContains;
  const bool ranged = *field == QueryField::kBirthDate || *field == QueryField::kChanged;
  const int count = ranged ? from.ranges_size() : from.values_size();
  const int others = ranged ? from.values_size() : from.ranges_size();
  if (count < 1 || static_cast<size_t>(count) > kQueryValuesMax || others != 0) {
    return Bad(index,
               ranged ? ": want 1 to 64 ranges, no value" : ": want 1 to 64 values, no range");
  }
  for (const std::string& value : from.values()) {
    HIE_RETURN_IF_ERROR(ReadValue(value, index, condition));
  }
  for (const v1::PersonRange& range : from.ranges()) {
    HIE_RETURN_IF_ERROR(ReadRange(range, index, condition));
  }
  return condition;
}

// Records that walks find, rising, each once.  Nothing: too many to narrow anything.
absl::StatusOr<std::optional<Numbers>> RunWalks(const MpiReader& reader,
                                                const std::vector<QueryWalk>& walks) {
  Numbers found;
  for (const QueryWalk& walk : walks) {
    const size_t left = kQueryWalkMax + 1 - found.size();
    HIE_ASSIGN_OR_RETURN(const Numbers some, reader.WalkQueryKeys(walk, left));
    found.insert(found.end(), some.begin(), some.end());
    if (found.size() > kQueryWalkMax) return std::optional<Numbers>();
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return std::optional<Numbers>(std::move(found));
}

// Records of the persons that the EIDs name, rising, each once.
absl::StatusOr<Numbers> RecordsOfEids(const MpiReader& reader,
                                      const std::vector<std::string>& eids) {
  Numbers found;
  for (const std::string& eid : eids) {
    HIE_ASSIGN_OR_RETURN(std::optional<v1::PersonRow> row, reader.FindPerson(eid));
    if (row && row->state() == v1::PERSON_STATE_REDIRECT) {
      HIE_ASSIGN_OR_RETURN(row, reader.FindPerson(row->redirect_to()));
    }
    if (!row) continue;
    const Numbers records = AllRecordNumbers(*row);
    found.insert(found.end(), records.begin(), records.end());
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

absl::StatusOr<std::optional<Numbers>> Narrow(const MpiReader& reader, const Condition& condition) {
  if (condition.field == QueryField::kEid) {
    HIE_ASSIGN_OR_RETURN(Numbers found, RecordsOfEids(reader, condition.values));
    return std::optional<Numbers>(std::move(found));
  }
  const auto walks = MakeQueryWalks(condition);
  if (!walks) return std::optional<Numbers>();
  return RunWalks(reader, *walks);
}

// Which conditions are likely to hold of few records: these are walked first.
int Breadth(const Condition& condition) {
  switch (condition.field) {
    case QueryField::kEid:
      return 0;
    case QueryField::kIdentifier:
      return 1;
    case QueryField::kTelecom:
      return 2;
    case QueryField::kBirthDate:
      return 3;
    case QueryField::kFamily:
      return 4;
    default:
      return 5;
  }
}

// The records that may meet every condition.  Nothing: none of them narrows.
absl::StatusOr<std::optional<Numbers>> FindCandidates(const MpiReader& reader,
                                                      const std::vector<Condition>& conditions) {
  std::vector<const Condition*> order;
  for (const Condition& condition : conditions) order.push_back(&condition);
  std::stable_sort(order.begin(), order.end(), [](const Condition* a, const Condition* b) {
    return Breadth(*a) < Breadth(*b);
  });
  if (order.size() > kQueryWalksMax) order.resize(kQueryWalksMax);
  std::optional<Numbers> candidates;
  for (const Condition* condition : order) {
    if (candidates && candidates->empty()) break;
    HIE_ASSIGN_OR_RETURN(const std::optional<Numbers> found, Narrow(reader, *condition));
    if (!found) continue;
    if (!candidates) {
      candidates = found;
      continue;
    }
    Numbers both;
    std::set_intersection(candidates->begin(), candidates->end(), found->begin(), found->end(),
                          std::back_inserter(both));
    candidates = std::move(both);
  }
  return candidates;
}

// What is known of a person while their records are judged.
struct Judged {
  v1::Person view;
  QueriedPerson person;
  bool shown = false;
};

bool IsProtected(const v1::Person& person) {
  return std::any_of(person.records().begin(), person.records().end(), [](const v1::Record& r) {
    return !IsTombstone(r) && r.demographics().protected_record();
  });
}

absl::StatusOr<Judged> JudgePerson(const MpiReader& reader, const std::string& eid,
                                   const PersonQuery& query) {
  Judged judged;
  HIE_ASSIGN_OR_RETURN(judged.view, ViewPerson(reader, eid));
  judged.person.eid = eid;
  judged.person.aliases = {judged.view.aliases().begin(), judged.view.aliases().end()};
  judged.person.changed_micros = ChangedMicros(judged.view);
  judged.shown = !IsProtected(judged.view) || NamesThePerson(query.conditions) ||
                 query.protected_records == ProtectedRecords::kIncluded;
  return judged;
}

// Conditions that need nothing but the record come first: the person's view costs more.
std::vector<Condition> OfRecord(const std::vector<Condition>& conditions) {
  std::vector<Condition> of_record;
  for (const Condition& condition : conditions) {
    const bool of_person =
        condition.field == QueryField::kEid || condition.field == QueryField::kChanged;
    if (!of_person) of_record.push_back(condition);
  }
  return of_record;
}

}  // namespace

absl::StatusOr<PersonQuery> ReadQuery(const v1::QueryPersonsRequest& request) {
  PersonQuery query;
  const int count = request.conditions_size();
  if (count < 1 || static_cast<size_t>(count) > kQueryConditionsMax) {
    return absl::InvalidArgumentError("conditions: want 1 to 200");
  }
  if (request.limit() > kQueryPersonsMax) {
    return absl::InvalidArgumentError("limit: want 1..1000");
  }
  if (request.limit() != 0) query.limit = request.limit();
  if (request.include_protected()) query.protected_records = ProtectedRecords::kIncluded;
  for (int i = 0; i < count; ++i) {
    HIE_ASSIGN_OR_RETURN(Condition condition, ReadCondition(request.conditions(i), i));
    query.conditions.push_back(std::move(condition));
  }
  return query;
}

absl::StatusOr<std::optional<QueriedRecord>> LoadQueried(const MpiReader& reader,
                                                         RecordNumber record,
                                                         const v1::RecordRow& row) {
  if (row.record().provisional()) return std::optional<QueriedRecord>();
  HIE_ASSIGN_OR_RETURN(QueriedRecord queried, QueriedRecordOf(row.record()));
  HIE_ASSIGN_OR_RETURN(const v1::HolderRow holder, reader.Holder(row.record().patient()));
  queried.former_holder = *holder.record_numbers().rbegin() != record;
  return std::optional<QueriedRecord>(std::move(queried));
}

absl::StatusOr<v1::QueryPersonsResponse> JudgeCandidates(const MpiReader& reader,
                                                         const PersonQuery& query,
                                                         const Numbers& candidates) {
  const std::vector<Condition> of_record = OfRecord(query.conditions);
  std::map<std::string, Judged> persons;
  std::map<std::string, v1::PersonMatch> matches;
  for (const RecordNumber candidate : candidates) {
    HIE_ASSIGN_OR_RETURN(const v1::RecordRow row, reader.Record(candidate));
    HIE_ASSIGN_OR_RETURN(const auto queried, LoadQueried(reader, candidate, row));
    if (!queried || !MeetsAll(*queried, QueriedPerson(), of_record)) continue;
    auto person = persons.find(row.eid());
    if (person == persons.end()) {
      HIE_ASSIGN_OR_RETURN(Judged judged, JudgePerson(reader, row.eid(), query));
      person = persons.emplace(row.eid(), std::move(judged)).first;
    }
    const Judged& judged = person->second;
    if (!judged.shown || !MeetsAll(*queried, judged.person, query.conditions)) continue;
    v1::PersonMatch& match = matches[row.eid()];
    if (match.matched().empty()) *match.mutable_person() = judged.view;
    *match.add_matched() = row.record().patient();
    if (matches.size() > query.limit) break;
  }
  v1::QueryPersonsResponse response;
  response.set_too_many(matches.size() > query.limit);
  if (response.too_many()) return response;
  for (auto& [eid, match] : matches) *response.add_matches() = std::move(match);
  return response;
}

absl::StatusOr<v1::QueryPersonsResponse> QueryPersons(const MpiReader& reader,
                                                      const PersonQuery& query) {
  HIE_ASSIGN_OR_RETURN(const std::optional<Numbers> candidates,
                       FindCandidates(reader, query.conditions));
  if (candidates) return JudgeCandidates(reader, query, *candidates);
  v1::QueryPersonsResponse response;
  response.set_too_costly(true);
  return response;
}

}  // namespace hie::mpi

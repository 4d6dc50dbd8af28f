#include "mpi/service/golden_view.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "mpi/normalize/address.h"
#include "mpi/normalize/name.h"
#include "mpi/normalize/non_values.h"
#include "mpi/normalize/phone.h"
#include "mpi/normalize/ssn.h"
#include "mpi/normalize/text.h"
#include "services/common/base/civil_date.h"
#include "services/common/base/status_macros.h"

namespace hie::mpi {
namespace {

using common::v1::Demographics;

constexpr size_t kSsnDigits = 9;
// Of a multiple birth, in no known place; dead, on no known day.
constexpr absl::string_view kWithoutDetail = "yes";

// One value of a field as one record has it.
struct Value {
  std::string same;   // Equal for what counts as one value.
  std::string line;   // As people read it.
  Demographics part;  // What it adds to the winner's demographics.
  int whole = 0;      // More for a value that says all than for a part of one.
};

// Values of one field, the record's own preference first.
using Values = std::vector<Value>;

// Whether the field changes in a life: the newest value comes before the commonest.
enum class Kind { kStays, kChanges };

struct FieldReader {
  absl::string_view name;
  Kind kind;
  Values (*read)(const Demographics&);
};

NormalizedName FirstName(const Demographics& d) {
  if (d.names().empty()) return {};
  HumanName name;
  const common::v1::HumanName& proto = d.names(0);
  name.family = proto.family();
  name.given.assign(proto.given().begin(), proto.given().end());
  name.suffix = proto.suffix();
  return NormalizeName(name);
}

Values ReadFamily(const Demographics& d) {
  const NormalizedName name = FirstName(d);
  if (name.unknown || name.family.empty()) return {};
  Value value{JoinedFamily(name), d.names(0).family(), {}};
  value.part.add_names()->set_family(value.line);
  return {std::move(value)};
}

Values ReadGiven(const Demographics& d) {
  const NormalizedName name = FirstName(d);
  if (name.unknown || name.newborn || name.first.empty()) return {};
  Value value{absl::StrCat(name.first, " ", absl::StrJoin(name.middle, " ")),
              absl::StrJoin(d.names(0).given(), " "),
              {}};
  *value.part.add_names()->mutable_given() = d.names(0).given();
  return {std::move(value)};
}

Values ReadSuffix(const Demographics& d) {
  const Generation generation = FirstName(d).generation;
  if (generation == Generation::kNone || d.names(0).suffix().empty()) return {};
  Value value{absl::StrCat(static_cast<int>(generation)), d.names(0).suffix(), {}};
  value.part.add_names()->set_suffix(value.line);
  return {std::move(value)};
}

Values ReadBirthDate(const Demographics& d) {
  const auto date = ParseCivilDate(d.birth_date());
  if (!date.ok() || IsBirthDateNonValue(*date)) return {};
  Value value{date->ToString(), date->ToString(), {}, static_cast<int>(date->precision())};
  value.part.set_birth_date(value.line);
  return {std::move(value)};
}

Values ReadSex(const Demographics& d) {
  const char* word = d.sex() == common::v1::ADMINISTRATIVE_SEX_FEMALE  ? "female"
                     : d.sex() == common::v1::ADMINISTRATIVE_SEX_MALE  ? "male"
                     : d.sex() == common::v1::ADMINISTRATIVE_SEX_OTHER ? "other"
                                                                       : "";
  if (*word == '\0') return {};
  Value value{word, word, {}};
  value.part.set_sex(d.sex());
  return {std::move(value)};
}

Values ReadSsn(const Demographics& d) {
  Values values;
  for (const common::v1::PatientIdentifier& identifier : d.identifiers()) {
    if (!IsSsnSystem(identifier.system())) continue;
    const auto digits = NormalizeSsn(identifier.value());
    if (!digits) continue;
    Value& value = values.emplace_back(
        Value{*digits, identifier.value(), {}, digits->size() == kSsnDigits ? 1 : 0});
    *value.part.add_identifiers() = identifier;
  }
  return values;
}

Values ReadPhones(const Demographics& d) {
  Values values;
  for (const std::string& phone : d.phones()) {
    const auto number = NormalizePhone(phone);
    if (!number) continue;
    values.emplace_back(Value{*number, phone, {}}).part.add_phones(phone);
  }
  return values;
}

Values ReadEmails(const Demographics& d) {
  Values values;
  for (const std::string& email : d.emails()) {
    const auto folded = NormalizeEmail(email);
    if (!folded) continue;
    values.emplace_back(Value{*folded, email, {}}).part.add_emails(email);
  }
  return values;
}

std::string LineOf(const common::v1::PostalAddress& address) {
  std::vector<absl::string_view> parts(address.line().begin(), address.line().end());
  for (const std::string* part :
       {&address.city(), &address.state(), &address.postal_code(), &address.country()}) {
    parts.emplace_back(*part);
  }
  std::erase_if(parts, [](absl::string_view part) { return part.empty(); });
  return absl::StrJoin(parts, ", ");
}

Values ReadAddresses(const Demographics& d) {
  Values values;
  for (const common::v1::PostalAddress& proto : d.addresses()) {
    PostalAddress address{{proto.line().begin(), proto.line().end()},
                          proto.city(),
                          proto.state(),
                          proto.postal_code(),
                          proto.country()};
    const NormalizedAddress normal = NormalizeAddress(address);
    if (normal.street.empty() && normal.zip5.empty() && normal.city.empty()) continue;
    const std::string same =
        absl::StrJoin({normal.number, normal.street, normal.unit, normal.zip5, normal.city}, "\n");
    Value& value = values.emplace_back(Value{same, LineOf(proto), {}, !normal.street.empty()});
    *value.part.add_addresses() = proto;
  }
  return values;
}

Values ReadMotherMaidenName(const Demographics& d) {
  const std::string folded = FoldCompact(d.mother_maiden_name());
  if (folded.empty() || IsNameNonValue(folded)) return {};
  Value value{folded, d.mother_maiden_name(), {}};
  value.part.set_mother_maiden_name(value.line);
  return {std::move(value)};
}

Values ReadBirthOrder(const Demographics& d) {
  if (!d.multiple_birth() && d.birth_order() == 0) return {};
  const std::string order =
      d.birth_order() == 0 ? std::string(kWithoutDetail) : absl::StrCat(d.birth_order());
  Value value{order, order, {}, d.birth_order() != 0};
  value.part.set_multiple_birth(true);
  value.part.set_birth_order(d.birth_order());
  return {std::move(value)};
}

// One member's claim: who does not make it says nothing, so nobody dissents but by the date.
Values ReadDeath(const Demographics& d) {
  if (!d.deceased() && d.deceased_date().empty()) return {};
  const std::string line =
      d.deceased_date().empty() ? std::string(kWithoutDetail) : d.deceased_date();
  Value value{line, line, {}, !d.deceased_date().empty()};
  value.part.set_deceased(true);
  value.part.set_deceased_date(d.deceased_date());
  return {std::move(value)};
}

// In the order of the answer.  Identifiers other than SSNs come behind, one field per system.
constexpr FieldReader kFields[] = {
    {"family", Kind::kChanges, ReadFamily},
    {"given", Kind::kStays, ReadGiven},
    {"suffix", Kind::kStays, ReadSuffix},
    {"birth_date", Kind::kStays, ReadBirthDate},
    {"sex", Kind::kStays, ReadSex},
    {"ssn", Kind::kStays, ReadSsn},
    {"phone", Kind::kChanges, ReadPhones},
    {"email", Kind::kChanges, ReadEmails},
    {"address", Kind::kChanges, ReadAddresses},
    {"mother_maiden", Kind::kStays, ReadMotherMaidenName},
    {"birth_order", Kind::kStays, ReadBirthOrder},
    {"deceased", Kind::kStays, ReadDeath},
};

using Key = std::tuple<std::string, std::string, uint32_t>;

Key KeyOf(const common::v1::LocalPatient& patient) {
  return {patient.assigning_authority(), patient.id(), patient.incarnation()};
}

// When the record came to be, as far as is known.
int64_t NewnessOf(const v1::Record& record) {
  return record.event_micros() != 0 ? record.event_micros() : record.recorded_micros();
}

// One record that says a value.
struct Voice {
  const GoldenSource* source = nullptr;
  size_t place = 0;  // Among the record's own values of the field.
  Value value;
};

bool Better(const Voice& a, const Voice& b) {
  const auto rank = [](const Voice& voice) {
    return std::tuple(-static_cast<int>(voice.source->verification),
                      -NewnessOf(*voice.source->record), voice.place,
                      KeyOf(voice.source->record->patient()));
  };
  return rank(a) < rank(b);
}

// One value with all who say it, best first.
struct Claim {
  std::vector<Voice> voices;
  size_t domains = 0;  // Of how many sources.
};

void Finish(Claim& claim) {
  std::sort(claim.voices.begin(), claim.voices.end(), Better);
  std::set<absl::string_view> domains;
  for (const Voice& voice : claim.voices) {
    domains.insert(voice.source->record->patient().assigning_authority());
  }
  claim.domains = domains.size();
}

int64_t NewestOf(const Claim& claim) {
  int64_t newest = 0;
  for (const Voice& voice : claim.voices) {
    newest = std::max(newest, NewnessOf(*voice.source->record));
  }
  return newest;
}

bool Beats(const Claim& a, const Claim& b, Kind kind) {
  const auto rank = [kind](const Claim& claim) {
    const Voice& best = claim.voices.front();
    const int64_t domains = -static_cast<int64_t>(claim.domains);
    const int64_t newest = -NewestOf(claim);
    return std::tuple(-best.value.whole, -static_cast<int>(best.source->verification),
                      kind == Kind::kChanges ? newest : domains,
                      kind == Kind::kChanges ? static_cast<int64_t>(best.place) : newest,
                      kind == Kind::kChanges ? domains : static_cast<int64_t>(best.place),
                      KeyOf(best.source->record->patient()), best.value.same);
  };
  return rank(a) < rank(b);
}

// A part of the whole value does not contradict it: a year, the last four digits, a ZIP alone.
bool IsPartOf(const Value& part, const Value& whole) {
  if (part.whole >= whole.whole) return false;
  absl::string_view tail = part.same;
  while (absl::ConsumePrefix(&tail, "\n")) {
  }
  return absl::StartsWith(whole.same, part.same) || absl::EndsWith(whole.same, tail) ||
         part.same == kWithoutDetail;
}

// Names are put together from their fields; everything else stands beside.
void AddPart(const Demographics& part, Demographics& to) {
  Demographics rest = part;
  if (!part.names().empty()) {
    if (to.names().empty()) to.add_names();
    to.mutable_names(0)->MergeFrom(part.names(0));
    rest.clear_names();
  }
  to.MergeFrom(rest);
}

// What each record says of one field.
using Said = std::vector<std::pair<const GoldenSource*, Values>>;

void AddField(absl::string_view name, Kind kind, Said said, v1::GetGoldenViewResponse& view) {
  std::map<std::string, Claim> claims;
  for (const auto& [source, values] : said) {
    std::set<absl::string_view> once;
    for (size_t place = 0; place < values.size(); ++place) {
      if (!once.insert(values[place].same).second) continue;
      claims[values[place].same].voices.push_back({source, place, values[place]});
    }
  }
  const Claim* winner = nullptr;
  for (auto& [same, claim] : claims) {
    Finish(claim);
    if (winner == nullptr || Beats(claim, *winner, kind)) winner = &claim;
  }
  if (winner == nullptr) return;
  const Value& value = winner->voices.front().value;
  v1::GoldenField& field = *view.add_fields();
  field.set_field(std::string(name));
  field.set_value(value.line);
  for (const Voice& voice : winner->voices) *field.add_sources() = voice.source->record->patient();
  field.set_dissenting(
      static_cast<uint32_t>(std::count_if(said.begin(), said.end(), [&value](const auto& one) {
        return !one.second.empty() &&
               std::none_of(one.second.begin(), one.second.end(), [&value](const Value& other) {
                 return other.same == value.same || IsPartOf(other, value);
               });
      })));
  AddPart(value.part, *view.mutable_demographics());
}

std::string SystemOf(const common::v1::PatientIdentifier& identifier) {
  return std::string(absl::StripPrefix(identifier.system(), "urn:oid:"));
}

// Insurance, licences: per system what its records say.
void AddIdentifiers(const std::vector<GoldenSource>& sources, v1::GetGoldenViewResponse& view) {
  std::map<std::string, Said> by_system;
  for (const GoldenSource& source : sources) {
    std::map<std::string, Values> own;
    for (const auto& identifier : source.record->demographics().identifiers()) {
      const std::string same = FoldCompact(identifier.value());
      if (IsSsnSystem(identifier.system()) || same.empty() || IsIdentifierNonValue(same)) continue;
      Value& value = own[SystemOf(identifier)].emplace_back(Value{same, identifier.value(), {}});
      *value.part.add_identifiers() = identifier;
    }
    for (auto& [system, values] : own) by_system[system].emplace_back(&source, std::move(values));
  }
  for (auto& [system, said] : by_system) {
    AddField(absl::StrCat("identifier ", system), Kind::kChanges, std::move(said), view);
  }
}

// Who joined records of the view, of each record the better word.
absl::StatusOr<std::map<RecordNumber, Verification>> ReadVerification(
    const MpiReader& reader, const std::set<RecordNumber>& records) {
  std::map<RecordNumber, Verification> verified;
  for (const RecordNumber record : records) {
    HIE_ASSIGN_OR_RETURN(const auto decisions, reader.DecisionsOf(record));
    for (const auto& [other, decision] : decisions) {
      // A decision about a hidden record would tell of it.
      if (!decision.same_person() || records.count(other) == 0) continue;
      const Verification word = decision.authority() == v1::DECISION_AUTHORITY_REGISTRAR
                                    ? Verification::kByRegistrar
                                    : Verification::kBySteward;
      Verification& best = verified.emplace(record, word).first->second;
      best = std::max(best, word);
    }
  }
  return verified;
}

}  // namespace

v1::GetGoldenViewResponse MakeGoldenView(const std::vector<GoldenSource>& sources) {
  v1::GetGoldenViewResponse view;
  for (const FieldReader& reader : kFields) {
    Said said;
    for (const GoldenSource& source : sources) {
      said.emplace_back(&source, reader.read(source.record->demographics()));
    }
    AddField(reader.name, reader.kind, std::move(said), view);
  }
  AddIdentifiers(sources, view);
  return view;
}

absl::StatusOr<v1::GetGoldenViewResponse> ReadGoldenView(
    const MpiReader& reader, const std::string& eid,
    const std::vector<common::v1::LocalPatient>& visible) {
  std::set<Key> named;
  for (const common::v1::LocalPatient& patient : visible) named.insert(KeyOf(patient));
  HIE_ASSIGN_OR_RETURN(const v1::PersonRow person, reader.Person(eid));
  std::map<RecordNumber, v1::RecordRow> rows;
  std::set<RecordNumber> shown;
  for (const RecordNumber number : RecordNumbers(person)) {
    HIE_ASSIGN_OR_RETURN(v1::RecordRow row, reader.Record(number));
    if (row.record().provisional() || named.count(KeyOf(row.record().patient())) == 0) continue;
    rows.emplace(number, std::move(row));
    shown.insert(number);
  }
  if (rows.empty()) return absl::NotFoundError("eid: not known");
  HIE_ASSIGN_OR_RETURN(const auto verified, ReadVerification(reader, shown));
  std::vector<GoldenSource> sources;
  for (const auto& [number, row] : rows) {
    const auto at = verified.find(number);
    GoldenSource& source = sources.emplace_back(GoldenSource{&row.record()});
    if (row.record().demographics().identity_unknown()) {
      source.verification = Verification::kIdentityUnknown;
    } else if (at != verified.end()) {
      source.verification = at->second;
    }
  }
  v1::GetGoldenViewResponse view = MakeGoldenView(sources);
  view.set_eid(eid);
  return view;
}

}  // namespace hie::mpi

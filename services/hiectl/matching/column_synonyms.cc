#include "services/hiectl/matching/column_synonyms.h"

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace hie::ctl::matching {
namespace {

struct Synonyms {
  FieldKey field;
  std::initializer_list<absl::string_view> names;
};

using Names = absl::flat_hash_map<absl::string_view, ColumnMeaning>;

void AddFields(const std::initializer_list<Synonyms>& fields, Names& names) {
  for (const Synonyms& synonyms : fields) {
    for (const absl::string_view name : synonyms.names) {
      names[name] = {ColumnMeaning::Kind::kField, synonyms.field, "", ""};
    }
  }
}

void AddRowsAndNames(Names& names) {
  AddFields(
      {
          {FieldKey::kId,
           {"id", "recid", "recordid", "uniqueid", "rowid", "rid", "row", "index", "testid",
            "pairid", "sourceid", "recordnumber", "pair", "pairnumber", "testcase"}},
          {FieldKey::kTruth,
           {"cluster",     "clusterid",     "entity",    "entityid",     "entid",
            "ent",         "truth",         "trueid",    "groundtruth",  "personid",
            "label",       "match",         "ismatch",   "expect",       "expected",
            "groupid",     "trueclusterid", "goldenid",  "enterpriseid", "simulantid",
            "duplicateid", "householdid",   "household", "verdict",      "gold",
            "goldlabel",   "adjudication",  "labels"}},
          {FieldKey::kFamily,
           {"family", "familyname", "surname", "lastname", "lname", "last", "namelast", "lnamec1",
            "lnamec2", "ln", "secondsurname", "secondlastname", "paternalsurname",
            "maternalsurname", "apellido", "apellidos", "nachname"}},
          {FieldKey::kGiven,
           {"given", "givenname", "givennames", "firstname", "fname", "first", "forename",
            "forenames", "namefirst", "christianname", "fnamec1", "fnamec2", "fn", "nombre",
            "vorname"}},
          {FieldKey::kMiddle,
           {"middle", "middlename", "middleinitial", "mname", "mi", "namemiddle", "middlenames",
            "secondname"}},
          {FieldKey::kSuffix, {"suffix", "namesuffix", "sfx", "generation"}},
          {FieldKey::kPreviousFamily,
           {"maiden", "maidenname", "previousname", "previousfamily", "previoussurname",
            "formername", "formersurname", "birthname", "nee", "namelasthyph", "otherlastname",
            "oldname", "hyph", "lastnamehyph", "hyphenatedname"}},
          {FieldKey::kAlias, {"alias", "nickname", "namealias", "preferredname", "aka", "knownas"}},
          {FieldKey::kFullName,
           {"fullname", "name", "patientname", "personname", "completename", "namefull"}},
      },
      names);
}

void AddPersonalFields(Names& names) {
  AddFields(
      {
          {FieldKey::kBirthDate,
           {"dob", "birthdate", "dateofbirth", "birthdt", "bdate", "birth", "birthday", "datebirth",
            "dobdate", "geburtsdatum"}},
          {FieldKey::kBirthYear, {"by", "birthyear", "yearofbirth", "yob", "byear", "dobyear"}},
          {FieldKey::kBirthMonth,
           {"bm", "birthmonth", "monthofbirth", "mob", "bmonth", "dobmonth"}},
          {FieldKey::kBirthDay, {"bd", "dayofbirth", "bday", "dobday"}},
          {FieldKey::kSex, {"sex", "gender", "administrativesex", "sexatbirth", "birthsex"}},
          {FieldKey::kSsn,
           {"ssn", "socialsecuritynumber", "socialsecurity", "socsecid", "socialsecurityno", "ss",
            "ssnum", "socsecnum", "ssn9", "ssn4", "ssnlast4", "last4ssn", "last4"}},
          {FieldKey::kPhone,
           {"phone", "telephone", "tel", "phonenumber", "phoneno", "mobile", "cell", "cellphone",
            "homephone", "workphone", "mobilephone", "telecom", "contactnumber", "phonehome",
            "telephonenumber", "mobilenumber"}},
          {FieldKey::kEmail, {"email", "emailaddress", "mail", "emailid"}},
          {FieldKey::kStreet,
           {"street", "address1", "addressline1", "addressline", "addressstreet1", "streetaddress",
            "line", "line1", "streetname", "addr", "addr1", "addrline1", "addressstreet",
            "street1"}},
          {FieldKey::kHouseNumber,
           {"streetnumber", "housenumber", "houseno", "housenr", "streetno", "streetnum"}},
          {FieldKey::kStreet2,
           {"address2", "addressline2", "addressstreet2", "apt", "unit", "apartment", "unitnumber",
            "line2", "addr2", "street2", "addrline2"}},
          {FieldKey::kCity, {"city", "town", "suburb", "addresscity", "locality", "municipality"}},
          {FieldKey::kState, {"state", "province", "addressstate", "statecode", "region", "st"}},
          {FieldKey::kPostalCode,
           {"zip", "zipcode", "postcode", "postalcode", "addresszip", "zip5", "postcodefake", "plz",
            "addresspostalcode"}},
          {FieldKey::kCountry, {"country", "countrycode", "addresscountry"}},
          {FieldKey::kAddress, {"address", "fulladdress", "homeaddress", "residence"}},
          {FieldKey::kMotherMaiden,
           {"mothermaiden", "mothermaidenname", "mothersmaidenname", "mothersmaiden", "mmn",
            "mmaidenname"}},
          {FieldKey::kMultipleBirth, {"multiplebirth", "multiplebirthindicator", "twin"}},
          {FieldKey::kBirthOrder, {"birthorder", "multiplebirthorder"}},
      },
      names);
}

void AddOthers(Names& names) {
  const auto add = [&](ColumnMeaning::Kind kind, const char* name, absl::string_view of,
                       std::initializer_list<absl::string_view> synonyms) {
    for (const absl::string_view synonym : synonyms) {
      names[synonym] = {kind, FieldKey::kIgnore, name, of};
    }
  };
  const auto id = ColumnMeaning::Kind::kIdentifier;
  // What a register gives to one person for life.
  add(id, "national", "personal",
      {"nationalid", "nin", "nationalidnumber", "ugandanin", "nationalnumber", "citizenid", "cpf"});
  add(id, "nhs", "personal", {"nhsnumber", "nhsno", "chi", "healthcardnumber", "healthcard"});
  add(id, "passport", "personal", {"passport", "passportnumber", "passportno"});
  add(id, "licence", "personal",
      {"driverslicense", "driverlicense", "driverslicence", "drivers", "dl", "dlnumber",
       "licensenumber"});
  add(id, "medicaid", "personal", {"medicaid", "medicaidid", "medicaidnumber"});
  add(id, "medicare", "personal", {"medicare", "medicareid", "mbi", "hicn"});
  // A source's own key: two sources use the same for two people.
  add(id, "mrn", "record",
      {"mrn", "medicalrecordnumber", "mrns", "patientid", "chartnumber", "patientnumber",
       "artnumber", "accountnumber"});
  add(id, "insurance", "shared",
      {"insuranceid", "insurance", "memberid", "policynumber", "subscriberid", "insurancenumber"});
  const auto extra = ColumnMeaning::Kind::kExtra;
  add(extra, "birth_place", "",
      {"birthplace", "placeofbirth", "pob", "birthcity", "birthlocation"});
  add(extra, "occupation", "", {"occupation", "profession", "job", "jobtitle"});
  add(extra, "employer", "", {"employer", "company", "workplace"});
  add(extra, "guardian", "",
      {"guardian", "guardianname", "guardianfirst", "guardiannamefirst", "parentname"});
  add(extra, "mother", "", {"mothername", "motherfirstname", "motherfirst", "mothersname"});
  add(extra, "father", "", {"fathername", "fatherfirstname", "fatherfirst", "fathersname"});
  add(extra, "spouse", "", {"spouse", "spousename"});
  add(extra, "race", "", {"race", "ethnicity"});
  add(extra, "language", "", {"language", "preferredlanguage"});
  add(extra, "nationality", "", {"nationality", "citizenship"});
  add(extra, "religion", "", {"religion"});
}

const Names& KnownNames() {
  static const Names* const kNames = [] {
    auto* names = new Names;
    AddRowsAndNames(*names);
    AddPersonalFields(*names);
    AddOthers(*names);
    return names;
  }();
  return *kNames;
}

std::optional<ColumnMeaning> Find(absl::string_view name) {
  const auto found = KnownNames().find(name);
  if (found == KnownNames().end()) return std::nullopt;
  return found->second;
}

}  // namespace

std::optional<ColumnMeaning> MeaningOfColumn(absl::string_view name) {
  std::string compact;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte)) compact += static_cast<char>(absl::ascii_tolower(byte));
  }
  if (auto meaning = Find(compact)) return meaning;
  for (const absl::string_view owner : {"patient", "person", "client", "pat", "demo", "p"}) {
    if (!absl::StartsWith(compact, owner) || compact.size() < owner.size() + 3) continue;
    if (auto meaning = Find(absl::string_view(compact).substr(owner.size()))) return meaning;
  }
  // phone2, email_2: one more of the same.
  absl::string_view stem = compact;
  while (!stem.empty() && absl::ascii_isdigit(static_cast<unsigned char>(stem.back()))) {
    stem.remove_suffix(1);
  }
  auto meaning = stem.size() < compact.size() ? Find(stem) : std::nullopt;
  const bool many = meaning && meaning->kind == ColumnMeaning::Kind::kField &&
                    (meaning->field == FieldKey::kPhone || meaning->field == FieldKey::kEmail);
  return many ? meaning : std::nullopt;
}

}  // namespace hie::ctl::matching

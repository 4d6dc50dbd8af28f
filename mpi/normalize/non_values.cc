#include "mpi/normalize/non_values.h"

#include <algorithm>
#include <array>

#include "absl/strings/match.h"
#include "mpi/normalize/word_set.h"

namespace hie::mpi {
namespace {

bool AllAlike(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [&](char c) { return c == text.front(); });
}

bool AllDigits(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Words that only a newborn placeholder is made of.
constexpr WordSet kNewbornWords({"baby",  "babyboy", "babygirl", "newborn",  "infant",    "bb",
                                 "bg",    "nb",      "twin",     "triplet",  "nbb",       "nbg",
                                 "bboy",  "bgirl",   "babyb",    "babyg",    "nbboy",     "nbgirl",
                                 "twina", "twinb",   "twin1",    "twin2",    "boya",      "boyb",
                                 "boyc",  "girla",   "girlb",    "girlc",    "boy1",      "boy2",
                                 "girl1", "girl2",   "neonate",  "babymale", "babyfemale"});
// Those that are nobody's name: whatever stands behind them is the mother's.
constexpr WordSet kCertainNewbornWords({"babyboy", "babygirl", "newborn", "infant", "neonate",
                                        "bboy", "bgirl", "nbboy", "nbgirl", "babymale",
                                        "babyfemale"});
// Words that may stand beside one of those.
constexpr WordSet kNewbornQualifiers({"boy", "girl", "male",  "female", "a",       "b",
                                      "c",   "d",    "1",     "2",      "3",       "4",
                                      "one", "two",  "three", "of",     "unnamed", "i",
                                      "ii",  "iii",  "m",     "f",      "son",     "daughter"});
constexpr WordSet kNewbornSexes({"boy", "girl", "male", "female", "son", "daughter"});

constexpr WordSet kNameNonValues(
    {"unknown",     "unk",         "unkn",         "unkwn",       "unkown",       "unknow",
     "unknwn",      "uknown",      "unknown1",     "doe",         "none",         "na",
     "null",        "test",        "testpatient",  "patienttest", "testing",      "testpt",
     "testcase",    "testname",    "tester1",      "patient",     "dummy",        "dummypatient",
     "fake",        "fakepatient", "demo",         "demopatient", "xxx",          "xx",
     "zzz",         "zztest",      "zzztest",      "noname",      "nofirstname",  "nolastname",
     "nofname",     "nolname",     "nofamilyname", "nogivenname", "nosurname",    "lastname",
     "firstname",   "familyname",  "givenname",    "surname",     "anonymous",    "unidentified",
     "trauma",      "nfn",         "nln",          "fnu",         "lnu",          "nmn",
     "nmi",         "nn",          "notgiven",     "notknown",    "notavailable", "notapplicable",
     "notprovided", "notstated",   "notrecorded",  "nonegiven",   "nameless",     "unnamed",
     "refused",     "declined",    "withheld",     "undisclosed", "confidential", "pending",
     "donotuse",    "duplicate",   "invalid",      "deleted",     "asdf",         "qwerty"});

// Words that stand for a whole name, and first names that go with Doe.
constexpr WordSet kUnknownPatientWords({"unknown",  "unk",         "unkn",         "unkown",
                                        "unknow",   "unknwn",      "unidentified", "anonymous",
                                        "noname",   "nofirstname", "nolastname",   "nln",
                                        "nfn",      "trauma",      "xxx",          "xxxx",
                                        "notgiven", "notknown",    "nameless",     "doe"});
constexpr WordSet kDoeFirstNames({"john", "jane", "jon", "johnny", "janie", "jimmy", "johnie",
                                  "judy"});

constexpr WordSet kAddressNonValues({"unknown",
                                     "unk",
                                     "unknown address",
                                     "address unknown",
                                     "homeless",
                                     "homeless shelter",
                                     "no fixed abode",
                                     "no fixed address",
                                     "no permanent address",
                                     "no address",
                                     "no known address",
                                     "no address given",
                                     "no address on file",
                                     "nfa",
                                     "general delivery",
                                     "gen delivery",
                                     "gen del",
                                     "none",
                                     "none given",
                                     "na",
                                     "n a",
                                     "nil",
                                     "null",
                                     "same",
                                     "same as above",
                                     "same as mailing",
                                     "same as residence",
                                     "same as physical",
                                     "same as home",
                                     "as above",
                                     "see above",
                                     "see notes",
                                     "see comments",
                                     "undomiciled",
                                     "transient",
                                     "refused",
                                     "declined",
                                     "not given",
                                     "not known",
                                     "not provided",
                                     "not available",
                                     "not applicable",
                                     "pending",
                                     "c o",
                                     "care of",
                                     "po box",
                                     "p o box",
                                     "pobox",
                                     "post office box",
                                     "po",
                                     "p o",
                                     "box",
                                     "street",
                                     "address",
                                     "test",
                                     "test address",
                                     "123 test st",
                                     "123 test street",
                                     "123 fake st",
                                     "123 fake street",
                                     "123 any st",
                                     "123 any street",
                                     "123 anywhere st",
                                     "123 anywhere street",
                                     "bad address",
                                     "wrong address",
                                     "returned mail",
                                     "return mail",
                                     "mail returned",
                                     "do not mail",
                                     "moved",
                                     "deceased",
                                     "confidential",
                                     "temp",
                                     "temporary",
                                     "x",
                                     "xx",
                                     "xxx",
                                     "xxxx",
                                     "0",
                                     "00",
                                     "000"});

constexpr WordSet kEmailNonValues({"none",
                                   "noemail",
                                   "noemails",
                                   "nomail",
                                   "noreply",
                                   "donotreply",
                                   "dontreply",
                                   "test",
                                   "testing",
                                   "testpatient",
                                   "unknown",
                                   "unk",
                                   "declined",
                                   "declines",
                                   "decline",
                                   "refused",
                                   "refuse",
                                   "nobody",
                                   "nothing",
                                   "null",
                                   "notprovided",
                                   "notgiven",
                                   "notavailable",
                                   "notapplicable",
                                   "noaddress",
                                   "donthave",
                                   "doesnothave",
                                   "idonthave",
                                   "idonthaveone",
                                   "noone",
                                   "noemailaddress",
                                   "noemailonfile",
                                   "noemailprovided",
                                   "noemailgiven",
                                   "nonegiven",
                                   "patientdeclined",
                                   "ptdeclined",
                                   "fake",
                                   "fakeemail",
                                   "invalid",
                                   "xxx"});
// These only at a domain that is filled in too.
constexpr WordSet kWeakEmailNonValues({"no", "na", "email", "mail", "abc", "patient", "a", "x",
                                       "xx", "me", "user", "name", "example", "someone", "info"});
constexpr WordSet kEmailDomainNonValues({"none.com",   "none.net",    "none.org",     "no.com",
                                         "na.com",     "noemail.com", "noemail.net",  "noemail.org",
                                         "noemail",    "nomail.com",  "nomail.net",   "test.com",
                                         "test.org",   "noreply.com", "fake.com",     "unknown.com",
                                         "xxx.com",    "x.com",       "declined.com", "refused.com",
                                         "invalid.com"});
constexpr WordSet kWeakEmailDomains({"example.com", "example.org", "example.net", "email.com",
                                     "abc.com", "a.com", "domain.com", "mail.com", "gmail.com",
                                     "yahoo.com", "hotmail.com"});

constexpr WordSet kSsnNonValues({"123456789", "012345678", "987654321", "876543210", "111223333",
                                 "123121234", "123123123", "121212121", "112233445", "001010001",
                                 "010101010", "101010101", "042103580", "062360749", "078051120",
                                 "095073645", "128036045", "135016629", "141186941", "165167999",
                                 "165187999", "165207999", "165227999", "165247999", "189092294",
                                 "212097694", "212099999", "219099999", "306302348", "308125070",
                                 "457555462", "468288779", "549241889"});

constexpr WordSet kIdentifierNonValues({"unknown", "none", "na", "unk", "null", "nil", "pending",
                                        "notgiven", "notknown", "notavailable", "notapplicable",
                                        "notprovided", "refused", "declined", "test", "temp",
                                        "selfpay", "123456789", "1234567890"});

// "zztest7", "test123", "xxxxx": made, not given.
bool IsMadeUpName(absl::string_view folded) {
  if (folded.size() < 2) return false;
  if (folded[0] == 'x') return AllAlike(folded);
  if (folded[0] == 'z') {
    return absl::StartsWith(folded, "zztest") || absl::StartsWith(folded, "zzztest") ||
           (folded.size() > 2 && AllAlike(folded));
  }
  if (folded[0] != 't' || !absl::StartsWith(folded, "test")) return false;
  return AllDigits(folded.substr(4));
}

}  // namespace

bool IsNewbornPlaceholder(const std::vector<std::string>& tokens) {
  if (tokens.empty()) return false;
  const std::string& first = tokens.front();
  if (kCertainNewbornWords.Contains(first)) return true;
  const bool sex_follows = tokens.size() > 1 && kNewbornSexes.Contains(tokens[1]);
  if (sex_follows && kNewbornWords.Contains(first)) return true;
  bool newborn = false;
  for (const std::string& token : tokens) {
    if (kNewbornWords.Contains(token)) {
      newborn = true;
    } else if (!kNewbornQualifiers.Contains(token)) {
      newborn = false;
      break;
    }
  }
  // "BOY A", "GIRL" alone.
  return newborn || first == "boy" || first == "girl" || first == "unnamed";
}

bool IsNameNonValue(absl::string_view folded) {
  return kNameNonValues.Contains(folded) || IsMadeUpName(folded);
}

bool IsUnknownPatientName(const std::vector<std::string>& family,
                          const std::vector<std::string>& given) {
  const auto unknown = [](const std::string& token) {
    return kUnknownPatientWords.Contains(token);
  };
  if (family.empty()) {
    return !given.empty() && std::all_of(given.begin(), given.end(), unknown);
  }
  if (!std::all_of(family.begin(), family.end(), unknown)) return false;
  const bool doe = family.size() == 1 && family.front() == "doe";
  return !doe || given.empty() || unknown(given.front()) || kDoeFirstNames.Contains(given.front());
}

bool IsBirthDateNonValue(const CivilDate& date) {
  constexpr int kOldestYear = 1500;
  constexpr int kFirstYearToCome = 2200;
  // Databases, spreadsheets, VistA and VMS, in this order, begin on these days.
  constexpr std::array<CivilDate, 6> kFirstDays = {
      {{1753, 1, 1}, {1800, 1, 1}, {1899, 12, 30}, {1899, 12, 31}, {1840, 12, 31}, {1858, 11, 17}}};
  if (date.year < kOldestYear || date.year >= kFirstYearToCome) return true;
  const bool first_day = date.month <= 1 && date.day <= 1;
  if (first_day && (date.year == 1900 || date.year == 1901)) return true;
  return std::find(kFirstDays.begin(), kFirstDays.end(), date) != kFirstDays.end();
}

bool IsPhoneNonValue(absl::string_view digits) {
  constexpr size_t kSubscriberDigits = 7;
  constexpr size_t kNationalDigits = 10;
  if (digits.empty() || AllAlike(digits)) return true;
  const absl::string_view subscriber = digits.size() >= kSubscriberDigits
                                           ? digits.substr(digits.size() - kSubscriberDigits)
                                           : digits;
  if (AllAlike(subscriber) || subscriber == "1234567" || subscriber == "5551212") return true;
  if (absl::StartsWith(subscriber, "55501")) return true;  // Kept for fiction.
  if (digits.size() != kNationalDigits) return false;
  return digits == "1234567890" || absl::StartsWith(digits, "000") ||
         absl::StartsWith(digits, "999");
}

bool IsEmailNonValue(absl::string_view email) {
  const size_t at = email.find('@');
  if (at == absl::string_view::npos) return false;
  const absl::string_view domain = email.substr(at + 1);
  if (kEmailDomainNonValues.Contains(domain)) return true;
  std::string local;
  for (const char c : email.substr(0, at)) {
    if (c >= 'a' && c <= 'z') local += c;
  }
  // "12@...": a number is an address like another, letters or not.
  if (local.empty()) return false;
  if (kEmailNonValues.Contains(local)) return true;
  return kWeakEmailNonValues.Contains(local) && kWeakEmailDomains.Contains(domain) &&
         local.size() == at;
}

bool IsAddressNonValue(absl::string_view folded) { return kAddressNonValues.Contains(folded); }

bool IsZipNonValue(absl::string_view zip5) {
  return zip5 == "00000" || zip5 == "99999" || zip5 == "12345" || zip5 == "11111";
}

bool IsSsnNonValue(absl::string_view digits) {
  return !digits.empty() && (AllAlike(digits) || kSsnNonValues.Contains(digits));
}

bool IsIdentifierNonValue(absl::string_view compact) {
  constexpr size_t kFillerCharactersMin = 4;  // "7" and "22" are numbers that registries give.
  const bool filler = compact.size() >= kFillerCharactersMin && AllAlike(compact);
  return compact.empty() || compact == "0" || filler || kIdentifierNonValues.Contains(compact);
}

}  // namespace hie::mpi

#include "mpi/query/query_keys.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "mpi/normalize/phone.h"
#include "mpi/normalize/text.h"

namespace hie::mpi {
namespace {

constexpr char kFamily = 'f';
constexpr char kBirthDate = 'b';
constexpr char kIdentifier = 'i';
constexpr char kPostalCode = 'p';
constexpr char kDigits = 'd';
constexpr char kPhone = 't';
constexpr char kEmail = 'e';

std::string Key(char kind, absl::string_view text) {
  std::string key(1, kind);
  absl::StrAppend(&key, text.substr(0, kQueryKeyBytesMax));
  return key;
}

// From each beginning of a word on: what a search may start with.
void AddWords(char kind, const std::string& text, std::vector<std::string>& keys) {
  const std::string folded = FoldText(text);
  for (size_t at = 0; at < folded.size();) {
    keys.push_back(Key(kind, absl::string_view(folded).substr(at)));
    const size_t space = folded.find(' ', at);
    if (space == std::string::npos) return;
    at = space + 1;
  }
}

// 00 ends a key in the index: a value may not hold one.
std::string IdentifierKey(const std::string& value) {
  const std::string folded = FoldCompact(value);
  return Key(kIdentifier, folded.empty() ? value.substr(0, value.find('\0')) : folded);
}

std::string BirthDateKey(const CivilDate& date) {
  const CivilDate first{date.year, std::max(date.month, 1), std::max(date.day, 1)};
  return Key(kBirthDate, first.ToString());
}

void AddPhones(const std::string& phone, std::vector<std::string>& keys) {
  if (const auto number = NormalizePhone(phone)) keys.push_back(Key(kPhone, *number));
  const std::string digits = DigitsOf(phone);
  if (!digits.empty()) keys.push_back(Key(kDigits, digits));
}

void AddDemographics(const Demographics& d, std::vector<std::string>& keys) {
  for (const HumanName& name : d.names) AddWords(kFamily, name.family, keys);
  for (const PostalAddress& address : d.addresses) {
    AddWords(kPostalCode, address.postal_code, keys);
  }
  for (const std::string& phone : d.phones) AddPhones(phone, keys);
  for (const std::string& email : d.emails) {
    if (const auto folded = NormalizeEmail(email)) keys.push_back(Key(kEmail, *folded));
  }
  if (d.birth_date) keys.push_back(BirthDateKey(*d.birth_date));
}

using Walks = std::optional<std::vector<QueryWalk>>;

Walks TextWalks(char kind, const Condition& condition) {
  if (condition.match == TextMatch::kContains) return std::nullopt;
  std::vector<QueryWalk> walks;
  for (size_t i = 0; i < condition.folded.size(); ++i) {
    const std::string& folded = condition.folded[i];
    if (!folded.empty()) {
      walks.push_back({QueryWalk::Kind::kStartingWith, Key(kind, folded)});
    } else if (condition.match == TextMatch::kExact) {
      return std::nullopt;  // Marks only: in no key.
    }
  }
  return walks;
}

Walks IdentifierWalks(const Condition& condition) {
  std::vector<QueryWalk> walks;
  for (const SoughtIdentifier& sought : condition.identifiers) {
    if (!sought.value) return std::nullopt;
    walks.push_back({QueryWalk::Kind::kExactly, IdentifierKey(*sought.value)});
  }
  return walks;
}

Walks TelecomWalks(const Condition& condition) {
  std::vector<QueryWalk> walks;
  for (const std::string& value : condition.values) {
    std::vector<std::string> keys;
    if (absl::StrContains(value, '@')) {
      if (const auto email = NormalizeEmail(value)) keys.push_back(Key(kEmail, *email));
    } else {
      AddPhones(value, keys);
    }
    for (std::string& key : keys) walks.push_back({QueryWalk::Kind::kExactly, std::move(key)});
  }
  return walks;
}

Walks BirthDateWalks(const Condition& condition) {
  std::vector<QueryWalk> walks;
  for (const DayRange& range : condition.days) {
    walks.push_back({QueryWalk::Kind::kRange,
                     range.from ? BirthDateKey(*range.from) : std::string(1, kBirthDate),
                     range.to ? BirthDateKey(*range.to) : std::string(1, kBirthDate + 1)});
  }
  return walks;
}

}  // namespace

std::vector<std::string> MakeQueryKeys(const QueriedRecord& record) {
  std::vector<std::string> keys = {IdentifierKey(record.patient.id.value())};
  if (record.state != RecordState::kRemoved) {
    for (const PatientIdentifier& identifier : record.demographics.identifiers) {
      keys.push_back(IdentifierKey(identifier.value));
    }
  }
  if (record.state == RecordState::kLive) AddDemographics(record.demographics, keys);
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

std::optional<std::vector<QueryWalk>> MakeQueryWalks(const Condition& condition) {
  switch (condition.field) {
    case QueryField::kFamily:
      return TextWalks(kFamily, condition);
    case QueryField::kPostalCode:
      return TextWalks(kPostalCode, condition);
    case QueryField::kIdentifier:
      return IdentifierWalks(condition);
    case QueryField::kTelecom:
      return TelecomWalks(condition);
    case QueryField::kBirthDate:
      return BirthDateWalks(condition);
    default:
      return std::nullopt;
  }
}

}  // namespace hie::mpi

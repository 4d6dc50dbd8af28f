#include "mpi/block/block_key.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "mpi/block/sound.h"
#include "mpi/normalize/nicknames.h"

namespace hie::mpi {
namespace {

// FNV-1a with a final mix: fixed for ever, for the index on disk is made of it.
uint64_t HashKey(KeyType type, absl::string_view form, absl::string_view value) {
  constexpr uint64_t kOffset = 14695981039346656037ULL;
  constexpr uint64_t kPrime = 1099511628211ULL;
  uint64_t hash = kOffset;
  const auto add = [&](unsigned char c) { hash = (hash ^ c) * kPrime; };
  add(static_cast<unsigned char>(type));
  for (const char c : form) add(static_cast<unsigned char>(c));
  add(0);
  for (const char c : value) add(static_cast<unsigned char>(c));
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccdULL;
  hash ^= hash >> 33;
  return hash == 0 ? 1 : hash;  // 0 means "none".
}

// Collects keys; what narrows a heavy key is the same for all of a record's keys of a type.
class KeyCollector {
 public:
  explicit KeyCollector(const Features& features) : features_(features) {}

  // Narrowed by region and initial: what most holders of a common value do not share.
  void Add(KeyType type, absl::string_view value) {
    const std::string narrow = Narrowing();
    const uint64_t refined =
        narrow.empty() ? 0 : HashKey(type, "refined", absl::StrCat(value, "|", narrow));
    keys_.push_back({type, HashKey(type, "base", value), refined});
  }

  std::vector<BlockKey> Take() {
    std::sort(keys_.begin(), keys_.end());
    keys_.erase(std::unique(keys_.begin(), keys_.end()), keys_.end());
    return std::move(keys_);
  }

 private:
  std::string Narrowing() const {
    std::string zip;
    for (const NormalizedAddress& address : features_.addresses) {
      if (zip.empty()) zip = address.zip5;
    }
    if (zip.empty() || features_.names.empty() || features_.names[0].first.empty()) return "";
    return absl::StrCat(zip.substr(0, 3), features_.names[0].first.substr(0, 1));
  }

  const Features& features_;
  std::vector<BlockKey> keys_;
};

std::string FullDate(const Features& features) {
  const bool full = features.birth_date && features.birth_date->precision() == DatePrecision::kDay;
  return full ? features.birth_date->ToString() : "";
}

std::string Year(const Features& features) {
  return features.birth_date ? absl::StrCat(features.birth_date->year) : "";
}

std::string RootPrefix(const NormalizedName& name, size_t letters) {
  const absl::string_view root = NicknameRoot(name.first);
  return std::string(root.substr(0, letters));
}

void AddIdentifierKeys(const Features& features, KeyCollector& keys) {
  constexpr size_t kFullSsn = 9;
  const std::string date = FullDate(features);
  for (const std::string& ssn : features.ssns) {
    if (ssn.size() == kFullSsn) keys.Add(KeyType::kSsn, ssn);
    if (!date.empty()) {
      keys.Add(KeyType::kSsnLastFourDob, absl::StrCat(ssn.substr(ssn.size() - 4), "|", date));
    }
  }
  for (const NormalizedIdentifier& identifier : features.identifiers) {
    keys.Add(KeyType::kIdentifier, absl::StrCat(identifier.system, "|", identifier.value));
  }
}

void AddDateKeys(const Features& features, const NormalizedName& name, KeyCollector& keys) {
  const std::string date = FullDate(features);
  if (date.empty()) return;
  const int low = std::min(features.birth_date->month, features.birth_date->day);
  const int high = std::max(features.birth_date->month, features.birth_date->day);
  std::vector<std::string> sounds;
  for (const std::string& token : name.family) sounds.push_back(SoundOf(token));
  sounds.push_back(SoundOf(JoinedFamily(name)));
  for (const std::string& sound : sounds) {
    if (sound.empty()) continue;
    keys.Add(KeyType::kSoundDob, absl::StrCat(sound, "|", date));
    keys.Add(KeyType::kSoundYearMonthDay,
             absl::StrCat(sound, "|", features.birth_date->year, "|", low, "|", high));
  }
  if (!name.first.empty()) {
    keys.Add(KeyType::kGivenDob, absl::StrCat(RootPrefix(name, 3), "|", date));
  }
}

void AddNameKeys(const Features& features, const NormalizedName& name, KeyCollector& keys) {
  const std::string year = Year(features);
  AddDateKeys(features, name, keys);
  if (year.empty() || name.first.empty() || name.family.empty()) return;
  const std::string family = JoinedFamily(name);
  keys.Add(KeyType::kNameYear, absl::StrCat(family, "|", year, "|", RootPrefix(name, 2)));
  const auto [first, second] = std::minmax(family, name.first);
  keys.Add(KeyType::kSwappedNames, absl::StrCat(first, "|", second, "|", year));
}

void AddHouseholdKeys(const Features& features, const std::string& initial, KeyCollector& keys) {
  constexpr size_t kStreetLetters = 4;
  constexpr size_t kSubscriberDigits = 7;
  const std::string date = FullDate(features);
  for (const NormalizedAddress& address : features.addresses) {
    if (address.number.empty() || address.zip5.empty()) continue;
    const std::string street = address.street.substr(0, kStreetLetters);
    keys.Add(KeyType::kAddressInitial,
             absl::StrCat(address.number, "|", street, "|", address.zip5, "|", initial));
    if (!date.empty()) {
      keys.Add(KeyType::kAddressDob, absl::StrCat(address.number, "|", address.zip5, "|", date));
    }
  }
  for (const std::string& phone : features.phones) {
    const std::string last =
        phone.size() > kSubscriberDigits ? phone.substr(phone.size() - kSubscriberDigits) : phone;
    keys.Add(KeyType::kPhoneInitial, absl::StrCat(last, "|", initial));
  }
  if (!features.mother_maiden.empty() && !date.empty()) {
    keys.Add(KeyType::kMotherDob, absl::StrCat(features.mother_maiden, "|", date));
  }
}

}  // namespace

std::vector<BlockKey> MakeBlockKeys(const Features& features) {
  KeyCollector keys(features);
  AddIdentifierKeys(features, keys);
  for (const NormalizedName& name : features.names) AddNameKeys(features, name, keys);
  const std::string initial =
      features.names.empty() ? "" : std::string(RootPrefix(features.names[0], 1));
  AddHouseholdKeys(features, initial, keys);
  return keys.Take();
}

absl::string_view KeyTypeName(KeyType type) {
  switch (type) {
    case KeyType::kSsn:
      return "ssn";
    case KeyType::kSsnLastFourDob:
      return "ssn_last_four_dob";
    case KeyType::kIdentifier:
      return "identifier";
    case KeyType::kPhoneInitial:
      return "phone_initial";
    case KeyType::kSoundDob:
      return "sound_dob";
    case KeyType::kGivenDob:
      return "given_dob";
    case KeyType::kNameYear:
      return "name_year";
    case KeyType::kAddressInitial:
      return "address_initial";
    case KeyType::kSoundYearMonthDay:
      return "sound_year_month_day";
    case KeyType::kSwappedNames:
      return "swapped_names";
    case KeyType::kMotherDob:
      return "mother_dob";
    case KeyType::kAddressDob:
      return "address_dob";
  }
  return "unknown";
}

}  // namespace hie::mpi

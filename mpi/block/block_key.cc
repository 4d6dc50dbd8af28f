#include "mpi/block/block_key.h"

#include <algorithm>
#include <array>
#include <string>

#include "mpi/block/sound.h"
#include "mpi/compare/packed_words.h"

namespace hie::mpi {
namespace {

constexpr size_t kSubscriberDigits = 7;
constexpr size_t kFullSsnDigits = 9;
constexpr size_t kLastDigits = 4;
constexpr size_t kPrefixLetters = 3;
constexpr size_t kStreetLetters = 4;

// Hashes the parts of a key one after another.  FNV-1a with a final mix: fixed for ever, for the
// index on disk is made of it.
class KeyHash {
 public:
  explicit KeyHash(KeyType type) { AddByte(static_cast<unsigned char>(type)); }

  KeyHash& Add(absl::string_view part) {
    for (const char c : part) AddByte(static_cast<unsigned char>(c));
    AddByte(0xff);  // No byte of folded UTF-8: parts cannot run together.
    return *this;
  }
  KeyHash& Add(uint32_t part) {
    for (int shift = 0; shift < 32; shift += 8) AddByte(static_cast<unsigned char>(part >> shift));
    return *this;
  }
  uint64_t Finish() const {
    uint64_t hash = state_;
    hash ^= hash >> 33;
    hash *= 0xff51afd7ed558ccdULL;
    hash ^= hash >> 33;
    return hash == 0 ? 1 : hash;  // 0 means "none".
  }

 private:
  void AddByte(unsigned char c) { state_ = (state_ ^ c) * 1099511628211ULL; }

  uint64_t state_ = 14695981039346656037ULL;
};

// What most holders of a common value do not share: with a birth date in the key the region, else
// the year, or both; and the initial.
enum class Narrow { kByRegion, kByYear, kByYearAndRegion };

// The parts of one record that its keys are made of.
class KeyMaker {
 public:
  KeyMaker(const PackedView& record, std::vector<BlockKey>& keys) : record_(record), keys_(keys) {
    const PackedHeader& header = record.header();
    if (header.birth_date_muted == 0) {
      year_ = header.birth_year;
      month_ = header.birth_month;
      day_ = header.birth_day;
    }
    full_date_ = day_ != 0;
    for (const PackedAddress& address : record.addresses()) {
      if (region_.empty()) region_ = record.text(address.zip).substr(0, kPrefixLetters);
    }
    for (const PackedAddress& address : record.addresses()) {
      if (region_.empty()) region_ = record.text(address.city);
    }
    for (const PackedName& name : record.names()) {
      if (initial_.empty()) initial_ = record.text(name.first).substr(0, 1);
    }
  }

  void Make() {
    if (full_date_) {
      Emit(KeyType::kDob, KeyHash(KeyType::kDob).Add(Date()), Narrow::kByRegion);
    }
    AddIdentifierKeys();
    AddContactKeys();
    for (const PackedName& name : record_.names()) AddNameKeys(name);
    AddAddressKeys();
  }

 private:
  void Emit(KeyType type, const KeyHash& hash, Narrow narrow) {
    KeyHash refined = hash;
    const bool by_year = year_ != 0 && narrow != Narrow::kByRegion;
    if (by_year) refined.Add(year_);
    if (!by_year || narrow == Narrow::kByYearAndRegion) refined.Add(region_);
    refined.Add(initial_);
    const bool narrowed = !initial_.empty() && (by_year || !region_.empty());
    keys_.push_back({type, hash.Finish(), narrowed ? refined.Finish() : 0});
  }

  absl::string_view Place(const PackedAddress& address) const {
    return record_.text(address.zip != 0 ? address.zip : address.city);
  }

  uint32_t Date() const { return year_ << 9 | month_ << 5 | day_; }

  void AddIdentifierKeys() {
    const PackedHeader& header = record_.header();
    for (const PackedWord& ssn : record_.words().subspan(header.ssn_begin, header.ssns)) {
      if (ssn.muted != 0) continue;
      const absl::string_view digits = record_.text(ssn);
      if (digits.size() == kFullSsnDigits) {
        Emit(KeyType::kSsn, KeyHash(KeyType::kSsn).Add(digits), Narrow::kByYear);
      }
      if (!full_date_ || digits.size() < kLastDigits) continue;
      const KeyHash hash = KeyHash(KeyType::kSsnLastFourDob)
                               .Add(digits.substr(digits.size() - kLastDigits))
                               .Add(Date());
      Emit(KeyType::kSsnLastFourDob, hash, Narrow::kByRegion);
    }
    for (const PackedIdentifier& identifier : record_.identifiers()) {
      if (!Speaks(record_, identifier.value)) continue;
      const KeyHash hash = KeyHash(KeyType::kIdentifier)
                               .Add(identifier.system_hash)
                               .Add(record_.text(identifier.value));
      Emit(KeyType::kIdentifier, hash, Narrow::kByYear);
    }
  }

  void AddContactKeys() {
    const PackedHeader& header = record_.header();
    for (const PackedWord& word : record_.words().subspan(header.phone_begin, header.phones)) {
      if (word.muted != 0) continue;
      const absl::string_view phone = record_.text(word);
      const size_t digits = std::min(phone.size(), kSubscriberDigits);
      Emit(KeyType::kPhone, KeyHash(KeyType::kPhone).Add(phone.substr(phone.size() - digits)),
           Narrow::kByYear);
    }
    for (const PackedWord& word : record_.words().subspan(header.email_begin, header.emails)) {
      if (word.muted != 0) continue;
      Emit(KeyType::kEmail, KeyHash(KeyType::kEmail).Add(record_.text(word)), Narrow::kByYear);
    }
    if (header.mother_maiden != 0 && full_date_) {
      const KeyHash hash =
          KeyHash(KeyType::kMotherDob).Add(record_.text(header.mother_maiden)).Add(Date());
      Emit(KeyType::kMotherDob, hash, Narrow::kByRegion);
    }
  }

  // A group of nicknames each, and the first letters, which survive a typing error.
  std::vector<std::string> GivenCodes(const PackedName& name) const {
    std::vector<std::string> codes;
    const absl::string_view first = record_.text(name.first);
    if (first.size() < 2) return codes;
    for (const uint8_t group : name.groups) {
      if (group != 0) codes.push_back({'\1', static_cast<char>(group)});
    }
    codes.emplace_back(first.substr(0, kPrefixLetters));
    return codes;
  }

  std::vector<std::string> Sounds(const PackedName& name) const {
    std::vector<std::string> sounds;
    const auto add = [&](absl::string_view text) {
      std::string sound = SoundOf(text);
      const bool known = std::find(sounds.begin(), sounds.end(), sound) != sounds.end();
      if (!sound.empty() && !known) sounds.push_back(std::move(sound));
    };
    add(record_.text(name.family));
    for (const PackedWord& token : record_.words().subspan(name.token_begin, name.token_count)) {
      add(record_.text(token));
    }
    return sounds;
  }

  void AddNameKeys(const PackedName& name) {
    const std::vector<std::string> givens = GivenCodes(name);
    const std::vector<std::string> sounds = Sounds(name);
    for (const std::string& sound : sounds) AddSoundKeys(sound, givens);
    for (const std::string& given : givens) {
      if (full_date_) {
        Emit(KeyType::kGivenDob, KeyHash(KeyType::kGivenDob).Add(given).Add(Date()),
             Narrow::kByRegion);
      }
      if (month_ != 0) {
        Emit(KeyType::kGivenYearMonth,
             KeyHash(KeyType::kGivenYearMonth).Add(given).Add(year_ << 4 | month_),
             Narrow::kByRegion);
      }
      for (const PackedAddress& address : record_.addresses()) {
        if (Place(address).empty()) continue;
        const KeyHash hash = KeyHash(KeyType::kGivenPlace).Add(given).Add(Place(address));
        Emit(KeyType::kGivenPlace, hash, Narrow::kByYear);
      }
      AddExtraKeys(given);
    }
    const absl::string_view family = record_.text(name.family);
    const absl::string_view first = record_.text(name.first);
    if (year_ == 0 || first.empty() || family.empty()) return;
    Emit(KeyType::kNameYear,
         KeyHash(KeyType::kNameYear).Add(family).Add(year_).Add(first.substr(0, 1)),
         Narrow::kByRegion);
    const auto [low, high] = std::minmax(family, first);
    Emit(KeyType::kSwappedNames, KeyHash(KeyType::kSwappedNames).Add(low).Add(high).Add(year_),
         Narrow::kByRegion);
  }

  void AddSoundKeys(const std::string& sound, const std::vector<std::string>& givens) {
    if (full_date_) {
      const auto [low, high] = std::minmax(month_, day_);
      const KeyHash hash = KeyHash(KeyType::kSoundDob).Add(sound).Add(year_).Add(low << 5 | high);
      Emit(KeyType::kSoundDob, hash, Narrow::kByRegion);
    }
    for (const std::string& given : givens) {
      Emit(KeyType::kNames, KeyHash(KeyType::kNames).Add(sound).Add(given),
           Narrow::kByYearAndRegion);
    }
    for (const PackedAddress& address : record_.addresses()) {
      const absl::string_view place = Place(address);
      if (place.empty() || initial_.empty()) continue;
      const KeyHash hash = KeyHash(KeyType::kNamesPlace).Add(place).Add(sound).Add(initial_);
      Emit(KeyType::kNamesPlace, hash, Narrow::kByYear);
    }
    Emit(KeyType::kSound, KeyHash(KeyType::kSound).Add(sound), Narrow::kByYearAndRegion);
    AddExtraKeys(sound);
  }

  void AddExtraKeys(const std::string& code) {
    for (size_t i = 0; i < kExtraFieldsMax; ++i) {
      const uint8_t extra = record_.header().extras[i];
      if (!Speaks(record_, extra)) continue;
      const KeyHash hash = KeyHash(KeyType::kExtraNames)
                               .Add(static_cast<uint32_t>(i))
                               .Add(record_.text(extra))
                               .Add(code);
      Emit(KeyType::kExtraNames, hash, Narrow::kByYear);
    }
  }

  void AddAddressKeys() {
    for (const PackedAddress& address : record_.addresses()) {
      if (address.zip == 0) continue;
      const absl::string_view zip = record_.text(address.zip);
      if (address.number != 0 && Speaks(record_, address.street)) {
        const KeyHash hash = KeyHash(KeyType::kAddress)
                                 .Add(record_.text(address.number))
                                 .Add(record_.text(address.street).substr(0, kStreetLetters))
                                 .Add(zip);
        Emit(KeyType::kAddress, hash, Narrow::kByYear);
      }
      if (full_date_) {
        Emit(KeyType::kZipDob, KeyHash(KeyType::kZipDob).Add(zip).Add(Date()), Narrow::kByRegion);
      }
    }
  }

  const PackedView record_;
  std::vector<BlockKey>& keys_;
  uint32_t year_ = 0;
  uint32_t month_ = 0;
  uint32_t day_ = 0;
  bool full_date_ = false;
  absl::string_view region_;
  absl::string_view initial_;
};

constexpr std::array<absl::string_view, kKeyTypeCount> kNames = {
    "ssn",           "ssn_last_four_dob",
    "identifier",    "phone",
    "email",         "sound_dob",
    "given_dob",     "name_year",
    "swapped_names", "given_year_month",
    "names",         "address",
    "zip_dob",       "names_place",
    "mother_dob",    "extra_names",
    "dob",           "sound",
    "given_place"};

}  // namespace

void MakeBlockKeys(const PackedView& record, std::vector<BlockKey>& keys) {
  keys.clear();
  KeyMaker(record, keys).Make();
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
}

std::vector<BlockKey> MakeBlockKeys(const PackedView& record) {
  std::vector<BlockKey> keys;
  MakeBlockKeys(record, keys);
  return keys;
}

std::vector<BlockKey> MakeBlockKeys(const Features& features) {
  const std::string packed = Pack(features);
  return MakeBlockKeys(PackedView(packed.data()));
}

absl::string_view KeyTypeName(KeyType type) { return kNames[static_cast<size_t>(type)]; }

}  // namespace hie::mpi

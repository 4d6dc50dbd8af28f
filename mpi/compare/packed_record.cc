#include "mpi/compare/packed_record.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "mpi/normalize/nicknames.h"

namespace hie::mpi {
namespace {

static_assert(std::endian::native == std::endian::little, "packed records are little-endian");
static_assert(sizeof(PackedHeader) == 32 && sizeof(PackedWord) == 8 && sizeof(PackedName) == 12 &&
              sizeof(PackedAddress) == 5 && sizeof(PackedIdentifier) == 8);

constexpr size_t kWordsMax = 255;
constexpr size_t kTokensOfANameMax = 4;

// Gathers the words and sections of one record.
class Packer {
 public:
  Packer() { words_.emplace_back(); }

  // Returns the index of a word; equal words that this made share one.  Not for values that the
  // detector may mute: what is muted must not be another field's word.
  uint8_t Share(absl::string_view whole) {
    const std::string fitted = FitWord(whole);
    const absl::string_view text = fitted;
    if (text.empty()) return 0;
    const uint32_t hash = HashWord(text);
    for (const uint8_t i : shared_) {
      if (words_[i].hash == hash && Text(i) == text) return i;
    }
    const uint8_t index = Add(text);
    if (index != 0) shared_.push_back(index);
    return index;
  }

  // Returns the index of a new word.
  uint8_t Add(absl::string_view whole) {
    const std::string fitted = FitWord(whole);
    const absl::string_view text = fitted;
    if (text.empty() || words_.size() >= kWordsMax) return 0;
    words_.push_back({HashWord(text), static_cast<uint16_t>(text_.size()),
                      static_cast<uint8_t>(text.size()), 0});
    text_.append(text.data(), text.size());
    return static_cast<uint8_t>(words_.size() - 1);
  }

  // Adds words that stand side by side; `begin` and `count` say where.
  void AddRange(const std::vector<std::string>& texts, size_t limit, uint8_t& begin,
                uint8_t& count) {
    for (size_t i = 0; i < texts.size() && i < limit; ++i) {
      const uint8_t index = Add(texts[i]);
      if (index == 0) continue;
      if (count == 0) begin = index;
      ++count;
    }
  }

  std::string Finish(PackedHeader header) {
    header.words = static_cast<uint8_t>(words_.size());
    header.names = static_cast<uint8_t>(names.size());
    header.addresses = static_cast<uint8_t>(addresses.size());
    header.identifiers = static_cast<uint8_t>(identifiers.size());
    const size_t fixed = sizeof(header) + words_.size() * sizeof(PackedWord) +
                         identifiers.size() * sizeof(PackedIdentifier) +
                         names.size() * sizeof(PackedName) +
                         addresses.size() * sizeof(PackedAddress);
    constexpr size_t kAlignment = 8;
    const size_t bytes = (fixed + text_.size() + kAlignment - 1) / kAlignment * kAlignment;
    header.bytes = static_cast<uint16_t>(bytes);
    for (PackedWord& word : words_) word.offset = static_cast<uint16_t>(word.offset + fixed);
    std::string out;
    out.reserve(bytes);
    const auto append = [&](const void* data, size_t size) {
      out.append(static_cast<const char*>(data), size);
    };
    append(&header, sizeof(header));
    append(words_.data(), words_.size() * sizeof(PackedWord));
    append(identifiers.data(), identifiers.size() * sizeof(PackedIdentifier));
    append(names.data(), names.size() * sizeof(PackedName));
    append(addresses.data(), addresses.size() * sizeof(PackedAddress));
    out += text_;
    out.resize(bytes, '\0');
    return out;
  }

  std::vector<PackedName> names;
  std::vector<PackedAddress> addresses;
  std::vector<PackedIdentifier> identifiers;

 private:
  absl::string_view Text(size_t i) const {
    return absl::string_view(text_).substr(words_[i].offset, words_[i].length);
  }

  std::vector<PackedWord> words_;
  std::vector<uint8_t> shared_;  // Words that several places may name.
  std::string text_;
};

void PackNames(const Features& features, Packer& packer) {
  for (size_t i = 0; i < features.names.size() && i < kNamesComparedMax; ++i) {
    const NormalizedName& name = features.names[i];
    PackedName packed;
    packed.family = packer.Share(JoinedFamily(name));
    packed.first = packer.Share(name.first);
    packer.AddRange(name.middle, kTokensOfANameMax, packed.middle_begin, packed.middle_count);
    if (name.family.size() > 1) {
      packer.AddRange(FamilyCore(name), kTokensOfANameMax, packed.token_begin, packed.token_count);
    }
    packed.first_is_common = IsCommonGivenName(name.first) ? 1 : 0;
    packed.groups = NicknameGroups(name.first);
    packer.names.push_back(packed);
  }
}

void PackAddresses(const Features& features, Packer& packer) {
  for (size_t i = 0; i < features.addresses.size() && i < kAddressesComparedMax; ++i) {
    const NormalizedAddress& address = features.addresses[i];
    packer.addresses.push_back({packer.Share(address.number), packer.Add(address.street),
                                packer.Share(address.unit), packer.Share(address.zip5),
                                packer.Share(address.city)});
  }
}

void PackIdentifiers(const Features& features, Packer& packer) {
  for (size_t i = 0; i < features.identifiers.size() && i <= kIdentifiersComparedMax; ++i) {
    const NormalizedIdentifier& identifier = features.identifiers[i];
    PackedIdentifier packed;
    packed.system_hash = HashWord(identifier.system);
    packed.kind = static_cast<uint8_t>(identifier.kind);
    packed.value = packer.Add(identifier.value);
    if (packed.value != 0) packer.identifiers.push_back(packed);
  }
}

}  // namespace

std::string FitWord(absl::string_view text) {
  constexpr size_t kHashDigits = 16;
  if (text.size() <= kWordBytesMax) return std::string(text);
  uint64_t hash = 0x9e3779b97f4a7c15ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0xff51afd7ed558ccdULL;
  hash ^= hash >> 32;
  return absl::StrCat(text.substr(0, kWordBytesMax - kHashDigits),
                      absl::Hex(hash, absl::kZeroPad16));
}

uint32_t HashWord(absl::string_view text) {
  uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccdULL;
  hash ^= hash >> 33;
  const auto folded = static_cast<uint32_t>(hash);
  return folded == 0 ? 1 : folded;
}

absl::Span<const PackedWord> PackedView::words() const {
  return {reinterpret_cast<const PackedWord*>(bytes_ + sizeof(PackedHeader)), header().words};
}

absl::Span<const PackedIdentifier> PackedView::identifiers() const {
  const auto words_ = words();
  return {reinterpret_cast<const PackedIdentifier*>(words_.data() + words_.size()),
          header().identifiers};
}

absl::Span<const PackedName> PackedView::names() const {
  const auto before = identifiers();
  return {reinterpret_cast<const PackedName*>(before.data() + before.size()), header().names};
}

absl::Span<const PackedAddress> PackedView::addresses() const {
  const auto before = names();
  return {reinterpret_cast<const PackedAddress*>(before.data() + before.size()),
          header().addresses};
}

std::string Pack(const Features& features) {
  constexpr size_t kSsnsMax = 4;
  constexpr uint32_t kBirthOrderMax = 255;
  Packer packer;
  PackedHeader header = {};
  PackNames(features, packer);
  PackAddresses(features, packer);
  PackIdentifiers(features, packer);
  packer.AddRange(features.ssns, kSsnsMax, header.ssn_begin, header.ssns);
  packer.AddRange(features.phones, kPhonesComparedMax, header.phone_begin, header.phones);
  packer.AddRange(features.emails, kPhonesComparedMax, header.email_begin, header.emails);
  header.mother_maiden = packer.Share(features.mother_maiden);
  for (size_t i = 0; i < kExtraFieldsMax; ++i) header.extras[i] = packer.Add(features.extras[i]);
  if (features.birth_date) {
    header.birth_year = static_cast<uint16_t>(features.birth_date->year);
    header.birth_month = static_cast<uint8_t>(features.birth_date->month);
    header.birth_day = static_cast<uint8_t>(features.birth_date->day);
  }
  header.sex = static_cast<uint8_t>(features.sex);
  header.generation = static_cast<uint8_t>(features.generation);
  header.birth_order = static_cast<uint8_t>(std::min(features.birth_order, kBirthOrderMax));
  header.multiple_birth = features.multiple_birth ? 1 : 0;
  header.newborn = features.newborn ? 1 : 0;
  header.identity_unknown = features.identity_unknown ? 1 : 0;
  return packer.Finish(header);
}

}  // namespace hie::mpi

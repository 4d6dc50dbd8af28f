#include "mpi/compare/compact_record.h"

#include <algorithm>
#include <cstring>

namespace hie::mpi {
namespace {

// Form of the bytes: version; header; lengths of words; identifiers, names, addresses; text. Header
// and sections go in groups of eight bytes: a mask of those that are not zero, then these.
constexpr uint8_t kVersion = 1;
constexpr uint8_t kMutedBit = 0x80;
constexpr size_t kGroup = 8;
constexpr size_t kAlignment = 8;

static_assert(kWordBytesMax < kMutedBit, "a word's length and its mute share a byte");

void PutMasked(const char* bytes, size_t size, std::string& out) {
  for (size_t begin = 0; begin < size; begin += kGroup) {
    const size_t end = std::min(begin + kGroup, size);
    uint8_t mask = 0;
    for (size_t i = begin; i < end; ++i) {
      if (bytes[i] != 0) mask = static_cast<uint8_t>(mask | 1U << (i - begin));
    }
    out.push_back(static_cast<char>(mask));
    for (size_t i = begin; i < end; ++i) {
      if (bytes[i] != 0) out.push_back(bytes[i]);
    }
  }
}

// Takes the bytes apart; false once they end too early.
class Reader {
 public:
  explicit Reader(absl::string_view rest) : rest_(rest) {}

  bool Byte(uint8_t& byte) {
    if (rest_.empty()) return false;
    byte = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return true;
  }

  // Into bytes that are zero.
  bool Masked(char* bytes, size_t size) {
    for (size_t begin = 0; begin < size; begin += kGroup) {
      const size_t end = std::min(begin + kGroup, size);
      uint8_t mask = 0;
      if (!Byte(mask)) return false;
      for (size_t i = begin; mask != 0; ++i, mask = static_cast<uint8_t>(mask >> 1)) {
        if ((mask & 1) == 0) continue;
        uint8_t byte = 0;
        if (i >= end || !Byte(byte)) return false;
        bytes[i] = static_cast<char>(byte);
      }
    }
    return true;
  }

  absl::string_view rest() const { return rest_; }

 private:
  absl::string_view rest_;
};

size_t SectionBytes(const PackedHeader& header) {
  return header.identifiers * sizeof(PackedIdentifier) + header.names * sizeof(PackedName) +
         header.addresses * sizeof(PackedAddress);
}

bool Within(size_t begin, size_t count, size_t words) { return begin + count <= words; }

// No index leads out of the record.
bool IndexesFit(const PackedView& record) {
  const PackedHeader& header = record.header();
  const size_t words = header.words;
  const auto known = [&](uint8_t index) { return index < words; };
  bool fit = words > 0 && known(header.mother_maiden) &&
             std::all_of(header.extras.begin(), header.extras.end(), known) &&
             Within(header.ssn_begin, header.ssns, words) &&
             Within(header.phone_begin, header.phones, words) &&
             Within(header.email_begin, header.emails, words);
  for (const PackedIdentifier& identifier : record.identifiers()) {
    fit = fit && known(identifier.value);
  }
  for (const PackedName& name : record.names()) {
    fit = fit && known(name.family) && known(name.first) &&
          Within(name.middle_begin, name.middle_count, words) &&
          Within(name.token_begin, name.token_count, words);
  }
  for (const PackedAddress& address : record.addresses()) {
    fit = fit && known(address.number) && known(address.street) && known(address.unit) &&
          known(address.zip) && known(address.city);
  }
  return fit;
}

bool Expand(absl::string_view compact, std::string& packed) {
  Reader reader(compact);
  uint8_t version = 0;
  PackedHeader header = {};
  if (!reader.Byte(version) || version != kVersion ||
      !reader.Masked(reinterpret_cast<char*>(&header), sizeof(header))) {
    return false;
  }
  const size_t sections = SectionBytes(header);
  const size_t words_begin = sizeof(header);
  const size_t sections_begin = words_begin + header.words * sizeof(PackedWord);
  const size_t text_begin = sections_begin + sections;
  packed.assign(text_begin, '\0');
  std::memcpy(packed.data(), &header, sizeof(header));
  size_t text_end = text_begin;
  for (size_t i = 0; i < header.words; ++i) {
    uint8_t length = 0;
    if (!reader.Byte(length)) return false;
    PackedWord word;
    word.length = static_cast<uint8_t>(length & ~kMutedBit);
    word.muted = (length & kMutedBit) != 0 ? 1 : 0;
    word.offset = static_cast<uint16_t>(i == 0 ? 0 : text_end);
    text_end += word.length;
    std::memcpy(packed.data() + words_begin + i * sizeof(word), &word, sizeof(word));
  }
  if (header.words > 0) {
    auto& none = *reinterpret_cast<PackedWord*>(packed.data() + words_begin);
    none.offset = static_cast<uint16_t>(text_begin);
  }
  if (!reader.Masked(packed.data() + sections_begin, sections)) return false;
  const size_t bytes = (text_end + kAlignment - 1) / kAlignment * kAlignment;
  if (reader.rest().size() != text_end - text_begin || header.bytes != bytes) return false;
  packed.append(reader.rest().data(), reader.rest().size());
  packed.resize(bytes, '\0');
  auto* words = reinterpret_cast<PackedWord*>(packed.data() + words_begin);
  for (size_t i = 1; i < header.words; ++i) {
    words[i].hash = HashWord({packed.data() + words[i].offset, words[i].length});
  }
  return IndexesFit(PackedView(packed.data()));
}

}  // namespace

std::string CompactRecord(const PackedView& record) {
  const PackedHeader& header = record.header();
  std::string out(1, static_cast<char>(kVersion));
  PutMasked(reinterpret_cast<const char*>(&header), sizeof(header), out);
  for (const PackedWord& word : record.words()) {
    out.push_back(static_cast<char>(word.length | (word.muted != 0 ? kMutedBit : 0)));
  }
  const char* const sections = reinterpret_cast<const char*>(record.identifiers().data());
  PutMasked(sections, SectionBytes(header), out);
  for (const PackedWord& word : record.words()) {
    const absl::string_view text = record.text(word);
    out.append(text.data(), text.size());
  }
  return out;
}

absl::Status ExpandRecord(absl::string_view compact, std::string& packed) {
  if (Expand(compact, packed)) return absl::OkStatus();
  packed.clear();
  return absl::DataLossError("features: a row cannot be read");
}

}  // namespace hie::mpi

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "mpi/normalize/features.h"
#include "mpi/normalize/nicknames.h"

namespace hie::mpi {

// A longer word is packed as its beginning and a hash of the whole: one machine word holds the
// distances of what is packed.
inline constexpr size_t kWordBytesMax = 63;

// A folded text of a packed record.
struct PackedWord {
  uint32_t hash = 0;    // Of the text as packed; 0: empty.
  uint16_t offset = 0;  // Of the text from the record's first byte.
  uint8_t length = 0;   // At most kWordBytesMax.
  uint8_t muted = 0;    // A value that says nothing (the detector): compares as absent.
};

// Indexes of words; 0 is the empty word.
struct PackedName {
  uint8_t family = 0;  // Joined tokens.
  uint8_t first = 0;
  uint8_t middle_begin = 0;
  uint8_t middle_count = 0;
  uint8_t token_begin = 0;  // Family name's tokens, where there are several.
  uint8_t token_count = 0;
  uint8_t first_is_common = 0;
  uint8_t reserved = 0;
  std::array<uint8_t, kNicknameGroupsMax> groups = {};  // Of the first name; 0: none.
};

struct PackedAddress {
  uint8_t number = 0;
  uint8_t street = 0;
  uint8_t unit = 0;
  uint8_t zip = 0;
  uint8_t city = 0;
};

struct PackedIdentifier {
  uint32_t system_hash = 0;
  uint8_t kind = 0;  // IdentifierKind.
  uint8_t value = 0;
  uint16_t reserved = 0;
};

// A text as it is packed: whole up to kWordBytesMax, else its beginning and a hash of all of it, so
// that two that begin alike do not become one.
std::string FitWord(absl::string_view text);

// The hash of a packed word; fixed for ever, for model files and the index are made of it.
uint32_t HashWord(absl::string_view text);

// What a packed record begins with.  Sections follow in the order of the counts, then the text.
struct PackedHeader {
  uint16_t bytes = 0;  // Of the whole record, a multiple of 8.
  uint16_t birth_year = 0;
  uint8_t birth_month = 0;
  uint8_t birth_day = 0;
  uint8_t birth_date_muted = 0;
  uint8_t sex = 0;
  uint8_t generation = 0;
  uint8_t birth_order = 0;
  uint8_t multiple_birth : 1;
  uint8_t newborn : 1;
  uint8_t identity_unknown : 1;
  uint8_t reserved : 5;
  uint8_t mother_maiden = 0;
  std::array<uint8_t, kExtraFieldsMax> extras = {};
  uint8_t words = 0;
  uint8_t names = 0;
  uint8_t addresses = 0;
  uint8_t identifiers = 0;
  uint8_t ssn_begin = 0, ssns = 0;
  uint8_t phone_begin = 0, phones = 0;
  uint8_t email_begin = 0, emails = 0;
  uint16_t padding = 0;
};

// Reads one packed record.  Borrows its bytes, which must be 8-byte aligned and outlive it.
class PackedView {
 public:
  explicit PackedView(const char* bytes) : bytes_(bytes) {}

  const PackedHeader& header() const { return *reinterpret_cast<const PackedHeader*>(bytes_); }
  absl::Span<const PackedWord> words() const;
  absl::Span<const PackedName> names() const;
  absl::Span<const PackedAddress> addresses() const;
  absl::Span<const PackedIdentifier> identifiers() const;
  const PackedWord& word(uint8_t index) const { return words()[index]; }
  absl::string_view text(const PackedWord& word) const {
    return {bytes_ + word.offset, word.length};
  }
  absl::string_view text(uint8_t index) const { return text(word(index)); }
  absl::string_view bytes() const { return {bytes_, header().bytes}; }

 private:
  const char* bytes_;
};

// Packs what matching looks at into one run of bytes: equal features give equal bytes.
//
// Total: values beyond the limits of Features and of a word are cut.  Little-endian machines only.
std::string Pack(const Features& features);

}  // namespace hie::mpi

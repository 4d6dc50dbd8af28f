#include "mpi/store/tables.h"

#include <algorithm>

#include "services/common/storage/key_codec.h"

namespace hie::mpi {
namespace {

constexpr size_t kUuidBytes = 16;
constexpr size_t kUuidText = 36;
// No UUIDv7 of the next centuries begins so.
constexpr char kOtherEid = '\xff';
constexpr int kRefinementBits = 16;
constexpr size_t kRefinementBytes = 2;
constexpr size_t kFiledNumberBytes = 5;
constexpr absl::string_view kHexDigits = "0123456789abcdef";

bool IsDash(size_t at) { return at == 8 || at == 13 || at == 18 || at == 23; }

// Only what UuidFromBytes writes, so that one EID has one key.
bool UuidToBytes(absl::string_view text, std::string& bytes) {
  if (text.size() != kUuidText) return false;
  size_t digits = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (IsDash(i)) {
      if (text[i] != '-') return false;
      continue;
    }
    const size_t digit = kHexDigits.find(text[i]);
    if (digit == absl::string_view::npos) return false;
    char& byte = bytes[digits++ / 2];
    byte = static_cast<char>(static_cast<unsigned char>(byte) << 4 | digit);
  }
  return bytes[0] != kOtherEid;
}

std::string UuidFromBytes(absl::string_view bytes) {
  std::string text;
  text.reserve(kUuidText);
  for (const char c : bytes) {
    if (IsDash(text.size())) text.push_back('-');
    text.push_back(kHexDigits[static_cast<unsigned char>(c) >> 4]);
    text.push_back(kHexDigits[static_cast<unsigned char>(c) & 15]);
  }
  return text;
}

void PutBigEndian(uint64_t value, size_t bytes, std::string& out) {
  for (size_t i = bytes; i-- > 0;) out.push_back(static_cast<char>(value >> (8 * i)));
}

uint64_t ReadBigEndian(absl::string_view bytes) {
  uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

}  // namespace

std::vector<std::string> StateTables() {
  std::vector<std::string> tables;
  for (const absl::string_view table :
       {kRecordsTable,      kRecordVersionsTable, kLateVersionsTable, kHoldersTable,
        kPersonsTable,      kMergesTable,         kFeaturesTable,     kKeysTable,
        kKeyCountsTable,    kQueryKeysTable,      kDecisionsTable,    kPossibleLinksTable,
        kExplanationsTable, kEventsTable,         kRecordEventsTable, kTasksTable,
        kTaskOrderTable,    kTasksOfRecordTable,  kModelsTable,       kModelLogTable,
        kLoadsTable,        kCountersTable}) {
    tables.emplace_back(table);
  }
  return tables;
}

TableTunings StoreTunings() {
  return {{std::string(kKeysTable), {kBaseKeyBytes, TableTuning::Compression::kDense}},
          {std::string(kFeaturesTable), {0, TableTuning::Compression::kFast}},
          {std::string(kQueryKeysTable), {0, TableTuning::Compression::kDense}},
          {std::string(kExplanationsTable), {0, TableTuning::Compression::kDense}},
          {std::string(kRecordsTable), {0, TableTuning::Compression::kDense}}};
}

std::string RecordKey(RecordNumber record) { return KeyWriter().U64(record).key(); }

std::string RecordVersionKey(RecordNumber record, uint64_t version) {
  return KeyWriter().U64(record).U64(version).key();
}

std::string LateVersionKey(RecordNumber record, int64_t event_micros, uint64_t fingerprint) {
  return KeyWriter().U64(record).U64(static_cast<uint64_t>(event_micros)).U64(fingerprint).key();
}

std::string HolderKey(const common::v1::LocalPatient& patient) {
  return KeyWriter().Text(patient.assigning_authority()).Text(patient.id()).key();
}

std::string PersonKey(absl::string_view eid) {
  std::string key(kUuidBytes, '\0');
  if (UuidToBytes(eid, key)) return key;
  key.assign(1, kOtherEid);
  key.append(eid.data(), eid.size());
  return key;
}

absl::StatusOr<std::string> EidOfPersonKey(absl::string_view key) {
  if (!key.empty() && key[0] == kOtherEid) return std::string(key.substr(1));
  if (key.size() != kUuidBytes) return absl::DataLossError("persons: a key cannot be read");
  return UuidFromBytes(key);
}

std::string FeatureRow(absl::string_view person_key, absl::string_view compact) {
  std::string row;
  row.reserve(1 + person_key.size() + compact.size());
  row.push_back(static_cast<char>(person_key.size()));
  row.append(person_key.data(), person_key.size());
  row.append(compact.data(), compact.size());
  return row;
}

absl::StatusOr<FeatureRowView> ReadFeatureRow(absl::string_view row) {
  const size_t size = row.empty() ? 0 : static_cast<unsigned char>(row[0]);
  if (row.size() < size + 1) return absl::DataLossError("features: a row cannot be read");
  return FeatureRowView{row.substr(1, size), row.substr(1 + size)};
}

uint64_t KeyBase(const BlockKey& key) { return key.base >> kRefinementBits; }

uint16_t KeyRefinement(const BlockKey& key) {
  if (key.refined == 0) return 0;
  const auto bits = static_cast<uint16_t>(key.refined >> (64 - kRefinementBits));
  return bits == 0 ? uint16_t{1} : bits;
}

std::string BaseKey(uint64_t base) {
  std::string key;
  PutBigEndian(base, kBaseKeyBytes, key);
  return key;
}

std::string RefinedKey(const BlockKey& key) {
  std::string prefix = BaseKey(KeyBase(key));
  PutBigEndian(KeyRefinement(key), kRefinementBytes, prefix);
  return prefix;
}

std::string FilingKey(const BlockKey& key, RecordNumber record) {
  std::string filing = RefinedKey(key);
  PutBigEndian(record, kFiledNumberBytes, filing);
  return filing;
}

absl::StatusOr<Filing> ReadFilingKey(absl::string_view key) {
  if (key.size() != kBaseKeyBytes + kRefinementBytes + kFiledNumberBytes) {
    return absl::DataLossError("keys: a row cannot be read");
  }
  return Filing{ReadBigEndian(key.substr(0, kBaseKeyBytes)),
                static_cast<uint16_t>(ReadBigEndian(key.substr(kBaseKeyBytes, kRefinementBytes))),
                ReadBigEndian(key.substr(kBaseKeyBytes + kRefinementBytes))};
}

bool IsFiledType(KeyType type) {
  switch (type) {
    case KeyType::kGivenDob:
    case KeyType::kNameYear:
    case KeyType::kNamesPlace:
    case KeyType::kZipDob:
    case KeyType::kSsnLastFourDob:
    case KeyType::kGivenPlace:
      return false;
    default:
      return true;
  }
}

std::vector<BlockKey> FiledKeys(const PackedView& record) {
  std::vector<BlockKey> keys = MakeBlockKeys(record);
  keys.erase(std::remove_if(keys.begin(), keys.end(),
                            [](const BlockKey& key) { return !IsFiledType(key.type); }),
             keys.end());
  std::sort(keys.begin(), keys.end(),
            [](const BlockKey& a, const BlockKey& b) { return KeyBase(a) < KeyBase(b); });
  keys.erase(
      std::unique(keys.begin(), keys.end(),
                  [](const BlockKey& a, const BlockKey& b) { return KeyBase(a) == KeyBase(b); }),
      keys.end());
  return keys;
}

std::string QueryFilingKey(absl::string_view key, RecordNumber record) {
  std::string filing(key);
  filing.push_back('\0');
  return filing + KeyWriter().U64(record).key();
}

std::string PairKey(RecordNumber a, RecordNumber b) { return KeyWriter().U64(a).U64(b).key(); }

}  // namespace hie::mpi

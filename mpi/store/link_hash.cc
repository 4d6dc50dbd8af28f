#include "mpi/store/link_hash.h"

#include <set>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "mpi/store/mpi_reader.h"
#include "mpi/store/tables.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/hash.h"
#include "services/common/storage/key_codec.h"

namespace hie::mpi {
namespace {

// Holders whose records are read at once.
constexpr size_t kHoldersAtOnce = 1024;

// Sections of what is hashed, so that none passes for another.
enum class Section : uint8_t { kRecords = 1, kPersons = 2, kDecisions = 3 };

KeyWriter Begin(Section section) {
  KeyWriter part;
  part.U8(static_cast<uint8_t>(section));
  return part;
}

struct Held {
  std::string key;
  v1::HolderRow row;
};

absl::Status HashRecords(const MpiReader& reader, const std::vector<Held>& holders,
                         crypto::Sha256Hasher& hasher) {
  std::vector<RecordNumber> numbers;
  for (const Held& held : holders) {
    numbers.insert(numbers.end(), held.row.record_numbers().begin(),
                   held.row.record_numbers().end());
  }
  HIE_ASSIGN_OR_RETURN(const std::vector<v1::RecordRow> records, reader.Records(numbers));
  size_t at = 0;
  for (const Held& held : holders) {
    for (int i = 0; i < held.row.record_numbers_size(); ++i) {
      const std::string& eid = records[at++].eid();
      hasher.Update(Begin(Section::kRecords)
                        .Text(held.key)
                        .U32(static_cast<uint32_t>(i + 1))
                        .Text(eid)
                        .key());
    }
  }
  return absl::OkStatus();
}

// Holders come by authority and id, whatever the numbers of their records.
absl::Status HashRecords(const KvReader& state, crypto::Sha256Hasher& hasher) {
  const MpiReader reader(state);
  std::vector<Held> holders;
  absl::Status problem;
  HIE_RETURN_IF_ERROR(
      state.Scan(kHoldersTable, "", "", [&](absl::string_view key, absl::string_view value) {
        Held& held = holders.emplace_back();
        held.key = std::string(key);
        if (!held.row.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
          problem = absl::DataLossError("holders: a row cannot be read");
        } else if (holders.size() == kHoldersAtOnce) {
          problem = HashRecords(reader, holders, hasher);
          holders.clear();
        }
        return problem.ok();
      }));
  HIE_RETURN_IF_ERROR(problem);
  return HashRecords(reader, holders, hasher);
}

// A person with records is told by these.
absl::Status HashFormerPersons(const KvReader& state, crypto::Sha256Hasher& hasher) {
  absl::Status problem;
  HIE_RETURN_IF_ERROR(
      state.Scan(kPersonsTable, "", "", [&](absl::string_view key, absl::string_view value) {
        v1::PersonRow row;
        if (!row.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
          problem = absl::DataLossError("persons: a row cannot be read");
        } else if (row.state() != v1::PERSON_STATE_ACTIVE) {
          hasher.Update(Begin(Section::kPersons)
                            .Text(key)
                            .U32(static_cast<uint32_t>(row.state()))
                            .Text(row.redirect_to())
                            .key());
        }
        return problem.ok();
      }));
  return problem;
}

std::string NameOf(const v1::Record& record) {
  return KeyWriter()
      .Text(record.patient().assigning_authority())
      .Text(record.patient().id())
      .U32(record.patient().incarnation())
      .key();
}

absl::StatusOr<std::string> DecisionPart(const MpiReader& reader, absl::string_view key,
                                         absl::string_view value) {
  KeyReader pair(key);
  HIE_ASSIGN_OR_RETURN(const RecordNumber first, pair.U64());
  HIE_ASSIGN_OR_RETURN(const RecordNumber second, pair.U64());
  v1::DecisionRow row;
  if (!row.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
    return absl::DataLossError("decisions: a row cannot be read");
  }
  HIE_ASSIGN_OR_RETURN(const std::vector<v1::RecordRow> records, reader.Records({first, second}));
  return Begin(Section::kDecisions)
      .Text(NameOf(records[0].record()))
      .Text(NameOf(records[1].record()))
      .U8(row.same_person() ? 1 : 0)
      .U32(static_cast<uint32_t>(row.authority()))
      .key();
}

// Filed in both orders, so sorting by name shows each in both.
absl::Status HashDecisions(const KvReader& state, crypto::Sha256Hasher& hasher) {
  const MpiReader reader(state);
  std::set<std::string> parts;
  absl::Status problem;
  HIE_RETURN_IF_ERROR(
      state.Scan(kDecisionsTable, "", "", [&](absl::string_view key, absl::string_view value) {
        absl::StatusOr<std::string> part = DecisionPart(reader, key, value);
        problem = part.status();
        if (part.ok()) parts.insert(*std::move(part));
        return problem.ok();
      }));
  HIE_RETURN_IF_ERROR(problem);
  for (const std::string& part : parts) hasher.Update(part);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> LinkHash(const KvReader& state) {
  crypto::Sha256Hasher hasher;
  HIE_RETURN_IF_ERROR(HashRecords(state, hasher));
  HIE_RETURN_IF_ERROR(HashFormerPersons(state, hasher));
  HIE_RETURN_IF_ERROR(HashDecisions(state, hasher));
  return absl::BytesToHexString(hasher.Finish());
}

}  // namespace hie::mpi

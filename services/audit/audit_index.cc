#include "services/audit/audit_index.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/hash.h"
#include "services/common/storage/key_codec.h"

namespace hie::audit {
namespace {

constexpr absl::string_view kAppliedTable = "applied";  // one row -> sequence, chain hash
constexpr absl::string_view kAppliedKey = "applied";
constexpr absl::string_view kLeafTable = "leaf";             // sequence -> segment, offset
constexpr absl::string_view kEventTable = "event";           // event id -> sequence
constexpr absl::string_view kHeadTable = "patient_head";     // tag -> count, leaf hash
constexpr absl::string_view kByPatientTable = "by_patient";  // tag, ~sequence
constexpr absl::string_view kByMemberTable = "by_member";    // member, ~sequence

std::string NewestFirst(absl::string_view prefix, uint64_t sequence) {
  return absl::StrCat(prefix, KeyWriter().U64(~sequence).key());
}

std::string MemberPrefix(absl::string_view member) { return KeyWriter().Text(member).key(); }

absl::Status Unreadable(absl::string_view table) {
  return absl::DataLossError(absl::StrCat("audit index table ", table,
                                          ": a row is not readable; delete the index: it is "
                                          "rebuilt from the segments"));
}

// Adds the newest sequences of one prefix.
absl::Status Collect(const KvReader& state, Table table, const std::string& prefix, uint64_t before,
                     size_t limit, std::vector<uint64_t>& sequences) {
  const std::string from = before == 0 ? "" : NewestFirst(prefix, before - 1);
  size_t taken = 0;
  return state.Scan(table, prefix, from, [&](absl::string_view key, absl::string_view) {
    const absl::StatusOr<uint64_t> inverted = KeyReader(key.substr(prefix.size())).U64();
    if (inverted.ok()) sequences.push_back(~*inverted);
    return ++taken < limit;
  });
}

}  // namespace

std::vector<std::string> AuditIndex::Tables() {
  return {std::string(kAppliedTable), std::string(kLeafTable),      std::string(kEventTable),
          std::string(kHeadTable),    std::string(kByPatientTable), std::string(kByMemberTable)};
}

absl::StatusOr<ChainHead> AuditIndex::Applied() const {
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> row,
                       store_->Snapshot()->Get(kAppliedTable, kAppliedKey));
  if (!row) return ChainHead();
  if (row->size() != sizeof(uint64_t) + kHashBytes) return Unreadable(kAppliedTable);
  return ChainHead{*KeyReader(*row).U64(), row->substr(sizeof(uint64_t))};
}

void AuditIndex::Add(const Record& record, const v1::Leaf& leaf, const LeafLocation& location,
                     WriteBatch& batch) {
  const std::string sequence = KeyWriter().U64(record.sequence).key();
  const std::string hash = crypto::Sha256(record.leaf);
  batch.Put(kLeafTable, sequence, KeyWriter().U64(location.segment).U64(location.offset).key());
  batch.Put(kEventTable, leaf.event_id(), sequence);
  for (const v1::PatientLink& link : leaf.patients()) {
    batch.Put(kHeadTable, link.tag(),
              absl::StrCat(KeyWriter().U64(link.patient_sequence()).key(), hash));
    batch.Put(kByPatientTable, NewestFirst(link.tag(), record.sequence), "");
  }
  for (const std::string& member : {leaf.member(), leaf.custodian()}) {
    if (member.empty()) continue;
    batch.Put(kByMemberTable, NewestFirst(MemberPrefix(member), record.sequence), "");
  }
  batch.Put(kAppliedTable, kAppliedKey, absl::StrCat(sequence, record.chain_hash));
}

absl::StatusOr<std::optional<uint64_t>> AuditIndex::SequenceOf(absl::string_view event_id) const {
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> row,
                       store_->Snapshot()->Get(kEventTable, event_id));
  if (!row) return std::optional<uint64_t>();
  if (row->size() != sizeof(uint64_t)) return Unreadable(kEventTable);
  return std::optional<uint64_t>(*KeyReader(*row).U64());
}

absl::StatusOr<PatientHead> AuditIndex::Head(absl::string_view tag) const {
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> row,
                       store_->Snapshot()->Get(kHeadTable, tag));
  if (!row) return PatientHead();
  if (row->size() != sizeof(uint64_t) + kHashBytes) return Unreadable(kHeadTable);
  return PatientHead{*KeyReader(*row).U64(), row->substr(sizeof(uint64_t))};
}

absl::StatusOr<std::vector<uint64_t>> AuditIndex::ByTags(const std::vector<std::string>& tags,
                                                         uint64_t before, size_t limit) const {
  const std::shared_ptr<const KvReader> state = store_->Snapshot();
  std::vector<uint64_t> sequences;
  for (const std::string& tag : tags) {
    HIE_RETURN_IF_ERROR(Collect(*state, kByPatientTable, tag, before, limit, sequences));
  }
  std::sort(sequences.begin(), sequences.end(), std::greater<>());
  sequences.erase(std::unique(sequences.begin(), sequences.end()), sequences.end());
  sequences.resize(std::min(sequences.size(), limit));
  return sequences;
}

absl::StatusOr<std::vector<uint64_t>> AuditIndex::ByMember(absl::string_view member,
                                                           uint64_t before, size_t limit) const {
  std::vector<uint64_t> sequences;
  HIE_RETURN_IF_ERROR(
      Collect(*store_->Snapshot(), kByMemberTable, MemberPrefix(member), before, limit, sequences));
  return sequences;
}

absl::StatusOr<LeafLocation> AuditIndex::Location(uint64_t sequence) const {
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> row,
                       store_->Snapshot()->Get(kLeafTable, KeyWriter().U64(sequence).key()));
  if (!row || row->size() != 2 * sizeof(uint64_t)) return Unreadable(kLeafTable);
  KeyReader reader(*row);
  LeafLocation location;
  HIE_ASSIGN_OR_RETURN(location.segment, reader.U64());
  HIE_ASSIGN_OR_RETURN(location.offset, reader.U64());
  return location;
}

}  // namespace hie::audit

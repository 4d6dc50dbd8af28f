#include <optional>
#include <string>
#include <utility>

#include "mpi/store/invariants_parts.h"
#include "mpi/store/tables.h"
#include "services/common/base/status_macros.h"
#include "services/common/storage/key_codec.h"

// Pairs of records: decisions and possible links.
namespace hie::mpi {
namespace {

using Pair = std::pair<RecordNumber, RecordNumber>;

absl::StatusOr<Pair> ReadPair(absl::string_view key) {
  KeyReader reader(key);
  HIE_ASSIGN_OR_RETURN(const RecordNumber first, reader.U64());
  HIE_ASSIGN_OR_RETURN(const RecordNumber second, reader.U64());
  return Pair(first, second);
}

// What the checks of a pair ask of its two records.
struct Sides {
  bool known = false;
  bool together = false;
  bool buried = false;  // One of them.
};

absl::StatusOr<Sides> SidesOf(const MpiReader& reader, const Pair& pair) {
  HIE_ASSIGN_OR_RETURN(const std::optional<Ownership> first, OwnershipOf(reader, pair.first));
  HIE_ASSIGN_OR_RETURN(const std::optional<Ownership> second, OwnershipOf(reader, pair.second));
  if (!first || !second) return Sides();
  return Sides{true, first->person_key == second->person_key, first->buried || second->buried};
}

absl::Status CheckDecision(const MpiReader& reader, const Pair& pair, absl::string_view value,
                           const ScrubDesk& desk) {
  v1::DecisionRow row;
  if (!row.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
    return UnreadableRow(kDecisionsTable);
  }
  HIE_ASSIGN_OR_RETURN(const auto mirror, reader.Decision(pair.second, pair.first));
  desk.Want(mirror && mirror->same_person() == row.same_person(),
            {"a decision is not filed in both orders", kDecisionsTable, pair.first});
  HIE_ASSIGN_OR_RETURN(const Sides sides, SidesOf(reader, pair));
  const bool sleeps = row.same_person() && sides.buried;
  desk.Want(sides.known && (sleeps || sides.together == row.same_person()),
            {"a person contradicts a decision", kDecisionsTable, pair.first});
  return absl::OkStatus();
}

absl::Status CheckPossibleLink(const MpiReader& reader, const Pair& pair, absl::string_view value,
                               const ScrubDesk& desk) {
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> mirror,
                       reader.rows().Get(kPossibleLinksTable, PairKey(pair.second, pair.first)));
  desk.Want(mirror && *mirror == value,
            {"a possible link is not filed in both orders", kPossibleLinksTable, pair.first});
  HIE_ASSIGN_OR_RETURN(const Sides sides, SidesOf(reader, pair));
  desk.Want(sides.known && !sides.together,
            {"a possible link within a person", kPossibleLinksTable, pair.first});
  HIE_ASSIGN_OR_RETURN(const auto decision, reader.Decision(pair.first, pair.second));
  desk.Want(sides.buried || !decision,
            {"a possible link that is decided", kPossibleLinksTable, pair.first});
  return absl::OkStatus();
}

}  // namespace

absl::Status ScrubPairs(const KvReader& state, ScrubDesk& desk) {
  const MpiReader reader(state);
  HIE_RETURN_IF_ERROR(
      ForEachRow(state, kDecisionsTable, [&](absl::string_view key, absl::string_view value) {
        HIE_RETURN_IF_ERROR(desk.Tick("decisions", 0));
        HIE_ASSIGN_OR_RETURN(const Pair pair, ReadPair(key));
        return CheckDecision(reader, pair, value, desk);
      }));
  return ForEachRow(state, kPossibleLinksTable,
                    [&](absl::string_view key, absl::string_view value) {
                      HIE_RETURN_IF_ERROR(desk.Tick("possible links", 0));
                      HIE_ASSIGN_OR_RETURN(const Pair pair, ReadPair(key));
                      return CheckPossibleLink(reader, pair, value, desk);
                    });
}

}  // namespace hie::mpi

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "hie/mpi/v1/model_state.pb.h"
#include "services/common/journal/journal.h"
#include "services/common/storage/kv_store.h"

// The models that the index keeps: texts that never change, and which of them scores.
namespace hie::mpi {

// A text is kept in parts of at most so many bytes, so that a command stays below the journal's
// limit and a message below the server's; and of at most so many parts.
inline constexpr size_t kModelPartBytesMax = size_t{2} << 20;
inline constexpr uint32_t kModelPartsMax = 256;
// Models that are kept incomplete at most, each of another actor (member and user).
inline constexpr size_t kModelUploadsMax = 4;

// Reads what a state keeps of models.  Errors are DATA_LOSS where stored bytes are bad, beyond that
// only as said.  Thread-safe where `state` is.
class ModelStore {
 public:
  // `state` must outlive this.
  explicit ModelStore(const KvReader& state) : state_(state) {}

  // Which model scores; an empty row where none was ever activated.
  absl::StatusOr<v1::ActiveModelRow> Active() const;

  // What is known of a model; nothing where no part of it is held.
  absl::StatusOr<std::optional<v1::ModelRow>> Find(absl::string_view hash) const;
  // Every model that is complete, by hash.
  absl::StatusOr<std::vector<std::pair<std::string, v1::ModelRow>>> List() const;

  // The whole text as it was put.  NOT_FOUND: not stored, or not complete.
  absl::StatusOr<std::string> Text(absl::string_view hash) const;
  // A part of it, from 1.  NOT_FOUND: no such part.
  absl::StatusOr<std::string> Part(absl::string_view hash, uint32_t number) const;

  // The newest activations by sequence, newest first.
  absl::StatusOr<std::vector<std::pair<uint64_t, v1::ModelLogRow>>> Activations(size_t limit) const;

 private:
  const KvReader& state_;
};

// Tells whether `hash` is 64 lower-case hexadecimal digits.
bool IsModelHash(absl::string_view hash);
// Tells whether a model's text ends with the line that names this hash.
bool EndsWithHash(absl::string_view text, absl::string_view hash);
// The hash that a text written by WriteModel ends with.
std::string HashOfModelText(absl::string_view text);
// A text in parts; one at least.
std::vector<absl::string_view> PartsOfModelText(absl::string_view text);

// Applies a command.  The reply says whether a model that was completed by it was refused: then the
// changes drop its parts, and everything else stays.  INVALID_ARGUMENT, NOT_FOUND,
// FAILED_PRECONDITION: as ModelService says.
absl::StatusOr<v1::ModelReply> ApplyModel(const v1::ModelCommand& command, const Stamp& stamp,
                                          const KvReader& state, WriteBatch& changes);

// The rows of a model that is stored and activated by one command at once, as by a first load into
// an index that has none: those that putting all parts and activating it would leave, without the
// word for the audit.  Errors as of
// ReadModel.
absl::StatusOr<WriteBatch> ModelRows(absl::string_view text, const common::v1::Actor& actor,
                                     absl::string_view reason, const Stamp& stamp);

}  // namespace hie::mpi

#include "mpi/store/model_store.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "mpi/score/model_file.h"
#include "mpi/store/tables.h"
#include "services/common/base/status_macros.h"
#include "services/common/outbox/outbox.h"
#include "services/common/storage/key_codec.h"
#include "services/common/wire/wire.h"

namespace hie::mpi {
namespace {

constexpr absl::string_view kActiveKey = "a";
constexpr absl::string_view kModelPrefix = "h";
constexpr absl::string_view kPartPrefix = "p";
constexpr absl::string_view kHashLine = "sha256 ";
constexpr size_t kHashDigits = 64;
constexpr size_t kHashDigitsShown = 12;
constexpr absl::string_view kRole = "mpi";

std::string ModelKey(absl::string_view hash) { return absl::StrCat(kModelPrefix, hash); }

std::string PartKey(absl::string_view hash, uint32_t number) {
  return absl::StrCat(kPartPrefix, hash, KeyWriter().U32(number).key());
}

std::string LogKey(uint64_t sequence) { return KeyWriter().U64(sequence).key(); }

absl::Status BadRow() { return absl::DataLossError("models: a row cannot be read"); }

template <typename Row>
absl::StatusOr<std::optional<Row>> ReadRow(const KvReader& state, Table table,
                                           absl::string_view key) {
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> bytes, state.Get(table, key));
  if (!bytes) return std::optional<Row>();
  Row row;
  if (!row.ParseFromString(*bytes)) return BadRow();
  return std::optional<Row>(std::move(row));
}

bool IsComplete(const v1::ModelRow& row) {
  return row.parts() != 0 && row.parts_held() == row.parts();
}

absl::Status CheckPart(const v1::ModelPart& part) {
  if (!IsModelHash(part.hash())) {
    return absl::InvalidArgumentError("hash: want 64 lower-case hexadecimal digits");
  }
  if (part.parts() == 0 || part.parts() > kModelPartsMax) {
    return absl::InvalidArgumentError(absl::StrCat("parts: want 1 to ", kModelPartsMax));
  }
  if (part.number() == 0 || part.number() > part.parts()) {
    return absl::InvalidArgumentError("number: want 1 to the number of parts");
  }
  if (part.data().empty() || part.data().size() > kModelPartBytesMax) {
    return absl::InvalidArgumentError("data: want 1 byte to 2 MiB");
  }
  return absl::OkStatus();
}

void FillFacts(const Model& model, v1::ModelRow& row) {
  row.set_name(model.name);
  row.set_calibrated(model.calibrated);
  row.set_population(model.population);
  if (model.frequencies) row.set_value_count(model.frequencies->entries().size());
}

absl::Status Damaged() {
  return absl::DataLossError("model: its text does not end with the hash that was named");
}

// Reads a text that must be the model of a hash.
absl::StatusOr<Model> ReadWhole(absl::string_view text, absl::string_view hash) {
  if (!EndsWithHash(text, hash)) return Damaged();
  return ReadModel(text);
}

// Tells the audit what became of a model.
void Audit(absl::string_view what, const std::string& hash, const common::v1::Actor& actor,
           const Stamp& stamp, WriteBatch& changes) {
  audit::v1::Event event;
  event.set_type(audit::v1::EVENT_TYPE_CHANGE);
  *event.mutable_actor() = actor;
  event.add_details(std::string(what));
  event.add_details(hash.empty() ? "shipped" : hash.substr(0, kHashDigitsShown));
  outbox::Put(kRole, stamp, 0, std::move(event), changes);
}

// Takes one part of a model.
class PartTaker {
 public:
  PartTaker(const v1::ModelCommand& command, const Stamp& stamp, const KvReader& state,
            WriteBatch& changes)
      : actor_(command.actor()),
        part_(command.put()),
        stamp_(stamp),
        store_(state),
        state_(state),
        changes_(changes) {}

  absl::StatusOr<v1::ModelReply> Run() {
    HIE_RETURN_IF_ERROR(CheckPart(part_));
    HIE_ASSIGN_OR_RETURN(std::optional<v1::ModelRow> held, store_.Find(part_.hash()));
    if (held && IsComplete(*held)) return Reply(*held);
    HIE_ASSIGN_OR_RETURN(const bool repeated, IsRepeated(held));
    if (repeated) return Reply(*held);
    if (part_.number() == 1) {
      HIE_RETURN_IF_ERROR(DropIncomplete());
      held.reset();
    }
    if (!held) held.emplace().set_parts(part_.parts());
    if (held->parts() != part_.parts() || part_.number() != held->parts_held() + 1) {
      return absl::FailedPreconditionError(
          absl::StrCat("number: want ", held->parts() == part_.parts() ? held->parts_held() + 1 : 1,
                       " of as many parts as before"));
    }
    return Take(*std::move(held));
  }

 private:
  // The same bytes again change nothing; other bytes begin anew, if they are the first.
  absl::StatusOr<bool> IsRepeated(const std::optional<v1::ModelRow>& held) const {
    if (!held || held->parts() != part_.parts() || part_.number() > held->parts_held())
      return false;
    HIE_ASSIGN_OR_RETURN(const std::string data, store_.Part(part_.hash(), part_.number()));
    return data == part_.data();
  }

  // What was never completed must not pile up, and nobody may end what another one uploads: an
  // actor has one upload at a time, and where too many actors have one, the oldest go.
  absl::Status DropIncomplete() {
    HIE_ASSIGN_OR_RETURN(const std::vector<KvEntry> rows,
                         state_.ScanPrefix(kModelsTable, kModelPrefix));
    std::vector<std::tuple<int64_t, std::string, uint32_t>> others;  // Oldest first.
    for (const KvEntry& entry : rows) {
      v1::ModelRow row;
      if (!row.ParseFromString(entry.value)) return BadRow();
      if (IsComplete(row)) continue;
      std::string hash = entry.key.substr(kModelPrefix.size());
      if (hash == part_.hash() || IsOurs(row.put_by())) {
        Drop(hash, row.parts_held());
      } else {
        others.emplace_back(row.put_micros(), std::move(hash), row.parts_held());
      }
    }
    std::sort(others.begin(), others.end());
    for (size_t i = 0; i + kModelUploadsMax <= others.size(); ++i) {
      Drop(std::get<1>(others[i]), std::get<2>(others[i]));
    }
    return absl::OkStatus();
  }

  bool IsOurs(const common::v1::Actor& other) const {
    return other.member() == actor_.member() && other.user() == actor_.user();
  }

  void Drop(absl::string_view hash, uint32_t parts) {
    changes_.Delete(kModelsTable, ModelKey(hash));
    for (uint32_t i = 1; i <= parts; ++i) changes_.Delete(kModelsTable, PartKey(hash, i));
  }

  absl::StatusOr<v1::ModelReply> Take(v1::ModelRow row) {
    const uint32_t before = row.parts_held();
    row.set_parts_held(part_.number());
    row.set_text_bytes(row.text_bytes() + part_.data().size());
    row.set_put_micros(wire::MicrosFromTime(stamp_.time));
    *row.mutable_put_by() = actor_;
    if (IsComplete(row)) {
      HIE_ASSIGN_OR_RETURN(const std::string text, Whole(before));
      const absl::StatusOr<Model> model = ReadWhole(text, part_.hash());
      if (!model.ok()) return Refuse(model.status(), before);
      FillFacts(*model, row);
      Audit("model-stored", part_.hash(), actor_, stamp_, changes_);
    }
    changes_.Put(kModelsTable, PartKey(part_.hash(), part_.number()), part_.data());
    changes_.Put(kModelsTable, ModelKey(part_.hash()), row.SerializeAsString());
    return Reply(row);
  }

  absl::StatusOr<std::string> Whole(uint32_t held) const {
    std::string text;
    for (uint32_t i = 1; i <= held; ++i) {
      HIE_ASSIGN_OR_RETURN(const std::string data, store_.Part(part_.hash(), i));
      text += data;
    }
    return text + part_.data();
  }

  // A refusal that changes something is a reply: what came before goes as well.
  v1::ModelReply Refuse(const absl::Status& why, uint32_t held) {
    Drop(part_.hash(), held);
    v1::ModelReply reply;
    reply.set_refusal(std::string(why.message()));
    reply.set_damaged(absl::IsDataLoss(why));
    return reply;
  }

  static v1::ModelReply Reply(const v1::ModelRow& row) {
    v1::ModelReply reply;
    reply.set_parts_held(row.parts_held());
    reply.set_stored(IsComplete(row));
    return reply;
  }

  const common::v1::Actor& actor_;
  const v1::ModelPart& part_;
  const Stamp& stamp_;
  const ModelStore store_;
  const KvReader& state_;
  WriteBatch& changes_;
};

void PutActivation(const v1::ModelLogRow& row, const Stamp& stamp, WriteBatch& changes) {
  changes.Put(kModelLogTable, LogKey(stamp.sequence), row.SerializeAsString());
  v1::ActiveModelRow active;
  active.set_hash(row.hash());
  active.set_activation(stamp.sequence);
  changes.Put(kModelsTable, kActiveKey, active.SerializeAsString());
}

v1::ModelLogRow Activation(const std::string& hash, uint64_t before, const common::v1::Actor& actor,
                           absl::string_view reason, const Stamp& stamp) {
  v1::ModelLogRow row;
  row.set_hash(hash);
  row.set_before(before);
  *row.mutable_actor() = actor;
  row.set_reason(std::string(reason));
  row.set_activated_micros(wire::MicrosFromTime(stamp.time));
  return row;
}

absl::Status ExpectActive(const v1::ActiveModelRow& active, const std::string& expected) {
  if (active.hash() == expected) return absl::OkStatus();
  return absl::FailedPreconditionError("expected_active: another model is active");
}

absl::StatusOr<v1::ModelReply> Activate(const v1::ModelCommand& command, const Stamp& stamp,
                                        const KvReader& state, WriteBatch& changes) {
  const v1::ActivateModel& part = command.activate();
  const ModelStore store(state);
  HIE_ASSIGN_OR_RETURN(const v1::ActiveModelRow active, store.Active());
  if (part.has_expected_active()) {
    HIE_RETURN_IF_ERROR(ExpectActive(active, part.expected_active()));
  }
  if (!part.hash().empty()) {
    HIE_ASSIGN_OR_RETURN(const std::optional<v1::ModelRow> row, store.Find(part.hash()));
    if (!row || !IsComplete(*row)) return absl::NotFoundError("hash: want a stored model");
  }
  v1::ModelReply reply;
  reply.set_active_hash(part.hash());
  if (active.hash() == part.hash()) return reply;
  PutActivation(Activation(part.hash(), active.activation(), command.actor(), part.reason(), stamp),
                stamp, changes);
  Audit("model-activated", part.hash(), command.actor(), stamp, changes);
  return reply;
}

absl::StatusOr<v1::ModelReply> RollBack(const v1::ModelCommand& command, const Stamp& stamp,
                                        const KvReader& state, WriteBatch& changes) {
  HIE_ASSIGN_OR_RETURN(const v1::ActiveModelRow active, ModelStore(state).Active());
  HIE_RETURN_IF_ERROR(ExpectActive(active, command.roll_back().expected_active()));
  if (active.activation() == 0) {
    return absl::FailedPreconditionError("model: none was active before");
  }
  HIE_ASSIGN_OR_RETURN(
      const std::optional<v1::ModelLogRow> present,
      ReadRow<v1::ModelLogRow>(state, kModelLogTable, LogKey(active.activation())));
  if (!present) return BadRow();
  if (present->before() == 0 && present->hash().empty()) {
    return absl::FailedPreconditionError("model: none was active before");
  }
  // Activation 0 is the beginning: the shipped model.
  v1::ModelLogRow target;
  if (present->before() != 0) {
    HIE_ASSIGN_OR_RETURN(
        const std::optional<v1::ModelLogRow> before,
        ReadRow<v1::ModelLogRow>(state, kModelLogTable, LogKey(present->before())));
    if (!before) return BadRow();
    target = *before;
  }
  v1::ModelLogRow row = Activation(target.hash(), target.before(), command.actor(),
                                   command.roll_back().reason(), stamp);
  row.set_rolled_back(true);
  PutActivation(row, stamp, changes);
  Audit("model-rolled-back", row.hash(), row.actor(), stamp, changes);
  v1::ModelReply reply;
  reply.set_active_hash(row.hash());
  return reply;
}

}  // namespace

absl::StatusOr<v1::ActiveModelRow> ModelStore::Active() const {
  HIE_ASSIGN_OR_RETURN(std::optional<v1::ActiveModelRow> row,
                       ReadRow<v1::ActiveModelRow>(state_, kModelsTable, kActiveKey));
  return row ? *std::move(row) : v1::ActiveModelRow();
}

absl::StatusOr<std::optional<v1::ModelRow>> ModelStore::Find(absl::string_view hash) const {
  return ReadRow<v1::ModelRow>(state_, kModelsTable, ModelKey(hash));
}

absl::StatusOr<std::vector<std::pair<std::string, v1::ModelRow>>> ModelStore::List() const {
  HIE_ASSIGN_OR_RETURN(const std::vector<KvEntry> rows,
                       state_.ScanPrefix(kModelsTable, kModelPrefix));
  std::vector<std::pair<std::string, v1::ModelRow>> models;
  for (const KvEntry& entry : rows) {
    v1::ModelRow row;
    if (!row.ParseFromString(entry.value)) return BadRow();
    if (IsComplete(row)) models.emplace_back(entry.key.substr(kModelPrefix.size()), std::move(row));
  }
  return models;
}

absl::StatusOr<std::string> ModelStore::Text(absl::string_view hash) const {
  HIE_ASSIGN_OR_RETURN(const std::optional<v1::ModelRow> row, Find(hash));
  if (!row || !IsComplete(*row)) return absl::NotFoundError("model: not stored");
  std::string text;
  text.reserve(row->text_bytes());
  for (uint32_t i = 1; i <= row->parts(); ++i) {
    const absl::StatusOr<std::string> part = Part(hash, i);
    if (absl::IsNotFound(part.status())) return absl::DataLossError("models: a part is gone");
    HIE_RETURN_IF_ERROR(part.status());
    text += *part;
  }
  return text;
}

absl::StatusOr<std::string> ModelStore::Part(absl::string_view hash, uint32_t number) const {
  HIE_ASSIGN_OR_RETURN(std::optional<std::string> part,
                       state_.Get(kModelsTable, PartKey(hash, number)));
  if (!part) return absl::NotFoundError("model: no such part");
  return *std::move(part);
}

absl::StatusOr<std::vector<std::pair<uint64_t, v1::ModelLogRow>>> ModelStore::Activations(
    size_t limit) const {
  HIE_ASSIGN_OR_RETURN(const std::vector<KvEntry> entries, state_.ScanPrefix(kModelLogTable, ""));
  std::vector<std::pair<uint64_t, v1::ModelLogRow>> rows;
  for (auto entry = entries.rbegin(); entry != entries.rend() && rows.size() < limit; ++entry) {
    HIE_ASSIGN_OR_RETURN(const uint64_t sequence, KeyReader(entry->key).U64());
    v1::ModelLogRow row;
    if (!row.ParseFromString(entry->value)) return BadRow();
    rows.emplace_back(sequence, std::move(row));
  }
  return rows;
}

bool IsModelHash(absl::string_view hash) {
  return hash.size() == kHashDigits && std::all_of(hash.begin(), hash.end(), [](char c) {
           return absl::ascii_isdigit(static_cast<unsigned char>(c)) || (c >= 'a' && c <= 'f');
         });
}

bool EndsWithHash(absl::string_view text, absl::string_view hash) {
  return absl::EndsWith(text, absl::StrCat("\n", kHashLine, hash, "\n"));
}

std::string HashOfModelText(absl::string_view text) {
  const size_t digits = kHashDigits + 1;
  if (text.size() < digits) return "";
  const absl::string_view hash = text.substr(text.size() - digits, kHashDigits);
  return EndsWithHash(text, hash) && IsModelHash(hash) ? std::string(hash) : "";
}

std::vector<absl::string_view> PartsOfModelText(absl::string_view text) {
  std::vector<absl::string_view> parts;
  do {
    parts.push_back(text.substr(0, kModelPartBytesMax));
    text.remove_prefix(parts.back().size());
  } while (!text.empty());
  return parts;
}

absl::StatusOr<v1::ModelReply> ApplyModel(const v1::ModelCommand& command, const Stamp& stamp,
                                          const KvReader& state, WriteBatch& changes) {
  switch (command.what_case()) {
    case v1::ModelCommand::kPut:
      return PartTaker(command, stamp, state, changes).Run();
    case v1::ModelCommand::kActivate:
      return Activate(command, stamp, state, changes);
    case v1::ModelCommand::kRollBack:
      return RollBack(command, stamp, state, changes);
    default:
      return absl::InvalidArgumentError("command: want something about a model");
  }
}

absl::StatusOr<WriteBatch> ModelRows(absl::string_view text, const common::v1::Actor& actor,
                                     absl::string_view reason, const Stamp& stamp) {
  const std::string hash = HashOfModelText(text);
  if (hash.empty()) return Damaged();
  HIE_ASSIGN_OR_RETURN(const Model model, ReadModel(text));
  const std::vector<absl::string_view> parts = PartsOfModelText(text);
  if (parts.size() > kModelPartsMax) {
    return absl::InvalidArgumentError("model: want at most 512 MiB");
  }
  v1::ModelRow row;
  row.set_parts(static_cast<uint32_t>(parts.size()));
  row.set_parts_held(row.parts());
  row.set_text_bytes(text.size());
  row.set_put_micros(wire::MicrosFromTime(stamp.time));
  *row.mutable_put_by() = actor;
  FillFacts(model, row);
  WriteBatch changes;
  for (uint32_t i = 1; i <= row.parts(); ++i) {
    changes.Put(kModelsTable, PartKey(hash, i), parts[i - 1]);
  }
  changes.Put(kModelsTable, ModelKey(hash), row.SerializeAsString());
  PutActivation(Activation(hash, 0, actor, reason, stamp), stamp, changes);
  return changes;
}

}  // namespace hie::mpi

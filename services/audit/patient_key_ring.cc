#include "services/audit/patient_key_ring.h"

#include <utility>

#include "hie/audit/v1/audit_state.pb.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/hash.h"
#include "services/common/keys/key_encryption_key.h"
#include "services/common/wire/wire.h"

namespace hie::audit {
namespace {

constexpr size_t kPatientKeyBytes = 32;
constexpr size_t kKeysPerCommandMax = 1024;
// No canonical patient starts with a letter, so this and tags never meet.
constexpr absl::string_view kDetailsPurpose = "hie.audit.details.v1";

absl::Status BadKey() { return absl::DataLossError("audit keys: a patient key is not readable"); }

std::vector<std::string> CanonicalPatients(const std::vector<LocalPatient>& patients) {
  std::vector<std::string> keys;
  for (const LocalPatient& patient : patients) keys.push_back(CanonicalPatient(patient));
  return keys;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PatientKeyRing>> PatientKeyRing::Open(Options options) {
  if (options.store == nullptr || options.files == nullptr || options.random == nullptr) {
    return absl::InvalidArgumentError("audit keys: want a store, files and randomness");
  }
  HIE_ASSIGN_OR_RETURN(const std::vector<KvEntry> first,
                       options.store->Snapshot()->ScanPrefix(kPatientKeyTable, "", 1));
  HIE_ASSIGN_OR_RETURN(
      crypto::AeadKey kek,
      keys::OpenKeyEncryptionKey(
          *options.files, options.kek_path,
          first.empty() ? keys::WrappedKeys::kNone : keys::WrappedKeys::kSome, *options.random));
  std::unique_ptr<PatientKeyRing> ring(new PatientKeyRing(options.random, kek));
  if (!first.empty() && !ring->Unwrap(first.front().value).ok()) {
    return absl::FailedPreconditionError(
        "audit keys: the key-encryption key is not the one that wrapped the patient keys");
  }
  EmbeddedJournal::Options journal;
  journal.store = options.store;
  journal.machine = &ring->machine_;
  journal.clock = options.clock;
  journal.mark_path = std::move(options.mark_path);
  journal.files = options.files;
  journal.on_fatal = std::move(options.on_fatal);
  HIE_ASSIGN_OR_RETURN(ring->journal_, EmbeddedJournal::Open(std::move(journal)));
  return ring;
}

std::vector<std::string> PatientKeyRing::Tables() {
  std::vector<std::string> tables = PatientKeyMachine::Tables();
  tables.emplace_back(kJournalTable);
  return tables;
}

absl::StatusOr<PatientSecrets> PatientKeyRing::Unwrap(absl::string_view row) const {
  v1::PatientKey key;
  if (!key.ParseFromArray(row.data(), static_cast<int>(row.size()))) return BadKey();
  HIE_ASSIGN_OR_RETURN(LocalPatient patient,
                       wire::FromProto(key.patient(), "patient", wire::Incarnation::kMayBeCurrent));
  const std::string canonical = CanonicalPatient(patient);
  HIE_ASSIGN_OR_RETURN(const std::string bytes, kek_.Open(key.wrapped_key(), canonical));
  if (crypto::HmacSha256(bytes, canonical) != key.tag()) return BadKey();
  HIE_ASSIGN_OR_RETURN(crypto::AeadKey details,
                       crypto::AeadKey::FromBytes(crypto::HmacSha256(bytes, kDetailsPurpose)));
  return PatientSecrets{std::move(patient), key.tag(), std::move(details)};
}

absl::Status PatientKeyRing::Create(absl::Span<const LocalPatient> patients) {
  v1::PatientKeyCommand command;
  for (const LocalPatient& patient : patients) {
    const std::string bytes = random_->Bytes(kPatientKeyBytes);
    const std::string canonical = CanonicalPatient(patient);
    v1::PatientKey* key = command.mutable_create()->add_keys();
    *key->mutable_patient() = wire::ToProto(patient);
    key->set_wrapped_key(kek_.Seal(bytes, canonical, *random_));
    key->set_tag(crypto::HmacSha256(bytes, canonical));
  }
  return ProposeAndWait(*journal_, command.SerializeAsString()).status();
}

absl::StatusOr<std::vector<PatientSecrets>> PatientKeyRing::Ensure(
    const std::vector<LocalPatient>& patients) {
  const std::vector<std::string> keys = CanonicalPatients(patients);
  HIE_ASSIGN_OR_RETURN(auto rows, journal_->Snapshot()->MultiGet(kPatientKeyTable, keys));
  std::vector<LocalPatient> missing;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i]) missing.push_back(patients[i]);
  }
  if (!missing.empty()) {
    for (size_t i = 0; i < missing.size(); i += kKeysPerCommandMax) {
      HIE_RETURN_IF_ERROR(Create(absl::MakeConstSpan(missing).subspan(i, kKeysPerCommandMax)));
    }
    HIE_ASSIGN_OR_RETURN(rows, journal_->Snapshot()->MultiGet(kPatientKeyTable, keys));
  }
  std::vector<PatientSecrets> secrets;
  for (const std::optional<std::string>& row : rows) {
    if (!row) return absl::InternalError("audit keys: a new key is not there");
    HIE_ASSIGN_OR_RETURN(PatientSecrets of_patient, Unwrap(*row));
    secrets.push_back(std::move(of_patient));
  }
  return secrets;
}

absl::StatusOr<std::vector<PatientSecrets>> PatientKeyRing::Find(
    const std::vector<LocalPatient>& patients) const {
  HIE_ASSIGN_OR_RETURN(const auto rows, journal_->Snapshot()->MultiGet(
                                            kPatientKeyTable, CanonicalPatients(patients)));
  std::vector<PatientSecrets> secrets;
  for (const std::optional<std::string>& row : rows) {
    if (!row) continue;
    HIE_ASSIGN_OR_RETURN(PatientSecrets of_patient, Unwrap(*row));
    secrets.push_back(std::move(of_patient));
  }
  return secrets;
}

absl::StatusOr<std::optional<PatientSecrets>> PatientKeyRing::OfTag(absl::string_view tag) const {
  const std::shared_ptr<const KvReader> state = journal_->Snapshot();
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> patient, state->Get(kPatientTagTable, tag));
  if (!patient) return std::optional<PatientSecrets>();
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> row,
                       state->Get(kPatientKeyTable, *patient));
  if (!row) return std::optional<PatientSecrets>();
  HIE_ASSIGN_OR_RETURN(PatientSecrets secrets, Unwrap(*row));
  return std::optional<PatientSecrets>(std::move(secrets));
}

}  // namespace hie::audit

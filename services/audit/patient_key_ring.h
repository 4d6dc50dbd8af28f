#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/audit/patient_key_machine.h"
#include "services/common/base/clock.h"
#include "services/common/base/random_source.h"
#include "services/common/crypto/aead.h"
#include "services/common/journal/embedded_journal.h"
#include "services/common/patient/local_patient.h"
#include "services/common/storage/file_system.h"
#include "services/common/storage/kv_store.h"

namespace hie::audit {

// What a patient's key gives.
struct PatientSecrets {
  LocalPatient patient;
  std::string tag;          // The patient in leaves, 32 bytes.
  crypto::AeadKey details;  // Seals details.
};

// The patients' keys, in their own journaled store.  Thread-safe.
//
// A key is 32 random bytes; the tag is HMAC(key, canonical patient) and the sealing key
// HMAC(key, purpose), so that destroying the key makes a patient's leaves nobody's.
class PatientKeyRing {
 public:
  struct Options {
    KvStore* store = nullptr;    // Holds Tables(); must outlive the ring.
    std::string mark_path = "";  // See EmbeddedJournal::Options::mark_path.
    std::string kek_path = "";   // See keys::OpenKeyEncryptionKey.
    FileSystem* files = nullptr;
    const Clock* clock = nullptr;
    RandomSource* random = nullptr;                               // Fit for keys.
    std::function<void(const absl::Status&)> on_fatal = nullptr;  // See EmbeddedJournal.
  };

  // FAILED_PRECONDITION: the key-encryption key is missing, or another one than wrapped the keys.
  // Else as EmbeddedJournal::Open.
  static absl::StatusOr<std::unique_ptr<PatientKeyRing>> Open(Options options);

  // Every table that the store must have.
  static std::vector<std::string> Tables();

  // Returns the secrets of each patient, in order, making keys, durably, for those that have none.
  // May wait for the journal.  DATA_LOSS: a key is damaged.  Else as ProposeAndWait.
  absl::StatusOr<std::vector<PatientSecrets>> Ensure(const std::vector<LocalPatient>& patients);

  // Returns the secrets of those patients that have a key: the others are in no leaf.
  absl::StatusOr<std::vector<PatientSecrets>> Find(const std::vector<LocalPatient>& patients) const;

  // Returns whose tag it is, or nothing where the key is gone.
  absl::StatusOr<std::optional<PatientSecrets>> OfTag(absl::string_view tag) const;

 private:
  PatientKeyRing(RandomSource* random, crypto::AeadKey kek) : random_(random), kek_(kek) {}

  absl::StatusOr<PatientSecrets> Unwrap(absl::string_view row) const;
  absl::Status Create(absl::Span<const LocalPatient> patients);

  RandomSource* const random_;
  const crypto::AeadKey kek_;
  PatientKeyMachine machine_;
  std::unique_ptr<EmbeddedJournal> journal_;
};

}  // namespace hie::audit

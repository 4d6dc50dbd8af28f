#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "hie/consent/v1/consent.pb.h"
#include "services/common/patient/local_patient.h"
#include "services/common/storage/kv_store.h"
#include "services/consent/directive.h"

namespace hie::consent {

// Tables, and what their keys are made of.
inline constexpr absl::string_view kCurrentTable = "consent_current";    // patient, directive id
inline constexpr absl::string_view kHistoryTable = "consent_history";    // the same, version
inline constexpr absl::string_view kOwnerTable = "consent_owner";        // directive id -> patient
inline constexpr absl::string_view kSequenceTable = "consent_sequence";  // patient -> counter
inline constexpr absl::string_view kSessionTable = "consent_session";    // session id
inline constexpr absl::string_view kOpeningTable = "consent_opening";  // member, user, latest first
inline constexpr absl::string_view kNoticeTable = "consent_notice";    // member, notice id
inline constexpr absl::string_view kDisclosedTable = "consent_disclosed";  // session, custodian

// Rows over one state of the store.  Borrows `state`.  Every read: DATA_LOSS where stored bytes
// are bad; nothing is ever skipped, because a row that is skipped may be a denial.
class ConsentStore {
 public:
  explicit ConsentStore(const KvReader& state) : state_(state) {}

  // Appends the patient's directives, latest versions only, as values.
  absl::Status AppendDirectives(const LocalPatient& patient, Link link,
                                std::vector<LinkedDirective>& directives) const;

  // Returns the latest version of the directive, if it is of this patient.
  absl::StatusOr<std::optional<v1::Directive>> Current(const LocalPatient& patient,
                                                       const std::string& id) const;

  // Tells whether a directive of another patient has this id.
  absl::StatusOr<bool> TakenByAnother(const LocalPatient& patient, const std::string& id) const;

  // Returns every version of every directive of the patient, by id, then by version.
  absl::StatusOr<std::vector<v1::Directive>> History(const LocalPatient& patient) const;

  // Returns how often the patient's directives have changed.
  absl::StatusOr<uint64_t> Sequence(const LocalPatient& patient) const;

  absl::StatusOr<std::optional<v1::BreakGlassSession>> Session(const std::string& id) const;

  // Returns how many sessions the user has opened since `since`.
  absl::StatusOr<int> OpenedSince(const std::string& member, const std::string& user,
                                  absl::Time since) const;

  // Returns at most `limit` notices of the member after the one with id `after`, oldest first.
  absl::StatusOr<std::vector<v1::Notice>> Notices(const std::string& member,
                                                  const std::string& after, size_t limit) const;

  // Tells whether the disclosure to this session was noted for the custodian.
  absl::StatusOr<bool> IsDisclosed(const std::string& session_id,
                                   const std::string& custodian) const;

  // Writers of the rows above.
  static void PutDirective(const LocalPatient& patient, const v1::Directive& directive,
                           WriteBatch& changes);
  static void PutSequence(const LocalPatient& patient, uint64_t sequence, WriteBatch& changes);
  static void PutSession(const v1::BreakGlassSession& session, WriteBatch& changes);
  static void PutOpening(const v1::BreakGlassSession& session, WriteBatch& changes);
  static void PutNotice(const v1::Notice& notice, WriteBatch& changes);
  static void PutDisclosed(const std::string& session_id, const std::string& custodian,
                           WriteBatch& changes);

 private:
  const KvReader& state_;
};

}  // namespace hie::consent

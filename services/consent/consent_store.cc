#include "services/consent/consent_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/storage/key_codec.h"
#include "services/consent/consent_wire.h"

namespace hie::consent {
namespace {

absl::Status Bad(Table table) {
  return absl::DataLossError(absl::StrCat("consent: a row of ", table, " is not readable"));
}

KeyWriter PatientKey(const LocalPatient& patient) {
  KeyWriter key;
  key.Text(patient.assigning_authority).Text(patient.id.value()).U32(patient.incarnation);
  return key;
}

template <typename Message>
absl::StatusOr<Message> Read(Table table, absl::string_view bytes) {
  Message message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return Bad(table);
  return message;
}

template <typename Message>
absl::StatusOr<std::optional<Message>> ReadRow(const KvReader& state, Table table,
                                               const std::string& key) {
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> bytes, state.Get(table, key));
  if (!bytes) return std::optional<Message>();
  HIE_ASSIGN_OR_RETURN(Message message, Read<Message>(table, *bytes));
  return std::optional<Message>(std::move(message));
}

// Visits the rows under a prefix as messages; the first row that is not readable ends the scan.
template <typename Message, typename Visit>
absl::Status ScanRows(const KvReader& state, Table table, const std::string& prefix,
                      const std::string& from, Visit visit) {
  absl::Status read;
  HIE_RETURN_IF_ERROR(
      state.Scan(table, prefix, from, [&](absl::string_view key, absl::string_view value) {
        absl::StatusOr<Message> message = Read<Message>(table, value);
        if (!message.ok()) {
          read = message.status();
          return false;
        }
        return visit(key, *std::move(message), read);
      }));
  return read;
}

}  // namespace

absl::Status ConsentStore::AppendDirectives(const LocalPatient& patient, Link link,
                                            std::vector<LinkedDirective>& directives) const {
  return ScanRows<v1::Directive>(
      state_, kCurrentTable, PatientKey(patient).key(), "",
      [&](absl::string_view, const v1::Directive& row, absl::Status& status) {
        absl::StatusOr<Directive> directive = FromProto(row, "directive");
        if (!directive.ok() || directive->subject != patient) {
          status = Bad(kCurrentTable);
          return false;
        }
        directives.push_back({*std::move(directive), link});
        return true;
      });
}

absl::StatusOr<std::optional<v1::Directive>> ConsentStore::Current(const LocalPatient& patient,
                                                                   const std::string& id) const {
  return ReadRow<v1::Directive>(state_, kCurrentTable, PatientKey(patient).Text(id).key());
}

absl::StatusOr<bool> ConsentStore::TakenByAnother(const LocalPatient& patient,
                                                  const std::string& id) const {
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> owner,
                       state_.Get(kOwnerTable, KeyWriter().Text(id).key()));
  return owner && *owner != PatientKey(patient).key();
}

absl::StatusOr<std::vector<v1::Directive>> ConsentStore::History(
    const LocalPatient& patient) const {
  std::vector<v1::Directive> versions;
  HIE_RETURN_IF_ERROR(
      ScanRows<v1::Directive>(state_, kHistoryTable, PatientKey(patient).key(), "",
                              [&](absl::string_view, v1::Directive row, absl::Status&) {
                                versions.push_back(std::move(row));
                                return true;
                              }));
  return versions;
}

absl::StatusOr<uint64_t> ConsentStore::Sequence(const LocalPatient& patient) const {
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                       state_.Get(kSequenceTable, PatientKey(patient).key()));
  if (!bytes) return 0;
  KeyReader reader(*bytes);
  const absl::StatusOr<uint64_t> sequence = reader.U64();
  if (!sequence.ok() || !reader.done()) return Bad(kSequenceTable);
  return *sequence;
}

absl::StatusOr<std::optional<v1::BreakGlassSession>> ConsentStore::Session(
    const std::string& id) const {
  return ReadRow<v1::BreakGlassSession>(state_, kSessionTable, KeyWriter().Text(id).key());
}

absl::StatusOr<int> ConsentStore::OpenedSince(const std::string& member, const std::string& user,
                                              absl::Time since) const {
  const std::string prefix = KeyWriter().Text(member).Text(user).key();
  // Latest first: the rows since then stand before the first earlier one.
  const std::string end = KeyWriter().Text(member).Text(user).TimeDescending(since).key();
  int count = 0;
  HIE_RETURN_IF_ERROR(
      state_.Scan(kOpeningTable, prefix, "", [&](absl::string_view key, absl::string_view) {
        if (key.substr(0, end.size()) > end) return false;
        ++count;
        return true;
      }));
  return count;
}

absl::StatusOr<std::vector<v1::Notice>> ConsentStore::Notices(const std::string& member,
                                                              const std::string& after,
                                                              size_t limit) const {
  const std::string prefix = KeyWriter().Text(member).key();
  const std::string from =
      after.empty() ? std::string() : KeyWriter().Text(member).Text(after).key();
  std::vector<v1::Notice> notices;
  HIE_RETURN_IF_ERROR(
      ScanRows<v1::Notice>(state_, kNoticeTable, prefix, from,
                           [&](absl::string_view key, v1::Notice notice, absl::Status&) {
                             if (key != from) notices.push_back(std::move(notice));
                             return notices.size() < limit;
                           }));
  return notices;
}

absl::StatusOr<bool> ConsentStore::IsDisclosed(const std::string& session_id,
                                               const std::string& custodian) const {
  HIE_ASSIGN_OR_RETURN(
      const std::optional<std::string> row,
      state_.Get(kDisclosedTable, KeyWriter().Text(session_id).Text(custodian).key()));
  return row.has_value();
}

void ConsentStore::PutDirective(const LocalPatient& patient, const v1::Directive& directive,
                                WriteBatch& changes) {
  const std::string bytes = directive.SerializeAsString();
  KeyWriter key = PatientKey(patient);
  changes.Put(kOwnerTable, KeyWriter().Text(directive.id()).key(), key.key());
  key.Text(directive.id());
  changes.Put(kCurrentTable, key.key(), bytes);
  changes.Put(kHistoryTable, key.U64(directive.version()).key(), bytes);
}

void ConsentStore::PutSequence(const LocalPatient& patient, uint64_t sequence,
                               WriteBatch& changes) {
  changes.Put(kSequenceTable, PatientKey(patient).key(), KeyWriter().U64(sequence).key());
}

void ConsentStore::PutSession(const v1::BreakGlassSession& session, WriteBatch& changes) {
  changes.Put(kSessionTable, KeyWriter().Text(session.id()).key(), session.SerializeAsString());
}

void ConsentStore::PutOpening(const v1::BreakGlassSession& session, WriteBatch& changes) {
  const std::string key = KeyWriter()
                              .Text(session.actor().member())
                              .Text(session.actor().user())
                              .TimeDescending(absl::FromUnixMicros(session.opened_micros()))
                              .Text(session.id())
                              .key();
  changes.Put(kOpeningTable, key, "");
}

void ConsentStore::PutNotice(const v1::Notice& notice, WriteBatch& changes) {
  changes.Put(kNoticeTable, KeyWriter().Text(notice.member()).Text(notice.id()).key(),
              notice.SerializeAsString());
}

void ConsentStore::PutDisclosed(const std::string& session_id, const std::string& custodian,
                                WriteBatch& changes) {
  changes.Put(kDisclosedTable, KeyWriter().Text(session_id).Text(custodian).key(), "");
}

}  // namespace hie::consent

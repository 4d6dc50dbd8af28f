#include "gateway/hl7v2/inbox.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gateway/hl7v2/inbox_wire.h"
#include "services/common/base/status_macros.h"

namespace hie::hl7v2 {
namespace {

namespace v1 = exchange::v1;

constexpr size_t kBodyIdBytes = 16;
// Well below the journal's limit of a command.
constexpr size_t kPartBytesMax = size_t{6} << 20;
// Of texts that a sender makes and that rows repeat.
constexpr size_t kWordBytesMax = 200;

std::string BodyBinding(absl::string_view body_id, uint32_t part) {
  return absl::StrCat("body ", body_id, " ", part);
}

template <typename Reply>
Journal::Callback Parsed(Inbox::Done<Reply> done) {
  return [done = std::move(done)](absl::StatusOr<Applied> applied) {
    if (!applied.ok()) return done(applied.status());
    Reply reply;
    if (!reply.ParseFromString(applied->reply)) {
      return done(absl::InternalError("inbox: bad reply"));
    }
    done(std::move(reply));
  };
}

}  // namespace

void Inbox::Accept(const Reception& reception, Done<v1::AcceptedMessage> done) {
  const std::string& raw = reception.raw();
  v1::IntakeCommand command;
  v1::AcceptMessage& accept = *command.mutable_accept();
  accept.set_member(reception.member().id.value());
  accept.set_source(reception.SourceName().substr(0, kWordBytesMax));
  accept.set_message_type(reception.header().Type().substr(0, kWordBytesMax));
  accept.set_control_id(reception.header().control_id);
  accept.set_body_tag(options_.seal->BodyTag(raw));
  accept.set_body_id(options_.random->Bytes(kBodyIdBytes));
  accept.set_dedup_micros(absl::ToInt64Microseconds(options_.dedup_time));
  accept.set_refuse_other_body(reception.source().ack_mode == AckMode::kStrict);
  accept.set_member_state(
      static_cast<directory::v1::MemberState>(static_cast<int>(reception.member().state)));
  const auto seal = [&](uint32_t part, absl::string_view bytes) {
    return options_.seal->Seal(bytes, BodyBinding(accept.body_id(), part), *options_.random);
  };
  uint32_t part = 0;
  absl::string_view rest = raw;
  for (; rest.size() > kPartBytesMax; ++part, rest.remove_prefix(kPartBytesMax)) {
    v1::IntakeCommand put;
    put.mutable_put_part()->set_body_id(accept.body_id());
    put.mutable_put_part()->set_part(part);
    put.mutable_put_part()->set_sealed(seal(part, rest.substr(0, kPartBytesMax)));
    // A part that is refused makes its message unreadable, and so never applied: the journal that
    // is full for it is full for the message behind it.
    options_.journal->Propose(put.SerializeAsString(), [](const absl::StatusOr<Applied>&) {});
  }
  accept.set_sealed(seal(part, rest));
  accept.set_parts(part + 1);
  options_.journal->Propose(command.SerializeAsString(),
                            Parsed<v1::AcceptedMessage>(std::move(done)));
}

void Inbox::Finish(v1::FinishMessage finish, Done<v1::ClosedMessage> done) {
  const bool applied = finish.state() == v1::INBOX_STATE_APPLIED;
  finish.set_keep_micros(
      absl::ToInt64Microseconds(applied ? options_.dedup_time : options_.keep_time));
  v1::IntakeCommand command;
  *command.mutable_finish() = std::move(finish);
  options_.journal->Propose(command.SerializeAsString(),
                            Parsed<v1::ClosedMessage>(std::move(done)));
}

void Inbox::Discard(v1::DiscardMessage discard, Done<v1::ClosedMessage> done) {
  discard.set_keep_micros(absl::ToInt64Microseconds(options_.keep_time));
  v1::IntakeCommand command;
  *command.mutable_discard() = std::move(discard);
  options_.journal->Propose(command.SerializeAsString(),
                            Parsed<v1::ClosedMessage>(std::move(done)));
}

void Inbox::RecordReading(audit::v1::Event event, std::function<void(absl::Status)> done) {
  v1::IntakeCommand command;
  *command.mutable_reading()->mutable_event() = std::move(event);
  options_.journal->Propose(
      command.SerializeAsString(),
      [done = std::move(done)](const absl::StatusOr<Applied>& applied) { done(applied.status()); });
}

void Inbox::Prune(uint32_t limit, Done<v1::PrunedInbox> done) {
  v1::IntakeCommand command;
  command.mutable_prune()->set_limit(limit);
  options_.journal->Propose(command.SerializeAsString(), Parsed<v1::PrunedInbox>(std::move(done)));
}

absl::StatusOr<std::string> Inbox::ReadBody(const KvReader& state, const v1::InboxRow& row) const {
  HIE_ASSIGN_OR_RETURN(const std::vector<std::string> parts, ReadBodyParts(state, row));
  std::string body;
  for (uint32_t part = 0; part < parts.size(); ++part) {
    HIE_ASSIGN_OR_RETURN(const std::string bytes,
                         options_.seal->Open(parts[part], BodyBinding(row.body_id(), part)));
    body += bytes;
  }
  return body;
}

absl::StatusOr<std::optional<FieldState>> Inbox::ReadFields(const LocalPatient& patient) const {
  const std::string tag = options_.seal->RecordTag(patient);
  HIE_ASSIGN_OR_RETURN(const std::optional<std::string> sealed,
                       Snapshot()->Get(inbox::kFields, tag));
  if (!sealed) return std::optional<FieldState>();
  HIE_ASSIGN_OR_RETURN(const std::string bytes, options_.seal->Open(*sealed, tag));
  v1::FieldStateRow row;
  if (!row.ParseFromString(bytes)) {
    return absl::DataLossError("inbox: bad row of a record's fields");
  }
  HIE_ASSIGN_OR_RETURN(FieldState state, FromProto(row));
  return std::optional<FieldState>(std::move(state));
}

v1::FieldWrite Inbox::Keep(const LocalPatient& patient, const FieldState& state) const {
  v1::FieldWrite write = Forget(patient);
  write.set_sealed(options_.seal->Seal(ToProto(state).SerializeAsString(), write.record_tag(),
                                       *options_.random));
  return write;
}

v1::FieldWrite Inbox::Forget(const LocalPatient& patient) const {
  v1::FieldWrite write;
  write.set_record_tag(options_.seal->RecordTag(patient));
  return write;
}

std::string Inbox::RecordWord(const LocalPatient& patient) const {
  return absl::BytesToHexString(options_.seal->RecordTag(patient));
}

std::string Inbox::BodyWord(absl::string_view body) const {
  return absl::BytesToHexString(options_.seal->BodyTag(body));
}

}  // namespace hie::hl7v2

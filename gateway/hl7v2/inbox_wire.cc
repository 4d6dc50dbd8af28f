#include "gateway/hl7v2/inbox_wire.h"

#include "absl/strings/str_cat.h"
#include "services/common/wire/wire.h"

namespace hie::hl7v2 {
namespace {

namespace v1 = exchange::v1;

Contacts FromRow(const v1::ContactsRow& row) {
  return Contacts{{row.phones().begin(), row.phones().end()},
                  {row.emails().begin(), row.emails().end()}};
}

void ToRow(const Contacts& contacts, v1::ContactsRow& row) {
  for (const std::string& phone : contacts.phones) row.add_phones(phone);
  for (const std::string& email : contacts.emails) row.add_emails(email);
}

}  // namespace

Finding FromProto(const v1::InboxFinding& proto) {
  Finding finding;
  finding.reason = proto.reason();
  finding.where = Location{proto.segment(), proto.sequence(), proto.field(), proto.repetition(),
                           proto.component()};
  finding.code = static_cast<ErrorCode>(proto.code());
  finding.verdict = proto.rejects() ? Verdict::kReject : Verdict::kError;
  finding.explanation = proto.explanation();
  return finding;
}

v1::InboxFinding ToProto(const Finding& finding) {
  v1::InboxFinding proto;
  proto.set_reason(finding.reason);
  proto.set_segment(finding.where.segment);
  proto.set_sequence(finding.where.sequence);
  proto.set_field(finding.where.field);
  proto.set_repetition(finding.where.repetition);
  proto.set_component(finding.where.component);
  proto.set_code(static_cast<int>(finding.code));
  proto.set_rejects(finding.verdict == Verdict::kReject);
  proto.set_explanation(finding.explanation);
  return proto;
}

std::string Explained(const Finding& finding) {
  const std::string where = finding.where.ForPeople();
  if (where.empty() || finding.explanation.empty()) return where + finding.explanation;
  return absl::StrCat(where, ": ", finding.explanation);
}

absl::StatusOr<FieldState> FromProto(const v1::FieldStateRow& proto) {
  const absl::StatusOr<Demographics> record = wire::FromProto(proto.demographics(), "fields");
  if (!record.ok()) return absl::DataLossError("inbox: bad row of a record's fields");
  FieldState state;
  state.names = record->names;
  state.birth_date = record->birth_date;
  state.sex = record->sex;
  state.addresses = record->addresses;
  state.identifiers = record->identifiers;
  state.mother_maiden_name = record->mother_maiden_name;
  state.multiple_birth = record->multiple_birth;
  state.birth_order = record->birth_order;
  state.deceased = record->deceased;
  state.deceased_date = record->deceased_date;
  state.identity_unknown = record->identity_unknown;
  state.home = FromRow(proto.home());
  state.work = FromRow(proto.work());
  state.ssn = proto.ssn();
  return state;
}

v1::FieldStateRow ToProto(const FieldState& state) {
  Demographics record;
  record.names = state.names;
  record.birth_date = state.birth_date;
  record.sex = state.sex;
  record.addresses = state.addresses;
  record.identifiers = state.identifiers;
  record.mother_maiden_name = state.mother_maiden_name;
  record.multiple_birth = state.multiple_birth;
  record.birth_order = state.birth_order;
  record.deceased = state.deceased;
  record.deceased_date = state.deceased_date;
  record.identity_unknown = state.identity_unknown;
  v1::FieldStateRow row;
  *row.mutable_demographics() = wire::ToProto(record);
  ToRow(state.home, *row.mutable_home());
  ToRow(state.work, *row.mutable_work());
  row.set_ssn(state.ssn);
  return row;
}

}  // namespace hie::hl7v2

#include "services/consent/consent_machine.h"

#include "hie/consent/v1/consent_service.pb.h"
#include "services/common/base/status_macros.h"
#include "services/common/outbox/outbox.h"
#include "services/consent/apply_directive.h"
#include "services/consent/apply_session.h"

namespace hie::consent {
namespace {

template <typename Message>
absl::StatusOr<std::string> Reply(const absl::StatusOr<Message>& message) {
  if (!message.ok()) return message.status();
  return message->SerializeAsString();
}

absl::StatusOr<std::string> Dispatch(const v1::ConsentCommand& command, Change& change) {
  switch (command.command_case()) {
    case v1::ConsentCommand::kRecordDirective:
      return Reply(RecordDirective(command.record_directive(), change));
    case v1::ConsentCommand::kWithdrawDirective:
      return Reply(WithdrawDirective(command.withdraw_directive(), change));
    case v1::ConsentCommand::kOpenSession:
      return Reply(OpenSession(command.open_session(), change));
    case v1::ConsentCommand::kRefuseSession:
      RefuseSession(command.refuse_session(), change);
      return std::string();
    case v1::ConsentCommand::kRaiseSession:
      return Reply(RaiseSession(command.raise_session(), change));
    case v1::ConsentCommand::kEndSession:
      return Reply(EndSession(command.end_session(), change));
    case v1::ConsentCommand::kFileDisclosures: {
      HIE_ASSIGN_OR_RETURN(const uint32_t filed,
                           FileDisclosures(command.file_disclosures(), change));
      v1::NoteDisclosureResponse response;
      response.set_filed(filed);
      return response.SerializeAsString();
    }
    case v1::ConsentCommand::COMMAND_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("command: want one of this version");
}

}  // namespace

absl::StatusOr<std::string> ConsentMachine::Apply(absl::string_view command,
                                                  absl::string_view /*plan*/, const Stamp& stamp,
                                                  const KvReader& state,
                                                  WriteBatch& changes) const {
  v1::ConsentCommand parsed;
  if (!parsed.ParseFromArray(command.data(), static_cast<int>(command.size()))) {
    return absl::InvalidArgumentError("command: want a ConsentCommand");
  }
  Change change(stamp, state, changes);
  return Dispatch(parsed, change);
}

std::vector<std::string> ConsentMachine::Tables() {
  std::vector<std::string> tables;
  for (const absl::string_view name :
       {kCurrentTable, kHistoryTable, kOwnerTable, kSequenceTable, kSessionTable, kOpeningTable,
        kNoticeTable, kDisclosedTable, outbox::kTable}) {
    tables.emplace_back(name);
  }
  return tables;
}

}  // namespace hie::consent

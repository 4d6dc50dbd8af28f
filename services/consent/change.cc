#include "services/consent/change.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "services/common/outbox/outbox.h"
#include "services/consent/consent_machine.h"

namespace hie::consent {

void Change::Audit(audit::v1::EventType type, const common::v1::Actor& actor,
                   const google::protobuf::RepeatedPtrField<common::v1::LocalPatient>& patients,
                   const std::string& session_id, const std::vector<std::string>& words) {
  audit::v1::Event event;
  event.set_type(type);
  *event.mutable_actor() = actor;
  *event.mutable_patients() = patients;
  event.set_session_id(session_id);
  for (const std::string& word : words) event.add_details(word);
  outbox::Put(kRoleName, stamp_, next_event_++, std::move(event), changes_);
}

void Change::Notify(const std::string& member, const std::string& session_id,
                    const std::string& kind) {
  v1::Notice notice;
  // Text order is the order in which they arose.
  notice.set_id(absl::StrFormat("%020d-%04d", stamp_.sequence, next_notice_++));
  notice.set_member(member);
  notice.set_session_id(session_id);
  notice.set_created_micros(now_micros());
  notice.set_kind(kind);
  ConsentStore::PutNotice(notice, changes_);
}

}  // namespace hie::consent

#include "services/registry/submission_events.h"

#include <map>
#include <set>
#include <string>
#include <utility>

#include "services/common/wire/wire.h"

namespace hie::registry {
namespace {

// What changed at one custodian: each patient with the documents, if any.
using Changed = std::map<LocalPatient, std::vector<std::string>>;

class EventWriter {
 public:
  EventWriter(const common::v1::Actor& actor, absl::string_view detail,
              std::vector<audit::v1::Event>& events)
      : actor_(actor), detail_(detail), events_(events) {}

  void Write(const MemberId& custodian, const Changed& changed) {
    Start(custodian);
    for (const auto& [patient, ids] : changed) {
      if (events_.back().patients_size() == kEventPatientsMax) Start(custodian);
      *events_.back().add_patients() = wire::ToProto(patient);
      for (const std::string& id : ids) AddItem(custodian, patient, id);
    }
  }

 private:
  void AddItem(const MemberId& custodian, const LocalPatient& patient, const std::string& id) {
    if (events_.back().item_ids_size() == kEventItemsMax) {
      Start(custodian);
      *events_.back().add_patients() = wire::ToProto(patient);
    }
    events_.back().add_item_ids(id);
  }

  void Start(const MemberId& custodian) {
    audit::v1::Event& event = events_.emplace_back();
    event.set_type(audit::v1::EVENT_TYPE_CHANGE);
    *event.mutable_actor() = actor_;
    event.set_custodian(custodian.value());
    event.add_details(std::string(detail_));
  }

  const common::v1::Actor& actor_;
  const absl::string_view detail_;
  std::vector<audit::v1::Event>& events_;
};

}  // namespace

std::vector<audit::v1::Event> FilingEvents(const common::v1::Actor& actor, absl::string_view detail,
                                           const Filing& filing) {
  std::map<MemberId, Changed> by_custodian;
  for (const auto& [key, locator] : filing.locators) by_custodian[key.second][key.first];
  for (const auto& [id, document] : filing.documents) {
    by_custodian[document.member][document.patient].push_back(id);
  }
  if (filing.set) by_custodian[filing.set->member][filing.set->patient].push_back(filing.set->id);
  std::vector<audit::v1::Event> events;
  EventWriter writer(actor, detail, events);
  for (const auto& [custodian, changed] : by_custodian) writer.Write(custodian, changed);
  return events;
}

}  // namespace hie::registry

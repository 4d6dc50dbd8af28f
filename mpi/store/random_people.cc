#include "mpi/store/random_people.h"

#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace hie::mpi {
namespace {

constexpr uint64_t kPeople = 8;
constexpr std::array<const char*, 4> kFamilies = {"Larssen", "Smith", "Quimby", "Vega-Lopez"};
constexpr std::array<const char*, 8> kGivens = {"Fyodor", "Fyodr", "Olga", "Mia",
                                                "Mya",    "John",  "Isai", "BABY BOY"};

}  // namespace

common::v1::LocalPatient RandomPeople::Key(uint64_t who) {
  common::v1::LocalPatient key;
  key.set_assigning_authority(absl::StrCat("2.999.", 1 + Below(3)));
  key.set_id(absl::StrCat("MRN-", who));
  return key;
}

common::v1::Demographics RandomPeople::Person(uint64_t who) {
  common::v1::Demographics person;
  auto& name = *person.add_names();
  name.set_family(kFamilies[who % kFamilies.size()]);
  name.add_given(kGivens[who % kGivens.size()]);
  // Two people of a household share the birth date: twins.
  person.set_birth_date(absl::StrFormat("19%02d-0%d-1%d", 50 + who / 2, 1 + who / 2, who / 2));
  person.set_sex(who % 2 == 0 ? common::v1::ADMINISTRATIVE_SEX_MALE
                              : common::v1::ADMINISTRATIVE_SEX_FEMALE);
  auto& address = *person.add_addresses();
  address.add_line(absl::StrCat(10 + who / 2, " Pierce St"));
  address.set_postal_code("48909");
  if (Below(2) == 0) {
    auto& ssn = *person.add_identifiers();
    ssn.set_system("http://hl7.org/fhir/sid/us-ssn");
    ssn.set_value(absl::StrFormat("65768034%d", who));
  }
  return person;
}

void RandomPeople::Blur(common::v1::Demographics& person) {
  switch (Below(8)) {
    case 0:
      person.mutable_names(0)->set_given(0, kGivens[Below(kGivens.size())]);
      break;
    case 1:
      person.mutable_names(0)->set_family(kFamilies[Below(kFamilies.size())]);
      break;
    case 2:
      person.set_birth_date(absl::StrFormat("19%02d-02-03", Below(100)));
      break;
    case 3:
      person.clear_addresses();
      break;
    case 4:
      person.set_sex(common::v1::ADMINISTRATIVE_SEX_UNKNOWN);
      break;
    case 5:
      person.add_phones(absl::StrCat("906389857", Below(4)));
      break;
    default:
      break;
  }
}

void RandomPeople::FillRegister(v1::RegisterCommand& part) {
  part.mutable_actor()->set_member("lakes");
  const uint64_t who = Below(kPeople);
  *part.mutable_patient() = Key(who);
  // One in ten is somebody else under the id: an overlay.
  *part.mutable_demographics() = Person(Below(10) == 0 ? Below(kPeople) : who);
  Blur(*part.mutable_demographics());
  part.set_kind(static_cast<v1::RegisterKind>(Below(3)));
  if (Below(3) != 0) part.set_event_micros(static_cast<int64_t>(1 + Below(40)));
  if (Below(20) == 0) part.set_expected_version(1 + Below(3));
}

void RandomPeople::FillDecide(v1::DecideCommand& part) {
  part.mutable_actor()->set_member("lakes");
  *part.mutable_first() = Key(Below(kPeople));
  *part.mutable_second() = Key(Below(kPeople));
  if (Below(3) == 0) {  // A holder and the one before: ends a hold.
    *part.mutable_second() = part.first();
    part.mutable_second()->set_incarnation(1);
  }
  part.set_same_person(Below(2) == 0);
  part.set_reason("seen together");
}

void RandomPeople::FillMerge(v1::MergeCommand& part) {
  part.mutable_actor()->set_member("lakes");
  const uint64_t steps = 1 + Below(2);
  for (uint64_t i = 0; i < steps; ++i) {
    v1::MergeStep& step = *part.add_steps();
    const uint64_t survivor = Below(kPeople);
    *step.mutable_survivor() = Key(survivor);
    *step.mutable_subsumed() = step.survivor();
    step.mutable_subsumed()->set_id(absl::StrCat("MRN-", Below(kPeople)));
    if (Below(2) == 0) *step.mutable_survivor_demographics() = Person(survivor);
  }
  part.set_create_tombstone(Below(2) == 0);
  if (Below(3) != 0) part.set_event_micros(static_cast<int64_t>(1 + Below(40)));
}

// Mostly about early tasks, which may still be open, and what was looked at may be out of date.
void RandomPeople::FillTask(v1::TaskCommand& part) {
  part.mutable_actor()->set_member("exchange");
  part.mutable_actor()->set_user(Below(2) == 0 ? "ann" : "ben");
  part.set_action(static_cast<v1::TaskAction>(1 + Below(4)));
  part.set_task(1 + Below(12));
  part.mutable_decision()->set_verdict(static_cast<v1::TaskVerdict>(1 + Below(3)));
  part.mutable_decision()->set_reason("cards compared");
  part.mutable_decision()->set_first_version(1 + Below(2));
  part.mutable_decision()->set_second_version(1 + Below(2));
  *part.mutable_demand()->mutable_first() = Key(Below(kPeople));
  *part.mutable_demand()->mutable_second() = Key(Below(kPeople));
}

v1::MpiCommand RandomPeople::Command() {
  constexpr int kEids = 6;  // What a merge of two steps may take.
  v1::MpiCommand command;
  for (int i = 0; i < kEids; ++i) {
    command.add_eid_candidates(
        absl::StrFormat("0190%08x-7000-8000-000000000000", static_cast<uint32_t>(++eids_)));
  }
  ++commands_;
  const uint64_t kind = Below(repertoire_ == Repertoire::kLinks ? 20 : 24);
  if (kind < 11) {
    FillRegister(*command.mutable_register_());
  } else if (kind < 14) {
    FillDecide(*command.mutable_decide());
  } else if (kind < 17) {
    FillMerge(*command.mutable_merge());
  } else if (kind < 19) {
    command.mutable_unmerge()->mutable_actor()->set_member("lakes");
    *command.mutable_unmerge()->mutable_subsumed() = Key(Below(kPeople));
  } else if (kind < 20) {
    command.mutable_remove()->mutable_actor()->set_member("lakes");
    *command.mutable_remove()->mutable_patient() = Key(Below(kPeople));
  } else if (kind < 22) {
    command.mutable_undo()->mutable_actor()->set_member("exchange");
    command.mutable_undo()->set_sequence(1 + Below(commands_));
    command.mutable_undo()->set_reason("a mistake");
  } else {
    FillTask(*command.mutable_task());
  }
  return command;
}

}  // namespace hie::mpi

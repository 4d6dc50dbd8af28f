#include "gateway/hl7v2/segments/pid.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"

namespace hie::hl7v2 {
namespace {

std::vector<ExtendedId> ReadIds(const Message& message, const Segment& pid, size_t field) {
  std::vector<ExtendedId> ids;
  for (const absl::string_view repetition : message.Repetitions(pid.field(field))) {
    ExtendedId id = ReadExtendedId(message, repetition);
    if (!id.id.empty()) ids.push_back(std::move(id));
  }
  return ids;
}

// The day as it is written: zone and time of day move nothing.
Stated<CivilDate> ReadDay(const Message& message, const Segment& pid, size_t field) {
  const Stated<std::string> text = ReadText(message, pid, field);
  if (text.deleted()) return Stated<CivilDate>::Deleted();
  if (!text.said()) return {};
  const std::optional<Timestamp> time = ParseTimestamp(text.value, absl::UTCTimeZone());
  if (!time) return {};
  return Stated<CivilDate>::Said(time->date);
}

Stated<bool> ReadYesNo(const Message& message, const Segment& pid, size_t field) {
  const Stated<std::string> text = ReadText(message, pid, field);
  if (text.deleted()) return Stated<bool>::Deleted();
  const std::string word = absl::AsciiStrToUpper(text.value);
  if (word == "Y" || word == "YES") return Stated<bool>::Said(true);
  if (word == "N" || word == "NO") return Stated<bool>::Said(false);
  return {};
}

// Table 0001, with ambiguous and not applicable as other.
Stated<AdministrativeSex> ReadSex(const Message& message, const Segment& pid) {
  const Stated<std::string> text = ReadText(message, pid, 8);
  if (text.deleted()) return Stated<AdministrativeSex>::Deleted();
  const std::string word = absl::AsciiStrToUpper(text.value).substr(0, 1);
  if (word == "F") return Stated<AdministrativeSex>::Said(AdministrativeSex::kFemale);
  if (word == "M") return Stated<AdministrativeSex>::Said(AdministrativeSex::kMale);
  if (word == "U") return Stated<AdministrativeSex>::Said(AdministrativeSex::kUnknown);
  if (word == "O" || word == "A" || word == "N") {
    return Stated<AdministrativeSex>::Said(AdministrativeSex::kOther);
  }
  return {};
}

Stated<uint32_t> ReadBirthOrder(const Message& message, const Segment& pid) {
  const Stated<std::string> text = ReadText(message, pid, 25);
  if (text.deleted()) return Stated<uint32_t>::Deleted();
  uint32_t order = 0;
  if (!absl::SimpleAtoi(text.value, &order) || order == 0 || order > 20) return {};
  return Stated<uint32_t>::Said(order);
}

bool ReadAlias(const Message& message, const Segment& pid) {
  for (const absl::string_view repetition : message.Repetitions(pid.field(32))) {
    if (message.Text(message.Component(repetition, 1)) == "AL") return true;
  }
  return false;
}

}  // namespace

PatientSegment ReadPatient(const Message& message, const Segment& pid) {
  PatientSegment patient;
  patient.ids = ReadIds(message, pid, 3);
  if (patient.ids.empty()) patient.ids = ReadIds(message, pid, 2);
  patient.names = ReadRepetitions<PersonName>(message, pid, 5, ReadPersonName);
  patient.mother = ReadRepetitions<PersonName>(message, pid, 6, ReadPersonName);
  patient.birth_date = ReadDay(message, pid, 7);
  patient.birth_date_malformed =
      patient.birth_date.how == Stated<CivilDate>::How::kUnsaid && ReadText(message, pid, 7).said();
  patient.sex = ReadSex(message, pid);
  patient.addresses = ReadRepetitions<Address>(message, pid, 11, ReadAddress);
  patient.home = ReadRepetitions<Telecom>(message, pid, 13, ReadTelecom);
  patient.work = ReadRepetitions<Telecom>(message, pid, 14, ReadTelecom);
  patient.account = ReadExtendedId(message, pid.field(18));
  patient.ssn = ReadText(message, pid, 19);
  patient.mother_ids = ReadIds(message, pid, 21);
  patient.multiple_birth = ReadYesNo(message, pid, 24);
  patient.birth_order = ReadBirthOrder(message, pid);
  patient.death_date = ReadDay(message, pid, 29);
  patient.dead = ReadYesNo(message, pid, 30);
  patient.identity_unknown = ReadYesNo(message, pid, 31);
  patient.alias = ReadAlias(message, pid);
  return patient;
}

}  // namespace hie::hl7v2

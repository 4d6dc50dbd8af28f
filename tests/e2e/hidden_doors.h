#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/e2e/door_client.h"
#include "tests/e2e/hidden_world.h"

namespace hie::testing {

// Whether a question shows a patient who may be seen otherwise than one who does not exist; where
// it does not, being alike proves little.
enum class Contrast { kExpected, kNone };

// Who asks: the system of lakes, a physician, or its privacy officer.
enum class Asker { kSystem, kPhysician, kOfficer };

// A question about a person, with the placeholders of PersonValues.
struct HiddenDoor {
  std::string name;
  DoorRequest request;
  Asker asker = Asker::kSystem;
  Contrast contrast = Contrast::kExpected;
};

// Every question at the FHIR door that a patient or what they have can be named in.
std::vector<HiddenDoor> HiddenDoors();

// The question names a person by what two hospitals share: EID or demographics.
bool NamesThePerson(const HiddenDoor& door);
// The question names a document, a list or content.
bool NamesContent(const HiddenDoor& door);

// `text` with the values of the person in place of the placeholders.
std::string FillIn(std::string text, const PersonValues& values);
DoorRequest FillIn(DoorRequest request, const PersonValues& values);

// All that a caller sees, in one text: status, headers in order, body; what must differ between any
// two answers (request ids, other ids, times) and the person's own values are placeholders.
std::string Seen(const DoorAnswer& answer, const PersonValues& values);
// The same of any text.
std::string Neutral(std::string text, const PersonValues& values);

// Asks; an answer that comes later (202) is waited for, and is what is returned, the acceptance in
// its headers.
absl::StatusOr<DoorAnswer> AskToTheEnd(const DoorClient& client, const DoorRequest& request);

}  // namespace hie::testing

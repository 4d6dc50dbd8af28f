#pragma once

#include <string>
#include <variant>

#include "gateway/exchange/clinical_item.h"
#include "gateway/exchange/decision.h"
#include "services/common/base/phi.h"
#include "services/common/base/strong_id.h"
#include "services/common/patient/local_patient.h"

namespace hie::exchange {

// A document that the registry knows of.
struct IndexEntry {
  std::string id;
  std::string unique_id;
  MemberId member;
  LocalPatient patient;
  std::string facility;
  std::string unit;
  ServicePeriod period;
  Labels labels;
  bool superseded = false;  // Another one replaces it.
  bool withdrawn = false;   // In error, or withheld by its source: released to nobody.
  bool kept_here = false;   // The exchange has the content.
  // The entry as the registry wrote it, for the caller; never looked into here.
  Phi<std::string> wire;
};

// That a member, at one of its places, holds records of the person: a disclosure by itself.
struct PlaceEntry {
  MemberId member;
  std::string facility;   // Empty: the member as a whole.
  std::string unit = {};  // Of the facility; empty: the facility as a whole.
};

// A statement with the record that it belongs to.
struct StatementEntry {
  LocalPatient patient;
  ClinicalItem item;
};

// Something that leaves, with what consent must know to decide over it.
struct ReleaseEntry {
  DecisionItem subject;
  std::variant<PlaceEntry, IndexEntry, StatementEntry> content;
};

// Returns about how many bytes an entry takes on the wire.
size_t EntryBytes(const ReleaseEntry& entry);

}  // namespace hie::exchange

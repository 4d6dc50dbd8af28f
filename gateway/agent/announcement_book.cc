#include "gateway/agent/announcement_book.h"

#include <algorithm>

#include "gateway/members/fhir_time.h"
#include "services/common/crypto/hash.h"
#include "services/common/wire/wire.h"

namespace hie::agent {
namespace {

// Returns at most `bytes_max` bytes of `text`, cut between characters.
void Cut(std::string& text, size_t bytes_max = wire::kTextBytesMax) {
  if (text.size() <= bytes_max) return;
  while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xC0) == 0x80) --bytes_max;
  text.resize(bytes_max);
}

void Cut(std::vector<std::string>& texts) {
  if (texts.size() > wire::kRepeatedMax) texts.resize(wire::kRepeatedMax);
  for (std::string& text : texts) Cut(text);
}

template <typename T>
void CutList(std::vector<T>& list, size_t max) {
  if (list.size() > max) list.resize(max);
}

Demographics Announceable(Demographics d, const std::string& domain, const std::string& id) {
  // The record's own key is no other identifier.
  std::erase_if(d.identifiers, [&](const PatientIdentifier& identifier) {
    return identifier.system == domain && identifier.value == id;
  });
  CutList(d.names, wire::kNamesMax);
  CutList(d.addresses, wire::kRepeatedMax);
  CutList(d.identifiers, wire::kRepeatedMax);
  for (HumanName& name : d.names) {
    Cut(name.use);
    Cut(name.family);
    Cut(name.given);
    Cut(name.suffix);
  }
  for (PostalAddress& address : d.addresses) {
    Cut(address.lines);
    Cut(address.city);
    Cut(address.state);
    Cut(address.postal_code);
  }
  for (PatientIdentifier& identifier : d.identifiers) {
    Cut(identifier.system);
    Cut(identifier.value);
  }
  Cut(d.phones);
  Cut(d.emails);
  Cut(d.mother_maiden_name);
  return d;
}

registry::v1::DocumentStatus StatusOf(const std::string& status) {
  if (status == "superseded") return registry::v1::DOCUMENT_STATUS_SUPERSEDED;
  if (status == "entered-in-error") return registry::v1::DOCUMENT_STATUS_ENTERED_IN_ERROR;
  return registry::v1::DOCUMENT_STATUS_CURRENT;
}

void SetTimes(const members::DocumentFacts& facts, registry::v1::DocumentEntry& entry) {
  const auto created = members::ParseFhirTime(facts.created);
  if (created) entry.set_created_micros(wire::MicrosFromTime(created->from));
  ServicePeriod service = facts.service;
  if (service == ServicePeriod() && created) service = *created;
  *entry.mutable_service() = wire::ToProto(service);
}

void AddDocument(const SourceDocument& document, v1::AnnouncedPatient& patient) {
  v1::AnnouncedDocument& announced = *patient.add_documents();
  registry::v1::DocumentEntry& entry = *announced.mutable_entry();
  const members::DocumentFacts& facts = document.facts;
  const auto cut = [](std::string text) {
    Cut(text);
    return text;
  };
  entry.set_unique_id(facts.unique_id);
  *entry.mutable_patient() = patient.patient();
  entry.set_facility(cut(document.facility));
  entry.set_type_code(cut(facts.type_code));
  entry.set_title(cut(facts.title));
  entry.set_media_type(cut(facts.media_type));
  entry.set_size_bytes(facts.size_bytes);
  entry.set_sha256(facts.sha256);
  entry.set_author(cut(facts.author));
  entry.set_status(StatusOf(facts.status));
  entry.set_replaces_unique_id(cut(facts.replaces));
  SetTimes(facts, entry);
  for (const std::string& code : facts.security_codes) announced.add_security_codes(cut(code));
}

std::string Fingerprint(const v1::AnnouncedPatient& patient) {
  // The messages hold no map, so that equal ones have equal bytes within one build.
  return crypto::Sha256(patient.SerializeAsString());
}

}  // namespace

v1::AnnouncedPatient AnnouncedPatientOf(const std::string& domain, const std::string& id,
                                        const PatientRecord& record) {
  v1::AnnouncedPatient out;
  out.mutable_patient()->set_assigning_authority(domain);
  out.mutable_patient()->set_id(id);
  *out.mutable_demographics() = wire::ToProto(Announceable(record.demographics, domain, id));
  size_t documents = 0;
  for (const auto& [unique_id, document] : record.documents) {
    if (unique_id.size() > wire::kTextBytesMax || ++documents > kAnnouncedDocumentsMax) continue;
    AddDocument(document, out);
  }
  for (std::string facility : record.facilities) {
    Cut(facility);
    out.add_facilities(std::move(facility));
  }
  return out;
}

void AnnouncementBook::Load(std::shared_ptr<const RecordIndex> index) {
  index_ = std::move(index);
  waiting_.clear();
  for (const auto& [id, record] : index_->patients()) {
    if (record.patients.empty()) continue;  // Only mentioned by a broken file.
    const auto taken = taken_.find(id);
    const std::string fingerprint = Fingerprint(AnnouncedPatientOf(domain_, id, record));
    if (taken == taken_.end() || taken->second != fingerprint) waiting_.push_back(id);
  }
}

std::optional<v1::Announcement> AnnouncementBook::Next() {
  if (waiting_.empty() || !under_way_.empty()) return std::nullopt;
  v1::Announcement out;
  size_t bytes = 0;
  while (!waiting_.empty() && under_way_.size() < kAnnouncedPatientsMax) {
    const std::string id = waiting_.front();
    const PatientRecord* record = index_->Find(id);
    v1::AnnouncedPatient patient =
        record == nullptr ? v1::AnnouncedPatient() : AnnouncedPatientOf(domain_, id, *record);
    bytes += patient.ByteSizeLong();
    if (!under_way_.empty() && bytes > kAnnouncementBytesMax) break;
    waiting_.pop_front();
    if (record == nullptr) continue;
    under_way_.emplace_back(id, Fingerprint(patient));
    *out.add_patients() = std::move(patient);
  }
  out.set_sequence(++sequence_);
  return out;
}

void AnnouncementBook::Taken(uint64_t sequence) {
  if (sequence != sequence_) return;
  for (auto& [id, fingerprint] : under_way_) taken_[id] = std::move(fingerprint);
  under_way_.clear();
}

void AnnouncementBook::StreamLost() {
  for (auto entry = under_way_.rbegin(); entry != under_way_.rend(); ++entry) {
    waiting_.push_front(entry->first);
  }
  under_way_.clear();
  sequence_ = 0;
}

}  // namespace hie::agent

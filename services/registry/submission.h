#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/registry/document_entry.h"

namespace hie::registry {

// A submission set (XDS SubmissionSet, FHIR List of MHD).
struct SubmissionSet {
  std::string id;         // SubmissionSetId(member, unique_id); empty before it is filed.
  std::string unique_id;  // Unique within its member.
  LocalPatient patient;
  MemberId member;  // That submitted.
  std::string source_id;
  absl::Time submitted = absl::InfinitePast();  // Infinite past: as recorded.
  std::vector<Code> designations;
  Phi<std::string> title;
  std::vector<Phi<HumanName>> source_names;
  std::vector<std::string> document_ids;  // Before it is filed: those filed earlier.
  Phi<std::string> resource;              // FHIR R4 JSON as received; may be empty.
  std::vector<std::string> recipients;
  absl::Time recorded = absl::InfinitePast();
  friend bool operator==(const SubmissionSet&, const SubmissionSet&) = default;
};

// What to do with a relation whose target is not filed, or is no longer current.
enum class RelationPolicy {
  kRefuse,         // MHD.
  kStoreUnlinked,  // HL7 v2 and feeds, which come out of order.
};

// What is filed together: all of it or none of it.
struct Submission {
  std::string submission_id;
  std::vector<DocumentEntry> documents;
  std::vector<Claim> claims;
  std::vector<SubmissionSet> sets = {};  // None or one.
  RelationPolicy relation_policy = RelationPolicy::kRefuse;
  std::vector<std::string> superseded_ids = {};
  std::vector<LocalPatient> same_person = {};  // Records that are one person's.
};

// Tells whether both are one record, or records that the submission says are one person's.
bool AreSamePerson(const std::vector<LocalPatient>& same_person, const LocalPatient& a,
                   const LocalPatient& b);

// Returns the id of a submission set; as EntryId, and never that of a document.
std::string SubmissionSetId(const MemberId& member, const std::string& unique_id);

}  // namespace hie::registry

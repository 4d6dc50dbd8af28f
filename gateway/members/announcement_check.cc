#include "gateway/members/announcement_check.h"

#include "absl/strings/str_cat.h"

namespace hie::members {
namespace {

// Returns what is wrong with the patient, or nothing.
std::string ProblemOf(const MemberId& member, const agent::v1::AnnouncedPatient& patient,
                      const DomainOwner& owns_domain) {
  if (patient.patient().id().empty()) return "patient.id: want an id";
  if (!owns_domain(member, patient.patient().assigning_authority())) {
    return "patient.assigning_authority: want a domain of this member";
  }
  for (const agent::v1::AnnouncedDocument& document : patient.documents()) {
    if (document.entry().unique_id().empty()) return "documents.entry.unique_id: want an id";
  }
  return "";
}

}  // namespace

CheckedAnnouncement CheckAnnouncement(const MemberId& member,
                                      const agent::v1::Announcement& announcement,
                                      const DomainOwner& owns_domain) {
  CheckedAnnouncement out;
  out.accepted.set_sequence(announcement.sequence());
  for (int i = 0; i < announcement.patients_size(); ++i) {
    const std::string problem = ProblemOf(member, announcement.patients(i), owns_domain);
    if (!problem.empty()) {
      out.problems.push_back(absl::StrCat(i, ": ", problem));
      continue;
    }
    agent::v1::AnnouncedPatient* patient = out.accepted.add_patients();
    *patient = announcement.patients(i);
    for (agent::v1::AnnouncedDocument& document : *patient->mutable_documents()) {
      document.mutable_entry()->set_member(member.value());
      *document.mutable_entry()->mutable_patient() = patient->patient();
      document.mutable_entry()->clear_id();
      document.mutable_entry()->clear_labels();
    }
    out.indexes.push_back(i);
  }
  return out;
}

}  // namespace hie::members

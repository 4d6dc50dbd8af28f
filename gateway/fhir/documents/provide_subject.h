#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "gateway/fhir/documents/provide_bundle.h"
#include "gateway/fhir/reading.h"
#include "gateway/members/member_directory.h"
#include "services/common/patient/demographics.h"
#include "services/common/patient/local_patient.h"

namespace hie::fhir {

// Whose a document is, as its sender claims: what can be said without asking anybody.  PHI.
struct ClaimedSubject {
  std::string eid;                    // Of a reference to our Patient; empty: none.
  std::optional<LocalPatient> local;  // A record of the member; nothing: not named.
  Demographics demographics;          // Of sourcePatientInfo; empty where there is none.
};

// The claims of a submission.
struct ClaimedSubjects {
  std::string eid;                        // The one person; empty: named by record only.
  std::optional<LocalPatient> local;      // Of the first document that names one.
  std::vector<ClaimedSubject> documents;  // In the order of ProvideBundle::documents.
  std::string path;                       // Where the subject is said, for refusals.
};

// Reads who the submission is about (INTERFACES 5.1): the subjects of SubmissionSet and documents
// and their sourcePatientInfo, resolved against the Bundle, `base_url` and the domains of `member`.
//
// 400 XDSUnknownPatientId: a subject that is no patient of ours, or nobody is named.  400
// XDSPatientIdDoesNotMatch: two different ones.  400 UnresolvedReferenceException:
// sourcePatientInfo points nowhere.  400 XDSMissingDocumentMetadata: at the comprehensive level it
// carries no identifier.  That a named record belongs to the named person is for the exchange to
// check.
Reading<ClaimedSubjects> ReadSubjects(const ProvideBundle& bundle, absl::string_view base_url,
                                      const members::MemberDirectory& directory,
                                      const MemberId& member);

}  // namespace hie::fhir

#pragma once

#include <string>
#include <vector>

#include "gateway/exchange/outcome.h"
#include "services/common/base/strong_id.h"
#include "services/common/labels/access.h"
#include "services/common/patient/local_patient.h"

// How an answer is shown to a clinician (PRACTICE 3), the same for command line and console.
namespace hie::exchange {

// Returns the place of a class in what is shown: allergies, medicines and problems first.
int DisplayRank(ClinicalClass clinical_class);

// A statement to be shown, as it came out of an answer.
struct ShownItem {
  std::string id;
  MemberId member;
  std::string member_name;
  std::string facility_name;
  LocalPatient patient;
  ClinicalClass clinical_class = ClinicalClass::kUnspecified;
  std::string display;
  std::string code;
  std::string date;
  std::string clinical_status;
  std::string verification_status;
  bool negation = false;
  bool opened_by_break_glass = false;
  std::string master_identifier;  // Documents.
  std::string content_sha256;     // Documents.
};

// Whether a statement is current, as its own member says.
enum class Standing {
  kActive,
  kPast,       // Resolved, inactive, stopped, completed.
  kNegative,   // "No known allergies": that member's statement on that date.
  kWithdrawn,  // Entered in error or refuted: never active.
};

// Returns how a statement stands.
Standing StandingOf(const ShownItem& item);

// One line: one statement, or the same statement by several sources.
struct ViewLine {
  Standing standing = Standing::kActive;
  std::string display;
  std::vector<ShownItem> sources;  // Never empty; each keeps its own date and status.
  // Another source has the same code in another standing, or denies what is stated here.
  bool conflicting = false;
};

// One class.
struct ViewSection {
  ClinicalClass clinical_class = ClinicalClass::kUnspecified;
  std::vector<ViewLine> lines;          // Active, past, negative, withdrawn; newest first in each.
  std::vector<std::string> silent;      // "no allergy information received from X".
  std::vector<std::string> unanswered;  // "X has not answered: timed out".
  // Every expected member answered, and none has any.
  bool none_anywhere = false;
};

// Returns the sections in the order of display; classes with nothing to say are left out.
//
// Never reconciles: two statements become one line only with the same code, standing, negation
// and words, or for documents with the same master identifier, hash and local patient.
std::vector<ViewSection> MakeClinicalView(const std::vector<ShownItem>& items,
                                          const std::vector<MemberOutcome>& outcomes);

// Returns a class in words: "allergy", "medicine", "problem".
absl::string_view ClassWord(ClinicalClass clinical_class);

// Returns how a member answered, in words: "answered", "no record", "timed out", "failed".
absl::string_view OutcomeWord(OutcomeCode code);

}  // namespace hie::exchange

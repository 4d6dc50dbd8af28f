#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/fhir/bundle.h"
#include "gateway/fhir/call.h"
#include "gateway/fhir/clinical/break_glass_session.h"
#include "gateway/fhir/clinical/clinical_statement.h"
#include "gateway/fhir/clinical/patient_parameter.h"
#include "hie/exchange/v1/exchange_service.pb.h"

namespace hie::fhir {

// What a search for clinical statements wants.
struct StatementSearch {
  NamedPatient patient;
  std::vector<common::v1::ClinicalClass> classes;  // Empty: all.
  std::function<bool(const ClinicalStatement&)> matches;
  // Puts matches into order.
  std::function<void(std::vector<ClinicalStatement>&)> sort;
  bool provenance = false;           // A Provenance beside each.
  bool total = true;                 // Say how many there are.
  size_t page_size = 0;              // 1..
  std::vector<BundleEntry> leading;  // Stand first on the first page.
  std::vector<Issue> issues;         // Stand beside those of the answer.
  // Unknown patients: of a search an empty answer, of an operation on a patient 404.
  std::function<void()> unknown;
};

// Asks the members, under the break-glass session that the caller declared, and answers with a
// searchset of what is released: statements of all members side by side, never reconciled; one
// issue per member that did not answer in full, that said nothing of a class, or whose statement
// could not be read; completeness as tag and header; the constant notice; the notice that an
// obligation demands.  504 or 503: nobody answered.
//
// With `_page` in the query the page of an earlier answer, asked for anew.  With NDJSON wanted a
// stream.  Answers `call` once.
void AnswerStatements(const std::shared_ptr<Call>& call,
                      const std::shared_ptr<BreakGlassSessions>& sessions, StatementSearch search);

}  // namespace hie::fhir

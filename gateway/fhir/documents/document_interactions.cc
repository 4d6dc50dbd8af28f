#include "gateway/fhir/documents/document_interactions.h"

#include <memory>
#include <utility>

#include "gateway/fhir/documents/document_rows.h"
#include "gateway/fhir/documents/provide_document_bundle.h"

namespace hie::fhir {
namespace {

Interaction ProvideRow() {
  Interaction row;
  row.kind = InteractionKind::kTransaction;
  row.method = http::Method::kPost;
  row.profile =
      "https://profiles.ihe.net/ITI/MHD/CapabilityStatement/"
      "IHE.MHD.DocumentRecipient.Comprehensive";
  row.access = Access::kAdministration;
  row.scopes = {
      {"DocumentReference", 'c', "ITI-65"}, {"Binary", 'c', "ITI-65"}, {"List", 'c', "ITI-65"}};
  row.run = ProvideDocumentBundle;
  return row;
}

}  // namespace

std::vector<Interaction> DocumentInteractions() {
  return DocumentInteractions(std::make_shared<BreakGlassSessions>());
}

std::vector<Interaction> DocumentInteractions(std::shared_ptr<BreakGlassSessions> sessions) {
  std::vector<Interaction> rows = FindDocumentReferencesRows(sessions);
  for (Interaction& row : FindDocumentListsRows(sessions)) rows.push_back(std::move(row));
  rows.push_back(ReadDocumentReferenceRow(sessions));
  rows.push_back(ReadListRow(sessions));
  rows.push_back(RetrieveDocumentRow(sessions));
  rows.push_back(ProvideRow());
  return rows;
}

}  // namespace hie::fhir

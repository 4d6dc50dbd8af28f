#pragma once

#include <memory>
#include <vector>

#include "gateway/fhir/clinical/break_glass_session.h"
#include "gateway/fhir/interaction.h"

// The rows of one interaction each.
namespace hie::fhir {

using DocumentSessions = std::shared_ptr<BreakGlassSessions>;

std::vector<Interaction> FindDocumentReferencesRows(const DocumentSessions& sessions);  // ITI-67
std::vector<Interaction> FindDocumentListsRows(const DocumentSessions& sessions);       // ITI-66
Interaction ReadDocumentReferenceRow(const DocumentSessions& sessions);
Interaction ReadListRow(const DocumentSessions& sessions);
Interaction RetrieveDocumentRow(const DocumentSessions& sessions);  // ITI-68

}  // namespace hie::fhir

#pragma once

#include <memory>
#include <vector>

#include "gateway/fhir/clinical/break_glass_session.h"
#include "gateway/fhir/interaction.h"

// The rows of clinical resources, consents and audit events, one file each.
namespace hie::fhir {

using Sessions = std::shared_ptr<BreakGlassSessions>;

std::vector<Interaction> ClinicalSearchRows(const Sessions& sessions);  // By patient.
std::vector<Interaction> EverythingRows(const Sessions& sessions);      // Patient/{id}/$everything
std::vector<Interaction> ConsentSearchRows();
std::vector<Interaction> ConsentWriteRows();  // Create, update, delete.
std::vector<Interaction> AuditEventRows();    // ITI-81, read-only.

}  // namespace hie::fhir

#pragma once

#include "gateway/cda/clinical_document.h"
#include "gateway/exchange/directory_view.h"
#include "gateway/exchange/person.h"
#include "gateway/exchange/right_person.h"

namespace hie::cda {

// How the patient that a document names stands to the record under which it shall be filed: the
// comparison by which answers of members are checked (gateway/exchange/right_person).
exchange::PersonCheck CheckRecordTarget(const RecordTarget& target, const exchange::Record& claimed,
                                        const exchange::DirectoryView& directory);

// Nothing in the document contradicts that it is about `claimed`: no other id of the domain, no
// other given name, birth date or sex (PRACTICE 1).  A document that says too little to be sure is
// filed on the sender's word; one that contradicts never is.
bool RecordTargetAgrees(const RecordTarget& target, const exchange::Record& claimed,
                        const exchange::DirectoryView& directory);

}  // namespace hie::cda

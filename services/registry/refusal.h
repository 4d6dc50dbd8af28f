#pragma once

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace hie::registry {

// Machine words of refusals (IHE ITI TF-3 4.2.4.1, and the FHIR door's catalogue).  A refusal's
// message is `<word>: <field>: want ...`, so that doors map it; it repeats no value.
inline constexpr absl::string_view kNonIdenticalHash = "XDSNonIdenticalHash";
inline constexpr absl::string_view kNonIdenticalSize = "XDSNonIdenticalSize";
inline constexpr absl::string_view kDuplicateUniqueId = "XDSDuplicateUniqueIdInRegistry";
inline constexpr absl::string_view kUnresolvedReference = "UnresolvedReferenceException";
inline constexpr absl::string_view kDeprecatedDocument = "XDSRegistryDeprecatedDocumentError";
inline constexpr absl::string_view kPatientIdDoesNotMatch = "XDSPatientIdDoesNotMatch";
inline constexpr absl::string_view kMissingDocument = "XDSMissingDocument";

// Machine words of what was stored but not processed.
inline constexpr absl::string_view kPartialReplace = "PartialReplaceContentNotProcessed";
inline constexpr absl::string_view kPartialTransform = "PartialTransformContentNotProcessed";
inline constexpr absl::string_view kPartialAppend = "PartialAppendContentNotProcessed";

// One refusal by a rule of document sharing.
inline absl::Status Refusal(absl::StatusCode code, absl::string_view word, absl::string_view field,
                            absl::string_view want) {
  return absl::Status(code, absl::StrCat(word, ": ", field, ": want ", want));
}

}  // namespace hie::registry

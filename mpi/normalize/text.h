#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace hie::mpi {

// Folds `text` for comparison: compatibility decomposition (NFKD), case fold, diacritics dropped,
// letters that do not decompose (ø, ł, æ, ...) spelled in ASCII, apostrophes dropped, every other
// mark or space a single space, none at the ends.
//
// UTF-8 in and out; bytes that are not UTF-8 are dropped.  Total; idempotent.
std::string FoldText(absl::string_view text);

// FoldText, split at spaces.
std::vector<std::string> FoldTokens(absl::string_view text);

// The same, behind what `tokens` holds already.  Allocates nothing but `tokens` for ASCII text.
void AppendFoldedTokens(absl::string_view text, std::vector<std::string>& tokens);

// FoldText without spaces.
std::string FoldCompact(absl::string_view text);

// The ASCII digits of `text`, in order.
std::string DigitsOf(absl::string_view text);

}  // namespace hie::mpi

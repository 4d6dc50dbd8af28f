#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "mpi/compare/packed_record.h"

// The form in which the index keeps a packed record: what follows from its text is left out.
namespace hie::mpi {

// Writes a packed record without what ExpandRecord makes anew: hashes and places of words, zero
// bytes.  About two thirds of the packed size.  Equal records give equal bytes.
std::string CompactRecord(const PackedView& record);

// Makes the packed record again, byte for byte, into `packed`, whose memory is used again;
// PackedView reads it while `packed` is not changed.  DATA_LOSS: the bytes are not those of a
// record; then `packed` holds nothing.
absl::Status ExpandRecord(absl::string_view compact, std::string& packed);

}  // namespace hie::mpi

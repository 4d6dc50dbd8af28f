#include "services/audit/leaf_codec.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "services/common/base/status_macros.h"
#include "services/common/crypto/hash.h"

namespace hie::audit {

std::string EncodeLeaf(const v1::Leaf& leaf) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream out(&stream);
    out.SetSerializationDeterministic(true);
    leaf.SerializeToCodedStream(&out);
  }
  return bytes;
}

absl::StatusOr<v1::Leaf> DecodeLeaf(const Record& record) {
  v1::Leaf leaf;
  if (!leaf.ParseFromString(record.leaf) || leaf.sequence() != record.sequence) {
    return absl::DataLossError("a leaf is not readable");
  }
  return leaf;
}

absl::Status LeafChecker::Check(const Record& record) {
  HIE_ASSIGN_OR_RETURN(const v1::Leaf leaf, DecodeLeaf(record));
  if (leaf.time_micros() < time_micros_) return absl::DataLossError("time falls");
  time_micros_ = leaf.time_micros();
  const std::string hash = crypto::Sha256(record.leaf);
  for (const v1::PatientLink& link : leaf.patients()) {
    PatientHead& head = patients_[link.tag()];
    if (link.patient_sequence() != head.sequence + 1 || link.previous_hash() != head.hash) {
      return absl::DataLossError("a patient's chain is broken");
    }
    head = {link.patient_sequence(), hash};
  }
  return absl::OkStatus();
}

}  // namespace hie::audit

#include "services/common/rpc/byte_buffers.h"

#include <grpcpp/support/slice.h>

#include <memory>
#include <utility>
#include <vector>

namespace hie::rpc {
namespace {

constexpr size_t kCopyMax = 1024;  // Below it a copy costs less than an owner.

grpc::Slice Owned(std::string bytes) {
  auto owner = std::make_unique<std::string>(std::move(bytes));
  grpc::Slice slice(
      owner->data(), owner->size(), [](void* p) { delete static_cast<std::string*>(p); },
      owner.get());
  owner.release();
  return slice;
}

void AppendSlice(const grpc::Slice& slice, std::string& bytes) {
  bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
}

}  // namespace

grpc::ByteBuffer ToByteBuffer(std::string bytes) {
  const grpc::Slice slice = bytes.size() <= kCopyMax ? grpc::Slice(bytes) : Owned(std::move(bytes));
  return {&slice, 1};
}

std::string ToBytes(const grpc::ByteBuffer& buffer) {
  std::string bytes;
  bytes.reserve(buffer.Length());
  if (grpc::Slice slice; buffer.TrySingleSlice(&slice).ok()) {
    AppendSlice(slice, bytes);
    return bytes;
  }
  std::vector<grpc::Slice> slices;
  if (!buffer.Dump(&slices).ok()) return bytes;
  for (const grpc::Slice& slice : slices) AppendSlice(slice, bytes);
  return bytes;
}

}  // namespace hie::rpc

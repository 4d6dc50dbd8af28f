#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <string>

namespace hie::rpc {

// Wraps `bytes` without copying them, unless they are few.
grpc::ByteBuffer ToByteBuffer(std::string bytes);

// Copies the bytes out.
std::string ToBytes(const grpc::ByteBuffer& buffer);

}  // namespace hie::rpc

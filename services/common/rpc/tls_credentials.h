#pragma once

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "absl/status/statusor.h"
#include "services/common/rpc/tls.h"

namespace hie::rpc {

// Credentials of a server that demands a certificate of `files.trust_anchors` from every client.
// TLS 1.2 or 1.3.  FAILED_PRECONDITION: a file is missing or unfit; the message names it.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const TlsFiles& files);

// Credentials of a client that shows its certificate and verifies the server's name.  Errors as
// MakeServerCredentials.
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeChannelCredentials(
    const TlsFiles& files);

}  // namespace hie::rpc

#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/common/rpc/tls.h"

struct ssl_ctx_st;
struct ssl_st;

namespace hie::http {

// Server side of TLS 1.2 and 1.3, from PEM files that are read again when they change.  Client
// certificates are asked for, not required; what is shown must verify.  Not thread-safe.
class TlsContext {
 public:
  // FAILED_PRECONDITION: a file is missing or unfit; the message names it.
  static absl::StatusOr<std::unique_ptr<TlsContext>> Open(rpc::TlsFiles files);
  ~TlsContext();

  // A new connection's TLS; null where there is no memory.  The caller owns it.
  ssl_st* NewConnection() const;

  // Reads the files again where one has changed; keeps what it has when they are unfit, and says
  // why.
  absl::Status Refresh();

  const rpc::TlsFiles& files() const { return files_; }

 private:
  explicit TlsContext(rpc::TlsFiles files) : files_(std::move(files)) {}
  absl::Status Load();

  const rpc::TlsFiles files_;
  ssl_ctx_st* context_ = nullptr;
  std::string stamp_;
};

}  // namespace hie::http

#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>

#include "services/common/rpc/tls.h"

namespace hie::rpc {

// A throw-away certificate authority in a directory of its own, removed with the object.  For
// tests; aborts on failure.
class TestPki {
 public:
  TestPki();
  ~TestPki();
  TestPki(const TestPki&) = delete;
  TestPki& operator=(const TestPki&) = delete;

  // Issues a P-256 certificate for localhost and 127.0.0.1 with `uri` as URI name (empty: none)
  // under `name`, and returns its files.  The same `name` overwrites, key first.
  std::shared_ptr<TlsFiles> Issue(const std::string& name, const std::string& uri) const;

  // `urn:hie:role:<role>`.
  std::shared_ptr<TlsFiles> IssueRole(const std::string& role) const;

  const std::string& directory() const { return directory_; }

 private:
  std::string Path(const std::string& name) const { return directory_ + "/" + name; }

  std::string directory_;
  EVP_PKEY* ca_key_ = nullptr;
  X509* ca_ = nullptr;
};

}  // namespace hie::rpc

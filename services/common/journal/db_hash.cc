#include "services/common/journal/db_hash.h"

#include <openssl/evp.h>

#include <cstdint>
#include <memory>

#include "absl/strings/escaping.h"
#include "services/common/base/status_macros.h"
#include "services/common/storage/key_codec.h"

namespace hie {
namespace {

// A running SHA-256 of length-framed fields.
class Digest {
 public:
  Digest() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    ok_ = context_ != nullptr && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1;
  }

  void AddNumber(uint64_t number) { AddBytes(KeyWriter().U64(number).key()); }

  void AddField(absl::string_view field) {
    AddNumber(field.size());
    AddBytes(field);
  }

  absl::StatusOr<std::string> Hex() {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    ok_ = ok_ && EVP_DigestFinal_ex(context_.get(), digest, &size) == 1;
    if (!ok_) return absl::InternalError("SHA-256 failed");
    return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest), size));
  }

 private:
  void AddBytes(absl::string_view bytes) {
    ok_ = ok_ && EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1;
  }

  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
  bool ok_ = false;
};

}  // namespace

absl::StatusOr<std::string> DbHash(const KvReader& state, const std::vector<std::string>& tables) {
  Digest digest;
  for (const std::string& table : tables) {
    digest.AddField(table);
    uint64_t rows = 0;
    HIE_RETURN_IF_ERROR(
        state.Scan(table, "", "", [&](absl::string_view key, absl::string_view value) {
          digest.AddField(key);
          digest.AddField(value);
          ++rows;
          return true;
        }));
    // Ends the table: its rows cannot be taken for the next one's.
    digest.AddNumber(rows);
  }
  return digest.Hex();
}

}  // namespace hie

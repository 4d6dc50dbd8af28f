#include "gateway/auth/used_assertions.h"

#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/files.h"
#include "services/common/crypto/hash.h"

namespace hie::auth {
namespace {

// Between two passes over what has expired.
constexpr absl::Duration kForgetEvery = absl::Minutes(1);
constexpr size_t kHashDigits = 64;
constexpr size_t kClientDigits = 16;

// Lengths keep the parts apart: no two (client, id) give the same text.
std::string KeyOf(absl::string_view client_id, absl::string_view id) {
  return crypto::Sha256Hex(absl::StrCat(client_id.size(), ":", client_id, id));
}

// Two clients that share it share their room too: no assertion is taken twice for that.
std::string ClientOf(absl::string_view client_id) {
  return crypto::Sha256Hex(client_id).substr(0, kClientDigits);
}

std::string Line(const std::string& key, absl::Time until, const std::string& client) {
  return absl::StrCat(key, " ", absl::ToUnixSeconds(until), client.empty() ? "" : " ", client,
                      "\n");
}

}  // namespace

absl::StatusOr<std::unique_ptr<UsedAssertions>> UsedAssertions::Open(Options options,
                                                                     absl::Time now) {
  std::unique_ptr<UsedAssertions> used(new UsedAssertions(std::move(options)));
  if (used->options_.file.empty()) return used;
  const MutexLock lock(used->mutex_);
  HIE_RETURN_IF_ERROR(used->Load(now));
  HIE_RETURN_IF_ERROR(used->Rewrite());
  return used;
}

UsedAssertions::~UsedAssertions() {
  if (file_ != nullptr) std::fclose(file_);
}

absl::Status UsedAssertions::Load(absl::Time now) {
  const absl::StatusOr<std::string> content = crypto::ReadWholeFile(options_.file);
  if (absl::IsNotFound(content.status())) return absl::OkStatus();
  HIE_RETURN_IF_ERROR(content.status());
  for (const absl::string_view line : absl::StrSplit(*content, '\n')) {
    const std::vector<absl::string_view> parts = absl::StrSplit(line, ' ');
    int64_t seconds = 0;
    if (parts.size() < 2 || parts.size() > 3 || parts[0].size() != kHashDigits ||
        !absl::SimpleAtoi(parts[1], &seconds)) {
      continue;
    }
    const absl::Time until = absl::FromUnixSeconds(seconds);
    const bool names_client = parts.size() == 3 && parts[2].size() == kClientDigits;
    std::string client(names_client ? parts[2] : absl::string_view());
    if (until <= now || used_.contains(parts[0])) continue;
    if (!client.empty()) ++per_client_[client];
    used_.emplace(parts[0], Entry{until, std::move(client)});
  }
  return absl::OkStatus();
}

absl::Status UsedAssertions::Rewrite() {
  if (options_.file.empty()) return absl::OkStatus();
  if (file_ != nullptr) std::fclose(std::exchange(file_, nullptr));
  std::string content;
  for (const auto& [key, entry] : used_) {
    absl::StrAppend(&content, Line(key, entry.until, entry.client));
  }
  HIE_RETURN_IF_ERROR(
      crypto::WriteFileAtomically(options_.file, content, crypto::FileAccess::kOwnerOnly));
  file_ = std::fopen(options_.file.c_str(), "a");
  return file_ != nullptr ? absl::OkStatus()
                          : absl::UnavailableError(absl::StrCat(options_.file, ": cannot append"));
}

absl::Status UsedAssertions::Record(const std::string& key, const Entry& entry) {
  if (options_.file.empty()) return absl::OkStatus();
  if (file_ == nullptr) HIE_RETURN_IF_ERROR(Rewrite());
  const std::string line = Line(key, entry.until, entry.client);
  if (std::fwrite(line.data(), 1, line.size(), file_) == line.size() && std::fflush(file_) == 0) {
    return absl::OkStatus();
  }
  std::fclose(std::exchange(file_, nullptr));  // Written anew at the next use.
  return absl::UnavailableError(absl::StrCat(options_.file, ": cannot append"));
}

absl::Status UsedAssertions::Forget(absl::Time now) {
  next_forget_ = now + kForgetEvery;
  const size_t before = used_.size();
  absl::erase_if(used_, [now](const auto& entry) { return entry.second.until <= now; });
  per_client_.clear();
  for (const auto& [key, entry] : used_) {
    if (!entry.client.empty()) ++per_client_[entry.client];
  }
  return used_.size() == before ? absl::OkStatus() : Rewrite();
}

absl::Status UsedAssertions::Use(absl::string_view client_id, absl::string_view id,
                                 absl::Time until, absl::Time now) {
  const std::string key = KeyOf(client_id, id);
  const MutexLock lock(mutex_);
  if (now >= next_forget_) HIE_RETURN_IF_ERROR(Forget(now));
  if (used_.contains(key)) return absl::AlreadyExistsError("client assertion: used before");
  if (used_.size() >= options_.entries_max) {
    return absl::ResourceExhaustedError("client assertions: too many at a time");
  }
  Entry entry{until, ClientOf(client_id)};
  const auto of_client = per_client_.find(entry.client);
  if (of_client != per_client_.end() && of_client->second >= options_.entries_per_client_max) {
    return absl::ResourceExhaustedError("client assertions: too many of this client at a time");
  }
  HIE_RETURN_IF_ERROR(Record(key, entry));
  ++per_client_[entry.client];
  used_.emplace(key, std::move(entry));
  return absl::OkStatus();
}

size_t UsedAssertions::size() const {
  const MutexLock lock(mutex_);
  return used_.size();
}

}  // namespace hie::auth

#include "gateway/auth/client_keys.h"

#include <algorithm>
#include <utility>

#include "services/common/base/status_macros.h"

namespace hie::auth {
namespace {

constexpr absl::Duration kLookEvery = absl::Seconds(2);
constexpr size_t kTextsMax = 4'096;  // More than an exchange has clients: then read anew.

}  // namespace

ClientKeys::ClientKeys(Options options) : options_(std::move(options)) {
  if (options_.fetch != nullptr) thread_ = std::thread([this] { Run(); });
}

ClientKeys::~ClientKeys() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

absl::StatusOr<KeySet> ClientKeys::FromText(const std::string& text) const {
  {
    const MutexLock lock(mutex_);
    if (const auto found = by_text_.find(text); found != by_text_.end()) return found->second;
  }
  absl::StatusOr<std::vector<crypto::Jwk>> read = crypto::ReadJwkSet(text);
  if (!read.ok()) return absl::FailedPreconditionError("the client's registered keys are unfit");
  KeySet keys = std::make_shared<const std::vector<crypto::Jwk>>(*std::move(read));
  const MutexLock lock(mutex_);
  if (by_text_.size() >= kTextsMax) by_text_.clear();
  by_text_.emplace(text, keys);
  return keys;
}

absl::StatusOr<KeySet> ClientKeys::Find(const ApiClient& client) const {
  if (client.jwks_url.empty()) return FromText(client.jwks);
  if (options_.fetch == nullptr) {
    return absl::FailedPreconditionError("keys behind a URL are not fetched here: register them");
  }
  const MutexLock lock(mutex_);
  const auto found = by_url_.find(client.jwks_url);
  if (found == by_url_.end() || found->second.keys == nullptr) {
    return absl::UnavailableError("the client's keys have not been fetched yet");
  }
  if (options_.clock->Now() - found->second.fetched > options_.age_max) {
    return absl::UnavailableError("the client's keys could not be fetched for too long");
  }
  return found->second.keys;
}

void ClientKeys::Expect(const ApiClient& client) {
  {
    const MutexLock lock(mutex_);
    const auto found = by_url_.find(client.jwks_url);
    if (found == by_url_.end()) return;
    found->second.next = std::min(found->second.next, found->second.tried + options_.retry);
    wanted_ = true;
  }
  changed_.NotifyAll();
}

std::vector<ApiClient> ClientKeys::Due() {
  const members::DirectoryReading reading = options_.directory->Current();
  std::vector<ApiClient> due;
  if (reading.directory == nullptr) return due;
  const absl::Time now = options_.clock->Now();
  const MutexLock lock(mutex_);
  wanted_ = false;
  for (const Member& member : reading.directory->members()) {
    for (const ApiClient& client : member.clients) {
      if (client.jwks_url.empty() || client.revoked) continue;
      if (by_url_[client.jwks_url].next <= now) due.push_back(client);
    }
  }
  return due;
}

void ClientKeys::FetchOne(const ApiClient& client) {
  absl::StatusOr<std::string> text = options_.fetch(client.jwks_url);
  absl::StatusOr<std::vector<crypto::Jwk>> keys =
      text.ok() ? crypto::ReadJwkSet(*text) : text.status();
  const absl::Time now = options_.clock->Now();
  if (!keys.ok() && options_.on_failure) options_.on_failure(client.id, keys.status());
  const MutexLock lock(mutex_);
  Fetched& fetched = by_url_[client.jwks_url];
  fetched.tried = now;
  fetched.next = now + (keys.ok() ? options_.refresh : options_.retry);
  if (!keys.ok()) return;  // The last good ones stay, and grow old.
  fetched.fetched = now;
  fetched.keys = std::make_shared<const std::vector<crypto::Jwk>>(*std::move(keys));
}

void ClientKeys::RefreshNow() {
  if (options_.fetch == nullptr) return;
  const MutexLock lock(fetch_mutex_);
  for (const ApiClient& client : Due()) {
    FetchOne(client);
    const MutexLock stop_lock(mutex_);
    if (stopping_) return;
  }
}

void ClientKeys::Run() {
  while (true) {
    RefreshNow();
    const MutexLock lock(mutex_);
    changed_.WaitFor(mutex_, kLookEvery, [this] { return stopping_ || wanted_; });
    if (stopping_) return;
  }
}

}  // namespace hie::auth

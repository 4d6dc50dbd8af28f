#include "gateway/fhir/frozen_pages.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "services/common/crypto/base64url.h"
#include "services/common/crypto/hash.h"

namespace hie::fhir {
namespace {

constexpr size_t kKeyBytes = 32;
constexpr size_t kHandleBytes = 16;
constexpr size_t kPageBytes = 4;
constexpr size_t kMacBytes = 16;  // Of HMAC-SHA-256, cut: 128 bits are not guessed in an hour.

std::string PageText(uint32_t page) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>((page >> shift) & 0xFF);
  return text;
}

uint32_t PageNumber(absl::string_view text) {
  uint32_t page = 0;
  for (const char c : text) page = page << 8 | static_cast<unsigned char>(c);
  return page;
}

absl::Status NotOurs() { return absl::InvalidArgumentError("_page: want a cursor of this search"); }
absl::Status Expired() { return absl::NotFoundError("_page: expired"); }

}  // namespace

FrozenPages::FrozenPages(const Clock* clock, RandomSource* random)
    : clock_(clock), key_(random->Bytes(kKeyBytes)), random_(random) {}

std::string FrozenPages::Cursor(absl::string_view binding, absl::string_view handle,
                                uint32_t page) const {
  const std::string position = absl::StrCat(handle, PageText(page));
  const std::string mac =
      crypto::HmacSha256(key_, absl::StrCat(position, binding)).substr(0, kMacBytes);
  return crypto::Base64UrlEncode(absl::StrCat(position, mac));
}

std::string FrozenPages::Freeze(absl::string_view binding, std::string subject,
                                std::vector<std::string> ids, size_t page_size) {
  page_size = std::max<size_t>(page_size, 1);
  if (ids.size() <= page_size) return "";
  if (ids.size() > kFrozenIdsMax) ids.resize(kFrozenIdsMax);
  auto set = std::make_shared<Set>();
  set->subject = std::move(subject);
  set->ids = std::move(ids);
  set->page_size = page_size;
  set->made = clock_->Now();
  std::string handle = random_->Bytes(kHandleBytes);
  const std::string cursor = Cursor(binding, handle, 1);
  const MutexLock lock(mutex_);
  while (!by_age_.empty()) {
    const auto oldest = sets_.find(by_age_.front());
    const bool gone = set->made - oldest->second->made > kFrozenTime;
    const bool full = sets_.size() >= kFrozenSetsMax || ids_ + set->ids.size() > kFrozenIdsOfAllMax;
    if (!gone && !full) break;
    ids_ -= oldest->second->ids.size();
    sets_.erase(oldest);
    by_age_.pop_front();
  }
  const size_t count = set->ids.size();
  if (sets_.emplace(handle, std::move(set)).second) {
    by_age_.push_back(std::move(handle));
    ids_ += count;
  }
  return cursor;
}

absl::StatusOr<FrozenPage> FrozenPages::Open(absl::string_view binding,
                                             absl::string_view cursor) const {
  if (cursor.size() > kCursorBytesMax) return NotOurs();
  const absl::StatusOr<std::string> bytes = crypto::Base64UrlDecode(cursor);
  if (!bytes.ok() || bytes->size() != kHandleBytes + kPageBytes + kMacBytes) return NotOurs();
  const std::string handle = bytes->substr(0, kHandleBytes);
  const uint32_t number = PageNumber(absl::string_view(*bytes).substr(kHandleBytes, kPageBytes));
  if (!crypto::ConstantTimeEqual(Cursor(binding, handle, number), cursor)) return NotOurs();
  std::shared_ptr<const Set> set;
  {
    const MutexLock lock(mutex_);
    const auto found = sets_.find(handle);
    if (found != sets_.end()) set = found->second;
  }
  if (!set || clock_->Now() - set->made > kFrozenTime) return Expired();
  const size_t begin = std::min(set->ids.size(), size_t{number} * set->page_size);
  const size_t end = std::min(set->ids.size(), begin + set->page_size);
  FrozenPage page;
  page.subject = set->subject;
  page.ids.assign(set->ids.begin() + static_cast<ptrdiff_t>(begin),
                  set->ids.begin() + static_cast<ptrdiff_t>(end));
  page.total = set->ids.size();
  if (end < set->ids.size()) page.next = Cursor(binding, handle, number + 1);
  return page;
}

}  // namespace hie::fhir

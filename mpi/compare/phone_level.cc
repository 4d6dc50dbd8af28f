#include "mpi/compare/phone_level.h"

#include <algorithm>

#include "mpi/compare/packed_words.h"
#include "mpi/compare/string_distance.h"

namespace hie::mpi {
namespace {

constexpr size_t kSubscriberDigits = 7;
constexpr size_t kLocalPartBytesMin = 5;
constexpr size_t kEmailFuzzyBytesMin = 8;

absl::string_view Subscriber(absl::string_view phone) {
  return phone.size() <= kSubscriberDigits ? phone : phone.substr(phone.size() - kSubscriberDigits);
}

PhoneLevel ComparePhone(absl::string_view a, absl::string_view b) {
  if (a == b) return PhoneLevel::kExact;
  if (Subscriber(a) == Subscriber(b)) return PhoneLevel::kSubscriber;
  return OneEditApart(a, b) ? PhoneLevel::kOneEdit : PhoneLevel::kDiffers;
}

EmailLevel CompareEmail(absl::string_view a, absl::string_view b) {
  if (a == b) return EmailLevel::kExact;
  const absl::string_view local = a.substr(0, a.find('@'));
  if (local.size() >= kLocalPartBytesMin && local == b.substr(0, b.find('@'))) {
    return EmailLevel::kLocalPart;
  }
  const bool fuzzy = std::min(a.size(), b.size()) >= kEmailFuzzyBytesMin && OneEditApart(a, b);
  return fuzzy ? EmailLevel::kOneEdit : EmailLevel::kDiffers;
}

}  // namespace

ComparedSet<PhoneLevel> ComparePhones(const PackedView& a, const PackedView& b) {
  const PackedHeader& x = a.header();
  const PackedHeader& y = b.header();
  ComparedSet<PhoneLevel> best;
  for (const PackedWord& s : a.words().subspan(x.phone_begin, x.phones)) {
    for (const PackedWord& t : b.words().subspan(y.phone_begin, y.phones)) {
      if (s.muted != 0 || t.muted != 0) continue;
      const PhoneLevel level = ComparePhone(a.text(s), b.text(t));
      best.Offer(level, level == PhoneLevel::kExact ? s.hash : 0);
    }
  }
  return best;
}

ComparedSet<EmailLevel> CompareEmails(const PackedView& a, const PackedView& b) {
  const PackedHeader& x = a.header();
  const PackedHeader& y = b.header();
  ComparedSet<EmailLevel> best;
  for (const PackedWord& s : a.words().subspan(x.email_begin, x.emails)) {
    for (const PackedWord& t : b.words().subspan(y.email_begin, y.emails)) {
      if (s.muted != 0 || t.muted != 0) continue;
      const EmailLevel level = CompareEmail(a.text(s), b.text(t));
      best.Offer(level, level == EmailLevel::kExact ? s.hash : 0);
    }
  }
  return best;
}

}  // namespace hie::mpi

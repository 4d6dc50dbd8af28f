// Matching: two records out of one text, every comparable value of theirs, distances that equal
// their definitions, and keys, comparison and score of the packed pair.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "mpi/block/block_key.h"
#include "mpi/block/sound.h"
#include "mpi/compare/agreement.h"
#include "mpi/compare/naive_distance.h"
#include "mpi/compare/packed_record.h"
#include "mpi/compare/string_distance.h"
#include "mpi/normalize/date_text.h"
#include "mpi/normalize/features.h"
#include "mpi/normalize/full_name.h"
#include "mpi/normalize/nicknames.h"
#include "mpi/normalize/phone.h"
#include "mpi/normalize/text.h"
#include "mpi/score/score.h"

namespace {

namespace mpi = hie::mpi;

constexpr size_t kFields = 14;  // Of one record, a line each.
constexpr size_t kOracleBytesMax = 40;

void Require(bool holds) {
  if (!holds) std::abort();
}

void CheckDistances(absl::string_view a, absl::string_view b) {
  const int similarity = mpi::JaroWinklerPerMille(a, b);
  const int distance = mpi::DamerauDistance(a, b, 3);
  Require(similarity >= 0 && similarity <= 1000);
  Require(similarity == mpi::JaroWinklerPerMille(b, a));
  Require(distance == mpi::DamerauDistance(b, a, 3));
  Require(mpi::OneEditApart(a, b) == (distance == 1));
  Require(mpi::ShareNicknameGroup(a, b) == mpi::ShareNicknameGroup(b, a));
  if (std::max(a.size(), b.size()) > kOracleBytesMax) return;
  const int naive = mpi::NaiveDamerau(a, b);
  Require(distance == std::min(naive, 4));
  Require(mpi::DamerauDistance(a, b, 1000) == naive);
  Require(similarity == mpi::NaiveJaroWinklerPerMille(a, b));
}

void CheckText(absl::string_view text) {
  const std::string folded = mpi::FoldText(text);
  Require(mpi::FoldText(folded) == folded);
  Require(mpi::PhoneticOf(folded).size() <= mpi::kPhoneticBytesMax);
  (void)mpi::SoundOf(folded);
  if (const auto phone = mpi::NormalizePhone(text); phone && (*phone)[0] == '+') {
    Require(mpi::NormalizePhone(*phone) == phone);
  }
  (void)mpi::NormalizePhone(text, "49");
  for (const auto order :
       {mpi::DateOrder::kYearMonthDay, mpi::DateOrder::kDayMonthYear, mpi::DateOrder::kMonthDayYear,
        mpi::DateOrder::kExcelDays, mpi::DateOrder::kAuto}) {
    const mpi::ParsedDate parsed = mpi::ParseDateText(text, order);
    if (!parsed.date) continue;
    const auto again = hie::ParseCivilDate(parsed.date->ToString());
    Require(!parsed.impossible && again.ok() && *again == *parsed.date);
  }
}

hie::Demographics RecordOf(const std::vector<absl::string_view>& fields, size_t begin) {
  const auto field = [&](size_t i) {
    return begin + i < fields.size() ? std::string(fields[begin + i]) : std::string();
  };
  hie::Demographics d;
  d.names = {{"official", field(0), absl::StrSplit(field(1), '|'), field(2)},
             mpi::SplitFullName(field(3))};
  d.birth_date = mpi::ParseDateText(field(4), mpi::DateOrder::kAuto).date;
  d.identifiers = {{"http://hl7.org/fhir/sid/us-ssn", field(5)}, {"2.999.7", field(6)}};
  d.phones = absl::StrSplit(field(7), '|');
  d.emails = {field(8)};
  d.addresses = {{{field(9), field(10)}, field(11), "", field(12)}};
  d.mother_maiden_name = field(13);
  return d;
}

void CheckFolded(const std::string& value) { Require(mpi::FoldText(value) == value); }

mpi::Features CheckRecord(const hie::Demographics& demographics) {
  const mpi::Features features = mpi::Normalize(demographics);
  Require(features == mpi::Normalize(demographics));
  Require(features.names.size() <= mpi::kNamesComparedMax);
  Require(features.phones.size() <= mpi::kPhonesComparedMax);
  for (const mpi::NormalizedName& name : features.names) {
    CheckFolded(name.first);
    for (const std::string& token : name.family) Require(!token.empty());
    Require(mpi::FamilyCore(name).empty() == name.family.empty());
    Require(mpi::JoinedFamily(name).empty() == name.family.empty());
  }
  for (const mpi::NormalizedAddress& address : features.addresses) CheckFolded(address.zip5);
  for (const std::string& ssn : features.ssns) Require(ssn.size() == 9 || ssn.size() == 4);
  return features;
}

void CheckKeys(const mpi::PackedView& record) {
  const std::vector<mpi::BlockKey> keys = mpi::MakeBlockKeys(record);
  Require(std::is_sorted(keys.begin(), keys.end()));
  Require(std::adjacent_find(keys.begin(), keys.end()) == keys.end());
  for (const mpi::BlockKey& key : keys) Require(key.base != 0);
}

void CheckPair(const mpi::Features& a, const mpi::Features& b) {
  const std::string x = mpi::Pack(a);
  const std::string y = mpi::Pack(b);
  Require(x == mpi::Pack(a));
  const mpi::PackedView s(x.data());
  const mpi::PackedView t(y.data());
  Require(s.bytes().size() == x.size());
  CheckKeys(s);
  CheckKeys(t);
  const mpi::Model& model = mpi::DefaultModel();
  const mpi::Agreement there = mpi::Compare(s, t);
  Require(there == mpi::Compare(t, s));
  const mpi::PairScore score = mpi::Score(there, model);
  Require(score == mpi::Score(mpi::Compare(t, s), model));
  int64_t sum = score.household < score.stranger ? model.prior_household : model.prior_stranger;
  for (const mpi::FieldPart& part : mpi::Explain(there, model)) sum += part.weight;
  Require(sum == score.weight());
  (void)mpi::Score(mpi::Compare(s, s), model);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const std::vector<absl::string_view> fields = absl::StrSplit(text, '\n');
  for (size_t i = 0; i < std::min(fields.size(), 2 * kFields); ++i) CheckText(fields[i]);
  for (size_t i = 0; i + kFields < fields.size() && i < kFields; ++i) {
    CheckDistances(fields[i], fields[i + kFields]);
  }
  const mpi::Features a = CheckRecord(RecordOf(fields, 0));
  const mpi::Features b = CheckRecord(RecordOf(fields, kFields));
  CheckDistances(a.names.front().first, b.names.front().first);
  CheckDistances(mpi::JoinedFamily(a.names.front()), mpi::JoinedFamily(b.names.front()));
  CheckPair(a, b);
  CheckPair(a, a);
  return 0;
}

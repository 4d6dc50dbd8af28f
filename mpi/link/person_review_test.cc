#include "mpi/link/person_review.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mpi/normalize/features.h"

namespace hie::mpi {
namespace {

std::string Record(const std::string& ssn, CivilDate birth_date) {
  Demographics d;
  d.names = {{"", "Larssen", {"Fyodor"}, ""}};
  d.birth_date = birth_date;
  if (!ssn.empty()) d.identifiers = {{"http://hl7.org/fhir/sid/us-ssn", ssn}};
  return Pack(Normalize(d));
}

std::optional<PersonDoubt> Doubt(const std::vector<std::string>& packed) {
  std::vector<PackedView> views;
  for (const std::string& record : packed) views.emplace_back(record.data());
  return PersonNeedsReview(views);
}

constexpr CivilDate kBorn{1980, 3, 5};
constexpr CivilDate kSlip{1980, 3, 6};
constexpr CivilDate kFarAway{1951, 11, 23};
constexpr char kSsn[] = "657680341";
constexpr char kSsnSlip[] = "657680342";
constexpr char kOtherSsn[] = "412907655";

TEST(PersonNeedsReviewTest, RecordsOfOnePersonNeedNone) {
  EXPECT_EQ(Doubt({}), std::nullopt);
  EXPECT_EQ(Doubt({Record(kSsn, kBorn)}), std::nullopt);
  EXPECT_EQ(Doubt({Record(kSsn, kBorn), Record("", kSlip), Record(kSsnSlip, kBorn)}), std::nullopt);
}

TEST(PersonNeedsReviewTest, TwoNumbersOrTwoBirthDatesDo) {
  EXPECT_EQ(Doubt({Record(kSsn, kBorn), Record(kOtherSsn, kBorn)}), PersonDoubt::kSeveralSsns);
  EXPECT_EQ(Doubt({Record(kSsn, kBorn), Record("", kFarAway)}), PersonDoubt::kDistantBirthDates);
}

TEST(PersonNeedsReviewTest, TheMorePressingIsSaidWhateverTheOrder) {
  const std::string first = Record(kSsn, kBorn);
  const std::string far_away = Record("", kFarAway);
  const std::string other = Record(kOtherSsn, kBorn);
  EXPECT_EQ(Doubt({first, far_away, other}), PersonDoubt::kSeveralSsns);
  EXPECT_EQ(Doubt({other, first, far_away}), PersonDoubt::kSeveralSsns);
}

TEST(PersonNeedsReviewTest, ManyRecordsDo) {
  std::vector<std::string> records(kPersonRecordsMax, Record(kSsn, kBorn));
  EXPECT_EQ(Doubt(records), std::nullopt);
  records.push_back(records.front());
  EXPECT_EQ(Doubt(records), PersonDoubt::kManyRecords);
}

}  // namespace
}  // namespace hie::mpi

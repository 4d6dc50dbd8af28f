#include "mpi/compare/compact_record.h"

#include <gtest/gtest.h>

#include <random>

#include "mpi/normalize/features.h"

namespace hie::mpi {
namespace {

Features Rich() {
  Demographics d;
  d.names = {{"official", "Garcia Lopez", {"Maria", "Elena"}, "JR"},
             {"maiden", "Soto", {"Maria"}, ""}};
  d.birth_date = CivilDate{1980, 2, 29};
  d.sex = AdministrativeSex::kFemale;
  d.phones = {"906-389-8576", "906-389-0000"};
  d.emails = {"maria@example.org"};
  d.addresses = {{{"52 Williamson Cir Apt 4"}, "Lansing", "MI", "48909"}};
  d.identifiers = {{"http://hl7.org/fhir/sid/us-ssn", "219-09-9998"}, {"2.999.7", "A 17"}};
  d.mother_maiden_name = "Ramirez";
  d.multiple_birth = true;
  d.birth_order = 2;
  return NormalizeRecord({"2.999.1", Phi<std::string>("MRN-77"), 1}, d);
}

std::string Expanded(const std::string& compact) {
  std::string packed;
  EXPECT_TRUE(ExpandRecord(compact, packed).ok());
  return packed;
}

TEST(CompactRecordTest, GivesThePackedRecordAgainByteForByte) {
  for (const Features& features : {Rich(), Features(), Normalize({})}) {
    const std::string packed = Pack(features);
    EXPECT_EQ(Expanded(CompactRecord(PackedView(packed.data()))), packed);
  }
}

TEST(CompactRecordTest, IsSmallerThanThePackedRecord) {
  const std::string packed = Pack(Rich());
  EXPECT_LT(CompactRecord(PackedView(packed.data())).size() * 4, packed.size() * 3);
}

TEST(CompactRecordTest, KeepsWhatTheDetectorMuted) {
  std::string packed = Pack(Rich());
  auto* word = reinterpret_cast<PackedWord*>(packed.data() + sizeof(PackedHeader)) + 1;
  word->muted = 1;
  EXPECT_EQ(Expanded(CompactRecord(PackedView(packed.data()))), packed);
}

TEST(CompactRecordTest, RefusesEveryCutAndSurvivesEveryChangedByte) {
  const std::string packed = Pack(Rich());
  const std::string compact = CompactRecord(PackedView(packed.data()));
  std::string out;
  for (size_t size = 0; size < compact.size(); ++size) {
    EXPECT_FALSE(ExpandRecord(absl::string_view(compact).substr(0, size), out).ok()) << size;
  }
  EXPECT_FALSE(ExpandRecord(compact + "x", out).ok());
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string changed = compact;
    changed[random() % changed.size()] = static_cast<char>(random());
    if (ExpandRecord(changed, out).ok()) {
      EXPECT_EQ(PackedView(out.data()).bytes().size(), out.size());
    }
  }
}

}  // namespace
}  // namespace hie::mpi

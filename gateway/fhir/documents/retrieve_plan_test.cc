#include "gateway/fhir/documents/retrieve_plan.h"

#include <random>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

namespace hie::fhir {
namespace {

TEST(RangeTest, OneRangeIsResolvedAgainstTheWhole) {
  constexpr uint64_t kSize = 100;
  const struct {
    const char* header;
    RangeReading reading;
    uint64_t first;
    uint64_t last;
  } kCases[] = {
      {"bytes=0-9", RangeReading::kPart, 0, 9},
      {"bytes=90-", RangeReading::kPart, 90, 99},
      {"bytes=-10", RangeReading::kPart, 90, 99},
      {"bytes=-1000", RangeReading::kPart, 0, 99},
      {"bytes=99-1000", RangeReading::kPart, 99, 99},
      {"bytes=100-", RangeReading::kUnsatisfiable, 0, 0},
      {"bytes=-0", RangeReading::kUnsatisfiable, 0, 0},
      {"", RangeReading::kWhole, 0, 0},
      {"bytes=0-1,5-6", RangeReading::kWhole, 0, 0},
      {"bytes=9-1", RangeReading::kWhole, 0, 0},
      {"bytes=a-b", RangeReading::kWhole, 0, 0},
      {"bytes=+1-2", RangeReading::kWhole, 0, 0},
      {"items=0-1", RangeReading::kWhole, 0, 0},
      {"bytes=99999999999999999999-", RangeReading::kWhole, 0, 0},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.header);
    ByteRange range;
    EXPECT_EQ(ReadRange(c.header, kSize, range), c.reading);
    if (c.reading != RangeReading::kPart) continue;
    EXPECT_EQ(range.first, c.first);
    EXPECT_EQ(range.last, c.last);
  }
  ByteRange range;
  EXPECT_EQ(ReadRange("bytes=0-9", 0, range), RangeReading::kWhole);
}

TEST(AcceptTest, BytesComeBeforeAResource) {
  const struct {
    const char* accept;
    ContentForm form;
  } kCases[] = {
      {"", ContentForm::kRaw},
      {"*/*", ContentForm::kRaw},
      {"application/pdf", ContentForm::kRaw},
      {"application/*", ContentForm::kRaw},
      {"Application/PDF;q=0.5, text/html", ContentForm::kRaw},
      {"application/fhir+json", ContentForm::kBinaryJson},
      {"application/fhir+xml", ContentForm::kBinaryXml},
      {"application/fhir+json, */*;q=0.1", ContentForm::kBinaryJson},
      {"application/fhir+json, */*", ContentForm::kRaw},
      {"image/png", ContentForm::kNotAcceptable},
      {"application/pdf;q=0", ContentForm::kNotAcceptable},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(ReadContentForm(c.accept, "application/pdf; version=1.7"), c.form) << c.accept;
  }
}

TEST(Base64PartsTest, PartsAreTheWholeHoweverItIsCut) {
  constexpr uint32_t kSeed = 7;
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  for (int round = 0; round < 200; ++round) {
    std::string bytes;
    for (uint32_t i = random() % 50; i > 0; --i) bytes.push_back(static_cast<char>(random()));
    Base64Parts parts;
    std::string text;
    for (size_t at = 0; at < bytes.size();) {
      const size_t size = random() % 5;
      text += parts.Add(absl::string_view(bytes).substr(at, size));
      at += size;
    }
    text += parts.Finish();
    EXPECT_EQ(text, absl::Base64Escape(bytes));
  }
}

}  // namespace
}  // namespace hie::fhir

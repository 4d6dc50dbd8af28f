#include "gateway/cda/pdf_facts.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace hie::cda {
namespace {

std::string Pdf(absl::string_view info) {
  return absl::StrCat("%PDF-1.7\n1 0 obj\n<<", info, ">>\nendobj\ntrailer\n<</Info 1 0 R>>\n%%EOF");
}

TEST(PdfFactsTest, PlainInformationIsRead) {
  const auto facts =
      ReadPdfFacts(Pdf("/Title (Discharge \\(final\\)) /CreationDate (D:20260112095500+01'00')"));
  ASSERT_TRUE(facts.has_value());
  EXPECT_EQ(facts->version, "1.7");
  EXPECT_EQ(facts->title, "Discharge (final)");
  EXPECT_EQ(facts->created, "2026-01-12T09:55:00+01:00");
}

TEST(PdfFactsTest, UniversalTimeAndMissingZonesAreUnderstood) {
  EXPECT_EQ(ReadPdfFacts(Pdf("/CreationDate (D:20260112095500Z)"))->created,
            "2026-01-12T09:55:00Z");
  EXPECT_EQ(ReadPdfFacts(Pdf("/CreationDate (D:20260112095500Z00'00')"))->created,
            "2026-01-12T09:55:00Z");
  EXPECT_EQ(ReadPdfFacts(Pdf("/CreationDate(D:20260112)"))->created, "2026-01-12");
  EXPECT_EQ(ReadPdfFacts(Pdf("/CreationDate (soon)"))->created, "");
}

TEST(PdfFactsTest, TitlesInUtf16AreRead) {
  const std::string utf16("\xFE\xFF\0A\0\xE9", 6);
  EXPECT_EQ(ReadPdfFacts(Pdf(absl::StrCat("/Title (", utf16, ")")))->title, "A\xC3\xA9");
}

TEST(PdfFactsTest, WhatIsNotPlainSaysNothing) {
  EXPECT_EQ(ReadPdfFacts(Pdf("/Encrypt 2 0 R /Title (secret)"))->title, "");
  EXPECT_EQ(ReadPdfFacts(Pdf("/Title 4 0 R"))->title, "");
  EXPECT_EQ(ReadPdfFacts(Pdf("/Title (never closed"))->title, "");
  EXPECT_EQ(ReadPdfFacts(Pdf(absl::StrCat("/Title (", std::string(5'000, 'x'), ")")))->title, "");
}

TEST(PdfFactsTest, OtherContentIsNoPdf) {
  EXPECT_FALSE(ReadPdfFacts("").has_value());
  EXPECT_FALSE(ReadPdfFacts("<html>%PDF").has_value());
  EXPECT_FALSE(ReadPdfFacts(absl::StrCat(std::string(2'000, ' '), "%PDF-1.4")).has_value());
  EXPECT_EQ(ReadPdfFacts("%PDF-x")->version, "");
}

}  // namespace
}  // namespace hie::cda

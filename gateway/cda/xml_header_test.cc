#include "gateway/cda/xml_header.h"

#include <random>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace hie::cda {
namespace {

std::string Nested(int depth) {
  std::string text;
  for (int i = 0; i < depth; ++i) text += "<a>";
  for (int i = 0; i < depth; ++i) text += "</a>";
  return text;
}

struct Refused {
  const char* name;
  std::string text;
};

void PrintTo(const Refused& c, std::ostream* out) { *out << c.name; }

class RefusedXmlTest : public testing::TestWithParam<Refused> {};

TEST_P(RefusedXmlTest, IsInvalid) {
  EXPECT_EQ(CutHeader(GetParam().text).status().code(), absl::StatusCode::kInvalidArgument);
}

INSTANTIATE_TEST_SUITE_P(
    Bombs, RefusedXmlTest,
    testing::Values(Refused{"empty", ""}, Refused{"text", "text"}, Refused{"open", "<a>"},
                    Refused{"crossed", "<a><b></a></b>"}, Refused{"two roots", "<a/><b/>"},
                    Refused{"text behind", "<a/>x"}, Refused{"open tag", "<a"},
                    Refused{"open attribute", "<a b=\"c></a>"},
                    Refused{"open comment", "<a><!-- </a>"},
                    Refused{"open cdata", "<a><![CDATA[ </a>"}, Refused{"end only", "</a>"},
                    Refused{"less-than in a tag", "<a <b></a>"}, Refused{"no name", "< a></a>"},
                    Refused{"doctype", "<!DOCTYPE a><a/>"},
                    Refused{"external entity",
                            "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><x>&e;</x>"},
                    Refused{"billion laughs",
                            "<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;\">]><l>&b;</l>"},
                    Refused{"entity of its own", "<a>&nbsp;</a>"},
                    Refused{"entity in an attribute", "<a b=\"&evil;\"/>"},
                    Refused{"open entity", "<a>&amp</a>"}, Refused{"deep", Nested(kDepthMax + 1)},
                    Refused{"long name", absl::StrCat("<", std::string(300, 'a'), "/>")},
                    Refused{"UTF-16", std::string("\xFF\xFE<\0a\0/\0>\0", 10)},
                    Refused{"UTF-16 without a mark", std::string("\0<\0a\0/\0>", 8)},
                    Refused{"large header",
                            absl::StrCat("<a><t>", std::string(kHeaderBytesMax, 'x'), "</t></a>")},
                    Refused{"large", std::string(kDocumentBytesMax + 1, ' ')}));

TEST(CutHeaderTest, TheDeepestThatIsAllowedIsTaken) {
  EXPECT_TRUE(CutHeader(Nested(kDepthMax)).ok());
}

TEST(CutHeaderTest, TheBodyIsCutOffAndTheRootClosed) {
  const auto header = CutHeader(
      "<?xml version=\"1.0\"?><!-- c --><a x='>'><id/><component><structuredBody><component/>"
      "</structuredBody></component></a>");
  ASSERT_TRUE(header.ok()) << header.status();
  EXPECT_EQ(header->xml, "<?xml version=\"1.0\"?><!-- c --><a x='>'><id/></a>");
  EXPECT_EQ(header->body, BodyKind::kStructured);
}

TEST(CutHeaderTest, AComponentOfSomethingElseIsNotTheBody) {
  const auto header = CutHeader("<a><b><component><nonXMLBody/></component></b><c/></a>");
  ASSERT_TRUE(header.ok()) << header.status();
  EXPECT_EQ(header->xml, "<a><b><component><nonXMLBody/></component></b><c/></a>");
  EXPECT_EQ(header->body, BodyKind::kNone);
}

TEST(CutHeaderTest, ALargeBodyCostsNoTree) {
  const auto header =
      CutHeader(absl::StrCat("<a><id/><component><nonXMLBody>", std::string(8 << 20, 'A'),
                             "</nonXMLBody></component></a>"));
  ASSERT_TRUE(header.ok()) << header.status();
  EXPECT_EQ(header->xml, "<a><id/></a>");
}

// Total: any bytes give an answer.  The seed is printed by the trace.
TEST(CutHeaderTest, RandomMarkupNeverBreaksIt) {
  constexpr uint32_t kSeed = 20260115;
  SCOPED_TRACE(kSeed);
  std::mt19937 random(kSeed);
  constexpr absl::string_view kPieces[] = {
      "<", ">",    "/",   "a",  "<a>", "</a>",      "\"",  "'",   "=",    "&", "&#1",
      ";", "<!--", "-->", "<?", "?>",  "<![CDATA[", "]]>", "<!D", "\xff", " ", "component"};
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (uint32_t i = random() % 30; i > 0; --i) {
      absl::StrAppend(&text, kPieces[random() % std::size(kPieces)]);
    }
    const auto header = CutHeader(text);
    if (!header.ok()) continue;
    EXPECT_LE(header->xml.size(), text.size() + 300);
  }
}

}  // namespace
}  // namespace hie::cda

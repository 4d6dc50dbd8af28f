#include "gateway/fetch/url.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace hie::fetch {
namespace {

TEST(UrlTest, TakesHttpsApart) {
  const auto url = ParseUrl("https://North.Example:8443/fhir/Patient?a=b%7Cc");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->host, "north.example");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->target, "/fhir/Patient?a=b%7Cc");
  EXPECT_EQ(ParseUrl("https://[::1]:7/x")->Authority(), "[::1]:7");
  EXPECT_EQ(ParseUrl("https://a?b")->target, "/?b");
}

TEST(UrlTest, RefusesWhatCouldLeadElsewhere) {
  for (const char* text :
       {"http://a/", "ftp://a/", "https://", "https:///x", "https://user@a/", "https://a b/",
        "https://a/\\b", "https://a/#f", "https://a:0/", "https://a:99999/", "https://a:x/",
        "https://[::1/x", "https://a_b/", "//a/b", ""}) {
    EXPECT_FALSE(ParseUrl(text).ok()) << text;
  }
}

TEST(UrlTest, ResolvesReferencesBelowTheBase) {
  const Url base = *ParseUrl("https://a/fhir");
  EXPECT_EQ(ResolveUrl(base, "Binary/1")->Text(), "https://a:443/fhir/Binary/1");
  EXPECT_EQ(ResolveUrl(base, "/other")->Text(), "https://a:443/other");
  EXPECT_EQ(ResolveUrl(base, "https://b/x")->Text(), "https://b:443/x");
  EXPECT_FALSE(ResolveUrl(base, "//b/x").ok());
  EXPECT_FALSE(ResolveUrl(base, "http://b/x").ok());
}

TEST(UrlTest, EncodesValues) { EXPECT_EQ(EncodeQueryValue("urn:a|b c&d"), "urn:a%7Cb%20c%26d"); }

}  // namespace
}  // namespace hie::fetch

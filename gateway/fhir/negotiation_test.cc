#include "gateway/fhir/negotiation.h"

#include <gtest/gtest.h>

#include "gateway/fhir/outcome.h"

namespace hie::fhir {
namespace {

Interaction Row(const char* resource = "Patient") {
  Interaction row;
  row.kind = InteractionKind::kRead;
  row.resource = resource;
  return row;
}

http::Request With(http::Headers headers, std::string query = "", std::string body = "") {
  http::Request request;
  request.headers = std::move(headers);
  request.query = std::move(query);
  request.body = std::move(body);
  return request;
}

struct AcceptCase {
  const char* accept;
  const char* query;
  int status;  // 0: acceptable.
  Format format;
};

TEST(NegotiationTest, TheBestAcceptedFormatIsChosen) {
  const AcceptCase cases[] = {
      {"", "", 0, Format::kJson},
      {"*/*", "", 0, Format::kJson},
      {"application/fhir+json", "", 0, Format::kJson},
      {"application/json;charset=utf-8", "", 0, Format::kJson},
      {"text/html, application/fhir+xml;q=0.9, */*;q=0.1", "", 0, Format::kXml},
      {"application/fhir+json;q=0.1, application/fhir+xml", "", 0, Format::kXml},
      {"application/fhir+xml; fhirVersion=4.0", "", 0, Format::kXml},
      {"application/fhir+json; fhirVersion=3.0", "", 406, Format::kJson},
      {"text/html", "", 406, Format::kJson},
      {"application/fhir+json;q=0", "", 406, Format::kJson},
      {"application/fhir+json;q=nan, application/fhir+xml;q=0.1", "", 0, Format::kXml},
      {"application/fhir+json;q=nan", "", 406, Format::kJson},
      {"text/html", "_format=json", 0, Format::kJson},
      {"application/fhir+json", "_format=xml", 0, Format::kXml},
      {"", "_format=application/fhir+xml", 0, Format::kXml},
      {"", "_format=application%2Ffhir%2Bjson", 0, Format::kJson},
      {"", "_format=html", 406, Format::kJson},
  };
  for (const AcceptCase& c : cases) {
    const auto wishes = ReadWishes(With({{"Accept", c.accept}}, c.query), Row());
    EXPECT_EQ(wishes.ok() ? 0 : wishes.failure->http_status, c.status) << c.accept << c.query;
    if (wishes.ok()) {
      EXPECT_EQ(wishes.value.format, c.format) << c.accept << c.query;
    }
  }
}

TEST(NegotiationTest, ADocumentMayBeAcceptedAsWhatItIs) {
  EXPECT_TRUE(ReadWishes(With({{"Accept", "application/pdf"}}), Row("Binary")).ok());
}

TEST(NegotiationTest, PreferencesAreRead) {
  const auto wishes = ReadWishes(With({{"Prefer", "return=OperationOutcome; wait=5"},
                                       {"prefer", "handling=strict, respond-async"}}),
                                 Row());
  ASSERT_TRUE(wishes.ok());
  EXPECT_EQ(wishes.value.preference, ReturnPreference::kOperationOutcome);
  EXPECT_EQ(wishes.value.handling, Handling::kStrict);
  EXPECT_TRUE(wishes.value.respond_async);
}

TEST(NegotiationTest, TheBudgetIsTheCallersWithinBounds) {
  const auto budget = [](http::Headers headers) {
    return ReadWishes(With(std::move(headers)), Row()).value.budget;
  };
  EXPECT_EQ(budget({}), kBudgetDefault);
  EXPECT_EQ(budget({{"HIE-Deadline-Ms", "2500"}}), absl::Milliseconds(2500));
  EXPECT_EQ(budget({{"HIE-Deadline-Ms", "1"}}), kBudgetMin);
  EXPECT_EQ(budget({{"HIE-Deadline-Ms", "9999999"}}), kBudgetMax);
  EXPECT_EQ(budget({{"HIE-Deadline-Ms", "soon"}}), kBudgetDefault);
  EXPECT_EQ(budget({{"grpc-timeout", "3S"}}), absl::Seconds(3));
  EXPECT_EQ(budget({{"grpc-timeout", "3S"}, {"HIE-Deadline-Ms", "500"}}), absl::Milliseconds(500));
}

struct BodyCase {
  const char* type;
  int status;
  BodyKind kind;
};

TEST(NegotiationTest, BodiesAreReadByTheirMediaType) {
  const BodyCase cases[] = {
      {"application/fhir+json", 0, BodyKind::kJson},
      {"application/json; charset=UTF-8", 0, BodyKind::kJson},
      {"application/fhir+xml;fhirVersion=4.0", 0, BodyKind::kXml},
      {"application/x-www-form-urlencoded", 0, BodyKind::kForm},
      {"application/fhir+json;charset=latin1", 415, BodyKind::kNone},
      {"application/fhir+json;fhirVersion=5.0", 415, BodyKind::kNone},
      {"application/json-patch+json", 415, BodyKind::kNone},
      {"*/*", 415, BodyKind::kNone},
      {"json", 415, BodyKind::kNone},
      {"", 415, BodyKind::kNone},
  };
  for (const BodyCase& c : cases) {
    const auto kind = ReadBodyKind(With({{"Content-Type", c.type}}, "", "{}"));
    EXPECT_EQ(kind.ok() ? 0 : kind.failure->http_status, c.status) << c.type;
    if (kind.ok()) {
      EXPECT_EQ(kind.value, c.kind) << c.type;
    }
  }
  EXPECT_FALSE(
      ReadBodyKind(
          With({{"Content-Type", "application/json"}, {"Content-Encoding", "gzip"}}, "", "{}"))
          .ok());
  EXPECT_EQ(ReadBodyKind(With({})).value, BodyKind::kNone);
}

TEST(NegotiationTest, EntityTagsAreVersions) {
  EXPECT_EQ(EntityTagVersion("W/\"3\""), "3");
  EXPECT_EQ(EntityTagVersion(" \"3\" "), "3");
  EXPECT_EQ(EntityTagVersion("*"), std::nullopt);
  EXPECT_EQ(EntityTagVersion("\"\""), std::nullopt);
  EXPECT_EQ(WeakEntityTag("3"), "W/\"3\"");
}

TEST(OutcomeTest, EveryStatusHasItsPlaceInTheCatalogue) {
  const std::pair<absl::StatusCode, int> cases[] = {
      {absl::StatusCode::kInvalidArgument, 400},
      {absl::StatusCode::kUnauthenticated, 401},
      {absl::StatusCode::kPermissionDenied, 403},
      {absl::StatusCode::kNotFound, 404},
      {absl::StatusCode::kAlreadyExists, 409},
      {absl::StatusCode::kAborted, 412},
      {absl::StatusCode::kFailedPrecondition, 422},
      {absl::StatusCode::kInternal, 500},
      {absl::StatusCode::kUnknown, 500},
      {absl::StatusCode::kUnimplemented, 501},
      {absl::StatusCode::kDataLoss, 502},
      {absl::StatusCode::kUnavailable, 503},
      {absl::StatusCode::kResourceExhausted, 503},
      {absl::StatusCode::kDeadlineExceeded, 504},
  };
  for (const auto& [code, status] : cases) {
    const Failure failure = FromStatus(absl::Status(code, "Ana Moreau"));
    EXPECT_EQ(failure.http_status, status);
    ASSERT_EQ(failure.issues.size(), 1U);
    EXPECT_EQ(failure.issues[0].text.find("Moreau"), std::string::npos);
  }
  EXPECT_EQ(FromStatus(absl::FailedPreconditionError("identity-split")).http_status, 410);
  // What moved under a read is asked again: no precondition was named.
  const Failure moved = FromStatus(absl::AbortedError("consent or identity changed; ask again"));
  EXPECT_EQ(moved.http_status, 503);
  EXPECT_GT(moved.retry_after_seconds, 0);
}

}  // namespace
}  // namespace hie::fhir

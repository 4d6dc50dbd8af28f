#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gateway/fhir/patients/patient_interactions.h"
#include "gateway/fhir/patients/patient_sample.h"
#include "gateway/fhir/patients/sample_shape.h"
#include "gateway/fhir/testing/test_call.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/common/json/reader.h"
#include "services/common/json/writer.h"

namespace hie::fhir {
namespace {

using exchange::v1::ExchangeService;
using exchange::v1::PatientView;
using testing::AnaMoreau;
using testing::AnaView;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::LocalId;
using testing::Missing;
using testing::Sample;

#define SKIP_WITHOUT(sample) \
  if ((sample).IsNull()) GTEST_SKIP() << "../shared/data/handmade is absent: NOT CHECKED"

class PatientsTest : public ::testing::Test {
 protected:
  // The exchange answers every search with these.
  void Found(std::vector<PatientView> views) {
    world_.exchange().On<ExchangeService::SearchPatients>(
        [views = std::move(views)](const exchange::v1::SearchPatientsRequest& request)
            -> absl::StatusOr<exchange::v1::SearchPatientsResponse> {
          exchange::v1::SearchPatientsResponse response;
          for (const PatientView& view : views) {
            const mpi::v1::PersonCondition& first = request.conditions(0);
            const bool by_eid = first.field() == mpi::v1::PERSON_FIELD_EID;
            const bool wanted = !by_eid || std::find(first.values().begin(), first.values().end(),
                                                     view.eid()) != first.values().end();
            if (wanted) *response.add_patients() = view;
          }
          return response;
        });
  }
  exchange::v1::SearchPatientsRequest Asked() {
    return world_.exchange().Requests<ExchangeService::SearchPatients>().back();
  }
  static std::string Text(const json::Value& value, absl::string_view pointer) {
    const json::Value* found = value.At(pointer);
    return found == nullptr ? "(absent)" : std::string(found->text());
  }

  testing::TestWorld world_{PatientInteractions(), testing::SampleMembers()};
};

// --- ITI-78 -----------------------------------------------------------------------------------

TEST_F(PatientsTest, SearchAnswersAsTheSample) {
  const json::Value sample = Sample("iti78-response.json");
  SKIP_WITHOUT(sample);
  Found({AnaView()});
  const auto call =
      world_.Get("/Patient?family=Moreau&birthdate=1961-04-02&identifier=urn:oid:2.999.1.10.1%7C");
  EXPECT_EQ(call->status(), 200);
  // The sample's instant has no milliseconds.
  EXPECT_THAT(Missing(sample, call->resource(), {"url", "lastUpdated"}), IsEmpty());
  EXPECT_EQ(Text(call->resource(), "/entry/0/resource/meta/lastUpdated"),
            "2026-01-10T08:15:02.000Z");
}

TEST_F(PatientsTest, SearchTranslatesEveryParameter) {
  Found({});
  world_.Get(
      "/Patient?family=Mor,Mer&family:exact=Moreau&given:contains=an&birthdate=ge1960&gender=female"
      "&address-city=X&telecom=phone%7C555&mothersMaidenName=Y&identifier=urn:oid:2.999.1.10.1%7CN-"
      "1"
      "&identifier=urn:oid:2.999.1.20.1%7C&_lastUpdated=lt2026-01-01T00:00:00Z&active=true");
  const exchange::v1::SearchPatientsRequest request = Asked();
  ASSERT_EQ(request.conditions_size(), 10);
  EXPECT_THAT(request.conditions(0).values(), ElementsAre("Mor", "Mer"));
  EXPECT_EQ(request.conditions(1).match(), mpi::v1::TEXT_MATCH_EXACT);
  EXPECT_EQ(request.conditions(2).match(), mpi::v1::TEXT_MATCH_CONTAINS);
  EXPECT_EQ(request.conditions(3).ranges(0).from(), "1960-01-01");
  EXPECT_EQ(request.conditions(3).ranges(0).to(), "");
  EXPECT_THAT(request.conditions(4).values(), ElementsAre("female"));
  EXPECT_THAT(request.conditions(6).values(), ElementsAre("555"));
  EXPECT_EQ(request.conditions(7).field(), mpi::v1::PERSON_FIELD_MOTHER_MAIDEN_NAME);
  EXPECT_THAT(request.conditions(8).values(), ElementsAre("2.999.1.10.1|N-1"));
  EXPECT_EQ(request.conditions(9).ranges(0).to(), "1767225600000000");
  EXPECT_THAT(request.domains(), ElementsAre("2.999.1.20.1"));
  EXPECT_TRUE(request.include_replaced());
}

struct BirthCase {
  std::string value;
  std::vector<std::pair<std::string, std::string>> ranges;
};
void PrintTo(const BirthCase& c, std::ostream* out) { *out << c.value; }

class BirthDateTest : public PatientsTest, public ::testing::WithParamInterface<BirthCase> {};

TEST_P(BirthDateTest, PrefixIsARange) {
  Found({});
  world_.Get("/Patient?family=x&birthdate=" + GetParam().value);
  std::vector<std::pair<std::string, std::string>> ranges;
  const exchange::v1::SearchPatientsRequest request = Asked();
  for (const auto& range : request.conditions(1).ranges()) {
    ranges.emplace_back(range.from(), range.to());
  }
  EXPECT_EQ(ranges, GetParam().ranges);
}

INSTANTIATE_TEST_SUITE_P(
    Prefixes, BirthDateTest,
    ::testing::Values(
        BirthCase{"1961-04-02", {{"1961-04-02", "1961-04-03"}}},
        BirthCase{"1961-04", {{"1961-04-01", "1961-05-01"}}},
        BirthCase{"eq1961", {{"1961-01-01", "1962-01-01"}}},
        BirthCase{"ne1961", {{"", "1961-01-01"}, {"1962-01-01", ""}}},
        BirthCase{"lt1961", {{"", "1961-01-01"}}}, BirthCase{"le1961", {{"", "1962-01-01"}}},
        BirthCase{"gt1961", {{"1962-01-01", ""}}}, BirthCase{"ge1961", {{"1961-01-01", ""}}},
        BirthCase{"1961,1963", {{"1961-01-01", "1962-01-01"}, {"1963-01-01", "1964-01-01"}}}));

struct RefusedSearch {
  std::string query;
  int status;
  std::string code;
};
void PrintTo(const RefusedSearch& c, std::ostream* out) { *out << c.query; }

class RefusedSearchTest : public PatientsTest,
                          public ::testing::WithParamInterface<RefusedSearch> {};

TEST_P(RefusedSearchTest, IsNotAsked) {
  Found({AnaView()});
  const auto call = world_.Get("/Patient?" + GetParam().query);
  EXPECT_EQ(call->status(), GetParam().status);
  EXPECT_EQ(Text(call->resource(), "/issue/0/code"), GetParam().code);
  EXPECT_EQ(world_.exchange().calls(), 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Searches, RefusedSearchTest,
    ::testing::Values(RefusedSearch{"birthdate=yesterday", 400, "value"},
                      RefusedSearch{"birthdate=1961-04-02T10:00:00Z", 400, "value"},
                      RefusedSearch{"gender=lady", 400, "code-invalid"},
                      RefusedSearch{"active=maybe", 400, "value"},
                      RefusedSearch{"identifier=urn:oid:2.999.77%7C", 404, "not-found"},
                      RefusedSearch{"identifier=urn:oid:2.999.1.10.1%7C,urn:oid:2.999.1.10.1%7CN-1",
                                    400, "value"},
                      RefusedSearch{"identifier=urn:oid:2.999.1.10.1%7C", 400, "too-costly"},
                      RefusedSearch{"", 400, "too-costly"}));

TEST_F(PatientsTest, UnknownDomainIsTheSample) {
  const json::Value sample = Sample("iti78-unknown-domain.json");
  SKIP_WITHOUT(sample);
  const auto call = world_.Get("/Patient?family=x&identifier=urn:oid:2.999.77%7C");
  EXPECT_EQ(call->status(), 404);
  EXPECT_THAT(Missing(sample, call->resource()), IsEmpty());
}

TEST_F(PatientsTest, TooLittleIs400AndTooManyIsAnEmpty200) {
  exchange::v1::SearchPatientsResponse response;
  response.set_too_costly(true);
  world_.exchange().On<ExchangeService::SearchPatients>([&](const auto&) { return response; });
  EXPECT_EQ(world_.Get("/Patient?family=M")->status(), 400);
  response.Clear();
  response.set_too_many(true);
  const auto call = world_.Get("/Patient?family=M&given=A");
  EXPECT_EQ(call->status(), 200);
  EXPECT_EQ(call->resource().Find("total")->integer(), 0);
  EXPECT_EQ(Text(call->resource(), "/entry/0/resource/issue/0/code"), "too-costly");
  EXPECT_EQ(Text(call->resource(), "/entry/0/search/mode"), "outcome");
}

TEST_F(PatientsTest, ReplacedPersonIsTheSample) {
  const json::Value sample = Sample("iti78-replaced.json");
  SKIP_WITHOUT(sample);
  PatientView replaced;
  replaced.set_eid("p-3");
  replaced.set_replaced_by_eid("p-7");
  Found({replaced, AnaView()});
  const auto call = world_.Get("/Patient?_id=p-3");
  // The sample's given names are fewer.
  EXPECT_THAT(Missing(sample, call->resource()), IsEmpty());
  EXPECT_EQ(call->resource().Each("entry").size(), 2u);
}

// As the exchange answers: who replaces comes in the same answer, and is no match of its own.
TEST_F(PatientsTest, WhoReplacesIsIncludedOnce) {
  world_.exchange().On<ExchangeService::SearchPatients>([](const auto&) {
    exchange::v1::SearchPatientsResponse response;
    exchange::v1::PatientView* replaced = response.add_patients();
    replaced->set_eid("p-3");
    replaced->set_replaced_by_eid("p-7");
    *response.add_patients() = AnaView();
    return response;
  });
  const json::Value bundle = world_.Get("/Patient?_id=p-3")->resource();
  EXPECT_EQ(bundle.Find("total")->integer(), 1);
  ASSERT_EQ(bundle.Each("entry").size(), 2u);
  EXPECT_EQ(Text(bundle, "/entry/1/search/mode"), "include");
  EXPECT_EQ(world_.exchange().calls(), 1u);
  EXPECT_EQ(Text(world_.Get("/Patient/p-3")->resource(), "/link/0/other/reference"), "Patient/p-7");
}

TEST_F(PatientsTest, IdThatWasMergedAwayFindsThePersonWithALink) {
  world_.exchange().On<ExchangeService::SearchPatients>([](const auto&) {
    exchange::v1::SearchPatientsResponse response;
    exchange::v1::PatientView* merged = response.add_patients();
    merged->set_eid("p-7");
    *merged->add_identifiers() = LocalId("2.999.1.10.1", "N-0877");
    *merged->mutable_replaced_by() = LocalId("2.999.1.10.1", "N-1001");
    *response.add_patients() = AnaView();
    return response;
  });
  const json::Value bundle =
      world_.Get("/Patient?identifier=urn:oid:2.999.1.10.1%7CN-0877")->resource();
  ASSERT_EQ(bundle.Each("entry").size(), 1u);
  EXPECT_EQ(Text(bundle, "/entry/0/resource/identifier/1/use"), "old");
  EXPECT_EQ(Text(bundle, "/entry/0/resource/link/0/type"), "replaces");
  EXPECT_EQ(Text(bundle, "/entry/0/resource/link/0/other/identifier/value"), "N-0877");
  EXPECT_EQ(bundle.At("/entry/0/resource/active")->boolean(), true);
}

TEST_F(PatientsTest, GetEqualsPost) {
  Found({AnaView()});
  const auto get = world_.Get("/Patient?family=Moreau&birthdate=1961-04-02");
  const auto post =
      world_.Send(http::Method::kPost, "/Patient/_search", "family=Moreau&birthdate=1961-04-02");
  EXPECT_EQ(json::Write(get->resource()), json::Write(post->resource()));
}

TEST_F(PatientsTest, PagesAreFrozenAndAskedForAgain) {
  std::vector<PatientView> views;
  for (const char* eid : {"a", "b", "c"}) {
    views.push_back(AnaView());
    views.back().set_eid(eid);
  }
  Found(views);
  const auto first = world_.Get("/Patient?family=M&given=A&_count=2");
  EXPECT_EQ(first->resource().Find("total")->integer(), 3);
  EXPECT_EQ(first->resource().Each("entry").size(), 2u);
  const std::string next = Text(first->resource(), "/link/1/url");
  ASSERT_TRUE(absl::StartsWith(next, testing::TestWorld::kBaseUrl));
  const std::string target = next.substr(std::string(testing::TestWorld::kBaseUrl).size());
  const auto second = world_.Get(target);
  EXPECT_EQ(Text(second->resource(), "/entry/0/resource/id"), "c");
  EXPECT_EQ(second->resource().Each("link").size(), 1u);
  EXPECT_THAT(Asked().conditions(0).values(), ElementsAre("c"));
  // Another client's, another query's, an old one.
  EXPECT_EQ(
      world_.Get("/Patient?family=X&given=A&_page=" + target.substr(target.find("_page=") + 6))
          ->status(),
      400);
  world_.clock().Advance(absl::Hours(2));
  EXPECT_EQ(world_.Get(target)->status(), 410);
}

TEST_F(PatientsTest, ForeignRecordNumbersOfDemographicsAreNotShown) {
  PatientView view = AnaView();
  auto* foreign = view.mutable_demographics()->add_identifiers();
  foreign->set_system("2.999.1.20.1");
  foreign->set_value("L-55");
  auto* licence = view.mutable_demographics()->add_identifiers();
  licence->set_system("http://licences.example");
  licence->set_value("D-1");
  Found({view});
  const std::string text = json::Write(world_.Get("/Patient?_id=p-7")->resource());
  EXPECT_FALSE(absl::StrContains(text, "L-55"));
  EXPECT_TRUE(absl::StrContains(text, "D-1"));
}

TEST_F(PatientsTest, ReadHasValidatorsAndKnowsThem) {
  Found({AnaView()});
  const auto call = world_.Get("/Patient/p-7");
  EXPECT_EQ(call->status(), 200);
  EXPECT_EQ(call->answer()->headers.Get("ETag"), "W/\"4\"");
  EXPECT_EQ(call->answer()->headers.Get("Last-Modified"), "Sat, 10 Jan 2026 08:15:02 GMT");
  const auto again =
      world_.Send(http::Method::kGet, "/Patient/p-7", "", {{"If-None-Match", "W/\"4\""}});
  EXPECT_EQ(again->status(), 304);
  EXPECT_TRUE(again->resource().IsNull());
}

TEST_F(PatientsTest, UnknownAndHiddenReadAlike) {
  Found({});
  const auto unknown = world_.Get("/Patient/p-9");
  EXPECT_EQ(unknown->status(), 404);
  world_.exchange().On<ExchangeService::SearchPatients>(
      [](const auto&) { return absl::NotFoundError("subject: unknown"); });
  const auto hidden = world_.Get("/Patient/p-7");
  EXPECT_EQ(hidden->status(), 404);
  json::Value a = unknown->failure()->issues.front().text.empty()
                      ? json::Value()
                      : OutcomeResource(unknown->failure()->issues, "");
  EXPECT_EQ(json::Write(a), json::Write(OutcomeResource(hidden->failure()->issues, "")));
}

TEST_F(PatientsTest, SplitPersonIsGone) {
  world_.exchange().On<ExchangeService::SearchPatients>([](const auto&) {
    exchange::v1::SearchPatientsResponse response;
    response.add_split_eids("p-7");
    return response;
  });
  const auto gone = world_.Get("/Patient/p-7");
  EXPECT_EQ(gone->status(), 410);
  const json::Value outcome = OutcomeResource(gone->failure()->issues, "");
  EXPECT_TRUE(absl::StrContains(json::Write(outcome), "identity-split"));
  // A search for it finds nobody, as for any id that is not in use.
  EXPECT_EQ(world_.Get("/Patient?_id=p-7")->resource().Find("total")->integer(), 0);
}

TEST_F(PatientsTest, DeathIsShownAsOneSourcesClaim) {
  PatientView view = AnaView();
  view.mutable_demographics()->set_deceased(true);
  Found({view});
  const json::Value patient = world_.Get("/Patient/p-7")->resource();
  EXPECT_EQ(patient.Find("deceasedBoolean")->boolean(), true);
  EXPECT_EQ(Text(patient, "/_deceasedBoolean/extension/0/url"),
            "https://hie.example/fhir/StructureDefinition/one-source-claim");
}

// --- ITI-119 ----------------------------------------------------------------------------------

class MatchTest : public PatientsTest {
 protected:
  void Candidates(std::vector<std::pair<std::string, int32_t>> persons,
                  exchange::v1::MatchGrade first) {
    world_.exchange().On<ExchangeService::FindPatients>([=](const auto&) {
      exchange::v1::FindPatientsResponse response;
      for (const auto& [eid, weight] : persons) {
        exchange::v1::FoundPerson* person = response.add_persons();
        person->set_weight_millibits(weight);
        person->set_grade(response.persons_size() == 1 ? first
                                                       : exchange::v1::MATCH_GRADE_POSSIBLE);
        *person->mutable_patient() = AnaView();
        person->mutable_patient()->set_eid(eid);
      }
      return response;
    });
  }
  std::string Ask(bool only_certain, int count = 5) {
    return absl::StrCat(
        R"({"resourceType":"Parameters","parameter":[{"name":"resource","resource":)"
        R"({"resourceType":"Patient","name":[{"family":"Moreau"}],"birthDate":"1961-04-02"}},)"
        R"({"name":"onlyCertainMatches","valueBoolean":)",
        only_certain ? "true" : "false", R"(},{"name":"count","valueInteger":)", count, "}]}");
  }
};

TEST_F(MatchTest, RequestSampleGivesResponseSample) {
  const json::Value request = Sample("iti119-request.json");
  const json::Value response = Sample("iti119-response.json");
  SKIP_WITHOUT(request);
  world_.exchange().On<ExchangeService::FindPatients>([](const auto& asked) {
    EXPECT_EQ(asked.demographics().names(0).given(0), "Anna");
    EXPECT_EQ(asked.demographics().phones(0), "+1-555-0100");
    exchange::v1::FindPatientsResponse found;
    auto* first = found.add_persons();
    first->set_weight_millibits(26'000);
    first->set_grade(exchange::v1::MATCH_GRADE_PROBABLE);
    *first->mutable_patient() = AnaView();
    auto* second = found.add_persons();
    second->set_weight_millibits(9'000);
    second->set_grade(exchange::v1::MATCH_GRADE_POSSIBLE);
    second->mutable_patient()->set_eid("p-19");
    second->mutable_patient()->set_active(true);
    auto* name = second->mutable_patient()->mutable_demographics()->add_names();
    name->set_family("Moreau");
    name->add_given("Anne");
    second->mutable_patient()->mutable_demographics()->set_birth_date("1961-02-04");
    second->mutable_patient()->mutable_demographics()->set_sex(
        common::v1::ADMINISTRATIVE_SEX_FEMALE);
    return found;
  });
  const auto call = world_.Post("/Patient/$match", json::Write(request));
  EXPECT_EQ(call->status(), 200);
  EXPECT_THAT(Missing(response, call->resource(), {"score"}), IsEmpty());
}

TEST_F(MatchTest, TheScoreFollowsTheGradeAlone) {
  Candidates({{"a", 60'000}, {"b", 20'000}, {"c", 0}}, exchange::v1::MATCH_GRADE_CERTAIN);
  const json::Value bundle = world_.Post("/Patient/$match", Ask(false))->resource();
  ASSERT_EQ(bundle.Each("entry").size(), 3u);
  EXPECT_EQ(bundle.At("/entry/0/search/score")->lexeme(), "1.0000");
  EXPECT_EQ(bundle.At("/entry/1/search/score")->lexeme(), "0.5000");
  EXPECT_EQ(bundle.At("/entry/2/search/score")->lexeme(), "0.5000");
}

TEST_F(MatchTest, EveryGradeOfTheIndexHasItsWord) {
  for (const auto& [grade, word, score] :
       {std::tuple(exchange::v1::MATCH_GRADE_CERTAIN, "certain", "1.0000"),
        std::tuple(exchange::v1::MATCH_GRADE_PROBABLE, "probable", "0.8000"),
        std::tuple(exchange::v1::MATCH_GRADE_POSSIBLE, "possible", "0.5000"),
        std::tuple(exchange::v1::MATCH_GRADE_CERTAINLY_NOT, "certainly-not", "0.0000")}) {
    Candidates({{"a", 1'000}}, grade);
    const json::Value bundle = world_.Post("/Patient/$match", Ask(false))->resource();
    EXPECT_EQ(Text(bundle, "/entry/0/search/extension/0/valueCode"), word);
    EXPECT_EQ(bundle.At("/entry/0/search/score")->lexeme(), score);
  }
}

TEST_F(MatchTest, OnlyCertainIsNeverTheBestOfSeveral) {
  const json::Value sample = Sample("iti119-warning.json");
  Candidates({{"a", 30'000}, {"b", 28'000}}, exchange::v1::MATCH_GRADE_PROBABLE);
  const json::Value bundle = world_.Post("/Patient/$match", Ask(true))->resource();
  EXPECT_EQ(bundle.Find("total")->integer(), 0);
  SKIP_WITHOUT(sample);
  EXPECT_THAT(Missing(sample, bundle), IsEmpty());
}

TEST_F(MatchTest, OnlyCertainKeepsTheOneThatIs) {
  Candidates({{"a", 40'000}, {"b", 20'000}}, exchange::v1::MATCH_GRADE_CERTAIN);
  const json::Value bundle = world_.Post("/Patient/$match", Ask(true))->resource();
  EXPECT_EQ(bundle.Find("total")->integer(), 1);
  EXPECT_EQ(Text(bundle, "/entry/0/search/extension/0/valueCode"), "certain");
}

TEST_F(MatchTest, CountKeepsTheBestAndSaysSo) {
  Candidates({{"b", 40'000}, {"a", 10'000}}, exchange::v1::MATCH_GRADE_POSSIBLE);
  const json::Value bundle = world_.Post("/Patient/$match", Ask(false, 1))->resource();
  EXPECT_EQ(bundle.Find("total")->integer(), 1);
  EXPECT_EQ(Text(bundle, "/entry/0/resource/id"), "b");
  EXPECT_EQ(Text(bundle, "/entry/1/search/mode"), "outcome");
}

TEST_F(MatchTest, TooLittleIsTheSample) {
  const json::Value sample = Sample("iti119-error.json");
  const auto call =
      world_.Post("/Patient/$match",
                  R"({"resourceType":"Parameters","parameter":[{"name":"resource","resource":)"
                  R"({"resourceType":"Patient","name":[{"family":"Moreau"}]}}]})");
  EXPECT_EQ(call->status(), 400);
  SKIP_WITHOUT(sample);
  EXPECT_THAT(Missing(sample, call->resource()), IsEmpty());
}

TEST_F(MatchTest, BarePatientWithAnIdentifierNamesItsHolder) {
  Found({AnaView()});
  const auto call = world_.Post(
      "/Patient/$match",
      R"({"resourceType":"Patient","identifier":[{"system":"urn:oid:2.999.1.10.1","value":"N-1001"}]})");
  EXPECT_EQ(Text(call->resource(), "/entry/0/search/extension/0/valueCode"), "certain");
  EXPECT_THAT(Asked().conditions(0).values(), ElementsAre("2.999.1.10.1|N-1001"));
  const auto other = world_.Post(
      "/Patient/$match", R"({"resourceType":"Patient","birthDate":"1999-01-01","identifier":)"
                         R"([{"system":"urn:oid:2.999.1.10.1","value":"N-1001"}]})");
  EXPECT_EQ(Text(other->resource(), "/entry/0/search/extension/0/valueCode"), "possible");
}

TEST_F(MatchTest, FaultsNameTheElementAndNotItsValue) {
  const auto call = world_.Post(
      "/Patient/$match",
      R"({"resourceType":"Patient","name":[{"family":"Moreau"}],"birthDate":"2.4.1961"})");
  EXPECT_EQ(call->status(), 400);
  EXPECT_EQ(Text(call->resource(), "/issue/0/expression/0"), "Patient.birthDate");
  EXPECT_FALSE(absl::StrContains(json::Write(call->resource()), "2.4.1961"));
}

// --- ITI-83 -----------------------------------------------------------------------------------

class PixTest : public PatientsTest {
 protected:
  void Answers(exchange::v1::CrossReferenceOutcome outcome) {
    world_.exchange().On<ExchangeService::CrossReference>([outcome](const auto&) {
      exchange::v1::CrossReferenceResponse response;
      response.set_outcome(outcome);
      response.set_eid("p-7");
      *response.add_targets() = LocalId("2.999.1.20.1", "L-55");
      return response;
    });
  }
  static constexpr char kNorth[] = "urn:oid:2.999.1.10.1%7CN-1001";
};

TEST_F(PixTest, AnswerIsTheSampleByGetAndPost) {
  const json::Value sample = Sample("iti83-response.json");
  SKIP_WITHOUT(sample);
  Answers(exchange::v1::CROSS_REFERENCE_OUTCOME_OK);
  const auto get = world_.Get(absl::StrCat("/Patient/$ihe-pix?sourceIdentifier=", kNorth,
                                           "&targetSystem=urn:oid:2.999.1.20.1"));
  EXPECT_EQ(get->status(), 200);
  EXPECT_THAT(Missing(sample, get->resource()), IsEmpty());
  const auto post = world_.Post(
      "/Patient/$ihe-pix",
      R"({"resourceType":"Parameters","parameter":[{"name":"sourceIdentifier","valueString":)"
      R"("urn:oid:2.999.1.10.1|N-1001"},{"name":"targetSystem","valueUri":"urn:oid:2.999.1.20.1"}]})");
  EXPECT_EQ(json::Write(post->resource()), json::Write(get->resource()));
}

TEST_F(PixTest, ErrorsAreTheSamplesToTheLetter) {
  const std::tuple<const char*, exchange::v1::CrossReferenceOutcome, int> cases[] = {
      {"iti83-404.json", exchange::v1::CROSS_REFERENCE_OUTCOME_SOURCE_ID_UNKNOWN, 404},
      {"iti83-400.json", exchange::v1::CROSS_REFERENCE_OUTCOME_SOURCE_DOMAIN_UNKNOWN, 400},
      {"iti83-403.json", exchange::v1::CROSS_REFERENCE_OUTCOME_TARGET_DOMAIN_UNKNOWN, 403}};
  for (const auto& [file, outcome, status] : cases) {
    Answers(outcome);
    const auto call = world_.Get(absl::StrCat("/Patient/$ihe-pix?sourceIdentifier=", kNorth));
    EXPECT_EQ(call->status(), status);
    const json::Value sample = Sample(file);
    SKIP_WITHOUT(sample);
    EXPECT_THAT(Missing(sample, call->resource()), IsEmpty()) << file;
  }
}

TEST_F(PixTest, DomainsThatNobodyHasAreRefusedWithoutAsking) {
  EXPECT_EQ(world_.Get("/Patient/$ihe-pix?sourceIdentifier=urn:oid:2.999.77%7C1")->status(), 400);
  EXPECT_EQ(world_.Get("/Patient/$ihe-pix?sourceIdentifier=N-1001")->status(), 400);
  EXPECT_EQ(world_.Get("/Patient/$ihe-pix")->status(), 400);
  EXPECT_EQ(world_
                .Get(absl::StrCat("/Patient/$ihe-pix?sourceIdentifier=", kNorth,
                                  "&targetSystem=urn:oid:2.999.77"))
                ->status(),
            403);
  EXPECT_EQ(world_.exchange().calls(), 0u);
}

TEST_F(PixTest, KnownWithoutCrossReferenceIsAnEmpty200) {
  world_.exchange().On<ExchangeService::CrossReference>([](const auto&) {
    exchange::v1::CrossReferenceResponse response;
    response.set_outcome(exchange::v1::CROSS_REFERENCE_OUTCOME_OK);
    response.set_eid("p-7");
    return response;
  });
  const auto call = world_.Get(absl::StrCat("/Patient/$ihe-pix?sourceIdentifier=", kNorth));
  EXPECT_EQ(json::Write(call->resource()), R"({"resourceType":"Parameters"})");
}

TEST_F(PixTest, OwnIdIsASource) {
  PatientView view = AnaView();
  *view.add_identifiers() = LocalId("2.999.1.20.1", "L-55");
  Found({view});
  const auto call = world_.Get(
      "/Patient/$ihe-pix?sourceIdentifier=https://gw.hie.example/fhir%7CPatient/p-7"
      "&targetSystem=urn:oid:2.999.1.20.1");
  EXPECT_EQ(call->resource().Each("parameter").size(), 1u);
  EXPECT_EQ(Text(call->resource(), "/parameter/0/valueIdentifier/value"), "L-55");
  EXPECT_EQ(
      world_.Get("/Patient/$ihe-pix?sourceIdentifier=https://gw.hie.example/fhir%7CPatient/p-8")
          ->status(),
      404);
}

}  // namespace
}  // namespace hie::fhir

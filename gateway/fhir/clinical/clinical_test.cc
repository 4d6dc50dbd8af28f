#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gateway/exchange/outcome.h"
#include "gateway/fhir/clinical/break_glass_session.h"
#include "gateway/fhir/clinical/clinical_interactions.h"
#include "gateway/fhir/clinical/clinical_parameters.h"
#include "gateway/fhir/patients/patient_sample.h"
#include "gateway/fhir/patients/sample_shape.h"
#include "gateway/fhir/testing/test_call.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/common/json/writer.h"

namespace hie::fhir {
namespace {

using exchange::v1::ClinicalItem;
using exchange::v1::ExchangeService;
using exchange::v1::QueryRequest;
using exchange::v1::QueryResponse;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Missing;
using testing::Sample;

ClinicalItem Item(const std::string& id, const std::string& date, const std::string& resource,
                  const std::string& type = "AllergyIntolerance") {
  ClinicalItem item;
  item.set_id(id);
  item.mutable_source()->set_member("lakes");
  item.mutable_source()->set_member_name("Lakes Clinic");
  *item.mutable_source()->mutable_patient() = testing::LocalId("2.999.1.20.1", "L-55");
  item.set_clinical_class(type == "Encounter" ? common::v1::CLINICAL_CLASS_ENCOUNTER
                                              : common::v1::CLINICAL_CLASS_ALLERGY);
  item.set_resource_type(type);
  item.set_date(date);
  item.set_clinical_status("active");
  item.set_resource(resource);
  return item;
}

std::string Allergy(const std::string& id, const std::string& code, const std::string& more = "") {
  return absl::StrCat(
      R"({"resourceType":"AllergyIntolerance","id":")", id,
      R"(","meta":{"source":"urn:old","lastUpdated":"2025-01-01T00:00:00Z"},"clinicalStatus":)"
      R"({"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical",)"
      R"("code":"active"}]},"code":{"coding":[{"system":"http://snomed.info/sct","code":")",
      code, R"("}]},"patient":{"reference":"Patient/77"},"encounter":{"reference":"Encounter/5"})",
      more, "}");
}

class ClinicalTest : public ::testing::Test {
 protected:
  // The exchange releases these items (those that are asked for) of the member Lakes.
  void Released(std::vector<ClinicalItem> items,
                exchange::v1::MemberOutcomeCode code = exchange::v1::MEMBER_OUTCOME_CODE_OK) {
    world_.exchange().OnStream<ExchangeService::Query>([items, code](const QueryRequest& request) {
      testing::FakeExchange::Messages<ExchangeService::Query> out;
      QueryResponse begin;
      begin.mutable_begin()->set_eid("p-7");
      begin.mutable_begin()->add_expected_members("lakes");
      out.messages.push_back(begin);
      QueryResponse batch;
      for (const ClinicalItem& item : items) {
        const auto& only = request.only_items();
        const bool wanted =
            only.empty() || std::find(only.begin(), only.end(), item.id()) != only.end();
        if (wanted) *batch.mutable_item_batch()->add_items() = item;
      }
      out.messages.push_back(batch);
      QueryResponse outcome;
      outcome.mutable_member_outcome()->set_member("lakes");
      outcome.mutable_member_outcome()->set_member_name("Lakes Clinic");
      outcome.mutable_member_outcome()->set_code(code);
      if (items.empty()) {
        outcome.mutable_member_outcome()->add_empty_classes(common::v1::CLINICAL_CLASS_ALLERGY);
      }
      out.messages.push_back(outcome);
      QueryResponse end;
      const bool ok = code == exchange::v1::MEMBER_OUTCOME_CODE_OK;
      end.mutable_end()->set_completeness(ok ? exchange::v1::COMPLETENESS_COMPLETE_AS_PERMITTED
                                             : exchange::v1::COMPLETENESS_PARTIAL);
      end.mutable_end()->set_notice(std::string(exchange::kNotice));
      end.mutable_end()->set_expected(1);
      end.mutable_end()->set_answered(ok ? 1 : 0);
      out.messages.push_back(end);
      return out;
    });
  }
  QueryRequest Asked() { return world_.exchange().Requests<ExchangeService::Query>().back(); }
  static std::string Text(const json::Value& value, absl::string_view pointer) {
    const json::Value* found = value.At(pointer);
    return found == nullptr ? "(absent)" : std::string(found->text());
  }
  static std::vector<std::string> Ids(const json::Value& bundle) {
    std::vector<std::string> ids;
    for (const json::Value& entry : bundle.Each("entry")) {
      if (Text(entry, "/search/mode") == "match") ids.push_back(Text(entry, "/resource/id"));
    }
    return ids;
  }
  void IsPatient() {
    world_.exchange().On<ExchangeService::SearchPatients>(
        [](const exchange::v1::SearchPatientsRequest& request) {
          exchange::v1::SearchPatientsResponse response;
          if (request.conditions(0).values(0) == "p-7") {
            *response.add_patients() = testing::AnaView();
          }
          return response;
        });
  }

  testing::TestWorld world_{ClinicalInteractions(), testing::SampleMembers()};
};

TEST_F(ClinicalTest, StatementKeepsItsContentAndNamesItsSource) {
  ClinicalItem item = Item("i1", "2025-01-01", Allergy("a-9", "91936005"));
  item.add_obligations("redisclosure-notice");
  item.set_opened_by_break_glass(true);
  ClinicalItem encounter = Item(
      "e1", "2025-01-01",
      R"({"resourceType":"Encounter","id":"5","subject":{"reference":"Patient/77"}})", "Encounter");
  Released({item, encounter});
  const auto call = world_.Get("/AllergyIntolerance?patient=Patient/p-7");
  ASSERT_EQ(call->status(), 200);
  EXPECT_THAT(Asked().classes(), ElementsAre(common::v1::CLINICAL_CLASS_ALLERGY));
  EXPECT_EQ(Asked().subject().eid(), "p-7");
  const json::Value resource = *call->resource().At("/entry/0/resource");
  EXPECT_EQ(resource.Text("id"), "i1");
  EXPECT_EQ(Text(resource, "/patient/reference"), "Patient/p-7");
  EXPECT_EQ(Text(resource, "/patient/identifier/value"), "L-55");
  // The encounter came in the same answer: the reference leads to it.
  EXPECT_EQ(Text(resource, "/encounter/reference"), "Encounter/e1");
  EXPECT_EQ(Text(resource, "/meta/source"), "urn:oid:2.999.1.20");
  EXPECT_EQ(Text(resource, "/meta/lastUpdated"), "2025-01-01T00:00:00Z");
  EXPECT_EQ(Text(resource, "/extension/0/valueString"), "AllergyIntolerance/a-9");
  EXPECT_EQ(Text(resource, "/extension/1/valueUri"), "urn:old");
  const std::string text = json::Write(resource);
  EXPECT_THAT(text, HasSubstr(R"("code":"lakes","display":"Lakes Clinic")"));
  EXPECT_THAT(text, HasSubstr("NORDSCLCD"));
  EXPECT_THAT(text, HasSubstr(R"("code":"BTG")"));
  EXPECT_THAT(json::Write(call->resource()), HasSubstr("42 CFR part 2"));
  EXPECT_EQ(call->answer()->headers.Get("HIE-Completeness"),
            "expected=1, answered=1, index-only=0, missing=0");
  EXPECT_THAT(json::Write(call->resource()), HasSubstr(std::string(exchange::kNotice)));
}

TEST_F(ClinicalTest, ReferenceThatLeadsNowhereBecomesAnIdentifier) {
  Released({Item("i1", "2025-01-01",
                 Allergy("a", "1",
                         R"(,"recorder":{"reference":"Practitioner/3","display":"Dr X"},)"
                         R"("asserter":{"reference":"#p"})"))});
  const json::Value bundle = world_.Get("/AllergyIntolerance?patient=p-7")->resource();
  EXPECT_EQ(Text(bundle, "/entry/0/resource/recorder/reference"), "(absent)");
  EXPECT_EQ(Text(bundle, "/entry/0/resource/recorder/identifier/value"), "Practitioner/3");
  EXPECT_EQ(Text(bundle, "/entry/0/resource/recorder/display"), "Dr X");
  EXPECT_EQ(Text(bundle, "/entry/0/resource/asserter/reference"), "#p");
}

// PRACTICE 3.
TEST_F(ClinicalTest, NegationsStandBelowStatementsAndWithdrawnOnesLast) {
  ClinicalItem negation = Item("none", "2026-01-01", Allergy("n", "716186003"));
  negation.set_negation(true);
  ClinicalItem refuted = Item("refuted", "2026-01-02", Allergy("r", "1"));
  refuted.set_verification_status("refuted");
  Released({negation, refuted, Item("old", "2001", Allergy("o", "1")),
            Item("new", "2020", Allergy("w", "1"))});
  EXPECT_THAT(Ids(world_.Get("/AllergyIntolerance?patient=p-7")->resource()),
              ElementsAre("new", "old", "none", "refuted"));
  EXPECT_THAT(Ids(world_.Get("/AllergyIntolerance?patient=p-7&_sort=date")->resource()),
              ElementsAre("old", "new", "none", "refuted"));
  // Refuted never counts as active.
  EXPECT_THAT(Ids(world_.Get("/AllergyIntolerance?patient=p-7&clinical-status=active")->resource()),
              ElementsAre("new", "old", "none"));
}

TEST_F(ClinicalTest, SilenceIsToldPerMemberAndIsNoNone) {
  Released({});
  const json::Value bundle = world_.Get("/AllergyIntolerance?patient=p-7")->resource();
  EXPECT_EQ(bundle.Find("total")->integer(), 0);
  EXPECT_THAT(json::Write(bundle), HasSubstr("No allergy information received from Lakes Clinic."));
}

TEST_F(ClinicalTest, NobodyAnsweringIsNoEmpty200) {
  Released({}, exchange::v1::MEMBER_OUTCOME_CODE_TIMEOUT);
  EXPECT_EQ(world_.Get("/AllergyIntolerance?patient=p-7")->status(), 504);
}

struct FilterCase {
  std::string query;
  bool found;
};
void PrintTo(const FilterCase& c, std::ostream* out) { *out << c.query; }

class FilterTest : public ClinicalTest, public ::testing::WithParamInterface<FilterCase> {};

TEST_P(FilterTest, IsEvaluatedOnWhatTheMemberSent) {
  Released(
      {Item("i1", "2025-01-01",
            Allergy("a", "91936005",
                    R"(,"recordedDate":"2025-01-01","category":["food","medication"],)"
                    R"("criticality":"high","identifier":[{"system":"urn:x","value":"1"}],)"
                    R"("reaction":[{"onset":"2024-06","substance":{"coding":[{"system":)"
                    R"("http://s","code":"nut"}]},"severity":"mild","manifestation":[{}]}])"))});
  const auto call = world_.Get("/AllergyIntolerance?patient=p-7&" + GetParam().query);
  ASSERT_EQ(call->status(), 200);
  EXPECT_EQ(Ids(call->resource()).size(), GetParam().found ? 1u : 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Filters, FilterTest,
    ::testing::Values(FilterCase{"code=91936005", true},
                      FilterCase{"code=http://snomed.info/sct%7C91936005", true},
                      FilterCase{"code=http://other%7C91936005", false},
                      FilterCase{"code=http://snomed.info/sct%7C", true},
                      FilterCase{"code=x,nut", true}, FilterCase{"category=food", true},
                      FilterCase{"category=food&category=environment", false},
                      FilterCase{"category=http://any%7Cfood", true},
                      FilterCase{"criticality=high", true}, FilterCase{"criticality=low", false},
                      FilterCase{"date=2025", true}, FilterCase{"date=lt2025", false},
                      FilterCase{"onset=ge2024-06-01", true}, FilterCase{"onset=2023", false},
                      FilterCase{"clinical-status=active", true},
                      FilterCase{"clinical-status=resolved", false},
                      FilterCase{"identifier=urn:x%7C1", true}, FilterCase{"_id=i1", true},
                      FilterCase{"_id=i2", false}, FilterCase{"_lastUpdated=gt2024", true}));

TEST_F(ClinicalTest, SearchesThatCannotBeEvaluatedAreRefused) {
  Released({});
  for (const char* query : {"", "patient=p-7&date=soon", "patient=p-7&patient=p-8",
                            "patient=p-7&_revinclude=Observation:subject", "patient=Group/3",
                            "patient.identifier=N-1001"}) {
    EXPECT_EQ(world_.Get(absl::StrCat("/AllergyIntolerance?", query))->status(), 400) << query;
  }
  EXPECT_EQ(world_.exchange().calls(), 0u);
}

TEST_F(ClinicalTest, UnknownIdIs404InTheOwnDomainAndNothingElsewhere) {
  world_.exchange().OnStream<ExchangeService::Query>({}, absl::NotFoundError("subject: unknown"));
  const auto own = world_.Get("/AllergyIntolerance?patient.identifier=urn:oid:2.999.1.10.1%7CN-9");
  EXPECT_EQ(own->status(), 404);
  EXPECT_TRUE(Asked().subject().has_patient());
  const auto other =
      world_.Get("/AllergyIntolerance?patient.identifier=urn:oid:2.999.1.20.1%7CL-9");
  EXPECT_EQ(other->status(), 200);
  EXPECT_TRUE(Asked().subject().has_any_member_patient());
  // Nobody's domain answers alike.
  const auto nobody = world_.Get("/AllergyIntolerance?patient.identifier=urn:oid:2.999.77%7C9");
  EXPECT_EQ(json::Write(*nobody->resource().Find("entry")),
            json::Write(*other->resource().Find("entry")));
}

TEST_F(ClinicalTest, GetEqualsPost) {
  Released({Item("i1", "2025", Allergy("a", "1"))});
  const auto get = world_.Get("/AllergyIntolerance?patient=p-7&code=1");
  const auto post =
      world_.Send(http::Method::kPost, "/AllergyIntolerance/_search", "patient=p-7&code=1");
  EXPECT_EQ(json::Write(get->resource()), json::Write(post->resource()));
}

TEST_F(ClinicalTest, LaterPageAsksForItsItemsOnlyAndMissesWhatIsWithheldByThen) {
  const ClinicalItem a = Item("a", "2025-03", Allergy("a", "1"));
  const ClinicalItem b = Item("b", "2025-02", Allergy("b", "1"));
  const ClinicalItem c = Item("c", "2025-01", Allergy("c", "1"));
  Released({c, a, b});
  const auto first = world_.Get("/AllergyIntolerance?patient=p-7&_count=1");
  EXPECT_THAT(Ids(first->resource()), ElementsAre("a"));
  EXPECT_EQ(first->resource().Find("total")->integer(), 3);
  const std::string next = Text(first->resource(), "/link/1/url")
                               .substr(std::string(testing::TestWorld::kBaseUrl).size());
  EXPECT_THAT(Ids(world_.Get(next)->resource()), ElementsAre("b"));
  EXPECT_THAT(Asked().only_items(), ElementsAre("b"));
  // The patient has withdrawn consent for b: no empty page stands in front of the last one.
  Released({c, a});
  const auto second = world_.Get(next);
  EXPECT_THAT(Ids(second->resource()), ElementsAre("c"));
  EXPECT_EQ(second->resource().Each("link").size(), 1u);
}

TEST_F(ClinicalTest, ProvenanceNamesTheMember) {
  Released({Item("i1", "2025-01-01", Allergy("a", "1"))});
  const json::Value bundle =
      world_.Get("/AllergyIntolerance?patient=p-7&_revinclude=Provenance:target")->resource();
  EXPECT_EQ(Text(bundle, "/entry/1/search/mode"), "include");
  EXPECT_EQ(Text(bundle, "/entry/1/resource/target/0/reference"), "AllergyIntolerance/i1");
  EXPECT_EQ(Text(bundle, "/entry/1/resource/agent/0/who/identifier/value"), "urn:oid:2.999.1.20");
  EXPECT_EQ(Text(bundle, "/entry/1/resource/occurredDateTime"), "2025-01-01");
  EXPECT_EQ(bundle.Find("total")->integer(), 1);
}

TEST_F(ClinicalTest, UnreadableStatementIsTold) {
  Released({Item("i1", "2025", "{"), Item("i2", "2025", Allergy("a", "1"))});
  const json::Value bundle = world_.Get("/AllergyIntolerance?patient=p-7")->resource();
  EXPECT_THAT(Ids(bundle), ElementsAre("i2"));
  EXPECT_THAT(json::Write(bundle), HasSubstr("could not be read and was left out"));
}

TEST_F(ClinicalTest, StreamEndsWithItsEnd) {
  Released({Item("i1", "2025", Allergy("a", "1")), Item("i2", "2025", Allergy("b", "2"))});
  const auto call = world_.Send(http::Method::kGet, "/AllergyIntolerance?patient=p-7&code=1", "",
                                {{"Accept", "application/x-ndjson"}});
  ASSERT_NE(call->streamed(), nullptr);
  EXPECT_TRUE(call->streamed()->ended);
  EXPECT_THAT(call->streamed()->bytes, HasSubstr("\"i1\""));
  EXPECT_FALSE(absl::StrContains(call->streamed()->bytes, "\"i2\""));
  EXPECT_THAT(call->streamed()->bytes, HasSubstr(R"({"type":"end")"));
}

TEST_F(ClinicalTest, AStreamTellsOfWhatCouldNotBeRead) {
  Released({Item("i1", "2025", "{")});
  const auto call = world_.Send(http::Method::kGet, "/AllergyIntolerance?patient=p-7", "",
                                {{"Accept", "application/x-ndjson"}});
  ASSERT_NE(call->streamed(), nullptr);
  EXPECT_THAT(call->streamed()->bytes, HasSubstr("could not be read and was left out"));
}

// --- $everything ------------------------------------------------------------------------------

TEST_F(ClinicalTest, EverythingIsTheSample) {
  const json::Value sample = Sample("everything-response.json");
  if (sample.IsNull()) GTEST_SKIP() << "../shared/data/handmade is absent: NOT CHECKED";
  IsPatient();
  Released({Item("e-5", "2026-01-08",
                 R"({"resourceType":"Encounter","id":"9","status":"finished","class":{"system":)"
                 R"("http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"IMP"},"subject":)"
                 R"({"reference":"Patient/77"},"period":{"start":"2026-01-08T07:10:00Z",)"
                 R"("end":"2026-01-12T09:00:00Z"}})",
                 "Encounter"),
            Item("e-4", "2025-01-08",
                 R"({"resourceType":"Encounter","id":"8","subject":{"reference":"Patient/77"}})",
                 "Encounter")});
  const auto call = world_.Get("/Patient/p-7/$everything?_type=Patient,Encounter&_count=1");
  ASSERT_EQ(call->status(), 200);
  EXPECT_THAT(Missing(sample, call->resource(), {"url"}), IsEmpty());
  EXPECT_THAT(Asked().classes(), ElementsAre(common::v1::CLINICAL_CLASS_ENCOUNTER));
  // The last page, without the person again.
  const std::string next = Text(call->resource(), "/link/1/url")
                               .substr(std::string(testing::TestWorld::kBaseUrl).size());
  const auto last = world_.Get(next);
  EXPECT_THAT(Ids(last->resource()), ElementsAre("e-4"));
  EXPECT_EQ(last->resource().Each("link").size(), 1u);
}

TEST_F(ClinicalTest, EverythingTakesItsParametersFromEither) {
  IsPatient();
  Released({Item("in", "2025-06-01", Allergy("a", "1")),
            Item("out", "2020-06-01", Allergy("b", "1")), Item("undated", "", Allergy("c", "1"))});
  const auto get = world_.Get("/Patient/p-7/$everything?start=2025-01-01&end=2025-12-31");
  EXPECT_THAT(Ids(get->resource()), ElementsAre("p-7", "in", "undated"));
  const auto post = world_.Post(
      "/Patient/p-7/$everything",
      R"({"resourceType":"Parameters","parameter":[{"name":"start","valueDate":"2025-01-01"},)"
      R"({"name":"end","valueDate":"2025-12-31"},{"name":"_count","valueInteger":2}]})");
  EXPECT_THAT(Ids(post->resource()), ElementsAre("p-7", "in", "undated"));
  EXPECT_EQ(world_.Get("/Patient/p-9/$everything")->status(), 404);
  EXPECT_EQ(world_.Get("/Patient/p-7/$everything?start=soon")->status(), 400);
  EXPECT_THAT(json::Write(get->resource()), HasSubstr("search DocumentReference"));
}

TEST_F(ClinicalTest, EverythingAsksAndGivesNothingBeyondItsScopes) {
  IsPatient();
  Released({Item("a", "2025-06-01", Allergy("a", "1")),
            Item("d", "2025-06-01",
                 R"({"resourceType":"Device","id":"8","patient":{"reference":"Patient/77"}})",
                 "Device")});
  const auto all = world_.Get("/Patient/p-7/$everything");
  EXPECT_THAT(Ids(all->resource()), ElementsAre("p-7", "a"));
  EXPECT_THAT(json::Write(all->resource()), HasSubstr("Implants and care plans are not part"));
  std::set<int> allowed;
  for (const ClinicalType& type : ClinicalTypes()) {
    allowed.insert(type.classes.begin(), type.classes.end());
  }
  const auto query = Asked();
  EXPECT_EQ(std::set<int>(query.classes().begin(), query.classes().end()), allowed);
  EXPECT_EQ(static_cast<size_t>(query.classes_size()), allowed.size()) << "each once";
  const size_t asked = world_.exchange().Requests<ExchangeService::Query>().size();
  const auto none = world_.Get("/Patient/p-7/$everything?_type=Device,CarePlan");
  EXPECT_THAT(Ids(none->resource()), IsEmpty());
  EXPECT_EQ(world_.exchange().Requests<ExchangeService::Query>().size(), asked);
}

// --- Break-glass ------------------------------------------------------------------------------

class BreakGlassTest : public ClinicalTest {
 protected:
  BreakGlassTest() {
    world_.caller().caller.actor.purpose = Purpose::kBtg;
    world_.caller().caller.actor.user = "dr-204";
    auth::BreakGlassClaims claims;
    claims.reason = "THREAT_TO_LIFE";
    claims.encounter = "ED-1";
    claims.family = "Moreau";
    claims.birth_date = "1961-04-02";
    claims.attests_emergency = true;
    world_.caller().break_glass = claims;
    world_.exchange().On<ExchangeService::OpenBreakGlass>([this](const auto& request) {
      EXPECT_EQ(request.reentered().names(0).family(), "Moreau");
      EXPECT_EQ(request.reason(), consent::v1::EMERGENCY_REASON_THREAT_TO_LIFE);
      EXPECT_EQ(request.subject().eid(), "p-7");
      exchange::v1::OpenBreakGlassResponse response;
      response.set_session_id("s-1");
      response.set_expires_micros(absl::ToUnixMicros(world_.clock().Now() + absl::Hours(2)));
      return response;
    });
    Released({});
  }
  size_t Opened() { return world_.exchange().Requests<ExchangeService::OpenBreakGlass>().size(); }
};

TEST_F(BreakGlassTest, OneDeclarationOpensOneSessionPerPerson) {
  world_.Get("/AllergyIntolerance?patient=p-7");
  EXPECT_EQ(Asked().session_id(), "s-1");
  world_.Get("/Condition?patient=p-7");
  EXPECT_EQ(Asked().session_id(), "s-1");
  EXPECT_EQ(Opened(), 1u);
  world_.clock().Advance(absl::Hours(2));
  world_.Get("/Condition?patient=p-7");
  EXPECT_EQ(Opened(), 2u);
  world_.caller().caller.actor.user = "dr-205";
  world_.Get("/Condition?patient=p-7");
  EXPECT_EQ(Opened(), 3u);
}

TEST_F(BreakGlassTest, TwoRequestsAtOnceShareTheOpening) {
  world_.exchange().Hold();
  const auto a = world_.Get("/AllergyIntolerance?patient=p-7");
  const auto b = world_.Get("/Condition?patient=p-7");
  world_.exchange().Release();
  EXPECT_EQ(a->status(), 200);
  EXPECT_EQ(b->status(), 200);
  EXPECT_EQ(Opened(), 1u);
}

TEST_F(BreakGlassTest, RefusalIsTheAnswerAndIsNotRemembered) {
  world_.exchange().On<ExchangeService::OpenBreakGlass>(
      [](const auto&) { return absl::PermissionDeniedError("not eligible"); });
  EXPECT_EQ(world_.Get("/AllergyIntolerance?patient=p-7")->status(), 403);
  EXPECT_EQ(world_.Get("/AllergyIntolerance?patient=p-7")->status(), 403);
  EXPECT_EQ(Opened(), 2u);
  EXPECT_TRUE(world_.exchange().Requests<ExchangeService::Query>().empty());
}

TEST_F(BreakGlassTest, WhatIsReadByItsIdUsesTheSessionOfTheSearch) {
  const auto sessions = std::make_shared<BreakGlassSessions>();
  Interaction probe;
  probe.path = "/Binary/{id}";
  probe.resource = "Binary";
  std::string known;
  probe.run = [&](const std::shared_ptr<Call>& call) {
    Reading<std::string> session = sessions->Known(*call);
    if (!session.ok()) return call->Fail(*std::move(session.failure));
    known = session.value;
    call->Respond({.http_status = 200, .resource = std::nullopt});
  };
  std::vector<Interaction> rows = ClinicalInteractions(sessions);
  rows.push_back(probe);
  testing::TestWorld world(std::move(rows), testing::SampleMembers());
  world.caller() = world_.caller();
  world.exchange().On<ExchangeService::OpenBreakGlass>([&world](const auto&) {
    exchange::v1::OpenBreakGlassResponse response;
    response.set_session_id("s-1");
    response.set_expires_micros(absl::ToUnixMicros(world.clock().Now() + absl::Hours(2)));
    return response;
  });
  const auto before = world.Get("/Binary/d-1");
  EXPECT_EQ(before->status(), 400);
  EXPECT_THAT(json::Write(before->resource()), HasSubstr("search with patient"));
  world.Get("/AllergyIntolerance?patient=p-7");
  EXPECT_EQ(world.Get("/Binary/d-1")->status(), 200);
  EXPECT_EQ(known, "s-1");
  world.caller().caller.actor.user = "dr-205";
  EXPECT_EQ(world.Get("/Binary/d-1")->status(), 400) << "somebody else's";
  world.caller() = world_.caller();
  world.clock().Advance(absl::Hours(2));
  EXPECT_EQ(world.Get("/Binary/d-1")->status(), 400) << "expired";
  world.caller().break_glass->session_id = "s-9";
  EXPECT_EQ(world.Get("/Binary/d-1")->status(), 200);
  EXPECT_EQ(known, "s-9");
  world.caller().caller.actor.purpose = Purpose::kTreat;
  EXPECT_EQ(world.Get("/Binary/d-1")->status(), 200);
  EXPECT_EQ(known, "");
  EXPECT_EQ(world.exchange().Requests<ExchangeService::OpenBreakGlass>().size(), 1u);
}

TEST_F(BreakGlassTest, NoDeclarationNoSession) {
  world_.caller().break_glass.reset();
  world_.Get("/AllergyIntolerance?patient=p-7");
  EXPECT_EQ(Asked().session_id(), "");
  world_.caller().break_glass = auth::BreakGlassClaims();
  world_.caller().break_glass->session_id = "s-9";
  world_.Get("/AllergyIntolerance?patient=p-7");
  EXPECT_EQ(Asked().session_id(), "s-9");
  world_.caller().caller.actor.purpose = Purpose::kTreat;
  world_.Get("/AllergyIntolerance?patient=p-7");
  EXPECT_EQ(Asked().session_id(), "");
  EXPECT_EQ(Opened(), 0u);
}

}  // namespace
}  // namespace hie::fhir

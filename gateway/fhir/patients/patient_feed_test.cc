#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/fhir/patients/patient_interactions.h"
#include "gateway/fhir/patients/patient_sample.h"
#include "gateway/fhir/patients/sample_shape.h"
#include "gateway/fhir/testing/test_call.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/common/json/writer.h"

namespace hie::fhir {
namespace {

using exchange::v1::ExchangeService;
using exchange::v1::RegisteredPatient;
using ::testing::IsEmpty;
using testing::Missing;
using testing::Sample;

constexpr char kNorth[] = "/Patient?identifier=urn:oid:2.999.1.10.1%7CN-1001";
constexpr char kAna[] =
    R"({"resourceType":"Patient","identifier":[{"system":"urn:oid:2.999.1.10.1","value":"N-1001"}],)"
    R"("active":true,"name":[{"family":"Moreau","given":["Ana"]}],"birthDate":"1961-04-02"})";
constexpr char kMerge[] =
    R"({"resourceType":"Patient","identifier":[{"system":"urn:oid:2.999.1.10.1","value":"N-0877"}],)"
    R"("active":false,"link":[{"type":"replaced-by","other":{"identifier":)"
    R"({"system":"urn:oid:2.999.1.10.1","value":"N-1001"}}}]})";
constexpr char kSubsumed[] = "/Patient?identifier=urn:oid:2.999.1.10.1%7CN-0877";

class PatientFeedTest : public ::testing::Test {
 protected:
  PatientFeedTest() { world_.caller().caller.actor.purpose = Purpose::kPatientAdministration; }

  void Registers(RegisteredPatient registered) {
    world_.exchange().On<ExchangeService::RegisterPatients>([registered](const auto&) {
      exchange::v1::RegisterPatientsResponse response;
      *response.add_patients() = registered;
      return response;
    });
  }
  void Merges(mpi::v1::MergeOutcome outcome) {
    world_.exchange().On<ExchangeService::MergePatients>([outcome](const auto&) {
      exchange::v1::MergePatientsResponse response;
      response.add_outcomes(outcome);
      return response;
    });
  }
  static RegisteredPatient New() {
    RegisteredPatient registered;
    registered.set_outcome(mpi::v1::LINK_OUTCOME_NEW);
    registered.set_eid("p-7");
    registered.set_version(1);
    registered.set_created(true);
    registered.set_recorded_micros(1'768'219'200'000'000);
    return registered;
  }
  std::shared_ptr<testing::TestCall> Put(const std::string& target, const std::string& body,
                                         http::Headers headers = {}) {
    return world_.Send(http::Method::kPut, target, body, std::move(headers));
  }
  static std::string Detail(const testing::TestCall& call) {
    const json::Value resource = call.resource();
    const json::Value* code = resource.At("/issue/0/details/coding/0/code");
    return code == nullptr ? "" : std::string(code->text());
  }

  testing::TestWorld world_{PatientInteractions(), testing::SampleMembers()};
};

TEST_F(PatientFeedTest, AddingTheSampleCreates) {
  const json::Value sample = Sample("iti104-add.json");
  if (sample.IsNull()) GTEST_SKIP() << "../shared/data/handmade is absent: NOT CHECKED";
  Registers(New());
  const auto call = Put(kNorth, json::Write(sample));
  EXPECT_EQ(call->status(), 201);
  EXPECT_EQ(call->answer()->headers.Get("Location"),
            "https://gw.hie.example/fhir/Patient/p-7/_history/1");
  EXPECT_EQ(call->answer()->headers.Get("ETag"), "W/\"1\"");
  EXPECT_THAT(Missing(sample, call->resource()), IsEmpty());
  const auto asked = world_.exchange().Requests<ExchangeService::RegisterPatients>().back();
  EXPECT_EQ(asked.patients(0).patient().id(), "N-1001");
  // The key is no further identifier.
  EXPECT_TRUE(asked.patients(0).demographics().identifiers().empty());
  EXPECT_EQ(asked.patients(0).demographics().addresses(0).postal_code(), "40217");
}

TEST_F(PatientFeedTest, UpdateIs200AndMinimalIsMinimal) {
  RegisteredPatient updated = New();
  updated.set_created(false);
  updated.set_version(2);
  Registers(updated);
  const auto call = Put(kNorth, kAna, {{"Prefer", "return=minimal"}, {"If-Match", "W/\"1\""}});
  EXPECT_EQ(call->status(), 200);
  EXPECT_TRUE(call->resource().IsNull());
  EXPECT_EQ(world_.exchange()
                .Requests<ExchangeService::RegisterPatients>()
                .back()
                .patients(0)
                .expected_version(),
            1u);
}

TEST_F(PatientFeedTest, AnotherVersionThanExpectedIs412) {
  RegisteredPatient moved;
  moved.set_problem("expected_version: want the one that is held");
  moved.set_problem_code(static_cast<int>(absl::StatusCode::kAborted));
  Registers(moved);
  EXPECT_EQ(Put(kNorth, kAna, {{"If-Match", "W/\"7\""}})->status(), 412);
  EXPECT_EQ(Put(kNorth, kAna, {{"If-Match", "seven"}})->status(), 412);
}

TEST_F(PatientFeedTest, MergeAndRemovalPromiseNoVersion) {
  Merges(mpi::v1::MERGE_OUTCOME_MERGED);
  world_.exchange().On<ExchangeService::RemovePatient>(
      [](const auto&) { return exchange::v1::RemovePatientResponse(); });
  const http::Headers bound = {{"If-Match", "W/\"1\""}};
  const http::Headers any = {{"If-Match", "*"}};
  EXPECT_EQ(Put(kSubsumed, kMerge, bound)->status(), 412);
  EXPECT_EQ(world_.Send(http::Method::kDelete, kNorth, "", bound)->status(), 412);
  EXPECT_EQ(world_.exchange().calls(), 0u);
  EXPECT_EQ(Put(kSubsumed, kMerge, any)->status(), 200);
  EXPECT_EQ(world_.Send(http::Method::kDelete, kNorth, "", any)->status(), 204);
}

struct Refusal {
  std::string target;
  std::string body;
  int status;
};
void PrintTo(const Refusal& c, std::ostream* out) { *out << c.target << " " << c.body; }

class RefusedFeedTest : public PatientFeedTest, public ::testing::WithParamInterface<Refusal> {};

TEST_P(RefusedFeedTest, ChangesNothing) {
  EXPECT_EQ(Put(GetParam().target, GetParam().body)->status(), GetParam().status);
  EXPECT_EQ(world_.exchange().calls(), 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Feeds, RefusedFeedTest,
    ::testing::Values(
        Refusal{"/Patient", kAna, 400}, Refusal{"/Patient?identifier=N-1001", kAna, 400},
        Refusal{"/Patient?identifier=urn:oid:2.999.1.20.1%7CL-55", kAna, 403},
        Refusal{"/Patient?identifier=urn:oid:2.999.77%7C1", kAna, 403},
        Refusal{"/Patient?identifier=urn:oid:2.999.1.10.1%7CN-2", kAna, 400},
        Refusal{kNorth, R"({"resourceType":"Person"})", 400},
        Refusal{kNorth,
                R"({"resourceType":"Patient","identifier":[{"system":"urn:oid:2.999.1.10.1",)"
                R"("value":"N-1001"}],"active":false})",
                422},
        Refusal{kNorth,
                R"({"resourceType":"Patient","identifier":[{"system":"urn:oid:2.999.1.10.1",)"
                R"("value":"N-1001"}],"name":[{"family":"M"}],"gender":"lady"})",
                400},
        Refusal{kNorth,
                R"({"resourceType":"Patient","identifier":[{"system":"urn:oid:2.999.1.10.1",)"
                R"("value":"N-1001"}],"name":[{"family":"M"}],"modifierExtension":[{"url":"x"}]})",
                400},
        Refusal{kSubsumed,
                R"({"resourceType":"Patient","identifier":[{"system":"urn:oid:2.999.1.10.1",)"
                R"("value":"N-0877"}],"active":false,"link":[{"type":"replaced-by"}]})",
                400},
        Refusal{kSubsumed,
                R"({"resourceType":"Patient","identifier":[{"system":"urn:oid:2.999.1.10.1",)"
                R"("value":"N-0877"}],"active":false,"link":[{"type":"replaced-by","other":)"
                R"({"identifier":{"system":"urn:oid:2.999.1.20.1","value":"L-1"}}}]})",
                400}));

TEST_F(PatientFeedTest, MergeSampleMerges) {
  const json::Value sample = Sample("iti104-merge.json");
  if (sample.IsNull()) GTEST_SKIP() << "../shared/data/handmade is absent: NOT CHECKED";
  Merges(mpi::v1::MERGE_OUTCOME_MERGED);
  const auto call = Put(kSubsumed, json::Write(sample));
  EXPECT_EQ(call->status(), 200);
  EXPECT_THAT(Missing(sample, call->resource()), IsEmpty());
  const auto asked = world_.exchange().Requests<ExchangeService::MergePatients>().back();
  EXPECT_EQ(asked.pairs(0).subsumed().id(), "N-0877");
  EXPECT_EQ(asked.pairs(0).survivor().id(), "N-1001");
  EXPECT_TRUE(asked.create_tombstone());
}

// INTERFACES 8.4, row by row.
TEST_F(PatientFeedTest, EveryRowOfTheMergeTableHasItsAnswer) {
  const std::tuple<mpi::v1::MergeOutcome, int, std::string> rows[] = {
      {mpi::v1::MERGE_OUTCOME_MERGED, 200, ""},
      {mpi::v1::MERGE_OUTCOME_REPEATED, 200, ""},
      {mpi::v1::MERGE_OUTCOME_SAME_ID, 409, "MergeSameIdentifier"},
      {mpi::v1::MERGE_OUTCOME_SUBSUMED_UNKNOWN, 404, "MergeSubsumedUnknown"},
      {mpi::v1::MERGE_OUTCOME_SURVIVOR_UNKNOWN, 422, "MergeSurvivorUnknown"},
      {mpi::v1::MERGE_OUTCOME_MERGED_ELSEWHERE, 409, "MergedElsewhere"},
      {mpi::v1::MERGE_OUTCOME_SURVIVOR_SUBSUMED, 409, "MergeCycle"},
      {mpi::v1::MERGE_OUTCOME_DOMAINS_DIFFER, 400, "MergeDomainsDiffer"},
      {mpi::v1::MERGE_OUTCOME_UNSPECIFIED, 500, ""}};
  for (const auto& [outcome, status, detail] : rows) {
    Merges(outcome);
    const auto call = Put(kSubsumed, kMerge);
    EXPECT_EQ(call->status(), status) << outcome;
    if (status == 200) continue;
    EXPECT_EQ(Detail(*call), detail);
  }
}

TEST_F(PatientFeedTest, MergeConflictIsTheSample) {
  const json::Value sample = Sample("iti104-merge-conflict.json");
  if (sample.IsNull()) GTEST_SKIP() << "../shared/data/handmade is absent: NOT CHECKED";
  Merges(mpi::v1::MERGE_OUTCOME_SURVIVOR_SUBSUMED);
  EXPECT_THAT(Missing(sample, Put(kSubsumed, kMerge)->resource()), IsEmpty());
}

TEST_F(PatientFeedTest, ActiveTrueTakesAMergeBack) {
  int registrations = 0;
  world_.exchange().On<ExchangeService::RegisterPatients>([&registrations](const auto&) {
    exchange::v1::RegisterPatientsResponse response;
    RegisteredPatient* patient = response.add_patients();
    *patient = New();
    patient->set_created(false);
    if (++registrations == 1) patient->set_outcome(mpi::v1::LINK_OUTCOME_MERGED_AWAY);
    return response;
  });
  world_.exchange().On<ExchangeService::UnmergePatient>([](const auto& request) {
    EXPECT_EQ(request.subsumed().id(), "N-1001");
    return exchange::v1::UnmergePatientResponse();
  });
  EXPECT_EQ(Put(kNorth, kAna)->status(), 200);
  EXPECT_EQ(registrations, 2);
}

TEST_F(PatientFeedTest, LateUpdateOfAMergedAwayIdIsNoUnmerge) {
  RegisteredPatient merged = New();
  merged.set_outcome(mpi::v1::LINK_OUTCOME_MERGED_AWAY);
  Registers(merged);
  const auto call = Put(
      kNorth,
      R"({"resourceType":"Patient","identifier":[{"system":"urn:oid:2.999.1.10.1","value":"N-1001"}],)"
      R"("name":[{"family":"Moreau"}]})");
  EXPECT_EQ(call->status(), 409);
  EXPECT_EQ(Detail(*call), "MergedAway");
}

TEST_F(PatientFeedTest, HeldRecordIsTakenWithAWarning) {
  RegisteredPatient held = New();
  held.set_outcome(mpi::v1::LINK_OUTCOME_HELD);
  Registers(held);
  const auto call = Put(kNorth, kAna);
  EXPECT_EQ(call->status(), 202);
  EXPECT_EQ(Detail(*call), "IdentityHold");
}

TEST_F(PatientFeedTest, DeleteIsDoneHoweverOftenItIsSaid) {
  absl::Status status;
  world_.exchange().On<ExchangeService::RemovePatient>(
      [&status](const auto&) -> absl::StatusOr<exchange::v1::RemovePatientResponse> {
        if (!status.ok()) return status;
        return exchange::v1::RemovePatientResponse();
      });
  EXPECT_EQ(world_.Send(http::Method::kDelete, kNorth)->status(), 204);
  status = absl::NotFoundError("patient: unknown");
  EXPECT_EQ(world_.Send(http::Method::kDelete, kNorth)->status(), 204);
  status = absl::PermissionDeniedError("no");
  EXPECT_EQ(world_.Send(http::Method::kDelete, kNorth)->status(), 403);
}

TEST_F(PatientFeedTest, ProblemNamesTheElement) {
  RegisteredPatient problem;
  problem.set_problem("patients[0].demographics.phones: want at most 32");
  problem.set_problem_code(static_cast<int>(absl::StatusCode::kInvalidArgument));
  Registers(problem);
  const json::Value outcome = Put(kNorth, kAna)->resource();
  EXPECT_EQ(outcome.At("/issue/0/expression/0")->text(), "Patient.telecom");
}

}  // namespace
}  // namespace hie::fhir

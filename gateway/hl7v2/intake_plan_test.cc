#include "gateway/hl7v2/intake_plan.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gateway/hl7v2/reception.h"
#include "gateway/hl7v2/testing/sample_region.h"

namespace hie::hl7v2 {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

// A message of the handmade sender with what it was planned as.
struct Planned {
  std::shared_ptr<const Reception> reception;
  IntakePlan plan;
};

Planned Plan(const std::string& type, const std::string& rest,
             const std::string& time = "20260110100000+0000") {
  const std::string message = absl::StrCat("MSH|^~\\&|NORTHADT|NORTH^2.999.1.10^ISO|HIE|HIE|", time,
                                           "||", type, "|C1|P|2.5.1\r", rest);
  std::shared_ptr<const Reception> reception =
      Reception::Read(message, SampleDirectory(AckMode::kTolerant), {"127.0.0.1", "", false});
  EXPECT_FALSE(reception->refused().has_value());
  IntakePlan plan =
      PlanIntake(*reception->message(), reception->header(),
                 {reception->directory(), reception->member(), reception->source(), kNow});
  return {reception, plan};
}

const Finding* Refusal(const IntakePlan& plan) {
  const auto* refused = std::get_if<RefusePlan>(&plan.effect);
  return refused == nullptr ? nullptr : &refused->finding;
}

constexpr char kPid[] = "PID|1||n-1^^^NORTH&2.999.1.10.1&ISO^MR||Moreau^Ana||19610402|F";

TEST(IntakePlanTest, NamesTheRecordAsItsDomainWritesIt) {
  const Planned planned = Plan("ADT^A01", absl::StrCat("EVN||20260109\r", kPid, "\rPV1||I|3W"));
  const auto& plan = std::get<RegisterPlan>(planned.plan.effect);
  EXPECT_EQ(plan.patient.assigning_authority, "2.999.1.10.1");
  EXPECT_EQ(plan.patient.id.value(), "N-1");
  EXPECT_EQ(plan.kind, Arrival::kArrival);
  EXPECT_EQ(plan.unit, "3W");
  EXPECT_EQ(plan.facility, "NORTH");
  // Midnight in the domain's zone.
  EXPECT_EQ(absl::FormatTime(planned.plan.event, absl::UTCTimeZone()), "2026-01-09T06:00:00+00:00");
}

TEST(IntakePlanTest, FindsTheKeyAmongWhateverSendersWrite) {
  struct Case {
    const char* ids;
    const char* key;  // Null: none.
    size_t others;
  };
  const Case cases[] = {
      {"7^^^NORTH^MR", "7", 0},
      {"7^^^&2.999.1.10.1&ISO", "7", 0},
      {"7", "7", 0},
      {"9^^^ELSE&1.2.3&ISO^MR~7^^^NORTH", "7", 1},
      {"123-45-6789^^^USSSA^SS~7^^^NORTH", "7", 1},
      {"9^^^ELSE^MR~7^^^NORTH", "7", 0},
      {"7^^^NORTH&9.9.9&ISO", nullptr, 1},
      {"9^^^ELSE", nullptr, 0},
      {"", nullptr, 0},
      {"\"\"^^^NORTH", nullptr, 0},
  };
  for (const Case& c : cases) {
    const Planned planned = Plan("ADT^A08", absl::StrCat("PID|1||", c.ids, "||Moreau^Ana"));
    if (c.key == nullptr) {
      ASSERT_NE(Refusal(planned.plan), nullptr) << c.ids;
      continue;
    }
    const auto& plan = std::get<RegisterPlan>(planned.plan.effect);
    EXPECT_EQ(plan.patient.id.value(), c.key) << c.ids;
    EXPECT_EQ(plan.change.identifiers.value.size(), c.others) << c.ids;
  }
}

TEST(IntakePlanTest, RefusesByTheTableOfConditions) {
  struct Case {
    const char* type;
    std::string rest;
    const char* reason;
    ErrorCode code;
    const char* where;
  };
  const Case cases[] = {
      {"ADT^A01", "", "missing-segment", ErrorCode::kSegmentSequence, "PID"},
      {"ADT^A01", "PID|1||||Moreau", "missing-field", ErrorCode::kRequiredFieldMissing, "PID-3"},
      {"ADT^A01", "PID|1||7^^^NORTH", "missing-field", ErrorCode::kRequiredFieldMissing, "PID-5"},
      {"ADT^A08", "PID|1||7^^^X||M", "unmapped-authority", ErrorCode::kUnknownKey, "PID-3"},
      {"ADT^A08", absl::StrCat("PID|1||", std::string(65, '7'), "||M"), "bad-id",
       ErrorCode::kDataType, "PID-3"},
      {"ADT^A08", "PID|1||7||M||19991301", "bad-date", ErrorCode::kDataType, "PID-7"},
      {"ADT^A40", kPid, "missing-segment", ErrorCode::kSegmentSequence, "MRG"},
      {"ADT^A40", absl::StrCat(kPid, "\rMRG|"), "missing-field", ErrorCode::kRequiredFieldMissing,
       "MRG-1"},
      {"ADT^A40", absl::StrCat(kPid, "\rMRG|N-1"), "merge-refused", ErrorCode::kDuplicateKey,
       "MRG-1"},
      {"MDM^T02", kPid, "missing-segment", ErrorCode::kSegmentSequence, "TXA"},
      {"MDM^T02", absl::StrCat(kPid, "\rTXA|1|DS|||||||||||||||AU"), "missing-field",
       ErrorCode::kRequiredFieldMissing, "TXA-12"},
      {"MDM^T02", absl::StrCat(kPid, "\rTXA|1|DS||||||||||5|||||AU\rOBX|1|ED|||^^PDF^Base64^%%%"),
       "bad-content", ErrorCode::kDataType, "OBX-5"},
  };
  for (const Case& c : cases) {
    const Planned planned = Plan(c.type, c.rest);
    const Finding* finding = Refusal(planned.plan);
    ASSERT_NE(finding, nullptr) << c.type << " " << c.where;
    EXPECT_EQ(finding->reason, c.reason) << c.where;
    EXPECT_EQ(finding->code, c.code) << c.where;
    EXPECT_EQ(finding->where.ForPeople(), c.where);
  }
}

TEST(IntakePlanTest, BelievesNoTimeThatHasNotCome) {
  const Planned future =
      Plan("ADT^A08", absl::StrCat("EVN||20990101\r", kPid), "20260110100000+0000");
  EXPECT_EQ(absl::ToUnixSeconds(future.plan.event), 1768039200);
  const Planned both = Plan("ADT^A08", absl::StrCat("EVN||20990101\r", kPid), "20990101");
  EXPECT_EQ(both.plan.event, absl::InfinitePast());
}

TEST(IntakePlanTest, LocksBothIdsOfAMerge) {
  const Planned planned = Plan("ADT^A40", absl::StrCat(kPid, "\rMRG|N-2^^^NORTH"));
  EXPECT_EQ(planned.plan.Keys().size(), 2u);
  EXPECT_TRUE(Plan("ADT^A09", kPid).plan.Keys().empty());
}

TEST(IntakePlanTest, MergesByEveryOldForm) {
  for (const char* trigger : {"A18", "A30", "A34", "A36", "A39", "A40", "A46", "A47"}) {
    const Planned planned =
        Plan(absl::StrCat("ADT^", trigger), absl::StrCat(kPid, "\rMRG||||N-2^^^NORTH"));
    EXPECT_TRUE(std::holds_alternative<MergePlan>(planned.plan.effect)) << trigger;
  }
}

TEST(IntakePlanTest, FilesOnlyWhatSomebodyAnswersFor) {
  const auto effect = [](const char* completion) {
    return Plan("MDM^T02", absl::StrCat(kPid, "\rTXA|1|DS||||||||||5|||||", completion))
        .plan.effect;
  };
  for (const char* word : {"AU", "LA"}) {
    EXPECT_TRUE(std::holds_alternative<DocumentPlan>(effect(word))) << word;
  }
  for (const char* word : {"DI", "DO", "IN", "IP", "PA", ""}) {
    EXPECT_TRUE(std::holds_alternative<IgnorePlan>(effect(word))) << word;
  }
}

TEST(IntakePlanTest, FilesNoClinicalDocumentAboutSomebodyElse) {
  const auto plan = [](const char* family, const char* birth) {
    const std::string document = absl::StrCat(
        "<ClinicalDocument xmlns=\"urn:hl7-org:v3\"><id root=\"1.2.3\"/><code code=\"34133-9\" "
        "codeSystem=\"2.16.840.1.113883.6.1\"/><title>Summary</title><recordTarget><patientRole>"
        "<id root=\"2.999.1.10.1\" extension=\"N-1\"/><patient><name><given>Ana</given><family>",
        family, "</family></name><administrativeGenderCode code=\"F\"/><birthTime value=\"", birth,
        "\"/></patient></patientRole></recordTarget></ClinicalDocument>");
    return Plan("MDM^T02",
                absl::StrCat(kPid, "\rTXA|1|CD||||||||||5|||||AU\rOBX|1|ED|||^TEXT^XML^Base64^",
                             absl::Base64Escape(document)))
        .plan;
  };
  const IntakePlan right = plan("Moreau", "19610402");
  ASSERT_TRUE(std::holds_alternative<DocumentPlan>(right.effect));
  EXPECT_EQ(std::get<DocumentPlan>(right.effect).draft.media_type, "text/xml");
  const IntakePlan wrong = plan("Moreau", "19991224");
  ASSERT_NE(Refusal(wrong), nullptr);
  EXPECT_EQ(Refusal(wrong)->reason, "wrong-patient");
}

TEST(DocumentDraftTest, MakesOneIdOfOneNumber) {
  const auto id = [](const char* number, const char* ns, const char* oid) {
    return DocumentUniqueId({number, {ns, oid, "ISO"}}, "north|APP|FAC");
  };
  EXPECT_EQ(id("1.2.840.317.59", "", ""), "urn:oid:1.2.840.317.59");
  EXPECT_EQ(id("501", "N", "2.999.9"), "urn:oid:2.999.9.501");
  EXPECT_EQ(id("A-1", "N", "2.999.9"), id("A-1", "M", "2.999.9"));
  EXPECT_EQ(id("A-1", "N", "2.999.9").substr(0, 9), "urn:uuid:");
  EXPECT_NE(id("A-1", "N", ""), id("A-1", "M", ""));
  EXPECT_NE(id("007", "", ""), id("7", "", ""));
}

TEST(FieldStateTest, TakesNothingOverFromAContradictingHolder) {
  FieldState state;
  state.names = {{"official", "Moreau", {"Ana"}, ""}};
  state.birth_date = CivilDate{1961, 4, 2};
  PatientChange change;
  change.names = Stated<std::vector<HumanName>>::Said({{"official", "Stone", {"Ben"}, ""}});
  EXPECT_FALSE(Contradicts(state, change));  // No birth date: no evidence.
  change.birth_date = Stated<CivilDate>::Said({1990, 1, 1});
  EXPECT_TRUE(Contradicts(state, change));
  change.birth_date = Stated<CivilDate>::Said({1961, 4, 2});
  EXPECT_FALSE(Contradicts(state, change));  // A new name.
  change.birth_date = Stated<CivilDate>::Said({1990, 1, 1});
  state.identity_unknown = true;
  EXPECT_FALSE(Contradicts(state, change));  // The unknown patient was identified.
}

}  // namespace
}  // namespace hie::hl7v2

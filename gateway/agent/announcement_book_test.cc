#include "gateway/agent/announcement_book.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "gateway/agent/back_off.h"
#include "gateway/agent/fault.h"
#include "services/common/base/random_source.h"
#include "services/common/wire/wire.h"

namespace hie::agent {
namespace {

constexpr char kDomain[] = "2.999.1.10.1";

std::shared_ptr<const RecordIndex> IndexOf(int patients, const std::string& changed = "") {
  std::string lines;
  for (int i = 0; i < patients; ++i) {
    const std::string id = absl::StrCat("N-", i);
    absl::StrAppend(&lines, R"({"resourceType":"Patient","id":"p)", i,
                    R"(","identifier":[{"system":"urn:oid:2.999.1.10.1","value":")", id,
                    R"("},{"system":"urn:ssn","value":"1"}],"name":[{"family":")",
                    id == changed ? "New" : "Old", "\"}]}\n");
  }
  auto file = std::make_shared<const ParsedFile>(ParseSourceFile("a.ndjson", lines, kDomain));
  return RecordIndex::Build(kDomain, {file}, [](const std::string&) { return std::nullopt; });
}

TEST(AnnouncementBookTest, EveryPatientIsAnnouncedOnceAHundredAtATime) {
  AnnouncementBook book(kDomain);
  book.Load(IndexOf(250));
  int announced = 0;
  for (uint64_t sequence = 1; !book.Done(); ++sequence) {
    const auto next = book.Next();
    ASSERT_TRUE(next.has_value());
    EXPECT_EQ(next->sequence(), sequence);
    EXPECT_LE(next->patients_size(), 100);
    announced += next->patients_size();
    EXPECT_FALSE(book.Next().has_value());  // One at a time.
    book.Taken(sequence + 7);               // Of nothing under way: no effect.
    EXPECT_FALSE(book.Next().has_value());
    book.Taken(sequence);
  }
  EXPECT_EQ(announced, 250);
  book.Load(IndexOf(250));
  EXPECT_TRUE(book.Done());
}

TEST(AnnouncementBookTest, OnlyWhatChangedIsAnnouncedAgain) {
  AnnouncementBook book(kDomain);
  book.Load(IndexOf(3));
  book.Next();
  book.Taken(1);
  book.Load(IndexOf(4, "N-1"));
  const auto next = book.Next();
  ASSERT_EQ(next->patients_size(), 2);
  EXPECT_EQ(next->patients(0).patient().id(), "N-1");
  EXPECT_EQ(next->patients(1).patient().id(), "N-3");
}

TEST(AnnouncementBookTest, WhatWasUnderWayIsAnnouncedOnTheNextStream) {
  AnnouncementBook book(kDomain);
  book.Load(IndexOf(2));
  book.Next();
  book.StreamLost();
  EXPECT_FALSE(book.Done());
  const auto next = book.Next();
  EXPECT_EQ(next->sequence(), 1u);
  EXPECT_EQ(next->patients_size(), 2);
}

TEST(AnnouncementBookTest, TheKeyIsNoOtherIdentifierAndLongTextsAreCut) {
  PatientRecord record;
  record.demographics.identifiers = {{kDomain, "N-1"}, {"urn:ssn", "1"}};
  record.demographics.names = std::vector<HumanName>(40, {"", std::string(999, 'x'), {}, ""});
  record.demographics.phones = std::vector<std::string>(99, "5");
  const v1::AnnouncedPatient patient = AnnouncedPatientOf(kDomain, "N-1", record);
  EXPECT_EQ(patient.demographics().identifiers_size(), 1);
  EXPECT_TRUE(wire::FromProto(patient.demographics(), "demographics").ok());
  EXPECT_TRUE(wire::FromProto(patient.patient(), "patient", wire::Incarnation::kMayBeCurrent).ok());
}

TEST(BackOffTest, WaitsGrowToTheCapWithJitterAndStartAnew) {
  constexpr uint64_t kSeed = 7;
  SeededRandom random(kSeed);
  BackOff back_off({.first = absl::Seconds(1), .max = absl::Seconds(8)}, &random);
  for (int round = 0; round < 3; ++round) {
    for (const int step : {1, 2, 4, 8, 8, 8}) {
      const absl::Duration wait = back_off.Next();
      EXPECT_GE(wait, absl::Seconds(step) / 2) << "seed " << kSeed;
      EXPECT_LE(wait, absl::Seconds(step)) << "seed " << kSeed;
    }
    back_off.Reset();
  }
  for (int i = 0; i < 1000; ++i) EXPECT_LE(back_off.Next(), absl::Seconds(8));
}

TEST(FaultTest, NamesAreParsedAndOthersRefused) {
  EXPECT_EQ(ParseFault("")->kind, Fault::Kind::kNone);
  EXPECT_EQ(ParseFault("wrong-patient")->kind, Fault::Kind::kWrongPatient);
  EXPECT_EQ(ParseFault("slow:250")->delay, absl::Milliseconds(250));
  for (const char* bad : {"slow", "slow:", "slow:-1", "slow:x", "loud"}) {
    EXPECT_FALSE(ParseFault(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace hie::agent

#include "gateway/hl7v2/hl7v2_door.h"

#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "gateway/hl7v2/inbox_store.h"
#include "gateway/hl7v2/testing/fake_exchange.h"
#include "gateway/hl7v2/testing/mllp_client.h"
#include "gateway/hl7v2/testing/sample_region.h"
#include "services/common/storage/memory_kv_store.h"

namespace hie::hl7v2 {
namespace {

// A door on the loopback over a fake exchange.
class DoorTest : public testing::Test {
 protected:
  void Open(AckMode mode = AckMode::kTolerant, MemberState state = MemberState::kLive) {
    door_.reset();
    directory_ = std::make_unique<members::FixedMemberDirectory>(
        members::DirectoryReading{SampleDirectory(mode, state), clock_.Now()});
    Hl7v2Door::Options options;
    options.exchange = &exchange_;
    options.directory = directory_.get();
    options.clock = &clock_;
    options.random = &random_;
    options.store = &store_;
    // The store is kept over restarts: so are its key and its mark.
    options.mark_path = folder_ + "/mark";
    options.key_path = folder_ + "/key";
    options.listen = "127.0.0.1:0";
    options.limits = limits_;
    absl::StatusOr<std::unique_ptr<Hl7v2Door>> door = Hl7v2Door::Open(std::move(options));
    ASSERT_TRUE(door.ok()) << door.status();
    door_ = *std::move(door);
  }

  void SetUp() override {
    folder_ = absl::StrCat(testing::TempDir(), "/hl7v2-door-", random_seed_());
    ASSERT_EQ(std::system(absl::StrCat("mkdir -p ", folder_).c_str()), 0);
    limits_.retry_first = absl::Milliseconds(5);
    limits_.retry_max = absl::Milliseconds(50);
  }

  void TearDown() override {
    door_.reset();
    EXPECT_EQ(std::system(absl::StrCat("rm -r ", folder_).c_str()), 0);
  }

  bool WaitUntil(const std::function<bool()>& condition) {
    for (int i = 0; i < 4000; ++i) {
      if (condition()) return true;
      absl::SleepFor(absl::Milliseconds(5));
    }
    return false;
  }

  size_t Rows(Table table) const { return store_.Snapshot()->ScanPrefix(table, "")->size(); }

  SystemClock clock_;
  SystemRandom random_;
  std::random_device random_seed_;
  std::string folder_;
  MemoryKvStore store_{Hl7v2Door::Tables()};
  FakeExchange exchange_;
  std::unique_ptr<members::FixedMemberDirectory> directory_;
  DoorLimits limits_;
  std::unique_ptr<Hl7v2Door> door_;
};

std::string Message(const std::string& type, const std::string& control_id,
                    const std::string& rest) {
  return absl::StrCat("MSH|^~\\&|NORTHADT|NORTH^2.999.1.10^ISO|HIE|HIE|20260110100000+0000||", type,
                      "|", control_id, "|P|2.5.1\rEVN||20260110100000+0000\r", rest);
}

std::string Pid(const std::string& id, const std::string& more = "|Moreau^Ana||19610402|F") {
  return absl::StrCat("PID|1||", id, "^^^NORTH&2.999.1.10.1&ISO^MR|", more, "\r");
}

std::string Mrg(const std::string& id) {
  return absl::StrCat("MRG|", id, "^^^NORTH&2.999.1.10.1&ISO^MR\r");
}

// Without MSH-15 and MSH-16: original mode.
std::string Original(const char* message) {
  return absl::StrReplaceAll(message, {{"|2.5.1|||AL|NE", "|2.5.1"}});
}

TEST_F(DoorTest, AnswersTheHandmadeAdmissionAsItsSample) {
  Open();
  MllpClient client(door_->port());
  const std::string answer = client.Ask(Original(kAdtA01));
  const std::vector<std::string> segments = absl::StrSplit(answer, '\r');
  ASSERT_EQ(segments.size(), 3u) << answer;  // The last is empty.
  const std::vector<std::string> msh = absl::StrSplit(segments[0], '|');
  ASSERT_EQ(msh.size(), 12u);
  EXPECT_EQ(msh[1], "^~\\&");
  EXPECT_EQ(msh[2], "HIE");
  EXPECT_EQ(msh[3], "HIE^2.999.1.1^ISO");
  EXPECT_EQ(msh[4], "NORTHADT");
  EXPECT_EQ(msh[5], "NORTH^2.999.1.10^ISO");
  EXPECT_EQ(msh[6].size(), std::string("20260108071000.214+0000").size());
  EXPECT_EQ(msh[8], "ACK^A01^ACK");
  EXPECT_EQ(msh[10], "P");
  EXPECT_EQ(msh[11], "2.5.1");
  EXPECT_EQ(segments[1], "MSA|AA|N000001");
  const auto record = exchange_.records().at("N-1001");
  EXPECT_EQ(record.names(0).family(), "Moreau");
  EXPECT_EQ(record.birth_date(), "1961-04-02");
  EXPECT_EQ(record.phones(0), "5555550100");
}

TEST_F(DoorTest, CommitsInEnhancedModeAndSaysNothingMore) {
  Open();
  MllpClient client(door_->port());
  EXPECT_EQ(AckCodeOf(client.Ask(kAdtA01)), "CA");
  EXPECT_FALSE(client.Receive(absl::Milliseconds(200)).has_value());
  EXPECT_TRUE(exchange_.records().contains("N-1001"));
}

TEST_F(DoorTest, SendsTheApplicationAnswerAfterTheCommit) {
  Open(AckMode::kStrict);
  MllpClient client(door_->port());
  EXPECT_EQ(AckCodeOf(client.Ask(absl::StrReplaceAll(kAdtA01, {{"|AL|NE", "|AL|AL"}}))), "CA");
  EXPECT_EQ(AckCodeOf(client.Receive().value_or("")), "AA");
  const std::string bad = absl::StrReplaceAll(
      kAdtA01, {{"|AL|NE", "|AL|ER"}, {"N000001", "N000101"}, {"Moreau^Ana^Lucia^^^^L", ""}});
  EXPECT_EQ(AckCodeOf(client.Ask(bad)), "CA");
  EXPECT_EQ(AckCodeOf(client.Receive().value_or("")), "AE");
  const std::string quiet =
      absl::StrReplaceAll(kAdtA01, {{"|AL|NE", "|ER|ER"}, {"N000001", "N000102"}});
  EXPECT_TRUE(client.Send(quiet));
  EXPECT_FALSE(client.Receive(absl::Milliseconds(200)).has_value());
}

TEST_F(DoorTest, DeletesWhatIsNullAndKeepsWhatIsEmpty) {
  Open();
  MllpClient client(door_->port());
  EXPECT_EQ(AckCodeOf(client.Ask(Original(kAdtA01))), "AA");
  EXPECT_EQ(AckCodeOf(client.Ask(kAdtA08DeletePhone)), "AA");
  const auto record = exchange_.records().at("N-1001");
  EXPECT_EQ(record.phones_size(), 0);
  EXPECT_EQ(record.addresses(0).city(), "Northfield");
}

TEST_F(DoorTest, CarriesNothingOverToAnotherHolderOfTheNumber) {
  Open();
  MllpClient client(door_->port());
  EXPECT_EQ(AckCodeOf(client.Ask(Original(kAdtA01))), "AA");
  EXPECT_EQ(AckCodeOf(client.Ask(Message("ADT^A01", "2", Pid("N-1001", "|Stone^Ben||19900101|M")))),
            "AA");
  const auto record = exchange_.records().at("N-1001");
  EXPECT_EQ(record.names(0).family(), "Stone");
  EXPECT_EQ(record.phones_size(), 0);
  EXPECT_EQ(record.addresses_size(), 0);
}

TEST_F(DoorTest, RefusesUnknownEventsAsTheSample) {
  Open();
  MllpClient client(door_->port());
  const std::string answer = client.Ask(Message("ADT^A99", "N000004", Pid("N-1")));
  EXPECT_NE(answer.find("ACK^A99^ACK"), std::string::npos);
  EXPECT_NE(answer.find("\rMSA|AR|N000004\r"), std::string::npos) << answer;
  EXPECT_NE(answer.find("\rERR||MSH^1^9^1^2|201^Unsupported event code^HL70357|E\r"),
            std::string::npos)
      << answer;
  EXPECT_EQ(Rows(inbox::kMessages), 0u);
}

TEST_F(DoorTest, RefusesSendersThatNobodyConfigured) {
  Open();
  MllpClient client(door_->port());
  EXPECT_EQ(AckCodeOf(client.Ask("MSH|^~\\&|X|Y|||20260101||ADT^A01|1|P|2.5\rPID|1||1")), "AR");
  EXPECT_EQ(AckCodeOf(client.Ask("nonsense")), "AR");
  Open(AckMode::kTolerant, MemberState::kSuspended);
  MllpClient again(door_->port());
  EXPECT_EQ(AckCodeOf(again.Ask(Original(kAdtA01))), "AR");
  EXPECT_TRUE(exchange_.calls().empty());
}

// INTERFACES 8.4, at the door: the answer in strict mode, and AA with an exception in tolerant
// mode.
TEST_F(DoorTest, AnswersEveryRowOfTheMergeTable) {
  struct Case {
    const char* what;
    std::string body;
    std::string code;   // Strict.
    std::string error;  // In the answer.
  };
  const std::string survivor = Pid("S");
  const Case cases[] = {
      {"foreign authority", Pid("S") + "MRG|X^^^ELSE&9.9.9&ISO\r", "AE", "204^"},
      {"same id in both", Pid("S") + Mrg("S"), "AE", "205^"},
      {"subsumed unknown", Pid("S") + Mrg("NOBODY"), "AE", "204^"},
      {"survivor unknown, without name", Pid("NEW", "") + Mrg("A"), "AE", "ERR||PID^1^3|204^"},
      {"no MRG", Pid("S"), "AE", "100^"},
      {"two pairs, one bad: none", Pid("S") + Mrg("A") + Pid("S") + Mrg("NOBODY"), "AE", "204^"},
      {"ok", Pid("S") + Mrg("A"), "AA", ""},
      {"repeated", Pid("S") + Mrg("A"), "AA", ""},
      {"merged elsewhere", Pid("B") + Mrg("A"), "AE", "205^"},
      {"survivor itself subsumed", Pid("A") + Mrg("B"), "AE",
       "ERR||MRG^1^1|205^Duplicate key identifier^HL70357|E||||surviving identifier was merged "
       "away "
       "before"},
      {"survivor made of PID", Pid("FRESH") + Mrg("B"), "AA", ""},
  };
  for (const char* id : {"S", "A", "B"}) exchange_.AddRecord(id);
  Open(AckMode::kStrict);
  MllpClient client(door_->port());
  int number = 0;
  for (const Case& c : cases) {
    const std::string answer =
        client.Ask(Message("ADT^A40^ADT_A39", absl::StrCat("M", ++number), c.body));
    EXPECT_EQ(AckCodeOf(answer), c.code) << c.what << " " << answer;
    EXPECT_NE(answer.find(c.error), std::string::npos) << c.what << " " << answer;
  }
  EXPECT_EQ(exchange_.merged(), (std::map<std::string, std::string>{{"A", "S"}, {"B", "FRESH"}}));
  Open(AckMode::kTolerant);
  MllpClient tolerant(door_->port());
  EXPECT_EQ(AckCodeOf(tolerant.Ask(Message("ADT^A40", "T1", Pid("S") + Mrg("S")))), "AA");
  EXPECT_EQ(AckCodeOf(tolerant.Ask(Message("ADT^A40", "T2", Pid("S") + Mrg("UNSEEN")))), "AA");
  EXPECT_EQ(exchange_.merged().at("UNSEEN"), "S");
}

TEST_F(DoorTest, FilesADocumentAndWithdrawsIt) {
  Open();
  exchange_.AddRecord("N-1001");
  MllpClient client(door_->port());
  EXPECT_EQ(AckCodeOf(client.Ask(kMdmT02)), "AA");
  const auto documents = exchange_.documents();
  ASSERT_EQ(documents.size(), 1u);
  const auto& document = documents.begin()->second;
  EXPECT_EQ(document.entry().unique_id(), "urn:oid:2.999.1.10.9.501");
  EXPECT_EQ(document.content(), "Discharge: stable.");
  EXPECT_EQ(document.entry().type_code(), "18842-5");
  EXPECT_EQ(document.entry().media_type(), "text/plain");
  EXPECT_EQ(document.security_codes(0), "N");
  EXPECT_EQ(document.entry().author_names(0).family(), "Okafor");
  const std::string cancel =
      absl::StrReplaceAll(kMdmT02, {{"MDM^T02^MDM_T02|N000006", "MDM^T11|N000007"}});
  EXPECT_EQ(AckCodeOf(client.Ask(cancel)), "AA");
  EXPECT_EQ(exchange_.withdrawn().count("urn:oid:2.999.1.10.9.501"), 1u);
}

TEST_F(DoorTest, StagesALargeDocument) {
  Open();
  exchange_.AddRecord("N-1001");
  MllpClient client(door_->port());
  const std::string text(size_t{9} << 20, 'x');
  EXPECT_EQ(AckCodeOf(client.Ask(absl::StrReplaceAll(kMdmT02, {{"Discharge: stable.", text}}))),
            "AA");
  ASSERT_EQ(exchange_.documents().size(), 1u);
  EXPECT_EQ(exchange_.documents().begin()->second.content(), text);
  EXPECT_EQ(Rows(inbox::kBodies), 0u);
}

TEST_F(DoorTest, TakesARepetitionOnceAndAnswersItAgain) {
  Open();
  MllpClient client(door_->port());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(AckCodeOf(client.Ask(Original(kAdtA01))), "AA");
  EXPECT_EQ(exchange_.calls().size(), 1u);
  // The same control id, another body: processed (tolerant).
  EXPECT_EQ(AckCodeOf(client.Ask(absl::StrReplaceAll(Original(kAdtA01), {{"Ana", "Anna"}}))), "AA");
  EXPECT_EQ(exchange_.calls().size(), 2u);
  Open(AckMode::kStrict);
  MllpClient strict(door_->port());
  const std::string answer = strict.Ask(absl::StrReplaceAll(Original(kAdtA01), {{"Ana", "Anita"}}));
  EXPECT_EQ(AckCodeOf(answer), "AE");
  EXPECT_NE(answer.find("205^"), std::string::npos);
  EXPECT_EQ(exchange_.calls().size(), 2u);
}

TEST_F(DoorTest, KeepsAMessageThatTheExchangeCannotTakeNowAndTellsItsRepetition) {
  limits_.answer_time = absl::Milliseconds(100);
  exchange_.SetOutage(absl::UnavailableError("down"));
  Open();
  MllpClient client(door_->port());
  const std::string busy = client.Ask(Original(kAdtA01));
  EXPECT_EQ(AckCodeOf(busy), "AR");
  EXPECT_NE(busy.find("206^"), std::string::npos);
  exchange_.SetOutage(absl::OkStatus());
  EXPECT_EQ(AckCodeOf(client.Ask(Original(kAdtA01))), "AA");
  EXPECT_EQ(exchange_.applied().at("N-1001").size(), 1u);
}

TEST_F(DoorTest, TakesUpAfterARestartWhatWasAcceptedAndNotApplied) {
  exchange_.SetOutage(absl::UnavailableError("down"));
  Open();
  {
    MllpClient client(door_->port());
    for (int i = 1; i <= 5; ++i) {
      const std::string pid = Pid(absl::StrCat("R", i % 2),
                                  absl::StrCat("|Moreau^Ana||19610402|F|||||||||||||||||", i));
      const std::string message = absl::StrReplaceAll(Message("ADT^A08", absl::StrCat("R", i), pid),
                                                      {{"|P|2.5.1", "|P|2.5.1|||AL|NE"}});
      EXPECT_EQ(AckCodeOf(client.Ask(message)), "CA");
    }
  }
  door_.reset();
  EXPECT_EQ(Rows(inbox::kPending), 5u);
  exchange_.SetOutage(absl::OkStatus());
  Open();
  ASSERT_TRUE(WaitUntil([this] { return door_->waiting() == 0; }));
  EXPECT_EQ(exchange_.applied().at("R1"), (std::vector<uint32_t>{1, 3, 5}));
  EXPECT_EQ(exchange_.applied().at("R0"), (std::vector<uint32_t>{2, 4}));
  EXPECT_EQ(Rows(inbox::kPending), 0u);
}

TEST_F(DoorTest, RefusesToOpenWithoutItsKey) {
  Open();
  MllpClient client(door_->port());
  EXPECT_EQ(AckCodeOf(client.Ask(Original(kAdtA01))), "AA");
  door_.reset();
  ASSERT_EQ(std::system(absl::StrCat("rm ", folder_, "/key").c_str()), 0);
  Hl7v2Door::Options options;
  options.exchange = &exchange_;
  options.directory = directory_.get();
  options.clock = &clock_;
  options.random = &random_;
  options.store = &store_;
  options.mark_path = folder_ + "/mark";
  options.key_path = folder_ + "/key";
  EXPECT_EQ(Hl7v2Door::Open(options).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(DoorTest, StoresNoPatientInPlainText) {
  Open();
  MllpClient client(door_->port());
  EXPECT_EQ(AckCodeOf(client.Ask(Original(kAdtA01))), "AA");
  EXPECT_EQ(AckCodeOf(client.Ask(Message("ADT^A45", "H1", Pid("N-1001")))), "AA");
  for (const std::string& table : Hl7v2Door::Tables()) {
    const auto rows = store_.Snapshot()->ScanPrefix(table, "");
    for (const KvEntry& row : *rows) {
      for (const char* secret : {"Moreau", "N-1001", "Quarry", "19610402"}) {
        EXPECT_EQ(row.key.find(secret), std::string::npos) << table;
        EXPECT_EQ(row.value.find(secret), std::string::npos) << table;
      }
    }
  }
  EXPECT_EQ(Rows(inbox::kOpen), 1u);
}

// Whatever the interleaving: messages of one id arrive in the order in which they were sent.
TEST_F(DoorTest, AppliesMessagesOfOneIdInOrder) {
  const unsigned seed = random_seed_();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  exchange_.SetDelay(absl::Microseconds(200));
  Open();
  std::map<std::string, std::vector<uint32_t>> expected;
  MllpClient client(door_->port());
  constexpr int kMessages = 400;
  for (int i = 0; i < kMessages; ++i) {
    const std::string id = absl::StrCat("P", random() % 7);
    const uint32_t mark = 1 + random() % 20;
    expected[id].push_back(mark);
    ASSERT_TRUE(client.Send(
        Message("ADT^A08", absl::StrCat("O", i),
                Pid(id, absl::StrCat("|Moreau^Ana||19610402|F|||||||||||||||||", mark)))));
  }
  for (int i = 0; i < kMessages; ++i) {
    const std::optional<std::string> answer = client.Receive();
    ASSERT_TRUE(answer.has_value());
    ASSERT_EQ(AckedId(*answer), absl::StrCat("O", i));
  }
  EXPECT_EQ(exchange_.applied(), expected);
}

TEST_F(DoorTest, TakesTenThousandMessagesOnOneConnection) {
  Open();
  MllpClient client(door_->port());
  constexpr int kMessages = 10'000;
  std::thread sender([&client] {
    for (int i = 0; i < kMessages; ++i) {
      if (!client.Send(Message("ADT^A08", absl::StrCat("K", i), Pid(absl::StrCat("K", i))))) return;
    }
  });
  int accepted = 0;
  for (int i = 0; i < kMessages; ++i) {
    const std::optional<std::string> answer = client.Receive();
    if (!answer) break;
    accepted += AckCodeOf(*answer) == "AA" && AckedId(*answer) == absl::StrCat("K", i) ? 1 : 0;
  }
  sender.join();
  EXPECT_EQ(accepted, kMessages);
  EXPECT_EQ(exchange_.records().size(), static_cast<size_t>(kMessages));
}

TEST_F(DoorTest, AnswersAClientThatHasClosedItsSide) {
  exchange_.SetDelay(absl::Milliseconds(50));
  Open();
  MllpClient client(door_->port());
  ASSERT_TRUE(client.Send(Original(kAdtA01)));
  client.EndInput();
  EXPECT_EQ(AckCodeOf(client.Receive().value_or("")), "AA");
  EXPECT_TRUE(client.ClosedByPeer(absl::Seconds(5)));
}

TEST_F(DoorTest, ClosesWhatIsTooLargeOrTooSlow) {
  limits_.message_bytes_max = 10'000;
  limits_.message_time = absl::Milliseconds(200);
  limits_.idle_time = absl::Milliseconds(400);
  Open();
  MllpClient large(door_->port());
  large.SendBytes(absl::StrCat("\x0B", std::string(20'000, 'x')));
  EXPECT_TRUE(large.ClosedByPeer(absl::Seconds(5)));
  MllpClient slow(door_->port());
  ASSERT_TRUE(slow.SendBytes("\x0BMSH|"));
  EXPECT_TRUE(slow.ClosedByPeer(absl::Seconds(5)));
  MllpClient idle(door_->port());
  EXPECT_EQ(AckCodeOf(idle.Ask(Original(kAdtA01))), "AA");
  EXPECT_TRUE(idle.ClosedByPeer(absl::Seconds(5)));
}

TEST_F(DoorTest, ReadsNoMoreThanItMayHaveInFlight) {
  limits_.per_connection_max = 4;
  exchange_.SetOutage(absl::UnavailableError("down"));
  Open();
  MllpClient client(door_->port());
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(client.Send(Message("ADT^A08", absl::StrCat("B", i), Pid("B"))));
  }
  absl::SleepFor(absl::Milliseconds(200));
  EXPECT_LE(Rows(inbox::kMessages), 4u);
  exchange_.SetOutage(absl::OkStatus());
  for (int i = 0; i < 20; ++i) EXPECT_EQ(AckCodeOf(client.Receive().value_or("")), "AA");
}

TEST_F(DoorTest, OnlyPreviewsForAMemberInShadow) {
  Open(AckMode::kTolerant, MemberState::kShadow);
  MllpClient client(door_->port());
  EXPECT_EQ(AckCodeOf(client.Ask(Original(kAdtA01))), "AA");
  EXPECT_EQ(AckCodeOf(client.Ask(kAdtA40)), "AA");
  EXPECT_EQ(AckCodeOf(client.Ask(kMdmT02)), "AA");
  EXPECT_EQ(AckCodeOf(client.Ask(Message("ADT^A09", "S9", Pid("N-1")))), "AA");
  EXPECT_EQ(exchange_.calls(), std::vector<std::string>{"PreviewPatients"});
  std::map<int, uint64_t> counted;
  const auto counters = ReadCounters(*store_.Snapshot(), "north");
  for (const CounterValue& counter : *counters) counted[counter.counter] += counter.value;
  EXPECT_EQ(counted[exchange::v1::INTAKE_COUNTER_MESSAGE], 4u);
  EXPECT_EQ(counted[exchange::v1::INTAKE_COUNTER_PATIENT], 1u);
  EXPECT_EQ(counted[exchange::v1::INTAKE_COUNTER_WOULD_BE_NEW], 1u);
  EXPECT_EQ(counted[exchange::v1::INTAKE_COUNTER_UNUSED], 1u);
}

TEST_F(DoorTest, DrainsWhatIsInFlight) {
  exchange_.SetDelay(absl::Milliseconds(100));
  Open();
  MllpClient client(door_->port());
  ASSERT_TRUE(client.Send(Original(kAdtA01)));
  ASSERT_TRUE(WaitUntil([this] { return door_->waiting() == 1; }));
  std::thread drain([this] { door_->Drain(absl::Seconds(5)); });
  EXPECT_EQ(AckCodeOf(client.Receive().value_or("")), "AA");
  drain.join();
  EXPECT_FALSE(MllpClient(door_->port()).connected());
}

}  // namespace
}  // namespace hie::hl7v2

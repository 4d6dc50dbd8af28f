#include "gateway/hl7v2/acknowledgement.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace hie::hl7v2 {
namespace {

const Answerer kAnswerer = {"HIE", "HIE"};
const absl::Time kNow = absl::FromUnixMillis(1767856200214);

ReplyHeader Header(const std::string& msh) {
  const absl::StatusOr<Message> message = Message::Parse(msh);
  EXPECT_TRUE(message.ok());
  return ReadReplyHeader(*message);
}

Finding Unsupported() {
  return {
      "unsupported-event", {"MSH", 1, 9, 1, 2}, ErrorCode::kUnsupportedEvent, Verdict::kReject, ""};
}

TEST(AcknowledgementTest, IsTheSampleByteForByte) {
  const ReplyHeader to = Header(
      "MSH|^~\\&|NORTHADT|NORTH^2.999.1.10^ISO|HIE|HIE^2.999.1.1^ISO|20260108071000+0000||"
      "ADT^A01^ADT_A01|N000001|P|2.5.1");
  EXPECT_EQ(WriteAcknowledgement(to, {}, "H9000001", kNow, kAnswerer),
            "MSH|^~\\&|HIE|HIE^2.999.1.1^ISO|NORTHADT|NORTH^2.999.1.10^ISO|"
            "20260108071000.214+0000||ACK^A01^ACK|H9000001|P|2.5.1\rMSA|AA|N000001\r");
}

TEST(AcknowledgementTest, WritesErrAsTheVersionHasIt) {
  const Acknowledgement answer =
      AcknowledgeFinding(Unsupported(), AckMode::kStrict, AckStage::kApplication);
  const auto err = [&](const char* version) {
    const std::string text =
        WriteAcknowledgement(Header(absl::StrCat("MSH|^~\\&|A|B|||||ADT^A99|1|P|", version)),
                             answer, "H1", kNow, kAnswerer);
    return text.substr(text.find("ERR"));
  };
  EXPECT_EQ(err("2.5.1"), "ERR||MSH^1^9^1^2|201^Unsupported event code^HL70357|E\r");
  EXPECT_EQ(err("2.8"), "ERR||MSH^1^9^1^2|201^Unsupported event code^HL70357|E\r");
  EXPECT_EQ(err("2.3"), "ERR|MSH^1^9^201&Unsupported event code&HL70357\r");
}

TEST(AcknowledgementTest, SpeaksInTheSendersDelimitersAndRepeatsNoControlCharacters) {
  const ReplyHeader to = Header(absl::StrCat("MSH#*!@%#A\x07", "B*C#D###time##ADT*A08#9*#P#2.5"));
  const std::string text = WriteAcknowledgement(
      to,
      {AckCode::kApplicationError,
       Finding{"x", {"PID", 1, 3}, ErrorCode::kUnknownKey, Verdict::kError, "want a#b"}},
      "H1", kNow, kAnswerer);
  EXPECT_EQ(text,
            "MSH#*!@%#HIE#HIE#AB*C#D#20260108071000.214+0000##ACK*A08*ACK#H1#P#2.5\r"
            "MSA#AE#9*\rERR##PID*1*3#204*Unknown key identifier*HL70357#E####want a@F@b\r");
}

TEST(AcknowledgementTest, FollowsTheModeAndTheStage) {
  Finding error = Unsupported();
  error.verdict = Verdict::kError;
  const auto code = [](const Finding& finding, AckMode mode, AckStage stage) {
    return std::string(AckCodeText(AcknowledgeFinding(finding, mode, stage).code));
  };
  EXPECT_EQ(code(error, AckMode::kTolerant, AckStage::kApplication), "AA");
  EXPECT_EQ(code(error, AckMode::kStrict, AckStage::kApplication), "AE");
  EXPECT_EQ(code(Unsupported(), AckMode::kStrict, AckStage::kApplication), "AR");
  EXPECT_EQ(code(error, AckMode::kTolerant, AckStage::kCommit), "CE");
  EXPECT_EQ(code(Unsupported(), AckMode::kTolerant, AckStage::kCommit), "CR");
}

TEST(AcknowledgementTest, SendsWhatTheSenderAskedFor) {
  struct Case {
    AckCondition condition;
    bool on_accept;
    bool on_error;
  };
  const Case cases[] = {
      {AckCondition::kUnsaid, false, false},     {AckCondition::kNever, false, false},
      {AckCondition::kAlways, true, true},       {AckCondition::kErrorOnly, false, true},
      {AckCondition::kSuccessOnly, true, false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Wanted(c.condition, AckCode::kCommitAccept), c.on_accept);
    EXPECT_EQ(Wanted(c.condition, AckCode::kApplicationReject), c.on_error);
  }
  MessageHeader original;
  EXPECT_EQ(WishesOf(original).application, AckCondition::kAlways);
  EXPECT_EQ(WishesOf(original).commit, AckCondition::kNever);
}

}  // namespace
}  // namespace hie::hl7v2

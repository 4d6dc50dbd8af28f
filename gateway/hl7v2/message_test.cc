#include "gateway/hl7v2/message.h"

#include <gtest/gtest.h>

#include <random>

#include "absl/strings/str_cat.h"
#include "gateway/hl7v2/charset.h"
#include "gateway/hl7v2/segments/data_types.h"
#include "gateway/hl7v2/segments/msh.h"
#include "gateway/hl7v2/segments/obx.h"
#include "gateway/hl7v2/segments/pid.h"

namespace hie::hl7v2 {
namespace {

constexpr char kMsh[] = "MSH|^~\\&|APP|FAC|||20260101||ADT^A08|1|P|2.5.1";

Message Parsed(const std::string& text) {
  absl::StatusOr<Message> message = Message::Parse(text);
  EXPECT_TRUE(message.ok()) << message.status();
  return *std::move(message);
}

TEST(MessageTest, AHeaderThatEndsWhereItsSeparatorShouldBeIsRefused) {
  for (const char* text : {"MSH\nT|", "MSH\r\rPID|1", "MSH|", "MSH", "MSH|\rPID|1"}) {
    EXPECT_FALSE(Message::Parse(text).ok()) << text;
  }
}

TEST(MessageTest, TakesEveryLineEnd) {
  for (const char* end : {"\r", "\n", "\r\n", "\r\r", "\n\r\n"}) {
    const std::string text = absl::StrCat(kMsh, end, "PID|1||A", end, "PV1|1|I", end);
    const Message message = Parsed(text);
    ASSERT_EQ(message.segments().size(), 3u);
    EXPECT_EQ(message.segments()[1].field(3), "A");
    EXPECT_EQ(message.Find("PV1")->field(2), "I");
  }
}

TEST(MessageTest, SkipsAMarkAndBlanksBeforeTheHeader) {
  EXPECT_EQ(Parsed(absl::StrCat("\xEF\xBB\xBF\r\n ", kMsh)).segments().size(), 1u);
}

TEST(MessageTest, NumbersMshAsTheStandardDoes) {
  const std::string text = kMsh;
  const Message message = Parsed(text);
  EXPECT_EQ(message.msh().field(1), "|");
  EXPECT_EQ(message.msh().field(2), "^~\\&");
  EXPECT_EQ(message.FieldText(message.msh(), 9, 2), "A08");
  EXPECT_EQ(message.FieldText(message.msh(), 12), "2.5.1");
  EXPECT_EQ(message.msh().field(40), "");
}

TEST(MessageTest, HonoursOtherDelimitersAndAMissingSubcomponent) {
  const std::string text = "MSH#*!@%#A#B\rPID#1##7*x%y!8";
  const Message message = Parsed(text);
  const Segment& pid = *message.Find("PID");
  ASSERT_EQ(message.Repetitions(pid.field(3)).size(), 2u);
  EXPECT_EQ(message.Subcomponent(message.Component("7*x%y", 2), 2), "y");
  const std::string short_text = "MSH|^~\\|A|B\rPID|1||7";
  EXPECT_EQ(Parsed(short_text).delimiters().subcomponent, '&');
}

TEST(MessageTest, RefusesWhatIsNoMessage) {
  for (const char* text : {"", "MSH", "MSH|", "MSH||", "PID|1", "MSH|^^^^|", "MSHa^~\\&a",
                           "\xEF\xBB\xBF", "MSH|^\x01~&|"}) {
    EXPECT_FALSE(Message::Parse(text).ok()) << text;
  }
}

TEST(MessageTest, ContinuesTextOverLineEndsAndSkipsJunkElsewhere) {
  const std::string text = absl::StrCat(
      kMsh, "\rPID|1||A\rjunk\rOBX|1|TX|||first\nsecond line\n\nthird||||||F\rPV1|1|I");
  const Message message = Parsed(text);
  ASSERT_EQ(message.segments().size(), 4u);
  EXPECT_EQ(message.segments()[1].field(3), "A");
  EXPECT_EQ(message.segments()[2].field(5), "first\nsecond line\n\nthird");
  EXPECT_EQ(message.segments()[2].field(11), "F");
}

TEST(MessageTest, ResolvesEscapes) {
  const std::string text = kMsh;
  const Message message = Parsed(text);
  const std::pair<const char*, const char*> cases[] = {
      {"a\\F\\b", "a|b"},
      {"\\S\\\\T\\\\R\\\\E\\", "^&~\\"},
      {"x\\.br\\y", "x\ny"},
      {"\\X41\\", "A"},
      {"\\H\\b\\N\\", "b"},
      {"C:\\", "C:\\"},
      {"\\XE9\\", "\xC3\xA9"},
      {"\\XC3A9\\", "\xC3\xA9"},
      {"\\Zunknown\\x", "x"},
      {"  a  ", "a"},
      {"\"\"", ""},
  };
  for (const auto& [raw, expected] : cases) EXPECT_EQ(message.Text(raw), expected) << raw;
}

TEST(MessageTest, HasLimits) {
  MessageLimits limits;
  limits.segments_max = 2;
  limits.fields_max = 20;
  EXPECT_TRUE(Message::Parse(absl::StrCat(kMsh, "\rPID|1"), limits).ok());
  EXPECT_FALSE(Message::Parse(absl::StrCat(kMsh, "\rPID|1\rPV1|1"), limits).ok());
  EXPECT_FALSE(Message::Parse(absl::StrCat(kMsh, "\rPID", std::string(21, '|')), limits).ok());
}

// Whatever arrives: no crash, and every text is UTF-8.
TEST(MessageTest, IsTotalOnAnyBytes) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  const std::string alphabet = "|^~\\&\r\nXAPIDOBX\"\xC3\xA9\xFF 019.";
  for (int round = 0; round < 3000; ++round) {
    std::string text = kMsh;
    for (int i = static_cast<int>(random() % 300); i > 0; --i) {
      text.push_back(random() % 10 == 0 ? static_cast<char>(random())
                                        : alphabet[random() % alphabet.size()]);
      if (random() % 40 == 0) text += random() % 2 ? "\rPID|" : "\rOBX|1|ED|";
    }
    const absl::StatusOr<Message> message = Message::Parse(text);
    if (!message.ok()) continue;
    ReadHeader(*message);
    for (const Segment& segment : message->segments()) {
      const PatientSegment patient = ReadPatient(*message, segment);
      for (const PersonName& name : patient.names.value) ASSERT_TRUE(IsUtf8(name.family));
      ASSERT_TRUE(IsUtf8(message->Text(segment.text())));
    }
    ReadDocumentParts(*message);
  }
}

TEST(CharsetTest, DecidesByDeclarationThenSourceThenContent) {
  struct Case {
    const char* bytes;
    const char* declared;
    const char* configured;
    const char* expected;  // Null: refused.
  };
  const Case cases[] = {
      {"caf\xE9", "", "", "caf\xC3\xA9"},
      {"caf\xC3\xA9", "", "", "caf\xC3\xA9"},
      {"caf\xC3\xA9", "ASCII", "", "caf\xC3\xA9"},
      {"caf\xC3\xA9", "8859/1", "", "caf\xC3\x83\xC2\xA9"},
      {"\xA4", "8859/15", "", "\xE2\x82\xAC"},
      {"\x80", "", "WINDOWS-1252", "\xE2\x82\xAC"},
      {"caf\xE9", "UNICODE UTF-8", "", "caf\xEF\xBF\xBD"},
      {"caf\xE9", "UNICODE UTF-8", "WINDOWS-1252", "caf\xEF\xBF\xBD"},
      {"caf", "ISO IR87", "", nullptr},
      {"caf", "UNICODE UTF-16", "", nullptr},
  };
  for (const Case& c : cases) {
    std::string storage;
    const absl::StatusOr<absl::string_view> text =
        ToUtf8(c.bytes, c.declared, c.configured, storage);
    ASSERT_EQ(text.ok(), c.expected != nullptr) << c.declared;
    if (c.expected != nullptr) {
      EXPECT_EQ(*text, c.expected) << c.declared;
    }
  }
}

TEST(TimestampTest, NeverShiftsTheDay) {
  const auto date = [](const char* text) {
    const std::optional<Timestamp> time = ParseTimestamp(text, absl::UTCTimeZone());
    return time ? time->date.ToString() : std::string("-");
  };
  EXPECT_EQ(date("19300122000000+0215"), "1930-01-22");
  EXPECT_EQ(date("19300122235959-1200"), "1930-01-22");
  EXPECT_EQ(date("1930"), "1930");
  EXPECT_EQ(date("193001"), "1930-01");
  EXPECT_EQ(date("19300230"), "-");
  EXPECT_EQ(date("1930-01-22"), "-");
  EXPECT_EQ(date(""), "-");
  EXPECT_EQ(date("19300122256000"), "-");
}

TEST(TimestampTest, KnowsOffsetsAndZones) {
  absl::TimeZone zone;
  ASSERT_TRUE(absl::LoadTimeZone("America/Chicago", &zone));
  const auto micros = [&](const char* text) {
    return absl::ToUnixMicros(ParseTimestamp(text, zone)->instant);
  };
  EXPECT_EQ(micros("20260108071000+0000"), 1767856200000000);
  EXPECT_EQ(micros("20260108071000.250+0000"), 1767856200250000);
  EXPECT_EQ(micros("202601080110"), 1767856200000000);
  EXPECT_EQ(micros("20260108091000+0200"), 1767856200000000);
}

TEST(PatientSegmentTest, TellsEmptyFromDeleted) {
  const std::string text = absl::StrCat(kMsh, "\rPID|1||A||\"\"||\"\"|F|||||\"\"");
  const Message message = Parsed(text);
  const PatientSegment patient = ReadPatient(message, *message.Find("PID"));
  EXPECT_TRUE(patient.names.deleted());
  EXPECT_TRUE(patient.birth_date.deleted());
  EXPECT_TRUE(patient.sex.said());
  EXPECT_TRUE(patient.home.deleted());
  EXPECT_EQ(patient.work.how, Stated<std::vector<Telecom>>::How::kUnsaid);
  EXPECT_EQ(patient.addresses.how, Stated<std::vector<Address>>::How::kUnsaid);
}

TEST(PatientSegmentTest, ReadsWhatTheIndexNeeds) {
  const std::string text =
      absl::StrCat(kMsh,
                   "\rPID|1||N-1^^^NORTH&2.999.1&ISO^MR~9^^^^SS||Moreau^Ana^Lucia^JR^^^L~Mo^^^^^^N|"
                   "Roe^M|19610402|F"
                   "|||12 Quarry Rd^Apt "
                   "2^Northfield^ST^40217^USA^H||^PRN^PH^^^555^5550100~a@b.example^NET^Internet"
                   "|555^WPN||||V-77|123456789||M-1^^^NORTH|||Y|2||||20260101|Y|N|AL");
  const Message message = Parsed(text);
  const PatientSegment patient = ReadPatient(message, *message.Find("PID"));
  ASSERT_EQ(patient.ids.size(), 2u);
  EXPECT_EQ(patient.ids[0].authority.Oid(), "2.999.1");
  EXPECT_EQ(patient.ids[0].type, "MR");
  ASSERT_EQ(patient.names.value.size(), 2u);
  EXPECT_EQ(patient.names.value[0].given, (std::vector<std::string>{"Ana", "Lucia"}));
  EXPECT_EQ(patient.names.value[0].suffix, "JR");
  EXPECT_EQ(patient.mother.value[0].family, "Roe");
  EXPECT_EQ(patient.addresses.value[0].country, "USA");
  EXPECT_EQ(patient.home.value[0].number, "5555550100");
  EXPECT_EQ(patient.home.value[1].email, "a@b.example");
  EXPECT_EQ(patient.account.id, "V-77");
  EXPECT_EQ(patient.ssn.value, "123456789");
  EXPECT_EQ(patient.mother_ids[0].id, "M-1");
  EXPECT_TRUE(patient.multiple_birth.value);
  EXPECT_EQ(patient.birth_order.value, 2u);
  EXPECT_EQ(patient.death_date.value.ToString(), "2026-01-01");
  EXPECT_TRUE(patient.dead.value);
  EXPECT_TRUE(patient.alias);
}

}  // namespace
}  // namespace hie::hl7v2

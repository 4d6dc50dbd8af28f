#include "services/common/log/log.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "absl/time/civil_time.h"

namespace hie::log {
namespace {

const absl::Time kNow =
    absl::FromCivil(absl::CivilSecond(2024, 2, 29, 13, 5, 6), absl::UTCTimeZone());

TEST(LogTest, OneEventIsOneJsonLine) {
  const SimulatedClock clock(kNow);
  auto sink = std::make_shared<MemorySink>();
  const Logger logger({.role = "mpi", .clock = &clock, .sink = sink});
  logger.Write(Level::kWarning, "call",
               {{"method", "hie.X.Y"}, {"request_id", ""}, {"micros", int64_t{12}}});
  ASSERT_EQ(sink->Lines().size(), 1u);
  EXPECT_EQ(sink->Lines()[0],
            "{\"ts\":\"2024-02-29T13:05:06.000000Z\",\"level\":\"warning\",\"role\":\"mpi\","
            "\"event\":\"call\",\"method\":\"hie.X.Y\",\"micros\":12}\n");
}

TEST(LogTest, LowerLevelsAreDropped) {
  const SimulatedClock clock(kNow);
  auto sink = std::make_shared<MemorySink>();
  const Logger logger({.role = "mpi", .clock = &clock, .sink = sink});
  logger.Write(Level::kDebug, "call", {});
  EXPECT_TRUE(sink->Lines().empty());
}

struct JsonCase {
  const char* name;
  std::string text;
  std::string json;
};

TEST(LogTest, TextCannotLeaveItsString) {
  const std::vector<JsonCase> cases = {
      {"plain", "abc", "\"abc\""},
      {"quote and backslash", "a\"b\\c", "\"a\\\"b\\\\c\""},
      {"newline cannot forge a line", "a\n{\"level\"", "\"a\\n{\\\"level\\\"\""},
      {"controls", std::string("\t\r\x01\x7f", 4), "\"\\t\\r\\u0001\\u007f\""},
      {"UTF-8 stays", "M\xC3\xBCller \xF0\x9F\x98\x80", "\"M\xC3\xBCller \xF0\x9F\x98\x80\""},
      {"a lone byte is replaced", "a\xFFz", "\"a\xEF\xBF\xBDz\""},
      {"an overlong form is replaced", "\xC0\xAF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
      {"a cut sequence is replaced", "\xE2\x82", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
      {"a surrogate is replaced", "\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
  };
  for (const JsonCase& c : cases) {
    std::string out;
    AppendJsonString(c.text, out);
    EXPECT_EQ(out, c.json) << c.name;
  }
}

TEST(LogTest, FileSinkAppendsAndNamesAFileItCannotOpen) {
  char directory[] = "/tmp/hie_log_test_XXXXXX";
  ASSERT_NE(::mkdtemp(directory), nullptr);
  const std::string path = std::string(directory) + "/log";
  for (const char* line : {"one\n", "two\n"}) {
    absl::StatusOr<std::shared_ptr<FileSink>> sink = FileSink::Open(path);
    ASSERT_TRUE(sink.ok()) << sink.status();
    (*sink)->Write(line);
  }
  std::ifstream file(path);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "one\ntwo\n");
  ::unlink(path.c_str());
  ::rmdir(directory);
  EXPECT_NE(FileSink::Open(path).status().message().find(path), absl::string_view::npos);
}

}  // namespace
}  // namespace hie::log

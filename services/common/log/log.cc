#include "services/common/log/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"

namespace hie::log {
namespace {

constexpr int kLogFileMode = 0640;

absl::string_view LevelName(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarning:
      return "warning";
    case Level::kError:
      return "error";
  }
  return "error";
}

// One write(2) per line: O_APPEND keeps lines of several writers whole.
void WriteAll(int descriptor, absl::string_view line) {
  while (!line.empty()) {
    const ssize_t written = ::write(descriptor, line.data(), line.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    line.remove_prefix(static_cast<size_t>(written));
  }
}

// Returns the length of the UTF-8 sequence at the front of `text`; 0: there is none.
size_t Utf8Length(absl::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const size_t length = lead < 0x80                   ? 1
                        : lead >= 0xC2 && lead < 0xE0 ? 2
                        : lead >= 0xE0 && lead < 0xF0 ? 3
                        : lead >= 0xF0 && lead < 0xF5 ? 4
                                                      : 0;
  if (length == 0 || length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return 0;
  }
  // Overlong forms, surrogates and what lies beyond U+10FFFF.
  const auto second = static_cast<unsigned char>(length > 1 ? text[1] : 0);
  if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
      (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) {
    return 0;
  }
  return length;
}

void AppendControl(char c, std::string& out) {
  if (c == '\n') {
    out += "\\n";
  } else if (c == '\t') {
    out += "\\t";
  } else if (c == '\r') {
    out += "\\r";
  } else {
    absl::StrAppendFormat(&out, "\\u%04x", static_cast<unsigned>(c));
  }
}

}  // namespace

void AppendJsonString(absl::string_view text, std::string& out) {
  out += '"';
  while (!text.empty()) {
    const char c = text[0];
    const size_t length = Utf8Length(text);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      AppendControl(c, out);
    } else {
      out.append(text.data(), length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

void DescriptorSink::Write(absl::string_view line) { WriteAll(descriptor_, line); }

absl::StatusOr<std::shared_ptr<FileSink>> FileSink::Open(const std::string& path) {
  const int descriptor =
      ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, kLogFileMode);
  if (descriptor < 0) {
    return absl::UnavailableError(absl::StrCat("log file ", path, ": ", std::strerror(errno)));
  }
  return std::shared_ptr<FileSink>(new FileSink(descriptor));
}

FileSink::~FileSink() { ::close(descriptor_); }

void FileSink::Write(absl::string_view line) { WriteAll(descriptor_, line); }

void MemorySink::Write(absl::string_view line) {
  MutexLock lock(mutex_);
  lines_.emplace_back(line);
}

std::vector<std::string> MemorySink::Lines() const {
  MutexLock lock(mutex_);
  return lines_;
}

void Field::AppendTo(std::string& line) const {
  if (!is_number_ && text_.empty()) return;
  line += ',';
  AppendJsonString(name_, line);
  line += ':';
  if (is_number_) {
    absl::StrAppend(&line, number_);
  } else {
    AppendJsonString(text_, line);
  }
}

void Logger::Write(Level level, absl::string_view event,
                   std::initializer_list<Field> fields) const {
  if (!Writes(level)) return;
  std::string line = "{\"ts\":";
  AppendJsonString(
      absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", options_.clock->Now(), absl::UTCTimeZone()), line);
  Field("level", LevelName(level)).AppendTo(line);
  Field("role", options_.role).AppendTo(line);
  Field("event", event).AppendTo(line);
  for (const Field& field : fields) field.AppendTo(line);
  line += "}\n";
  options_.sink->Write(line);
}

}  // namespace hie::log

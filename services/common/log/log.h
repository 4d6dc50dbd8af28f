#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/base/clock.h"
#include "services/common/base/mutex.h"

namespace hie::log {

// How much an event matters to who operates the exchange.
enum class Level {
  kDebug,    // Only while looking for a fault.
  kInfo,     // Normal life: starts, calls, reloads.
  kWarning,  // Works, and somebody should look.
  kError,    // Something was refused or lost that should not have been.
};

// Where lines go.  Thread-safe.
class Sink {
 public:
  virtual ~Sink() = default;
  // Writes `line`, which ends with a newline, as a whole.  Never fails: a full disk must not stop
  // the exchange from answering.
  virtual void Write(absl::string_view line) = 0;
};

// Writes to a file descriptor that it does not own (2: standard error).
class DescriptorSink final : public Sink {
 public:
  explicit DescriptorSink(int descriptor) : descriptor_(descriptor) {}
  void Write(absl::string_view line) override;

 private:
  const int descriptor_;
};

// Appends to a file, mode 0640.
class FileSink final : public Sink {
 public:
  // UNAVAILABLE: the file cannot be opened; the message names it.
  static absl::StatusOr<std::shared_ptr<FileSink>> Open(const std::string& path);
  ~FileSink() override;
  void Write(absl::string_view line) override;

 private:
  explicit FileSink(int descriptor) : descriptor_(descriptor) {}
  const int descriptor_;
};

// Keeps lines; for tests.
class MemorySink final : public Sink {
 public:
  void Write(absl::string_view line) override;
  std::vector<std::string> Lines() const;

 private:
  mutable Mutex mutex_;
  std::vector<std::string> lines_ HIE_GUARDED_BY(mutex_);
};

// One member of a line: a name and a text or a number.  Borrows its texts.
//
// There is on purpose no constructor from Phi<T>: what identifies a patient has no way in.
class Field {
 public:
  Field(absl::string_view name, absl::string_view text) : name_(name), text_(text) {}
  Field(absl::string_view name, const char* text) : name_(name), text_(text) {}
  Field(absl::string_view name, const std::string& text) : name_(name), text_(text) {}
  Field(absl::string_view name, int64_t number) : name_(name), number_(number), is_number_(true) {}
  Field(absl::string_view name, int number) : Field(name, static_cast<int64_t>(number)) {}

  void AppendTo(std::string& line) const;

 private:
  absl::string_view name_;
  absl::string_view text_;
  int64_t number_ = 0;
  bool is_number_ = false;
};

// Writes events as JSON, one line each: ts, level, role, event, then the fields in order.
//
// Thread-safe.  No field may carry patient data; empty texts are left out.
class Logger {
 public:
  struct Options {
    std::string role;            // Who writes: a role, or a program.
    const Clock* clock;          // Must outlive the logger.
    std::shared_ptr<Sink> sink;  // Where to.
    Level least = Level::kInfo;  // Lower levels are dropped.
  };

  explicit Logger(Options options) : options_(std::move(options)) {}

  // Writes one event.  `event` is a constant such as "call" or "listening".
  void Write(Level level, absl::string_view event, std::initializer_list<Field> fields) const;

  // Tells whether `level` is written, for callers whose fields cost something.
  bool Writes(Level level) const { return level >= options_.least; }

 private:
  const Options options_;
};

// Appends `text` to `out` as a JSON string with quotes.  Bytes that are not UTF-8 become U+FFFD.
void AppendJsonString(absl::string_view text, std::string& out);

}  // namespace hie::log

#pragma once

#include <google/protobuf/message.h>

#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/hiectl/exit_code.h"

namespace hie::ctl {

// How results are printed.
enum class Format { kTable, kJson };

// Prints results to `out`, and words about them (progress, errors, next steps) to `err`, so that a
// script can read the one without the other.  Not thread-safe.
class Output {
 public:
  // `interactive`: err is a terminal; progress is then drawn in place.
  enum class Terminal { kInteractive, kPlain };
  Output(std::ostream& out, std::ostream& err, Format format, Terminal terminal)
      : out_(out), err_(err), format_(format), terminal_(terminal) {}

  Format format() const { return format_; }
  bool json() const { return format_ == Format::kJson; }

  // A line of a result meant for people.  Nothing in JSON.
  void Line(absl::string_view text);
  // Aligned columns, the first row being the head.  Nothing in JSON.
  void Table(const std::vector<std::vector<std::string>>& rows);
  // The message as one line of JSON.  Nothing in table form.
  void Json(const google::protobuf::Message& message);
  // A line of JSON made elsewhere.
  void RawJson(absl::string_view json);
  // Words that are not part of the result.
  void Note(absl::string_view text);
  // Progress of long work; `done` == `all` ends it.
  void Progress(absl::string_view what, size_t done, size_t all);
  // Prints what is wrong and what to do next; returns the exit code.
  ExitCode Fail(const absl::Status& status);

 private:
  std::ostream& out_;
  std::ostream& err_;
  const Format format_;
  const Terminal terminal_;
};

}  // namespace hie::ctl

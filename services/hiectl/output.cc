#include "services/hiectl/output.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace hie::ctl {
namespace {

// Columns of a terminal that `text` takes: code points, which is right for names of our region.
size_t Width(absl::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

// What comes from members must not move the cursor or colour the screen of who reads it.
std::string Printable(absl::string_view text) {
  std::string safe;
  for (const char c : text) safe += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  return safe;
}

}  // namespace

void Output::Line(absl::string_view text) {
  if (!json()) out_ << Printable(text) << "\n";
}

void Output::Table(const std::vector<std::vector<std::string>>& rows) {
  if (json()) return;
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i]));
  }
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      absl::StrAppend(&line, Printable(row[i]));
      if (i + 1 < row.size()) line.append(widths[i] - Width(row[i]) + 2, ' ');
    }
    absl::StripTrailingAsciiWhitespace(&line);
    out_ << line << "\n";
  }
}

void Output::Json(const google::protobuf::Message& message) {
  if (!json()) return;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string text;
  if (!google::protobuf::util::MessageToJsonString(message, &text, options).ok()) text = "{}";
  out_ << text << "\n";
}

void Output::RawJson(absl::string_view text) {
  if (json()) out_ << text << "\n";
}

void Output::Note(absl::string_view text) { err_ << Printable(text) << "\n"; }

void Output::Progress(absl::string_view what, size_t done, size_t all) {
  const bool ended = done == all;
  if (terminal_ == Terminal::kPlain && !ended) return;
  if (terminal_ == Terminal::kInteractive) err_ << "\r";
  err_ << absl::StrFormat("%s: %d of %d", what, done, all);
  if (ended) err_ << "\n";
  err_.flush();
}

ExitCode Output::Fail(const absl::Status& status) {
  err_ << "hiectl: " << Printable(status.message()) << "\n";
  if (const absl::string_view next = NextStep(status); !next.empty()) err_ << next << "\n";
  return ExitCodeFor(status);
}

}  // namespace hie::ctl

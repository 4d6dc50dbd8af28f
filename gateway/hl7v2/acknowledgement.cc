#include "gateway/hl7v2/acknowledgement.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gateway/hl7v2/charset.h"

namespace hie::hl7v2 {
namespace {

constexpr size_t kPartBytesMax = 250;
constexpr char kSegmentEnd = '\r';
constexpr absl::string_view kErrorTable = "HL70357";

std::string Repeatable(absl::string_view raw) {
  std::string text(raw.substr(0, kPartBytesMax));
  while (!IsUtf8(text)) text.pop_back();  // Cut within a character.
  text.erase(
      std::remove_if(text.begin(), text.end(), [](char c) { return absl::ascii_iscntrl(c); }),
      text.end());
  return std::string(absl::StripAsciiWhitespace(text));
}

// Our own words between the sender's delimiters.
std::string Escaped(absl::string_view text, const Delimiters& delimiters) {
  std::string out;
  for (const char c : text) {
    const char* code = c == delimiters.field          ? "F"
                       : c == delimiters.component    ? "S"
                       : c == delimiters.subcomponent ? "T"
                       : c == delimiters.repetition   ? "R"
                       : c == delimiters.escape       ? "E"
                                                      : nullptr;
    if (code == nullptr) {
      out.push_back(c);
    } else {
      absl::StrAppend(&out, std::string(1, delimiters.escape), code,
                      std::string(1, delimiters.escape));
    }
  }
  return out;
}

std::string Joined(const std::vector<std::string>& parts, char delimiter) {
  return absl::StrJoin(parts, std::string(1, delimiter));
}

// Removes empty parts at the end: strict out.
std::vector<std::string> Trimmed(std::vector<std::string> parts) {
  while (!parts.empty() && parts.back().empty()) parts.pop_back();
  return parts;
}

std::vector<std::string> LocationParts(const Location& where) {
  if (where.segment.empty()) return {};
  std::vector<std::string> parts = {where.segment, absl::StrCat(where.sequence)};
  for (const int number : {where.field, where.repetition, where.component}) {
    parts.push_back(number == 0 ? "" : absl::StrCat(number));
  }
  return Trimmed(std::move(parts));
}

// v2.5 brought ERR-2 and those after it.
bool HasLongError(absl::string_view version) {
  return version.size() < 3 || version.substr(0, 3) >= "2.5";
}

std::string WriteError(const Finding& finding, const ReplyHeader& to) {
  const Delimiters& marks = to.delimiters;
  const std::string code = absl::StrCat(static_cast<int>(finding.code));
  const std::string text(ErrorCodeText(finding.code));
  if (!HasLongError(to.version)) {
    // ERR-1: segment^sequence^field^code.
    std::vector<std::string> parts = LocationParts(finding.where);
    parts.resize(3);
    parts.push_back(Joined({code, text, std::string(kErrorTable)}, marks.subcomponent));
    return Joined({"ERR", Joined(parts, marks.component)}, marks.field);
  }
  return Joined(Trimmed({"ERR", "", Joined(LocationParts(finding.where), marks.component),
                         Joined({code, text, std::string(kErrorTable)}, marks.component), "E", "",
                         "", "", Escaped(finding.explanation, marks)}),
                marks.field);
}

std::string WriteHeader(const ReplyHeader& to, absl::string_view own_control_id, absl::Time now,
                        const Answerer& answerer) {
  const Delimiters& marks = to.delimiters;
  const std::string encoding = {marks.component, marks.repetition, marks.escape,
                                marks.subcomponent};
  const std::string type =
      to.trigger.empty() ? "ACK" : Joined({"ACK", to.trigger, "ACK"}, marks.component);
  const std::string time = absl::FormatTime("%Y%m%d%H%M%E3S%z", now, absl::UTCTimeZone());
  return Joined(
      {"MSH", encoding,
       to.receiving_application.empty() ? Escaped(answerer.application, marks)
                                        : to.receiving_application,
       to.receiving_facility.empty() ? Escaped(answerer.facility, marks) : to.receiving_facility,
       to.sending_application, to.sending_facility, time, "", type, std::string(own_control_id),
       to.processing_id.empty() ? "P" : to.processing_id,
       to.version.empty() ? "2.5.1" : to.version},
      marks.field);
}

bool Accepts(AckCode code) {
  return code == AckCode::kApplicationAccept || code == AckCode::kCommitAccept;
}

}  // namespace

absl::string_view AckCodeText(AckCode code) {
  switch (code) {
    case AckCode::kApplicationAccept:
      return "AA";
    case AckCode::kApplicationError:
      return "AE";
    case AckCode::kApplicationReject:
      return "AR";
    case AckCode::kCommitAccept:
      return "CA";
    case AckCode::kCommitError:
      return "CE";
    case AckCode::kCommitReject:
      return "CR";
  }
  return "AR";
}

ReplyHeader ReadReplyHeader(const Message& message) {
  const Segment& msh = message.msh();
  ReplyHeader header;
  header.delimiters = message.delimiters();
  header.sending_application = Repeatable(msh.field(3));
  header.sending_facility = Repeatable(msh.field(4));
  header.receiving_application = Repeatable(msh.field(5));
  header.receiving_facility = Repeatable(msh.field(6));
  header.trigger = Repeatable(message.Component(msh.field(9), 2));
  header.control_id = Repeatable(msh.field(10));
  header.processing_id = Repeatable(msh.field(11));
  header.version = Repeatable(msh.field(12));
  return header;
}

std::string WriteAcknowledgement(const ReplyHeader& to, const Acknowledgement& answer,
                                 absl::string_view own_control_id, absl::Time now,
                                 const Answerer& answerer) {
  std::string out = WriteHeader(to, own_control_id, now, answerer);
  out.push_back(kSegmentEnd);
  absl::StrAppend(&out, Joined({"MSA", std::string(AckCodeText(answer.code)), to.control_id},
                               to.delimiters.field));
  out.push_back(kSegmentEnd);
  if (!Accepts(answer.code) && answer.finding) {
    absl::StrAppend(&out, WriteError(*answer.finding, to));
    out.push_back(kSegmentEnd);
  }
  return out;
}

Acknowledgement AcknowledgeFinding(const Finding& finding, AckMode mode, AckStage stage) {
  const bool commit = stage == AckStage::kCommit;
  if (mode == AckMode::kTolerant && !commit) {
    return {AckCode::kApplicationAccept, std::nullopt};
  }
  if (finding.verdict == Verdict::kReject) {
    return {commit ? AckCode::kCommitReject : AckCode::kApplicationReject, finding};
  }
  return {commit ? AckCode::kCommitError : AckCode::kApplicationError, finding};
}

bool Wanted(AckCondition condition, AckCode code) {
  switch (condition) {
    case AckCondition::kUnsaid:
    case AckCondition::kNever:
      return false;
    case AckCondition::kAlways:
      return true;
    case AckCondition::kErrorOnly:
      return !Accepts(code);
    case AckCondition::kSuccessOnly:
      return Accepts(code);
  }
  return true;
}

AckWishes WishesOf(const MessageHeader& header) {
  if (!header.enhanced()) return {AckCondition::kNever, AckCondition::kAlways};
  return {header.accept, header.application_ack};
}

}  // namespace hie::hl7v2

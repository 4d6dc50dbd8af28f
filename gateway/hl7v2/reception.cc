#include "gateway/hl7v2/reception.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/hl7v2/charset.h"
#include "gateway/hl7v2/intake_plan.h"

namespace hie::hl7v2 {
namespace {

// What cannot be a row's key or an id of the sender's.
constexpr size_t kControlIdBytesMax = 199;

Finding Refused(absl::string_view reason, Location where, ErrorCode code, Verdict verdict,
                absl::string_view explanation) {
  return Finding{std::string(reason), std::move(where), code, verdict, std::string(explanation)};
}

// The first line, whatever its characters are: delimiters and MSH-18 are ASCII.
absl::string_view FirstLine(absl::string_view bytes) {
  const absl::string_view text = SkipToHeader(bytes);
  return text.substr(0, text.find_first_of("\r\n"));
}

}  // namespace

Reception::Reception(std::string raw, std::shared_ptr<const members::MemberDirectory> directory)
    : raw_(std::move(raw)), directory_(std::move(directory)) {}

std::unique_ptr<const Reception> Reception::Read(
    std::string raw, std::shared_ptr<const members::MemberDirectory> directory,
    const SenderAddress& address) {
  auto reception = std::unique_ptr<Reception>(new Reception(std::move(raw), std::move(directory)));
  reception->refused_ = reception->Decode(address);
  if (!reception->refused_) reception->refused_ = reception->Admit();
  return reception;
}

std::optional<Finding> Reception::Decode(const SenderAddress& address) {
  const absl::StatusOr<Message> first = Message::Parse(FirstLine(raw_));
  if (!first.ok()) {
    return Refused("unreadable", Location{"MSH", 1, 0}, ErrorCode::kSegmentSequence,
                   Verdict::kReject, first.status().message());
  }
  header_ = ReadHeader(*first);
  reply_ = ReadReplyHeader(*first);
  found_ = FindSource(*directory_, header_, address);
  if (found_.member == nullptr) {
    return Refused("unknown-sender", Location{"MSH", 1, 3}, ErrorCode::kTableValue,
                   Verdict::kReject, "want a sender that is configured for this connection");
  }
  const absl::StatusOr<absl::string_view> text =
      ToUtf8(raw_, first->FieldText(first->msh(), 18), found_.source->charset, converted_);
  if (!text.ok()) {
    return Refused("unknown-charset", Location{"MSH", 1, 18}, ErrorCode::kTableValue,
                   Verdict::kError, "want a character set that is a superset of ASCII");
  }
  absl::StatusOr<Message> whole = Message::Parse(*text);
  if (!whole.ok()) {
    return Refused("unreadable", Location{"MSH", 1, 0}, ErrorCode::kSegmentSequence,
                   Verdict::kReject, whole.status().message());
  }
  message_ = *std::move(whole);
  header_ = ReadHeader(*message_);
  reply_ = ReadReplyHeader(*message_);
  return std::nullopt;
}

std::optional<Finding> Reception::Admit() const {
  if (member().state == MemberState::kSuspended || member().state == MemberState::kUnspecified) {
    return Refused("member-suspended", Location{"MSH", 1, 4}, ErrorCode::kInternalError,
                   Verdict::kReject, "the member does not take part at present");
  }
  if (header_.control_id.empty() || header_.control_id.size() > kControlIdBytesMax) {
    return Refused("missing-field", Location{"MSH", 1, 10}, ErrorCode::kRequiredFieldMissing,
                   Verdict::kError, "want a message control id");
  }
  return CheckHeader(header_, source());
}

std::string Reception::SourceName() const {
  return absl::StrCat(header_.application.ForPeople(), "|", header_.facility.ForPeople());
}

}  // namespace hie::hl7v2

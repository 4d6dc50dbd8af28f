#include "services/hiectl/onboarding/feed_survey.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gateway/hl7v2/message.h"

namespace hie::ctl {
namespace {

constexpr size_t kShapeBytesMax = 24;
constexpr size_t kShapesMax = 8;
constexpr size_t kPid = 3;  // PID-3, the patient's ids.
constexpr size_t kMrg = 1;  // MRG-1, the merged ids.
constexpr absl::string_view kHeader = "MSH";

// Types of identifiers (table 0203) that feeds put where the authority belongs.
constexpr absl::string_view kTypes[] = {"MR", "PI", "PT", "SS", "AN", "VN", "DL", "PPN", "EN"};

using Counts = std::map<std::string, uint64_t>;

bool IsOidText(absl::string_view text) {
  return text.size() > 2 && absl::ascii_isdigit(text.front()) && absl::StrContains(text, ".") &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return absl::ascii_isdigit(c) || c == '.'; });
}

void CountShape(absl::string_view id, Counts& shapes) {
  const std::string shape = ShapeOf(id);
  if (shapes.size() < kShapesMax || shapes.contains(shape)) ++shapes[shape];
}

void CountId(absl::string_view id, const std::string& type, FeedSurvey::AuthorityUse& use) {
  ++use.ids;
  if (id.size() > 1 && id.front() == '0') ++use.with_leading_zeros;
  if (std::any_of(id.begin(), id.end(), absl::ascii_islower)) ++use.with_small_letters;
  if (!type.empty()) ++use.types[type];
  CountShape(id, use.shapes);
}

// Text in quotes, as TOML wants it; what could break out of a line is dropped.
std::string Quoted(absl::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) continue;
    if (c == '"' || c == '\\') safe.push_back('\\');
    safe.push_back(c);
  }
  return absl::StrCat("\"", safe, "\"");
}

std::string Listed(const Counts& counts) {
  return absl::StrJoin(counts, ", ", [](std::string* out, const auto& entry) {
    for (const char c : entry.first) {
      out->push_back(absl::ascii_isprint(static_cast<unsigned char>(c)) ? c : '?');
    }
    absl::StrAppend(out, " x ", entry.second);
  });
}

bool LooksLikeType(const FeedSurvey::Authority& authority) {
  return authority.universal_id.empty() &&
         std::find(std::begin(kTypes), std::end(kTypes), authority.name) != std::end(kTypes);
}

void ProposeDomain(const FeedSurvey::Authority& authority, const FeedSurvey::AuthorityUse& use,
                   std::string& out) {
  absl::StrAppend(&out, "\n# ", use.ids, " ids, types ", Listed(use.types), "; shapes ",
                  Listed(use.shapes), "\n");
  if (LooksLikeType(authority)) {
    absl::StrAppend(
        &out, "# ", Quoted(authority.name),
        " is a type of identifier, not an authority: see authority_holds_type below.\n");
    return;
  }
  const bool known = IsOidText(authority.universal_id);
  absl::StrAppend(&out, "[[domains]]\n");
  absl::StrAppend(&out, "oid = ", Quoted(known ? authority.universal_id : ""),
                  known ? "\n" : "  # the feed does not say it: fill in\n");
  absl::StrAppend(&out, "namespace_aliases = [",
                  authority.name.empty() ? "" : Quoted(authority.name), "]\n");
  absl::StrAppend(&out, "strip_leading_zeros = false  # ", use.with_leading_zeros, " of ", use.ids,
                  " begin with 0: true if 042 and 42 are one patient\n");
  absl::StrAppend(&out, "fold_case = false  # ", use.with_small_letters,
                  " have small letters: true if a1 and A1 are one patient\n");
  absl::StrAppend(&out, "reuse = \"possible\"  # never, if an id is never given to another\n");
  absl::StrAppend(&out, "time_zone = \"\"  # IANA, such as America/New_York\n");
}

// The OID of the authority that most ids of this sender have.
std::string MainDomain(const FeedSurvey::SenderUse& use) {
  std::string oid;
  uint64_t most = 0;
  for (const auto& [authority, count] : use.authorities) {
    if (count > most && IsOidText(authority.universal_id)) {
      most = count;
      oid = authority.universal_id;
    }
  }
  return oid;
}

void ProposeSource(const FeedSurvey::Sender& sender, const FeedSurvey::SenderUse& use,
                   std::string& out) {
  const bool types = std::any_of(use.authorities.begin(), use.authorities.end(),
                                 [](const auto& entry) { return LooksLikeType(entry.first); });
  absl::StrAppend(&out, "\n# ", use.messages, " messages: ", Listed(use.types), "\n");
  absl::StrAppend(
      &out, "[[hl7_sources]]\nsending_application = ", Quoted(sender.application),
      "\nsending_facility = ", Quoted(sender.facility),
      sender.facility.empty() ? "  # MSH-4 is empty: it must be set at the source\n" : "\n");
  absl::StrAppend(&out, "default_domain = ", Quoted(MainDomain(use)), "  # of ",
                  use.ids_without_authority, " ids without an authority; empty: exceptions\n");
  absl::StrAppend(&out, "charset = \"\"  # MSH-18: ", Listed(use.charsets),
                  "; empty: by content\n");
  absl::StrAppend(&out, "processing_id = \"\"  # MSH-11: ", Listed(use.processing_ids),
                  "; empty: P only\n");
  absl::StrAppend(&out, "authority_holds_type = ", types ? "true" : "false", "\n");
  absl::StrAppend(&out, "peers = []  # 10.0.0.0/8, or the SHA-256 of a certificate's key\n");
}

}  // namespace

std::vector<absl::string_view> SplitMessages(absl::string_view bytes) {
  std::vector<size_t> starts;
  for (size_t at = bytes.find(kHeader); at != absl::string_view::npos;
       at = bytes.find(kHeader, at + 1)) {
    const bool begins = at == 0 || absl::ascii_iscntrl(static_cast<unsigned char>(bytes[at - 1])) ||
                        static_cast<unsigned char>(bytes[at - 1]) >= 0x80;  // A byte order mark.
    if (begins) starts.push_back(at);
  }
  std::vector<absl::string_view> messages;
  for (size_t i = 0; i < starts.size(); ++i) {
    const size_t end = i + 1 < starts.size() ? starts[i + 1] : bytes.size();
    absl::string_view message = bytes.substr(starts[i], end - starts[i]);
    // Without what frames it: end block, line ends, the start block of the next.
    while (!message.empty() && absl::ascii_iscntrl(static_cast<unsigned char>(message.back()))) {
      message.remove_suffix(1);
    }
    messages.push_back(message);
  }
  return messages;
}

std::string ShapeOf(absl::string_view id) {
  std::string shape;
  for (const char c : id.substr(0, kShapeBytesMax)) {
    const auto u = static_cast<unsigned char>(c);
    if (absl::ascii_isdigit(u)) {
      shape.push_back('9');
    } else if (absl::ascii_isalpha(u) || u >= 0x80) {
      shape.push_back(absl::ascii_islower(u) ? 'a' : 'A');
    } else {
      shape.push_back(absl::ascii_isprint(u) ? c : '?');
    }
  }
  return shape;
}

void FeedSurvey::Add(absl::string_view bytes) {
  const absl::StatusOr<hl7v2::Message> parsed = hl7v2::Message::Parse(bytes);
  if (!parsed.ok()) {
    ++unreadable_;
    return;
  }
  ++messages_;
  const hl7v2::Message& message = *parsed;
  const hl7v2::Segment& msh = message.msh();
  SenderUse& sender = senders_[{message.FieldText(msh, 3), message.FieldText(msh, 4)}];
  ++sender.messages;
  ++sender.types[absl::StrCat(message.FieldText(msh, 9, 1), "^", message.FieldText(msh, 9, 2))];
  const std::string charset = message.FieldText(msh, 18);
  ++sender.charsets[charset.empty() ? "none" : charset];
  ++sender.processing_ids[message.FieldText(msh, 11)];
  for (const hl7v2::Segment& segment : message.segments()) {
    if (segment.id() == "PV1") {
      const std::string place = message.FieldText(segment, 3, 4);
      if (!place.empty()) ++facilities_[place];
    }
    const size_t field = segment.id() == "PID" ? kPid : segment.id() == "MRG" ? kMrg : 0;
    if (field == 0) continue;
    for (const absl::string_view repetition : message.Repetitions(segment.field(field))) {
      const std::string id = message.Text(message.Component(repetition, 1));
      if (id.empty() || hl7v2::IsNull(id)) continue;
      const absl::string_view hd = message.Component(repetition, 4);
      Authority authority{message.Text(message.Subcomponent(hd, 1)),
                          message.Text(message.Subcomponent(hd, 2))};
      if (authority.name.empty() && authority.universal_id.empty()) {
        ++sender.ids_without_authority;
        continue;
      }
      ++sender.authorities[authority];
      CountId(id, message.Text(message.Component(repetition, 5)), authorities_[authority]);
    }
  }
}

std::string FeedSurvey::Proposal() const {
  std::string out = absl::StrCat(
      "# Proposed from ", messages_, " messages (", unreadable_,
      " could not be read).  Check every line, fill in what is empty, then put these tables into\n"
      "# the member's file in place of its [[domains]] and [[hl7_sources]].\n");
  if (!facilities_.empty()) {
    absl::StrAppend(&out, "#\n# PV1-3.4 names facilities, to be aliases of [[facilities]]: ",
                    Listed(facilities_), "\n");
  }
  for (const auto& [authority, use] : authorities_) ProposeDomain(authority, use, out);
  for (const auto& [sender, use] : senders_) ProposeSource(sender, use, out);
  return out;
}

}  // namespace hie::ctl

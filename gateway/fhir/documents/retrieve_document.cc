#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gateway/fhir/documents/document_rows.h"
#include "gateway/fhir/documents/retrieve_plan.h"
#include "gateway/fhir/member_outcome.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/common/json/writer.h"

namespace hie::fhir {
namespace {

using exchange::v1::ExchangeService;
using exchange::v1::RetrieveResponse;

constexpr char kAnyMediaType[] = "application/octet-stream";

// The hash of the content, which is the same for the same bytes wherever they are; empty unknown.
std::string EntityTag(const registry::v1::DocumentEntry& document) {
  const std::string& hash = document.sha256().empty() ? document.sha1() : document.sha256();
  return hash.empty() ? "" : absl::StrCat("\"", absl::BytesToHexString(hash), "\"");
}

bool TagMatches(absl::string_view header, const std::string& tag) {
  if (absl::StripAsciiWhitespace(header) == "*") return true;
  for (absl::string_view item : absl::StrSplit(header, ',')) {
    item = absl::StripAsciiWhitespace(item);
    if (absl::StartsWith(item, "W/")) item.remove_prefix(2);
    if (!tag.empty() && item == tag) return true;
  }
  return false;
}

// ITI-68: one document on its way.  The exchange's messages come one after the other; no lock.
class Retrieval : public std::enable_shared_from_this<Retrieval> {
 public:
  Retrieval(std::shared_ptr<Call> call, DocumentSessions sessions)
      : call_(std::move(call)), sessions_(std::move(sessions)) {}

  // The entry first: what type, size and hash it has decides whether and how bytes are sent.
  void Start() {
    Reading<std::string> session = sessions_->Known(*call_);
    if (!session.ok()) return call_->Fail(*std::move(session.failure));
    session_ = std::move(session.value);
    exchange::v1::GetDocumentRequest request;
    request.set_document_id(call_->id());
    request.set_session_id(session_);
    call_->Ask<ExchangeService::GetDocument>(
        request,
        [self = shared_from_this()](absl::StatusOr<exchange::v1::GetDocumentResponse> found) {
          if (!found.ok()) return self->call_->Fail(found.status());
          self->found_ = *std::move(found);
          self->Plan();
        });
  }

 private:
  const registry::v1::DocumentEntry& Document() const { return found_.document(); }

  std::string MediaType() const {
    const std::string& type = Document().media_type();
    const bool plain = std::none_of(type.begin(), type.end(), absl::ascii_iscntrl);
    return type.empty() || !plain ? kAnyMediaType : type;
  }

  void Plan() {
    if (Document().status() == registry::v1::DOCUMENT_STATUS_ENTERED_IN_ERROR) {
      return call_->Fail(Fail(410, "deleted", "The document was withdrawn."));
    }
    const http::Headers& headers = call_->request().headers;
    form_ = ReadContentForm(headers.Get("Accept"), MediaType());
    if (form_ == ContentForm::kNotAcceptable) {
      return call_->Fail(
          Fail(406, "not-supported", "The document is not available in a type that is accepted."));
    }
    tag_ = EntityTag(Document());
    if (headers.Has("If-None-Match") && TagMatches(headers.Get("If-None-Match"), tag_)) {
      return NotModified();
    }
    if (form_ == ContentForm::kRaw && RangeHolds(headers)) {
      const RangeReading reading = ReadRange(headers.Get("Range"), Document().size_bytes(), range_);
      if (reading == RangeReading::kUnsatisfiable) return Unsatisfiable();
      part_ = reading == RangeReading::kPart;
    }
    Fetch();
  }

  // If-Range: a part of other bytes than the client has is of no use (RFC 9110 13.1.5).
  bool RangeHolds(const http::Headers& headers) const {
    return !headers.Has("If-Range") || (!tag_.empty() && headers.Get("If-Range") == tag_);
  }

  void NotModified() {
    Answer answer;
    answer.http_status = 304;
    answer.headers.Set("ETag", tag_);
    call_->Respond(std::move(answer));
  }

  void Unsatisfiable() {
    Failure failure =
        Fail(416, "value", "The range is beyond the end of the document.", "http.Range");
    failure.headers.emplace_back("Content-Range",
                                 absl::StrCat("bytes */", Document().size_bytes()));
    call_->Fail(std::move(failure));
  }

  void Fetch() {
    exchange::v1::RetrieveRequest request;
    request.set_document_id(call_->id());
    request.set_session_id(session_);
    if (part_) {
      request.set_offset(range_.first);
      request.set_length(range_.length());
    }
    call_->services().exchange->Stream<ExchangeService::Retrieve>(
        call_->context(), request,
        [self = shared_from_this()](RetrieveResponse message, std::function<void(bool)> next) {
          self->OnMessage(std::move(message), std::move(next));
        },
        [self = shared_from_this()](const absl::Status& status) { self->OnDone(status); });
  }

  // Bytes of the body, where they are known beforehand.
  std::optional<uint64_t> BodyLength() const {
    if (part_) return range_.length();
    const uint64_t size = Document().size_bytes();
    if (size == 0) return std::nullopt;
    if (form_ == ContentForm::kRaw) return size;
    return Preamble().size() + (size + 2) / 3 * 4 + Postamble().size();
  }

  void Open() {
    http::Headers headers = {{"Cache-Control", "no-store"}};
    switch (form_) {
      case ContentForm::kBinaryJson:
        headers.Set("Content-Type", "application/fhir+json;charset=utf-8");
        break;
      case ContentForm::kBinaryXml:
        headers.Set("Content-Type", "application/fhir+xml;charset=utf-8");
        break;
      default:
        headers.Set("Content-Type", MediaType());
        headers.Set("Accept-Ranges", "bytes");
        // The content is another's: no browser may take it for a page of this origin.
        headers.Set("X-Content-Type-Options", "nosniff");
        headers.Set("Content-Security-Policy", "sandbox");
    }
    if (!tag_.empty()) headers.Set("ETag", tag_);
    if (part_) {
      headers.Set("Content-Range", absl::StrCat("bytes ", range_.first, "-", range_.last, "/",
                                                Document().size_bytes()));
    }
    writer_ = call_->Stream(part_ ? 206 : 200, std::move(headers), BodyLength());
  }

  bool IsRaw() const { return form_ == ContentForm::kRaw; }

  std::string Preamble() const {
    if (IsRaw()) return "";
    if (form_ == ContentForm::kBinaryJson) {
      std::string out = "{\"resourceType\":\"Binary\",\"id\":";
      json::AppendString(call_->id(), out);
      out += ",\"contentType\":";
      json::AppendString(MediaType(), out);
      return out + ",\"data\":\"";
    }
    return absl::StrCat(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Binary "
        "xmlns=\"http://hl7.org/fhir\"><id value=\"",
        Quoted(call_->id()), "\"/><contentType value=\"", Quoted(MediaType()),
        "\"/><data value=\"");
  }

  std::string Postamble() const {
    if (IsRaw()) return "";
    return form_ == ContentForm::kBinaryJson ? "\"}" : "\"/></Binary>";
  }

  static std::string Quoted(absl::string_view text) {
    std::string out;
    for (const char c : text) {
      if (c == '<' || c == '>' || c == '&' || c == '"' || c == '\'') {
        absl::StrAppend(&out, "&#", static_cast<int>(c), ";");
      } else {
        out.push_back(c);
      }
    }
    return out;
  }

  void OnMessage(RetrieveResponse message, std::function<void(bool)> next) {
    received_ += message.data().size();
    std::string bytes = IsRaw() ? std::move(*message.mutable_data()) : base64_.Add(message.data());
    if (bytes.empty()) return next(true);
    if (!writer_) {
      Open();
      bytes.insert(0, Preamble());
    }
    writer_->Write(std::move(bytes), std::move(next));
  }

  // Bytes that were promised and did not come are a broken body, never a short one.
  bool IsWhole() const {
    if (part_) return received_ == range_.length();
    return Document().size_bytes() == 0 || received_ == Document().size_bytes();
  }

  void OnDone(const absl::Status& status) {
    if (!status.ok() || !IsWhole()) {
      if (writer_) return writer_->Abort();
      return FailRetrieval(status.ok() ? absl::DataLossError("content: too short") : status);
    }
    std::string rest = base64_.Finish();
    absl::StrAppend(&rest, Postamble());
    if (!writer_) {
      Open();
      rest.insert(0, Preamble());
    }
    if (rest.empty()) return writer_->End();
    writer_->Write(std::move(rest), [writer = writer_](bool taken) {
      if (taken) writer->End();
    });
  }

  // The one member that could have answered is named; bytes that are not those registered are a
  // fault of its own.
  void FailRetrieval(const absl::Status& status) {
    if (absl::IsDataLoss(status)) {
      return call_->Fail(FailXds(502, "exception", "XDSNonIdenticalHash",
                                 "The source sent other content than it has registered."));
    }
    if (!absl::IsUnavailable(status) && !absl::IsDeadlineExceeded(status)) {
      return call_->Fail(status);
    }
    Failure failure = FromStatus(status);
    const OutcomeWords& words =
        WordsOf(absl::IsUnavailable(status) ? exchange::v1::MEMBER_OUTCOME_CODE_UNREACHABLE
                                            : exchange::v1::MEMBER_OUTCOME_CODE_TIMEOUT);
    Issue issue;
    issue.code = words.issue_code;
    issue.system = kMemberOutcomeSystem;
    issue.detail_code = words.code;
    issue.text = std::string(words.text);
    issue.extensions = {MemberExtension()};
    failure.issues = {std::move(issue)};
    call_->Fail(std::move(failure));
  }

  json::Value MemberExtension() const {
    json::Value identifier = json::Value::Object();
    identifier.Set("system", json::Value::String("urn:ietf:rfc:3986"));
    identifier.Set("value", json::Value::String(CommunityOf(*call_, Document().member())));
    json::Value part = json::Value::Object();
    part.Set("url", json::Value::String("member"));
    part.Set("valueIdentifier", std::move(identifier));
    json::Value parts = json::Value::Array();
    parts.Append(std::move(part));
    json::Value extension = json::Value::Object();
    extension.Set(
        "url", json::Value::String("https://hie.example/fhir/StructureDefinition/member-outcome"));
    extension.Set("extension", std::move(parts));
    return extension;
  }

  const std::shared_ptr<Call> call_;
  const DocumentSessions sessions_;
  std::string session_;  // Of an emergency; empty: none.
  exchange::v1::GetDocumentResponse found_;
  ContentForm form_ = ContentForm::kRaw;
  std::string tag_;
  bool part_ = false;
  ByteRange range_;
  std::shared_ptr<http::BodyWriter> writer_;  // Null: nothing was sent.
  Base64Parts base64_;
  uint64_t received_ = 0;
};

}  // namespace

Interaction RetrieveDocumentRow(const DocumentSessions& sessions) {
  Interaction row;
  row.kind = InteractionKind::kRead;
  row.path = "/Binary/{id}";
  row.resource = "Binary";
  row.access = Access::kPatientData;
  row.scopes = {{"Binary", 'r', "ITI-68"}};
  row.run = [sessions](std::shared_ptr<Call> call) {
    std::make_shared<Retrieval>(std::move(call), sessions)->Start();
  };
  return row;
}

}  // namespace hie::fhir

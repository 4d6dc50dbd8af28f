#include "gateway/fhir/documents/provide_answer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gateway/fhir/documents/document_codes.h"
#include "gateway/fhir/documents/document_reference_view.h"
#include "gateway/fhir/documents/provide_rules.h"
#include "gateway/fhir/patients/element.h"

namespace hie::fhir {
namespace {

// How a word of the registry is answered.
struct WordAnswer {
  absl::string_view word;
  absl::StatusCode code;  // kUnknown: whichever.
  int http_status;
  absl::string_view issue_code;
  absl::string_view text;
};

constexpr absl::StatusCode kAny = absl::StatusCode::kUnknown;
constexpr WordAnswer kWords[] = {
    {"XDSNonIdenticalHash", absl::StatusCode::kAlreadyExists, 409, "duplicate",
     "A document with this unique id but other content is already registered."},
    {"XDSNonIdenticalHash", kAny, 400, "invariant",
     "The hash of a document is not the one that its metadata says."},
    {"XDSNonIdenticalSize", kAny, 400, "invariant",
     "The size of a document is not the one that its metadata says."},
    {"XDSDuplicateUniqueIdInRegistry", kAny, 409, "duplicate",
     "A SubmissionSet with this unique id but other content is already registered."},
    {"XDSPatientIdDoesNotMatch", kAny, 400, "value",
     "The patient is not the same throughout the submission."},
    {"XDSUnknownPatientId", kAny, 400, "value", "The patient is not known to the exchange."},
    {"UnresolvedReferenceException", kAny, 400, "invariant", "A reference cannot be resolved."},
    {"XDSMissingDocument", kAny, 400, "invariant",
     "The content of a document is not in the submission."},
    {"XDSMissingDocumentMetadata", kAny, 400, "required",
     "A required metadata element is missing."},
    {"XDSRegistryMetadataError", kAny, 400, "value",
     "A metadata element has a value that is not allowed here."},
    {"XDSRegistryDeprecatedDocumentError", kAny, 409, "conflict",
     "A document that is replaced, appended to or transformed is already superseded."},
};

constexpr absl::string_view kFolderWarning = "PartialFolderContentNotProcessed";

Issue Warning(absl::string_view word) {
  Issue issue;
  issue.severity = Severity::kWarning;
  issue.code = "incomplete";
  issue.system = kXdsErrorSystem;
  issue.detail_code = word;
  issue.text = "A part of the submission was stored and not processed further.";
  return issue;
}

// Words that the registry may send: a literal of ours, so that nothing else reaches the client.
absl::string_view KnownWarning(absl::string_view word) {
  static constexpr absl::string_view kWarnings[] = {
      "PartialReplaceContentNotProcessed", "PartialTransformContentNotProcessed",
      "PartialAppendContentNotProcessed", "UnresolvedReferenceException"};
  for (const absl::string_view known : kWarnings) {
    if (absl::StartsWith(word, known)) return known;
  }
  return "";
}

class AnswerBuilder {
 public:
  AnswerBuilder(const Call& call, const ProvideBundle& bundle,
                const exchange::v1::SubmitDocumentsRequest& request,
                const exchange::v1::SubmitDocumentsResponse& response)
      : call_(call),
        bundle_(bundle),
        request_(request),
        response_(response),
        recorded_(InstantOf(response.recorded_micros())) {}

  Answer Run() {
    json::Value out = json::Value::Object();
    out.Set("resourceType", json::Value::String("Bundle"));
    out.Set("type", json::Value::String("transaction-response"));
    size_t document = 0;
    size_t binary = 0;
    size_t supersede = 0;
    for (size_t at = 0; at < bundle_.entries.size(); ++at) {
      switch (bundle_.entries[at]) {
        case EntryKind::kSubmissionSet:
          AppendTo(out, "entry", SetEntry());
          break;
        case EntryKind::kDocument:
          AppendTo(out, "entry", DocumentEntry(document++));
          break;
        case EntryKind::kBinary:
          AppendTo(out, "entry", BinaryEntry(binary++));
          break;
        case EntryKind::kSupersede:
          AppendTo(out, "entry",
                   Entry("200 OK", absl::StrCat("DocumentReference/",
                                                bundle_.supersedes[supersede++].document_id)));
          break;
        case EntryKind::kPatient:
          AppendTo(out, "entry", Entry("200 OK", absl::StrCat("Patient/", response_.eid())));
          break;
        case EntryKind::kFolder:
          AppendTo(out, "entry", FolderEntry());
          break;
      }
    }
    return Answer{200, std::move(out)};
  }

 private:
  json::Value Entry(absl::string_view status, const std::string& reference) const {
    json::Value answer = json::Value::Object();
    answer.Set("status", json::Value::String(status));
    answer.Set("location", json::Value::String(call_.Url(reference)));
    answer.Set("etag", json::Value::String("W/\"1\""));
    SetText(answer, "lastModified", recorded_);
    json::Value entry = json::Value::Object();
    entry.Set("response", std::move(answer));
    return entry;
  }

  void SetOutcome(json::Value& entry, const std::vector<Issue>& issues) const {
    json::Value answer = *entry.Find("response");
    answer.Set("outcome", OutcomeResource(issues, call_.request().request_id));
    entry.Set("response", std::move(answer));
  }

  bool Existed(size_t document) const {
    return document < static_cast<size_t>(response_.existed_size()) &&
           response_.existed(static_cast<int>(document));
  }

  // A set is as new as the newest of its documents: the exchange tells it of those.
  json::Value SetEntry() const {
    const bool repeated = !bundle_.documents.empty() &&
                          std::all_of(response_.existed().begin(), response_.existed().end(),
                                      [](bool existed) { return existed; });
    json::Value entry = Entry(repeated ? "200 OK" : "201 Created",
                              absl::StrCat("List/", response_.submission_set_id(), "/_history/1"));
    std::vector<Issue> issues;
    for (const std::string& word : response_.warnings()) {
      if (const absl::string_view known = KnownWarning(word); !known.empty()) {
        issues.push_back(Warning(known));
      }
    }
    if (issues.empty() && call_.preference() == ReturnPreference::kOperationOutcome) {
      issues.push_back({Severity::kInformation, "informational", "", "", "Filed."});
    }
    if (!issues.empty()) SetOutcome(entry, issues);
    return entry;
  }

  std::string DocumentId(size_t document) const {
    return document < static_cast<size_t>(response_.document_ids_size())
               ? response_.document_ids(static_cast<int>(document))
               : "";
  }

  json::Value DocumentEntry(size_t document) const {
    const std::string id = DocumentId(document);
    json::Value entry = Entry(Existed(document) ? "200 OK" : "201 Created",
                              absl::StrCat("DocumentReference/", id, "/_history/1"));
    if (call_.preference() == ReturnPreference::kRepresentation) {
      registry::v1::DocumentEntry filed = request_.documents(static_cast<int>(document)).entry();
      filed.set_id(id);
      filed.set_member(call_.caller().caller.actor.member.value());
      filed.set_recorded_micros(response_.recorded_micros());
      filed.set_version(1);
      DocumentView view;
      view.eid = response_.eid();
      entry.Set("resource", DocumentReferenceOf(call_, filed, view));
    }
    return entry;
  }

  json::Value BinaryEntry(size_t binary) const {
    for (size_t i = 0; i < bundle_.documents.size(); ++i) {
      if (bundle_.documents[i].binary != binary) continue;
      return Entry(Existed(i) ? "200 OK" : "201 Created", absl::StrCat("Binary/", DocumentId(i)));
    }
    return Entry("200 OK", "Binary");
  }

  // Understood and not kept: there is nothing to point at.
  json::Value FolderEntry() const {
    json::Value answer = json::Value::Object();
    answer.Set("status", json::Value::String("200 OK"));
    answer.Set("outcome", OutcomeResource({Warning(kFolderWarning)}, call_.request().request_id));
    json::Value entry = json::Value::Object();
    entry.Set("response", std::move(answer));
    return entry;
  }

  const Call& call_;
  const ProvideBundle& bundle_;
  const exchange::v1::SubmitDocumentsRequest& request_;
  const exchange::v1::SubmitDocumentsResponse& response_;
  const std::string recorded_;
};

// "... documents[2].sha1: ..." is an entry of the Bundle.
std::string PlaceOf(absl::string_view message, const ProvideBundle& bundle,
                    const std::string& subject_path) {
  const size_t at = message.find("documents[");
  if (at != absl::string_view::npos && !absl::StrContains(message, "submission_set")) {
    absl::string_view digits = message.substr(at + 10);
    digits = digits.substr(0, digits.find(']'));
    size_t index = 0;
    if (absl::SimpleAtoi(digits, &index) && index < bundle.documents.size()) {
      return EntryPath(bundle.documents[index].entry);
    }
  }
  if (absl::StrContains(message, "submission_set")) return EntryPath(bundle.submission_set_entry);
  return absl::StrContains(message, "subject") ? subject_path : "";
}

}  // namespace

Answer ProvideAnswer(const Call& call, const ProvideBundle& bundle,
                     const exchange::v1::SubmitDocumentsRequest& request,
                     const exchange::v1::SubmitDocumentsResponse& response) {
  return AnswerBuilder(call, bundle, request, response).Run();
}

Failure ProvideFailure(const absl::Status& status, const ProvideBundle& bundle,
                       const std::string& subject_path) {
  const absl::string_view message = status.message();
  const absl::string_view word = message.substr(0, message.find(':'));
  for (const WordAnswer& answer : kWords) {
    if (word != answer.word || (answer.code != kAny && answer.code != status.code())) continue;
    return FailXds(answer.http_status, answer.issue_code, answer.word, std::string(answer.text),
                   PlaceOf(message, bundle, subject_path));
  }
  if (absl::IsNotFound(status) || absl::IsFailedPrecondition(status)) {
    return UnknownPatient(subject_path);
  }
  if (absl::IsInvalidArgument(status)) return BadMetadata(PlaceOf(message, bundle, subject_path));
  return FromStatus(status);
}

}  // namespace hie::fhir

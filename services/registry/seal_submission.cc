#include "services/registry/seal_submission.h"

#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/hash.h"
#include "services/common/crypto/sha1.h"
#include "services/common/wire/wire.h"
#include "services/registry/document_entry.h"
#include "services/registry/refusal.h"
#include "services/registry/same_content.h"

namespace hie::registry {
namespace {

ContentFacts FactsOf(const v1::DocumentEntry& document) {
  return {document.sha256(), document.sha1(), document.size_bytes()};
}

ContentFacts FactsOf(const std::string& data) {
  return {crypto::Sha256(data), crypto::Sha1(data), data.size()};
}

absl::Status CheckClaim(const std::string& field, const v1::DocumentEntry& document,
                        const std::string& data) {
  switch (CheckClaimed(FactsOf(document), FactsOf(data))) {
    case Likeness::kSame:
      return absl::OkStatus();
    case Likeness::kOtherHash:
      return Refusal(absl::StatusCode::kInvalidArgument, kNonIdenticalHash, field,
                     "the hash of the content");
    case Likeness::kOtherSize:
      return Refusal(absl::StatusCode::kInvalidArgument, kNonIdenticalSize, field,
                     "the size of the content");
  }
  return absl::InternalError("registry: no such likeness");
}

std::string ContentIdOf(const v1::DocumentEntry& document, const std::string& sha256) {
  constexpr size_t kIdBytes = 16;
  const std::string id = EntryId(MemberId(document.member()), document.unique_id());
  return absl::BytesToHexString(
      crypto::Sha256(absl::StrCat("content", id, sha256)).substr(0, kIdBytes));
}

// What makes two requests the same submission: who submits and what, not the request id or the
// sign-in time of the attempt, nor what the index holds of the person today.
std::string BodyHash(v1::SubmitRequest body) {
  const std::string member = body.actor().member();
  body.clear_actor();
  body.mutable_actor()->set_member(member);
  return crypto::Sha256(body.SerializeAsString());
}

// What makes two submission sets the same, whatever the submission id: not the resources, which
// name each attempt's entries, nor where content was staged, nor labels, which the exchange makes.
std::string SetHash(const v1::SubmitRequest& request) {
  v1::SubmitRequest body;
  *body.mutable_submission_set() = request.submission_set();
  body.mutable_submission_set()->clear_resource();
  for (v1::DocumentEntry document : request.documents()) {
    document.clear_resource();
    document.clear_content_id();
    document.clear_labels();
    *body.add_documents() = std::move(document);
  }
  return crypto::Sha256(body.SerializeAsString());
}

}  // namespace

absl::Status CheckContents(const v1::SubmitRequest& request) {
  std::set<uint32_t> seen;
  size_t bytes = 0;
  for (int i = 0; i < request.contents_size(); ++i) {
    const v1::InlineContent& content = request.contents(i);
    const std::string field = absl::StrCat("contents[", i, "]");
    if (content.document() >= static_cast<uint32_t>(request.documents_size()) ||
        !seen.insert(content.document()).second) {
      return absl::InvalidArgumentError(
          absl::StrCat(field, ".document: want the index of a document, each once"));
    }
    bytes += content.data().size();
    if (content.data().size() > kInlineContentBytesMax || bytes > kInlineContentsBytesMax) {
      return absl::InvalidArgumentError(
          absl::StrCat(field, ".data: want at most 1 MiB, and 4 MiB together"));
    }
    const v1::DocumentEntry& document = request.documents(static_cast<int>(content.document()));
    if (!document.content_id().empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat(field, ".document: want one without content_id"));
    }
    HIE_RETURN_IF_ERROR(CheckClaim(field, document, content.data()));
  }
  return absl::OkStatus();
}

v1::SubmitCommand CommandOf(const v1::SubmitRequest& request) {
  v1::SubmitCommand command;
  v1::SubmitRequest& body = *command.mutable_request();
  body = request;
  body.clear_contents();
  body.clear_same_person();
  for (const v1::InlineContent& content : request.contents()) {
    v1::DocumentEntry& document = *body.mutable_documents(static_cast<int>(content.document()));
    const ContentFacts facts = FactsOf(content.data());
    document.set_sha256(facts.sha256);
    document.set_sha1(facts.sha1);
    document.set_size_bytes(facts.size_bytes);
    document.set_content_id(ContentIdOf(document, facts.sha256));
  }
  command.set_body_sha256(BodyHash(body));
  if (body.has_submission_set()) command.set_set_sha256(SetHash(body));
  *command.mutable_same_person() = request.same_person();
  return command;
}

absl::Status SealContents(const v1::SubmitRequest& request, const ContentVault& vault,
                          const KvReader& state, v1::SubmitCommand& command) {
  command.clear_contents();
  command.clear_new_keys();
  std::map<LocalPatient, ContentKey> keys;
  for (const v1::InlineContent& content : request.contents()) {
    const v1::DocumentEntry& document =
        command.request().documents(static_cast<int>(content.document()));
    HIE_ASSIGN_OR_RETURN(
        const LocalPatient patient,
        wire::FromProto(document.patient(), "documents.patient", wire::Incarnation::kRequired));
    auto key = keys.find(patient);
    if (key == keys.end()) {
      HIE_ASSIGN_OR_RETURN(ContentKey made, vault.KeyFor(patient, state));
      if (made.new_row) *command.add_new_keys() = *made.new_row;
      key = keys.emplace(patient, std::move(made)).first;
    }
    v1::SealedContent& sealed = *command.add_contents();
    sealed.set_content_id(document.content_id());
    *sealed.mutable_chunks() =
        vault.Seal(key->second, document.content_id(), 0, content.data(), ChunkPlace::kLast);
    v1::ContentRow& row = *sealed.mutable_row();
    *row.mutable_patient() = document.patient();
    row.set_key_id(key->second.id);
    row.set_size_bytes(content.data().size());
    row.set_last_offset(sealed.chunks(sealed.chunks_size() - 1).offset());
    row.set_complete(true);
    row.set_sha256(document.sha256());
    row.set_sha1(document.sha1());
  }
  return absl::OkStatus();
}

}  // namespace hie::registry

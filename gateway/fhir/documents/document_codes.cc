#include "gateway/fhir/documents/document_codes.h"

#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gateway/fhir/patients/element.h"
#include "gateway/members/fhir_time.h"
#include "services/common/crypto/hash.h"

namespace hie::fhir {
namespace {

constexpr size_t kDocumentIdBytes = 16;

}  // namespace

registry::v1::Code ReadCoding(const json::Value& coding) {
  registry::v1::Code out;
  out.set_system(std::string(coding.Text("system")));
  out.set_code(std::string(coding.Text("code")));
  out.set_display(std::string(coding.Text("display")));
  return out;
}

void AddCodings(const json::Value* concept_of,
                google::protobuf::RepeatedPtrField<registry::v1::Code>* out) {
  if (concept_of == nullptr) return;
  for (const json::Value& coding : concept_of->Each("coding")) {
    if (!coding.Text("code").empty()) *out->Add() = ReadCoding(coding);
  }
}

json::Value CodingOf(const registry::v1::Code& code) {
  return CodingElement(code.system(), code.code(), code.display());
}

json::Value ConceptOf(const google::protobuf::RepeatedPtrField<registry::v1::Code>& codes) {
  json::Value concept_of;
  for (const registry::v1::Code& code : codes) AppendTo(concept_of, "coding", CodingOf(code));
  return concept_of;
}

int64_t MicrosOf(absl::string_view fhir_time) {
  const auto time = members::ParseFhirTime(fhir_time);
  return time ? absl::ToUnixMicros(time->from) : 0;
}

std::string InstantOf(int64_t micros) {
  return micros == 0 ? "" : InstantText(absl::FromUnixMicros(micros));
}

void AddNames(const json::Value& person,
              google::protobuf::RepeatedPtrField<common::v1::HumanName>* out) {
  for (const json::Value& name : person.Each("name")) {
    common::v1::HumanName& added = *out->Add();
    added.set_family(std::string(name.Text("family")));
    for (const json::Value& given : name.Each("given")) added.add_given(std::string(given.text()));
  }
}

std::string Base64(absl::string_view bytes) { return absl::Base64Escape(bytes); }

std::string FromBase64(absl::string_view text) {
  std::string bytes;
  return absl::Base64Unescape(text, &bytes) ? bytes : "";
}

std::string DocumentIdOf(absl::string_view member, absl::string_view unique_id) {
  // A member id holds no zero byte, so the pair is told apart.
  const std::string pair = absl::StrCat(member, absl::string_view("\0", 1), unique_id);
  return absl::BytesToHexString(crypto::Sha256(pair).substr(0, kDocumentIdBytes));
}

}  // namespace hie::fhir

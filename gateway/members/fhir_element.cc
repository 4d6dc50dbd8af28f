#include "gateway/members/fhir_element.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace hie::members {
namespace {

void AppendCodes(absl::Span<const json::Value> codings, std::vector<std::string>& out) {
  for (const json::Value& coding : codings) {
    const absl::string_view code = coding.Text("code");
    if (!code.empty()) out.emplace_back(code);
  }
}

void AppendSecurityOf(const json::Value& resource, std::vector<std::string>& out) {
  if (const json::Value* meta = resource.Find("meta")) AppendCodes(meta->Each("security"), out);
  for (const json::Value& label : resource.Each("securityLabel")) {
    AppendCodes(label.Each("coding"), out);
  }
}

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace

std::string ConceptText(const json::Value* value) {
  if (value == nullptr) return "";
  if (value->IsString()) return std::string(value->text());
  if (!value->Text("text").empty()) return std::string(value->Text("text"));
  for (const char* name : {"display", "code"}) {
    for (const json::Value& coding : value->Each("coding")) {
      if (!coding.Text(name).empty()) return std::string(coding.Text(name));
    }
  }
  return "";
}

std::string FirstCoding(const json::Value* value) {
  if (value == nullptr) return "";
  for (const json::Value& coding : value->Each("coding")) {
    if (coding.Text("code").empty()) continue;
    return absl::StrCat(coding.Text("system"), "|", coding.Text("code"));
  }
  return "";
}

std::string ConceptCode(const json::Value* value) {
  if (value == nullptr) return "";
  if (value->IsString()) return std::string(value->text());
  for (const json::Value& coding : value->Each("coding")) {
    if (!coding.Text("code").empty()) return std::string(coding.Text("code"));
  }
  return std::string(value->Text("text"));
}

bool HasCode(const json::Value* value, std::initializer_list<Code> codes) {
  if (value == nullptr) return false;
  for (const json::Value& coding : value->Each("coding")) {
    for (const Code& code : codes) {
      if (coding.Text("system") == code.system && coding.Text("code") == code.code) return true;
    }
  }
  return false;
}

absl::string_view ReferenceTarget(const json::Value* reference) {
  return reference == nullptr ? absl::string_view() : reference->Text("reference");
}

std::string ReferenceName(const json::Value* reference) {
  if (reference == nullptr) return "";
  if (!reference->Text("display").empty()) return std::string(reference->Text("display"));
  if (const json::Value* value = reference->At("/identifier/value")) {
    if (!value->text().empty()) return std::string(value->text());
  }
  absl::string_view target = reference->Text("reference");
  if (absl::ConsumePrefix(&target, "urn:uuid:") || absl::ConsumePrefix(&target, "urn:oid:")) {
    return std::string(target);
  }
  const size_t slash = target.rfind('/');
  return std::string(slash == absl::string_view::npos ? target : target.substr(slash + 1));
}

std::string ExtensionText(const json::Value& element, absl::string_view url) {
  for (const json::Value& extension : element.Each("extension")) {
    if (extension.Text("url") != url) continue;
    return FirstText(extension, {"/valueString", "/valueCode", "/valueDateTime", "/valueDate"});
  }
  return "";
}

std::string FirstText(const json::Value& element,
                      std::initializer_list<absl::string_view> pointers) {
  for (const absl::string_view pointer : pointers) {
    const json::Value* value = element.At(pointer);
    if (value != nullptr && !value->text().empty()) return std::string(value->text());
  }
  return "";
}

std::vector<std::string> SecurityCodes(const json::Value& resource) {
  std::vector<std::string> codes;
  AppendSecurityOf(resource, codes);
  for (const json::Value& contained : resource.Each("contained")) {
    AppendSecurityOf(contained, codes);
  }
  return codes;
}

std::string OneLine(absl::string_view text, size_t bytes_max) {
  std::string line;
  bool space = false;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= ' ' || c == '\x7f') {
      space = !line.empty();
      continue;
    }
    if (space) line.push_back(' ');
    space = false;
    line.push_back(c);
  }
  if (line.size() <= bytes_max) return line;
  size_t cut = bytes_max > 3 ? bytes_max - 3 : 0;
  while (cut > 0 && IsContinuation(line[cut])) --cut;
  line.resize(cut);
  return line + "...";
}

}  // namespace hie::members
